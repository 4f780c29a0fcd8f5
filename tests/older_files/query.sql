SELECT k % 10 AS d, count(*), sum(total) FROM (SELECT k, sum(v) AS total FROM t GROUP BY k) a, generate_series(1, 30000) g(i) WHERE (total + i) % 7 = 0 GROUP BY k % 10 ORDER BY 1
