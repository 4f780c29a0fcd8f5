-- A table that is computed once and read three times.
WITH revenue AS MATERIALIZED (
  SELECT l_suppkey, extract(year FROM l_shipdate) AS year, sum(l_extendedprice * (1 - l_discount)) AS amount
  FROM lineitem GROUP BY l_suppkey, extract(year FROM l_shipdate))
SELECT a.l_suppkey, a.year, a.amount - b.amount AS growth
FROM revenue a JOIN revenue b ON b.l_suppkey = a.l_suppkey AND b.year = a.year - 1
WHERE a.amount > (SELECT max(c.amount) FROM revenue c WHERE c.year = a.year) * 0.7
ORDER BY a.l_suppkey, a.year;
