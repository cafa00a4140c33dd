#!/usr/bin/env python3
"""Rows a second of `huntql ingest` for each log, beside DuckDB and beside awk, in one run.

  ingest.py --huntql PATH [--duckdb PATH] [--runs 3] FORMAT=LOG ...

FORMAT is one of ndjson, csv, zeek, squid, or any other word: then the log is read by huntql alone. DuckDB (its command-line
program) reads ndjson and csv into a Parquet file; awk counts the lines of zeek and squid, which is the floor: nothing that
looks at each byte is faster. Each figure is the median of the runs; huntql writes into a new store each time.
On a busy machine compare CPU and ratios only.
"""
import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

DUCKDB_READERS = {
    "ndjson": "read_json('{log}', format='newline_delimited')",
    "csv": "read_csv('{log}', header=true)",
}
COUNTED_BY_AWK = {"zeek", "squid"}


def timed(command, folder):
    """Wall and CPU seconds and peak MiB of a command, and what it said."""
    with open(os.path.join(folder, "said"), "w+b") as said:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        said.seek(0)
        text = said.read().decode(errors="replace")
    if status != 0:
        sys.exit(f"{' '.join(command)}\n{text[-2000:]}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, text


def commands(form, log, args):
    """The programs that read this log, each with the command that does."""
    yield "huntql", [args.huntql, "ingest", log, "--store", "store", "--rejects", "rejects", *args.option]
    if form in DUCKDB_READERS and args.duckdb:
        reader = DUCKDB_READERS[form].format(log=log.replace("'", "''"))
        copy = f"copy (select * from {reader}) to 'out.parquet' (format parquet, compression zstd)"
        yield "duckdb", [args.duckdb, "-c", copy]
    if form in COUNTED_BY_AWK:
        yield "awk", ["awk", "{n++} END {print n}", log]


def measure(command, runs):
    results = []
    for _ in range(runs):
        folder = tempfile.mkdtemp(prefix="huntql-bench-")
        try:
            results.append(timed(command, folder))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    wall, cpu, peak = (statistics.median(result[i] for result in results) for i in range(3))
    return wall, cpu, peak, results[-1][3]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", nargs="+", metavar="FORMAT=LOG")
    parser.add_argument("--huntql", required=True)
    parser.add_argument("--duckdb", default=shutil.which("duckdb"))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--option", action="append", default=[], help="a further option of `huntql ingest`, as --option=--tz=UTC")
    args = parser.parse_args()
    args.huntql = os.path.abspath(args.huntql)
    print(f"{'log':12} {'program':8} {'rows':>10} {'wall s':>8} {'cpu s':>8} {'rows/s':>10} {'rows/cpu s':>11} {'MB/s':>8} {'MiB':>7}")
    for given in args.logs:
        form, separator, log = given.partition("=")
        if not separator:
            parser.error(f"`{given}` is not FORMAT=LOG")
        log = os.path.abspath(log)
        size = os.path.getsize(log) / 1e6
        rows = None
        for name, command in commands(form, log, args):
            wall, cpu, peak, said = measure(command, args.runs)
            if name == "huntql":
                kept = re.search(r"= (\d+) kept", said)
                rows = int(kept.group(1)) if kept else 0
            print(
                f"{form:12} {name:8} {rows:10} {wall:8.2f} {cpu:8.2f} {rows / wall:10.0f} {rows / max(cpu, 1e-3):11.0f}"
                f" {size / wall:8.1f} {peak:7.0f}",
                flush=True,
            )
    print(f"load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
