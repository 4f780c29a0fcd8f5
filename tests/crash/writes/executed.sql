PREPARE p(bigint, text) AS INSERT INTO events SELECT max(id), s || $2, sum(d) FROM m WHERE g <> $1 GROUP BY s; EXECUTE p(5, '!')
