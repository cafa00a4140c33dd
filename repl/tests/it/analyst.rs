//! Forty and more things that an analyst does in the shell, in a small window and in a large one.
#![cfg(unix)]

use crate::support::{Place, text};
use crate::terminal::{CTRL_C, CTRL_D, CTRL_R, CTRL_U, ENTER, TAB, Terminal, UP};
use std::path::{Path, PathBuf};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples")
}

struct Desk {
    place: Place,
    terminal: Terminal,
}

/// A store with the samples' day and a shell over it, its clock at the end of the data.
fn sit_down(window: (u16, u16), variables: &[(&str, &str)]) -> Desk {
    let place = Place::new();
    let (logs, config) = (samples().join("logs"), samples().join("huntql.toml"));
    place
        .run(&["ingest", text(&logs), "--config", text(&config), "--unmask"])
        .code(0);
    let arguments = ["--config", text(&config), "--now", "data-end"];
    let terminal = Terminal::open(&place, window, &arguments, variables);
    Desk { place, terminal }
}

fn works_a_day(window: (u16, u16)) {
    let editor = "sh -c 'echo \"print Edited = 40 + 2\" > $0'";
    let mut desk = sit_down(window, &[("EDITOR", editor)]);
    desk.terminal.answers(&["`.help` tells more"]);
    looks_around(&mut desk.terminal);
    asks(&mut desk.terminal);
    pastes(&mut desk.terminal);
    completes(&mut desk.terminal);
    errs(&mut desk.terminal);
    reads_results(&mut desk.terminal);
    narrows_the_time(&mut desk.terminal);
    draws(&mut desk.terminal);
    writes_files(&mut desk);
    keeps_and_sets(&mut desk);
    goes_back(&mut desk.terminal);
    stops_what_takes_too_long(&mut desk.terminal);
    desk.terminal.clear();
    desk.terminal.keys(CTRL_D);
    assert_eq!(desk.terminal.ends(), 0);
}

#[test]
fn a_day_at_a_small_terminal() {
    works_a_day((80, 24));
}

#[test]
fn a_day_at_a_large_terminal() {
    works_a_day((200, 50));
}

fn looks_around(terminal: &mut Terminal) {
    terminal.types(".tables DeviceNetworkE", &["* DeviceNetworkEvents"]);
    terminal.types(".schema Proxies", &["Address", "string"]);
    terminal.types(".help strlen", &["strlen(string) -> long"]);
    terminal.types(".help .keep", &[".keep NAME"]);
    terminal.types(".functions sha256", &["hash_sha256()"]);
    terminal.types(".proxies", &["gw-01"]);
    terminal.types(
        ".timeline ws-02 --around 2026-03-02T10:15:20Z --window 1m",
        &["was kept by network protection"],
    );
}

fn asks(terminal: &mut Terminal) {
    let seen = terminal.types("DeviceNetworkEvents | count", &["Count", "1 row,"]);
    assert!(seen.contains("memory") || seen.contains("files"), "{seen}");
    // Goes on from the query before.
    terminal.types(
        "DeviceNetworkEvents | summarize Hits = count() by RemotePort",
        &["Hits", "rows,"],
    );
    terminal.types("| top 3 by Hits", &["3 rows,"]);
    // A bare table waits for more, an empty line runs.
    terminal.clear();
    for line in [
        "DeviceNetworkEvents",
        "| where RemotePort == 443",
        "| count",
    ] {
        terminal.keys(line);
        terminal.keys(ENTER);
    }
    terminal.keys(ENTER);
    terminal.answers(&["Count", "1 row,"]);
    // So does a semicolon.
    terminal.clear();
    terminal.keys("let Port = 53;");
    terminal.keys(ENTER);
    terminal.keys("DeviceNetworkEvents | where RemotePort == Port | summarize Asked = count();");
    terminal.keys(ENTER);
    terminal.answers(&["Asked", "1 row,"]);
    terminal.types(
        "DeviceNetworkEvents | where RemoteIP != \"ProxyIP\" | count",
        &["equals no address"],
    );
}

fn pastes(terminal: &mut Terminal) {
    terminal.clear();
    terminal.paste("// busiest hosts\n\nDeviceNetworkEvents\n// not the proxy\n\n| where RemoteIP !in (ProxyIPs())\n| extend Note = ```two\n\nlines```\n| summarize Busy = count() by Note\n| take 1");
    terminal.sees("| take 1");
    terminal.keys(ENTER);
    terminal.answers(&["Busy", "two\\n\\nlines", "1 row,"]);
    // Several queries and a command, one after the other.
    terminal.clear();
    terminal.paste("print First = 1\n\nprint Second = 2\n\n.help .limit");
    terminal.sees(".help .limit");
    terminal.keys(ENTER);
    terminal.answers(&["First", "Second", ".limit [N]"]);
}

