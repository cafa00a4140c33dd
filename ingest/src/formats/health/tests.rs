#![allow(clippy::unwrap_used)]
use super::text::MDATP;
use super::*;

fn check(text: &str) -> Check<'_> {
    match part(text) {
        Part::Check(check) => check,
        other => panic!("{text} is {other:?}"),
    }
}

#[test]
fn options_and_outcomes_are_told_apart_in_every_spelling() {
    let succeeded = check("1 - Default proxy: Succeeded (200)");
    assert_eq!(
        (
            succeeded.number,
            succeeded.option,
            succeeded.outcome,
            succeeded.status,
            succeeded.detail
        ),
        (Some(1), "Default proxy", "Succeeded", Some(200), "")
    );
    for text in [
        "5 - Command line proxy: Doesn't exist",
        "5 - Command-line proxy: Doesn’t exist",
    ] {
        let absent = check(text);
        assert_eq!(
            (absent.option, absent.outcome),
            ("Command line proxy", "Doesn't exist")
        );
    }
    let url = "https://a.example/x";
    assert_eq!(part("Testing URL : https://a.example/x"), Part::Url(url));
    assert_eq!(part("Testing URL:https://a.example/x"), Part::Url(url));
}

#[test]
fn an_unknown_outcome_is_kept_as_it_was_written() {
    let failed = check("2 - Proxy auto discovery (WPAD): Failed: the name is not known (12007)");
    assert_eq!(
        (failed.option, failed.outcome, failed.status),
        (
            "Proxy auto discovery (WPAD)",
            "Failed: the name is not known",
            None
        )
    );
    assert_eq!(failed.detail, "Failed: the name is not known (12007)");
    assert_eq!(check("1 - Default proxy: Failed (407)").status, Some(407));
    let odd = check("3 - Proxy disabled: went (200) wrong");
    assert_eq!((odd.status, odd.detail), (None, "went (200) wrong"));
}

#[test]
fn mdatp_names_the_url_and_its_outcome_in_one_line() {
    let checked = check("Testing connection with https://a.example/ping ... [OK]");
    assert_eq!(
        (checked.url, checked.option, checked.outcome, checked.number),
        (Some("https://a.example/ping"), MDATP, "OK", None)
    );
    let failed = check("Testing connection with https://a.example/ping ... [FAILED] curl error 7");
    assert_eq!(
        (failed.outcome, failed.detail),
        ("FAILED", "[FAILED] curl error 7")
    );
}

#[test]
fn glued_lines_come_apart() {
    let glued = "Testing URL : https://a.example</br>1 - Default proxy: Succeeded (200)</br>";
    assert_eq!(parts(glued).count(), 2);
}

#[test]
fn a_report_is_of_the_device_that_its_file_is_named_after() {
    assert_eq!(
        device_of("x/ws-01.birchwood.example.txt"),
        "ws-01.birchwood.example"
    );
    assert_eq!(device_of("x/ws-02/MDEClientAnalyzerResult.txt"), "ws-02");
    assert_eq!(device_of("MDATPClientAnalyzerResult.txt"), "");
}
