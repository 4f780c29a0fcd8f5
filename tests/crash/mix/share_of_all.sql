WITH a AS MATERIALIZED (SELECT k, s, sum(d) AS total FROM m GROUP BY k, s)
SELECT s, count(*), sum(total), sum(total) / (SELECT sum(total) FROM a) FROM a
WHERE total >= (SELECT avg(total) FROM a) GROUP BY s ORDER BY s
