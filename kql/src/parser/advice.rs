//! What people mean who write something in a place where it cannot stand: slips, and habits from other languages.

use crate::ast::BINARY_OPERATORS;
use crate::diagnostics::did_you_mean;
use crate::operators::OPERATORS;

/// A place where the text goes on in a way that KQL does not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'a> {
    pub source: &'a str,
    /// Where `found` begins.
    pub at: usize,
    /// The token that stands there; empty at the end of the text.
    pub found: &'a str,
    /// What could have stood there.
    pub expected: &'a [&'static str],
}

/// Words behind a finished expression, in lower case, and what to write instead.
const BEHIND_EXPRESSIONS: &[(&[&str], &str)] = &[
    (&["="], "write `==` to compare"),
    (&["=>"], "write `>=`"),
    (
        &["not"],
        "`not(…)` is a function; negated operators begin with `!`, as in `!has`",
    ),
    (
        &["is"],
        "write `isnull(…)` or `isnotnull(…)`; for text `isempty(…)` or `isnotempty(…)`",
    ),
    (
        &["like", "ilike", "rlike", "regexp"],
        "write `has`, `contains` or `startswith`; `matches regex` takes a pattern",
    ),
    (&["as"], "write `NewName = Column`"),
    (&["group"], "write `by` alone in front of the groups"),
    (&["ascending", "asc"], "write `asc`"),
    (&["descending", "desc"], "write `desc`"),
    (
        &["starts", "ends", "begins"],
        "write `startswith` or `endswith`",
    ),
    (&["contains_any", "has_some"], "write `has_any (…)`"),
    (&["matches"], "write `matches regex \"…\"`"),
    (&["mod"], "write `%`"),
    (&["div"], "write `/`"),
    (&["?"], "write `iff(condition, then, else)`"),
    (
        &["then", "else", "when"],
        "`case(condition, value, …, otherwise)` is a function",
    ),
];

/// Functions that are written like words in other languages.
const FUNCTIONS: &[&str] = &[
    "not",
    "isnull",
    "isnotnull",
    "isempty",
    "isnotempty",
    "exists",
];

/// Operators of other languages in the place of an operator, and what does their work.
const OTHER_OPERATORS: &[(&str, &str)] = &[
    ("select", "`project` picks columns"),
    ("group", "write `summarize … by …`"),
    ("groupby", "write `summarize … by …`"),
    (
        "having",
        "write `where`: behind `summarize` it filters the groups",
    ),
    (
        "case",
        "`case(condition, value, …, otherwise)` is a function: write `extend Name = case(…)`",
    ),
    ("from", "the table comes first: `Table | …`"),
    ("stats", "write `summarize`"),
    ("table", "write `project`"),
    ("eval", "write `extend`"),
    ("fields", "write `project`"),
    ("head", "write `take`"),
    ("dedup", "write `distinct`"),
    ("rename", "write `project-rename New = Old`"),
    ("drop", "write `project-away`"),
    ("orderby", "write `order by`"),
    ("sortby", "write `sort by`"),
    ("inner", "write `join kind=inner (…) on …`"),
    ("left", "write `join kind=leftouter (…) on …`"),
    ("right", "write `join kind=rightouter (…) on …`"),
    ("full", "write `join kind=fullouter (…) on …`"),
    ("outer", "write `join kind=fullouter (…) on …`"),
    ("exclude", "write `project-away`"),
    ("unique", "write `distinct`"),
    ("uniq", "write `distinct`"),
    (
        "tail",
        "write `sort by Timestamp desc | take 10`: rows without an order have no end",
    ),
    ("aggregate", "write `summarize`"),
    ("mutate", "write `extend`"),
    ("rex", "write `parse`, or `extend Name = extract(…)`"),
    (
        "let",
        "a `let` stands in front of the query: `let Name = …;`",
    ),
    (
        "timechart",
        "write `summarize … by bin(Timestamp, 1h) | render timechart`",
    ),
    ("chart", "write `render columnchart`, `render timechart` …"),
    ("piechart", "write `render piechart`"),
    ("barchart", "write `render barchart`"),
];

impl<'a> Site<'a> {
    fn expects(&self, wanted: &str) -> bool {
        self.expected.contains(&wanted)
    }

    fn before(&self) -> &'a str {
        self.source.get(..self.at).unwrap_or_default()
    }

    /// The word or symbol in front.
    fn word_before(&self) -> &'a str {
        let text = self.before().trim_end();
        let word = text.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
        &text[word.len()..]
    }

    /// The statement up to here.
    fn statement(&self) -> &'a str {
        self.before()
            .rsplit(';')
            .next()
            .unwrap_or_default()
            .trim_start()
    }

    fn is_word(&self) -> bool {
        self.found
            .starts_with(|c: char| c.is_alphabetic() || c == '_')
    }

    fn is_end(&self) -> bool {
        self.found.is_empty()
    }
}

