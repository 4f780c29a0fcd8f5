SELECT l_quantity, l_tax, l_orderkey, l_linenumber, upper(l_comment) AS loud FROM lineitem
WHERE length(replace(l_comment, 'e', '')) > 10 ORDER BY l_quantity DESC, l_tax LIMIT 700 OFFSET 20
