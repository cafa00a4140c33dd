//! Logs whose lines follow a format string: the user's own (`--logformat`, `logformat` of a proxy in `huntql.toml`), and
//! those that products have by default, which are recognised by trying them.
//!
//! | format | read without a format string |
//! |---|---|
//! | squid-logformat | Squid's common and combined, and its native one with `%>p` behind it |
//! | apache | common, combined, vhost_combined, combinedio |
//! | nginx | combined, which is Apache's: only `--format nginx` tells that its time is the end |
//! | haproxy | httplog, httpslog, tcplog, each behind a syslog header or not |
//! | 3proxy | the format that it has without a `logformat` |
//!
//! A log of Apache or nginx is a proxy's when at least half of its first lines are a forward proxy's (CONNECT, or an
//! absolute URI); a web server gets some of those from scanners. A line for a path alone is rejected (`origin_form`).

use super::lines::{
    FormatError, Lines, Product, Source, Tally, compile, product_of, read_lines, survey,
};
use super::{Head, LogFormat, Sniff, w3c};
use crate::input::{Growth, Input};
use crate::options::Options;
use crate::output::Output;
use crate::{IngestError, Result};

/// One product whose log follows a format string.
pub(super) struct Logformat {
    name: &'static str,
    title: &'static str,
    spec: &'static str,
    product: Product,
    /// Names of the formats that are tried when none is told.
    tried: &'static [&'static str],
    /// Lines of the product that are no records, by name.
    other: fn(&str) -> Option<&'static str>,
    sniff: fn(Tally) -> Sniff,
}

pub(super) static SQUID: Logformat = Logformat {
    name: "squid-logformat",
    title: "Squid's access log in a format of its `logformat`",
    spec: "https://www.squid-cache.org/Doc/config/logformat/",
    product: Product::Squid,
    // Not its `referrer` and `useragent`: three fields are too few to know a log by, and they name no request.
    tried: &["squid-port", "common", "combined"],
    other: nothing,
    sniff: by_majority,
};

pub(super) static APACHE: Logformat = Logformat {
    name: "apache",
    title: "the access log of Apache as a forward proxy",
    spec: "https://httpd.apache.org/docs/2.4/mod/mod_log_config.html",
    product: Product::Apache,
    tried: &["combined", "common", "vhost_combined", "combinedio"],
    other: nothing,
    sniff: by_form,
};

pub(super) static NGINX: Logformat = Logformat {
    name: "nginx",
    title: "the access log of nginx as a forward proxy",
    spec: "https://nginx.org/en/docs/http/ngx_http_log_module.html",
    product: Product::Nginx,
    tried: &["combined"],
    other: nothing,
    sniff: |_| Sniff::No,
};

pub(super) static HAPROXY: Logformat = Logformat {
    name: "haproxy",
    title: "HAProxy's log",
    spec: "https://docs.haproxy.org/3.0/configuration.html#8.2",
    product: Product::HaProxy,
    tried: &["httplog", "tcplog", "httpslog"],
    other: other_of_haproxy,
    sniff: by_majority,
};

pub(super) static THREEPROXY: Logformat = Logformat {
    name: "3proxy",
    title: "3proxy's log",
    spec: "https://3proxy.org/doc/man3/3proxy.cfg.3.html",
    product: Product::ThreeProxy,
    tried: &["default"],
    other: nothing,
    sniff: by_majority,
};

static PRODUCTS: &[&Logformat] = &[&SQUID, &APACHE, &NGINX, &HAPROXY, &THREEPROXY];

fn nothing(_: &str) -> Option<&'static str> {
    None
}

/// `… haproxy[1]: Proxy main started.`, and connections that ended before a request: `… main/1: SSL handshake failure`.
fn other_of_haproxy(line: &str) -> Option<&'static str> {
    let tag = line.find("haproxy[")?;
    let (_, message) = line[tag..].split_once("]: ")?;
    let is_record = message.ends_with('"') || message.contains(" {") || message.contains(" \"");
    match message.starts_with(|c: char| c.is_ascii_digit() || c == ':') {
        false => Some("haproxy notice"),
        true if !is_record && message.contains("]") && message.contains(": ") => {
            Some("haproxy connection error")
        }
        true => None,
    }
}

fn by_majority(tally: Tally) -> Sniff {
    match tally.records > 0 && tally.bad <= 2 * tally.records {
        true => Sniff::Certain,
        false => Sniff::No,
    }
}

