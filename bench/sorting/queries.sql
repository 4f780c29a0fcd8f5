-- What sorts, or keeps rows in order, over lineitem: bench/README.md, "The sorting set". OFFSET 300000 without a LIMIT needs
-- the whole order, and the sums behind it depend on which rows were left out; ties never decide an answer, since keys are
-- unique or the sums are over the keys themselves.
--@ sort_text
SELECT count(*), min(l_comment), sum(length(l_comment)) FROM (SELECT l_comment FROM lineitem ORDER BY l_comment OFFSET 300000) t;
--@ sort_text_rows
SELECT count(*), sum(l_partkey), sum(price), max(l_shipdate), min(l_shipmode)
FROM (SELECT l_partkey, CAST(l_extendedprice AS DOUBLE PRECISION) AS price, l_shipdate, l_shipmode
      FROM lineitem ORDER BY l_comment, l_orderkey, l_linenumber OFFSET 300000) t;
--@ sort_double
SELECT count(*), min(price), sum(price) FROM (SELECT CAST(l_extendedprice AS DOUBLE PRECISION) AS price FROM lineitem ORDER BY price DESC OFFSET 300000) t;
--@ sort_double_rows
SELECT count(*), sum(l_partkey), sum(price), max(l_shipdate), min(l_shipmode), sum(length(l_comment))
FROM (SELECT l_partkey, CAST(l_extendedprice AS DOUBLE PRECISION) AS price, l_shipdate, l_shipmode, l_comment
      FROM lineitem ORDER BY price, l_orderkey, l_linenumber OFFSET 300000) t;
--@ sort_integers
SELECT count(*), min(l_partkey), sum(l_suppkey) FROM (SELECT l_partkey, l_suppkey FROM lineitem ORDER BY l_partkey, l_suppkey DESC OFFSET 300000) t;
--@ sort_five_keys
SELECT count(*), min(l_shipdate), sum(l_suppkey), sum(l_quantity)
FROM (SELECT l_shipdate, l_suppkey, l_quantity FROM lineitem
      ORDER BY l_returnflag DESC, l_linestatus, l_shipdate, l_suppkey DESC, l_quantity OFFSET 300000) t;
--@ sort_five_keys_text
SELECT count(*), min(l_shipmode), max(l_commitdate), sum(l_quantity), sum(length(l_comment))
FROM (SELECT l_shipmode, l_commitdate, l_quantity, l_comment FROM lineitem
      ORDER BY l_shipinstruct, l_shipmode DESC, l_commitdate, l_quantity DESC, l_comment OFFSET 300000) t;
--@ sort_sorted
SELECT count(*), sum(l_orderkey), sum(l_linenumber) FROM (SELECT l_orderkey, l_linenumber FROM lineitem ORDER BY l_orderkey, l_linenumber OFFSET 300000) t;
--@ sort_to_client
SELECT l_shipdate, l_orderkey, l_linenumber, l_extendedprice FROM lineitem ORDER BY l_shipdate, l_orderkey, l_linenumber;
--@ sort_to_client_wide
SELECT * FROM lineitem ORDER BY l_extendedprice DESC, l_orderkey, l_linenumber;
--@ limit_text
SELECT * FROM lineitem ORDER BY l_comment, l_orderkey, l_linenumber LIMIT 100;
--@ limit_double
SELECT l_orderkey, l_linenumber, CAST(l_extendedprice AS DOUBLE PRECISION) AS price, l_comment FROM lineitem ORDER BY price DESC, l_orderkey, l_linenumber LIMIT 100;
--@ limit_five_keys
SELECT * FROM lineitem ORDER BY l_shipmode, l_quantity DESC, l_shipdate, l_orderkey, l_linenumber LIMIT 10;
--@ limit_100000
SELECT count(*), sum(l_orderkey), sum(price), sum(length(l_comment))
FROM (SELECT l_orderkey, CAST(l_extendedprice AS DOUBLE PRECISION) AS price, l_comment
      FROM lineitem ORDER BY price DESC, l_orderkey, l_linenumber LIMIT 100000) t;
