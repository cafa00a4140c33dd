//! Calls that ask JSON text for a member, and the columns that files have instead (see [`crate::members`]).
//!
//! | call | over a file that has the member's column |
//! |---|---|
//! | `json_path_text(Column, ["key"])`, `dynamic_path_text(Column, ["key"])` | the column |
//! | `json_path_is(Column, ["key"], value)` | the column `== value` |

use super::adapter::Expr;
use crate::json::{Step, steps_of};
use crate::members::{Form, is_member, name_of, parts};
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::{self, Operator};
use datafusion::object_store::path::Path;
use datafusion::parquet::file::metadata::ParquetMetaDataReader;
use datafusion::physical_expr::ScalarFunctionExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, Literal, lit};
use huntql_kql::types::Type;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;

/// `tostring(parse_json(text).path)`.
pub const PATH_TEXT: &str = "kql_json_path_text(string,string)";
/// `tostring(parse_json(text).path) == value`, for a value that is not empty.
pub const PATH_IS: &str = "kql_json_path_is(string,string,string)";
/// `tostring(dynamic.path)`.
pub const DYNAMIC_PATH_TEXT: &str = "kql_dynamic_path_text(dynamic,string)";

/// A call that asks for one member of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub column: String,
    pub key: String,
    form: Form,
    /// What the member is compared with.
    value: Option<ScalarValue>,
}

impl Call {
    /// `None` for any other expression.
    pub(super) fn of(expr: &Expr) -> Option<Call> {
        let call = expr.downcast_ref::<ScalarFunctionExpr>()?;
        let [text, further @ ..] = call.args() else {
            return None;
        };
        let column = text.downcast_ref::<Column>()?.name();
        let constants = further.iter().map(|arg| {
            let literal = arg.downcast_ref::<Literal>()?;
            Some(literal.value())
        });
        Call::new(
            call.fun().name(),
            column,
            &constants.collect::<Option<Vec<_>>>()?,
        )
    }

    /// As [`Call::of`], of an expression of a logical plan.
    pub(super) fn of_logical(expr: &logical_expr::Expr) -> Option<Call> {
        use logical_expr::Expr;
        let Expr::ScalarFunction(call) = expr else {
            return None;
        };
        let [Expr::Column(column), further @ ..] = call.args.as_slice() else {
            return None;
        };
        let constants = further.iter().map(|arg| match arg {
            Expr::Literal(value, _) => Some(value),
            _ => None,
        });
        Call::new(
            call.func.name(),
            &column.name,
            &constants.collect::<Option<Vec<_>>>()?,
        )
    }

    fn new(name: &str, column: &str, constants: &[&ScalarValue]) -> Option<Call> {
        let (form, path, value) = match (name, constants) {
            (PATH_TEXT, [path]) => (Form::Text, path, None),
            (DYNAMIC_PATH_TEXT, [path]) => (Form::Dynamic, path, None),
            (PATH_IS, [path, value]) => (Form::Text, path, Some(*value)),
            _ => return None,
        };
        let key = key_of(path)?;
        let is_compared = |value: &ScalarValue| matches!(value, ScalarValue::Utf8(Some(text)) if !text.is_empty());
        value.is_none_or(is_compared).then(|| Call {
            column: column.to_owned(),
            key,
            form,
            value: value.cloned(),
        })
    }

    /// The column of the member in a file that has one.
    pub(super) fn name(&self) -> String {
        name_of(&self.column, &self.key)
    }

    /// Whether the member itself is asked for, not whether it has a value.
    pub(super) fn is_text(&self) -> bool {
        self.value.is_none()
    }

    /// Whether the table has the column as the call takes it, and none of the member's name by itself.
    pub(super) fn suits(&self, types: &HashMap<String, Type>) -> bool {
        let form = types.get(&self.column).copied().and_then(Form::of);
        form == Some(self.form) && !types.contains_key(&self.name())
    }

    /// The call over the member's column.
    fn over(&self, index: usize) -> Expr {
        let column: Expr = std::sync::Arc::new(Column::new(&self.name(), index));
        match &self.value {
            None => column,
            Some(value) => {
                std::sync::Arc::new(BinaryExpr::new(column, Operator::Eq, lit(value.clone())))
            }
        }
    }
}

/// The key of a path that leads to a member of the outermost bag; `None` for any other path.
pub fn key_of(path: &ScalarValue) -> Option<String> {
    let ScalarValue::Utf8(Some(path)) = path else {
        return None;
    };
    match <[Step; 1]>::try_from(steps_of(path)?).ok()? {
        [Step::Member(key)] => Some(key),
        [Step::Element(_)] => None,
    }
}

/// The members that an expression asks for, each once, as far as `wanted` holds.
pub(super) fn asked(expr: &Expr, wanted: impl Fn(&Call) -> bool) -> Result<Vec<Call>> {
    let mut calls: Vec<Call> = Vec::new();
    expr.apply(|expr| {
        let call = Call::of(expr).filter(|call| wanted(call));
        let Some(call) = call else {
            return Ok(TreeNodeRecursion::Continue);
        };
        if !calls.iter().any(|known| known.name() == call.name()) {
            calls.push(call);
        }
        Ok(TreeNodeRecursion::Jump)
    })?;
    Ok(calls)
}

/// The expression with columns for the calls; those of `names` stand from `first` on in the schema.
pub(super) fn over_columns(expr: &Expr, names: &[String], first: usize) -> Result<Expr> {
    let replaced = std::sync::Arc::clone(expr).transform_down(|expr| {
        let call = Call::of(&expr);
        let at = call.as_ref().and_then(|call| {
            let name = call.name();
            names.iter().position(|known| *known == name)
        });
        Ok(match call.zip(at) {
            Some((call, at)) => {
                Transformed::new(call.over(first + at), true, TreeNodeRecursion::Jump)
            }
            None => Transformed::no(expr),
        })
    })?;
    Ok(replaced.data)
}

/// Which of the members that expressions ask for have columns in how many of the files; for `explain`, which reads their footers.
pub(super) fn note<'e>(
    exprs: impl Iterator<Item = &'e Expr>,
    types: &HashMap<String, Type>,
    files: &[Path],
) -> Option<String> {
    let mut names = BTreeSet::new();
    for expr in exprs {
        let calls = asked(expr, |call| call.suits(types)).ok()?;
        names.extend(calls.iter().map(Call::name));
    }
    if names.is_empty() {
        return None;
    }
    let mut counts: BTreeMap<&str, usize> = names.iter().map(|name| (name.as_str(), 0)).collect();
    for file in files {
        for name in of_file(format!("/{file}").as_ref()) {
            if let Some(count) = counts.get_mut(name.as_str()) {
                *count += 1;
            }
        }
    }
    let told = counts.into_iter().filter_map(|(name, count)| {
        let (column, key) = parts(name)?;
        Some(format!(
            "{column}.{key} in {count} of {} files",
            files.len()
        ))
    });
    Some(told.collect::<Vec<_>>().join(", "))
}

/// Names of the columns of members that a file has; none when its footer cannot be read.
pub(super) fn of_file(path: &std::path::Path) -> HashSet<String> {
    let metadata = File::open(path).ok();
    let metadata =
        metadata.and_then(|file| ParquetMetaDataReader::new().parse_and_finish(&file).ok());
    let Some(metadata) = metadata else {
        return HashSet::new();
    };
    let root = metadata.file_metadata().schema_descr().root_schema();
    let names = root
        .get_fields()
        .iter()
        .map(|field| field.name().to_owned());
    names.filter(|name| is_member(name)).collect()
}
