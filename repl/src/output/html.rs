//! `html`: a page that needs nothing else: a table for each result. Written row by row.

use super::cell::{Cells, escape_controls, is_right_aligned};
use super::{Sink, Writer};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_kql::types::Column;
use std::io::{self, Write};

/// The beginning of every page of ours.
pub const HEAD: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>huntql</title>\n<style>\nbody{font:14px/1.4 system-ui,sans-serif;margin:1.5rem;color:#222;background:#fff}\ntable{border-collapse:collapse;margin:0 0 2rem}\nth,td{border:1px solid #ddd;padding:.2rem .5rem;text-align:left;vertical-align:top;white-space:pre-wrap;overflow-wrap:anywhere}\nth{background:#f3f3f3;position:sticky;top:0}\ntd.n{text-align:right;white-space:nowrap}\nsvg{max-width:100%;height:auto}\n</style>\n</head>\n<body>\n";

pub const TAIL: &str = "</body>\n</html>\n";

/// Text of a page: nothing of it is markup.
pub fn escaped(text: &str, out: &mut String) {
    let mut plain = String::new();
    escape_controls(text, &mut plain);
    for character in plain.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
}

pub struct HtmlWriter {
    sink: Sink,
    columns: Vec<Column>,
    has_begun: bool,
}

impl HtmlWriter {
    pub fn new(sink: Sink) -> Self {
        Self {
            sink,
            columns: Vec::new(),
            has_begun: false,
        }
    }

    fn head(&mut self) -> io::Result<()> {
        if !self.has_begun {
            self.has_begun = true;
            self.sink.write_all(HEAD.as_bytes())?;
        }
        Ok(())
    }
}

impl Writer for HtmlWriter {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        self.head()?;
        self.columns = columns.to_vec();
        let mut head = String::from("<table>\n<thead><tr>");
        for column in columns {
            head.push_str(&format!("<th title=\"{}\">", column.ty));
            escaped(&column.name, &mut head);
            head.push_str("</th>");
        }
        head.push_str("</tr></thead>\n<tbody>\n");
        self.sink.write_all(head.as_bytes())
    }

    fn batch(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let cells = Cells::of(batch, &self.columns)?;
        let (mut line, mut text) = (String::new(), String::new());
        for row in 0..cells.rows {
            line.clear();
            line.push_str("<tr>");
            for (index, column) in self.columns.iter().enumerate() {
                line.push_str(match is_right_aligned(column.ty) {
                    true => "<td class=\"n\">",
                    false => "<td>",
                });
                text.clear();
                cells.text(row, index, &mut text);
                escaped(&text, &mut line);
                line.push_str("</td>");
            }
            line.push_str("</tr>\n");
            self.sink.write_all(line.as_bytes())?;
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.sink.write_all(b"</tbody>\n</table>\n")?;
        self.sink.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.head()?;
        self.sink.write_all(TAIL.as_bytes())?;
        self.sink.flush()
    }
}
