"""The hunts: each in KQL, in one SQL with the words of a dialect filled in, and for Polars where its SQL has no word.

`hunts(facts)` gives `Hunt`s. `compare` says how answers of engines are compared: "cells" (number of rows and the sum of all
whole numbers), or "rows" alone where any rows will do or where KQL estimates.
"""
from dataclasses import dataclass
from typing import Callable, Optional

CUT, LAST_HOUR, DAY, NEXT_DAY = "2025-10-24", "2025-10-30 23:00:00", "2025-10-27", "2025-10-28"
SHOWN = ("Timestamp, DeviceName, RemoteIP, RemoteUrl, InitiatingProcessFileName, InitiatingProcessCommandLine")
PRIVATE = r"^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.)"


@dataclass
class Hunt:
    name: str
    kind: str
    kql: str
    sql: Callable
    compare: str = "cells"
    without: tuple = ()
    polars: Optional[Callable] = None


class Duckdb:
    name = "duckdb"
    contains = staticmethod(lambda c, x: f"contains(lower({c}), '{x}')")
    has = contains
    any_of = staticmethod(lambda c, xs: f"regexp_matches(lower({c}), '{'|'.join(x.replace('.', chr(92) + '.') for x in xs)}')")
    regex = staticmethod(lambda c, x: f"regexp_matches({c}, '{x}')")
    moment = staticmethod(lambda x: f"timestamptz '{x}+00'" if " " in x else f"timestamptz '{x} 00:00:00+00'")
    slot = staticmethod(lambda c, minutes: f"time_bucket(interval {minutes} minute, {c})")
    field = staticmethod(lambda c, key: f"({c}->>'$.{key}')")
    seconds = staticmethod(lambda c: f"epoch({c})")
    distinct = staticmethod(lambda c: f"count(distinct {c})")
    lag = "lag"
    spread = "stddev_samp"
    unnest = staticmethod(lambda source: f"select DeviceName, unnest(list(distinct RemoteUrl)) as Url from {source} group by DeviceName")
    latest = staticmethod(lambda t: f"select * from {t} qualify row_number() over (partition by DeviceId order by Timestamp desc) = 1")


class Clickhouse:
    name = "clickhouse"
    contains = staticmethod(lambda c, x: f"positionCaseInsensitive({c}, '{x}') > 0")
    has = staticmethod(lambda c, x: f"hasTokenCaseInsensitive({c}, '{x}')")
    any_of = staticmethod(lambda c, xs: f"multiSearchAnyCaseInsensitive({c}, [{listed(xs)}])")
    regex = staticmethod(lambda c, x: "match({}, '{}')".format(c, x.replace("\\", "\\\\")))
    moment = staticmethod(lambda x: f"toDateTime64('{x}', 6, 'UTC')" if " " in x else f"toDateTime64('{x} 00:00:00', 6, 'UTC')")
    slot = staticmethod(lambda c, minutes: f"toStartOfInterval({c}, interval {minutes} minute)")
    field = staticmethod(lambda c, key: f"JSONExtractString({c}, '{key}')")
    seconds = staticmethod(lambda c: f"(toUnixTimestamp64Micro({c}) / 1e6)")
    distinct = staticmethod(lambda c: f"uniqExact({c})")
    lag = "lag"
    spread = "stddevSamp"
    unnest = staticmethod(lambda source: f"select DeviceName, arrayJoin(groupUniqArray(RemoteUrl)) as Url from {source} group by DeviceName")
    latest = staticmethod(lambda t: f"select * from {t} where (DeviceId, Timestamp) in (select DeviceId, max(Timestamp) from {t} group by DeviceId)")


