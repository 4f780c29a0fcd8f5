#!/usr/bin/env bash
# Bad input, as users meet it: each gives a clear error, nothing crashes, and nothing is lost.
#   bad_input_test.sh CAIRN
cairn=$(realpath "$1")
source "$(dirname "$0")/../support/expect.sh"
export HOME=$work LC_ALL=C.UTF-8
cd "$work" || exit 1
nl=$'\n'
sql() { "$cairn" -csv "$@"; }

# --- damaged and foreign databases: an error names the file, and no byte of it changes
"$cairn" good -c "CREATE TABLE t(a INTEGER, b VARCHAR); INSERT INTO t SELECT i, 'number ' || i FROM generate_series(1, 200000) AS g(i)" || fail 'setup'
untouched() {  # WHAT DATABASE PATTERN: opening and reading fails with the pattern, and the files stay as they were
  local before after
  before=$(find "$2" -type f ! -name lock -exec md5sum {} + | sort)
  expect "$1" 1 '*' "$3" "$cairn" "$2" -csv -c 'SELECT sum(a), min(b) FROM t'
  after=$(find "$2" -type f ! -name lock -exec md5sum {} + | sort)
  [[ $before == "$after" ]] || fail "$1: the files were changed" "$before" "$after"
}
cp -r good garbage && head -c 5000 /dev/urandom >garbage/manifest
untouched 'a manifest of garbage' garbage 'manifest'
cp -r good empty && : >empty/manifest
untouched 'an empty manifest' empty 'manifest'
cp -r good short && truncate -s 100 short/manifest
untouched 'a truncated manifest' short 'manifest'
cp -r good flipped && data=$(find flipped/data -type f | head -n 1)
printf '\377\377\377\377' | dd of="$data" bs=1 seek=4200 conv=notrunc 2>/dev/null
untouched 'a flipped byte in a data file' flipped 'checksum|corrupt|damaged'
cp -r good cut && data=$(find cut/data -type f | head -n 1) && truncate -s 5000 "$data"
untouched 'a truncated data file' cut 'data/'
cp -r good lost && rm "$(find lost/data -type f | head -n 1)"
untouched 'a missing data file' lost 'data/'
mkdir foreign && echo hello >foreign/letter.txt
expect 'a directory of something else' 1 '' 'foreign' "$cairn" foreign -c 'SELECT 1'
[[ $(ls foreign) == letter.txt ]] || fail 'a foreign directory was written to' "$(ls foreign)"
echo 'no directory' >plain_file
expect 'a file instead of a directory' 1 '' 'plain_file' "$cairn" plain_file -c 'SELECT 1'
expect 'the good one is still good' 0 "200000" '' "$cairn" good -csv -c 'SELECT count(*) FROM t'

# --- COPY: file, line and column are named, and nothing of the file is in the table
"$cairn" load -c 'CREATE TABLE t(a INTEGER NOT NULL, b SMALLINT, d DECIMAL(5,2), e DATE)'
bad_copy() {  # WHAT CONTENT PATTERN
  printf "$2" >in.csv
  expect "COPY: $1" 1 '' "$3" "$cairn" load -c "COPY t FROM 'in.csv' (FORMAT csv)"
  expect "COPY: nothing is left of $1" 0 "^count${nl}0\$" '' "$cairn" load -csv -c 'SELECT count(*) FROM t'
}
bad_copy 'a word for a number' '1,2,3.00,2020-01-01\nx,2,3,2020-01-01\n' 'in\.csv", line 2, column a: .*"x"'
bad_copy 'a number too large' '1,70000,1,2020-01-01\n' 'in\.csv", line 1, column b: .*out of range'
bad_copy 'a decimal too large' '1,1,12345.67,2020-01-01\n' 'in\.csv", line 1, column d'
bad_copy 'a date that is none' '1,1,1,2020-02-30\n' 'in\.csv", line 1, column e'
bad_copy 'a missing column' '1,1,1,2020-01-01\n2,2\n' 'in\.csv", line 2'
bad_copy 'an extra column' '1,1,1,2020-01-01,5\n' 'in\.csv", line 1'
bad_copy 'NULL where none may be' ',1,1,2020-01-01\n' 'in\.csv", line 1, column a'
bad_copy 'bytes that are not UTF-8' '1,1,1,\xff\xfe\n' 'in\.csv", line 1'
expect 'COPY from nowhere' 1 '' 'nothing\.csv' "$cairn" load -c "COPY t FROM 'nothing.csv' (FORMAT csv)"

# --- names and values
expect 'an unknown table' 1 '' 'item.*HINT:.*items' "$cairn" -c 'CREATE TABLE items(a INT); SELECT * FROM item'
expect 'an unknown column' 1 '' 'prise.*HINT:.*price' "$cairn" -c 'CREATE TABLE items(price INT); SELECT prise FROM items'
expect 'an unknown function' 1 '' 'lenght' "$cairn" -c "SELECT lenght('a')"
expect 'an unknown setting' 1 '' 'treads.*HINT:.*threads' "$cairn" -c 'SET treads = 1'
expect 'a setting out of bounds' 1 '' 'threads' "$cairn" -c 'SET threads = 0'
expect 'division by zero' 1 '' 'division by zero' "$cairn" -c 'CREATE TABLE t(a INT); INSERT INTO t VALUES (1),(0); SELECT 1/a FROM t'
expect 'integer overflow' 1 '' 'out of range' "$cairn" -c 'CREATE TABLE t(a INT); INSERT INTO t VALUES (2147483647); SELECT a+a FROM t'
expect 'bigint overflow' 1 '' 'out of range' "$cairn" -c 'SELECT 9223372036854775807 * 2'
expect 'decimal overflow' 1 '' '' bash -c "'$cairn' -c \"SELECT '99999999999999999999999999999999999999'::DECIMAL(38,0) * 10\" 2>/dev/null"
expect 'a cast that cannot be' 1 '' 'invalid input syntax for type integer: "abc"' "$cairn" -c "SELECT 'abc'::INTEGER"
expect 'an unsupported construct' 1 '' 'LINE 1' "$cairn" -c 'SELECT a::json FROM (VALUES (1)) AS t(a)'

