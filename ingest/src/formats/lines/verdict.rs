//! What became of a request, in the words of each product, as one of five results.

use crate::formats::proxy::ProxyResult;

/// Words of a policy or an exception, and what they come down to; the first that is found in the text holds.
const WORDS: &[(&str, ProxyResult)] = &[
    ("authentication", ProxyResult::AuthenticationRequired),
    ("authorization", ProxyResult::Denied),
    ("auth_required", ProxyResult::AuthenticationRequired),
    ("denied", ProxyResult::Denied),
    ("block", ProxyResult::Denied),
    ("unresolved_hostname", ProxyResult::Failed),
    ("tcp_error", ProxyResult::Failed),
    ("server_error", ProxyResult::Failed),
    ("timed_out", ProxyResult::Failed),
    ("failed", ProxyResult::Failed),
    ("failure", ProxyResult::Failed),
];

pub(super) fn of_word(text: &str) -> Option<ProxyResult> {
    let found = |word: &str| {
        text.len() >= word.len()
            && text
                .as_bytes()
                .windows(word.len())
                .any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
    };
    WORDS
        .iter()
        .find(|(word, _)| found(word))
        .map(|(_, result)| *result)
}

/// HAProxy: who ended the session, and in which state. `P` is the proxy by a rule, `S` and `s` a server that did not answer.
pub(super) fn of_termination(state: &str) -> Option<ProxyResult> {
    match state.as_bytes() {
        [b'P', ..] => Some(ProxyResult::Denied),
        [b'S' | b's', b'C' | b'H' | b'Q', ..] | [b'R' | b'I' | b'D', ..] => {
            Some(ProxyResult::Failed)
        }
        _ => None,
    }
}

/// 3proxy: 1–9 are its access rules (4–8 a user who is not known), 10 a limit, 11–29 and 100 connections that failed.
pub(super) fn of_error_code(code: &str) -> ProxyResult {
    match code.parse::<u32>() {
        Ok(0 | 90..=99) => ProxyResult::Allowed,
        Ok(4..=8) => ProxyResult::AuthenticationRequired,
        Ok(1..=3 | 9 | 10) => ProxyResult::Denied,
        Ok(11..=29 | 100) => ProxyResult::Failed,
        _ => ProxyResult::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_products_come_down_to_one_of_five() {
        assert_eq!(of_word("TCP_DENIED"), Some(ProxyResult::Denied));
        assert_eq!(
            of_word("dns_unresolved_hostname"),
            Some(ProxyResult::Failed)
        );
        assert_eq!(
            of_word("authentication_failed"),
            Some(ProxyResult::AuthenticationRequired)
        );
        assert_eq!(of_word("OBSERVED"), None);
        assert_eq!(of_termination("PR--"), Some(ProxyResult::Denied));
        assert_eq!(of_termination("----"), None);
        assert_eq!(of_error_code("00000"), ProxyResult::Allowed);
        assert_eq!(of_error_code("00508"), ProxyResult::Unknown);
    }
}