class Datafusion:
    name = "datafusion"
    contains = staticmethod(lambda c, x: f"{c} ilike '%{x}%'")
    has = contains
    any_of = staticmethod(lambda c, xs: f"{c} ~* '{'|'.join(x.replace('.', chr(92) + '.') for x in xs)}'")
    regex = staticmethod(lambda c, x: f"{c} ~ '{x}'")
    moment = staticmethod(lambda x: f"timestamp '{x.replace(' ', 'T')}Z'" if " " in x else f"timestamp '{x}T00:00:00Z'")
    slot = staticmethod(lambda c, minutes: f"date_bin(interval '{minutes} minutes', {c})")
    seconds = staticmethod(lambda c: f"(arrow_cast({c}, 'Int64') / 1000000.0)")
    distinct = staticmethod(lambda c: f"count(distinct {c})")
    lag = "lag"
    spread = "stddev_samp"
    unnest = staticmethod(lambda source: f"select DeviceName, unnest(array_agg(distinct RemoteUrl)) as Url from {source} group by DeviceName")
    latest = staticmethod(lambda t: f"select a.* from (select DeviceId as d, max(Timestamp) as m from {t} group by DeviceId) b join {t} a on a.DeviceId = b.d and a.Timestamp = b.m")


class Polars:
    name = "polars"
    contains = staticmethod(lambda c, x: f"{c} ~ '(?i){x}'")
    has = contains
    any_of = staticmethod(lambda c, xs: f"{c} ~ '(?i){'|'.join(x.replace('.', chr(92) + '.') for x in xs)}'")
    regex = staticmethod(lambda c, x: f"{c} ~ '{x}'")
    distinct = staticmethod(lambda c: f"count(distinct {c})")


def listed(values, quote="'"):
    return ", ".join(f"{quote}{value}{quote}" for value in values)


def after(when):
    """For Polars: rows from a moment on."""
    import datetime
    import polars as pl
    form = "%Y-%m-%d %H:%M:%S" if " " in when else "%Y-%m-%d"
    return pl.col("Timestamp") >= datetime.datetime.strptime(when, form).replace(tzinfo=datetime.timezone.utc)


def plain(name, kind, where_kql, where_sql, **more):
    """Rows that a condition holds for, six columns of them."""
    return Hunt(name, kind, f"DeviceNetworkEvents\n| where {where_kql}\n| project {SHOWN}",
                lambda d, t: f"select {SHOWN} from {t} where {where_sql(d)}", **more)


