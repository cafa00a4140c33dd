//! Members of JSON texts that a file has as columns of their own.
//!
//! Hunts ask for few members of `AdditionalFields`, and each asks all rows for them. For a column of JSON text, or of dynamics, a
//! file has besides the column a text column for each member that many of its texts have and whose texts repeat ([`choose`]): what
//! `tostring(parse_json(Column).key)` gives, `""` where the text has no such member. The scan reads it in place of the text
//! ([`crate::scan::members`]); where a file has none, the text is walked.
//!
//! | name | holds |
//! |---|---|
//! | `_key_AdditionalFields:rcode_name` | `tostring(parse_json(AdditionalFields).rcode_name)` |
//!
//! A key has no `:`, so a name tells column and key. The log does not declare these columns: to other readers of the table there are
//! none, and each file has its own. Whenever `parse_json` or `tostring` come to give another text for the same JSON, [`PREFIX`]
//! must change with them: then the columns of older files are no longer read.

mod choose;
mod fill;
mod walk;

pub(crate) use choose::{of_files, of_rows, of_schema};
pub(crate) use fill::{Filled, Further, Reader, fill};

use huntql_kql::types::Type;

/// Begins the names of the columns of members.
const PREFIX: &str = "_key_";
/// Stands between column and key.
const MARK: char = ':';

/// The name of the column of a member.
pub(crate) fn name_of(column: &str, key: &str) -> String {
    format!("{PREFIX}{column}{MARK}{key}")
}

/// Column and key of a name that [`name_of`] gave.
pub(crate) fn parts(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(PREFIX)?.rsplit_once(MARK)
}

/// Whether a file's column holds a member of another one.
pub(crate) fn is_member(name: &str) -> bool {
    parts(name).is_some()
}

/// What the texts of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Any text; `parse_json` is asked of it.
    Text,
    /// Dynamics.
    Dynamic,
}

impl Form {
    /// `None` for a column whose members are never asked for.
    pub(crate) fn of(ty: Type) -> Option<Form> {
        match ty {
            Type::String => Some(Form::Text),
            Type::Dynamic => Some(Form::Dynamic),
            Type::Bool
            | Type::Int
            | Type::Long
            | Type::Real
            | Type::Decimal
            | Type::Datetime
            | Type::Timespan
            | Type::Guid => None,
        }
    }
}

/// Members of a column that get columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub column: String,
    pub form: Form,
    pub keys: Vec<String>,
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_tells_column_and_key() {
        let name = super::name_of("A:b", "c.d");
        assert_eq!(super::parts(&name), Some(("A:b", "c.d")));
        assert_eq!(super::parts("_record_id"), None);
    }
}
