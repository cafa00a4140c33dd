#!/usr/bin/env python3
"""Hunts side by side with the engines that a hunter could take instead: one run, every answer compared.

  hunts.py --huntql target/release/huntql --work DIR [--rows 10000000] [--runs 5] [--page docs/performance.md]

Makes events in DIR when there are none (`hunts/events.py`), runs the hunts of `hunts/table.py` and prints, for each hunt and
engine, the median CPU milliseconds of the warm runs and the peak memory. `--page` puts the table between the marks of that
page. Peers that are not installed (pip install duckdb chdb polars datafusion pyarrow numpy) are left out and named.

  --kit DIR       hunts and data of a folder instead: DIR/data/NAME.parquet (`--data NAME`), DIR/queries/*.kql with twins
  --store DIR     huntql over a store as well, in the same table (column `store`)
  --peers LIST    duckdb,duckdb-native,clickhouse,clickhouse-native,clickhouse-indexed,polars,datafusion
  --hunts LIST    only these; --seed N other data

huntql is measured as one process that answers all hunts (`batch`, as a shell feels) and as a process for each (`query`). CPU
is user and system time of the process. On a busy machine compare CPU and ratios only. An answer is the number of its rows
and the sum of its whole numbers; where any rows will do, or where KQL estimates, the number of rows alone.

`ratio over files` sets huntql over the Parquet file against the best peer over the same file, `ratio of the store` huntql over
its store against the best peer of all, their own tables among them. Below 1 huntql is faster.
"""
import argparse
import glob
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "hunts"))
import table  # noqa: E402

PEERS = ["duckdb", "duckdb-native", "clickhouse", "clickhouse-native", "clickhouse-indexed", "polars", "datafusion"]
# The peers with a table of their own, and its place under --work.
NATIVES = {"duckdb-native": "duck.db", "clickhouse-native": "clickhouse", "clickhouse-indexed": "clickhouse-indexed"}
KIT_ROWS_ONLY = ("q01", "q02", "q09", "q12", "q21", "q22")
KIT_TWINS = {"duckdb": "duckdb.sql", "clickhouse": "chdb.sql", "datafusion": "datafusion.sql"}
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


class Place:
    """Where the data are, and what to ask of them."""

    def __init__(self, options):
        self.kit = options.kit
        if options.kit:
            self.events = os.path.join(options.kit, "data", options.data + ".parquet")
            self.devices = os.path.join(options.kit, "data", "deviceinfo.parquet")
            names = sorted(glob.glob(os.path.join(options.kit, "queries", "*.kql")))
            self.hunts = [self.from_kit(path) for path in names]
        else:
            self.events = os.path.join(options.work, "events.parquet")
            self.devices = os.path.join(options.work, "devices.parquet")
            facts = os.path.join(options.work, "facts.json")
            if not os.path.exists(self.events):
                import events
                events.write(options.work, options.rows, options.seed)
            self.hunts = table.hunts(json.load(open(facts)))
        wanted = [name for name in options.hunts.split(",") if name]
        if wanted:
            self.hunts = [hunt for hunt in self.hunts if hunt.name in wanted or hunt.name.split("_")[0] in wanted]

    @staticmethod
    def from_kit(path):
        base = path[:-len(".kql")]
        name = os.path.basename(base)
        classes = json.load(open(os.path.join(os.path.dirname(path), "classes.json")))
        compare = "rows" if name.split("_")[0] in KIT_ROWS_ONLY else "cells"
        return table.Hunt(name, classes.get(name, ""), open(path).read(), base, compare)


