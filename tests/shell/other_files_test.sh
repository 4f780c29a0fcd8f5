#!/usr/bin/env bash
# Other people's files: a tree of links, pipes, sockets, devices and foreign files inside and around a database, and
# everything that Cairn does there. Nothing that Cairn did not make changes: content, mode, time, existence.
#   other_files_test.sh CAIRN
cairn=$(realpath "$1")
source "$(dirname "$0")/../support/expect.sh"
cd "$work" || exit 1
export TZ=UTC LC_ALL=C

# --- what is watched
outside=$work/outside   # what links point to: nothing in it may change
db=$work/db
others=()               # what stands inside the database and is not Cairn's

# State of each path: type, mode, owner, time of last change, size, target of a link; content of files.
state_of() {
  local path
  for path in "$@"; do
    [[ -e $path || -L $path ]] || { echo "$path is gone"; continue; }
    find "$path" ! -type d -printf '%p %y %m %U:%G %T@ %s %l\n' -o -printf '%p %y %m %U:%G %l\n'
    find "$path" -type f -exec cksum {} +
  done | sort
}
unchanged() {  # WHAT
  tests=$((tests + 1))
  local now
  now=$(state_of "$outside" "${others[@]}")
  [[ $now == "$before" ]] || fail "$1" "$(diff <(echo "$before") <(echo "$now"))"
}

# Puts one of everything into a directory, under names that begin with PREFIX: to be one of Cairn's or not.
strew() {  # DIRECTORY NAME…
  local directory=$1 name
  shift
  for name in "$@"; do
    ln -s "$outside/file" "$directory/$name"; others+=("$directory/$name")
  done
}
plant() {  # DIRECTORY: foreign things whose names are nearly Cairn's
  local directory=$1
  echo precious >"$directory/notes.txt"
  mkdir -p "$directory/folder/below"
  echo precious >"$directory/folder/below/file"
  ln -s "$outside" "$directory/to_outside"
  ln -s "$outside/file" "$directory/to_file"
  ln -s "$outside/nowhere" "$directory/dangling"
  ln -s loop "$directory/loop"
  mkfifo "$directory/pipe"
  python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$directory/s" 2>/dev/null || true
  others+=("$directory/notes.txt" "$directory/folder" "$directory/to_outside" "$directory/to_file" "$directory/dangling"
    "$directory/loop" "$directory/pipe")
  [[ -S $directory/s ]] && others+=("$directory/s")
}

mkdir "$outside" "$outside/directory"
for name in file directory/file owner.lock log manifest 0123456789abcdef.segments 89abcdef-0; do echo precious >"$outside/$name"; done
mkdir "$outside/owner" && cp "$outside/owner.lock" "$outside/log" "$outside/89abcdef-0" "$outside/owner"
: >"$outside/owner/owner.lock"

# --- a database with a query that was killed, so that there is an owner of checkpoints
setup="CREATE TABLE d AS SELECT i AS id, i % 1000 AS k FROM generate_series(0, 199999) g(i)"
long="SELECT count(*) FROM (SELECT k, count(*) FROM d GROUP BY k) x, generate_series(1, 100000000) y"
"$cairn" "$db" -c "$setup" >/dev/null || fail 'the database is made'
equal() { tests=$((tests + 1)); [[ $2 == "$3" ]] || fail "$1" "expected: $2" "found: $3"; }
kill_a_query() {  # SETTINGS
  local place=${2:-$db/checkpoints} mark=$work/mark
  touch "$mark"
  sleep 0.05
  "$cairn" "$db" -c "SET checkpoint = 'all'; ${1:-}" -c "$long" >/dev/null 2>&1 &
  local pid=$!
  for _ in {1..600}; do
    [[ $(find "$place" -type f -name log -size +0 -newer "$mark" 2>/dev/null) ]] && break
    sleep 0.1
  done
  kill -KILL $pid
  wait $pid 2>/dev/null
}
kill_a_query
owner=$(compgen -G "$db/checkpoints/*" | head -1)
[[ -n $(compgen -G "$owner/????????-*") ]] || fail 'a killed query has left its checkpoints'

