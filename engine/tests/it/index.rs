//! The term index changes no answer: random tables and predicates, over a store with its index, without it, and with a damaged one.
//!
//! `HUNTQL_INDEX_SEED` and `HUNTQL_INDEX_ROUNDS` give other and more tables.

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::Int64Type;
use futures::StreamExt;
use huntql_engine::{Catalog, Engine, EngineOptions, QueryOptions, Table};
use huntql_kql::time::{TICKS_PER_SECOND, UNIX_EPOCH};
use huntql_kql::types::{Column, Type};
use huntql_store::{Store, TableSchema};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

const ROWS_PER_FILE: usize = 70;
const FILES: usize = 2;
const BLOCK_ROWS: u32 = 4;
const PREDICATES: usize = 60;

/// A small generator whose numbers are the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

const WORDS: &[&str] = &[
    "evil",
    "Evil",
    "EVIL",
    "powershell",
    "exe",
    "DownloadString",
    "a",
    "b",
    "c2",
    "x1",
    "beef",
    "dead",
    "443",
    "8080",
    "203.0.113.5",
    "203.0.113.55",
    "1.203.0.113.5",
    "10.0.0.1",
    "192.0.2.77",
    "größe",
    "GRÖSSE",
    "Straße",
    "МОСКВА",
    "москва",
    "\u{212A}elvin",
    "kelvin",
    "KELVIN",
    "\u{17F}kype",
    "skype",
    "İstanbul",
    "istanbul",
    "½x",
    "²b",
    "ﬁle",
    "ΣΑΣ",
    "σας",
    "ab",
    "d41d8cd98f00b204e9800998ecf8427e",
    "d41d8cd98f00b204e980ffffffffffff",
    "d41d8cd98f",
    "1234567890123456789012345",
    "12345678901234567890",
    "JABzAD0ATgBlAHcALQBPAGIAagBlAGMAdAAgAEkATwAuAE0AZQBtAG8",
    "ad67d136-c1db-4f9f-88ef-d94f3b6b0b5a",
    "www.evil.example",
    "evil.example",
    "C:\\Windows\\System32",
    "new\nline",
    "tab\there",
    "\"quoted\"",
    "back\\slash",
    "𝔄𝔅",
    "",
];
const GLUE: &[&str] = &[
    " ", "-", ".", "/", "_", "", "\\", "\"", ":", "\n", "  ", "é",
];

fn text(random: &mut Random) -> String {
    let mut text = String::new();
    for at in 0..random.below(5) {
        if at > 0 {
            text.push_str(random.one(GLUE));
        }
        text.push_str(random.one(WORDS));
    }
    text
}

/// Compact JSON: a bag of texts, an array, a bare text, a number or null.
fn json(random: &mut Random) -> Option<String> {
    let quoted = |random: &mut Random| {
        let text = serde_json::Value::from(text(random)).to_string();
        match random.below(3) {
            // The same text, written otherwise.
            0 => text.replace('e', "\\u0065"),
            _ => text,
        }
    };
    match random.below(6) {
        0 => None,
        1 => Some(quoted(random)),
        2 => Some(random.below(1000).to_string()),
        3 => Some(format!("[{},{}]", quoted(random), quoted(random))),
        _ => Some(format!(
            r#"{{"query":{},"n":{},"inner":{{"deep":{}}}}}"#,
            quoted(random),
            random.below(500),
            quoted(random)
        )),
    }
}

fn schema() -> TableSchema {
    let column = |name: &str, ty| Column::new(name, ty);
    TableSchema::new(
        "Texts",
        vec![
            column("Timestamp", Type::Datetime),
            column("N", Type::Long),
            column("A", Type::String),
            column("B", Type::String),
            column("Late", Type::String),
            column("J", Type::Dynamic),
        ],
    )
}

/// Rows of one file; `Late` is filled in the second one only.
fn rows(random: &mut Random, file: usize) -> RecordBatch {
    let numbers = (0..ROWS_PER_FILE).map(|row| (file * ROWS_PER_FILE + row) as i64);
    let numbers: Int64Array = numbers.collect();
    let times = numbers.unary::<_, Int64Type>(|n| UNIX_EPOCH + n * TICKS_PER_SECOND);
    let texts = |random: &mut Random| -> ArrayRef {
        let texts: Vec<String> = (0..ROWS_PER_FILE).map(|_| text(random)).collect();
        Arc::new(StringArray::from(texts))
    };
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("Timestamp", Arc::new(times)),
        ("N", Arc::new(numbers)),
        ("A", texts(random)),
        ("B", texts(random)),
    ];
    if file > 0 {
        columns.push(("Late", texts(random)));
    }
    let json: Vec<Option<String>> = (0..ROWS_PER_FILE).map(|_| json(random)).collect();
    columns.push(("J", Arc::new(StringArray::from(json))));
    RecordBatch::try_from_iter(columns).unwrap()
}