def evict(path):
    """Drops a file from the page cache."""
    files = [path] if os.path.isfile(path) else glob.glob(path + "/**", recursive=True)
    for name in filter(os.path.isfile, files):
        handle = os.open(name, os.O_RDONLY)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def own_cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mib(process="self"):
    for line in open(f"/proc/{process}/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    return 0


# Peers: each hunt in a process of its own, the engine loaded and the table open.

def sql_of(hunt, dialect, events, devices):
    if isinstance(hunt.sql, str):
        twin = hunt.sql + "." + KIT_TWINS[dialect.name]
        return open(twin).read().strip().rstrip(";").replace("{T}", events).replace("{D}", devices)
    return hunt.sql(dialect, events).replace("DEVICES", devices)


def duckdb_peer(hunt, place, native):
    import duckdb
    connection = duckdb.connect(native, read_only=True) if native else duckdb.connect()
    connection.execute("set threads = 2; set timezone = 'UTC'")
    events = "events" if native else f"read_parquet('{place.events}')"
    sql = sql_of(hunt, table.Duckdb, events, f"read_parquet('{place.devices}')")
    return lambda: connection.execute(sql).to_arrow_table()


def clickhouse_peer(hunt, place, native):
    import pyarrow
    from chdb import session
    shell = session.Session(native) if native else session.Session()
    events = "db.events" if native else f"file('{place.events}', Parquet)"
    sql = sql_of(hunt, table.Clickhouse, events, f"file('{place.devices}', Parquet)") + " settings max_threads = 2"

    def run():
        answer = shell.query(sql, "ArrowStream").bytes()
        return pyarrow.ipc.open_stream(answer).read_all() if answer else pyarrow.table({})
    return run


def polars_peer(hunt, place, native):
    os.environ["POLARS_MAX_THREADS"] = "2"
    import polars
    scan = lambda: polars.scan_parquet(place.events)
    devices = lambda: polars.scan_parquet(place.devices)
    if isinstance(hunt.sql, str):
        code = hunt.sql + ".polars.py"
        if os.path.exists(code):
            text = open(code).read()
            frame = lambda: eval(text, {"pl": polars, "lf": scan(), "dev": devices()})  # the kit's own twins
        else:
            sql = open(hunt.sql + ".polars.sql").read().replace("{T}", "events").replace("{D}", "devices")
            frame = lambda: polars.SQLContext(events=scan(), devices=devices()).execute(sql)
    elif hunt.polars:
        frame = lambda: hunt.polars(polars, scan())
    else:
        sql = hunt.sql(table.Polars, "events").replace("DEVICES", "devices")
        frame = lambda: polars.SQLContext(events=scan(), devices=devices()).execute(sql)
    return lambda: frame().collect(engine="streaming").to_arrow()


def datafusion_peer(hunt, place, native):
    import datafusion
    import re
    context = datafusion.SessionContext(datafusion.SessionConfig().with_target_partitions(2))
    context.register_parquet("events", place.events)
    context.register_parquet("devices", place.devices)
    sql = sql_of(hunt, table.Datafusion, "events", "devices")
    if not isinstance(hunt.sql, str):
        # Names in capitals need quotes here.
        parts = re.split(r"('[^']*')", sql)
        sql = "".join(p if p.startswith("'") else re.sub(r"\b[A-Z]\w*\b", r'"\g<0>"', p) for p in parts)
    import pyarrow
    def ask():
        frame = context.sql(sql)
        return pyarrow.Table.from_batches(frame.collect(), schema=frame.schema())
    return ask


STARTERS = {"duckdb": duckdb_peer, "clickhouse": clickhouse_peer, "polars": polars_peer, "datafusion": datafusion_peer}


def check_of(answer):
    import pyarrow
    import pyarrow.compute as compute
    whole = [column for column in answer.columns if pyarrow.types.is_integer(column.type)]
    return [answer.num_rows, sum(int(compute.sum(column.cast(pyarrow.int64())).as_py() or 0) for column in whole)]


def engine_of(peer):
    return peer.split("-")[0]


def native_of(options, peer):
    name = NATIVES.get(peer)
    return os.path.join(options.work, name) if name else None


def worker(options):
    place = Place(options)
    hunt = next(hunt for hunt in place.hunts if hunt.name == options.hunt)
    native = native_of(options, options.worker)
    evict(native or place.events)
    run = STARTERS[engine_of(options.worker)](hunt, place, native)
    open("/proc/self/clear_refs", "w").write("5")
    runs, answer = [], None
    for number in range(options.runs + 1):
        cpu, start = own_cpu(), time.perf_counter()
        answer = run()
        runs.append((time.perf_counter() - start, own_cpu() - cpu))
        if runs[-1][0] > 20 and number:
            break
    print("RESULT " + json.dumps(dict(runs=runs, peak=peak_mib(), check=check_of(answer))))


def run_peer(options, peer, hunt):
    if peer in hunt.without:
        return None
    command = [sys.executable, os.path.abspath(__file__), "--worker", peer, "--hunt", hunt.name, "--work", options.work,
               "--runs", str(options.runs), "--data", options.data, "--huntql", options.huntql]
    command += ["--kit", options.kit] if options.kit else []
    done = subprocess.run(command, capture_output=True, text=True, timeout=options.timeout)
    found = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not found:
        return dict(error=(done.stderr or done.stdout).strip().splitlines()[-1:])
    return json.loads(found[0][len("RESULT "):])


def make_native(options, place, peer):
    """The peer's own table, made once."""
    path = native_of(options, peer)
    if not path or os.path.exists(path):
        return
    script = os.path.join(HERE, "hunts", "natives.py")
    subprocess.run([sys.executable, script, peer, path, place.events], check=True)


# huntql.

class Batch:
    """`huntql batch`: one process, a question a line."""

    def __init__(self, options, place, store):
        self.process = subprocess.Popen([options.huntql, "batch", *sources(place, store)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def cpu(self):
        # The clock of another process's CPU time, ended threads among it, in the kernel's numbering of clocks.
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def ask(self, kql):
        cpu, start = self.cpu(), time.perf_counter()
        self.process.stdin.write((json.dumps({"id": "1", "query": kql}) + "\n").encode())
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        spent = (time.perf_counter() - start, self.cpu() - cpu)
        answer = json.loads(line)
        if answer.get("status", "ok") != "ok":
            raise RuntimeError(line[:300].decode())
        return spent, answer["result"]["Tables"][0]["Rows"]

    def end(self):
        peak = peak_mib(self.process.pid)
        self.process.stdin.close()
        self.process.wait()
        return peak


def sources(place, store):
    if store:
        return ["--store", store, "--data", f"DeviceInfo={place.devices}"]
    return ["--data", f"DeviceNetworkEvents={place.events}", "--data", f"DeviceInfo={place.devices}"]


def run_batch(options, place, hunt, store):
    batch = Batch(options, place, store)
    batch.ask("print 1")
    evict(store or place.events)
    runs, rows = [], []
    for _ in range(options.runs + 1):
        spent, rows = batch.ask(hunt.kql)
        runs.append(spent)
    whole = [cell for row in rows for cell in row if isinstance(cell, int) and not isinstance(cell, bool)]
    return dict(runs=runs, peak=batch.end(), check=[len(rows), sum(whole)])


def run_whole(options, place, hunt, store):
    with tempfile.NamedTemporaryFile("w", suffix=".kql") as file:
        file.write(hunt.kql)
        file.flush()
        command = [options.huntql, "query", *sources(place, store), "--format", "null", "-f", file.name]
        runs, peak = [], 0
        for _ in range(options.runs):
            start = time.perf_counter()
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = status
            runs.append((time.perf_counter() - start, usage.ru_utime + usage.ru_stime))
            peak = max(peak, usage.ru_maxrss // 1024)
    return dict(runs=[runs[0], *runs], peak=peak, check=None)


def cpu_ms(result):
    if not result or "error" in result:
        return None
    warm = result["runs"][1:] or result["runs"]
    return statistics.median(run[1] for run in warm) * 1000


def agrees(hunt, one, other):
    if not one or not other or "error" in one or "error" in other:
        return None
    return one["check"][0] == other["check"][0] if hunt.compare == "rows" else one["check"] == other["check"]


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    return f"{os.cpu_count()} cores of {model}, {memory} GiB, {platform.system()}"


def shown(value):
    return "" if value is None else (f"{value:,.1f}" if value < 10 else f"{value:,.0f}")


def measured(options, place, peers, hunt):
    results = {"huntql": run_batch(options, place, hunt, None), "whole": run_whole(options, place, hunt, None)}
    if options.store:
        results["store"] = run_batch(options, place, hunt, options.store)
    for peer in peers:
        try:
            results[peer] = run_peer(options, peer, hunt)
        except subprocess.TimeoutExpired:
            results[peer] = dict(error="timeout")
        if results[peer] and "error" in results[peer]:
            print(f"  {hunt.name}: {peer}: {results[peer]['error']}", file=sys.stderr)
    if options.raw:
        open(options.raw, "a").write(json.dumps(dict(hunt=hunt.name, load=os.getloadavg()[0], **results)) + "\n")
    return results


def ratio(ours, known):
    best = min((value for value in known if value), default=None)
    return f"{ours / best:.2f}" if ours and best else ""


def row_of(options, peers, hunt, results):
    known = {peer: cpu_ms(results.get(peer)) for peer in peers}
    over_files = [value for peer, value in known.items() if peer not in NATIVES]
    verdicts = [agrees(hunt, results["huntql"], results.get(peer)) for peer in peers]
    differ = [peer for peer, verdict in zip(peers, verdicts) if verdict is False]
    if options.store and agrees(hunt, results["huntql"], results["store"]) is False:
        differ.append("store")
    said = "differs: " + ", ".join(differ) if differ else ("all" if any(verdicts) else "")
    peak = max(results[name]["peak"] for name in ("huntql", "whole", "store") if name in results)
    cells = [hunt.name.replace("_", " "), shown(cpu_ms(results["huntql"])), shown(cpu_ms(results["whole"]))]
    cells += [shown(cpu_ms(results["store"]))] if options.store else []
    cells += [shown(known[peer]) for peer in peers] + [ratio(cpu_ms(results["huntql"]), over_files)]
    cells += [ratio(cpu_ms(results["store"]), known.values())] if options.store else []
    return cells + [str(peak), said]


def page_of(options, rows, head):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" + "---:|" * (len(head) - 2) + "---|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([f"{machine()}; medians of {options.runs} warm runs, CPU milliseconds, memory in MiB.", "", *lines])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--huntql", default="target/release/huntql")
    parser.add_argument("--work", required=True)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--kit", default="")
    parser.add_argument("--data", default="dne_10m")
    parser.add_argument("--store", default="")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--hunts", default="")
    parser.add_argument("--page", default="")
    parser.add_argument("--raw", default="")
    parser.add_argument("--of", default="", help="show what an earlier run wrote with --raw, and run nothing")
    parser.add_argument("--timeout", type=int, default=600)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--hunt", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return worker(options)
    place = Place(options)
    earlier = {run["hunt"]: run for run in map(json.loads, open(options.of))} if options.of else {}
    os.makedirs(options.work, exist_ok=True)
    peers = []
    for peer in filter(None, options.peers.split(",")):
        module = {"clickhouse": "chdb"}.get(engine_of(peer), engine_of(peer))
        if subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True).returncode:
            print(f"  {peer}: not installed, left out", file=sys.stderr)
            continue
        if not earlier:
            make_native(options, place, peer)
        peers.append(peer)
    head = ["hunt", "huntql", "a process each", *(["store"] if options.store else []), *peers, "ratio over files",
            *(["ratio of the store"] if options.store else []), "peak", "agrees"]
    rows = []
    for hunt in place.hunts:
        results = earlier.get(hunt.name) or measured(options, place, peers, hunt)
        rows.append(row_of(options, peers, hunt, results))
        print("  ".join(f"{cell:>10}" if number else f"{cell:24}" for number, cell in enumerate(rows[-1])), flush=True)
    text = page_of(options, rows, head)
    print("\n" + text)
    if options.page:
        before, rest = open(options.page).read().split(BEGIN)
        _, after = rest.split(END)
        open(options.page, "w").write(f"{before}{BEGIN}\n{text}\n{END}{after}")


if __name__ == "__main__":
    main()
