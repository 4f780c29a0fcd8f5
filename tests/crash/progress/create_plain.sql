CREATE TABLE made AS SELECT *, l_extendedprice * (1 - l_discount) AS net, upper(l_comment) AS loud FROM lineitem WHERE l_quantity < 3;