/// Types the beginning of something and Tab; waits for what is offered, and throws it away.
fn completes_to(terminal: &mut Terminal, beginning: &str, offered: &str) {
    terminal.clear();
    terminal.keys(beginning);
    terminal.keys(TAB);
    terminal.sees(offered);
    terminal.keys(CTRL_C);
    terminal.answers(&[]);
}

fn completes(terminal: &mut Terminal) {
    completes_to(terminal, "DeviceNetworkEv", "DeviceNetworkEvents");
    completes_to(terminal, "DeviceNetworkEvents | summ", "| summarize");
    completes_to(
        terminal,
        "DeviceNetworkEvents | project Gate = RemotePort | where Gat",
        "where Gate",
    );
    completes_to(
        terminal,
        "DeviceNetworkEvents | where ActionType == \"ConnectionF",
        "ConnectionFailedAggregatedReport",
    );
    completes_to(terminal, ".fun", ".functions");
    // The signature of what is being called, behind the cursor.
    terminal.clear();
    terminal.keys("print strlen(");
    terminal.sees("strlen(string)");
    terminal.keys(CTRL_C);
    terminal.answers(&[]);
}

fn errs(terminal: &mut Terminal) {
    terminal.types(
        "DeviceNetworkEvents | where RemotePrt == 443",
        &["KS142", "did you mean `RemotePort`?"],
    );
    // Up brings it back to be mended.
    terminal.clear();
    terminal.keys(UP);
    terminal.sees("RemotePrt == 443");
    terminal.keys(CTRL_U);
    terminal.answers(&[]);
    terminal.types(
        "DeviceNetworkEvents | wher RemotePort == 443",
        &["did you mean `where`?"],
    );
    terminal.types(".shcema DeviceInfo", &["did you mean `.schema`?"]);
    // Typed, and thought better of.
    terminal.clear();
    terminal.keys("DeviceNetworkEvents | sort by");
    terminal.sees("sort by");
    terminal.keys(CTRL_C);
    terminal.answers(&["sort by"]);
}

fn reads_results(terminal: &mut Terminal) {
    terminal.types(".limit 4", &[]);
    terminal.types(
        "range x from 1 to 1204 step 1",
        &["4 of 1,204 rows; .limit 0 shows all"],
    );
    terminal.types(".limit 50", &[]);
    // Too many columns for a line. Of this kind is one row, with few values: it fits into the small window.
    terminal.types(
        "DeviceNetworkEvents | where ActionType == \"IcmpConnectionInspected\"",
        &["─── row 1", "1 row,"],
    );
    let seen = terminal.types(
        "print Short = 1, Long = strcat_array(repeat(\"abcdefgh\", 60), \"\")",
        &["long cells are cut at `…`"],
    );
    assert!(seen.contains('…'), "{seen}");
    terminal.types(".expand 1", &["abcdefghabcdefghabcdefgh"]);
    terminal.types(
        "DeviceNetworkEvents | where AdditionalFields has_cs \"method\" | summarize min(AdditionalFields)",
        &["1 row,"],
    );
    terminal.types(".expand", &["    \"method\": "]);
    terminal.types(".format json", &[]);
    terminal.types("print Shape = 'json'", &["{\"Shape\":\"json\"}"]);
    terminal.types(".format table", &[]);
    terminal.types(".timer off", &["timer: off"]);
    let seen = terminal.types("print Quick = 1", &["1 row"]);
    assert!(!seen.contains(" s\n"), "{seen}");
    terminal.types(".timer on", &["timer: on"]);
}

fn narrows_the_time(terminal: &mut Terminal) {
    terminal.types(".timespan", &["rows of all times are there"]);
    terminal.types(".timespan 2026-03-02T08:00/PT1H", &[]);
    terminal.types(
        "DeviceNetworkEvents | summarize Latest = max(Timestamp)",
        &["2026-03-02T08:", "1 row,"],
    );
    terminal.types(".timespan soon", &["expected a length"]);
    terminal.types(".timespan off", &[]);
    terminal.types(
        "DeviceNetworkEvents | summarize Latest = max(Timestamp) | where Latest > datetime(2026-03-02 10:00)",
        &["1 row,"],
    );
}

fn draws(terminal: &mut Terminal) {
    terminal.types(
        "DeviceNetworkEvents | summarize Events = count() by bin(Timestamp, 1h) | render timechart",
        &["Events", "┤", "└"],
    );
    terminal.types(
        "DeviceNetworkEvents | summarize count() by ActionType | render piechart",
        &["ConnectionSuccess", " % ("],
    );
    terminal.types(
        "datatable(K: string, A: long, B: long)[\"x\", 3, 4, \"y\", 1, 9] | render columnchart with (kind=stacked, yaxis=log)",
        &["series are not stacked"],
    );
    terminal.types(
        "range t from 1 to 30 step 1 | extend v = t % 7 | render anomalychart",
        &["no anomalies are marked"],
    );
}

