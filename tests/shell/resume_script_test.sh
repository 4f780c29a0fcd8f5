#!/usr/bin/env bash
# Scripts that stopped and go on with --resume: what has ended is not run again. (Those that are killed: tests/crash.)
#   resume_script_test.sh CAIRN
cairn=$(realpath "$1")
source "$(dirname "$0")/../support/expect.sh"
export HOME=$work LC_ALL=C.UTF-8
cd "$work" || exit 1
nl=$'\n'
count() { "$cairn" db -csv -c "$1" | tail -1; }

# A script that stops where a file is missing, and goes on once it is there.
cat >job.sql <<'SQL'
SET search_path = 's', 'public';
.mode csv
.output result.csv
CREATE SCHEMA s; CREATE TABLE s.t(a INTEGER);
INSERT INTO t VALUES (1), (2);
PREPARE more(int) AS INSERT INTO t SELECT a + $1 FROM t;
SELECT count(*) AS n FROM t;
BEGIN;
INSERT INTO t VALUES (100);
SET search_path = 'public';
ROLLBACK;
BEGIN;
INSERT INTO t VALUES (3);
COPY t FROM 'late.csv' (FORMAT csv);
COMMIT;
EXECUTE more(10);
SELECT count(*) AS n, sum(a) AS s FROM t;
SQL
expect 'a script stops at an error' 1 '' 'job.sql:14: ERROR:  .*late.csv' "$cairn" db -f job.sql
echo 4 >late.csv
expect 'and goes on with its transaction' 0 '' 'job.sql:12: the script goes on here' "$cairn" db -f job.sql --resume
[[ $(<result.csv) == "n${nl}2${nl}n,s${nl}8,60" ]] || fail 'what a script wrote is there once' "$(cat result.csv)"
[[ $(count 'SELECT count(*) FROM s.t') == 8 ]] || fail 'and what it changed' "$(count 'SELECT * FROM s.t')"
[[ ! -e db/scripts ]] || fail 'nothing is left of a script that has ended' "$(ls -R db)"
expect 'a script that has ended is not run again' 0 '' '"job.sql" has been run to its end' "$cairn" db -f job.sql --resume
[[ $(count 'SELECT count(*) FROM s.t') == 8 ]] || fail 'it is not' ''

# An edited script, and one that begins anew.
printf 'CREATE TABLE u(a INTEGER);\nINSERT INTO u VALUES (1);\n\nSELECT 1/0;\n' >edited.sql
expect 'a script that stops' 1 '' 'division by zero' "$cairn" db -f edited.sql
sed 's/1\/0/1/' edited.sql >changed.sql; mv edited.sql as_it_was.sql; mv changed.sql edited.sql
expect 'an edited script is an error that names the line' 1 '' 'edited.sql:4: the script has been edited' "$cairn" db -f edited.sql --resume
sed 's/VALUES (1)/VALUES (2)/' as_it_was.sql >edited.sql
expect 'wherever that is' 1 '' 'edited.sql:2: the script has been edited' "$cairn" db -f edited.sql --resume
{ cat as_it_was.sql; echo 'SELECT 2;'; } >edited.sql
expect 'at the end, too' 1 '' 'edited.sql:5: the script has been edited' "$cairn" db -f edited.sql --resume
cp as_it_was.sql edited.sql
expect 'put back it goes on' 1 '' 'edited.sql:4: the script goes on here.*division by zero' "$cairn" db -f edited.sql --resume
[[ $(count 'SELECT count(*) FROM u') == 1 ]] || fail 'an INSERT that has ended is not run again' ''
expect 'without --resume it begins anew' 1 '' 'begins anew; its run that did not end would have gone on with --resume.*already exists' "$cairn" db -f edited.sql

# A file that a script reads.
printf '.read part.sql\nSELECT 1/0;\n' >whole.sql
echo 'INSERT INTO u VALUES (7);' >part.sql
expect 'a script that reads another' 1 '' 'division by zero' "$cairn" db -f whole.sql
expect 'goes on behind that' 1 '' 'whole.sql:2: the script goes on here' "$cairn" db -f whole.sql --resume
[[ $(count 'SELECT count(*) FROM u WHERE a = 7') == 1 ]] || fail 'whose statements ran once' ''
echo 'INSERT INTO u VALUES (8);' >part.sql
expect 'which is not to be edited either' 1 '' 'part.sql:1: cairn: this has been edited' "$cairn" db -f whole.sql --resume

