//! Which candidates fit what was typed.

use super::Candidate;

/// Those that begin with the word, whatever its case; when there is none, those that hold it.
pub fn matching(candidates: Vec<Candidate>, word: &str) -> Vec<Candidate> {
    if word.is_empty() {
        return candidates;
    }
    let word = word.to_lowercase();
    let begins = |candidate: &Candidate| candidate.text.to_lowercase().starts_with(&word);
    if candidates.iter().any(begins) {
        return candidates.into_iter().filter(begins).collect();
    }
    candidates
        .into_iter()
        .filter(|candidate| candidate.text.to_lowercase().contains(&word))
        .collect()
}

/// Of all kinds together: when some begin with the word, the others are noise. Exact case goes first.
pub fn beginning_first(candidates: Vec<Candidate>, word: &str) -> Vec<Candidate> {
    let lower = word.to_lowercase();
    let begins = |candidate: &Candidate| candidate.text.to_lowercase().starts_with(&lower);
    if word.is_empty() || !candidates.iter().any(begins) {
        return candidates;
    }
    let fitting = candidates.into_iter().filter(begins);
    let (exact, others): (Vec<_>, Vec<_>) =
        fitting.partition(|candidate| candidate.text.starts_with(word));
    exact.into_iter().chain(others).collect()
}
