-- The first row of each group, and ordered texts of each.
SELECT first.c_nationkey, first.c_name, names.list
FROM (SELECT DISTINCT ON (c_nationkey) c_nationkey, c_name FROM customer ORDER BY c_nationkey, c_acctbal DESC, c_custkey) first
JOIN (SELECT s_nationkey, string_agg(s_name, ',' ORDER BY s_acctbal DESC, s_suppkey) AS list FROM supplier GROUP BY s_nationkey) names
  ON names.s_nationkey = first.c_nationkey
ORDER BY first.c_nationkey;