# --- statements beyond measure
repeat() { printf "%0.s$1" $(seq 1 "$2"); }
nested() {  # WHAT STATEMENT_FILE
  timeout 60 "$cairn" -f "$2" >out 2>err </dev/null
  expect_last "$1 nested 100,000 deep" 1 '' 'nested|too complex|stack' $?
}
{ echo -n 'SELECT '; repeat '(' 100000; echo -n 1; repeat ')' 100000; echo ';'; } >deep.sql && nested 'parentheses' deep.sql
{ echo -n 'SELECT '; repeat 'NOT ' 100000; echo 'true;'; } >deep.sql && nested 'NOT' deep.sql
{ echo -n 'SELECT '; repeat '- ' 100000; echo '1;'; } >deep.sql && nested 'minus signs' deep.sql
{ echo -n 'SELECT '; repeat '1+' 100000; echo '1;'; } >deep.sql && nested 'sums' deep.sql
{ echo -n 'SELECT '; repeat 'CASE WHEN true THEN ' 100000; echo -n 1; repeat ' END' 100000; echo ';'; } >deep.sql && nested 'CASE' deep.sql
{ repeat 'SELECT * FROM (' 100000; echo -n 'SELECT 1'; repeat ') AS q' 100000; echo ';'; } >deep.sql && nested 'subqueries' deep.sql
{ repeat 'SELECT 1 UNION ALL ' 100000; echo 'SELECT 1;'; } >deep.sql && nested 'UNIONs' deep.sql
{ echo -n 'SELECT true'; repeat ' AND true' 100000; echo ';'; } >deep.sql
timeout 60 "$cairn" -csv -f deep.sql >out 2>err </dev/null
code=$?
((code == 0 || code == 1)) || fail '100,000 ANDs' "exit code $code"
{ echo "CREATE TABLE t(a INT, b VARCHAR); INSERT INTO t VALUES (0, '')"; seq -f ", (%.0f, 'a row with some text so that it is long enough')" 1 800000; echo '; SELECT count(*) FROM t;'; } >big.sql
timeout 120 "$cairn" -csv -f big.sql >out 2>err </dev/null
expect_last 'a statement of 50 MB with rows' 0 '800001' '' $?
{ echo -n "SELECT length('"; head -c 50000000 /dev/zero | tr '\0' x; echo "');"; } >big.sql
timeout 120 "$cairn" -csv -f big.sql >out 2>err </dev/null
expect_last 'a statement of 50 MB with one literal' 0 '50000000' '' $?
printf "SELECT 'a\xff';" >utf8.sql
expect 'SQL that is not UTF-8' 1 '' 'UTF8' "$cairn" -f utf8.sql

# --- who else is there, and what may not be written
{ echo 'SELECT 1;'; sleep 5; } | "$cairn" good >/dev/null 2>&1 &
sleep 1
expect 'a second writer' 1 '' 'good.*(in use|process|pid|locked)' "$cairn" good -c 'SELECT 1'
expect 'a reader beside the writer' 0 '200000' '' "$cairn" -readonly good -csv -c 'SELECT count(*) FROM t'
wait
if ((EUID == 0)) && command -v setpriv >/dev/null; then
  chmod 755 "$work" && cp -r good locked && chmod -R a+rX,a-w locked
  expect 'a read-only directory says so' 1 '' 'locked' setpriv --reuid 65534 --regid 65534 --clear-groups "$cairn" locked -c 'DROP TABLE t'
  expect 'a read-only directory can be read' 0 '200000' '' setpriv --reuid 65534 --regid 65534 --clear-groups "$cairn" -readonly locked -csv -c 'SELECT count(*) FROM t'
  expect 'no right to make a database' 1 '' 'new_one' setpriv --reuid 65534 --regid 65534 --clear-groups "$cairn" /proc/new_one -c 'SELECT 1'
fi

# --- a full disk during a load (where we may mount a small one): nothing is half-visible
if ((EUID == 0)) && mkdir small && mount -t tmpfs -o size=8m tmpfs small 2>/dev/null; then
  cleanup() { umount "$work/small"; rm -rf "$work"; }
  "$cairn" small/db -c 'CREATE TABLE kept(a INT); INSERT INTO kept VALUES (42)'
  expect 'a full disk during a load' 1 '' 'No space left|disk.*full|full.*disk' "$cairn" small/db -c 'CALL tpch_load(0.1)'
  expect 'what was there is there' 0 '^a.42$' '' "$cairn" small/db -csv -c 'SELECT a FROM kept'
  expect 'nothing of the load is' 0 '^name.kept$' '' "$cairn" small/db -csv -c 'SELECT name FROM cairn_tables()'
  expect 'a full disk costs a query its checkpoints and one warning' 0 '*' '*' "$cairn" small/db -c "SET checkpoint = 'all'; SELECT count(*) FROM (SELECT i, i % 7919 AS j FROM generate_series(1, 2000000) g(i) ORDER BY j) q"
fi

# --- io_uring refused
expect 'the thread pool does the same' 0 '200000' '' env CAIRN_IO=threads "$cairn" good -csv -c 'SELECT count(*) FROM t'
expect 'an I/O engine that there is not' 1 '' 'CAIRN_IO' env CAIRN_IO=carrier_pigeon "$cairn" good -c 'SELECT 1'
finish
