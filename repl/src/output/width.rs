//! How wide text is on a terminal, cutting it in the middle, and sharing a line's width among columns.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// No column is made narrower than this to let others in.
pub const COLUMN_WIDTH_MIN: usize = 8;

/// Columns on a terminal that `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` in at most `max` columns: the middle gives way to `…`.
pub fn cut_middle(text: &str, max: usize) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let keep = max.saturating_sub(1);
    let (head_max, tail_max) = (keep - keep / 2, keep / 2);
    let mut head = String::new();
    let mut used = 0;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > head_max {
            break;
        }
        head.push(character);
    }
    let mut tail = Vec::new();
    used = 0;
    for character in text.chars().rev() {
        used += character.width().unwrap_or(0);
        if used > tail_max {
            break;
        }
        tail.push(character);
    }
    head.push('…');
    head.extend(tail.iter().rev());
    head
}

/// A column that wants a share of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The widest of its cells.
    pub natural: usize,
    /// It is of no use narrower than this.
    pub least: usize,
}

/// Shares `available` among columns: the widest give way first. `None` when even the least widths do not fit.
pub fn fit(shares: &[Share], available: usize) -> Option<Vec<usize>> {
    let mut widths: Vec<usize> = shares.iter().map(|share| share.natural).collect();
    let mut total: usize = widths.iter().sum();
    while total > available {
        let can_give = |at: &usize| widths[*at] > shares[*at].least;
        let widest = (0..widths.len())
            .filter(can_give)
            .map(|at| widths[at])
            .max()?;
        let givers: Vec<usize> = (0..widths.len())
            .filter(can_give)
            .filter(|at| widths[*at] == widest)
            .collect();
        // Down to the next one, or to where one of them is of no use.
        let next = (0..widths.len())
            .map(|at| widths[at])
            .filter(|width| *width < widest)
            .chain(givers.iter().map(|at| shares[*at].least))
            .filter(|width| *width < widest)
            .max()
            .unwrap_or(0);
        let step = (total - available)
            .div_ceil(givers.len())
            .min(widest - next)
            .max(1);
        for at in &givers {
            widths[*at] -= step;
        }
        total -= step * givers.len();
    }
    Some(widths)
}

/// A text as it fits a window of so many columns: no word is cut, and a line that goes on keeps its indent.
pub fn fitted(text: &str, columns: usize) -> String {
    let mut fitted = String::new();
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let mut used = 0;
        for word in line.trim_start().split(' ') {
            let length = width(word);
            let goes_on = used > indent && used + 1 + length <= columns;
            if goes_on {
                fitted.push(' ');
                used += 1;
            } else {
                let hang = if used == 0 { indent } else { indent + 2 };
                if used > 0 {
                    fitted.push('\n');
                }
                fitted.push_str(&" ".repeat(hang));
                used = hang;
            }
            fitted.push_str(word);
            used += length;
        }
        fitted.push('\n');
    }
    fitted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_in_the_middle() {
        assert_eq!(cut_middle("abcdefghij", 10), "abcdefghij");
        assert_eq!(cut_middle("abcdefghij", 7), "abc…hij");
        assert_eq!(cut_middle("日本語日本語", 7), "日…語");
    }

    fn of(widths: &[(usize, usize)]) -> Vec<Share> {
        let share = |(natural, least): &(usize, usize)| Share {
            natural: *natural,
            least: *least,
        };
        widths.iter().map(share).collect()
    }

    #[test]
    fn the_widest_columns_give_way_first() {
        let shares = of(&[(4, 4), (40, 8), (10, 8)]);
        assert_eq!(fit(&shares, 34), Some(vec![4, 20, 10]));
        assert_eq!(fit(&shares, 100), Some(vec![4, 40, 10]));
        assert_eq!(fit(&of(&[(8, 8); 10]), 40), None);
    }

    #[test]
    fn no_column_is_made_useless_for_others() {
        let shares = of(&[(28, 19), (30, 8), (12, 12)]);
        assert_eq!(fit(&shares, 50), Some(vec![19, 19, 12]));
        assert_eq!(fit(&shares, 40), Some(vec![19, 9, 12]));
        assert_eq!(fit(&shares, 38), None);
    }
}
