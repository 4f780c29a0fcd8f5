-- Aggregates that keep values or rows of each group: all of their kinds, over few groups and over many.
SELECT l_returnflag, count(DISTINCT l_partkey), sum(DISTINCT l_extendedprice) FILTER (WHERE l_quantity < 10),
       percentile_cont(0.3) WITHIN GROUP (ORDER BY l_discount), count(DISTINCT l_shipinstruct) AS ways
FROM lineitem WHERE l_linenumber = 1 GROUP BY ROLLUP (l_returnflag, l_linestatus) ORDER BY 1, 2, 3;
