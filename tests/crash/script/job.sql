-- A night's work: what it changes twice, or not at all, shows in check.sql.
SET threads = 2;
.mode csv
.output result.csv
INSERT INTO log SELECT 1, count(*) FROM m;
INSERT INTO events SELECT max(id), s, sum(d) FROM m GROUP BY s;
SELECT s, sum(d) FROM events GROUP BY s ORDER BY s LIMIT 5;
CREATE TABLE daily AS SELECT g, k, sum(d) AS total FROM m GROUP BY g, k;
PREPARE add_events(bigint) AS INSERT INTO events SELECT id, s, d FROM m WHERE g = $1 AND id IN (SELECT max(id) FROM m GROUP BY k);
EXECUTE add_events(3);
BEGIN;
UPDATE totals SET n = n + 1;
SET search_path = 'public', 'nowhere';
INSERT INTO log SELECT 2, count(*) FROM totals;
INSERT INTO totals SELECT k + 5000, sum(d), count(*) FROM m GROUP BY k;
COMMIT;
SHOW search_path;
BEGIN;
DELETE FROM totals;
SET search_path = 'rolled_back';
ROLLBACK;
SHOW search_path;
UPDATE m SET d = t.total FROM (SELECT k, sum(total) AS total FROM daily GROUP BY k) t WHERE m.k = t.k AND m.g = 4;
COPY (SELECT k, sum(d) AS d FROM m GROUP BY k ORDER BY k) TO 'daily.csv' (FORMAT csv, HEADER);
CREATE TABLE copied(k bigint, d double precision);
COPY copied FROM 'daily.csv' (FORMAT csv, HEADER);
DELETE FROM events WHERE id IN (SELECT min(id) FROM events GROUP BY s);
.read more.sql
MERGE INTO totals USING (SELECT k, count(*) AS n FROM m GROUP BY k) s ON totals.k = s.k
  WHEN MATCHED THEN UPDATE SET n = totals.n + s.n WHEN NOT MATCHED THEN INSERT VALUES (s.k, 0, s.n);
EXECUTE add_events(4);
SELECT count(*), sum(n) FROM totals;
INSERT INTO log SELECT 4, count(*) FROM events
