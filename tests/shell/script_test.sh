#!/usr/bin/env bash
# The shell as scripts use it: options, input, formats, dot commands, errors and exit codes.
#   script_test.sh CAIRN
cairn=$(realpath "$1")
source "$(dirname "$0")/../support/expect.sh"
export HOME=$work LC_ALL=C.UTF-8
cd "$work" || exit 1
nl=$'\n'
setup="CREATE TABLE item(id INTEGER, name VARCHAR, price DECIMAL(6,2)); INSERT INTO item VALUES (1,'hammer',12.50),(2,NULL,-0.05);"

# --- where statements come from
expect '-c runs a statement' 0 '^a\b.1$' '' "$cairn" -csv -c 'SELECT 1 AS a'
expect '-c runs several statements' 0 "^a${nl}1${nl}b${nl}2\$" '' "$cairn" -csv -c 'SELECT 1 AS a; SELECT 2 AS b'
expect '-c may be repeated' 0 "^a${nl}1${nl}b${nl}2\$" '' "$cairn" -csv -c 'SELECT 1 AS a' -c 'SELECT 2 AS b'
printf "SELECT 'a;b' AS x, -- no end; here\n  /* nor; /* here; */ ; */ \$q\$;\$q\$ AS y,\n  E'\\\\';' AS z, \"w;\"\nFROM (VALUES (1)) t(\"w;\");\nSELECT 2 AS b" >statements.sql
expect '-f runs a file, whose last statement needs no semicolon' 0 "^x,y,z,w;${nl}a;b,;,';,1${nl}b${nl}2\$" '' "$cairn" -csv -f statements.sql
expect '-f of a file that is not there is wrong usage' 2 '' 'cannot open "nothing.sql": No such file' "$cairn" -f nothing.sql
printf '.mode csv\nSELECT\n1 AS a\n;\n\n' | "$cairn" >out 2>err; expect_last 'standard input' 0 "^a${nl}1\$" '' $?
"$cairn" <<<'' >out 2>err; expect_last 'empty input' 0 '' '' $?
expect 'an empty -c' 0 '' '' "$cairn" -c ''
expect 'comments only' 0 '' '' "$cairn" -c '-- nothing; here' -c '/* ; */ ; ;;'
printf '\357\273\277SELECT 1 AS x;\n' >marked.sql
expect 'a script may begin with a byte order mark' 0 "^x${nl}1\$" '' "$cairn" -csv -f marked.sql
expect 'so may -c' 0 "^x${nl}1\$" '' "$cairn" -csv -c "$(cat marked.sql)"
"$cairn" -csv <marked.sql >out 2>err; expect_last 'and standard input' 0 "^x${nl}1\$" '' $?
printf '\357\273\277.mode csv\nSELECT 1 AS x;\n' >marked.sql
expect 'before a command, too' 0 "^x${nl}1\$" '' "$cairn" -f marked.sql
mkfifo commands answers
"$cairn" -csv <commands >answers 2>err &
exec 3>commands 4<answers
echo 'SELECT 41 + 1 AS answer;' >&3
tests=$((tests + 1))
read -r -t 20 line <&4 && read -r -t 20 line <&4
[[ $line == 42 ]] || fail 'a statement on a pipe is answered before the pipe ends' "got: $line"
exec 3>&- 4<&-
wait

# --- exit codes
expect 'an SQL error is 1' 1 '' 'syntax error' "$cairn" -c 'SELEC 1'
expect 'the statement after an error is not run' 1 '^a\b.1$' 'division by zero' "$cairn" -csv -c 'SELECT 1 AS a; SELECT 1/0; SELECT 2'
expect 'an unknown option is 2' 2 '' 'unknown option "-bogus".*usage: ' "$cairn" -bogus
expect 'a missing argument is 2' 2 '' 'option -c needs an argument' "$cairn" -c
expect 'two databases are 2' 2 '' 'more than one database' "$cairn" a b
expect 'an unknown dot command is 2' 2 '' 'unknown command "\.bogus"; \.help' "$cairn" -c '.bogus'
expect '-help' 0 'usage: cairn' '' "$cairn" -help
expect '--version' 0 '^cairn [0-9]+\.[0-9]+' '' "$cairn" --version
long='SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b WHERE a + b < 0'
interrupted() {  # WHAT ARGUMENTS…: SIGINT after a while ends the program with 130
  local what=$1
  shift
  bash -c 'trap - INT; exec "$@"' _ "$@" >out 2>err &  # a background job ignores SIGINT unless told otherwise
  local pid=$! code=0
  sleep 1.5
  kill -INT $pid
  wait $pid || code=$?
  tests=$((tests + 1))
  expect_last "$what" 130 '*' '*' $code
}
set -m  # background jobs get SIGINT's default
interrupted 'Ctrl-C during -c is 130' "$cairn" -c "$long"
grep -q 'cancel' err || fail 'an interrupted query says so' "$(cat err)"
for _ in {1..400000}; do echo 'SELECT 1;'; done >many.sql
interrupted 'Ctrl-C between short statements is 130' "$cairn" -csv -f many.sql
set +m

