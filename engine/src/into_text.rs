//! `parse_json(Text).a.b`, where nothing else reads the dynamic, as one walk over the text.
//!
//! The last rule over a plan: filters have gone to the scans by then, and a `parse_json` that several expressions read stands
//! in a column of its own, where it is left.

use crate::functions::by_name;
use crate::json::{Step, path_text};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{BinaryExpr, LogicalPlan, Operator};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};
use datafusion::prelude::Expr;
use huntql_store::scan::members::{
    DYNAMIC_PATH_TEXT, PATH_IS as JSON_PATH_IS, PATH_TEXT as JSON_PATH_TEXT,
};

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
        let names = NamePreserver::new(&plan);
        plan.map_expressions(|expr| {
            let name = names.save(&expr);
            let fused = expr.transform_up(|expr| Ok(fused(expr)))?;
            Ok(fused.update_data(|expr| name.restore(expr)))
        })
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
