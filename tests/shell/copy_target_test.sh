#!/usr/bin/env bash
# What COPY TO writes to: links stand for what they point to, files keep owner and mode, pipes and devices are written to.
#   copy_target_test.sh CAIRN
cairn=$(realpath "$1")
source "$(dirname "$0")/../support/expect.sh"
cd "$work" || exit 1
umask 022
equal() {  # WHAT EXPECTED ACTUAL
  tests=$((tests + 1))
  [[ $2 == "$3" ]] || fail "$1" "expected: $2" "found: $3"
}
copy() { "$cairn" :memory: -c "COPY (SELECT ${2:-1}) TO '$1'" >/dev/null 2>err; }

mkdir files && cd files || exit 1
echo old >target.txt
ln -s target.txt link.txt
copy link.txt
equal 'COPY TO a link leaves the link' target.txt "$(readlink link.txt)"
equal 'COPY TO a link changes its target' 1 "$(cat target.txt)"
mkdir sub
ln -s ../link.txt sub/again
ln -s "$PWD/sub/again" absolute
copy absolute 2
equal 'through several links, relative and absolute' 2 "$(cat target.txt)"
ln -s made.txt dangling
copy dangling 3
equal 'a dangling link: its target is made' 3 "$(cat made.txt)"
equal 'and the link stays' made.txt "$(readlink dangling)"
ln -s circle circle
copy circle; equal 'links in a circle are an error' 1 $?
mkdir directory
ln -s directory to_directory
expect 'a link to a directory' 1 '' 'is a directory' "$cairn" :memory: -c "COPY (SELECT 1) TO 'to_directory'"

copy fresh.txt
equal 'a new file follows the umask' 644 "$(stat -c %a fresh.txt)"
(umask 077 && copy private.txt)
equal 'and a narrow one' 600 "$(stat -c %a private.txt)"
for mode in 600 640 664 444; do
  echo old >kept.txt
  exec 4<kept.txt
  chmod $mode kept.txt
  copy kept.txt $mode
  equal "a replaced file keeps mode $mode" "$mode $mode" "$(stat -c %a kept.txt) $(cat kept.txt)"
  equal 'and is replaced as a whole, not written over' old "$(cat <&4)"
  rm -f kept.txt
done
echo old >one
ln one two
copy one 5
equal 'another name of the file shows the same' '5 2' "$(cat two) $(stat -c %h one)"
printf 'longer than what comes\nsecond line\n' >one
copy one 6
equal 'nothing of the old content is left' 6 "$(cat two)"
if ((EUID == 0)); then
  echo old >owned
  exec 4<owned
  chown 12345:12346 owned
  copy owned
  equal 'a file of somebody else is replaced as a whole, too' old "$(cat <&4)"
  equal 'a replaced file keeps its owner' 12345:12346 "$(stat -c %u:%g owned)"
fi
echo precious >failing
expect 'a failing query' 1 '' 'division by zero' "$cairn" :memory: -c "COPY (SELECT 1 / (5 - i) FROM generate_series(1, 10) g(i)) TO 'failing'"
equal 'leaves the old content' precious "$(cat failing)"
long=$(printf 'x%.0s' {1..250})
copy "$long"
equal 'a name as long as names may be' 1 "$(cat "$long")"

mkfifo pipe
timeout 20 cat pipe >piped &
copy pipe 7
wait $!
equal 'a pipe is written to' 7 "$(cat piped)"
equal 'and stays' 'fifo' "$(stat -c %F pipe)"
ln -s /dev/null null
copy null
equal 'a link to a device stays' /dev/null "$(readlink null)"
equal 'and the device' 'character special file' "$(stat -c %F /dev/null)"
# As /dev/stdout, without going near it: a link of our own to the descriptor.
ln -s /proc/self/fd/1 stdout
equal 'a link to standard output' 8 "$("$cairn" :memory: -c "COPY (SELECT 8) TO 'stdout'" 2>/dev/null | grep -v COPY)"
"$cairn" :memory: -csv -c 'SELECT 1 AS before' -c "COPY (SELECT 9) TO 'stdout'" -c 'SELECT 2 AS after' >redirected
equal 'in the order of what is printed, into a file too' 'before 1 9 after 2' "$(grep -v COPY redirected | tr '\n' ' ' | sed 's/ $//')"
equal 'the link stays' /proc/self/fd/1 "$(readlink stdout)"
equal 'no drafts are left' '' "$(find . -name '.cairn-*')"
finish
