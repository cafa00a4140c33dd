//! From the filters of a scan to what the index is asked.
//!
//! | filter | asks for |
//! |---|---|
//! | `==`, `in`, `=~`, `in~` | the value's terms |
//! | `has`, `has_any`, `has_all` | the needle's terms |
//! | `hasprefix`, `hassuffix`, `startswith`, `endswith`, `contains` | the needle's terms; those at its open ends may lie inside of longer ones |
//! | `matches regex` | the terms of the literal parts |
//! | `and`, `or` | both, one of them; `or` over many columns looks once |
//! | anything else, `not` too | nothing: every block stays |
//!
//! Kernels are known by the names that the engine gives them in plans. A column of JSON is asked by its terms alone, and so is what a
//! path leads to within it: the index has the terms of all its texts.

use super::keys::{Edge, folded, tests_of};
use super::lookup::{Ask, Asked, Form, Need};
use super::pattern;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{InList, ScalarFunction};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use huntql_kql::types::Type;
use serde_json::Value;
use std::collections::HashMap;

/// What one text operator asks when its needle is this constant (folded).
type Needed = fn(&str) -> Need;

/// The engine's text operators, by the names of their kernels.
const OPERATORS: &[(&str, Needed)] = &[
    ("kql_has(", |needle| {
        within(needle, Edge::Bounded, Edge::Bounded)
    }),
    ("kql_has_cs(", |needle| {
        within(needle, Edge::Bounded, Edge::Bounded)
    }),
    ("kql_hasprefix(", |needle| {
        within(needle, Edge::Bounded, Edge::Open)
    }),
    ("kql_hasprefix_cs(", |needle| {
        within(needle, Edge::Bounded, Edge::Open)
    }),
    ("kql_hassuffix(", |needle| {
        within(needle, Edge::Open, Edge::Bounded)
    }),
    ("kql_hassuffix_cs(", |needle| {
        within(needle, Edge::Open, Edge::Bounded)
    }),
    ("kql_contains(", |needle| {
        within(needle, Edge::Open, Edge::Open)
    }),
    ("kql_contains_cs(", |needle| {
        within(needle, Edge::Open, Edge::Open)
    }),
    ("kql_startswith(", |needle| {
        within(needle, Edge::Bounded, Edge::Open)
    }),
    ("kql_startswith_cs(", |needle| {
        within(needle, Edge::Bounded, Edge::Open)
    }),
    ("kql_endswith(", |needle| {
        within(needle, Edge::Open, Edge::Bounded)
    }),
    ("kql_endswith_cs(", |needle| {
        within(needle, Edge::Open, Edge::Bounded)
    }),
    ("kql_equals_ci(", whole),
];
const MATCHES_REGEX: &str = "kql_matches_regex(";
/// A long list of `in`.
const IS_IN: &str = "kql_is_in(";
const HAS_ANY: &str = "kql_has_any(";
const HAS_ALL: &str = "kql_has_all(";
/// The text of a value of these types, as it is.
const TO_TEXT: [&str; 2] = ["kql_convert_to_string(", "kql_tostring("];
const TO_LOWER: &str = "kql_tolower(string)";
/// The same JSON value.
const SAME_JSON: &str = "kql_parse_json(dynamic)";
/// The text of what a path leads to.
const PATH_TEXT: &str = "kql_dynamic_path_text(";
/// What leads from one JSON value to another within it.
const WITHIN_JSON: [&str; 4] = [
    "kql_dynamic_member(",
    "kql_dynamic_element(",
    "kql_dynamic_path(",
    "kql_dynamic_at(",
];

fn within(needle: &str, left: Edge, right: Edge) -> Need {
    Need::all_of(tests_of(needle, left, right))
}

fn whole(needle: &str) -> Need {
    within(needle, Edge::Bounded, Edge::Bounded)
}

/// What all the filters together ask. `types` are the columns'.
pub(crate) fn ask(filters: &[Expr], types: &HashMap<String, Type>) -> Ask {
    let asker = Asker { types };
    Ask::all(filters.iter().map(|filter| asker.of(filter)))
}

struct Asker<'a> {
    types: &'a HashMap<String, Type>,
}

