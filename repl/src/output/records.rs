//! One row as a block of `name  value` lines, for results that are too wide for the terminal.

use super::width::{cut_middle, width};
use huntql_kql::types::Column;

/// A row below a rule with its number. Empty values are left out: of Defender's columns most are empty in any one row.
pub fn record(number: u64, columns: &[Column], values: &[String], line_width: usize) -> String {
    let name_width = columns
        .iter()
        .map(|column| width(&column.name))
        .max()
        .unwrap_or(0);
    let title = format!("─── row {number} ");
    let mut block = format!(
        "{title}{}\n",
        "─".repeat(line_width.min(80).saturating_sub(width(&title)))
    );
    for (column, value) in columns.iter().zip(values) {
        if value.is_empty() {
            continue;
        }
        let padding = " ".repeat(name_width - width(&column.name));
        let room = line_width
            .saturating_sub(name_width + 2)
            .max(super::width::COLUMN_WIDTH_MIN);
        block.push_str(&format!(
            "{}{padding}  {}\n",
            column.name,
            cut_middle(value, room)
        ));
    }
    block
}
