#!/usr/bin/env python3
"""Rows per CPU second of `huntql ingest` for every line format, in one run: each sample's records, repeated.

  formats.py --huntql PATH --samples samples [--records 100000] [--duckdb PATH]

A sample's header lines (`#…`) stand once, its records are repeated as they are: equal lines are distinct records. DuckDB (its
command-line program) reads the JSON and CSV ones beside it. Formats that are no lines (EVTX, XML) are left out. Small samples flatter
branch predictors: use ingest.py on large logs for figures of one format.
"""
import argparse
import os
import resource
import subprocess
import sys
import tempfile

OPTIONS = ["--tz", "UTC"]
# nginx's combined lines look like Apache's.
OPTIONS_OF = {"nginx": ["--format", "nginx"]}
SKIPPED = {".evtx", ".xml", ".py", ".md", ".txt"}


def repeated(path, records):
    lines = [line for line in open(path, "rb").read().split(b"\n") if line]
    first = next((n for n, line in enumerate(lines) if not line.startswith(b"#")), len(lines))
    header, body = lines[:first], lines[first:]
    if path.endswith(".csv") or os.path.basename(path) == "header.log":
        header, body = header + body[:1], body[1:]
    body = [line for line in body if not line.startswith(b"#")]
    if not body:
        return None
    times = max(1, records // len(body))
    return b"\n".join(header + body * times) + b"\n", len(body) * times


def cpu(command):
    """CPU seconds of a command; None when it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        print(done.stderr.decode(errors="replace")[-300:], file=sys.stderr)
        return None
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def duckdb(args, path, folder):
    reader = {
        ".ndjson": f"read_json('{path}', format='newline_delimited')",
        ".json": f"read_json('{path}', format='newline_delimited')",
        ".csv": f"read_csv('{path}', all_varchar=true, ignore_errors=true)",
    }.get(os.path.splitext(path)[1])
    if not reader or not args.duckdb:
        return None
    out = os.path.join(folder, "out.parquet")
    return cpu([args.duckdb, "-c", f"copy (select * from {reader}) to '{out}' (format parquet, compression zstd)"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--huntql", required=True)
    parser.add_argument("--samples", required=True)
    parser.add_argument("--duckdb")
    parser.add_argument("--records", type=int, default=100_000)
    args = parser.parse_args()
    print(f"{'sample':42} {'records':>9} {'rows/cpu s':>11} {'duckdb':>11}")
    for folder, _, files in sorted(os.walk(os.path.join(args.samples, "formats"))):
        for name in sorted(files):
            path = os.path.join(folder, name)
            if os.path.splitext(name)[1] in SKIPPED or name.startswith("README"):
                continue
            made = repeated(path, args.records)
            if made is None:
                continue
            text, records = made
            with tempfile.TemporaryDirectory(prefix="huntql-bench-") as scratch:
                log = os.path.join(scratch, name)
                with open(log, "wb") as file:
                    file.write(text)
                took = cpu([args.huntql, "ingest", log, "--store", os.path.join(scratch, "store"), *OPTIONS, *OPTIONS_OF.get(os.path.basename(folder), [])])
                peer = duckdb(args, log, scratch)
            rate = lambda seconds: f"{records / seconds:11.0f}" if seconds else f"{'-':>11}"
            print(f"{os.path.relpath(path, args.samples):42} {records:9} {rate(took)} {rate(peer)}", flush=True)
    print("load average", *os.getloadavg())


if __name__ == "__main__":
    main()
