//! Forms whose value comes from around the row: the clock, other tables, the user's databases, what the query has set.

use super::{Form, arguments, form, spans};
use crate::bind::{Binder, Row, facts};
use crate::functions::{ResultName, example};
use crate::ir::{Scalar, ScalarKind};
use huntql_kql::ast::Call;
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Type, Value};

pub(super) const FORMS: &[Form] = &[
    form(
        "now",
        &[],
        "kusto/query/now-function",
        "Gives the time at which the query began, perhaps with an offset.",
        &[
            example("now() - now()", "0s"),
            example("now(1h) - now()", "1h"),
        ],
        now,
    ),
    form(
        "ago",
        &[],
        "kusto/query/ago-function",
        "Gives the time that lies a timespan before the query began.",
        &[
            example("now() - ago(1d)", "1d"),
            example("ago(-1h) - now()", "1h"),
        ],
        ago,
    ),
    form(
        "toscalar",
        &[],
        "kusto/query/toscalar-function",
        "Gives the first value of the first row of a table.",
        &[
            example("toscalar(range x from 5 to 7 step 1 | count)", "3"),
            example("toscalar(print 1)", "1"),
        ],
        toscalar,
    ),
    form(
        "geo_info_from_ip_address",
        &[],
        "kusto/query/geo-info-from-ip-address-function",
        "Gives country, state, city, latitude and longitude of an address from the user's database (`--geo`); null for what is no address or is not in it.",
        &[
            example("geo_info_from_ip_address('')", "dynamic(null)"),
            example("geo_info_from_ip_address('no address')", "dynamic(null)"),
        ],
        address_place,
    ),
    form(
        "parse_user_agent",
        &[],
        "kusto/query/parse-user-agent-function",
        "Tells the browser, the operating system and the device of a user agent by the user's patterns (`regexes` under `[user_agents]` in huntql.toml, a file of the ua-parser project). Without them every user agent is refused.",
        &[
            example(
                "toscalar(datatable(a:string)[] | extend b = parse_user_agent(a, 'browser') | count)",
                "0",
            ),
            example(
                "toscalar(datatable(a:string)[] | project b = parse_user_agent(a, dynamic(['os'])) | summarize count(b))",
                "0",
            ),
        ],
        user_agent,
    ),
    Form {
        result_name: ResultName::FirstArgument,
        ..form(
            "bin_auto",
            &[],
            "kusto/query/bin-auto-function",
            "Rounds down to a bin whose size, and perhaps fixed point, `set query_bin_auto_size` and `set query_bin_auto_at` give.",
            &[],
            bin_auto,
        )
    },
];

fn now(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    clock(binder, call, span, row, "add", 0)
}

fn ago(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    clock(binder, call, span, row, "subtract", 1)
}

fn clock(
    binder: &mut Binder<'_>,
    call: &Call,
    span: Span,
    row: Row<'_>,
    operator: &str,
    least: usize,
) -> Scalar {
    let Some(mut arguments) = arguments(binder, call, span, row, least, 1) else {
        return Scalar::error();
    };
    let now = Scalar::literal(Value::Datetime(Some(binder.options.now)));
    match arguments.pop() {
        None => now,
        Some(offset) if offset.is_error() => offset,
        Some(offset) if offset.ty == Type::Timespan || offset.ty == Type::Dynamic => {
            let offset = binder.convert(offset, Type::Timespan);
            binder.operator(operator, vec![now, offset], &[span, span], span)
        }
        Some(offset) => binder.wrong(facts::wrong_type(
            call.args[0].value.span,
            offset.ty,
            "a timespan",
        )),
    }
}

fn toscalar(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    let [arg] = call.args.as_slice() else {
        return binder.wrong(facts::wrong_count(
            span,
            "toscalar",
            call.args.len(),
            "one argument",
        ));
    };
    match binder.try_table(&arg.value, row) {
        Some(relation) if relation.unknown => Scalar::error(),
        Some(relation) => match relation.columns.first() {
            Some(first) => Scalar::new(
                first.ty,
                ScalarKind::Subquery(Box::new(relation.clone().limited(1))),
            ),
            None => binder.wrong(Diagnostic::binding(
                "KS106",
                arg.value.span,
                "this table has no column",
            )),
        },
        None => binder.scalar(&arg.value, None),
    }
}

/// The call with the path of the user's database of addresses behind its argument, where there is one.
fn address_place(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    let Some(mut values) = arguments(binder, call, span, row, 1, 1) else {
        return Scalar::error();
    };
    let mut places = spans(call);
    if let Some(path) = binder.catalog.address_database() {
        values.push(Scalar::literal(Value::String(path.to_owned())));
        places.push(span);
    }
    binder.operator("address_place", values, &places, span)
}

/// What to look for is one of three words or an array of some.
fn user_agent(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    let Some(mut values) = arguments(binder, call, span, row, 2, 2) else {
        return Scalar::error();
    };
    let (sought, place) = (values.remove(1), call.args[1].value.span);
    if sought.is_error() {
        return Scalar::error();
    }
    let ty = match sought.ty {
        Type::String => Type::String,
        _ => Type::Dynamic,
    };
    let words = match binder.constant(&sought, ty, place) {
        Some(Value::String(word)) => vec![word],
        Some(Value::Dynamic(Some(words))) => crate::json::items(&words)
            .map(|word| crate::json::unquote(word).into_owned())
            .collect(),
        _ => return Scalar::error(),
    };
    let is_known = |word: &String| crate::kernel::agents::TARGETS.contains(&word.as_str());
    if words.is_empty() || !words.iter().all(is_known) {
        let message = "`parse_user_agent` looks for `browser`, `os` or `device`";
        return binder.wrong(Diagnostic::binding("SEM0260", place, message));
    }
    let mut places = vec![call.args[0].value.span, place];
    values.push(Scalar::literal(Value::String(words.join(","))));
    if let Some(path) = binder.catalog.agent_patterns() {
        values.push(Scalar::literal(Value::String(path.to_owned())));
        places.push(span);
    }
    binder.operator("user_agent", values, &places, span)
}

/// `bin`, or `bin_at` when there is a fixed point, by what the text has set.
fn bin_auto(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    let Some(mut values) = arguments(binder, call, span, row, 1, 1) else {
        return Scalar::error();
    };
    let Some(size) = binder.bins.size.clone() else {
        return binder.wrong(
            Diagnostic::unsupported(span, "`bin_auto` without a size is not supported")
                .help("say it before the query: `set query_bin_auto_size = 1h;`"),
        );
    };
    values.push(size);
    let name = match binder.bins.at.clone() {
        Some(at) => {
            values.push(at);
            "bin_at"
        }
        None => "bin",
    };
    let row = crate::functions::find(name).expect("`bin` and `bin_at` have rows");
    let places = vec![span; values.len()];
    binder.apply(row, values, &places, span)
}
