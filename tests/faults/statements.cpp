#include "tests/faults/statements.h"

namespace cairn::test {

const char* const kFaultSchema = R"(
CREATE TABLE a (id INTEGER PRIMARY KEY, k INTEGER, t VARCHAR, n DECIMAL(15,2), d DOUBLE, x DATE);
INSERT INTO a SELECT i, i % 17, 'text ' || i % 29, i * 0.25, i % 50 * 0.5, DATE '2020-01-01' + i % 300 FROM generate_series(1, 400) AS g(i);
INSERT INTO a SELECT i, nullif(i % 11, 3), 'a much longer text, number ' || i, i, i, NULL FROM generate_series(401, 500) AS g(i);
DELETE FROM a WHERE id % 10 = 0;
CREATE TABLE b (k INTEGER NOT NULL, s VARCHAR CHECK (length(s) > 0));
INSERT INTO b SELECT i % 25, 's' || i FROM generate_series(1, 60) AS g(i);
CREATE TABLE e (k INTEGER, t VARCHAR);
CREATE VIEW v AS SELECT k, count(*) AS c FROM a GROUP BY k;
CREATE SEQUENCE q;
)";

const std::vector<FaultStatement>& fault_statements() {
  constexpr auto kChange = FaultStatement::Kind::kChange;
  constexpr auto kResume = FaultStatement::Kind::kResume;
  static const std::vector<FaultStatement> statements = {
      {"constant", "SELECT 1 + 1, 'x' || 'y', CAST('2020-01-01' AS DATE)"},
      {"scan", "SELECT * FROM a WHERE n > 20 AND t LIKE '%1%' ORDER BY id"},
      {"expressions", "SELECT upper(t), round(n, 1), CASE WHEN k > 5 THEN t ELSE 'none' END, coalesce(k, -1), substring(t FROM 2 FOR 3), extract(year FROM x), to_char(n, '999.99'), "
                      "regexp_replace(t, 't(.)', '\\1'), k IN (1, 2, 3), sqrt(d) FROM a"},
      {"no groups", "SELECT count(*), sum(n), avg(d), min(t), max(x), stddev(d), string_agg(t, ',' ORDER BY id), count(DISTINCT k) FROM a"},
      {"groups of integers", "SELECT k, count(*), sum(n), max(t) FROM a GROUP BY k"},
      {"groups of text", "SELECT t, k, count(*), avg(d), bool_or(k > 3), bit_xor(id) FROM a GROUP BY t, k HAVING count(*) >= 1"},
      {"distinct aggregates", "SELECT k, count(DISTINCT t), sum(DISTINCT n), string_agg(DISTINCT t, '-' ORDER BY t) FROM a GROUP BY k"},
      {"order statistics", "SELECT k, percentile_cont(0.5) WITHIN GROUP (ORDER BY d), mode() WITHIN GROUP (ORDER BY t), percentile_disc(0.9) WITHIN GROUP (ORDER BY n) FROM a GROUP BY k"},
      {"pairs", "SELECT k, corr(d, id), covar_pop(d, id), regr_slope(d, id) FROM a GROUP BY k"},
      {"grouping sets", "SELECT k, x, count(*), grouping(k, x) FROM a GROUP BY CUBE (k, x)"},
      {"distinct", "SELECT DISTINCT k, length(t) FROM a"},
      {"distinct on", "SELECT DISTINCT ON (k) k, id, t FROM a ORDER BY k, id"},
      {"inner join", "SELECT a.id, b.s FROM a JOIN b ON a.k = b.k AND a.d > 3"},
      {"left join", "SELECT a.id, b.s FROM a LEFT JOIN b ON a.k = b.k AND length(b.s) = 2"},
      {"right join", "SELECT a.id, b.s FROM a RIGHT JOIN b ON a.k = b.k AND a.id < 50"},
      {"full join", "SELECT a.id, b.s FROM a FULL JOIN b ON a.k = b.k AND a.id < 50"},
      {"text join", "SELECT count(*) FROM a JOIN b ON a.t = 'text ' || b.k"},
      {"join of many", "SELECT count(*), sum(a.n) FROM a JOIN b ON a.k = b.k JOIN v ON v.k = a.k JOIN a AS a2 ON a2.id = a.id"},
      {"other joins", "SELECT count(*) FROM b JOIN b AS c ON b.k < c.k CROSS JOIN e"},
      {"lateral", "SELECT b.s, l.m FROM b LEFT JOIN LATERAL (SELECT max(n) AS m FROM a WHERE a.k = b.k AND a.id > length(b.s)) AS l ON TRUE"},
      {"semi and anti", "SELECT id FROM a WHERE EXISTS (SELECT FROM b WHERE b.k = a.k) AND k NOT IN (SELECT k FROM b WHERE s > 's5')"},
      {"marks", "SELECT id, k IN (SELECT k FROM b), id > ALL (SELECT k FROM b), (SELECT count(*) FROM b WHERE b.k = a.k) FROM a"},
      {"sort", "SELECT id, t FROM a ORDER BY t DESC, n NULLS FIRST, id"},
      {"top n", "SELECT id, t FROM a ORDER BY t DESC, id LIMIT 7 OFFSET 2"},
      {"limit", "SELECT count(*) FROM (SELECT id FROM a LIMIT 13) AS l"},
      {"windows", "SELECT id, rank() OVER (PARTITION BY k ORDER BY n), sum(n) OVER (PARTITION BY k ORDER BY id ROWS 3 PRECEDING), lag(t) OVER (ORDER BY id), "
                  "avg(d) OVER (ORDER BY id RANGE BETWEEN 5 PRECEDING AND CURRENT ROW), ntile(4) OVER (ORDER BY id) FROM a"},
      {"window frames", "SELECT id, min(t) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING EXCLUDE CURRENT ROW), count(k) FILTER (WHERE k > 2) OVER () FROM a"},
      {"set operations", "(SELECT k FROM a UNION SELECT k FROM b) INTERSECT ALL SELECT k FROM b EXCEPT SELECT 3"},
      {"union all", "SELECT k, t FROM a UNION ALL SELECT k, s FROM b UNION ALL SELECT * FROM e"},
      {"recursion", "WITH RECURSIVE r(i, t) AS (SELECT 1, 'x' UNION ALL SELECT i + 1, t || i FROM r WHERE i < 20) SELECT r.i, r.t, b.s FROM r JOIN b ON b.k = r.i"},
      {"recursive union", "WITH RECURSIVE r(i) AS (SELECT 1 UNION SELECT (i * 7) % 23 FROM r) SELECT * FROM r"},
      {"materialized", "WITH m AS MATERIALIZED (SELECT k, count(*) AS c FROM a GROUP BY k) SELECT * FROM m JOIN m AS n ON m.k = n.c % 17"},
      {"values and series", "SELECT * FROM (VALUES (1, 'x'), (2, NULL)) AS v(i, t) JOIN generate_series(1, 3) AS g(j) ON i = j"},
      {"view", "SELECT * FROM v WHERE c > 3"},
      {"explain", "EXPLAIN SELECT a.id FROM a JOIN b ON a.k = b.k WHERE a.id > 3"},
      {"explain analyze", "EXPLAIN ANALYZE SELECT k, count(*) FROM a GROUP BY k", FaultStatement::Kind::kQuery, "", true},
      {"system tables", "SELECT name FROM cairn_tables() UNION ALL SELECT name FROM cairn_views()"},
      {"prepared", "PREPARE p AS SELECT count(*) FROM a WHERE k = $1; EXECUTE p(3); DEALLOCATE p", FaultStatement::Kind::kChange},
      {"show", "SHOW ALL", FaultStatement::Kind::kQuery, "", true},
      {"errors", "SELECT 1 / (k - 5) FROM a"},
      {"durable breakers", "SELECT a.k, count(*), sum(n) FROM a JOIN b ON a.k = b.k GROUP BY a.k ORDER BY a.k", FaultStatement::Kind::kQuery, "SET checkpoint = 'all'"},
      {"durable windows", "SELECT k, s, row_number() OVER (PARTITION BY k ORDER BY s) FROM (SELECT DISTINCT k, s FROM b) AS d", FaultStatement::Kind::kQuery, "SET checkpoint = 'all'"},
      {"resume", "SELECT a.k, count(*), sum(n) FROM a JOIN b ON a.k = b.k GROUP BY a.k ORDER BY a.k", kResume},
      {"insert", "INSERT INTO b VALUES (100, 'new'), (101, 'newer')", kChange},
      {"insert a query", "INSERT INTO a SELECT id + 1000, k, t, n, d, x FROM a", kChange},
      {"insert returning", "INSERT INTO b SELECT k, t FROM a WHERE k IS NOT NULL RETURNING k, upper(s)", kChange},
      {"upsert", "INSERT INTO a VALUES (1, 1, 'one'), (2000, 2, 'two') ON CONFLICT (id) DO UPDATE SET t = excluded.t || a.t", kChange},
      {"update", "UPDATE a SET t = t || '!', n = n + 1 WHERE k < 9", kChange},
      {"update from", "UPDATE a SET t = b.s FROM b WHERE a.k = b.k AND b.s = 's7'", kChange},
      {"delete", "DELETE FROM a WHERE k > 4", kChange},
      {"delete using", "DELETE FROM a USING b WHERE a.k = b.k RETURNING a.id", kChange},
      {"merge", "MERGE INTO b USING (SELECT k, max(t) AS t FROM a WHERE k IS NOT NULL GROUP BY k) AS m ON b.k = m.k WHEN MATCHED THEN UPDATE SET s = m.t WHEN NOT MATCHED THEN INSERT VALUES (m.k, m.t)", kChange},
      {"truncate", "TRUNCATE a", kChange},
      {"broken constraint", "INSERT INTO a SELECT id, 1, 'double' FROM a", kChange},
      {"create table", "CREATE TABLE c (i SERIAL PRIMARY KEY, t VARCHAR DEFAULT 'x' NOT NULL, CHECK (i > 0))", kChange},
      {"create table as", "CREATE TABLE c AS SELECT k, count(*) AS n FROM a GROUP BY k", kChange},
      {"temporary table", "BEGIN; CREATE TEMP TABLE c AS SELECT * FROM b; INSERT INTO c SELECT * FROM c; SELECT count(*) FROM c; DROP TABLE c; COMMIT", kChange},
      {"create view", "CREATE VIEW w AS SELECT a.id, b.s FROM a JOIN b ON a.k = b.k", kChange},
      {"create sequence", "CREATE SEQUENCE r START 5", kChange},
      {"nextval", "SELECT nextval('q'), nextval('q') FROM b", kChange},
      {"create schema", "CREATE SCHEMA z", kChange},
      {"create index", "CREATE UNIQUE INDEX i ON a (id, k)", kChange},
      {"add column", "ALTER TABLE a ADD COLUMN c INTEGER DEFAULT 5", kChange},
      {"drop column", "ALTER TABLE b DROP COLUMN s", kChange},
      {"alter type", "ALTER TABLE e ALTER COLUMN k TYPE BIGINT", kChange},
      {"rename", "ALTER TABLE b RENAME TO bb", kChange},
      {"drop", "DROP TABLE a CASCADE", kChange},
      {"copy to", "COPY (SELECT * FROM a ORDER BY id) TO '{file}' (HEADER)", kChange},
      {"copy from", "COPY e FROM '{file}' (HEADER)", kChange, "COPY (SELECT k, t FROM a) TO '{file}' (HEADER)"},
      {"transaction", "BEGIN; INSERT INTO b VALUES (200, 'in a block'); UPDATE a SET k = 1 WHERE id < 20; CREATE TABLE c (i INTEGER); INSERT INTO c VALUES (1); COMMIT", kChange},
      {"rollback", "BEGIN; DELETE FROM a; DROP TABLE b; ROLLBACK", kChange},
      {"settings", "SET threads = 2; SET search_path = public; RESET threads", kChange},
  };
  return statements;
}

}  // namespace cairn::test