fn writes_files(desk: &mut Desk) {
    let Desk { place, terminal } = desk;
    let read = |name: &str| std::fs::read_to_string(place.path(name)).unwrap();
    terminal.types(".once rows.csv", &[]);
    terminal.types("print A = 1, B = 'x'", &["1 row", "into rows.csv"]);
    assert_eq!(read("rows.csv"), "A,B\n1,x\n");
    terminal.types(".once rows.xlsx", &[]);
    terminal.types("print A = 1, T = now()", &["into rows.xlsx"]);
    let bytes = std::fs::read(place.path("rows.xlsx")).unwrap();
    assert!(bytes.starts_with(b"PK"));
    terminal.types(".output all.ndjson", &[]);
    terminal.types("print A = 1", &["into all.ndjson"]);
    terminal.types("print A = 2", &["into all.ndjson"]);
    terminal.types(".output", &[]);
    assert_eq!(read("all.ndjson"), "{\"A\":1}\n{\"A\":2}\n");
    terminal.types("print Seen = 'again'", &["again", "1 row,"]);
}

fn keeps_and_sets(desk: &mut Desk) {
    let Desk { place, terminal } = desk;
    terminal.types(
        "DeviceNetworkEvents | summarize Hits = count() by DeviceName",
        &["rows,"],
    );
    terminal.types(".keep Talkers", &["Talkers:", "for this session"]);
    terminal.types("Talkers | summarize Most = max(Hits)", &["Most", "1 row,"]);
    terminal.types(".set Host ws-07", &[]);
    terminal.types(
        "declare query_parameters(Host: string); print Who = strcat(Host, '!')",
        &["ws-07!"],
    );
    terminal.types(".set now 2026-03-02T12:00", &[]);
    terminal.types("print now()", &["2026-03-02T12:00:00.0000000Z"]);
    terminal.types(".set now data-end", &[]);
    place.write(
        "two.kql",
        "print One = 1\n\n.timer off\nprint Two = 2\n| project Two\n\n.timer on\n",
    );
    terminal.types(".source two.kql", &["One", "Two", "timer: on"]);
    terminal.types(".explain print 1", &["physical plan"]);
    place.write(
        "more.ndjson",
        "{\"Timestamp\":\"2026-03-02T09:00:00Z\",\"Name\":\"late\"}\n",
    );
    terminal.types(".ingest more.ndjson", &[]);
    terminal.types("\\e", &["Edited", "42"]);
}

fn goes_back(terminal: &mut Terminal) {
    terminal.types(".history top 3", &["| top 3 by Hits"]);
    terminal.clear();
    terminal.keys(CTRL_R);
    terminal.keys("First");
    terminal.sees("First = 1");
    terminal.keys(CTRL_C);
    terminal.answers(&[]);
}

/// Far more pairs than a day has time for.
const ENDLESS: &str = "let All = DeviceNetworkEvents | project One = 1; All | join kind=inner All on One | join kind=inner All on One | join kind=inner All on One | summarize Pairs = count()";

fn stops_what_takes_too_long(terminal: &mut Terminal) {
    terminal.clear();
    terminal.keys(ENDLESS);
    terminal.keys(ENTER);
    // The line of progress.
    terminal.sees("rows read");
    terminal.keys(CTRL_C);
    terminal.answers(&["stopped"]);
    let seen = terminal.types("print Still = 'here'", &["here", "1 row,"]);
    assert!(!seen.contains("rows read"), "{seen}");
}

#[test]
fn output_that_does_not_fit_goes_through_the_pager() {
    let place = Place::new();
    let variables = [("PAGER", "sed s/^/paged:/")];
    let mut terminal = Terminal::open(&place, (80, 24), &[], &variables);
    terminal.types("range x from 1 to 40 step 1", &["paged:│ 40 │", "40 rows"]);
    terminal.types("range x from 1 to 3 step 1", &["│ 3 │", "3 rows"]);
}

#[test]
fn a_profile_and_a_timeout_hold_in_the_shell_too() {
    let place = Place::new();
    let arguments = ["--profile", "defender", "--max-rows", "7", "--timeout", "2"];
    let mut terminal = Terminal::open(&place, (80, 24), &arguments, &[("NO_COLOR", "1")]);
    terminal.types("range x from 1 to 9 step 1", &["only the first 7 rows"]);
    let endless = "let All = range x from 1 to 5000 step 1 | project One = 1; All | join kind=inner All on One | join kind=inner All on One | join kind=inner All on One | count";
    terminal.types(endless, &["longer than 2 s (--timeout)"]);
    terminal.types("print Still = 'here'", &["here"]);
}
