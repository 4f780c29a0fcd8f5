SELECT 'm', count(*), sum(id), sum(k), sum(d) FROM m
UNION ALL SELECT 'totals', count(*), sum(k), sum(n), sum(total) FROM totals
UNION ALL SELECT 'events', count(*), sum(id), sum(length(s)), sum(d) FROM events
UNION ALL SELECT 'log', count(*), sum(step), sum(n), sum(step * n) FROM log
UNION ALL SELECT 'daily', count(*), sum(k), sum(g), sum(total) FROM daily
UNION ALL SELECT 'copied', count(*), sum(k), 0, sum(d) FROM copied
ORDER BY 1, 2