plant "$db"
plant "$db/data"
plant "$db/checkpoints"
plant "$owner"
plant "$work"
# Links, and things of other kinds, under names that are Cairn's.
strew "$db/data" ffffffffffffffff.segments
mkdir "$db/data/fffffffffffffffe.segments"; echo precious >"$db/data/fffffffffffffffe.segments/file"
mkfifo "$db/data/fffffffffffffffd.segments"
others+=("$db/data/fffffffffffffffe.segments" "$db/data/fffffffffffffffd.segments")
strew "$db" .cairn-0123456789abcdef.new manifest.new manifest.bak
strew "$owner" 89abcdef-0 89abcdef-x
mkdir "$owner/89abcdef-1"; echo precious >"$owner/89abcdef-1/file"; others+=("$owner/89abcdef-1")
mkfifo "$owner/89abcdef-2"; others+=("$owner/89abcdef-2")
ln -s "$outside/owner" "$db/checkpoints/0000000000000001"; others+=("$db/checkpoints/0000000000000001")
ln -s "$outside" "$db/checkpoints/0000000000000002"; others+=("$db/checkpoints/0000000000000002")
mkdir "$db/checkpoints/0000000000000003" && strew "$db/checkpoints/0000000000000003" owner.lock log 89abcdef-0
mkdir "$db/checkpoints/0000000000000004" && : >"$db/checkpoints/0000000000000004/owner.lock"
strew "$db/checkpoints/0000000000000004" log 89abcdef-0
mkdir "$db/checkpoints/0000000000000005"; echo precious >"$db/checkpoints/0000000000000005/notes"
mkdir "$db/checkpoints/0000000000000006"; echo 'not a lock' >"$db/checkpoints/0000000000000006/owner.lock"
echo precious >"$db/checkpoints/0000000000000006/log"
mkdir "$db/checkpoints/0000000000000007"; mkfifo "$db/checkpoints/0000000000000007/owner.lock"
mkdir "$db/checkpoints/ABCDEFABCDEFABCD"; : >"$db/checkpoints/ABCDEFABCDEFABCD/owner.lock"; echo precious >"$db/checkpoints/ABCDEFABCDEFABCD/89abcdef-0"
for n in 5 6 7; do others+=("$db/checkpoints/000000000000000$n"); done
others+=("$db/checkpoints/ABCDEFABCDEFABCD")
echo precious >"$db/checkpoints/0123456789abcdee"; others+=("$db/checkpoints/0123456789abcdee")
sleep 0.05
before=$(state_of "$outside" "${others[@]}")

run() { timeout 120 "$cairn" "$db" "$@" >out 2>err </dev/null; }
step() {  # WHAT ARGUMENTS…: works, and touches nothing
  local what=$1
  shift
  run "$@" || fail "$what" "exit code $?" "$(cat err)"
  unchanged "$what"
}
step 'opening to read' -readonly -c 'SELECT count(*) FROM d'
step 'opening to write' -c 'SELECT count(*) FROM d'
step 'asking for interrupted queries' -csv -c 'SELECT count(*) AS n FROM cairn_queries()'
equal 'the killed query is there' 1 "$(tail -1 out)"
step 'writing' -c "CREATE TABLE e AS SELECT * FROM d" -c "INSERT INTO e SELECT * FROM d" -c "DELETE FROM e WHERE k < 500" -c "UPDATE e SET k = 0 WHERE id < 10"
step 'a transaction that is rolled back' -c "BEGIN; INSERT INTO e SELECT * FROM d; ROLLBACK"
step 'dropping' -c 'DROP TABLE e'
step 'a query with checkpoints' -c "SET checkpoint = 'all'" -c 'SELECT count(*) FROM (SELECT k, count(*) FROM d GROUP BY k) x'
kill_a_query; unchanged 'a kill'
step 'reopening' -csv -c 'SELECT count(*) AS n FROM cairn_queries()'
id=$(run -csv -c 'SELECT id FROM cairn_queries() LIMIT 1'; tail -1 out)
step 'discarding' -c "CALL discard('$id')"
step 'reopening again' -csv -c 'SELECT count(*) AS n FROM cairn_queries()'
equal 'nothing is interrupted any more' 0 "$(tail -1 out)"
step 'salvage' -salvage -c 'SELECT count(*) FROM d'
step 'COPY beside foreign files' -c "COPY d TO '$db/copied.csv'" -c "COPY d TO '$work/copied.csv'"
(cd "$work" && "$cairn" "$db" -c "COPY (SELECT 1) TO 'folder'" >/dev/null 2>&1); unchanged 'COPY to a directory'
# Many small commits: the manifest is replaced.
for i in {1..40}; do echo "CREATE TABLE t$i AS SELECT i, repeat('x', 100) AS x FROM generate_series(1, 2000) g(i); DROP TABLE t$i;"; done >many.sql
step 'many commits' -f many.sql

