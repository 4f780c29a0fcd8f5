-- Windows over partitions and over all rows, and a filter over their results.
SELECT o_custkey, o_orderkey, running, place
FROM (SELECT o_custkey, o_orderkey, sum(o_totalprice) OVER w AS running, row_number() OVER w AS place,
             rank() OVER (ORDER BY o_totalprice DESC, o_orderkey) AS overall
      FROM orders
      WINDOW w AS (PARTITION BY o_custkey ORDER BY o_orderdate, o_orderkey)) ranked
WHERE place = 7 OR overall <= 20
ORDER BY o_custkey, place, o_orderkey;
