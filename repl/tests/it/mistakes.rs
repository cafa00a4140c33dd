//! The commonest mistakes, each with the error that a colleague would call helpful.

use crate::support::Place;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// A query over `DeviceNetworkEvents` (`T` in the text), its code, where the caret stands, a part of the message, a part of the help.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const MISTAKES: &[Row] = &[
    (
        "T | where RemoteIpp == 'x'",
        "KS142",
        "RemoteIpp",
        "not a known column",
        "`RemoteIP`",
    ),
    (
        "T | wher RemotePort == 443",
        "KS176",
        "wher",
        "not a known operator",
        "`where`",
    ),
    (
        "T | where strlne(RemoteUrl) > 5",
        "KS211",
        "strlne",
        "not a known function",
        "`strlen`",
    ),
    (
        "DeviceNetworkEvent | take 5",
        "KS204",
        "DeviceNetworkEvent",
        "not a known table",
        "`DeviceNetworkEvents`",
    ),
    (
        "deviceNetworkEvents | take 5",
        "KS204",
        "deviceNetworkEvents",
        "not a known table",
        "`DeviceNetworkEvents`",
    ),
    (
        "T where RemotePort == 443",
        "KS198",
        "where",
        "found `where`",
        "a `|` is missing",
    ),
    (
        "T | where RemotePort = 443",
        "HQ001",
        "=",
        "does not compare",
        "write `==`",
    ),
    (
        "SELECT * FROM T WHERE RemotePort = 443",
        "KS198",
        "T",
        "found",
        "this is SQL",
    ),
    (
        "select RemoteIP from T",
        "KS198",
        "RemoteIP",
        "found",
        "the table comes first",
    ),
    (
        "T | where RemoteUrl LIKE '%x%'",
        "KS198",
        "LIKE",
        "found `LIKE`",
        "`contains`",
    ),
    (
        "T | where RemotePort == 443 & Protocol == 'Tcp'",
        "KS002",
        "&",
        "no meaning",
        "write `and`",
    ),
    (
        "T | where RemotePort == 443 && Protocol == 'Tcp'",
        "KS002",
        "&",
        "no meaning",
        "write `and`",
    ),
    (
        "T | where RemotePort == 443 || RemotePort == 80",
        "KS176",
        "|",
        "found `|`",
        "write `or`",
    ),
    (
        "T | where RemotePort == 443 AND Protocol == 'Tcp'",
        "KS198",
        "AND",
        "found `AND`",
        "lower case: `and`",
    ),
    (
        "T | where RemotePort == 443 OR RemotePort == 80",
        "KS198",
        "OR",
        "found `OR`",
        "lower case: `or`",
    ),
    (
        "T | WHERE RemotePort == 443",
        "KS176",
        "WHERE",
        "not a known operator",
        "`where`",
    ),
    (
        "T | where RemoteUrl != null",
        "KS142",
        "null",
        "`null`",
        "`isnotnull(…)`",
    ),
    (
        "T | where RemoteUrl is null",
        "KS198",
        "is",
        "found `is`",
        "`isnull(…)`",
    ),
    (
        "T | where RemoteUrl is not null",
        "KS198",
        "is",
        "found `is`",
        "`isnotnull(…)`",
    ),
    (
        "T | where RemotePort == 443)",
        "KS198",
        ")",
        "found `)`",
        "no bracket is open",
    ),
    (
        "T | where RemotePort has '44'",
        "KS107",
        "RemotePort",
        "int stands where a string",
        "`tostring(…)`",
    ),
    (
        "T | where Timestamp > 7d",
        "SEM0064",
        "Timestamp > 7d",
        "datetime cannot be compared with a timespan",
        "`ago(7d)`",
    ),
    (
        "T | where Timestamp > '2026-01-01'",
        "SEM0064",
        "Timestamp > '2026-01-01'",
        "datetime",
        "`datetime(2026-03-04)`",
    ),
    (
        "T | where RemoteUrl == “example”",
        "KS002",
        "“",
        "no meaning",
        "straight quote",
    ),
    (
        "T | where RemoteUrl == ‘example’",
        "KS002",
        "‘",
        "no meaning",
        "straight quote",
    ),
    (
        "T | where not RemoteUrl has 'x'",
        "KS198",
        "RemoteUrl",
        "found",
        "write `not(…)`",
    ),
    (
        "T | where RemoteUrl not contains 'x'",
        "KS198",
        "not",
        "found `not`",
        "begin with `!`",
    ),
    (
        "T | where RemotePort not in (443)",
        "KS198",
        "not",
        "found `not`",
        "begin with `!`",
    ),
    (
        "T | where RemotePort between 80 and 443",
        "KS005",
        "80",
        "expected `(`",
        "`between (low .. high)`",
    ),
    (
        "T | where RemotePort between (80, 443)",
        "KS198",
        ",",
        "found `,`",
        "`between (low .. high)`",
    ),
    (
        "T | where RemotePort in 443, 80",
        "KS005",
        "443",
        "expected `(`",
        "in brackets",
    ),
    (
        "T | where RemoteUrl has_any 'a', 'b'",
        "KS005",
        "'a'",
        "expected `(`",
        "in brackets",
    ),
    (
        "T | summarize count by RemoteIP",
        "KS142",
        "count",
        "`count`",
        "write `count(…)`",
    ),
    (
        "T | summarize count(*) by RemoteIP",
        "KS119",
        "count(*)",
        "does not take `*`",
        "write `count()`",
    ),
    (
        "T | summarize dcount(RemoteIP) group by DeviceName",
        "KS198",
        "group",
        "found `group`",
        "`by` alone",
    ),
    (
        "T | group by RemoteIP",
        "KS176",
        "group",
        "not a known operator",
        "`summarize … by …`",
    ),
    (
        "T | having count_ > 5",
        "KS176",
        "having",
        "not a known operator",
        "write `where`",
    ),
    (
        "T | count by RemoteIP",
        "KS198",
        "by",
        "found `by`",
        "`summarize count() by …`",
    ),
    (
        "T | order RemotePort",
        "KS005",
        "RemotePort",
        "expected `by`",
        "`order by …`",
    ),
    (
        "T | sort by RemotePort descending",
        "KS198",
        "descending",
        "found",
        "write `desc`",
    ),
    (
        "T | project RemoteIP RemotePort",
        "KS198",
        "RemotePort",
        "found",
        "a `,` is missing",
    ),
    (
        "T | project RemoteIP as IP",
        "KS198",
        "as",
        "found `as`",
        "`NewName = Column`",
    ),
    (
        "T | project RemoteIP, | take 5",
        "KS006",
        "|",
        "expected an expression",
        "a comma too many",
    ),
    (
        "T | where RemotePort == 443 and | take 5",
        "KS006",
        "|",
        "expected an expression",
        "missing behind `and`",
    ),
    ("T | | take 5", "KS176", "|", "found `|`", "a `|` too many"),
    (
        "| where RemotePort == 443",
        "KS006",
        "|",
        "found `|`",
        "begins with a table",
    ),
    (
        "T | where RemotePort == 443; | take 5",
        "KS006",
        "|",
        "found `|`",
        "the `;` ends the query",
    ),
    (
        "let x = 5 T | where RemotePort == x",
        "KS198",
        "T",
        "found",
        "a `;` ends each `let`",
    ),
    (
        "T | join DeviceEvents",
        "KS111",
        "join",
        "needs `on`",
        "`on DeviceId`",
    ),
    (
        "T | join kind=outer DeviceEvents on DeviceId",
        "KS106",
        "outer",
        "not a kind of join",
        "`fullouter`",
    ),
    (
        "T | join DeviceEvents on left.DeviceId == right.DeviceId",
        "KS111",
        "left.DeviceId == right.DeviceId",
        "a column of each side",
        "`$left.a == $right.b`",
    ),
    (
        "T | where Timestamp > ago('7d')",
        "KS107",
        "'7d'",
        "a timespan is needed",
        "without quotes",
    ),
    (
        "T | where Timestamp > ago(7 d)",
        "KS198",
        "d",
        "found `d`",
        "without a space",
    ),
    (
        "T | where Timestamp > now() - 7",
        "KS107",
        "now() - 7",
        "`-` does not go with a datetime and a long",
        "`7d`",
    ),
    (
        "T | where RemoteIP == 203.0.113.9",
        "KS005",
        "113.9",
        "expected a name",
        "in quotes",
    ),
    (
        "T | where RemoteUrl == 'a' + 5",
        "KS107",
        "'a' + 5",
        "does not go with",
        "`strcat(…)`",
    ),
    (
        "T | where RemoteUrl == 'C:\\Windows'",
        "KS004",
        "\\W",
        "not an escape",
        "`@` before the string",
    ),
    (
        "T | where RemoteIP startwith '10.'",
        "KS198",
        "startwith",
        "found",
        "`startswith`",
    ),
    (
        "T | where RemoteIP.contains('10.')",
        "KS005",
        "contains",
        "expected a name",
        "between its sides",
    ),
    (
        "T | where isnull RemoteUrl",
        "KS198",
        "RemoteUrl",
        "found",
        "write `isnull(…)`",
    ),
    (
        "T | where count() > 5",
        "KS215",
        "count",
        "cannot stand here",
        "`summarize`",
    ),
    (
        "T | where RemotePort === 443",
        "KS006",
        "=",
        "found `=`",
        "write `==`",
    ),
    (
        "T | where RemotePort => 443",
        "KS198",
        "=>",
        "found `=>`",
        "write `>=`",
    ),
    (
        "T | where [RemotePort] == 443",
        "KS005",
        "[",
        "expected a name",
        "`['a name']`",
    ),
    (
        "T | extend x = if(RemotePort == 443, 1, 0)",
        "KS211",
        "if",
        "not a known function",
        "`iff`",
    ),
    (
        "T | case when RemotePort == 443 then 1 end",
        "KS176",
        "case",
        "not a known operator",
        "is a function",
    ),
    (
        "T /* all */ | take 5",
        "KS198",
        "all",
        "found",
        "`//` before a comment",
    ),
    (
        "T # all",
        "KS002",
        "#",
        "no meaning",
        "`//` before a comment",
    ),
    (
        "T | render timechart by bin(Timestamp, 1h)",
        "KS198",
        "(",
        "found `(`",
        "`summarize`",
    ),
    (
        "T | where NOT RemotePort == 80",
        "KS198",
        "RemotePort",
        "found",
        "`not` is a function",
    ),
    (
        "T | RemotePort == 443",
        "KS176",
        "RemotePort",
        "not a known operator",
        "`where RemotePort == …`",
    ),
    (
        "T | Port = RemotePort",
        "KS176",
        "Port",
        "not a known operator",
        "`extend Port = …`",
    ),
    (
        "T | strcat(DeviceName, 'x')",
        "KS176",
        "strcat",
        "not a known operator",
        "`extend strcat(…)`",
    ),
    (
        "T | top 10",
        "KS198",
        "",
        "found the end",
        "`top 10 by Column`",
    ),
    (
        "T | top 10 RemotePort",
        "KS198",
        "RemotePort",
        "found",
        "`top 10 by Column`",
    ),
    ("T | take", "KS006", "", "found the end", "`take 10`"),
    (
        "T | summarize count(DISTINCT DeviceName)",
        "KS198",
        "DeviceName",
        "found",
        "`dcount(Column)`",
    ),
    (
        "T | summarize countdistinct(DeviceName)",
        "KS211",
        "countdistinct",
        "not a known function",
        "`count_distinct`",
    ),
    (
        "T | where Timestamp > ago(7 days)",
        "KS198",
        "days",
        "found",
        "`7d`",
    ),
    (
        "T | where DeviceName starts with 'x'",
        "KS198",
        "starts",
        "found",
        "`startswith`",
    ),
    (
        "T | where DeviceName matches 'x.*'",
        "KS198",
        "matches",
        "found",
        "`matches regex",
    ),
    (
        "T | where DeviceName has ['a', 'b']",
        "KS005",
        "[",
        "found",
        "`has_any",
    ),
    (
        "T | where DeviceName =~ /x.*/",
        "KS006",
        "/",
        "found",
        "`matches regex",
    ),
    (
        "T | inner join DeviceInfo on DeviceId",
        "KS176",
        "inner",
        "not a known operator",
        "`join kind=inner",
    ),
    (
        "T | left join DeviceInfo on DeviceId",
        "KS176",
        "left",
        "not a known operator",
        "`join kind=leftouter",
    ),
    (
        "T | union all DeviceInfo",
        "KS198",
        "DeviceInfo",
        "found",
        "leave `all` out",
    ),
    (
        "T | where substr(DeviceName, 0, 3) == 'x'",
        "KS211",
        "substr",
        "not a known function",
        "`substring(",
    ),
    (
        "T | where len(DeviceName) > 3",
        "KS211",
        "len",
        "not a known function",
        "`strlen(",
    ),
    (
        "T | extend A = concat(DeviceName, 'x')",
        "KS211",
        "concat",
        "not a known function",
        "`strcat(",
    ),
    (
        "T | extend A = nvl(DeviceName, 'x')",
        "KS211",
        "nvl",
        "not a known function",
        "`coalesce(",
    ),
    (
        "T | extend A = date_trunc('hour', Timestamp)",
        "KS211",
        "date_trunc",
        "not a known function",
        "`bin(",
    ),
    (
        "T | summarize A = median(RemotePort)",
        "KS211",
        "median",
        "not a known function",
        "`percentile(",
    ),
    (
        "T | extend A = RemotePort == 80 ? 1 : 2",
        "KS198",
        "?",
        "found",
        "`iff(",
    ),
    (
        "T | extend = 5",
        "KS006",
        "=",
        "found",
        "`extend Name = value`",
    ),
    ("T | extend A := 5", "KS006", "=", "found", "`Name = value`"),
    (
        "T | make-series count() by DeviceName",
        "KS198",
        "by",
        "found",
        "`make-series … on Timestamp",
    ),
    (
        "T | sort by Timestamp | extend N = rownumber()",
        "KS211",
        "rownumber",
        "not a known function",
        "`row_number`",
    ),
    ("print 5 mod 3", "KS198", "mod", "found", "`%`"),
    (
        "let x 5; print x",
        "KS005",
        "5",
        "expected `=`",
        "`let Name = value;`",
    ),
    (
        "/* all */ T | take 1",
        "KS006",
        "/",
        "found",
        "`//` before a comment",
    ),
    (
        "T | render pie",
        "SYN0001",
        "pie",
        "not a known visualization",
        "`piechart`",
    ),
    (
        "T | where Timestamp > 2026-03-01",
        "SEM0064",
        "Timestamp > 2026-03-01",
        "a datetime cannot be compared with a long",
        "`datetime(2026-03-04)`",
    ),
    (
        "T | mv-expand DeviceName",
        "KS107",
        "DeviceName",
        "a dynamic is needed",
        "`parse_json(…)`",
    ),
    (
        "T | summarize sum(DeviceName)",
        "KS107",
        "DeviceName",
        "`sum` does not take a value of type string",
        "`tolong(…)`",
    ),
    (
        "T | summarize dcountif(DeviceName)",
        "KS119",
        "dcountif(DeviceName)",
        "takes 2 to 3 arguments, not 1 argument",
        "",
    ),
    (
        "T | summarize avg(RemotePort) by DeviceName | where avg_ > 5",
        "KS142",
        "avg_",
        "not a known column",
        "`avg_RemotePort`",
    ),
    (
        "T | summarize count() by DeviceName | where Timestamp > ago(1d)",
        "KS142",
        "Timestamp",
        "not a known column",
        "`count_`",
    ),
    (
        "T | where DeviceName !contain 'x'",
        "KS002",
        "!",
        "no meaning",
        "`!contains`",
    ),
    ("T ¦ take 1", "KS002", "¦", "no meaning", "write `|`"),
    (
        "T | where DeviceName contains_any ('a', 'b')",
        "KS198",
        "contains_any",
        "found",
        "`has_any (…)`",
    ),
    (
        "T | join kind=inner (DeviceInfo) DeviceId",
        "KS198",
        "DeviceId",
        "found",
        "write `on DeviceId`",
    ),
    (
        "T | join kind=inner on DeviceId",
        "KS198",
        "DeviceId",
        "found",
        "in front of `on`",
    ),
    (
        "T | render timechart with title='x'",
        "KS198",
        "with",
        "found",
        "with (title=",
    ),
    (
        "let f = (x) { x + 1 }; print f(1)",
        "KS005",
        ")",
        "expected `:`",
        "`x: long`",
    ),
    (
        "let f = (x:int) { x + 1 } print f(1)",
        "KS005",
        "print",
        "expected `;`",
        "`;`",
    ),
    (
        "T | summarize max(*) by DeviceName",
        "KS119",
        "max(*)",
        "does not take `*`",
        "`max(Column)`",
    ),
    ("print [1,2,3]", "KS005", "[", "found `[`", "`dynamic([…])`"),
    (
        "range x from 1 to 10",
        "KS198",
        "",
        "found the end",
        "step Step",
    ),
    (
        "T | where Timestamp > ago(7)",
        "KS107",
        "7",
        "timespan is needed",
        "`7d`",
    ),
    (
        "T | summarize countif(RemotePort)",
        "KS107",
        "RemotePort",
        "does not take",
        "write a condition",
    ),
    (
        "T | extend 'a' = 1",
        "KS198",
        "=",
        "found `=`",
        "without quotes",
    ),
    (
        "T | where and RemotePort == 80",
        "KS006",
        "and",
        "found `and`",
        "in front of `and`",
    ),
];

