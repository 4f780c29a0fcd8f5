#!/usr/bin/env python3
"""Mutation testing: which one-line changes to the engine do the tests notice?

    tests/mutants/mutants.py [--seed N] [--count N] [--jobs N] [--work DIR] [--list FILE] [DIR…]

Draws `count` random one-line mutations in the given folders (checkpoint io exec/operators), compiles all of them into
one build of a copy of the tree, each behind a number that is read when a program starts, and runs, for each, the tests
that reach it until one fails. Prints the survivors and the share killed per folder, and writes the list: one line per
mutant with its place, its change and what became of it. Mutants that cannot change any behaviour are named, with the
reason, in equivalent.txt; they are not counted.
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNIT_TESTS = ["io_test", "checkpoint_test", "exec_test", "capi_test", "sql_test"]
SCRIPTS = ["tests/shell/script_test.sh", "tests/shell/copy_target_test.sh", "tests/shell/other_files_test.sh"]
PROGRAMS = [*UNIT_TESTS, "sqllogictest", "cairn"]
HEADER = """#pragma once
// Made by tests/mutants/mutants.py; the mutated sources include it.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cstdlib>
namespace cairn_mutants {{
// One byte to a mutant, in a file where one is named: a program that is killed has told what it reached, too.
inline volatile char* reached = [] {{
  static char nowhere[{count}];
  const char* path = std::getenv("CAIRN_MUTANTS_REACHED");
  const int file = path == nullptr ? -1 : ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0 || ::ftruncate(file, {count}) != 0) return static_cast<char*>(nowhere);
  void* bytes = ::mmap(nullptr, {count}, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  return bytes == MAP_FAILED ? static_cast<char*>(nowhere) : static_cast<char*>(bytes);
}}();
inline const int active = std::getenv("CAIRN_MUTANT") == nullptr ? -1 : std::atoi(std::getenv("CAIRN_MUTANT"));
inline bool is(int number) {{
  if (reached == nullptr) return false;  // before main()
  if (reached[number] == 0) reached[number] = 1;
  return active == number;
}}
}}  // namespace cairn_mutants
"""
# In expressions; operators stand between blanks in this tree, template brackets do not.
SWAPS = [(" < ", " <= "), (" <= ", " < "), (" > ", " >= "), (" >= ", " > "), (" == ", " != "), (" != ", " == "),
         (" && ", " || "), (" || ", " && "), (" + ", " - "), (" - ", " + "), (" * ", " + "), (" / ", " * "),
         (" % ", " / "), (" & ", " | "), (" | ", " & "), (" << ", " >> "), (" >> ", " << "), ("true", "false"),
         ("false", "true"), (" 0", " 1"), (" 1", " 0")]
SKIPPED = re.compile(r"^\s*(//|/\*|\*|#|case |default|using |namespace |template|public|private|static|inline|constexpr"
                     r"|extern|class |struct |enum |typedef|friend|throw |\}|\{)|constexpr|static_assert|assert\(|\[&|\[=|\[this"
                     r"|Error\(|R\"|fmt::format")
CONDITION = re.compile(r"^(\s*(?:\} else )?(?:if|while) \()(.*)(\)(?: \{| (?:return|continue|break|throw|\+\+|--)?.*;))$")
RETURN = re.compile(r"^(\s*return )([^{}]+)(;)$")
ASSIGNMENT = re.compile(r"^(\s*(?:[\w:<>,&* ]+ )?[\w.\->\[\]]+ [-+|&*]?= )([^{}=]+)(;)$")
STATEMENT = re.compile(r"^(\s*)((?:[\w\->.:]+(?:\[[^\]]*\])?)(?:\(.*\)|(?:\+\+|--))|(?:\+\+|--)[\w\->.]+|[\w.\->\[\]]+ [-+|&]?= [^{}]+)(;)$")

Mutant = collections.namedtuple("Mutant", "file line before after change")


def balanced(text):
    depth = 0
    for character in text:
        depth += character in "([{"
        depth -= character in ")]}"
        if depth < 0:
            return False
    return depth == 0 and text.count('"') % 2 == 0


def candidates(file, number, line):
    """The mutations of one line: (text with $N for the mutant's number, what it changes)."""
    if SKIPPED.search(line) or not line.strip():
        return
    for pattern, condition in ((CONDITION, True), (RETURN, False), (ASSIGNMENT, False)):
        match = pattern.match(line)
        if not match or not balanced(match[2]):
            continue
        before, expression, after = match[1], match[2], match[3]
        if condition and (";" in expression or re.match(r"(const )?(auto|std::|\w+[*&]? \w+ =)", expression) or " = " in expression):
            continue
        if '"' in expression:
            continue
        changed = []
        if condition:
            changed.append(("!(" + expression + ")", "negates the condition"))
        for old, new in SWAPS:
            at = expression.find(old)
            if at >= 0 and not (old == " 0" and expression[at + 2:at + 3].isalnum() or old == " 1" and expression[at + 2:at + 3].isalnum()):
                changed.append((expression[:at] + new + expression[at + len(old):], f"{old.strip()} becomes {new.strip()}"))
        for text, what in changed:
            if condition:
                text, expression_ = f"static_cast<bool>({text})", f"static_cast<bool>({expression})"
            else:
                text, expression_ = f"({text})", f"({expression})"
            yield Mutant(file, number, line, f"{before}(::cairn_mutants::is($N) ? {text} : {expression_}){after}", what)
        break
    match = STATEMENT.match(line)
    if match and balanced(match[2]) and not re.match(r"\s*(return|break|continue|delete|co_)\b", line) \
            and not re.match(r"\s*[\w:<>]+ \w+\(", line):
        yield Mutant(file, number, line, f"{match[1]}if (!::cairn_mutants::is($N)) {match[2]};", "drops the statement")


def draw(folders, count, seed):
    """Mutants in random order, one to a line, more than wanted: some will not compile."""
    rng = random.Random(seed)
    by_line = collections.defaultdict(list)
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.cpp")):
            file = str(path.relative_to(ROOT))
            lines = path.read_text().split("\n")
            for number, line in enumerate(lines, 1):
                previous = lines[number - 2].rstrip() if number > 1 else ""
                # A line that goes on from the one before, or a branch without braces, is no statement of its own.
                if previous.endswith((",", "(", "=", "?", ":", "&&", "||", "+", "<<")) and not previous.strip().startswith(("case", "default", "public", "private")):
                    continue
                for mutant in candidates(file, number, line):
                    by_line[file, number].append(mutant)
    keys = sorted(by_line)
    rng.shuffle(keys)
    return [rng.choice(by_line[key]) for key in keys][:count]


def write_copy(copy, mutants):
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    changed = collections.defaultdict(dict)
    for number, mutant in enumerate(mutants):
        if mutant is not None:
            changed[mutant.file][mutant.line] = mutant.after.replace("$N", str(number))
    (copy / "mutants.h").parent.mkdir(parents=True, exist_ok=True)
    write_if_other(copy / "mutants.h", HEADER.format(count=len(mutants)))
    for file in filter(None, files):
        source = ROOT / file
        if not source.is_file():
            continue
        if file in changed:
            lines = source.read_text().split("\n")
            for line, text in changed[file].items():
                lines[line - 1] = text
            write_if_other(copy / file, f'#include "mutants.h"\n#line 1 "{copy / file}"\n' + "\n".join(lines))
        else:
            write_if_other(copy / file, source.read_bytes())
        if os.access(source, os.X_OK):
            (copy / file).chmod(0o755)


def write_if_other(path, content):
    data = content if isinstance(content, bytes) else content.encode()
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def drop(mutants, places):
    dropped = [number for number, mutant in enumerate(mutants) if mutant is not None and (mutant.file, mutant.line) in places]
    for number in dropped:
        mutants[number] = None
    return len(dropped)


def build(copy, mutants, jobs):
    """Builds the copy; mutants that do not compile are taken out, and others tried in their place."""
    subprocess.run(["cmake", "-S", copy, "-B", copy / "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                    "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -w", "-DCAIRN_BENCHMARKS=OFF", "-DCAIRN_WERROR=OFF"],
                   check=True, stdout=subprocess.DEVNULL)
    for _ in range(12):
        result = subprocess.run(["ninja", "-C", copy / "build", f"-j{jobs}", "-k", "0", *PROGRAMS],
                                capture_output=True, text=True)
        if result.returncode == 0:
            return
        places = {(str(pathlib.Path(file)), int(line)) for file, line in
                  re.findall(rf"{re.escape(str(copy))}/([^:\s]+):(\d+):\d+: error", result.stdout)}
        dropped = drop(mutants, places)
        if dropped == 0:  # a constant that is made of mutated ones, or the like
            dropped = drop(mutants, {(file, line - before) for file, line in places for before in range(1, 12)})
        print(f"{dropped} mutants do not compile", flush=True)
        if dropped == 0:
            sys.exit(result.stdout[-4000:])
        write_copy(copy, mutants)
    sys.exit("the mutated tree does not build")


class UnitTests:
    """The tests of one GoogleTest program."""
    def __init__(self, program):
        self.name, self.program = program.name, program

    def tests(self):
        listing = subprocess.run([self.program, "--gtest_list_tests"], capture_output=True, text=True, check=True).stdout
        suite, names = "", []
        for line in listing.split("\n"):
            if line and not line.startswith(" "):
                suite = line.split()[0]
            elif line.strip():
                names.append(suite + line.split()[0])
        return names

    def command(self, tests, _):
        return [self.program, "--gtest_filter=" + ":".join(tests), "--gtest_fail_fast"]


class SqlFiles:
    """The SQL files of a folder, on a database directory."""
    def __init__(self, copy, folder, options=()):
        self.name, self.copy, self.folder, self.options = folder, copy, folder, options

    def tests(self):
        return sorted(str(path.relative_to(self.copy)) for path in (self.copy / self.folder).rglob("*.test"))

    def command(self, tests, directory):
        return [self.copy / "build/bin/sqllogictest", "--db", directory / "sql.db", *self.options,
                *(self.copy / test for test in tests)]


class ShellScript:
    def __init__(self, copy, script):
        self.name, self.copy, self.script = script, copy, script

    def tests(self):
        return [self.script]

    def command(self, _, __):
        return ["bash", self.copy / self.script, self.copy / "build/bin/cairn"]


def limit_resources():
    """A mutant may ask for all there is."""
    resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 30, 2 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run_tests(work, program, tests, timeout, environment):
    """Whether they pass, in a directory of their own."""
    with tempfile.TemporaryDirectory(dir=work, ignore_cleanup_errors=True) as directory:
        environment = {**os.environ, **environment, "TMPDIR": directory, "TEST_TMPDIR": directory}
        process = subprocess.Popen(program.command(tests, pathlib.Path(directory)), cwd=directory, env=environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True, preexec_fn=limit_resources)
        try:
            return process.wait(timeout) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)  # and what it started
            except ProcessLookupError:
                pass
            process.wait()


def measure(work, programs, jobs):
    """Which tests reach each mutant, and how long they take."""
    def one(job):
        program, test = job
        report = work / "reached" / f"{program.name}.{test}".replace("/", "_")
        report.unlink(missing_ok=True)
        begin = time.monotonic()
        passes = run_tests(work, program, [test], 600, {"CAIRN_MUTANTS_REACHED": str(report)})
        took = time.monotonic() - begin
        reached = [number for number, byte in enumerate(report.read_bytes()) if byte] if report.is_file() else []
        if not passes:
            print(f"{test} fails without a mutant: left out", flush=True)
            reached = []
        return job, reached, took
    (work / "reached").mkdir(parents=True, exist_ok=True)
    covering, times = collections.defaultdict(list), {}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for test, reached, took in pool.map(one, [(program, test) for program in programs for test in program.tests()]):
            times[test] = took
            for number in reached:
                covering[number].append(test)
    return covering, times


def kill(work, number, covering, times):
    """The test that notices the mutant; None: it survives."""
    by_program = collections.defaultdict(list)
    for program, test in sorted(covering.get(number, []), key=times.get):
        by_program[program].append(test)
    for program, tests in by_program.items():
        # The quick ones together, then the slow ones one by one.
        quick = [test for test in tests if times[program, test] < 1]
        for group in ([quick] if quick else []) + [[test] for test in tests if times[program, test] >= 1]:
            limit = 20 + 10 * sum(times[program, test] for test in group)
            if not run_tests(work, program, group, limit, {"CAIRN_MUTANT": str(number)}):
                return f"{program.name}: {group[0] if len(group) == 1 else f'one of {len(group)} tests'}"
    return None


def equivalent_mutants():
    """(file, the line as it is, the change) -> reason."""
    path = ROOT / "tests/mutants/equivalent.txt"
    reasons = {}
    for line in path.read_text().split("\n") if path.is_file() else []:
        if line and not line.startswith("#"):
            file, text, change, reason = line.split("\t")
            reasons[file, text.strip(), change] = reason
    return reasons


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", default=["checkpoint", "io", "exec/operators"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--work", type=lambda path: pathlib.Path(path).resolve(), default=ROOT / "build/mutants")
    parser.add_argument("--list", type=pathlib.Path, default=ROOT / "tests/mutants/mutants.tsv")
    parser.add_argument("--draw-only", action="store_true")
    options = parser.parse_args()

    drawn = draw(options.folders, options.count * 3 // 2, options.seed)
    if options.draw_only:
        for mutant in drawn[:options.count]:
            print(f"{mutant.file}:{mutant.line}: {mutant.change}: {mutant.before.strip()}")
        return
    copy = options.work / "tree"
    mutants = list(drawn)
    write_copy(copy, mutants)
    build(copy, mutants, options.jobs)
    compiled = [number for number, mutant in enumerate(mutants) if mutant is not None][:options.count]
    programs = [*(UnitTests(copy / "build/bin" / name) for name in UNIT_TESTS),
                SqlFiles(copy, "tests/sql", ["--set", "checkpoint=all"]), SqlFiles(copy, "tests/spill"),
                *(ShellScript(copy, script) for script in SCRIPTS)]
    covering, times = measure(options.work, programs, options.jobs)
    equivalent = equivalent_mutants()
    results = {}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        outcomes = pool.map(lambda number: kill(options.work, number, covering, times), compiled)
        for number, killer in zip(compiled, outcomes):
            mutant = mutants[number]
            reason = equivalent.get((mutant.file, mutant.before.strip(), mutant.change))
            results[number] = killer or (f"equivalent: {reason}" if reason else
                                         "survives" if covering.get(number) else "survives: no test reaches it")
            if not killer:
                print(f"{mutant.file}:{mutant.line}: {mutant.change}: {mutant.before.strip()} -- {results[number]}", flush=True)

    with open(options.list, "w") as out:
        out.write(f"# seed {options.seed}: file, line, change, the line, what became of it\n")
        for number in compiled:
            mutant = mutants[number]
            out.write("\t".join([mutant.file, str(mutant.line), mutant.change, mutant.before.strip(), results[number]]) + "\n")
    for folder in options.folders + [""]:
        of = [results[number] for number in compiled if mutants[number].file.startswith(folder)]
        counted = [result for result in of if not result.startswith("equivalent")]
        killed = [result for result in counted if not result.startswith("survives")]
        if counted:
            print(f"{folder or 'all'}: {len(killed)} of {len(counted)} killed ({100 * len(killed) / len(counted):.1f} %), "
                  f"{len(of) - len(counted)} equivalent")


if __name__ == "__main__":
    main()