/// A needle: a word, a text as rows have them, or a piece of one, in some case.
fn needle(random: &mut Random) -> String {
    let whole = match random.below(3) {
        0 => random.one(WORDS).to_owned(),
        _ => text(random),
    };
    let chars: Vec<char> = whole.chars().collect();
    let mut piece: String = match random.below(2) {
        0 => whole,
        _ => {
            let from = random.below(chars.len() + 1);
            let to = from + random.below(chars.len() - from + 1);
            chars[from..to].iter().collect()
        }
    };
    match random.below(4) {
        0 => piece = piece.to_uppercase(),
        1 => piece = piece.to_lowercase(),
        _ => {}
    }
    piece
}

/// A text as a KQL literal.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

const OPERATORS: &[&str] = &[
    "==",
    "=~",
    "has",
    "has_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "contains",
    "contains_cs",
    "startswith",
    "startswith_cs",
    "endswith",
    "endswith_cs",
    "!=",
    "!has",
    "!contains",
];
const LISTS: &[&str] = &["in", "in~", "has_any", "has_all", "!in"];
/// With so many texts more, a list is one constant of the plan.
const LONG: usize = 70;
const COLUMNS: &[&str] = &[
    "A",
    "B",
    "Late",
    "tolower(A)",
    "J",
    "tostring(J)",
    "J.query",
    "tostring(J.query)",
    "J.inner.deep",
    "J[0]",
    "tostring(parse_json(J).inner)",
];

fn regex(random: &mut Random) -> String {
    let escaped = |random: &mut Random| -> String {
        let special = |c: char| r"\.+*?()|[]{}^$#&-~ ".contains(c);
        let chars = needle(random);
        chars
            .chars()
            .filter(|c| !c.is_control())
            .flat_map(|c| special(c).then_some('\\').into_iter().chain([c]))
            .collect()
    };
    let (one, two) = (escaped(random), escaped(random));
    match random.below(11) {
        0 => one,
        1 => format!("(?i){one}"),
        7 => format!(r"[.\-]({one}|{two})$"),
        8 => format!(r"^(({one}|{two})|x)(\W|[ ./]|$)"),
        9 => format!(r"({one}|{two}|{one}[a-z])([./]evil)?\s"),
        2 => format!("^{one}"),
        3 => format!("{one}$"),
        4 => format!("{one}.*{two}"),
        5 => format!("(?i)({one}|{two})"),
        6 => format!(r"\b{one}[a-z0-9]*\s?{two}"),
        _ => format!(r"({one})+\W{two}"),
    }
}

fn predicate(random: &mut Random, depth: usize) -> String {
    if depth > 0 && random.below(3) == 0 {
        let (left, right) = (predicate(random, depth - 1), predicate(random, depth - 1));
        return match random.below(3) {
            0 => format!("({left} and {right})"),
            1 => format!("({left} or {right})"),
            _ => format!("(not({left}) or {right})"),
        };
    }
    let column = random.one(COLUMNS);
    match random.below(8) {
        0 => {
            let operator = random.one(LISTS);
            let further = match random.below(4) {
                0 => LONG,
                _ => 0,
            };
            let items: Vec<String> = (0..1 + random.below(6))
                .map(|_| literal(&needle(random)))
                .chain((0..further).map(|n| format!("'none{n}'")))
                .collect();
            format!("{column} {operator} ({})", items.join(", "))
        }
        1 => format!(
            "tostring({column}) matches regex {}",
            literal(&regex(random))
        ),
        2 => format!("* has {}", literal(&needle(random))),
        3 => format!("* contains {}", literal(&needle(random))),
        _ => {
            let operator = random.one(OPERATORS);
            format!("{column} {operator} {}", literal(&needle(random)))
        }
    }
}