def hunts(facts):
    addresses, names, device, address = facts["addresses"], facts["names"], facts["device"], facts["address"]
    command = "InitiatingProcessCommandLine"
    gaps = lambda d, t: (f"select DeviceId, RemoteIP, RemotePort, s - {d.lag}(s) over (partition by DeviceId, RemoteIP, RemotePort order by s) "
                         f"as gap from (select DeviceId, RemoteIP, RemotePort, {d.seconds('Timestamp')} as s from {t} "
                         f"where ActionType = 'ConnectionSuccess' and RemoteIPType = 'Public') x")
    beacon = lambda d, t: (f"select DeviceId, RemoteIP, RemotePort, count(*) as N, avg(gap) as Mean, {d.spread}(gap) as Sd from ({gaps(d, t)}) y "
                           f"group by DeviceId, RemoteIP, RemotePort having count(*) >= 50 and {d.spread}(gap) < 0.2 * avg(gap) "
                           f"order by {d.spread}(gap) / avg(gap) limit 20")
    return [
        Hunt("take", "take", 'DeviceNetworkEvents\n| where ActionType == "ConnectionSuccess"\n| take 10',
             lambda d, t: f"select * from {t} where ActionType = 'ConnectionSuccess' limit 10", "rows"),
        Hunt("take_two_conditions", "take",
             'DeviceNetworkEvents\n| where ActionType == "ConnectionSuccess" and RemotePort != 443\n| take 10',
             lambda d, t: f"select * from {t} where ActionType = 'ConnectionSuccess' and RemotePort <> 443 limit 10", "rows"),
        Hunt("count", "count", "DeviceNetworkEvents\n| count", lambda d, t: f"select count(*) as Count from {t}"),
        Hunt("count_by_action", "count", "DeviceNetworkEvents\n| summarize Events = count() by ActionType\n| order by Events desc",
             lambda d, t: f"select ActionType, count(*) as Events from {t} group by ActionType order by Events desc"),
        plain("has_rare", "needle", 'RemoteUrl has "evilrelay"', lambda d: d.has("RemoteUrl", "evilrelay")),
        plain("has_nothing", "no hit", 'RemoteUrl has "zqxjkvbpyw"', lambda d: d.has("RemoteUrl", "zqxjkvbpyw")),
        plain("equal_address", "needle", f'RemoteIP == "{address}"', lambda d: f"RemoteIP = '{address}'"),
        plain("equal_hash_nothing", "no hit", f'InitiatingProcessSHA1 == "{"0" * 40}"', lambda d: f"InitiatingProcessSHA1 = '{'0' * 40}'"),
        plain("contains_command", "contains", f'{command} contains "downloadstring"', lambda d: d.contains(command, "downloadstring")),
        plain("contains_inside_a_word", "contains", f'{command} contains "ownloadstrin"', lambda d: d.contains(command, "ownloadstrin")),
        plain("regex_with_literal", "regex", f'{command} matches regex @"(?i)downloadstring\\(.{{0,40}}http"',
              lambda d: d.regex(command, r"(?i)downloadstring\(.{0,40}http")),
        Hunt("regex_without_literal", "regex",
             'DeviceNetworkEvents\n| where RemoteUrl matches regex @"^[a-z0-9]{14}\\.(xyz|top|club)$"\n'
             '| summarize Hits = count() by DeviceName\n| order by Hits desc, DeviceName asc\n| take 20',
             lambda d, t: f"select DeviceName, count(*) as Hits from {t} where " + d.regex("RemoteUrl", r"^[a-z0-9]{14}\.(xyz|top|club)$")
             + " group by DeviceName order by Hits desc, DeviceName limit 20"),
        Hunt("has_any_names", "list",
             f"let bad = dynamic([{listed(names, chr(34))}]);\nDeviceNetworkEvents\n| where RemoteUrl has_any (bad)\n"
             "| summarize Hits = count() by RemoteUrl\n| order by Hits desc, RemoteUrl asc",
             lambda d, t: f"select RemoteUrl, count(*) as Hits from {t} where {d.any_of('RemoteUrl', names)} group by RemoteUrl order by Hits desc, RemoteUrl"),
        Hunt("in_addresses", "list",
             f"let bad = dynamic([{listed(addresses, chr(34))}]);\nDeviceNetworkEvents\n| where RemoteIP in (bad)\n"
             "| summarize Hits = count() by RemoteIP, DeviceName\n| order by RemoteIP asc, DeviceName asc",
             lambda d, t: f"select RemoteIP, DeviceName, count(*) as Hits from {t} where RemoteIP in ({listed(addresses)}) "
             "group by RemoteIP, DeviceName order by RemoteIP, DeviceName"),
        Hunt("series", "series", "DeviceNetworkEvents\n| summarize Events = count() by bin(Timestamp, 1h), ActionType\n| order by Events desc",
             lambda d, t: f"select {d.slot('Timestamp', 60)} as Slot, ActionType, count(*) as Events from {t} group by 1, 2 order by Events desc",
             polars=lambda pl, lf: lf.group_by(pl.col("Timestamp").dt.truncate("1h"), "ActionType").agg(pl.len().alias("Events")).sort("Events")),
        Hunt("talkers", "distinct",
             "DeviceNetworkEvents\n| summarize Connections = count(), Remotes = dcount(RemoteIP), Names = dcount(RemoteUrl) by DeviceName\n"
             "| top 20 by Connections desc",
             lambda d, t: f"select DeviceName, count(*) as Connections, {d.distinct('RemoteIP')} as Remotes, {d.distinct('RemoteUrl')} as Names "
             f"from {t} group by DeviceName order by Connections desc limit 20", "rows"),
        Hunt("beacon", "window",
             'DeviceNetworkEvents\n| where ActionType == "ConnectionSuccess" and RemoteIPType == "Public"\n'
             "| project Timestamp, DeviceId, RemoteIP, RemotePort\n| order by DeviceId asc, RemoteIP asc, RemotePort asc, Timestamp asc\n"
             "| extend Gap = iff(DeviceId == prev(DeviceId) and RemoteIP == prev(RemoteIP) and RemotePort == prev(RemotePort), "
             "(Timestamp - prev(Timestamp)) / 1s, real(null))\n"
             "| summarize N = count(), Mean = avg(Gap), Sd = stdev(Gap) by DeviceId, RemoteIP, RemotePort\n"
             "| where N >= 50 and Sd < 0.2 * Mean\n| top 20 by Sd / Mean asc", beacon, "rows",
             polars=lambda pl, lf: lf.filter((pl.col("ActionType") == "ConnectionSuccess") & (pl.col("RemoteIPType") == "Public"))
             .select("DeviceId", "RemoteIP", "RemotePort", s=pl.col("Timestamp").dt.epoch("us") / 1e6).sort("s")
             .group_by("DeviceId", "RemoteIP", "RemotePort").agg(pl.len().alias("N"), Mean=pl.col("s").diff().mean(), Sd=pl.col("s").diff().std())
             .filter((pl.col("N") >= 50) & (pl.col("Sd") < .2 * pl.col("Mean"))).head(20)),
        Hunt("first_seen", "anti join",
             f"let cut = datetime({CUT});\nlet known = DeviceNetworkEvents | where Timestamp < cut | distinct RemoteUrl;\n"
             'DeviceNetworkEvents\n| where Timestamp >= cut and RemoteUrl != ""\n| join kind=leftanti known on RemoteUrl\n'
             "| summarize Hits = count() by RemoteUrl\n| order by Hits desc, RemoteUrl asc\n| take 100",
             lambda d, t: f"select RemoteUrl, count(*) as Hits from {t} a where Timestamp >= {d.moment(CUT)} and RemoteUrl <> '' and RemoteUrl not in "
             f"(select distinct RemoteUrl from {t} where Timestamp < {d.moment(CUT)}) group by RemoteUrl order by Hits desc, RemoteUrl limit 100",
             polars=lambda pl, lf: lf.filter(after(CUT) & (pl.col("RemoteUrl") != "")).select("RemoteUrl")
             .join(lf.filter(~after(CUT)).select("RemoteUrl").unique(), on="RemoteUrl", how="anti")
             .group_by("RemoteUrl").agg(pl.len().alias("Hits")).sort(["Hits", "RemoteUrl"], descending=[True, False]).head(100)),
        Hunt("join_devices", "join",
             "DeviceNetworkEvents\n| where RemotePort == 3389\n| join kind=inner (DeviceInfo | where IsInternetFacing == true or MachineGroup == \"VIP\") on DeviceId\n"
             "| summarize Connections = count() by MachineGroup, OSPlatform\n| order by Connections desc, MachineGroup asc, OSPlatform asc",
             lambda d, t: f"select MachineGroup, OSPlatform, count(*) as Connections from {t} e join DEVICES i on e.DeviceId = i.DeviceId "
             "where e.RemotePort = 3389 and (i.IsInternetFacing or i.MachineGroup = 'VIP') group by MachineGroup, OSPlatform "
             "order by Connections desc, MachineGroup, OSPlatform"),
        Hunt("latest_row", "arg_max", "DeviceNetworkEvents\n| summarize arg_max(Timestamp, *) by DeviceId", lambda d, t: d.latest(t), "rows",
             polars=lambda pl, lf: lf.join(lf.group_by("DeviceId").agg(pl.col("Timestamp").max()), on=["DeviceId", "Timestamp"], how="semi")),
        Hunt("dns_failures", "json",
             'DeviceNetworkEvents\n| where ActionType == "DnsConnectionInspected"\n| extend F = parse_json(AdditionalFields)\n'
             '| where tostring(F.rcode_name) == "NXDOMAIN"\n| summarize Hits = count() by Query = tostring(F.query)\n'
             "| order by Hits desc, Query asc\n| take 20",
             lambda d, t: f"select {d.field('AdditionalFields', 'query')} as Query, count(*) as Hits from {t} where ActionType = 'DnsConnectionInspected' "
             f"and {d.field('AdditionalFields', 'rcode_name')} = 'NXDOMAIN' group by 1 order by Hits desc, Query limit 20",
             without=("datafusion",),
             polars=lambda pl, lf: lf.filter(pl.col("ActionType") == "DnsConnectionInspected")
             .filter(pl.col("AdditionalFields").str.json_path_match("$.rcode_name") == "NXDOMAIN")
             .group_by(pl.col("AdditionalFields").str.json_path_match("$.query").alias("Query")).agg(pl.len().alias("Hits"))
             .sort(["Hits", "Query"], descending=[True, False]).head(20)),
        Hunt("private_targets", "ipv4",
             'DeviceNetworkEvents\n| where ipv4_is_private(RemoteIP) and not(ipv4_is_in_range(RemoteIP, "10.0.0.0/16")) and RemotePort in (445, 3389, 5985)\n'
             "| summarize Connections = count() by DeviceName\n| order by Connections desc, DeviceName asc\n| take 20",
             lambda d, t: f"select DeviceName, count(*) as Connections from {t} where RemotePort in (445, 3389, 5985) and {d.regex('RemoteIP', PRIVATE)} "
             "and RemoteIP not like '10.0.%' group by DeviceName order by Connections desc, DeviceName limit 20"),
        Hunt("latest_hundred", "top", "DeviceNetworkEvents\n| top 100 by Timestamp desc",
             lambda d, t: f"select * from {t} order by Timestamp desc limit 100", "rows"),
        Hunt("names_of_shells", "make_set",
             'DeviceNetworkEvents\n| where InitiatingProcessFileName =~ "powershell.exe" and RemoteUrl != ""\n'
             "| summarize Urls = make_set(RemoteUrl, 100000) by DeviceName\n| mv-expand Url = Urls to typeof(string)\n"
             "| summarize Devices = count() by Url\n| order by Devices desc, Url asc\n| take 50",
             lambda d, t: "select Url, count(*) as Devices from (" + d.unnest(
                 f"(select * from {t} where lower(InitiatingProcessFileName) = 'powershell.exe' and RemoteUrl <> '') x")
             + ") y group by Url order by Devices desc, Url limit 50",
             polars=lambda pl, lf: lf.filter((pl.col("InitiatingProcessFileName").str.to_lowercase() == "powershell.exe") & (pl.col("RemoteUrl") != ""))
             .select("DeviceName", "RemoteUrl").unique().group_by("RemoteUrl").agg(pl.len().alias("Devices"))
             .sort(["Devices", "RemoteUrl"], descending=[True, False]).head(50)),
        Hunt("device_day", "time",
             f'DeviceNetworkEvents\n| where Timestamp between (datetime({DAY}) .. datetime({NEXT_DAY})) and DeviceName == "{device}"\n'
             f"| project {SHOWN}\n| order by Timestamp asc",
             lambda d, t: f"select {SHOWN} from {t} where Timestamp between {d.moment(DAY)} and {d.moment(NEXT_DAY)} and DeviceName = '{device}' order by Timestamp",
             polars=lambda pl, lf: lf.filter(after(DAY) & ~after(NEXT_DAY) & (pl.col("DeviceName") == device)).select(SHOWN.split(", "))),
        Hunt("last_hour", "time",
             f"DeviceNetworkEvents\n| where Timestamp >= datetime({LAST_HOUR})\n| summarize Events = count() by ActionType\n| order by Events desc",
             lambda d, t: f"select ActionType, count(*) as Events from {t} where Timestamp >= {d.moment(LAST_HOUR)} group by ActionType order by Events desc",
             polars=lambda pl, lf: lf.filter(after(LAST_HOUR)).group_by("ActionType").agg(pl.len().alias("Events"))),
        Hunt("port_scan", "distinct",
             "DeviceNetworkEvents\n| where RemotePort in (445, 3389, 5985, 22, 135)\n"
             "| summarize Targets = dcount(RemoteIP), Events = count() by DeviceName, bin(Timestamp, 10m)\n| where Targets >= 50\n| order by Targets desc",
             lambda d, t: f"select DeviceName, {d.slot('Timestamp', 10)} as Slot, {d.distinct('RemoteIP')} as Targets, count(*) as Events from {t} "
             f"where RemotePort in (445, 3389, 5985, 22, 135) group by 1, 2 having {d.distinct('RemoteIP')} >= 50 order by Targets desc",
             polars=lambda pl, lf: lf.filter(pl.col("RemotePort").is_in([445, 3389, 5985, 22, 135]))
             .group_by("DeviceName", pl.col("Timestamp").dt.truncate("10m")).agg(pl.col("RemoteIP").n_unique().alias("Targets"), pl.len().alias("Events"))
             .filter(pl.col("Targets") >= 50)),
    ]
