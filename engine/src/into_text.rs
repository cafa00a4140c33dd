//! `parse_json(Text).a.b`, where nothing else reads the dynamic, as one walk over the text.
//!
//! The last rule over a plan: filters have gone to the scans by then, and a `parse_json` that several expressions read stands
//! in a column of its own. It is left there, unless all that they want are members that the store has columns of (`members` of the store's
//! scan): then these are read instead.

use crate::functions::by_name;
use crate::json::{Step, path_text};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result, ScalarValue};
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{BinaryExpr, LogicalPlan, Operator, Projection};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};
use datafusion::prelude::Expr;
use huntql_store::EventTable;
use huntql_store::scan::members::{
    DYNAMIC_PATH_TEXT, PATH_IS as JSON_PATH_IS, PATH_TEXT as JSON_PATH_TEXT, key_of,
};
use std::sync::Arc;

const PARSE: &str = "kql_parse_json(string)";
const JSON_PATH: &str = "kql_json_path(string,string)";

/// What the constant behind a dynamic is.
type Path = fn(&str) -> String;

/// Calls over a dynamic, those over its text, and what the constant becomes.
const WAYS: &[(&str, &str, Path)] = &[
    (DYNAMIC_PATH_TEXT, JSON_PATH_TEXT, str::to_owned),
    ("kql_dynamic_path(dynamic,string)", JSON_PATH, str::to_owned),
    ("kql_dynamic_member(dynamic,string)", JSON_PATH, |key| {
        path_text(&[Step::Member(key.to_owned())])
    }),
];

/// See the module.
#[derive(Debug)]
pub(crate) struct IntoText;

impl OptimizerRule for IntoText {
    fn name(&self) -> &str {
        "into_text"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        _: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        if let Some(plan) = apart(&plan)? {
            return Ok(Transformed::yes(plan));
        }
        let names = NamePreserver::new(&plan);
        plan.map_expressions(|expr| {
            let name = names.save(&expr);
            let fused = expr.transform_up(|expr| Ok(fused(expr)))?;
            Ok(fused.update_data(|expr| name.restore(expr)))
        })
    }
}

/// A projection that wants only members of a `parse_json` below it, each from the text; `None` where the store has no columns of them.
fn apart(plan: &LogicalPlan) -> Result<Option<LogicalPlan>> {
    let LogicalPlan::Projection(outer) = plan else {
        return Ok(None);
    };
    let LogicalPlan::Projection(inner) = outer.input.as_ref() else {
        return Ok(None);
    };
    let parsed = inner.expr.iter().zip(inner.schema.fields());
    let parsed = parsed.enumerate().find_map(|(index, (expr, field))| {
        let text = parsed_text(expr)?;
        let keys = keys_wanted(&outer.expr, field.name())?;
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        has_members(&inner.input, &text.name, &keys).then_some((index, text, field.name()))
    });
    let Some((index, text, name)) = parsed else {
        return Ok(None);
    };
    let mut exprs = inner.expr.clone();
    let (qualifier, _) = inner.schema.qualified_field(index);
    exprs[index] = Expr::Column(text.clone()).alias_qualified(qualifier.cloned(), name);
    let inner = Projection::try_new(exprs, Arc::clone(&inner.input))?;
    let names = NamePreserver::new(plan);
    let exprs = outer.expr.iter().map(|expr| {
        let saved = names.save(expr);
        let from_text = expr.clone().transform_up(|expr| {
            Ok(match member_of(&expr, name) {
                Some((column, path)) => {
                    let call = by_name(JSON_PATH_TEXT).expect("the operator is registered");
                    Transformed::yes(call.call(vec![column.clone(), path.clone()]))
                }
                None => Transformed::no(expr),
            })
        })?;
        Ok(saved.restore(from_text.data))
    });
    let exprs = exprs.collect::<Result<Vec<_>>>()?;
    let outer = Projection::try_new(exprs, Arc::new(LogicalPlan::Projection(inner)))?;
    Ok(Some(LogicalPlan::Projection(outer)))
}

