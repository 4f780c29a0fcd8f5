#!/usr/bin/env python3
"""How much of its work does a killed query keep?

    tests/crash/progress.py --db DIR [--cairn PATH] [--kills N] [--epoch '20 ms'] [--threads N] [--seed N] [QUERY…]

Kills TPC-H queries (bench/queries/*.sql), and statements that make a table "made" of them (progress/*.sql), over a database
that is there with SIGKILL, each at an instant behind half of its undisturbed time and 100 ms, and runs them again, or resumes
them. What the second process did twice is what both took in CPU seconds above
an undisturbed run of the same settings: of the work that the first had done, it should be less than half. Prints a line
per kill and the share of kills where it was; fails where an answer differs.
"""
import argparse
import collections
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Run:
    """One process: its answer, its notices, and its CPU seconds."""

    def __init__(self, arguments, script, kill_after=None):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.NamedTemporaryFile("w", suffix=".sql") as sql:
            sql.write(script)
            sql.flush()
            begin = time.monotonic()
            process = subprocess.Popen([arguments.cairn, arguments.db, "-f", sql.name], stdout=out, stderr=err, stdin=subprocess.DEVNULL)
            if kill_after is not None:
                timer = threading.Timer(kill_after, process.send_signal, [signal.SIGKILL])
                timer.start()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.seconds = time.monotonic() - begin
            if kill_after is not None:
                timer.cancel()
            self.killed = process.returncode == -signal.SIGKILL
            self.cpu = usage.ru_utime + usage.ru_stime
            self.status = process.returncode
            out.seek(0)
            err.seek(0)
            self.out, self.notices = out.read(), err.read().decode()


class Made:
    """What a statement has left: its answer is what it made, and goes."""

    def __init__(self, arguments):
        columns = "count(*), sum(l_orderkey * l_linenumber), min(l_comment), max(l_comment)"
        self.exists = Run(arguments, "SELECT 1 FROM made LIMIT 1;").status == 0
        self.out = Run(arguments, f"SELECT {columns} FROM made; SELECT * FROM made LIMIT 100; DROP TABLE made;").out if self.exists else b""


def ask(arguments, script, makes, kill_after=None):
    """A run of the script, with its answer. What was interrupted of one that makes a table is resumed in its stead."""
    if not makes:
        return Run(arguments, script, kill_after)
    listed = Run(arguments, ".mode csv\nSELECT id FROM cairn_queries();").out.decode().split()[1:]
    run = Run(arguments, f"{arguments.settings}CALL resume('{listed[0]}');" if listed else script, kill_after)
    if not run.killed:
        run.out = Made(arguments).out
    elif Made(arguments).exists:  # it had committed
        Run(arguments, "".join(f"CALL discard('{id}');" for id in listed))
        run.killed = False
    return run


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--db", required=True)
    parser.add_argument("--cairn", default=str(ROOT / "build/release/bin/cairn"))
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--epoch", default="20 ms")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--least", type=float, default=0, help="per cent of kills that must keep more than half; else exit status 3")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31))
    parser.add_argument("queries", nargs="*")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    print(f"progress: seed {arguments.seed}")
    arguments.settings = f"SET checkpoint = 'all'; SET checkpoint_epoch = '{arguments.epoch}'; SET threads = {arguments.threads};\n"
    made = sorted((ROOT / "tests/crash/progress").glob("*.sql"))
    paths = sorted((ROOT / "bench/queries").glob("q??.sql")) + made
    makes = {path.stem for path in made}
    names = [path.stem for path in paths if not arguments.queries or path.stem in arguments.queries]
    scripts = {path.stem: arguments.settings + path.read_text() for path in paths}
    whole = {}
    for name in names:
        runs = sorted((ask(arguments, scripts[name], name in makes) for _ in range(3)), key=lambda run: run.cpu)
        if any(run.status for run in runs):
            sys.exit(f"{name}: {runs[0].notices}")
        whole[name] = runs[1]
    kept, kills = 0, 0
    repeated_of = collections.defaultdict(list)
    while kills < arguments.kills:
        name = rng.choice(names)
        seconds = whole[name].seconds
        if seconds <= 0.1:
            continue
        first = ask(arguments, scripts[name], name in makes, rng.uniform(max(0.1, seconds / 2), seconds))
        if not first.killed or first.out == whole[name].out:
            continue  # it ended before its time, or had answered
        again = ask(arguments, scripts[name], name in makes)
        if again.status or again.out != whole[name].out:
            sys.exit(f"{name}, kill {kills}: WRONG\n{again.notices}\n{again.out.decode()}")
        repeated = max(0.0, first.cpu + again.cpu - whole[name].cpu) / first.cpu
        kills += 1
        kept += repeated < 0.5
        repeated_of[name].append(repeated)
        resumed = [line.removeprefix("resumed: ") for line in again.notices.splitlines() if line.startswith("resumed: ")]
        print(f"{name}: {first.cpu:.2f} s before the kill, {again.cpu:.2f} s after it, {whole[name].cpu:.2f} s undisturbed: "
              f"{100 * repeated:.0f} % done twice; {'; '.join(resumed)}", flush=True)
    for name, shares in sorted(repeated_of.items()):
        print(f"{name}: {sum(share < 0.5 for share in shares)} of {len(shares)} kept more than half, median done twice "
              f"{100 * sorted(shares)[len(shares) // 2]:.0f} %")
    print(f"progress: {kills} kills, {kept} ({100 * kept / kills:.1f} %) kept more than half, every answer right")
    return 3 if 100 * kept < arguments.least * kills else 0


sys.exit(main())
