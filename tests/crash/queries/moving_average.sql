-- A window over groups, with a frame.
SELECT day, items, sum(items) OVER (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week,
       lag(items, 7) OVER (ORDER BY day) AS week_before
FROM (SELECT l_shipdate AS day, count(*) AS items FROM lineitem GROUP BY l_shipdate) days
ORDER BY day;
