SELECT 'm', count(*), sum(id), sum(k), sum(d) FROM m
UNION ALL SELECT 'totals', count(*), sum(k), sum(n), sum(total) FROM totals
UNION ALL SELECT 'events', count(*), sum(id), sum(length(s)), sum(d) FROM events
UNION ALL SELECT 'log', count(*), sum(step), sum(n), sum(step * n) FROM log
UNION ALL SELECT name, row_count, 0, 0, 0 FROM cairn_tables()
ORDER BY 1, 2
