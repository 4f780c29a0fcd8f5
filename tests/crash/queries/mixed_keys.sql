-- Hash joins on texts, a sort of all rows, and a limit behind an offset.
SELECT c_name, o_clerk, o_totalprice, row_number() OVER (ORDER BY o_totalprice DESC, o_orderkey)
FROM orders JOIN customer ON substring(c_name FROM 10) = lpad(o_custkey::text, 9, '0')
ORDER BY o_clerk, o_totalprice DESC, o_orderkey OFFSET 5000 LIMIT 2000;
