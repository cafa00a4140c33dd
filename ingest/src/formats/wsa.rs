//! Cisco Secure Web Appliance (WSA, IronPort): its native access log, Squid's line with the decision and a scan block behind.
//!
//! `TIME ELAPSED CLIENT RESULT/STATUS SIZE METHOD URL USER HIERARCHY/PEER TYPE DECISION <category,score,…> - …`
//! (spec: Cisco, "Monitor System Activity Through Logs – Access Log File Information", AsyncOS for Web user guide)
//!
//! | of the record | from |
//! |---|---|
//! | as Squid's | the first ten fields; the time is the end; a tunnel's URL is `tunnel://host:443/` |
//! | result | Denied where the decision tag begins with `BLOCK`, else as Squid's |
//! | Category | the first field of the scan block |
//! | AclTag, ScanVerdicts, Suffix | the decision tag, the block, and what custom fields stand behind it |

use super::line;
use super::network::NetworkTable;
use super::proxy::{ProxyLog, ProxyResult};
use super::squid::Entry;
use super::{Head, LogFormat, Sniff};
use crate::Result;
use crate::input::{Growth, Input, Line};
use crate::output::{Output, Refusal};
use crate::report::Skip;
use crate::text::{Escape, lossless};

pub(super) static FORMAT: Wsa = Wsa;

pub(super) struct Wsa;

impl LogFormat for Wsa {
    fn name(&self) -> &'static str {
        "wsa"
    }

    fn title(&self) -> &'static str {
        "Cisco WSA's native access log"
    }

    fn spec(&self) -> &'static str {
        "https://www.cisco.com/c/en/us/td/docs/security/wsa/wsa_12-0/user_guide/b_WSA_UserGuide_12_0/b_WSA_UserGuide_11_7_chapter_010101.html"
    }

    fn sniff(&self, head: &Head<'_>) -> Sniff {
        line::sniff(head, |line| Scanned::parse(line).is_ok())
    }

    fn growth(&self, _: &Head<'_>) -> Growth {
        Growth::Lines
    }

    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let table = NetworkTable::open(output);
        let log = ProxyLog::of(&input.name, output);
        line::each(input, output, |line, output| {
            read_line(line, &table, &log, output)
        })
    }
}

fn read_line(
    line: &Line<'_>,
    table: &NetworkTable,
    log: &ProxyLog,
    output: &mut Output<'_>,
) -> Result<()> {
    let place = line::place(line);
    let (text, escaped) = lossless(line.bytes, Escape::Plain);
    output.report.escaped_bytes += escaped;
    if text.starts_with('#') {
        output.skip(Skip::Comment);
        return Ok(());
    }
    match Scanned::parse(&text) {
        Ok(scanned) => {
            let (hierarchy, peer) = scanned.entry.hierarchy_and_peer();
            let more = [
                ("Hierarchy", hierarchy),
                ("TargetPeer", peer),
                ("AclTag", scanned.tag),
                ("ScanVerdicts", scanned.block),
                ("Suffix", scanned.suffix),
            ];
            let mut record = scanned.entry.record(&more);
            record.category = Some(scanned.category).filter(|category| *category != "-");
            record.user = record.user.map(|user| user.trim_matches('"'));
            if scanned.tag.starts_with("BLOCK")
                && record.result != ProxyResult::AuthenticationRequired
            {
                record.result = ProxyResult::Denied;
            }
            record.write("wsa", log, table, output.rows(table.id));
            output.keep(table.id, "wsa", line.bytes, place)
        }
        Err(refusal) => output.reject(refusal, line.bytes, place),
    }
}

/// A line in its parts.
struct Scanned<'a> {
    entry: Entry<'a>,
    tag: &'a str,
    block: &'a str,
    category: &'a str,
    suffix: &'a str,
}

impl<'a> Scanned<'a> {
    fn parse(line: &'a str) -> std::result::Result<Self, Refusal> {
        // A collector that speaks HTML writes the brackets as entities.
        let open = [" <", " &lt;"]
            .iter()
            .find_map(|open| Some((line.find(open)?, open.len())));
        let Some((open, width)) = open else {
            return Err(Refusal::new(
                "no_scan_block",
                "the line has no scan block `<…>`",
            ));
        };
        let behind = &line[open + width..];
        let close = [">", "&gt;"]
            .iter()
            .find_map(|close| Some((behind.find(close)?, close.len())));
        let Some((close, width)) = close else {
            return Err(Refusal::new("cut_off", "the scan block is not closed"));
        };
        let (head, tag) = line[..open]
            .rsplit_once(' ')
            .ok_or_else(|| Refusal::new("field_count", "the line ends before the decision tag"))?;
        let block = &behind[..close];
        let category = block.split(',').next().unwrap_or_default();
        Ok(Self {
            entry: Entry::parse(head)?,
            tag,
            block,
            category: category.trim_matches('"'),
            suffix: match behind[close + width..].trim() {
                "-" => "",
                suffix => suffix,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const LINE: &str = "1772438556.956 97 10.0.1.13 TCP_MISS/200 8187 CONNECT tunnel://www.bank.example:443/ \"CORP\\carla@ad\" DIRECT/www.bank.example - DEFAULT_CASE_12-Std-Office-NONE-NONE-NONE-DefaultGroup-NONE <\"IW_fnnc\",6.9,1,\"-\",-,-,-,-,\"-\"> - \"agent x\"";

    #[test]
    fn the_scan_block_and_the_tag_stand_apart_from_squids_fields() {
        let scanned = Scanned::parse(LINE).unwrap();
        assert_eq!(scanned.category, "IW_fnnc");
        assert!(scanned.tag.starts_with("DEFAULT_CASE_12-"));
        assert_eq!(scanned.suffix, "- \"agent x\"");
        let record = scanned.entry.record(&[]);
        assert_eq!(
            (record.target.host, record.target.port),
            ("www.bank.example", Some(443))
        );
    }

    #[test]
    fn escaped_brackets_are_brackets_and_a_cut_line_is_refused() {
        let escaped = LINE.replace(" <", " &lt;").replace("> ", "&gt; ");
        assert_eq!(Scanned::parse(&escaped).unwrap().category, "IW_fnnc");
        let cut = Scanned::parse(&LINE[..LINE.len() - 30]);
        assert_eq!(cut.err().unwrap().code, "cut_off");
    }
}