/// A web server's log looks the same but for what is asked for.
fn by_form(tally: Tally) -> Sniff {
    let read = tally.records + tally.origin_form;
    match tally.records {
        0 => Sniff::No,
        _ if tally.bad > 2 * read => Sniff::No,
        forward if 2 * forward >= read => Sniff::Certain,
        forward => Sniff::Unmapped(format!(
            "looks like a web server's access log: only {forward} of its first {read} requests are a forward proxy's; \
             `--format apache` reads those"
        )),
    }
}

impl LogFormat for Logformat {
    fn name(&self) -> &'static str {
        self.name
    }

    fn title(&self) -> &'static str {
        self.title
    }

    fn spec(&self) -> &'static str {
        self.spec
    }

    fn sniff(&self, head: &Head<'_>) -> Sniff {
        if self.product == Product::Nginx {
            return Sniff::No;
        }
        let templates: Vec<_> = self
            .tried
            .iter()
            .map(|name| compile(self.product, name))
            .collect();
        let lines = Lines {
            templates: &templates,
            other: self.other,
        };
        (self.sniff)(survey(&lines, head))
    }

    fn growth(&self, _: &Head<'_>) -> Growth {
        Growth::Lines
    }

    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let templates = match told(output.options, &input.name) {
            Some(text) => {
                let template = Source::parse(text, product_told(output.options))
                    .and_then(|source| source.template())
                    .map_err(|error| refused(text, &error))?;
                vec![template]
            }
            None => self
                .tried
                .iter()
                .map(|name| compile(self.product, name))
                .collect(),
        };
        let lines = Lines {
            templates: &templates,
            other: self.other,
        };
        read_lines(&lines, input, output)
    }
}

/// The format string that holds for a file: the command line's, else that of the proxy whose log it is.
pub(super) fn told<'a>(options: &'a Options, file: &str) -> Option<&'a str> {
    if let Some(text) = &options.logformat {
        return Some(text);
    }
    if options.format.is_some() {
        return None;
    }
    let owner = options
        .proxies
        .owner_of(file, options.from_proxy.as_deref())?;
    owner.logformat.as_deref()
}

fn product_told(options: &Options) -> Option<Product> {
    options.format.as_deref().and_then(product_of)
}

/// The format that the user told for a file, by `--logformat`, `--format` or the configuration; `None` leaves it to sniffing.
///
/// Errors tell what is wrong with a name or a format string, and where.
pub fn chosen(options: &Options, file: &str) -> Result<Option<&'static dyn LogFormat>> {
    if let Some(text) = told(options, file) {
        return of_logformat(text, options).map(Some);
    }
    options.format.as_deref().map(super::by_name).transpose()
}

/// Checks what the user told of formats before any file is touched.
pub fn check(options: &Options) -> Result<()> {
    chosen(options, "")?;
    if let Some(name) = &options.format
        && options.logformat.is_some()
        && product_told(options).is_none()
    {
        return Err(IngestError::Options(format!(
            "`--format {name}` has no format string; `--logformat` goes with squid-logformat, apache, nginx, haproxy, 3proxy, w3c"
        )));
    }
    for text in options
        .proxies
        .proxies()
        .iter()
        .filter_map(|proxy| proxy.logformat.as_deref())
    {
        of_logformat(text, options)?;
    }
    Ok(())
}

fn of_logformat(text: &str, options: &Options) -> Result<&'static dyn LogFormat> {
    let source =
        Source::parse(text, product_told(options)).map_err(|error| refused(text, &error))?;
    if source.product == Product::W3c {
        return Ok(&w3c::FORMAT);
    }
    source.template().map_err(|error| refused(text, &error))?;
    let format = PRODUCTS
        .iter()
        .find(|format| format.product == source.product)
        .expect("each product but W3C has its row");
    Ok(*format)
}

/// The error with a line that shows the place.
fn refused(text: &str, error: &FormatError) -> IngestError {
    let at = text
        .char_indices()
        .take_while(|(index, _)| *index < error.at)
        .count();
    IngestError::Options(format!(
        "the log format at character {}: {}\n  {}\n  {}^",
        at + 1,
        error.message,
        text.replace(['\n', '\r', '\t'], " "),
        " ".repeat(at)
    ))
}