/// One line that can be acted on.
pub(super) fn advice(site: &Site<'_>) -> Option<String> {
    let rules: &[fn(&Site<'_>) -> Option<String>] = &[
        other_language,
        wrong_case,
        comments,
        missing_pipe,
        behind_expressions,
        function_words,
        words_of_operators,
        bounds,
        misspelt,
        numbers,
        in_place_of_operators,
        in_place_of_expressions,
        brackets,
        separators,
    ];
    rules.iter().find_map(|rule| rule(site))
}

/// What to write for an operator that another language has.
pub(super) fn other_operator(name: &str) -> Option<&'static str> {
    OTHER_OPERATORS
        .iter()
        .find(|(other, _)| other.eq_ignore_ascii_case(name))
        .map(|(_, help)| *help)
}

fn say(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn other_language(site: &Site<'_>) -> Option<String> {
    let first = site
        .statement()
        .split_whitespace()
        .next()
        .unwrap_or(site.found);
    if first.eq_ignore_ascii_case("select") {
        return say("this is SQL; in KQL the table comes first: `Table | where … | project …`");
    }
    (first.eq_ignore_ascii_case("let")
        && site.expects(";")
        && site.is_word()
        && !is_operator(site.found))
    .then(|| "a `;` ends each `let` statement".to_owned())
}

fn wrong_case(site: &Site<'_>) -> Option<String> {
    let lower = site.found.to_lowercase();
    let is_known =
        is_word_operator(&lower) || is_operator(&lower) || lower == "by" || lower == "on";
    if !site.is_word() || lower == site.found || !is_known {
        return None;
    }
    if lower == "like" {
        return behind_expressions(site);
    }
    Some(format!("KQL is written in lower case: `{lower}`"))
}

fn comments(site: &Site<'_>) -> Option<String> {
    let from_here = site.source.get(site.at..).unwrap_or_default();
    let is_block = site.before().trim_end().ends_with("/*") || from_here.starts_with("/*");
    is_block.then(|| "write `//` before a comment; there is no `/* … */`".to_owned())
}

fn missing_pipe(site: &Site<'_>) -> Option<String> {
    let is_naming = site.found == "as" && site.expects(",");
    (site.expects("|") && is_operator(site.found) && !is_naming)
        .then(|| format!("a `|` is missing in front of `{}`", site.found))
}

fn behind_expressions(site: &Site<'_>) -> Option<String> {
    if site.found == "=" && site.before().ends_with("==") {
        return say("write `==`");
    }
    if site.found == "=" && site.expects(",") && site.before().trim_end().ends_with(['"', '\'']) {
        return say("a new column has a name without quotes, or `['a name']`");
    }
    let lower = site.found.to_lowercase();
    let row = BEHIND_EXPRESSIONS
        .iter()
        .find(|(words, _)| words.contains(&lower.as_str()))?;
    site.expects("and").then(|| row.1.to_owned())
}

fn function_words(site: &Site<'_>) -> Option<String> {
    let name = site.word_before().to_lowercase();
    if name == "distinct" && site.expects(")") {
        return say("write `dcount(Column)`, or `count_distinct(Column)` for the exact number");
    }
    (site.expects("and") && FUNCTIONS.contains(&name.as_str()))
        .then(|| format!("`{name}` is a function: write `{name}(…)`"))
}

/// What an operator's own words are, where something else stands.
fn words_of_operators(site: &Site<'_>) -> Option<String> {
    let is_top = site.expects("by") && !site.expects(",") && !site.expects("|");
    if is_top && site.expects("and") {
        return say("write `top 10 by Column`");
    }
    if site.found == "by" && site.expects("on") {
        return say("write `make-series … on Timestamp step 1h by …`");
    }
    if site.expected == [":"] {
        return say("a name and its type have a `:` between them, as in `x: long`");
    }
    if site.expected == [";"] {
        return say("a `;` ends each `let` statement");
    }
    if site.expects("on") && site.is_word() && !site.expects("and") {
        return Some(match site.word_before() {
            "on" => "the table is missing in front of `on`".to_owned(),
            _ => format!("`on` is missing: write `on {}`", site.found),
        });
    }
    if site.expects("step") && site.statement().starts_with("range") {
        return say("write `range Name from Start to Stop step Step`");
    }
    if site.found == "with" && site.expects("with") {
        return say("properties stand in brackets: `with (title=\"…\")`");
    }
    if site.expected == ["="] && site.statement().starts_with("let ") {
        return say("write `let Name = value;`");
    }
    let is_union_all = site.before().trim_end().ends_with("union all");
    is_union_all.then(|| "`union` keeps all rows: leave `all` out".to_owned())
}

fn bounds(site: &Site<'_>) -> Option<String> {
    if site.expects("..") {
        return say("write `between (low .. high)`");
    }
    if site.expected != ["("] {
        return None;
    }
    let help = match site.word_before() {
        "between" => "write `between (low .. high)`",
        _ => "put the values in brackets",
    };
    say(help)
}

fn misspelt(site: &Site<'_>) -> Option<String> {
    if !site.is_word() || !site.expects("and") {
        return None;
    }
    let names = BINARY_OPERATORS
        .iter()
        .map(|(name, ..)| *name)
        .chain(["and", "or", "in", "between", "has_any", "has_all"]);
    let near = did_you_mean(
        site.found,
        names.filter(|name| name.starts_with(char::is_alphabetic)),
    )?;
    let is_near = site.found.len() > 3 || near.len() > 3;
    is_near.then(|| format!("did you mean `{near}`?"))
}

fn numbers(site: &Site<'_>) -> Option<String> {
    let has_digit_before = site
        .before()
        .trim_end()
        .ends_with(|c: char| c.is_ascii_digit() || c == '.');
    const UNITS: &[(&str, &str)] = &[
        ("day", "d"),
        ("hour", "h"),
        ("hr", "h"),
        ("min", "m"),
        ("sec", "s"),
        ("week", "d"),
    ];
    let named = UNITS.iter().find(|(word, _)| site.found.starts_with(word));
    if let (true, Some((_, unit))) = (has_digit_before, named) {
        return Some(format!(
            "write a length of time as `7{unit}`: `d`, `h`, `m`, `s`"
        ));
    }
    let is_unit = ["d", "h", "m", "s", "ms"].contains(&site.found);
    if has_digit_before && is_unit {
        return Some(format!(
            "write the number and `{}` without a space, as in `7{}`",
            site.found, site.found
        ));
    }
    (has_digit_before && site.found.starts_with(|c: char| c.is_ascii_digit()))
        .then(|| "an address is a text: put it in quotes".to_owned())
}

fn in_place_of_operators(site: &Site<'_>) -> Option<String> {
    if site.expected != ["a query operator"] {
        return None;
    }
    match site.found {
        "|" if site.before().ends_with('|') => say("write `or` for an alternative"),
        "|" => say("there is a `|` too many"),
        "" => say("an operator follows a `|`, for instance `take 10`"),
        _ => None,
    }
}

fn in_place_of_expressions(site: &Site<'_>) -> Option<String> {
    if !site.expects("an expression") {
        return None;
    }
    let before = site.before().trim_end();
    if site.found == "/" {
        return say("a regular expression stands in quotes: `matches regex \"…\"`");
    }
    if site.found == "=" && before.ends_with(':') {
        return say("write `Name = value`");
    }
    if site.found == "=" && is_operator(site.word_before()) {
        return Some(format!("write `{} Name = value`", site.word_before()));
    }
    if ["take", "limit", "sample", "top"].contains(&site.word_before()) {
        return Some(format!(
            "write the number of rows: `{} 10`",
            site.word_before()
        ));
    }
    if before.ends_with(',') || site.found == "," {
        return say("there is a comma too many");
    }
    if site.found == "|" && site.statement().is_empty() {
        let help = if before.is_empty() {
            "a query begins with a table, for instance `DeviceNetworkEvents | …`"
        } else {
            "the `;` ends the query; leave it out to go on"
        };
        return say(help);
    }
    if ["and", "or"].contains(&site.found) {
        return Some(format!("something is missing in front of `{}`", site.found));
    }
    let word = site.word_before();
    let continues = ["and", "or", "where", "by", "on", "not"].contains(&word);
    (continues && (site.is_end() || site.found == "|"))
        .then(|| format!("something is missing behind `{word}`"))
}

fn brackets(site: &Site<'_>) -> Option<String> {
    if [")", "]", "}"].contains(&site.found) && !site.expects(site.found) {
        return Some(format!(
            "no bracket is open that this `{}` could close",
            site.found
        ));
    }
    if site.expected == ["a name"] && site.found == "[" && is_word_operator(site.word_before()) {
        return say("`has_any (…)` and `in (…)` take several values: `has_any (\"a\", \"b\")`");
    }
    let behind = site.source.get(site.at + 1..).unwrap_or_default();
    let is_array = behind
        .trim_start()
        .starts_with(|c: char| c.is_ascii_digit());
    if site.expected == ["a name"] && site.found == "[" && is_array {
        return say("write `dynamic([…])` for an array");
    }
    if site.expected == ["a name"] && site.found == "[" {
        return say("a name in brackets is written with quotes, as in `['a name']`");
    }
    (site.expected == ["a name"] && is_word_operator(site.found)).then(|| {
        format!(
            "`{0}` stands between its sides: `Column {0} \"text\"`",
            site.found
        )
    })
}

fn separators(site: &Site<'_>) -> Option<String> {
    let orders = ["order", "sort"].contains(&site.word_before());
    if orders && site.expected == ["by"] {
        return Some(format!("write `{} by …`", site.word_before()));
    }
    if site.found == "by" && site.expects("as") {
        return say("write `summarize count() by …`");
    }
    if site.found == "(" && site.word_before() == "bin" {
        return say(
            "`render` draws columns as they come: put `bin(…)` behind the `by` of `summarize`",
        );
    }
    let is_item = site.is_word() || site.found.starts_with(['"', '\'']);
    (site.expects(",") && is_item).then(|| "a `,` is missing between the items".to_owned())
}

fn is_operator(name: &str) -> bool {
    OPERATORS.iter().any(|row| row.name == name)
}

fn is_word_operator(name: &str) -> bool {
    ["and", "or", "in", "between", "has_any", "has_all"].contains(&name)
        || BINARY_OPERATORS.iter().any(|(known, ..)| *known == name)
}
