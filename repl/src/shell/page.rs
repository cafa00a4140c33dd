//! One row of the last result in full: a value a line, JSON spread over several.

use crate::output::Collected;
use serde_json::Value;

/// The row of this number, from 1 on.
///
/// # Errors
/// When there is no such row, in words.
pub fn page(shown: &Collected, number: u64) -> Result<String, String> {
    let rows = shown.rows();
    if rows == 0 {
        return Err("there is no result, or it has no rows".to_owned());
    }
    let Some(row) = shown.row(number - 1) else {
        let kept = shown.kept();
        return Err(match kept == rows {
            true => format!("the last result has {rows} rows"),
            false => format!(
                "of the last result {kept} rows are remembered, row {number} is not among them"
            ),
        });
    };
    let longest = row.iter().map(|(name, _)| name.chars().count()).max();
    let longest = longest.unwrap_or(0);
    let mut page = format!("─── row {number} of {rows} ───\n");
    for (name, value) in row {
        let value = spread(&value);
        let page_of_value = match value.contains('\n') {
            true => format!("{name}\n    {}\n", value.replace('\n', "\n    ")),
            false => format!("{name:<longest$}  {value}\n"),
        };
        page.push_str(&page_of_value);
    }
    Ok(page)
}

/// Objects and arrays over several lines; anything else as it is.
fn spread(value: &str) -> String {
    if !value.starts_with(['{', '[']) {
        return value.to_owned();
    }
    match serde_json::from_str::<Value>(value) {
        Ok(json) => serde_json::to_string_pretty(&json).unwrap_or_else(|_| value.to_owned()),
        Err(_) => value.to_owned(),
    }
}