fn engine(store: &Path) -> Engine {
    let store = Store::open(store).unwrap();
    let mut catalog = Catalog::default();
    let rows = store.provider(&schema()).unwrap();
    catalog.add_table(Table::with_rows(schema(), rows));
    Engine::new(catalog, EngineOptions::default())
}

fn options() -> QueryOptions {
    QueryOptions {
        now: UNIX_EPOCH,
        parameters: Default::default(),
    }
}

/// The numbers of the rows, or the error.
async fn answer(engine: &Engine, query: &str) -> Result<Vec<i64>, String> {
    let answer = engine.query(query, &options()).await;
    let mut answer = answer.map_err(|error| format!("{error:?}"))?;
    let mut numbers = Vec::new();
    while let Some(batch) = answer.results[0].rows.next().await {
        let batch = batch.map_err(|error| error.to_string())?;
        numbers.extend(batch.column(0).as_primitive::<Int64Type>().values());
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// Cuts index files short, flips their bits, swaps two of them, or takes one away.
fn damage(random: &mut Random, index: &Path) {
    let files: Vec<_> = std::fs::read_dir(index)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    assert_eq!(files.len(), FILES, "each file has its index");
    match random.below(5) {
        0 => std::fs::remove_file(&files[0]).unwrap(),
        1 => {
            let (one, two) = (std::fs::read(&files[0]), std::fs::read(&files[1]));
            std::fs::write(&files[0], two.unwrap()).unwrap();
            std::fs::write(&files[1], one.unwrap()).unwrap();
        }
        2 => {
            let bytes = std::fs::read(&files[0]).unwrap();
            std::fs::write(&files[0], &bytes[..random.below(bytes.len())]).unwrap();
        }
        _ => {
            for file in &files {
                let mut bytes = std::fs::read(file).unwrap();
                for _ in 0..1 + random.below(4) {
                    let at = random.below(bytes.len());
                    bytes[at] ^= 1 << random.below(8);
                }
                std::fs::write(file, bytes).unwrap();
            }
        }
    }
}

fn made_store(random: &mut Random, folder: &Path) {
    let store = Store::create_or_open(folder).unwrap();
    for file in 0..FILES {
        let mut ingest = store.ingest();
        ingest.append(&schema(), &rows(random, file)).unwrap();
        ingest.commit(&format!("file {file}")).unwrap();
    }
    let blocks = NonZeroU32::new(BLOCK_ROWS).unwrap();
    assert_eq!(store.reindex("Texts", blocks).unwrap(), FILES as u64);
}

fn setting(name: &str, otherwise: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(otherwise, |given| given.parse().unwrap())
}

#[tokio::test]
async fn the_index_changes_no_answer() {
    let seed = setting("HUNTQL_INDEX_SEED", 7);
    for round in 0..setting("HUNTQL_INDEX_ROUNDS", 3) {
        let mut random = Random((seed + round).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        made_store(&mut random, &at("whole"));
        copy(&at("whole"), &at("bare"));
        std::fs::remove_dir_all(at("bare").join("Texts/_index")).unwrap();
        copy(&at("whole"), &at("damaged"));
        damage(&mut random, &at("damaged").join("Texts/_index"));
        let (whole, bare, damaged) = (
            engine(&at("whole")),
            engine(&at("bare")),
            engine(&at("damaged")),
        );
        let mut found = 0;
        for _ in 0..PREDICATES {
            let query = format!("Texts | where {} | project N", predicate(&mut random, 2));
            let expected = answer(&bare, &query).await;
            let place = format!("seed {seed}, round {round}: {query}");
            assert_eq!(answer(&whole, &query).await, expected, "{place}");
            assert_eq!(answer(&damaged, &query).await, expected, "damaged, {place}");
            found += usize::from(expected.is_ok_and(|rows| !rows.is_empty()));
        }
        assert!(found > PREDICATES / 5, "too few predicates hold: {found}");
    }
}

#[tokio::test]
async fn a_long_list_holds_what_a_short_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(11);
    made_store(&mut random, folder.path());
    let engine = engine(folder.path());
    let none: Vec<String> = (0..LONG).map(|n| format!("'none{n}'")).collect();
    let none = none.join(", ");
    let lists = ["in", "!in", "in~", "!in~"];
    let items = [
        "'evil', 'POWERSHELL', '203.0.113.5'",
        "'Evil', 'größe', ''",
        r#"'"quoted"', 'back\\slash', 'new\nline'"#,
    ];
    let conditions = [
        "COLUMN",
        "not(COLUMN)",
        "iff(COLUMN, N % 2, N % 3) == 1",
        "isnotempty(B) or COLUMN",
    ];
    let columns = ["A", "Late", "tostring(J.query)", "substring(B, 0, 4)"];
    for _ in 0..100 {
        let (list, items) = (random.one(&lists), random.one(&items));
        let (condition, column) = (random.one(&conditions), random.one(&columns));
        let query = |items: &str| {
            let test = format!("{column} {list} ({items})");
            let condition = condition.replace("COLUMN", &test);
            format!("Texts | where {condition} | project N")
        };
        let long = query(&format!("{items}, {none}"));
        let plan = engine.explain(&long, &options()).await.unwrap();
        assert!(plan.contains("kql_is_in"), "{plan}");
        let expected = answer(&engine, &query(items)).await;
        assert_eq!(answer(&engine, &long).await, expected, "{long}");
    }
}

/// Queries with one hit, and how many blocks of the two files are read at most.
const NEEDLES: &[(&str, u32)] = &[
    ("A has 'n93x'", 1),
    ("A has_cs 'n93x'", 1),
    ("A hasprefix 'n93'", 1),
    ("A contains '93x'", 1),
    ("A hassuffix '93x'", 1),
    ("A startswith 'n93x.ex'", 1),
    ("A endswith 'n93x.example'", 1),
    ("A == 'n93x.example'", 1),
    ("A =~ 'N93X.example'", 1),
    ("A in ('n93x.example', 'n41x.example')", 2),
    ("A in~ ('N93X.example', 'n41x.example')", 2),
    ("A has_any ('n93x', 'n41x')", 2),
    ("A matches regex '^(n93x|n41x)[.]example$'", 2),
    ("A has_all ('n93x', 'example')", 1),
    ("A matches regex '^n93x[.]example$'", 1),
    ("A matches regex '(?i)N93x'", 1),
    ("* has 'n93x'", 1),
    ("A has 'n93x' and B has '203'", 1),
    ("A has 'n93x' or B has 'absent'", 1),
    ("B == '203.0.113.93'", 1),
    ("B has '203.0.113.93'", 1),
    ("J.query == 'q93y'", 1),
    ("J has 'q93y'", 1),
    ("tostring(J.query) has 'q93y'", 1),
    ("A has 'absent'", 0),
];

#[tokio::test]
async fn each_operator_reads_only_the_blocks_that_may_hold_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path()).unwrap();
    for file in 0..FILES as i64 {
        let from = file * ROWS_PER_FILE as i64;
        let numbers = Int64Array::from_iter_values(from..from + ROWS_PER_FILE as i64);
        let texts = |of: fn(i64) -> String| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(
                numbers.values().iter().map(|n| of(*n)),
            ))
        };
        let batch = RecordBatch::try_from_iter([
            (
                "Timestamp",
                Arc::new(numbers.unary::<_, Int64Type>(|n| UNIX_EPOCH + n * TICKS_PER_SECOND))
                    as ArrayRef,
            ),
            ("A", texts(|n| format!("n{n}x.example"))),
            (
                "B",
                texts(|n| match n % 2 {
                    0 => "the same".to_owned(),
                    _ => format!("203.0.113.{n}"),
                }),
            ),
            ("J", texts(|n| format!(r#"{{"query":"q{n}y"}}"#))),
            ("N", Arc::new(numbers.clone())),
        ]);
        let mut ingest = store.ingest();
        ingest.append(&schema(), &batch.unwrap()).unwrap();
        ingest.commit(&file.to_string()).unwrap();
    }
    store
        .reindex("Texts", NonZeroU32::new(BLOCK_ROWS).unwrap())
        .unwrap();
    let engine = engine(folder.path());
    for (predicate, blocks) in NEEDLES {
        let query = format!("Texts | where {predicate} | project N");
        let plan = engine.explain(&query, &options()).await.unwrap();
        let read = plan
            .split_once(" files, ")
            .and_then(|(_, rest)| rest.split_once(" of "))
            .map_or_else(
                || u32::from(!plan.contains("EmptyExec")) * u32::MAX,
                |(read, _)| read.parse::<u32>().unwrap(),
            );
        assert!(read <= *blocks, "{predicate}: {read} blocks\n{plan}");
        let rows = answer(&engine, &query).await.unwrap();
        assert_eq!(rows.is_empty(), *blocks == 0, "{predicate}");
    }
}
