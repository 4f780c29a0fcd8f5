-- Sources, and targets that statements change.
CREATE TABLE m AS
  SELECT i AS id, i % 1000 AS k, i % 13 AS g, (i * 7919 % 100003) * 0.001::double precision AS d, 'name ' || i % 257 AS s
  FROM generate_series(1::bigint, 500000) t(i);
CREATE TABLE totals(k bigint PRIMARY KEY, total double precision, n bigint);
INSERT INTO totals SELECT k, 0, 0 FROM m WHERE k % 3 = 0 GROUP BY k;
CREATE TABLE events(id bigint, s text, d double precision);
CREATE TABLE log(step int, n bigint);