# --- formats
all="SELECT 1 AS n, 'x' AS \"the name\", NULL AS nothing, 1.50 AS d, true AS yes, DATE '2024-02-29' AS day"
expect 'csv' 0 "^n,the name,nothing,d,yes,day${nl}1,x,,1\.50,t(rue)?,2024-02-29\$" '' "$cairn" -csv -c "$all"
expect 'csv quotes commas, quotes and newlines, and tells NULL from an empty string' 0 \
  "^\"a\"\"b,\",c,d,e,f${nl}\"x,\"\"y\"\"\",\"1${nl}2\",,\"\", lead\$" '' \
  "$cairn" -csv -c "SELECT 'x,\"y\"' AS \"a\"\"b,\", E'1\\n2' AS c, NULL AS d, '' AS e, ' lead' AS f"
expect 'csv prints a header without rows' 0 '^id,name,price$' '' "$cairn" -csv -c "$setup SELECT * FROM item WHERE id > 9"
expect 'json' 0 '^\[\{"n":1,"the name":"x","nothing":null,"d":1\.50,"yes":true,"day":"2024-02-29"\}\]$' '' "$cairn" -json -c "$all"
expect 'json escapes' 0 '^\[\{"s":"\\"\\\\\\n\\u0001ä"\}\]$' '' "$cairn" -json -c "SELECT E'\"\\\\\\n\\x01ä' AS s"
expect 'json of no rows' 0 '^\[\]$' '' "$cairn" -json -c "$setup SELECT * FROM item WHERE id > 9"
expect 'json has no bare NaN' 0 '^\[\{"a":"NaN","b":"Infinity","c":1\.5\}\]$' '' "$cairn" -json -c "SELECT 'nan'::double AS a, 'infinity'::double AS b, 1.5::double AS c"
expect 'markdown' 0 "^\| +n \| the name \| nothing \| +d \| yes +\| day +\|${nl}\|-+:\|-+\|-+\|-+:\|-+\|-+\|${nl}\| +1 \| x +\| NULL +\| 1\.50 \| t(rue)? +\| 2024-02-29 \|\$" '' "$cairn" -markdown -c "$all"
expect 'markdown escapes bars' 0 'a\\\|b' '' "$cairn" -markdown -c "SELECT 'a|b' AS x"
expect 'line' 0 "^ +n = 1${nl}the name = x${nl} +nothing = NULL${nl}" '' "$cairn" -line -c "$all"
expect 'box' 0 "^┌─+┬.*┐${nl}│ n │ the name │ nothing │ +d │ yes +│ day +│${nl}├.*┤${nl}│ 1 │ x +│ NULL +│ 1\.50 │.*┘${nl}1 row\$" '' "$cairn" -c "$all"
wide=$(printf 'w%.0s' {1..500})
COLUMNS=40 expect 'nothing is cut where output is no terminal' 0 "│ $wide │" '' "$cairn" -c "SELECT '$wide' AS w"
TERM=xterm-256color expect 'no colour where output is no terminal' 0 $'^[^\033]*$' '' "$cairn" -c "$setup SELECT * FROM item"
expect 'statements without rows print nothing in a script' 0 '' '' "$cairn" -c "$setup"

