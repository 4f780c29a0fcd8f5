-- Grouping sets share their input.
SELECT n_name, extract(year FROM o_orderdate) AS year, l_returnflag, grouping(n_name, l_returnflag),
       sum(l_quantity), count(DISTINCT o_custkey)
FROM lineitem JOIN orders ON o_orderkey = l_orderkey JOIN customer ON c_custkey = o_custkey
     JOIN nation ON n_nationkey = c_nationkey
GROUP BY ROLLUP (n_name, extract(year FROM o_orderdate)), CUBE (l_returnflag)
ORDER BY n_name NULLS LAST, year NULLS LAST, l_returnflag NULLS LAST, 4;
