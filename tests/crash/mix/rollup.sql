SELECT g, s, sum(d), max(day), grouping(g, s) FROM m GROUP BY ROLLUP (g, s) ORDER BY g, s
