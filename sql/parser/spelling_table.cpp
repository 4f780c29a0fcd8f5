#include "sql/parser/spelling_table.h"

namespace cairn {
namespace {

constexpr Spelling rewriting_to(std::string_view pattern, std::string_view words) { return {pattern, {}, {}, 0, words}; }
/// Hints for a type, a function, a relation that there is not.
constexpr Spelling for_type(std::string_view pattern, std::string_view hint) { return {pattern, {}, hint, 0, {}, "type \""}; }
constexpr Spelling for_function(std::string_view pattern, std::string_view hint) {
  return {pattern, {}, hint, 0, {}, "function "};
}
constexpr Spelling for_relation(std::string_view pattern, std::string_view hint) {
  return {pattern, {}, hint, 0, {}, "does not exist"};
}

constexpr Spelling kRewritingRows[] = {
    rewriting_to("^ SHOW TABLES > $", "SELECT name FROM cairn_tables() ORDER BY name"),
    rewriting_to("^ SHOW ALL TABLES > $", "SELECT name, kind, row_count FROM cairn_tables() ORDER BY name"),
    rewriting_to("^ SHOW VIEWS > $", "SELECT name FROM cairn_views() ORDER BY name"),
    rewriting_to("^ SHOW COLUMNS FROM > <name>", "EXPLAIN (columns) TABLE "),
    rewriting_to("^ DESCRIBE > <query>", "EXPLAIN (columns) "),
    rewriting_to("^ DESCRIBE > <name>", "EXPLAIN (columns) TABLE "),
    rewriting_to("^ DESC > <query>", "EXPLAIN (columns) "),
    rewriting_to("^ DESC > <name>", "EXPLAIN (columns) TABLE "),
    rewriting_to("^ EXPLAIN QUERY PLAN > <query>", "EXPLAIN "),
};

constexpr std::string_view kLoadFile =
    "CREATE TABLE t(...), then COPY t FROM 'file.csv' (FORMAT csv, HEADER), makes a table of a file.";
constexpr std::string_view kNoArrays = "A table with a row per element holds what an array would.";
constexpr std::string_view kColumnList = "Name the columns that are wanted.";
constexpr std::string_view kSwitch = "sum(a) FILTER (WHERE b = 'x') AS x, one for each value, makes columns of rows.";
constexpr std::string_view kOneDatabase = "A connection has one database: open the other one by itself.";
constexpr std::string_view kCatalog =
    "SHOW TABLES, DESCRIBE t, cairn_tables(), cairn_columns() and cairn_views() say what there is.";
constexpr std::string_view kUpsert = "INSERT ... ON CONFLICT (key) DO UPDATE SET a = excluded.a does that.";
constexpr std::string_view kAutomatic = "a INTEGER GENERATED ALWAYS AS IDENTITY (or a SERIAL) numbers rows by itself.";
constexpr std::string_view kSample = "WHERE random() < 0.1 keeps about a tenth of the rows.";
constexpr std::string_view kQuotes = "Names stand in double quotes: \"a name\".";
constexpr std::string_view kSemiJoin = "WHERE [NOT] EXISTS (SELECT 1 FROM u WHERE u.a = t.a) does that.";

constexpr Spelling kSpellingRows[] = {
    // Statements
    {"^ SUMMARIZE", "SUMMARIZE is not supported",
     "SELECT count(*), count(a), min(a), max(a), avg(a), count(DISTINCT a) FROM t says the same of a column.", kAnywhere},
    {"^ SHOW DATABASES", "SHOW DATABASES is not supported", kOneDatabase, kAnywhere},
    {"^ SHOW SCHEMAS", "SHOW SCHEMAS is not supported", kCatalog, kAnywhere},
    {"^ SHOW INDEXES", "SHOW INDEXES is not supported", kCatalog, kAnywhere},
    {"^ SHOW CREATE", "SHOW CREATE is not supported", "SELECT sql FROM cairn_tables() WHERE name = 't' is its text.", kAnywhere},
    {"^ SHOW FUNCTIONS", "SHOW FUNCTIONS is not supported", "docs/FUNCTIONS.md lists them.", kAnywhere},
    {"^ FROM", "a query that begins with FROM is not supported", "Write SELECT * FROM t.", kAnywhere},
    {"( FROM", "a query that begins with FROM is not supported", "Write (SELECT * FROM t)."},
    {"AS FROM", "a query that begins with FROM is not supported", "Write AS SELECT * FROM t."},
    {"^ PIVOT", "PIVOT is not supported", kSwitch, kAnywhere},
    {"PIVOT (", "PIVOT is not supported", kSwitch, 8},
    {"^ UNPIVOT", "UNPIVOT is not supported", "SELECT 'a' AS name, a AS value FROM t UNION ALL ... makes rows of columns.",
     kAnywhere},
    {"UNPIVOT (", "UNPIVOT is not supported", "SELECT 'a' AS name, a AS value FROM t UNION ALL ... makes rows of columns.", 8},
    {"^ INSERT OR REPLACE", "INSERT OR REPLACE is not supported", kUpsert},
    {"^ INSERT OR IGNORE", "INSERT OR IGNORE is not supported", "INSERT ... ON CONFLICT DO NOTHING does that."},
    {"^ INSERT OR", "INSERT OR is not supported", kUpsert},
    {"^ INSERT IGNORE", "INSERT IGNORE is not supported", "INSERT ... ON CONFLICT DO NOTHING does that."},
    {"^ INSERT OVERWRITE", "INSERT OVERWRITE is not supported", "TRUNCATE t; INSERT INTO t ... in a transaction does that."},
    {"^ REPLACE INTO", "REPLACE INTO is not supported", kUpsert},
    {"^ UPSERT", "UPSERT is not supported", kUpsert},
    {"ON DUPLICATE KEY UPDATE", "ON DUPLICATE KEY UPDATE is not supported", kUpsert},
    {"^ CREATE OR REPLACE TABLE", "CREATE OR REPLACE TABLE is not supported",
     "BEGIN; DROP TABLE IF EXISTS t; CREATE TABLE t ...; COMMIT does that."},
    {"^ CREATE OR REPLACE TEMP TABLE", "CREATE OR REPLACE TEMP TABLE is not supported",
     "DROP TABLE IF EXISTS t; CREATE TEMP TABLE t ... does that."},
    {"^ CREATE MACRO", "CREATE MACRO is not supported", "A view holds a query; functions cannot be defined."},
    {"^ CREATE OR REPLACE MACRO", "CREATE MACRO is not supported", "A view holds a query; functions cannot be defined."},
    {"^ PRAGMA", "PRAGMA is not supported", "SHOW ALL lists the settings, SET name = value changes one; DESCRIBE t and SHOW "
     "TABLES say what there is.", kAnywhere},
    {"^ ATTACH", "ATTACH is not supported", kOneDatabase, kAnywhere},
    {"^ DETACH", "DETACH is not supported", kOneDatabase, kAnywhere},
    {"^ USE", "USE is not supported", "SET search_path = 'name' chooses a schema.", kAnywhere},
    {"^ INSTALL", "there are no extensions to install", "", kAnywhere},
    {"^ LOAD", "there are no extensions to load", "", kAnywhere},
    {"^ EXPORT DATABASE", "EXPORT DATABASE is not supported",
     "SELECT sql FROM cairn_tables() gives the definitions, COPY t TO 'file.csv' (FORMAT csv, HEADER) the rows.", kAnywhere},
    {"^ IMPORT DATABASE", "IMPORT DATABASE is not supported", kLoadFile, kAnywhere},
    {"^ FORCE CHECKPOINT", "FORCE CHECKPOINT is not supported", "Write CHECKPOINT.", kAnywhere},
    {"^ REINDEX", "REINDEX is not supported", "Indexes need no rebuilding.", kAnywhere},
    {"^ BEGIN IMMEDIATE", "BEGIN IMMEDIATE is not supported", "Write BEGIN."},
    {"^ BEGIN EXCLUSIVE", "BEGIN EXCLUSIVE is not supported", "Write BEGIN."},
    {"^ BEGIN DEFERRED", "BEGIN DEFERRED is not supported", "Write BEGIN."},
    {"^ DELETE <name> WHERE", "DELETE without FROM", "Write DELETE FROM t WHERE ..."},
    {"^ DROP TABLE <name> IF EXISTS", "", "Write DROP TABLE IF EXISTS t."},
    {"^ ALTER TABLE <name> MODIFY", "ALTER TABLE ... MODIFY is not supported", "Write ALTER TABLE t ALTER COLUMN a TYPE BIGINT."},
    {"^ ALTER TABLE <name> CHANGE", "ALTER TABLE ... CHANGE is not supported",
     "ALTER TABLE t RENAME COLUMN a TO b, and ALTER COLUMN b TYPE BIGINT, do that."},
    {"^ SET GLOBAL", "SET GLOBAL is not supported", "Write SET name = value."},
    {"^ HELP", "HELP is not supported", "docs/SQL.md describes the language; .help lists the shell's commands.", kAnywhere},
    {"^ GO", "GO ends no statement here", "Write ';'.", kAnywhere},

    // Clauses
    {"QUALIFY", "QUALIFY is not supported",
     "Filter in a query around it: SELECT * FROM (SELECT ..., row_number() OVER (...) AS n FROM t) q WHERE n = 1."},
    {"GROUP BY ALL", "GROUP BY ALL is not supported", "Name the columns, or their positions: GROUP BY 1, 2."},
    {"ORDER BY ALL", "ORDER BY ALL is not supported", "Name the columns, or their positions: ORDER BY 1, 2."},
    {"* EXCLUDE", "* EXCLUDE is not supported", kColumnList},
    {"* REPLACE", "* REPLACE is not supported", kColumnList},
    {"* EXCEPT (", "* EXCEPT is not supported", kColumnList},
    {"* RENAME", "* RENAME is not supported", kColumnList},
    {"COLUMNS (", "COLUMNS(...) is not supported", kColumnList, 0},
    {"FROM <string>", "a file in FROM is not supported", kLoadFile, 0},
    {"JOIN <string>", "a file in JOIN is not supported", kLoadFile, 0},
    {"ASOF JOIN", "ASOF JOIN is not supported",
     "JOIN LATERAL (SELECT * FROM u WHERE u.at <= t.at ORDER BY u.at DESC LIMIT 1) u ON true does that.", kAnywhere},
    {"ASOF LEFT JOIN", "ASOF JOIN is not supported",
     "LEFT JOIN LATERAL (SELECT * FROM u WHERE u.at <= t.at ORDER BY u.at DESC LIMIT 1) u ON true does that.", kAnywhere},
    {"POSITIONAL JOIN", "POSITIONAL JOIN is not supported",
     "JOIN over row_number() OVER () of both sides does that.", kAnywhere},
    {"SEMI JOIN", "SEMI JOIN is not supported", kSemiJoin, kAnywhere},
    {"ANTI JOIN", "ANTI JOIN is not supported", kSemiJoin, kAnywhere},
    {"LIMIT <number> ,", "LIMIT a, b is not supported", "Write LIMIT b OFFSET a."},
    {"SELECT TOP <number>", "TOP is not supported", "Write LIMIT 10 behind the query."},
    {"USING SAMPLE", "USING SAMPLE is not supported", kSample},
    {"TABLESAMPLE", "", kSample, 0},
    {"WITHOUT ROWID", "WITHOUT ROWID is not supported", "Leave it out: no table has such a column."},
    {") ENGINE", "ENGINE is not supported", "Leave it out: there is one."},

    // Columns
    {"AUTOINCREMENT", "AUTOINCREMENT is not supported", kAutomatic, 0},
    {"AUTO_INCREMENT", "AUTO_INCREMENT is not supported", kAutomatic, 0},
    {"UNSIGNED", "UNSIGNED types are not supported", "The next wider type holds the same numbers: BIGINT for INTEGER UNSIGNED, "
     "HUGEINT for BIGINT UNSIGNED; CHECK (a >= 0) keeps the sign out.", 0},
    for_type("DATETIME", "Write TIMESTAMP."),
    for_type("TIMESTAMPTZ", "TIMESTAMP holds times in UTC."),
    for_type("TINYINT", "Write SMALLINT."),
    for_type("MEDIUMINT", "Write INTEGER."),
    for_type("INT16", "Write SMALLINT."),
    for_type("INT32", "Write INTEGER."),
    for_type("INT64", "Write BIGINT."),
    for_type("INT128", "Write HUGEINT."),
    for_type("FLOAT32", "Write REAL."),
    for_type("FLOAT64", "Write DOUBLE PRECISION."),
    for_type("UTINYINT", "Write SMALLINT."),
    for_type("USMALLINT", "Write INTEGER."),
    for_type("UINTEGER", "Write BIGINT."),
    for_type("UBIGINT", "Write HUGEINT, or NUMERIC(20)."),
    for_type("NUMBER", "Write NUMERIC, BIGINT or DOUBLE PRECISION."),
    for_type("MEDIUMTEXT", "Write TEXT."),
    for_type("LONGTEXT", "Write TEXT."),
    for_type("NVARCHAR", "Write VARCHAR: all text is Unicode."),
    for_type("VARCHAR2", "Write VARCHAR."),
    for_type("BLOB", "Bytes can be kept as text: hexadecimal, or base64."),
    for_type("BYTEA", "Bytes can be kept as text: hexadecimal, or base64."),
    for_type("UUID", "Write VARCHAR(36), or CHAR(36)."),
    for_type("JSON", "Write TEXT."),
    {"STRUCT (", "STRUCT types are not supported", "A column for each field holds the same."},
    {"MAP (", "MAP types are not supported", "A table with a row per key holds the same."},

    // Values and operators
    {"[", "lists and arrays are not supported", kNoArrays},
    {"[ <name> ]", "names do not stand in brackets, and there are no arrays", kQuotes},
    {"ARRAY [", "", kNoArrays, 0},
    {"<name> [", "", kNoArrays, 0, {}, "array types"},
    {"{", "struct literals are not supported", "A column for each field holds the same."},
    {"MAP {", "MAP literals are not supported", "A table with a row per key holds the same."},
    {"` <name> `", "names do not stand in backticks", kQuotes},
    {"` <name>", "names do not stand in backticks", kQuotes, 2},
    {"AT TIME ZONE", "AT TIME ZONE is not supported", "All times are UTC: add or subtract an INTERVAL '1 hour'.", 1},
    {"->", "lambdas and JSON operators are not supported", "", 0},
    {"<name> ->", "lambdas and JSON operators are not supported", "", 0},
    {"==", "there is no operator ==", "Write =.", 0},
    {"&&", "there is no operator &&", "Write AND.", 2},
    {"|| <name> =", "|| joins texts", "Write OR between conditions.", 0},
    {"|| <name> >", "|| joins texts", "Write OR between conditions.", 0},
    {"|| <name> <", "|| joins texts", "Write OR between conditions.", 0},
    {"!", "there is no operator !", "Write NOT.", 0},
    {"//", "there is no operator //", "/ of two integers is their quotient without the rest; floor(a / b) rounds down.", 0},
    {"**", "there is no operator **", "Write ^, or power(a, b).", 0},
    {"GLOB", "GLOB is not supported", "Write LIKE with % and _, or ~ with a regular expression."},
    {"REGEXP", "REGEXP is not supported", "Write a ~ 'expression'."},
    {"RLIKE", "RLIKE is not supported", "Write a ~ 'expression'."},
    {"DIV", "DIV is not supported", "/ of two integers is their quotient without the rest; div(a, b) gives NUMERIC."},
    {"MOD <number>", "MOD is no operator", "Write a % b, or mod(a, b).", 0},
    {"IS NOT DISTINCT", "", "Write IS NOT DISTINCT FROM."},
    {"DISTINCT ON <name>", "", "Write DISTINCT ON (a).", 0},
    {"+ <string>", "", "Texts are joined by ||.", 0},
    {"<string> +", "", "Texts are joined by ||.", 0},
    {"+", "", "Texts are joined by ||.", 0, {}, "character varying +"},

    // Functions
    for_function("IFNULL (", "Write coalesce(a, b)."),
    for_function("ISNULL (", "Write a IS NULL, or coalesce(a, b)."),
    for_function("NVL (", "Write coalesce(a, b)."),
    for_function("NVL2 (", "Write CASE WHEN a IS NOT NULL THEN b ELSE c END."),
    for_function("IF (", "Write CASE WHEN a THEN b ELSE c END."),
    for_function("IIF (", "Write CASE WHEN a THEN b ELSE c END."),
    for_function("DECODE (", "Write CASE a WHEN b THEN c ELSE d END."),
    for_function("LEN (", "Write length(a)."),
    for_function("READ_CSV (", kLoadFile),
    for_function("READ_CSV_AUTO (", kLoadFile),
    {"READ_PARQUET (", "Parquet files are not supported", "Write them as CSV where they come from, and use COPY.", 0},
    {"READ_JSON (", "JSON files are not supported", "Write them as CSV where they come from, and use COPY.", 0},
    {"READ_JSON_AUTO (", "JSON files are not supported", "Write them as CSV where they come from, and use COPY.", 0},
    for_function("GROUP_CONCAT (", "Write string_agg(a, ',')."),
    for_function("LISTAGG (", "Write string_agg(a, ',')."),
    for_function("ARRAY_AGG (", "string_agg(a, ',') makes a text of the values."),
    for_function("LIST (", "string_agg(a, ',') makes a text of the values."),
    for_function("MEDIAN (", "Write percentile_cont(0.5) WITHIN GROUP (ORDER BY a)."),
    for_function("QUANTILE_CONT (", "Write percentile_cont(0.5) WITHIN GROUP (ORDER BY a)."),
    for_function("FIRST (", "min(a), any_value(a), or first_value(a) OVER (ORDER BY b) may be meant."),
    for_function("LAST (", "max(a), any_value(a), or last_value(a) OVER (ORDER BY b ...) may be meant."),
    for_function("ARG_MAX (", "SELECT DISTINCT ON (k) k, a FROM t ORDER BY k, b DESC gives the a of the largest b."),
    for_function("ARG_MIN (", "SELECT DISTINCT ON (k) k, a FROM t ORDER BY k, b gives the a of the least b."),
    for_function("APPROX_COUNT_DISTINCT (", "Write count(DISTINCT a)."),
    for_function("COUNT_IF (", "Write count(*) FILTER (WHERE a)."),
    for_function("STRFTIME (", "Write to_char(t, 'YYYY-MM-DD')."),
    for_function("STRPTIME (", "Write to_timestamp(text, 'YYYY-MM-DD')."),
    for_function("DATE_FORMAT (", "Write to_char(t, 'YYYY-MM-DD')."),
    for_function("DATEDIFF (", "Dates are subtracted: b - a is the number of days."),
    for_function("DATE_DIFF (", "Dates are subtracted: b - a is the number of days."),
    for_function("DATEADD (", "Write d + INTERVAL '1 day'."),
    for_function("DATE_ADD (", "Write d + INTERVAL '1 day'."),
    for_function("DATETIME (", "Write now(), or CAST(a AS TIMESTAMP)."),
    for_function("JULIANDAY (", "Write extract(julian FROM d)."),
    for_function("GETDATE (", "Write now()."),
    for_relation("SYSDATE", "Write now()."),
    for_function("TYPEOF (", "Write pg_typeof(a)."),
    for_function("PRINTF (", "Write format('%s', a)."),
    for_function("STRING_SPLIT (", "Write split_part(a, ',', 1)."),
    for_function("INSTR (", "Write strpos(text, part)."),
    for_function("REGEXP_EXTRACT (", "Write substring(a FROM 'expression')."),
    for_function("REGEXP_MATCHES (", "Write a ~ 'expression'."),
    for_function("UNNEST (", kNoArrays),
    for_function("MAX ( )", "It takes the values: max(a)."),
    for_function("MIN ( )", "It takes the values: min(a)."),
    for_function("SUM ( )", "It takes the values: sum(a)."),
    for_function("AVG ( )", "It takes the values: avg(a)."),
    for_function("MAX ( <number> ,", "Write greatest(a, b)."),
    for_function("MAX ( <name> ,", "Write greatest(a, b)."),
    for_function("MIN ( <number> ,", "Write least(a, b)."),
    for_function("MIN ( <name> ,", "Write least(a, b)."),

    // Tables
    for_relation("DUAL", "Leave FROM out: SELECT 1."),
    for_relation("SQLITE_MASTER", kCatalog),
    for_relation("SQLITE_SCHEMA", kCatalog),
    for_relation("DUCKDB_TABLES (", kCatalog),
    for_relation("INFORMATION_SCHEMA", kCatalog),
    for_relation("PG_CATALOG", kCatalog),
    for_relation("PG_CLASS", kCatalog),
    for_relation("PG_TABLES", kCatalog),
};

}  // namespace

const std::span<const Spelling> kSpellings = kSpellingRows;
const std::span<const Spelling> kRewritings = kRewritingRows;

}  // namespace cairn
