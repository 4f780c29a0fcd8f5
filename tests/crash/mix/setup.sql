-- Two schemas with the same names in them, and DOUBLE columns whose sums show in which order they were added.
CREATE SCHEMA s1;
CREATE SCHEMA s2;
CREATE TABLE s1.m AS
  SELECT i AS id, i % 1000 AS k, i % 13 AS g,
         (i * 7919 % 100003) * 0.001::double precision * CASE i % 3 WHEN 0 THEN 1e9 WHEN 1 THEN 1 ELSE -1e-6 END AS d,
         ((i * 31 % 977) * 0.37)::real AS r, 'name ' || i % 257 AS s, date '2020-01-01' + (i % 900)::int AS day
  FROM generate_series(1::bigint, 150000) t(i);
CREATE TABLE s2.m AS
  SELECT i AS id, i % 900 AS k, i % 11 AS g,
         (i * 104729 % 100019) * 0.002::double precision * CASE i % 4 WHEN 0 THEN 1e8 WHEN 1 THEN 3 ELSE -1e-7 END AS d,
         ((i * 37 % 983) * 0.73)::real AS r, 'other ' || i % 241 AS s, date '2021-06-01' + (i % 700)::int AS day
  FROM generate_series(1::bigint, 150000) t(i);