--@ offset_double
SELECT l_orderkey, l_linenumber, CAST(l_extendedprice AS DOUBLE PRECISION) AS price FROM lineitem ORDER BY price, l_orderkey, l_linenumber LIMIT 100 OFFSET 5000000;
--@ offset_text
SELECT l_comment, l_orderkey, l_linenumber, l_shipmode FROM lineitem ORDER BY l_comment, l_orderkey, l_linenumber LIMIT 100 OFFSET 3000000;
--@ percentile_one
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY price), percentile_cont(0.9) WITHIN GROUP (ORDER BY price), percentile_disc(0.99) WITHIN GROUP (ORDER BY price)
FROM (SELECT CAST(l_extendedprice AS DOUBLE PRECISION) AS price FROM lineitem) t;
--@ median_few
SELECT l_returnflag, l_linestatus, percentile_cont(0.5) WITHIN GROUP (ORDER BY CAST(l_extendedprice AS DOUBLE PRECISION))
FROM lineitem GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus;
--@ percentile_thousands
SELECT count(*), sum(low), sum(high), max(high - low)
FROM (SELECT l_suppkey, percentile_cont(0.1) WITHIN GROUP (ORDER BY CAST(l_extendedprice AS DOUBLE PRECISION)) AS low,
             percentile_cont(0.9) WITHIN GROUP (ORDER BY CAST(l_extendedprice AS DOUBLE PRECISION)) AS high FROM lineitem GROUP BY l_suppkey) t;
--@ median_many
SELECT count(*), sum(m), max(m) FROM (SELECT l_partkey, percentile_cont(0.5) WITHIN GROUP (ORDER BY CAST(l_extendedprice AS DOUBLE PRECISION)) AS m FROM lineitem GROUP BY l_partkey) t;
--@ median_millions
SELECT count(*), sum(m), max(m) FROM (SELECT l_orderkey, percentile_disc(0.5) WITHIN GROUP (ORDER BY l_quantity) AS m FROM lineitem GROUP BY l_orderkey) t;
--@ percentile_text
SELECT l_shipmode, percentile_disc(0.5) WITHIN GROUP (ORDER BY l_comment) FROM lineitem GROUP BY l_shipmode ORDER BY l_shipmode;
--@ mode_few
SELECT l_returnflag, l_linestatus, mode() WITHIN GROUP (ORDER BY l_partkey) FROM lineitem GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus;
--@ mode_many
SELECT count(*), sum(m), max(m) FROM (SELECT l_partkey, mode() WITHIN GROUP (ORDER BY l_quantity) AS m FROM lineitem GROUP BY l_partkey) t;
--@ distinct_one
SELECT count(DISTINCT l_partkey), count(DISTINCT l_extendedprice), count(DISTINCT l_comment) FROM lineitem;
--@ distinct_few
SELECT l_shipmode, count(DISTINCT l_orderkey), count(DISTINCT l_comment) FROM lineitem GROUP BY l_shipmode ORDER BY l_shipmode;
--@ distinct_many
SELECT count(*), sum(suppliers), sum(days) FROM (SELECT l_partkey, count(DISTINCT l_suppkey) AS suppliers, count(DISTINCT l_shipdate) AS days FROM lineitem GROUP BY l_partkey) t;
--@ string_agg_few
SELECT l_shipmode, length(string_agg(l_comment, ',')) FROM lineitem GROUP BY l_shipmode ORDER BY l_shipmode;
--@ string_agg_many
SELECT count(*), sum(length(s)), max(length(s)) FROM (SELECT l_orderkey, string_agg(l_comment, ',') AS s FROM lineitem GROUP BY l_orderkey) t;
--@ string_agg_ordered_few
SELECT l_shipmode, length(s), left(s, 100), right(s, 100)
FROM (SELECT l_shipmode, string_agg(l_comment, ',' ORDER BY l_extendedprice DESC, l_orderkey, l_linenumber) AS s FROM lineitem GROUP BY l_shipmode) t ORDER BY l_shipmode;
--@ string_agg_ordered_many
SELECT count(*), sum(length(s)), min(s), max(s)
FROM (SELECT l_partkey, string_agg(l_shipmode, ',' ORDER BY l_shipdate DESC, l_orderkey, l_linenumber) AS s FROM lineitem GROUP BY l_partkey) t;
--@ string_agg_distinct
SELECT count(*), sum(length(s)), min(s), max(s) FROM (SELECT l_orderkey, string_agg(DISTINCT l_shipmode, ',' ORDER BY l_shipmode) AS s FROM lineitem GROUP BY l_orderkey) t;
--@ top_few
SELECT l_shipmode, l_orderkey, l_linenumber, price, o
FROM (SELECT l_shipmode, l_orderkey, l_linenumber, CAST(l_extendedprice AS DOUBLE PRECISION) AS price,
             row_number() OVER (PARTITION BY l_shipmode ORDER BY l_extendedprice DESC, l_orderkey, l_linenumber) AS o FROM lineitem) t
