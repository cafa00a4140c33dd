//! `sequence_detect`: pairs of rows that meet two conditions one after the other.
//!
//! `sequence_detect(Timeline, MaxStep, MaxSpan, First, Second, Dimensions …)`: a row for each pair of times with the same
//! dimensions, a step apart at most. In the page's example one beginning stands in several rows, and so does one end.
//! Not here: three and more steps, of which the page does not say which of the sequences that share steps are told.
//! Where both conditions are true at one time the query fails: the page does not say whether that is a sequence.

use super::activity::{Reader, listed};
use super::wrong_count;
use crate::bind::Binder;
use crate::ir::{Relation, Scalar};
use huntql_kql::ast::{Arg, Evaluate, ExprKind};
use huntql_kql::types::{Column, Type};

const CONDITIONS_FROM: usize = 3;

pub(super) fn bind(binder: &mut Binder<'_>, evaluate: &Evaluate, input: Relation) -> Relation {
    if evaluate.call.args.len() < CONDITIONS_FROM + 1 {
        return wrong_count(binder, evaluate, "4 or more arguments");
    }
    bound(binder, evaluate, &input).unwrap_or_else(Relation::unknown)
}

/// A condition with the name that the query gives it.
struct Step {
    name: String,
    condition: Scalar,
}

/// Conditions come first; what is no bool is a dimension.
fn is_condition(arg: &Arg, input: &Relation) -> bool {
    match &arg.value.kind {
        ExprKind::Name(name) => input
            .resolve(&name.text)
            .is_none_or(|column| column.ty == Type::Bool),
        _ => true,
    }
}

fn bound(binder: &mut Binder<'_>, evaluate: &Evaluate, input: &Relation) -> Option<Relation> {
    let args = &evaluate.call.args;
    if input.unknown {
        return None;
    }
    let conditions = args[CONDITIONS_FROM..]
        .iter()
        .take_while(|arg| is_condition(arg, input))
        .count();
    let mut steps = Vec::new();
    for arg in &args[CONDITIONS_FROM..CONDITIONS_FROM + conditions] {
        let name = arg.name.as_ref().map(|name| name.text.clone());
        let condition = binder.condition(&arg.value, Some(input));
        if condition.is_error() {
            return None;
        }
        steps.push(Step {
            name: name.unwrap_or_default(),
            condition,
        });
    }
    if steps.len() != 2 {
        let what = format!("`sequence_detect` of {} steps", steps.len());
        binder.unsupported(evaluate.call.name.span, &what);
        return None;
    }
    let mut reader = Reader::new(binder, evaluate, input);
    let time = reader.column("t")?;
    if !matches!(time.ty, Type::Datetime | Type::Timespan) {
        let what = format!("`sequence_detect` along {}", time.ty);
        reader.binder.unsupported(args[0].value.span, &what);
        return None;
    }
    reader.constant("apart", Type::Timespan)?;
    reader.constant("span", Type::Timespan)?;
    for (at, step) in steps.iter().enumerate() {
        reader.next();
        reader.scalar(format!("e{at}"), step.condition.clone());
    }
    let dimensions = reader.dimensions()?;
    let columns = columns(&time, &dimensions, &steps);
    let reason = "`sequence_detect`: both conditions are true at one time; \
        the reference does not say whether that is a sequence";
    Some(reader.run_undoubted(&query(&dimensions), columns, reason))
}

fn columns(time: &Column, dimensions: &[Column], steps: &[Step]) -> Vec<String> {
    dimensions
        .iter()
        .map(|dimension| dimension.name.clone())
        .chain(
            steps
                .iter()
                .map(|step| format!("{}_{}", step.name, time.name)),
        )
        .chain(std::iter::once("Duration".to_owned()))
        .collect()
}

fn query(dimensions: &[Column]) -> String {
    let list = listed(dimensions);
    let shown = (0..dimensions.len()).fold(String::new(), |text, at| format!("{text}d{at}, "));
    format!(
        "let A = T | where e0 | summarize by k = 1, a = t{list};
         let B = T | where e1 | summarize by k = 1, b = t{list};
         A | join kind=inner B on k{list}
            | where b >= a and b - a <= apart and b - a <= span
            | sort by a asc, b asc
            | project {shown}a, b, b - a, a == b"
    )
}
