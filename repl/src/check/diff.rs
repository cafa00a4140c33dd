//! Two texts line by line: the unified format of `diff -u`.

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// Texts with more lines than this on both sides are shown as replaced.
const CELLS_MAX: usize = 16 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit<'a> {
    Keep(&'a str),
    Remove(&'a str),
    Add(&'a str),
}

/// The changes from `old` to `new`; empty when there are none.
pub fn unified(name: &str, old: &str, new: &str) -> String {
    let edits = edits(
        &old.lines().collect::<Vec<_>>(),
        &new.lines().collect::<Vec<_>>(),
    );
    let changed: Vec<usize> = (0..edits.len())
        .filter(|at| !matches!(edits[*at], Edit::Keep(_)))
        .collect();
    if changed.is_empty() {
        return String::new();
    }
    let mut out = format!("--- {name}\n+++ {name}\n");
    let mut next = 0;
    while let Some(first) = changed.get(next) {
        let mut last = *first;
        while let Some(following) = changed.get(next).filter(|at| **at <= last + 2 * CONTEXT) {
            last = *following;
            next += 1;
        }
        let range = first.saturating_sub(CONTEXT)..(last + 1 + CONTEXT).min(edits.len());
        hunk(&edits, range, &mut out);
    }
    out
}

fn hunk(edits: &[Edit<'_>], range: std::ops::Range<usize>, out: &mut String) {
    let count = |edits: &[Edit<'_>]| {
        let old = edits
            .iter()
            .filter(|edit| !matches!(edit, Edit::Add(_)))
            .count();
        let new = edits
            .iter()
            .filter(|edit| !matches!(edit, Edit::Remove(_)))
            .count();
        (old, new)
    };
    let (old_before, new_before) = count(&edits[..range.start]);
    let (old, new) = count(&edits[range.clone()]);
    let start = |before: usize, lines: usize| if lines == 0 { before } else { before + 1 };
    out.push_str(&format!(
        "@@ -{},{old} +{},{new} @@\n",
        start(old_before, old),
        start(new_before, new)
    ));
    for edit in &edits[range] {
        let (mark, line) = match edit {
            Edit::Keep(line) => (' ', line),
            Edit::Remove(line) => ('-', line),
            Edit::Add(line) => ('+', line),
        };
        out.push(mark);
        out.push_str(line);
        out.push('\n');
    }
}

/// The shortest list of edits, by the longest common subsequence.
fn edits<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Edit<'a>> {
    if old.len().saturating_mul(new.len()) > CELLS_MAX {
        let removed = old.iter().map(|line| Edit::Remove(line));
        return removed
            .chain(new.iter().map(|line| Edit::Add(line)))
            .collect();
    }
    let width = new.len() + 1;
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for row in (0..old.len()).rev() {
        for column in (0..new.len()).rev() {
            common[row * width + column] = if old[row] == new[column] {
                common[(row + 1) * width + column + 1] + 1
            } else {
                common[(row + 1) * width + column].max(common[row * width + column + 1])
            };
        }
    }
    let mut edits = Vec::new();
    let (mut row, mut column) = (0, 0);
    while row < old.len() || column < new.len() {
        if row < old.len() && column < new.len() && old[row] == new[column] {
            edits.push(Edit::Keep(old[row]));
            (row, column) = (row + 1, column + 1);
        } else if column == new.len()
            || (row < old.len()
                && common[(row + 1) * width + column] >= common[row * width + column + 1])
        {
            edits.push(Edit::Remove(old[row]));
            row += 1;
        } else {
            edits.push(Edit::Add(new[column]));
            column += 1;
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_line_comes_with_its_neighbours() {
        let old = "a\nb\nc\nd\ne\nf\n";
        let new = "a\nb\nc\nD\ne\nf\n";
        assert_eq!(
            unified("x.kql", old, new),
            "--- x.kql\n+++ x.kql\n@@ -1,6 +1,6 @@\n a\n b\n c\n-d\n+D\n e\n f\n"
        );
    }

    #[test]
    fn far_changes_have_hunks_of_their_own() {
        let old: String = (0..30).map(|n| format!("{n}\n")).collect();
        let new = old.replace("2\n3\n", "2\nx\n3\n").replace("\n27\n", "\n");
        assert_eq!(unified("x", &old, &new).matches("@@ -").count(), 2);
    }

    #[test]
    fn the_same_text_has_no_changes() {
        assert_eq!(unified("x", "a\n", "a\n"), "");
    }
}
