//! Defender's own functions behind `invoke`: most add columns that only Microsoft's service can fill.
//!
//! The columns are there, so that a hunt runs; they are empty, and a warning says so. `ProfileAvailability` says what the
//! documentation lets it say of a file that is not known: `Missing`, or nothing when the row has no hash.
//! Source: Microsoft Defender XDR, pages `advanced-hunting-fileprofile-function` and its neighbours.

use super::observed;
use super::project::all_columns;
use crate::bind::Binder;
use crate::bind::facts;
use crate::bind::names::Names;
use crate::ir::{Compare, Relation, Scalar, ScalarKind};
use huntql_kql::ast::{Arg, Call, ExprKind};
use huntql_kql::diagnostics::{Diagnostic, Severity};
use huntql_kql::span::Span;
use huntql_kql::types::{Type, Value};

/// A function that adds columns.
pub(crate) struct Enrichment {
    name: &'static str,
    /// The column that is looked up: the default of the first argument.
    key: Option<&'static str>,
    columns: &'static [(&'static str, Type)],
    /// The column that says whether anything is known of the key.
    availability: Option<&'static str>,
    arguments_max: usize,
    what: &'static str,
    /// Answers from local tables in place of the columns.
    local: Option<fn(&mut Binder<'_>, &Call, Relation) -> Relation>,
}

const ENRICHMENTS: &[Enrichment] = &[
    Enrichment {
        name: "FileProfile",
        key: Some("SHA1"),
        columns: &[
            ("SHA1", Type::String),
            ("SHA256", Type::String),
            ("MD5", Type::String),
            ("FileSize", Type::Int),
            ("GlobalPrevalence", Type::Int),
            ("GlobalFirstSeen", Type::Datetime),
            ("GlobalLastSeen", Type::Datetime),
            ("Signer", Type::String),
            ("Issuer", Type::String),
            ("SignerHash", Type::String),
            ("IsCertificateValid", Type::Bool),
            ("IsRootSignerMicrosoft", Type::Bool),
            ("SignatureState", Type::String),
            ("IsExecutable", Type::Bool),
            ("ThreatName", Type::String),
            ("Publisher", Type::String),
            ("SoftwareName", Type::String),
            ("ProfileAvailability", Type::String),
        ],
        availability: Some("ProfileAvailability"),
        arguments_max: 2,
        what: "the profiles of files",
        local: None,
    },
    Enrichment {
        name: "DeviceFromIP",
        key: None,
        columns: &[],
        availability: None,
        arguments_max: 2,
        what: "the addresses of devices",
        local: Some(observed::device_from_ip),
    },
    Enrichment {
        name: "SeenBy",
        key: None,
        columns: &[("SeenBy", Type::String)],
        availability: None,
        arguments_max: 1,
        what: "which device saw which",
        local: None,
    },
];

pub(crate) fn find(name: &str) -> Option<&'static Enrichment> {
    ENRICHMENTS.iter().find(|row| row.name == name)
}

/// The warning behind every answer that lacks what only the service knows.
pub(crate) fn no_data(span: Span, name: &str, what: &str) -> Diagnostic {
    Diagnostic::error(
        huntql_kql::diagnostics::Fault::Binding,
        "HQ010",
        span,
        format!("`{name}` has nothing to look in: {what} are not known here"),
    )
    .with_severity(Severity::Warning)
    .help("the columns that it adds are empty: conditions on them choose no rows, or all")
}

pub(crate) fn bind(
    binder: &mut Binder<'_>,
    enrichment: &'static Enrichment,
    input: Relation,
    call: &Call,
) -> Relation {
    if call.args.len() > enrichment.arguments_max {
        let most = format!("at most {} arguments", enrichment.arguments_max);
        let (name, count) = (enrichment.name, call.args.len());
        binder.report(facts::wrong_count(call.name.span, name, count, &most));
        return input;
    }
    if let Some(local) = enrichment.local {
        return local(binder, call, input);
    }
    let key = key(binder, enrichment, &input, call.args.first());
    for arg in call.args.iter().skip(1) {
        limit(binder, arg, &input);
    }
    binder.report(no_data(call.name.span, enrichment.name, enrichment.what));
    let mut items = all_columns(&input.columns);
    let mut names = Names::beside(input.columns.iter().map(|column| column.name.clone()));
    for (name, ty) in enrichment.columns {
        let value = match &key {
            Some(key) if enrichment.availability == Some(*name) => availability(key.clone()),
            _ => Scalar::literal(Value::null(*ty)),
        };
        items.push((names.free(name), value));
    }
    input.projected(items)
}

/// The looked up column, given by its name as a string or bare.
fn key(
    binder: &mut Binder<'_>,
    enrichment: &Enrichment,
    input: &Relation,
    arg: Option<&Arg>,
) -> Option<Scalar> {
    let name = match arg.map(|arg| &arg.value) {
        None => enrichment.key?.to_string(),
        Some(expr) => match &expr.kind {
            ExprKind::Name(name) if input.resolve(&name.text).is_some() => name.text.clone(),
            _ => {
                let value = binder.scalar(expr, Some(input));
                match binder.constant(&value, Type::String, expr.span)? {
                    Value::String(name) => name,
                    _ => return None,
                }
            }
        },
    };
    let span = arg.map_or(Span::default(), |arg| arg.value.span);
    match input.resolve(&name) {
        Some(column) => Some(Scalar::column(column)),
        None if input.unknown || arg.is_none() => None,
        None => {
            let diagnostic = facts::unknown_column(span, &name);
            binder.report(Binder::suggest(
                diagnostic,
                &name,
                input.columns.iter().map(|column| column.name.as_str()),
            ));
            None
        }
    }
}

/// How many keys are looked up: bound for its errors only.
fn limit(binder: &mut Binder<'_>, arg: &Arg, input: &Relation) {
    binder.scalar(&arg.value, Some(input));
}

/// `Missing` for a key that is there.
fn availability(key: Scalar) -> Scalar {
    let text = |text: &str| Scalar::literal(Value::String(text.to_string()));
    if key.ty != Type::String {
        return text("");
    }
    let present = Scalar::new(
        Type::Bool,
        ScalarKind::Compare(Compare::NotEqual, Box::new(key), Box::new(text(""))),
    );
    Scalar::new(
        Type::String,
        ScalarKind::Case(vec![(present, text("Missing"))], Box::new(text(""))),
    )
}