# --- dot commands
expect '.mode' 0 "^box${nl}json${nl}\[\{\"a\":1\}\]\$" '' "$cairn" -c ".mode${nl}.mode json${nl}.mode${nl}SELECT 1 AS a;"
expect '.mode of nothing known' 2 '' 'expected one of box, csv, json, markdown, line' "$cairn" -c '.mode xml'
expect '.timer' 0 'Time: [0-9]+\.[0-9]+ s' '' "$cairn" -c ".timer on${nl}SELECT 1;"
expect '.timer is not mixed into data' 0 "^a${nl}1\$" 'Time: [0-9.]+ s' "$cairn" -csv -timer -c 'SELECT 1 AS a'
expect '.timer wants on or off' 2 '' 'usage: \.timer on\|off' "$cairn" -c '.timer maybe'
expect '.tables' 0 "^item${nl}tool\$" '' "$cairn" -c "$setup CREATE TABLE tool(a INTEGER)" -c .tables
expect '.schema' 0 'CREATE TABLE item.*id.*INTEGER.*name.*VARCHAR.*price.*DECIMAL\(6, ?2\).*;$' '' "$cairn" -c "$setup" -c '.schema item'
expect '.schema of all' 0 'CREATE TABLE item.*CREATE TABLE tool' '' "$cairn" -c "$setup CREATE TABLE tool(a INTEGER)" -c .schema
expect '.schema of nothing known' 1 '' 'no table or view "hammer"' "$cairn" -c '.schema hammer'
"$cairn" -c "$setup" -c .schema >schema.sql
expect "what .schema prints can be run" 0 '^item$' '' "$cairn" -f schema.sql -c .tables
expect '.read' 0 "^x,y,z,w;${nl}" '' "$cairn" -csv -c '.read statements.sql'
echo '.read loop.sql' >loop.sql
expect '.read of itself ends' 2 '' 'files read one another' "$cairn" -c '.read loop.sql'
expect '.read of nothing' 2 '' 'cannot open' "$cairn" -c '.read nothing.sql'
expect '.output' 0 "^b${nl}2\$" '' "$cairn" -csv -c ".output to.csv${nl}SELECT 1 AS a;${nl}.output${nl}SELECT 2 AS b;"
expect '.output wrote its file' 0 "^a${nl}1\$" '' cat to.csv
expect '.output to where nobody may write' 2 '' 'cannot open "/nowhere/x"' "$cairn" -c '.output /nowhere/x'
expect '.help' 0 '\.mode.*\.output.*\.read.*\.schema.*\.tables.*\.timer' '' "$cairn" -c .help
expect '.read without a file' 2 '' 'usage: \.read FILE' "$cairn" -c '.read'
expect '.describe' 0 "^column_name,column_type,nullable,default${nl}id,INTEGER,true,${nl}" '' "$cairn" -csv -c "$setup" -c '.describe item'
expect '.expanded' 0 "^a = 1\$" '' "$cairn" -c ".expanded on${nl}SELECT 1 AS a;"
expect '\dt' 0 "^item\$" '' "$cairn" -c "$setup" -c '\dt'
expect '\d' 0 "^item\$" '' "$cairn" -c "$setup" -c '\d'
expect '\d of a table' 0 "${nl}price,\"DECIMAL\(6,2\)\",true,\$" '' "$cairn" -csv -c "$setup" -c '\d item;'
expect '\d of nothing known' 1 '' 'table "tool" does not exist' "$cairn" -c "$setup" -c '\d tool'
expect '\x turns to lines and back' 0 "^a = 1${nl}.*┌" '' "$cairn" -c "\\x${nl}SELECT 1 AS a;${nl}\\x${nl}SELECT 1 AS a;"
expect '\i' 0 "^x,y,z,w;${nl}" '' "$cairn" -csv -c '\i statements.sql'
expect '\timing' 0 '' 'Time: [0-9.]+ s' "$cairn" -csv -c "\\timing${nl}CREATE TABLE t(a INTEGER);"
expect '\q' 0 "^a${nl}1\$" '' "$cairn" -csv -c "SELECT 1 AS a;${nl}\\q${nl}SELECT 2;"
expect 'what other shells have is told where it is' 2 '' 'no command "\.import": COPY t FROM' "$cairn" -c '.import a.csv t'
expect 'so for psql' 2 '' 'no command "\\copy": COPY t FROM' "$cairn" -c '\copy t from a.csv'
expect 'an unknown backslash command' 2 '' 'unknown command "\\bogus"; \.help' "$cairn" -c '\bogus'
expect '.quit' 0 "^a${nl}1\$" '' "$cairn" -csv -c "SELECT 1 AS a;${nl}.quit${nl}SELECT 2;"

