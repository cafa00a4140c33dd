//! What Tab offers, at places taken from the patterns of public hunting queries: the first candidates in order.

use crate::support::Place;

/// Five events: the commonest values of their columns go first.
const EVENTS: &str = r#"{"Timestamp":"2026-03-04T10:00:00Z","DeviceName":"ws-01","ActionType":"ConnectionFailed","Protocol":"Tcp","RemoteUrl":"a.example"}
{"Timestamp":"2026-03-04T10:00:01Z","DeviceName":"ws-01","ActionType":"ConnectionFailed","Protocol":"Tcp","RemoteUrl":"a.example"}
{"Timestamp":"2026-03-04T10:00:02Z","DeviceName":"ws-02","ActionType":"DnsConnectionInspected","Protocol":"Udp","RemoteUrl":"b.example"}
"#;

/// A text up to the cursor, and what is offered first.
const PLACES: &[(&str, &[&str])] = &[
    // Tables and other beginnings.
    ("", &["DeviceNetworkEvents"]),
    ("DeviceN", &["DeviceNetworkEvents", "DeviceNetworkInfo"]),
    ("devicepro", &["DeviceProcessEvents"]),
    (
        "let suspicious = DeviceF",
        &["DeviceFileCertificateInfo", "DeviceFileEvents"],
    ),
    ("union DeviceProc", &["DeviceProcessEvents"]),
    (
        "union kind=outer DeviceNetworkEvents, DeviceFileE",
        &["DeviceFileEvents"],
    ),
    (
        "union isfuzzy=true Em",
        &["EmailAttachmentInfo", "EmailEvents"],
    ),
    (
        "let t = toscalar(DeviceI",
        &["DeviceImageLoadEvents", "DeviceInfo"],
    ),
    ("let lookback = 7d; let Hosts = DeviceInfo; Hos", &["Hosts"]),
    ("ran", &["range"]),
    // Operators behind a pipe.
    (
        "DeviceNetworkEvents | ",
        &["where", "take", "project", "extend"],
    ),
    ("DeviceNetworkEvents | wh", &["where"]),
    (
        "DeviceNetworkEvents | project-",
        &["project-away", "project-keep"],
    ),
    (
        "DeviceNetworkEvents | where Timestamp > ago(7d) | su",
        &["summarize"],
    ),
    ("DeviceNetworkEvents | mv-", &["mv-expand", "mv-apply"]),
    (
        "DeviceNetworkEvents | join kind=inner (DeviceInfo | ex",
        &["extend"],
    ),
    // Columns at this point of the pipeline.
    (
        "DeviceNetworkEvents | where RemoteI",
        &["RemoteIP", "RemoteIPType"],
    ),
    (
        "DeviceNetworkEvents | where Timestamp > ago(1d) and Remote",
        &["RemoteIP", "RemotePort", "RemoteUrl", "RemoteIPType"],
    ),
    (
        "DeviceNetworkEvents | project Timestamp, Host = DeviceName, RemoteUrl | where Ho",
        &["Host"],
    ),
    (
        "DeviceNetworkEvents | extend Domain = tostring(parse_url(RemoteUrl).Host) | where Dom",
        &["Domain"],
    ),
    (
        "DeviceNetworkEvents | summarize Hits = count(), Urls = make_set(RemoteUrl) by DeviceName, RemoteIP | where ",
        &["DeviceName", "RemoteIP", "Hits", "Urls"],
    ),
    (
        "DeviceNetworkEvents | summarize Hits = count() by DeviceName | sort by H",
        &["Hits"],
    ),
    (
        "DeviceNetworkEvents | project-away InitiatingProcessP",
        &["InitiatingProcessParentFileName"],
    ),
    (
        "DeviceNetworkEvents | project-rename Host = DeviceN",
        &["DeviceName"],
    ),
    (
        "DeviceNetworkEvents | distinct DeviceName, RemoteU",
        &["RemoteUrl"],
    ),
    ("DeviceNetworkEvents | top 10 by Time", &["Timestamp"]),
    (
        "DeviceNetworkEvents | project Timestamp, DeviceName | ",
        &["where"],
    ),
    (
        "DeviceNetworkEvents | where InitiatingProcessFileName in~ (\"powershell.exe\") | summarize count() by Dev",
        &["DeviceId", "DeviceName"],
    ),
    (
        "DeviceNetworkEvents | summarize arg_max(Timesta",
        &["Timestamp"],
    ),
    (
        "DeviceNetworkEvents | where isnotempty(RemoteU",
        &["RemoteUrl"],
    ),
    (
        "let Base = DeviceNetworkEvents | project A1 = DeviceName, B1 = RemoteIP; Base | where ",
        &["A1", "B1"],
    ),
    (
        "DeviceNetworkEvents | make-series Hits = count() on Time",
        &["Timestamp"],
    ),
    ("DeviceNetworkEvents | mv-expand Add", &["AdditionalFields"]),
    (
        "DeviceNetworkEvents | parse Remote",
        &["RemoteIP", "RemotePort", "RemoteUrl"],
    ),
    (
        "let f = (name: string, days: long) { DeviceNetworkEvents | where DeviceName == na",
        &["name"],
    ),
    (
        "let threshold = 10; DeviceNetworkEvents | summarize N = count() by DeviceName | where N > thr",
        &["threshold"],
    ),
    (
        "DeviceNetworkEvents | where RemoteIP in ((DeviceNetworkEvents | summarize by LocalIP | project Lo",
        &["LocalIP"],
    ),
    (
        "DeviceNetworkEvents | partition by DeviceName (top 3 by Tim",
        &["Timestamp"],
    ),
    (
        "DeviceNetworkEvents | where Bogus == | extend A = Remote",
        &["RemoteIP", "RemotePort", "RemoteUrl"],
    ),
    // Joins.
    (
        "DeviceNetworkEvents | join kind=",
        &["inner", "innerunique", "leftouter", "leftanti"],
    ),
    (
        "DeviceNetworkEvents | join kind=left",
        &["leftouter", "leftanti", "leftsemi"],
    ),
    (
        "DeviceNetworkEvents | join kind=inner (DeviceInf",
        &["DeviceInfo"],
    ),
    (
        "DeviceNetworkEvents | project DeviceId, RemoteIP | join kind=inner (DeviceInfo | project DeviceId, OSPlatform) on ",
        &["DeviceId"],
    ),
    (
        "DeviceNetworkEvents | project A = DeviceId | join (DeviceInfo | project B = DeviceId) on $left.",
        &["A"],
    ),
    (
        "DeviceNetworkEvents | project A = DeviceId | join (DeviceInfo | project B = DeviceId) on $left.A == $right.",
        &["B"],
    ),
    (
        "DeviceNetworkEvents | project DeviceId | join kind=inner (DeviceInfo | project DeviceId, OSPlatform) on DeviceId | project OSP",
        &["OSPlatform"],
    ),
    (
        "DeviceNetworkEvents | join kind=inner DeviceInfo o",
        &["on"],
    ),
    // Functions and aggregates.
    (
        "DeviceNetworkEvents | summarize dco",
        &["dcount(", "dcountif("],
    ),
    (
        "DeviceNetworkEvents | summarize ",
        &["count(", "dcount(", "make_set("],
    ),
    ("DeviceNetworkEvents | where Timestamp > ag", &["ago("]),
    (
        "DeviceNetworkEvents | where ipv4_is_pr",
        &["ipv4_is_private("],
    ),
    (
        "DeviceNetworkEvents | extend X = parse_js",
        &["parse_json("],
    ),
    ("DeviceNetworkEvents | summarize count() by bi", &["bin("]),
    // Comparison operators fit the column's type.
    (
        "DeviceNetworkEvents | where RemoteUrl ",
        &["==", "has", "contains"],
    ),
    (
        "DeviceNetworkEvents | where RemotePort ",
        &["==", ">", ">="],
    ),
    (
        "DeviceNetworkEvents | where Timestamp ",
        &[">", ">=", "between ("],
    ),
    ("DeviceNetworkEvents | where RemoteUrl !h", &["!has"]),
    ("DeviceNetworkEvents | where RemotePort == 443 a", &["and"]),
    // Values.
    (
        "DeviceNetworkEvents | where ActionType == \"",
        &["ConnectionFailed\"", "DnsConnectionInspected\""],
    ),
    (
        "DeviceNetworkEvents | where ActionType in ('ConnectionFailed', 'Dns",
        &["DnsConnectionInspected'"],
    ),
    (
        "DeviceNetworkEvents | where DeviceName has \"ws-0",
        &["ws-01\"", "ws-02\""],
    ),
    (
        "DeviceNetworkEvents | where Timestamp > ago(1d) | where RemoteUrl == \"b",
        &["b.example\""],
    ),
    (
        "DeviceNetworkEvents | where ActionType == \"Inbound",
        &["InboundConnectionAccepted\""],
    ),
    // Other words.
    ("DeviceNetworkEvents | sort by Timestamp ", &["asc", "desc"]),
    ("DeviceNetworkEvents | summarize count() b", &["by"]),
    (
        "DeviceNetworkEvents | summarize count() by bin(Timestamp, 1h) | render ti",
        &["timechart"],
    ),
    (
        "DeviceNetworkEvents | render timechart with (ti",
        &["title="],
    ),
    ("DeviceNetworkEvents | evaluate bag", &["bag_unpack("]),
    ("datatable(a: s", &["string"]),
    ("// DeviceN", &[]),
    ("DeviceNetworkEvents | take 1", &[]),
    // Dot commands.
    (".sch", &[".schema"]),
    (".schema DeviceNetworkI", &["DeviceNetworkInfo"]),
    (".format c", &["csv"]),
    (".timer o", &["on", "off"]),
];

#[test]
fn the_first_candidates_are_those_that_fit_the_place() {
    let place = Place::new();
    place.write("events.ndjson", EVENTS);
    let mut input = String::new();
    for (text, _) in PLACES {
        input.push_str(&format!(".complete {text}\n.help .quit\n"));
    }
    let ran = place
        .run_with(&["--data", "DeviceNetworkEvents=events.ndjson"], &input)
        .code(0);
    let answers: Vec<&str> = ran.stdout.split(".quit\n    leave\n").collect();
    assert_eq!(answers.len(), PLACES.len() + 1, "{ran:#?}");
    let mut wrong = Vec::new();
    for ((text, wanted), answer) in PLACES.iter().zip(answers) {
        let offered: Vec<&str> = answer
            .lines()
            .filter_map(|line| line.split('\t').next())
            .collect();
        let fits = match wanted.is_empty() {
            true => offered.is_empty(),
            false => offered.starts_with(wanted),
        };
        if !fits {
            let first = &offered[..offered.len().min(6)];
            wrong.push(format!(
                "{text:?}\n    wanted {wanted:?}\n    got    {first:?}"
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        PLACES.len(),
        wrong.join("\n")
    );
}
