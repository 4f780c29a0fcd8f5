CREATE TABLE made AS SELECT lineitem.*, o_orderdate, o_totalprice FROM lineitem JOIN orders ON o_orderkey = l_orderkey WHERE l_quantity < 3;