/// The findings of all queries, by file.
fn check(texts: &[String]) -> Vec<Vec<Value>> {
    let place = Place::new();
    for (at, text) in texts.iter().enumerate() {
        place.write(&format!("hunts/{at:03}.kql"), text);
    }
    let ran = place.run(&["check", "--no-lints", "--error-format", "json", "hunts"]);
    let ran = ran.code(1).says("with errors");
    let findings: Vec<Value> = serde_json::from_str(&ran.stdout).unwrap();
    let of = |at: usize| {
        findings
            .iter()
            .filter(move |one| one["file"] == format!("hunts/{at:03}.kql"))
    };
    (0..texts.len())
        .map(|at| of(at).cloned().collect())
        .collect()
}

/// The text that a finding of a query of one line points at.
fn place_of(text: &str, finding: &Value) -> String {
    let column = |key: &str| usize::try_from(finding[key].as_u64().unwrap()).unwrap() - 1;
    let (start, end) = (column("column"), column("end_column"));
    text.chars().skip(start).take(end - start).collect()
}

#[test]
fn each_mistake_has_its_code_its_place_and_its_help() {
    let queries: Vec<String> = MISTAKES
        .iter()
        .map(|(text, ..)| {
            let words = text.split(' ').map(|word| {
                if word == "T" {
                    "DeviceNetworkEvents"
                } else {
                    word
                }
            });
            words.collect::<Vec<_>>().join(" ")
        })
        .collect();
    let mut wrong = Vec::new();
    for ((row, text), findings) in MISTAKES.iter().zip(&queries).zip(check(&queries)) {
        let (_, code, place, message, help) = row;
        let place = if *place == "T" {
            "DeviceNetworkEvents"
        } else {
            place
        };
        let says = |finding: &Value| {
            finding["code"] == *code
                && place_of(text, finding) == place
                && finding["message"].as_str().unwrap().contains(message)
                && finding["help"].as_str().unwrap_or_default().contains(help)
        };
        if !findings.first().is_some_and(says) {
            wrong.push(format!("{text}\n  {findings:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(MISTAKES.len() >= 50);
}

#[test]
fn an_open_bracket_is_shown_where_it_is_opened() {
    let ran = Place::new()
        .run(&["check", "DeviceNetworkEvents | where (RemotePort == 443"])
        .code(1);
    assert!(ran.stderr.contains("this bracket is open"), "{ran:#?}");
}

/// Codes that stand in the sources of the program.
fn codes_in(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            codes_in(&path, codes);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for quoted in text.split('"') {
            let digits = quoted.trim_start_matches(|c: char| c.is_ascii_uppercase());
            let letters = &quoted[..quoted.len() - digits.len()];
            let is_code = ["KS", "SEM", "SYN", "HQ"].contains(&letters)
                && (3..=4).contains(&digits.len())
                && digits.chars().all(|c| c.is_ascii_digit());
            if is_code {
                codes.insert(quoted.to_owned());
            }
        }
    }
}

#[test]
fn every_code_has_a_line_in_the_docs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = std::fs::read_to_string(root.join("docs/errors.md")).unwrap();
    let mut codes = BTreeSet::new();
    for room in ["kql/src", "store/src", "engine/src", "jobs/src", "repl/src"] {
        codes_in(&root.join(room), &mut codes);
    }
    assert!(codes.len() > 40, "{codes:?}");
    let missing: Vec<_> = codes
        .iter()
        .filter(|code| !page.contains(&format!("| `{code}` |")))
        .collect();
    assert!(missing.is_empty(), "docs/errors.md lacks {missing:?}");
}

#[test]
fn every_lint_has_a_line_in_the_docs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = std::fs::read_to_string(root.join("docs/check.md")).unwrap();
    for lint in huntql_engine::lints::LINTS {
        let line = format!("| `{}` | `{}` | {} |", lint.code, lint.name, lint.doc);
        assert!(page.contains(&line), "docs/check.md lacks\n{line}");
    }
}
