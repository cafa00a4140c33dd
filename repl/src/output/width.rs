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

/// Shares `available` among columns of these natural widths: the widest give way first. `None` when even the least widths
/// do not fit.
pub fn fit(natural: &[usize], available: usize) -> Option<Vec<usize>> {
    let mut widths = natural.to_vec();
    let mut total: usize = widths.iter().sum();
    while total > available {
        let widest = widths.iter().copied().max()?;
        if widest <= COLUMN_WIDTH_MIN {
            return None;
        }
        let next = widths
            .iter()
            .copied()
            .filter(|width| *width < widest)
            .max()
            .unwrap_or(COLUMN_WIDTH_MIN)
            .max(COLUMN_WIDTH_MIN);
        let count = widths.iter().filter(|width| **width == widest).count();
        let step = (total - available)
            .div_ceil(count)
            .min(widest - next)
            .max(1);
        for width in widths.iter_mut().filter(|width| **width == widest) {
            *width -= step;
        }
        total -= step * count;
    }
    Some(widths)
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

    #[test]
    fn the_widest_columns_give_way_first() {
        assert_eq!(fit(&[4, 40, 10], 34), Some(vec![4, 20, 10]));
        assert_eq!(fit(&[4, 40, 10], 100), Some(vec![4, 40, 10]));
        assert_eq!(fit(&[8; 10], 40), None);
    }
}
