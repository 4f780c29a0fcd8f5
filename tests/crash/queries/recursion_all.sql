-- Rows that a recursion makes, joined and grouped.
WITH RECURSIVE days(day) AS (
  SELECT DATE '1994-01-01' UNION ALL SELECT day + 1 FROM days WHERE day < DATE '1995-12-31')
SELECT day, count(o_orderkey), coalesce(sum(o_totalprice), 0)
FROM days LEFT JOIN orders ON o_orderdate = day AND o_orderpriority = '1-URGENT'
GROUP BY day ORDER BY day;
