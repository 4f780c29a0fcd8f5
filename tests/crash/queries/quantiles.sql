-- Aggregates that keep all values, over a correlated subquery.
SELECT p_brand, percentile_disc(0.5) WITHIN GROUP (ORDER BY p_retailprice), mode() WITHIN GROUP (ORDER BY p_size),
       count(*) FILTER (WHERE p_size > 25), max((SELECT sum(l_quantity) FROM lineitem WHERE l_partkey = p_partkey))
FROM part GROUP BY p_brand ORDER BY p_brand;
