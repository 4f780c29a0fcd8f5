#!/usr/bin/env python3
"""Does the shell stay inside a container's memory?

    tests/memory/cgroup_test.py [--cairn PATH] [--megabytes N] [--db DIR] [--set 'memory_limit=250MB' …]

Runs what the README shows, at TPC-H's scale factor 1, in a memory cgroup of so many megabytes (512 by default), where the
page cache counts, too; with --db only the 22 queries over the database that is there. Prints each step's peak, and how often
the kernel had to take pages back; fails where the kernel killed a process, or an answer is not what it is outside. Exit status
77 where cgroups cannot be made (it takes root).
"""
import argparse
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
V1, V2 = pathlib.Path("/sys/fs/cgroup/memory"), pathlib.Path("/sys/fs/cgroup")


class MemoryCgroup:
    """A memory cgroup (v1 or v2) that goes with its block."""

    def __init__(self, limit_bytes):
        self.is_v1 = (V1 / "memory.limit_in_bytes").exists()
        parent = V1 if self.is_v1 else V2
        self.path = parent / f"cairn-test-{os.getpid()}"
        try:
            if not self.is_v1:
                (parent / "cgroup.subtree_control").write_text("+memory")
            self.path.mkdir()
            (self.path / ("memory.limit_in_bytes" if self.is_v1 else "memory.max")).write_text(str(limit_bytes))
        except OSError as error:
            print(f"left out: no memory cgroup can be made: {error}")
            sys.exit(77)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.path.rmdir()

    def join(self):
        (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def figure(self, name_v1, name_v2, key=None):
        with contextlib.suppress(OSError):
            text = (self.path / (name_v1 if self.is_v1 else name_v2)).read_text().split()
            return int(text[0] if len(text) == 1 else text[text.index(key) + 1])
        return 0

    def state(self):
        return {"peak": self.figure("memory.max_usage_in_bytes", "memory.peak"),
                "full": self.figure("memory.failcnt", "memory.events", "max"),
                "killed": self.figure("memory.oom_control", "memory.events", "oom_kill")}


def queries():
    return "".join(path.read_text() for path in sorted((ROOT / "bench/queries").glob("q??.sql")))


def ten_lines(folder):
    csv = folder / "file.csv"
    return f"""
        CREATE TABLE t(a INTEGER NOT NULL, b DECIMAL(15,2), c VARCHAR);
        COPY (SELECT l_linenumber + 10, l_extendedprice, l_comment FROM lineitem) TO '{csv}' (HEADER, DELIMITER ',');
        COPY t FROM '{csv}' (HEADER, DELIMITER ',');
        SELECT c, sum(b) FROM t WHERE a > 10 GROUP BY c ORDER BY 2 DESC, 1 LIMIT 10;
        EXPLAIN (passes) SELECT c, count(*) FROM t GROUP BY c;
        CREATE TABLE u AS SELECT * FROM lineitem ORDER BY l_comment;
        SELECT count(*), sum(l_quantity) FROM u;
        SHOW ALL;"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cairn", default=str(ROOT / "build/release/bin/cairn"))
    parser.add_argument("--megabytes", type=int, default=512)
    parser.add_argument("--db")
    parser.add_argument("--set", action="append", default=[])
    arguments = parser.parse_args()
    settings = "".join("SET {} = '{}';\n".format(*each.split("=", 1)) for each in arguments.set)
    failed = []

    def run(cgroup, database, sql, kill_at=None):
        """What the statements print; with `kill_at`, killed when a notice has this word."""
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(settings + sql)
            script.flush()
            process = subprocess.Popen([arguments.cairn, str(database), "-csv", "-f", script.name], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE if kill_at else subprocess.DEVNULL, text=True,
                                       preexec_fn=cgroup.join if cgroup else None)
            if kill_at:
                next((line for line in process.stderr if kill_at in line), None)
                process.kill()
            output = process.communicate()[0]
            return process.returncode, output

    def step(cgroup, name, database, sql, kill_at=None):
        before = cgroup.state()
        status, output = run(cgroup, database, sql, kill_at)
        after = cgroup.state()
        expected = -signal.SIGKILL if kill_at else 0
        ok = status == expected and after["killed"] == before["killed"]
        print(f"{name}: {'ok' if ok else f'FAILED, status {status}'}, peak so far {after['peak'] >> 20} MB, "
              f"full {after['full'] - before['full']} times, {after['killed'] - before['killed']} killed", flush=True)
        if not ok:
            failed.append(name)
        return output

    def compare(name, inside, outside):
        if inside != outside:
            print(f"{name}: the answers differ")
            failed.append(name)

    folder = pathlib.Path(tempfile.mkdtemp(prefix="cairn-cgroup-"))
    try:
        with MemoryCgroup(arguments.megabytes << 20) as cgroup:
            database = pathlib.Path(arguments.db) if arguments.db else folder / "db"
            if not arguments.db:
                step(cgroup, "load", database, "CALL tpch_load(1);")
            compare("queries", step(cgroup, "queries", database, queries()), run(None, database, queries())[1])
            if not arguments.db:
                q9 = (ROOT / "bench/queries/q09.sql").read_text()
                step(cgroup, "killed", database, "SET checkpoint = 'all'; SET checkpoint_verbose = on;\n" + q9, "durable")
                compare("resumed", step(cgroup, "resumed", database, q9), run(None, database, q9)[1])
                step(cgroup, "ten lines", database, ten_lines(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("memory cgroup: " + (f"FAILED: {', '.join(failed)}" if failed else "all ran, none was killed"))
    return 1 if failed else 0


sys.exit(main())
