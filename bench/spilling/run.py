#!/usr/bin/env python3
"""Every operator that holds rows, with a tenth of the memory that it would take.

    bench/spilling/run.py [--cairn PATH] [--db DIR] [--threads N] [OPERATOR…]

Each statement over TPC-H at scale factor 1 (made where DIR is not there) runs in processes of its own: without a limit, and
with memory_limit at a tenth of what the first one took for its rows (its peak resident size above that of a process that reads
the same columns), at least 40 MB. Prints a Markdown table: that state, the limit, the time as a multiple of that without a
limit, the bytes written and read as multiples of the state (of the device, above those of the run without a limit: written and
read once would be 1; base tables are read again where the cache has no room for them), and the peak as a multiple of the limit.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEAST_MB = 40
OPERATORS = {
    "GROUP BY": "SELECT count(*), sum(n), max(c) FROM (SELECT l_orderkey, l_linenumber, sum(l_extendedprice) AS n, max(l_comment) AS c FROM lineitem GROUP BY 1, 2) t",
    "DISTINCT": "SELECT count(*), max(l_comment) FROM (SELECT DISTINCT l_orderkey, l_linenumber, l_comment FROM lineitem) t",
    "count(DISTINCT)": "SELECT count(DISTINCT l_comment), count(DISTINCT l_extendedprice) FROM lineitem",
    "GROUPING SETS": "SELECT count(*), sum(n) FROM (SELECT l_orderkey, l_partkey, l_suppkey, sum(l_extendedprice) AS n FROM lineitem GROUP BY GROUPING SETS ((l_orderkey, l_partkey), (l_partkey, l_suppkey))) t",
    "string_agg, ordered": "SELECT count(*), max(length(s)) FROM (SELECT l_partkey, string_agg(l_comment, ',' ORDER BY l_shipdate) AS s FROM lineitem GROUP BY 1) t",
    "percentile per group": "SELECT count(*), max(p) FROM (SELECT l_partkey, percentile_disc(0.5) WITHIN GROUP (ORDER BY l_comment) AS p FROM lineitem GROUP BY 1) t",
    "inner join": "SELECT count(*), max(a.l_comment), max(b.l_comment) FROM lineitem a JOIN lineitem b ON a.l_orderkey = b.l_orderkey AND a.l_linenumber = b.l_linenumber",
    "join with a condition": "SELECT count(*), max(b.l_comment) FROM lineitem a JOIN lineitem b ON a.l_orderkey = b.l_orderkey AND a.l_comment < b.l_comment",
    "left join": "SELECT count(*), max(b.l_comment) FROM lineitem a LEFT JOIN lineitem b ON a.l_orderkey = b.l_orderkey + 1 AND a.l_linenumber = b.l_linenumber",
    "full join": "SELECT count(*), max(a.l_comment), max(b.l_comment) FROM lineitem a FULL JOIN lineitem b ON a.l_orderkey = b.l_orderkey + 1 AND a.l_linenumber = b.l_linenumber",
    "semi join": "SELECT count(*) FROM lineitem a WHERE EXISTS (SELECT 1 FROM lineitem b WHERE a.l_orderkey = b.l_orderkey AND a.l_comment < b.l_comment)",
    "anti join": "SELECT count(*) FROM lineitem a WHERE NOT EXISTS (SELECT 1 FROM lineitem b WHERE a.l_orderkey = b.l_orderkey AND a.l_comment < b.l_comment)",
    "sort": "SELECT * FROM lineitem ORDER BY l_comment",
    "top-N": "SELECT l_comment, l_orderkey FROM lineitem ORDER BY l_comment, l_orderkey LIMIT 4000000",
    "window": "SELECT count(*), sum(r), max(c) FROM (SELECT row_number() OVER (PARTITION BY l_suppkey ORDER BY l_comment) AS r, l_comment AS c FROM lineitem) t",
    "UNION": "SELECT count(*), max(c) FROM (SELECT l_orderkey AS k, l_comment AS c FROM lineitem UNION SELECT o_orderkey, o_comment FROM orders) t",
    "EXCEPT": "SELECT count(*), max(c) FROM (SELECT l_orderkey AS k, l_comment AS c FROM lineitem EXCEPT SELECT o_orderkey, o_comment FROM orders) t",
    "materialized CTE": "WITH c AS MATERIALIZED (SELECT l_orderkey, l_comment FROM lineitem) SELECT (SELECT max(l_comment) FROM c), (SELECT count(*) FROM c WHERE l_orderkey > 7)",
    "recursion": "WITH RECURSIVE r AS (SELECT l_orderkey AS k, l_comment AS c, 1 AS d FROM lineitem UNION ALL SELECT k, c, d + 1 FROM r WHERE d < 3) SELECT count(*), max(c) FROM r",
    "CREATE TABLE AS": "CREATE TABLE made AS SELECT * FROM lineitem ORDER BY l_comment; DROP TABLE made",
    "UPDATE, rolled back": "BEGIN; UPDATE lineitem SET l_comment = l_comment || '!' WHERE l_linenumber < 4; ROLLBACK",
}


def run(arguments, settings, sql):
    """Seconds, peak resident bytes, bytes written, bytes read, status, what went wrong."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script, tempfile.TemporaryFile("w+") as errors:
        script.write(f"SET threads = {arguments.threads}; SET checkpoint = 'off'; {settings}\n.output /dev/null\n{sql};\n")
        script.flush()
        begin = time.monotonic()
        process = subprocess.Popen([arguments.cairn, arguments.db, "-f", script.name], stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        errors.seek(0)
        return (time.monotonic() - begin, usage.ru_maxrss << 10, usage.ru_oublock * 512, usage.ru_inblock * 512,
                os.waitstatus_to_exitcode(status), errors.read())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cairn", default=str(ROOT / "build/release/bin/cairn"))
    parser.add_argument("--db", default=str(ROOT / "build/spilling"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("operators", nargs="*")
    arguments = parser.parse_args()
    if not pathlib.Path(arguments.db).exists():
        subprocess.run([arguments.cairn, arguments.db, "-c", "CALL tpch_load(1)"], check=True, stdout=subprocess.DEVNULL)
    failed = []
    read_all = "SELECT max(l_orderkey), max(l_comment), max(l_extendedprice), max(l_partkey) FROM lineitem"
    base_bytes = run(arguments, "", read_all)[1]
    print("| operator | state MB | limit MB | seconds | time | written | read | peak |\n|---|---|---|---|---|---|---|---|")
    for name, sql in OPERATORS.items():
        if arguments.operators and name not in arguments.operators:
            continue
        seconds, peak, written, read, status, errors = run(arguments, "SET memory_limit = '1000GB';", sql)
        state = max(peak - base_bytes, 1 << 20)
        limit_mb = max(LEAST_MB, state // 10 >> 20)
        limited = run(arguments, f"SET memory_limit = '{limit_mb}MB';", sql) if status == 0 else (0, 0, 0, 0, status, errors)
        if limited[4] != 0:
            failed.append(name)
            print(f"| {name} | {state >> 20} | {limit_mb} | {seconds:.2f} | failed: {limited[5].strip()[:120]} | | | |", flush=True)
            continue
        print(f"| {name} | {state >> 20} | {limit_mb} | {seconds:.2f} | {limited[0] / seconds:.1f} | {max(0, limited[2] - written) / state:.1f} | "
              f"{max(0, limited[3] - read) / state:.1f} | {limited[1] / (limit_mb << 20):.2f} |", flush=True)
    return 1 if failed else 0


sys.exit(main())