WHERE o <= 10 ORDER BY l_shipmode, o;
--@ top_many
SELECT count(*), sum(price), sum(l_orderkey * o)
FROM (SELECT l_orderkey, CAST(l_extendedprice AS DOUBLE PRECISION) AS price,
             row_number() OVER (PARTITION BY l_partkey ORDER BY l_extendedprice DESC, l_orderkey, l_linenumber) AS o FROM lineitem) t WHERE o <= 3;
--@ top_millions
SELECT count(*), sum(price), sum(l_linenumber), min(l_comment)
FROM (SELECT l_linenumber, CAST(l_extendedprice AS DOUBLE PRECISION) AS price, l_comment,
             row_number() OVER (PARTITION BY l_orderkey ORDER BY l_shipdate, l_linenumber) AS o FROM lineitem) t WHERE o <= 1;
--@ top_rank_to_client
SELECT l_suppkey, l_orderkey, l_linenumber, l_extendedprice, o
FROM (SELECT l_suppkey, l_orderkey, l_linenumber, l_extendedprice, rank() OVER (PARTITION BY l_suppkey ORDER BY l_extendedprice DESC) AS o FROM lineitem) t WHERE o <= 20;
--@ window_rank
SELECT sum(r), sum(d), max(d) FROM (SELECT rank() OVER (ORDER BY l_extendedprice) AS r, dense_rank() OVER (ORDER BY l_extendedprice) AS d FROM lineitem) t;
--@ window_row_number_text
SELECT sum(r * l_linenumber) FROM (SELECT l_linenumber, row_number() OVER (ORDER BY l_comment, l_orderkey, l_linenumber) AS r FROM lineitem) t;
--@ window_running_one
SELECT sum(s), max(s) FROM (SELECT sum(l_quantity) OVER (ORDER BY l_shipdate, l_orderkey, l_linenumber) AS s FROM lineitem) t;
--@ window_running_many
SELECT sum(s), max(s) FROM (SELECT sum(CAST(l_extendedprice AS DOUBLE PRECISION)) OVER (PARTITION BY l_suppkey ORDER BY l_shipdate, l_orderkey, l_linenumber) AS s FROM lineitem) t;
--@ window_lag
SELECT count(d), sum(abs(d)), max(d)
FROM (SELECT price - lag(price) OVER (PARTITION BY l_partkey ORDER BY l_shipdate, l_orderkey, l_linenumber) AS d
      FROM (SELECT CAST(l_extendedprice AS DOUBLE PRECISION) AS price, l_partkey, l_shipdate, l_orderkey, l_linenumber FROM lineitem) x) t;
--@ window_moving_sum
SELECT sum(a), max(a)
FROM (SELECT avg(CAST(l_extendedprice AS DOUBLE PRECISION)) OVER (PARTITION BY l_suppkey ORDER BY l_shipdate, l_orderkey, l_linenumber ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS a
      FROM lineitem) t;
--@ window_moving_extremes
SELECT sum(high - low), max(high - low)
FROM (SELECT max(l_quantity) OVER w AS high, min(l_quantity) OVER w AS low FROM lineitem
      WINDOW w AS (PARTITION BY l_suppkey ORDER BY l_shipdate, l_orderkey, l_linenumber ROWS BETWEEN 50 PRECEDING AND 50 FOLLOWING)) t;
--@ window_moving_days
SELECT sum(s), max(s), max(n)
FROM (SELECT sum(l_quantity) OVER w AS s, count(*) OVER w AS n FROM lineitem
      WINDOW w AS (PARTITION BY l_suppkey ORDER BY l_shipdate RANGE BETWEEN INTERVAL '30 days' PRECEDING AND CURRENT ROW)) t;