# --- checkpoints elsewhere
mkdir "$work/elsewhere"
plant "$work/elsewhere"
before=$(state_of "$outside" "${others[@]}")
kill_a_query "SET checkpoint_directory = '$work/elsewhere';" "$work/elsewhere"
unchanged 'checkpoints elsewhere'
step 'taking them over' -c "SET checkpoint_directory = '$work/elsewhere'" -c 'SELECT * FROM cairn_queries()'
name=$(basename "$(find "$work/elsewhere" -maxdepth 1 -name '*-????????????????')")
id=$(run -csv -c "SET checkpoint_directory = '$work/elsewhere'" -c 'SELECT id FROM cairn_queries() LIMIT 1'; tail -1 out)
step 'discarding them' -c "SET checkpoint_directory = '$work/elsewhere'" -c "CALL discard('$id')"
rm -rf "${work:?}/elsewhere/$name"
ln -s "$outside" "$work/elsewhere/$name"; others+=("$work/elsewhere/$name")
before=$(state_of "$outside" "${others[@]}")
step 'a link where the checkpoints should be' -c "SET checkpoint_directory = '$work/elsewhere'; SET checkpoint = 'all'" -c 'SELECT count(*) FROM (SELECT k, count(*) FROM d GROUP BY k) x' -c 'SELECT * FROM cairn_queries()'

# --- links in place of the database's own files: refused, not followed
refused() {  # NAME
  local own=$work/moved
  mv "$db/$1" "$own"
  ln -s "$outside/${2:-file}" "$db/$1"
  others+=("$db/$1")
  before=$(state_of "$outside" "${others[@]}")
  run -c 'CREATE TABLE refused(a INTEGER); DROP TABLE refused; SELECT * FROM cairn_queries()'
  unchanged "a link in place of $1"
  unset 'others[-1]'
  rm "$db/$1"
  mv "$own" "$db/$1"
}
refused manifest; refused manifest manifest; refused lock; refused lock owner.lock; refused data directory
refused checkpoints; refused checkpoints directory
[[ -e $db/readers ]] && refused readers
before=$(state_of "$outside" "${others[@]}")
step 'all is well again' -c 'SELECT count(*) FROM d'

# --- directories that are not a database
for name in lock readers data manifest .cairn-0123456789abcdef.new; do
  home=$work/home-$name
  mkdir "$home"
  echo precious >"$home/$name"
  others=("$home")
  before=$(state_of "$outside" "${others[@]}")
  "$cairn" "$home" -c 'SELECT 1' >/dev/null 2>&1
  [[ $name == .cairn-* ]] || unchanged "a foreign directory with a file \"$name\""
  [[ $(cat "$home/$name" 2>/dev/null) == precious || $name == .cairn-* ]] || fail "a foreign file \"$name\" is as it was"
done

# --- modes
for mask in 000 022 077; do
  (
    umask $mask
    "$cairn" "$work/new$mask" -c "CREATE TABLE t AS SELECT i FROM generate_series(1, 100000) g(i)" >/dev/null
    mkdir -m 750 "$work/group$mask"
    "$cairn" "$work/group$mask" -c "CREATE TABLE t AS SELECT i FROM generate_series(1, 100000) g(i)" >/dev/null
  )
  equal "a new database is its owner's (umask $mask)" '700 700 600 600 600' \
    "$(cd "$work/new$mask" && stat -c %a . data manifest lock data/* | tr '\n' ' ' | sed 's/ $//')"
  equal "one in an existing directory follows it (umask $mask)" '750 750 640 600 640' \
    "$(cd "$work/group$mask" && stat -c %a . data manifest lock data/* | tr '\n' ' ' | sed 's/ $//')"
done
kill_a_query
log=$(find "$db/checkpoints" -type f -name log -size +0 -newer "$work/mark")
equal 'checkpoints are their owner'\''s' '600 700' "$(find "$(dirname "$log")" -printf '%m\n' | sort -u | tr '\n' ' ' | sed 's/ $//')"
finish