impl Asker<'_> {
    fn of(&self, filter: &Expr) -> Ask {
        match filter {
            Expr::BinaryExpr(binary) => self.of_binary(binary),
            Expr::InList(list) if !list.negated => self.of_list(list),
            Expr::ScalarFunction(call) => self.of_call(call),
            Expr::Literal(ScalarValue::Boolean(Some(false) | None), _) => Ask::Nothing,
            Expr::IsTrue(inner) => self.of(inner),
            Expr::Alias(alias) => self.of(&alias.expr),
            _ => Ask::Anything,
        }
    }

    fn of_binary(&self, binary: &BinaryExpr) -> Ask {
        let BinaryExpr { left, op, right } = binary;
        match op {
            Operator::And => Ask::all([self.of(left), self.of(right)]),
            Operator::Or => {
                // Long lists of columns come as deep trees.
                let mut parts = Vec::new();
                alternatives(left, &mut parts);
                alternatives(right, &mut parts);
                Ask::one(parts.into_iter().map(|part| self.of(part)))
            }
            Operator::Eq | Operator::IsNotDistinctFrom => match (text_of(left), text_of(right)) {
                (None, Some(needle)) => self.equal(left, needle),
                (Some(needle), None) => self.equal(right, needle),
                _ => Ask::Anything,
            },
            _ => Ask::Anything,
        }
    }

    fn equal(&self, tested: &Expr, needle: &str) -> Ask {
        self.needs(tested, whole(&folded(needle)))
    }

    fn of_list(&self, list: &InList) -> Ask {
        let needles: Option<Vec<&str>> = list.list.iter().map(text_of).collect();
        let Some(needles) = needles.filter(|needles| !needles.is_empty()) else {
            return Ask::Anything;
        };
        let needs = needles.iter().map(|needle| whole(&folded(needle)));
        self.needs(&list.expr, Need::one(needs.collect()))
    }

    fn of_call(&self, call: &ScalarFunction) -> Ask {
        let name = call.func.name();
        // `coalesce(test, false)`: a test whose null counts as false.
        if let ("coalesce", [test, Expr::Literal(ScalarValue::Boolean(Some(false)), _)]) =
            (name, call.args.as_slice())
        {
            return self.of(test);
        }
        let [tested, needle] = call.args.as_slice() else {
            return Ask::Anything;
        };
        let Some(needle) = text_of(needle) else {
            return Ask::Anything;
        };
        if let Some((_, asked)) = OPERATORS.iter().find(|(row, _)| name.starts_with(row)) {
            return self.needs(tested, asked(&folded(needle)));
        }
        if name.starts_with(MATCHES_REGEX) {
            return self.needs(tested, pattern::need_of(needle));
        }
        let (Some(items), all) = (strings(needle), name.starts_with(HAS_ALL)) else {
            return Ask::Anything;
        };
        if name.starts_with(IS_IN) {
            let needs = items.iter().map(|item| whole(&folded(item)));
            return self.needs(tested, Need::one(needs.collect()));
        }
        let has = |item: &String| within(&folded(item), Edge::Bounded, Edge::Bounded);
        match name.starts_with(HAS_ANY) {
            true => self.needs(tested, Need::one(items.iter().map(has).collect())),
            false if all => self.needs(tested, Need::all(items.iter().map(has).collect())),
            false => Ask::Anything,
        }
    }

    fn needs(&self, tested: &Expr, need: Need) -> Ask {
        match (self.column(tested), need) {
            (None, _) | (_, Need::Anything) => Ask::Anything,
            (Some(column), need) => Ask::Columns {
                names: vec![column],
                need,
            },
        }
    }

    /// The column whose text this is, as it is or in lower case.
    fn column(&self, expr: &Expr) -> Option<Asked> {
        match expr {
            Expr::Column(column) => {
                let ty = self.types.get(&column.name)?;
                matches!(ty, Type::String | Type::Guid).then(|| asked(&column.name, Form::Text))
            }
            Expr::Alias(alias) => self.column(&alias.expr),
            Expr::ScalarFunction(call) => {
                let name = call.func.name();
                match call.args.as_slice() {
                    [inner] if name == TO_LOWER => self.column(inner),
                    [inner] if TO_TEXT.iter().any(|row| name.starts_with(row)) => {
                        self.column(inner).or_else(|| self.json(inner))
                    }
                    [inner, Expr::Literal(..)] if name.starts_with(PATH_TEXT) => self.json(inner),
                    [inner, empty] if name == "coalesce" && text_of(empty) == Some("") => {
                        self.column(inner)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The column of JSON that a value lies in.
    fn json(&self, expr: &Expr) -> Option<Asked> {
        match expr {
            Expr::Column(column) => {
                let is_json = self.types.get(&column.name) == Some(&Type::Dynamic);
                is_json.then(|| asked(&column.name, Form::Json))
            }
            Expr::ScalarFunction(call) => {
                let is_step = WITHIN_JSON
                    .iter()
                    .any(|row| call.func.name().starts_with(row));
                match call.args.as_slice() {
                    [inner, Expr::Literal(..)] if is_step => self.json(inner),
                    [inner] if call.func.name() == SAME_JSON => self.json(inner),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

fn asked(name: &str, form: Form) -> Asked {
    Asked {
        name: name.to_owned(),
        form,
    }
}

fn alternatives<'e>(expr: &'e Expr, parts: &mut Vec<&'e Expr>) {
    match expr {
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::Or,
            right,
        }) => {
            alternatives(left, parts);
            alternatives(right, parts);
        }
        other => parts.push(other),
    }
}

fn text_of(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(ScalarValue::Utf8(Some(text)), _) => Some(text),
        _ => None,
    }
}

/// The strings of a JSON array; `None` for anything else, and for an empty one.
fn strings(json: &str) -> Option<Vec<String>> {
    let Ok(Value::Array(items)) = serde_json::from_str(json) else {
        return None;
    };
    let strings: Option<Vec<String>> = items
        .into_iter()
        .map(|item| match item {
            Value::String(text) => Some(text),
            _ => None,
        })
        .collect();
    strings.filter(|strings| !strings.is_empty())
}
