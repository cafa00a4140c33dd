//! Command lines of Windows, as `CommandLineToArgvW` takes them apart (Kusto docs, "parse_command_line").

/// The arguments of a command line, the program first; none when there is no text.
///
/// Backslashes mean something before a quote only: two of them are one, and one before the quote makes the quote plain. Inside
/// quotes two quotes are a plain one, which also ends the quoted part. The program's name knows no backslash rules.
pub fn arguments(line: &str) -> Vec<String> {
    if line.is_empty() {
        return Vec::new();
    }
    let (program, rest) = program(line);
    let mut arguments = vec![program.to_owned()];
    let mut rest = rest.trim_start_matches(BLANKS);
    while !rest.is_empty() {
        let (argument, after) = argument(rest);
        arguments.push(argument);
        rest = after.trim_start_matches(BLANKS);
    }
    arguments
}

const BLANKS: [char; 2] = [' ', '\t'];

fn program(line: &str) -> (&str, &str) {
    match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
        None => line.split_at(line.find(BLANKS).unwrap_or(line.len())),
    }
}

/// The first argument and what follows it. `quotes` is 1 inside quotes.
fn argument(text: &str) -> (String, &str) {
    let mut out = String::new();
    let (mut quotes, mut backslashes) = (0, 0_usize);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            ' ' | '\t' if quotes == 0 => return (out, &text[at..]),
            '\\' => {
                out.push('\\');
                backslashes += 1;
            }
            '"' => {
                out.truncate(out.len() - backslashes.div_ceil(2));
                if backslashes % 2 == 1 {
                    out.push('"');
                } else {
                    quotes += 1;
                }
                backslashes = 0;
                while chars.next_if(|(_, c)| *c == '"').is_some() {
                    quotes += 1;
                    if quotes == 3 {
                        out.push('"');
                        quotes = 0;
                    }
                }
                if quotes == 2 {
                    quotes = 0;
                }
            }
            other => {
                out.push(other);
                backslashes = 0;
            }
        }
    }
    (out, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backslashes_count_before_quotes_only() {
        assert_eq!(
            arguments(r#"p a\\b "c d\\" e\"f"#),
            ["p", r"a\\b", r"c d\", r#"e"f"#]
        );
    }

    #[test]
    fn two_quotes_inside_quotes_are_a_plain_one() {
        assert_eq!(arguments(r#"p "a""b c" d"#), ["p", r#"a"b"#, "c d"]);
        assert_eq!(arguments(r#"p "" x"#), ["p", "", "x"]);
    }
}
