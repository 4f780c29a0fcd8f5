-- INTERSECT ALL and EXCEPT ALL count; UNION makes rows distinct.
(SELECT l_partkey, l_suppkey FROM lineitem WHERE l_shipmode = 'AIR'
 INTERSECT ALL
 SELECT l_partkey, l_suppkey FROM lineitem WHERE l_shipmode = 'RAIL')
EXCEPT ALL
SELECT ps_partkey, ps_suppkey FROM partsupp WHERE ps_availqty < 5000
UNION
SELECT s_suppkey, s_nationkey FROM supplier
ORDER BY 1, 2;
