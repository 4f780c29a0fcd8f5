-- Aggregates in an order of their own, and in that of the input, over many groups.
SELECT l_suppkey, string_agg(l_shipmode, ',' ORDER BY l_extendedprice DESC, l_orderkey, l_linenumber) FILTER (WHERE l_quantity < 5),
       string_agg(l_linenumber::text, '') FILTER (WHERE l_quantity = 50), any_value(l_comment), count(DISTINCT l_orderkey)
FROM lineitem GROUP BY l_suppkey ORDER BY l_suppkey;
