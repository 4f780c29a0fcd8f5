-- Build sides whose rows without a partner come out at the end.
SELECT coalesce(a.day, b.day) AS day, a.shipped, b.received
FROM (SELECT l_shipdate AS day, count(*) AS shipped FROM lineitem WHERE l_linenumber = 7 GROUP BY 1) a
FULL JOIN (SELECT l_receiptdate AS day, count(*) AS received FROM lineitem WHERE l_linenumber = 6 GROUP BY 1) b
  ON a.day = b.day
ORDER BY day;