/// The column whose text is parsed.
fn parsed_text(expr: &Expr) -> Option<&Column> {
    let bare = match expr {
        Expr::Alias(alias) => alias.expr.as_ref(),
        bare => bare,
    };
    let Expr::ScalarFunction(parse) = bare else {
        return None;
    };
    match parse.args.as_slice() {
        [Expr::Column(text)] if parse.func.name() == PARSE => Some(text),
        _ => None,
    }
}

/// Column and path of the text of a way into the column `name`.
fn member_of<'e>(expr: &'e Expr, name: &str) -> Option<(&'e Expr, &'e Expr)> {
    let Expr::ScalarFunction(call) = expr else {
        return None;
    };
    match call.args.as_slice() {
        [column @ Expr::Column(of), path] if of.name == *name => {
            (call.func.name() == DYNAMIC_PATH_TEXT).then_some((column, path))
        }
        _ => None,
    }
}

/// The keys by which the column `name` is asked; `None` when it is not asked at all, or for anything else.
fn keys_wanted(exprs: &[Expr], name: &str) -> Option<Vec<String>> {
    let mut keys = Some(Vec::new());
    for expr in exprs {
        let walked = expr.apply(|expr| {
            if let Some((_, path)) = member_of(expr, name) {
                let key = path.as_literal().and_then(key_of);
                match (&mut keys, key) {
                    (Some(keys), Some(key)) => keys.push(key),
                    _ => keys = None,
                }
                return Ok(TreeNodeRecursion::Jump);
            }
            if matches!(expr, Expr::Column(column) if column.name == *name) {
                keys = None;
            }
            Ok(TreeNodeRecursion::Continue)
        });
        walked.ok()?;
    }
    keys.filter(|keys| !keys.is_empty())
}

/// Whether the table under filters alone has columns of these members, and its scan gives them.
fn has_members(plan: &LogicalPlan, column: &str, keys: &[&str]) -> bool {
    match plan {
        LogicalPlan::Filter(filter) => has_members(&filter.input, column, keys),
        LogicalPlan::TableScan(scan) => {
            let provider = source_as_provider(&scan.source);
            let provider = provider.as_ref().ok();
            let table = provider.and_then(|provider| provider.downcast_ref::<EventTable>());
            table.is_some_and(|table| {
                table.takes_filters(&scan.filters) && table.has_members(column, keys)
            })
        }
        _ => false,
    }
}

fn fused(expr: Expr) -> Transformed<Expr> {
    let instead = match &expr {
        Expr::ScalarFunction(call) => over_text(call),
        Expr::BinaryExpr(compared) => comparison(compared),
        _ => None,
    };
    match instead {
        Some(instead) => Transformed::yes(instead),
        None => Transformed::no(expr),
    }
}

/// A way into what `parse_json` gives.
fn over_text(call: &ScalarFunction) -> Option<Expr> {
    let (_, instead, path) = WAYS.iter().find(|way| way.0 == call.func.name())?;
    let [
        Expr::ScalarFunction(parse),
        Expr::Literal(ScalarValue::Utf8(Some(way)), _),
    ] = call.args.as_slice()
    else {
        return None;
    };
    let ([text], true) = (parse.args.as_slice(), parse.func.name() == PARSE) else {
        return None;
    };
    let path = Expr::Literal(ScalarValue::Utf8(Some(path(way))), None);
    Some(by_name(instead)?.call(vec![text.clone(), path]))
}

/// The text of a way into JSON text compared with a constant that is not empty.
fn comparison(compared: &BinaryExpr) -> Option<Expr> {
    let BinaryExpr { left, op, right } = compared;
    let (way, value) = match (left.as_ref(), right.as_ref()) {
        (Expr::ScalarFunction(way), value @ Expr::Literal(..))
        | (value @ Expr::Literal(..), Expr::ScalarFunction(way)) => (way, value),
        _ => return None,
    };
    let given =
        matches!(value, Expr::Literal(ScalarValue::Utf8(Some(text)), _) if !text.is_empty());
    if !given || *op != Operator::Eq || way.func.name() != JSON_PATH_TEXT {
        return None;
    }
    let mut args = way.args.clone();
    args.push(value.clone());
    Some(by_name(JSON_PATH_IS)?.call(args))
}
