//! `huntql hunt status`: how the rules stand.

use super::world::{self, counted};
use crate::cli::{DataArgs, FormatArgs};
use crate::failure::Failure;
use crate::report;
use crate::run::Screen;
use crate::session::wall_clock;
use clap::Args;
use datafusion::arrow::array::{ArrayRef, Int64Array, StringArray};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_jobs::state::State;
use huntql_jobs::state::lock::{Lock, LockError};
use huntql_jobs::state::report::RuleStatus;
use huntql_kql::time::format_datetime;
use huntql_kql::types::{Column, Type};
use std::sync::Arc;

#[derive(Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub format: FormatArgs,
    #[command(flatten)]
    pub data: DataArgs,
}

/// A column of the list, and how it is filled.
struct Field {
    name: &'static str,
    ty: Type,
    value: Value,
}

enum Value {
    Text(fn(&RuleStatus) -> String),
    Whole(fn(&RuleStatus) -> Option<i64>),
}

const FIELDS: &[Field] = &[
    Field {
        name: "Rule",
        ty: Type::String,
        value: Value::Text(|rule| rule.name.clone()),
    },
    Field {
        name: "State",
        ty: Type::String,
        value: Value::Text(state),
    },
    Field {
        name: "LastRun",
        ty: Type::Datetime,
        value: Value::Whole(|rule| rule.last.as_ref().map(|last| last.at)),
    },
    Field {
        name: "LookedUpTo",
        ty: Type::Datetime,
        value: Value::Whole(|rule| rule.last.as_ref().map(|last| last.window.to)),
    },
    Field {
        name: "Duration",
        ty: Type::Timespan,
        value: Value::Whole(|rule| rule.last.as_ref().map(|last| last.duration)),
    },
    Field {
        name: "Rows",
        ty: Type::Long,
        value: Value::Whole(|rule| rule.last.as_ref().map(|last| last.rows)),
    },
    Field {
        name: "Alerts",
        ty: Type::Long,
        value: Value::Whole(|rule| Some(rule.alerts)),
    },
    Field {
        name: "Holes",
        ty: Type::Dynamic,
        value: Value::Text(holes),
    },
    Field {
        name: "Reason",
        ty: Type::String,
        value: Value::Text(reason),
    },
    Field {
        name: "File",
        ty: Type::String,
        value: Value::Text(|rule| rule.file.clone()),
    },
    Field {
        name: "Id",
        ty: Type::String,
        value: Value::Text(|rule| rule.id.clone()),
    },
];

/// `Disabled`, `Failed`, `Capped`, `Suppressed`, `Succeeded`, `NeverRan`
fn state(rule: &RuleStatus) -> String {
    match &rule.last {
        _ if rule.disabled.is_some() => "Disabled".to_owned(),
        None => "NeverRan".to_owned(),
        Some(last) if last.summed_up > 0 => "Capped".to_owned(),
        Some(last) => last.status.clone(),
    }
}

fn reason(rule: &RuleStatus) -> String {
    let is_failing = rule
        .last
        .as_ref()
        .is_some_and(|last| last.status == "Failed");
    match (&rule.disabled, &rule.last_error, &rule.last) {
        (Some(reason), _, _) => reason.clone(),
        (None, Some(error), _) if is_failing => format!("{}: {}", error.kind, error.message),
        (None, _, Some(last)) if last.summed_up > 0 => {
            format!("the last alert sums up {} others", last.summed_up)
        }
        _ => String::new(),
    }
}

fn holes(rule: &RuleStatus) -> String {
    let holes = rule.holes.iter();
    let texts = holes.map(|hole| {
        format!(
            "{}/{}",
            format_datetime(hole.from),
            format_datetime(hole.to)
        )
    });
    serde_json::Value::from(texts.collect::<Vec<_>>()).to_string()
}

pub fn run(args: &StatusArgs) -> Result<(), Failure> {
    let store = world::store(&args.data)?;
    let state = State::open_existing(&store).map_err(world::state_failure)?;
    let (rules, sinks) = match &state {
        Some(state) => (
            state.rules().map_err(world::state_failure)?,
            state.sinks().map_err(world::state_failure)?,
        ),
        None => (Vec::new(), Vec::new()),
    };
    let columns: Vec<Column> = FIELDS
        .iter()
        .map(|field| Column::new(field.name, field.ty))
        .collect();
    let arrays = FIELDS.iter().map(|field| {
        let array: ArrayRef = match &field.value {
            Value::Text(text) => Arc::new(StringArray::from_iter_values(rules.iter().map(text))),
            Value::Whole(whole) => Arc::new(rules.iter().map(whole).collect::<Int64Array>()),
        };
        (field.name, array)
    });
    let batch =
        RecordBatch::try_from_iter(arrays).map_err(|error| Failure::Internal(error.to_string()))?;
    Screen::stdout(args.format.format).show_batch(&columns, &batch)?;
    for sink in &sinks {
        let mut line = format!(
            "sink `{}`: {} delivered, {} waiting, {} dead",
            sink.name, sink.delivered, sink.waiting, sink.dead
        );
        if !sink.error.is_empty() {
            line.push_str(&format!(" ({})", sink.error));
        }
        report::say(&line);
    }
    let disabled = rules.iter().filter(|rule| rule.disabled.is_some()).count();
    let with_holes = rules.iter().filter(|rule| !rule.holes.is_empty()).count();
    report::say(&format!(
        "{}, {disabled} disabled, {with_holes} with holes",
        counted(rules.len(), "rule")
    ));
    if state.is_some() {
        report::say(&match Lock::take(&store, &format_datetime(wall_clock())) {
            Ok(_) => "no scheduler is at work".to_owned(),
            Err(LockError::Held(who)) => format!("a scheduler is at work: {who}"),
            Err(LockError::Failed(error)) => error.to_string(),
        });
    }
    Ok(())
}
