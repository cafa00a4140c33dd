//! `huntql hunt list`: what rules there are.

use super::rules::{Chosen, RulePaths, load, verdict};
use crate::cli::FormatArgs;
use crate::failure::Failure;
use crate::report;
use crate::run::Screen;
use clap::Args;
use datafusion::arrow::array::{ArrayRef, StringArray};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_jobs::rule::{Every, Kind, Rule, period};
use huntql_kql::types::{Column, Type};
use std::sync::Arc;

#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    pub paths: RulePaths,
    #[command(flatten)]
    pub chosen: Chosen,
    #[command(flatten)]
    pub format: FormatArgs,
}

/// A column of the list, and how it is filled. Lists are JSON.
struct Field {
    name: &'static str,
    ty: Type,
    value: fn(&Rule) -> String,
}

const FIELDS: &[Field] = &[
    Field {
        name: "Name",
        ty: Type::String,
        value: |rule| rule.name.clone(),
    },
    Field {
        name: "Severity",
        ty: Type::String,
        value: |rule| {
            rule.severity
                .map_or_else(String::new, |severity| severity.name().to_owned())
        },
    },
    Field {
        name: "Runs",
        ty: Type::String,
        value: runs,
    },
    Field {
        name: "Tactics",
        ty: Type::Dynamic,
        value: |rule| list(&rule.tactics),
    },
    Field {
        name: "Techniques",
        ty: Type::Dynamic,
        value: |rule| list(&rule.techniques),
    },
    Field {
        name: "Tags",
        ty: Type::Dynamic,
        value: |rule| list(&rule.tags),
    },
    Field {
        name: "File",
        ty: Type::String,
        value: |rule| rule.source.file.display().to_string(),
    },
    Field {
        name: "Id",
        ty: Type::String,
        value: |rule| rule.id.clone(),
    },
];

fn list(texts: &[String]) -> String {
    serde_json::Value::from(texts).to_string()
}

/// `every 1h over 4h`, `30 6 * * * over 1d`, `near real time`; nothing for what never runs by itself.
fn runs(rule: &Rule) -> String {
    let Some(schedule) = &rule.schedule else {
        return String::new();
    };
    let back = period::show(schedule.period);
    match (&schedule.every, rule.kind) {
        (_, Kind::NearRealTime) => "near real time".to_owned(),
        (Every::Span(ticks), _) => format!("every {} over {back}", period::show(*ticks)),
        (Every::Cron(cron), _) => format!("{cron} over {back}"),
    }
}

pub fn run(args: &ListArgs) -> Result<(), Failure> {
    let loaded = load(&args.paths);
    let rules: Vec<&Rule> = loaded
        .iter()
        .filter_map(|one| one.rule.as_ref())
        .filter(|rule| args.chosen.holds(rule))
        .collect();
    let columns: Vec<Column> = FIELDS
        .iter()
        .map(|field| Column::new(field.name, field.ty))
        .collect();
    let arrays = FIELDS.iter().map(|field| {
        let values = rules.iter().map(|rule| (field.value)(rule));
        let array: ArrayRef = Arc::new(StringArray::from_iter_values(values));
        (field.name, array)
    });
    let batch =
        RecordBatch::try_from_iter(arrays).map_err(|error| Failure::Internal(error.to_string()))?;
    Screen::stdout(args.format.format).show_batch(&columns, &batch)?;
    let failed = loaded.iter().filter(|one| one.has_errors()).count();
    let scheduled = rules.iter().filter(|rule| rule.schedule.is_some()).count();
    let noun = if rules.len() == 1 { "rule" } else { "rules" };
    report::say(&format!(
        "{} {noun}, {scheduled} run by themselves, {failed} cannot be read",
        rules.len()
    ));
    verdict(&loaded)
}