# --- errors
expect 'an error names its line and column' 1 '' "^ERROR:  column \"nmae\" does not exist${nl}LINE 2:   nmae FROM item${nl}          \^${nl}HINT:  Perhaps you meant the column \"name\"\.\$" \
  "$cairn" -c "$setup" -c "SELECT id,${nl}  nmae FROM item"
printf "SELECT 1 AS a;\n\n-- the place\nSELECT 2 AS b; SELECT\n  nmae;\nSELECT 3;\n" >wrong.sql
expect 'in a script it names file and line' 1 "^a${nl}1${nl}b${nl}2\$" "^wrong\.sql:5: ERROR:  column \"nmae\" does not exist${nl}LINE 2:   nmae;${nl}" \
  "$cairn" -csv -f wrong.sql
printf 'SELECT 1 AS a;\n.read wrong.sql\n' >outer.sql
expect 'of a script within a script' 1 '*' "^wrong\.sql:5: ERROR:  " "$cairn" -csv -f outer.sql
"$cairn" -csv <wrong.sql >out 2>err; expect_last 'of standard input' 1 '*' "^<stdin>:5: ERROR:  " $?
printf 'SELECT 1;\nSELECT 1/0' >wrong.sql
expect 'without a place: where the statement begins' 1 '*' "^wrong\.sql:2: ERROR:  division by zero" "$cairn" -csv -f wrong.sql
printf '\n.bogus\n' >wrong.sql
expect 'of commands, too' 2 '' "^wrong\.sql:2: cairn: unknown command \"\.bogus\"" "$cairn" -f wrong.sql
expect 'and of a file that is not there' 2 '' "^outer\.sql:1: cairn: cannot open \"nothing\.sql\"" bash -c "echo '.read nothing.sql' >outer.sql; '$cairn' -f outer.sql"
expect 'the caret counts columns, not bytes' 1 '' "LINE 1: SELECT 'äöü', nmae FROM item${nl}                      \^" "$cairn" -c "$setup" -c "SELECT 'äöü', nmae FROM item"
expect 'a long line is cut around the place' 1 '' "LINE 1: \.\.\. ?\+ 1[^${nl}]*nmae[^${nl}]*${nl} +\^" "$cairn" -c "$setup" -c "SELECT $(printf '1 + %.0s' {1..200}) nmae $(printf '+ 1 %.0s' {1..200})  FROM item"
expect 'control characters do not reach the terminal' 1 '' $'^[^\033]*$' "$cairn" -c "SELECT 1 + \"a"$'\033'"[31mb\""
printf "SELECT 1 AS a;\0 SELECT 2;" >nul.sql
expect 'a NUL byte is an error' 1 "^a${nl}1\$" 'NUL byte' "$cairn" -csv -f nul.sql
printf 'SELECT 1 \0 + 1;' >nul.sql
expect 'a NUL byte does not cut a statement short' 1 '' 'NUL byte' "$cairn" -csv -f nul.sql
expect 'an unterminated string' 1 '' 'unterminated quoted string' "$cairn" -c "SELECT 'abc"
expect 'an unterminated comment' 1 '' 'unterminated /\* comment' "$cairn" -c "SELECT 1 /* abc"
expect 'a full output device is an error' 1 '' 'cannot write the output: No space left' bash -c "'$cairn' -csv -c 'SELECT * FROM generate_series(1, 100000)' >/dev/full"
expect 'so it is for a short answer' 1 '' 'cannot write the output: No space left' bash -c "'$cairn' -csv -c 'SELECT 1' >/dev/full"
expect 'and for a dot command' 1 '' 'cannot write the output: No space left' bash -c "'$cairn' -c .help >/dev/full"

expect 'a TMPDIR that is not there matters to nobody who writes nothing' 0 "^a${nl}1\$" '' env TMPDIR=/nowhere "$cairn" -csv -c 'SELECT 1 AS a'

# --- databases
expect 'a directory is made' 0 '' '' "$cairn" shop -c "$setup"
expect 'what was written is there again' 0 "^1,hammer,12\.50${nl}2,,-0\.05\$" '' bash -c "'$cairn' shop -csv -c 'SELECT * FROM item ORDER BY id' | tail -n +2"
expect '-readonly refuses changes' 1 '' 'read.only' "$cairn" -readonly shop -c 'DROP TABLE item'
expect '-readonly reads' 0 '^count.2$' '' "$cairn" -readonly shop -csv -c 'SELECT count(*) FROM item'
finish
