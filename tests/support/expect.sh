# Sourced by test scripts: runs commands and compares what they print. Every script says at its end `finish`.
#   expect WHAT EXIT_CODE OUT ERR COMMAND…   OUT and ERR are extended regular expressions over the whole output (lines
#                                            are joined by \n, which `.` matches); '' expects nothing, '*' takes anything.
# shellcheck shell=bash
set -uo pipefail
tests=0 failures=0
work=$(mktemp -d)
trap 'cleanup' EXIT
cleanup() { rm -rf "$work"; }

fail() {
  failures=$((failures + 1))
  printf 'FAILED: %s\n' "$1"
  shift
  printf '  %s\n' "$@" | cut -c1-600
}

matches() {  # TEXT PATTERN
  case $2 in
    '*') return 0 ;;
    '') [[ -z $1 ]] ;;
    *) [[ $1 =~ $2 ]] ;;
  esac
}

expect() {
  local what=$1 code=$2 out=$3 err=$4 actual=0
  shift 4
  tests=$((tests + 1))
  "$@" >"$work/out" 2>"$work/err" </dev/null || actual=$?
  expect_last "$what" "$code" "$out" "$err" "$actual"
}

# The same for a command that has run already, with its output in $work/out and $work/err.
expect_last() {
  local what=$1 code=$2 out=$3 err=$4 actual=$5 printed complained
  printed=$(tr -d '\0' <"$work/out" | head -c 100000)
  complained=$(tr -d '\0' <"$work/err" | head -c 100000)
  if ((actual != code)) || ! matches "$printed" "$out" || ! matches "$complained" "$err"; then
    fail "$what" "exit code $actual, expected $code" "stdout: $printed" "expected: $out" "stderr: $complained" "expected: $err"
    return 1
  fi
}

finish() {
  if ((failures)); then
    echo "$failures of $tests tests failed."
    exit 1
  fi
  echo "$tests tests passed."
  exit 0
}
