//! The shell, fed through a pipe.

use crate::support::{Place, Ran};

fn shell(input: &str) -> Ran {
    Place::new().run_with(&["--format", "csv"], input)
}

#[test]
fn queries_are_set_apart_by_empty_lines_and_semicolons() {
    let ran = shell("print A = 1\n\nlet x = 5;\n\nprint B = x;\nprint C = 3\n").code(0);
    assert_eq!(ran.stdout, "A\n1\nB\n5\nC\n3\n");
}

#[test]
fn a_line_that_begins_with_a_pipe_goes_on_from_the_query_before() {
    let ran = shell("range x from 1 to 5 step 1\n\n| count\n").code(0);
    assert_eq!(ran.stdout, "x\n1\n2\n3\n4\n5\nCount\n5\n");
}

#[test]
fn an_error_does_not_end_the_session_and_is_its_exit_code() {
    let ran = shell("NoSuchTable\n\nprint A = 1\n").code(1);
    assert_eq!(ran.stdout, "A\n1\n");
}

#[test]
fn dot_commands_answer_and_take_prefixes() {
    let ran = shell(".sch Proxies\n.tab DeviceNetworkE\n.q\nprint 1\n").code(0);
    assert!(ran.stdout.contains("Address"), "{ran:#?}");
    assert!(ran.stdout.contains("DeviceNetworkEvents"), "{ran:#?}");
    assert!(!ran.stdout.contains("print_0"), "{ran:#?}");
    shell(".shcema T\n").code(0).says("did you mean `.schema`?");
    shell(".f\n").code(0).says(".format, .functions");
}

#[test]
fn the_format_can_be_changed() {
    let ran = shell(".format json\nprint A = 1\n").code(0);
    assert_eq!(ran.stdout, "[\n{\"A\":1}\n]\n");
}