# Transactions that begin as one ends, names that look temporary, PREPAREs of what is gone, and output that was taken away.
cat >chain.sql <<'SQL'
.output chained.csv
CREATE TABLE weather(temp double precision);
CREATE TABLE stage(a INTEGER);
PREPARE p AS SELECT count(*) FROM stage;
EXECUTE p;
DROP TABLE stage;
BEGIN;
INSERT INTO weather VALUES (1);
SET search_path = 'kept';
COMMIT AND CHAIN;
INSERT INTO public.weather VALUES (2);
COPY public.weather FROM 'weather.csv' (FORMAT csv);
ROLLBACK;
SHOW search_path;
SQL
expect 'a script that chains transactions' 1 '' 'chain.sql:12: ERROR:  .*weather.csv' "$cairn" db -f chain.sql
echo 5 >weather.csv
mv chained.csv elsewhere.csv
expect 'goes on in the chained one' 0 '' 'chain.sql:11: the script goes on here.*not what it was' "$cairn" db -csv -f chain.sql --resume
[[ $(count 'SELECT count(*) FROM weather') == 1 ]] || fail 'whose rollback counts' "$(count 'SELECT count(*) FROM weather')"
[[ $(<chained.csv) == "search_path${nl}kept" ]] || fail 'no NULs stand where output was' "$(od -c chained.csv | head -3)"
echo 'INSERT INTO weather VALUES (7);' >chain.sql
expect 'another script under the name of one that has ended is run' 0 '' 'there is no run of "chain.sql" to go on with' "$cairn" db -f chain.sql --resume
[[ $(count 'SELECT count(*) FROM weather WHERE temp = 7') == 1 ]] || fail 'it is' ''

# What nobody came back for in a week goes with the next script.
printf 'SELECT 1/0;\n' >forgotten.sql
"$cairn" db -f forgotten.sql >out 2>err
touch -d '8 days ago' db/scripts/*
echo 'SELECT 1;' >next.sql
expect 'the next script' 0 '*' '' "$cairn" db -f next.sql
[[ ! -e db/scripts ]] || fail 'notes of a week ago went' "$(ls db/scripts)"

# What cannot go on.
printf 'CREATE TEMP TABLE gone(a INTEGER);\nSELECT 1/0;\n' >temporary.sql
expect 'a script with a temporary table' 1 '' 'division by zero' "$cairn" db -f temporary.sql
expect 'is refused to go on' 1 '' 'temporary.sql:1: cairn: the temporary relation that was made here is gone' "$cairn" db -f temporary.sql --resume
expect '--resume wants a script' 2 '' 'goes on with one script' "$cairn" db --resume -c 'SELECT 1'
expect 'of a database that lasts' 2 '' 'name its directory' "$cairn" --resume -f job.sql
expect 'that it may change' 2 '' 'name its directory, without -readonly' "$cairn" db -readonly --resume -f job.sql
expect 'a script that was never run begins' 0 '^a\b.1$' 'there is no run of "first.sql" to go on with: it begins' \
  bash -c "echo 'SELECT 1 AS a;' >first.sql; '$cairn' db -csv -f first.sql --resume"
mkdir -p other/db && echo mine >other/db/scripts
expect 'what others put there stays' 1 '' '*' "$cairn" other/db -f first.sql
[[ $(<other/db/scripts) == mine ]] || fail 'it does' ''
printf 'SELECT 1/0;\n' >damaged.sql
"$cairn" db -f damaged.sql >out 2>err
for notes in db/scripts/*; do echo garbage >"$notes"; done
expect 'notes that cannot be read are told of' 1 '' 'cannot be read; without --resume it begins anew' "$cairn" db -f damaged.sql --resume
expect 'and others are not replaced' 1 '' 'cannot go on should it be killed: .*not Cairn.s.*division by zero' "$cairn" db -f damaged.sql

# What a query had computed when its script was killed is not computed again, with --resume or without.
cat >long.sql <<'SQL'
SET checkpoint = 'all'; SET checkpoint_verbose = on;
SELECT sum(n + b) AS s FROM (SELECT a % 1000 AS k, count(*) AS n FROM generate_series(1, 1000000) g(a) GROUP BY 1) t,
  generate_series(1, 300000) h(b) WHERE k <> b;
SQL
for flag in '' --resume; do
  mkfifo notices
  "$cairn" db -f long.sql >/dev/null 2>notices &
  while read -r line; do
    [[ $line == checkpoint:*durable* ]] && kill -KILL $! && break
  done <notices
  wait $! 2>/dev/null
  rm notices
  expect "a killed script takes along what is durable ${flag}" 0 '^s\b.45300148501500' 'resumed: ' "$cairn" db -csv $flag -f long.sql
done
finish
