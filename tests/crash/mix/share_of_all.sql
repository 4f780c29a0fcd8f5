-- Much to do behind the sums, so that many kills find them durable.
WITH a AS MATERIALIZED (SELECT k, s, sum(d) AS total FROM m GROUP BY k, s)
SELECT s, count(*), sum(total), sum(total / i), sum(total) / (SELECT sum(total) FROM a) FROM a, generate_series(1, 12) g(i)
WHERE total * i >= (SELECT avg(total) FROM a) GROUP BY s ORDER BY s
