//! Calls that are more than a function of their arguments' values: branches, the clock, tables as arguments.
//!
//! Rows like those of the functions, with a binding of their own instead of a kernel.

use super::{Binder, Row, facts};
use crate::conversion::common_type;
use crate::functions::{Example, ResultName, example};
use crate::ir::{Scalar, ScalarKind};
use huntql_kql::ast::{Arg, BinaryOp, Call, ExprKind};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Type, Value};
use huntql_store::schema::{INGESTION_TIME, RECORD_ID, SOURCE_FILE, SOURCE_POSITION};

/// A special form.
pub struct Form {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub result_name: ResultName,
    pub doc: &'static str,
    pub source: &'static str,
    pub examples: &'static [Example],
    pub bind: fn(&mut Binder<'_>, &Call, Span, Row<'_>) -> Scalar,
}

const fn form(
    name: &'static str,
    aliases: &'static [&'static str],
    source: &'static str,
    doc: &'static str,
    examples: &'static [Example],
    bind: fn(&mut Binder<'_>, &Call, Span, Row<'_>) -> Scalar,
) -> Form {
    Form {
        name,
        aliases,
        result_name: ResultName::Default,
        doc,
        source,
        examples,
        bind,
    }
}

/// Every special form.
pub const FORMS: &[Form] = &[
    form(
        "iff",
        &["iif"],
        "kusto/query/iff-function",
        "Gives the second argument where the first is true, else the third.",
        &[
            example("iff(1 < 2, \"yes\", \"no\")", "\"yes\""),
            example("iff(bool(null), 1, 2)", "2"),
        ],
        iff,
    ),
    form(
        "case",
        &[],
        "kusto/query/case-function",
        "Gives the value behind the first condition that is true, else the last argument.",
        &[
            example("case(false, 1, true, 2, 3)", "2"),
            example("case(false, \"a\", \"b\")", "\"b\""),
        ],
        case,
    ),
    form(
        "coalesce",
        &[],
        "kusto/query/coalesce-function",
        "Gives the first argument that is neither null nor, for strings, empty.",
        &[
            example("coalesce(tolong(\"x\"), 7)", "7"),
            example("coalesce(\"\", \"b\")", "\"b\""),
        ],
        coalesce,
    ),
    form(
        "max_of",
        &[],
        "kusto/query/max-of-function",
        "Gives the largest of its arguments; nulls do not count.",
        &[
            example("max_of(1, 3, 2)", "3"),
            example("max_of(1.5, 1)", "1.5"),
            example("max_of(\"b\", \"a\")", "\"b\""),
            example("max_of(false, true)", "true"),
        ],
        max_of,
    ),
    form(
        "min_of",
        &[],
        "kusto/query/min-of-function",
        "Gives the smallest of its arguments; nulls do not count.",
        &[
            example("min_of(1, 3, 2)", "1"),
            example("min_of(1.5, 2)", "1.5"),
            example("min_of(\"b\", \"a\")", "\"a\""),
            example("min_of(false, true)", "false"),
        ],
        min_of,
    ),
    form(
        "not",
        &[],
        "kusto/query/not-function",
        "Gives the opposite of a bool; of null, null.",
        &[
            example("not(true)", "false"),
            example("not(1 == 2)", "true"),
        ],
        not,
    ),
    form(
        "assert",
        &[],
        "kusto/query/assert-function",
        "Gives true when a constant condition is true; else the query fails with a message, before it runs.",
        &[
            example("assert(1 < 2, \"numbers are in order\")", "true"),
            example("assert(true, \"\") and false", "false"),
        ],
        assert,
    ),
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
        "column_ifexists",
        &["columnifexists"],
        "kusto/query/column-ifexists-function",
        "Gives a column when the input has it, else the second argument.",
        &[
            example("column_ifexists(\"x\", 5)", "5"),
            example("column_ifexists(\"y\", \"none\")", "\"none\""),
        ],
        column_ifexists,
    ),
    form(
        "pack_all",
        &[],
        "kusto/query/pack-all-function",
        "Gives all columns of the row as a property bag; with `true`, without the empty ones.",
        &[],
        pack_all,
    ),
    form(
        "bag_pack_columns",
        &[],
        "kusto/query/bag-pack-columns-function",
        "Makes a bag of columns: their names are its keys.",
        &[],
        bag_pack_columns,
    ),
    form(
        "estimate_data_size",
        &[],
        "kusto/query/estimate-data-size-function",
        "Gives the bytes of columns, all of them for `*`: 1 of a bool, 4 of an int, 16 of a guid or a decimal, 8 of other numbers and of times, and those of the text of a string or a dynamic.",
        &[
            example(
                "toscalar(print X = 1, Text = \"1234567890\" | project estimate_data_size(*))",
                "18",
            ),
            example(
                "toscalar(print X = true, Text = \"\" | project estimate_data_size(Text, X))",
                "1",
            ),
        ],
        estimate_data_size,
    ),
    form(
        "column_names_of",
        &[],
        "kusto/query/column-names-of-function",
        "Gives the names of a table's columns as an array.",
        &[example(
            "column_names_of(print A = 1, B = 2)",
            "dynamic([\"A\",\"B\"])",
        )],
        column_names_of,
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
    form(
        "ingestion_time",
        &[],
        "kusto/query/ingestion-time-function",
        "Gives the time at which the row was written to the store; null for rows that never were.",
        &[example("ingestion_time()", "datetime(null)")],
        |binder, call, span, row| hidden(binder, call, span, row, INGESTION_TIME, Type::Datetime),
    ),
    form(
        "record_id",
        &[],
        "huntql",
        "Gives the identity of the row's source record, 32 hex digits; empty for rows that were not ingested.",
        &[example("record_id()", "\"\"")],
        |binder, call, span, row| hidden(binder, call, span, row, RECORD_ID, Type::String),
    ),
    form(
        "source_file",
        &[],
        "huntql",
        "Gives the file that the row was read from; empty for rows that were not ingested.",
        &[example("source_file()", "\"\"")],
        |binder, call, span, row| hidden(binder, call, span, row, SOURCE_FILE, Type::String),
    ),
    form(
        "source_position",
        &[],
        "huntql",
        "Gives the byte offset of the row's record in its file; null for rows that were not ingested.",
        &[example("source_position()", "long(null)")],
        |binder, call, span, row| hidden(binder, call, span, row, SOURCE_POSITION, Type::Long),
    ),
];

/// The form of a name or alias.
pub fn find(name: &str) -> Option<&'static Form> {
    FORMS
        .iter()
        .find(|form| form.name == name || form.aliases.contains(&name))
}

pub fn names() -> impl Iterator<Item = &'static str> {
    FORMS.iter().map(|form| form.name)
}

/// Binds the arguments when their number lies between `least` and `most`.
fn arguments(
    binder: &mut Binder<'_>,
    call: &Call,
    span: Span,
    row: Row<'_>,
    least: usize,
    most: usize,
) -> Option<Vec<Scalar>> {
    let count = call.args.len();
    if count < least || count > most {
        let expected = if least == most {
            format!("{least} arguments")
        } else {
            format!("{least} or more arguments")
        };
        binder.report(facts::wrong_count(span, &call.name.text, count, &expected));
        return None;
    }
    Some(
        call.args
            .iter()
            .map(|arg| binder.scalar(&arg.value, row))
            .collect(),
    )
}

/// Converts values to the one type that they have in common; reported when there is none.
fn unified(binder: &mut Binder<'_>, values: Vec<Scalar>, spans: &[Span]) -> Option<Vec<Scalar>> {
    if values.iter().any(Scalar::is_error) {
        return None;
    }
    let Some(ty) = common_type(values.iter().map(|value| value.ty)) else {
        let first = values.first().map_or(Type::Dynamic, |value| value.ty);
        let differs = |value: &Scalar| common_type([first, value.ty].into_iter()).is_none();
        let (read, span) = values
            .iter()
            .zip(spans)
            .find(|(value, _)| differs(value))
            .map_or((first, Span::default()), |(value, span)| (value.ty, *span));
        let wanted = format!("a {first}, as in the other values,");
        binder.report(facts::wrong_type(span, read, &wanted));
        return None;
    };
    Some(
        values
            .into_iter()
            .map(|value| binder.convert(value, ty))
            .collect(),
    )
}

fn spans(call: &Call) -> Vec<Span> {
    call.args.iter().map(|arg| arg.value.span).collect()
}

fn iff(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    if call.args.len() != 3 {
        return binder.wrong(facts::wrong_count(
            span,
            &call.name.text,
            call.args.len(),
            "3 arguments",
        ));
    }
    branches(binder, call, row)
}

/// The condition is looked at while the query is bound, whatever stands around the call.
fn assert(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    if call.args.len() != 2 {
        let count = call.args.len();
        return binder.wrong(facts::wrong_count(span, "assert", count, "2 arguments"));
    }
    let (condition, message) = (&call.args[0].value, &call.args[1].value);
    let (holds, text) = (binder.scalar(condition, row), binder.scalar(message, row));
    if holds.is_error() || text.is_error() {
        return Scalar::error();
    }
    if holds.ty != Type::Bool {
        return binder.wrong(facts::wrong_type(condition.span, holds.ty, "a bool"));
    }
    let (Some(holds), Some(text)) = (
        binder.constant(&holds, Type::Bool, condition.span),
        binder.constant(&text, Type::String, message.span),
    ) else {
        return Scalar::error();
    };
    match (holds, text) {
        (Value::Bool(Some(true)), _) => Scalar::literal(Value::Bool(Some(true))),
        (_, Value::String(text)) => {
            let message = format!("`assert` failed: {text}");
            binder.wrong(Diagnostic::binding("SEM0100", span, message))
        }
        _ => Scalar::error(),
    }
}

fn case(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    if call.args.len() < 3 || call.args.len().is_multiple_of(2) {
        return binder.wrong(facts::wrong_count(
            span,
            "case",
            call.args.len(),
            "pairs of a condition and a value, and a last value",
        ));
    }
    branches(binder, call, row)
}

/// A condition among arguments. `a = 1` only names it, and the number is not read as a bool there.
fn predicate(binder: &mut Binder<'_>, arg: &Arg, row: Row<'_>) -> Scalar {
    if arg.name.is_none() {
        return binder.condition(&arg.value, row);
    }
    let bound = binder.scalar(&arg.value, row);
    if bound.ty == Type::Bool || bound.is_error() {
        return bound;
    }
    let diagnostic = facts::wrong_type(arg.value.span, bound.ty, "a bool");
    binder.wrong(diagnostic.help("`=` only names the argument: write `==` to compare"))
}

/// Condition, value, condition, value …, last value.
fn branches(binder: &mut Binder<'_>, call: &Call, row: Row<'_>) -> Scalar {
    let mut conditions = Vec::new();
    let mut values = Vec::new();
    let mut places = Vec::new();
    for (index, arg) in call.args.iter().enumerate() {
        if index % 2 == 0 && index + 1 < call.args.len() {
            conditions.push(predicate(binder, arg, row));
        } else {
            values.push(binder.scalar(&arg.value, row));
            places.push(arg.value.span);
        }
    }
    // Values without a common type are dynamic.
    let mixed = common_type(values.iter().map(|value| value.ty)).is_none();
    let unified = if mixed {
        Some(
            values
                .into_iter()
                .map(|value| binder.convert(value, Type::Dynamic))
                .collect(),
        )
    } else {
        unified(binder, values, &places)
    };
    let Some(mut values): Option<Vec<Scalar>> = unified else {
        return Scalar::error();
    };
    if conditions.iter().any(Scalar::is_error) {
        return Scalar::error();
    }
    let Some(otherwise) = values.pop() else {
        return Scalar::error();
    };
    if let [Some(Value::Bool(known))] = conditions
        .iter()
        .map(Scalar::as_literal)
        .collect::<Vec<_>>()[..]
    {
        return if *known == Some(true) {
            values.remove(0)
        } else {
            otherwise
        };
    }
    Scalar::new(
        otherwise.ty,
        ScalarKind::Case(
            conditions.into_iter().zip(values).collect(),
            Box::new(otherwise),
        ),
    )
}

fn coalesce(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    let Some(values) = arguments(binder, call, span, row, 1, 64) else {
        return Scalar::error();
    };
    let Some(mut values) = unified(binder, values, &spans(call)) else {
        return Scalar::error();
    };
    while values.len() > 1 && values[0].as_literal().is_some_and(is_absent) {
        values.remove(0);
    }
    let Some(last) = values.pop() else {
        return Scalar::error();
    };
    if values
        .first()
        .is_some_and(|value| value.as_literal().is_some())
    {
        return values.remove(0);
    }
    let ty = last.ty;
    values.into_iter().rev().fold(last, |otherwise, value| {
        let present = is_present(binder, value.clone());
        Scalar::new(
            ty,
            ScalarKind::Case(vec![(present, value)], Box::new(otherwise)),
        )
    })
}

fn is_absent(value: &Value) -> bool {
    value.is_null() || *value == Value::String(String::new())
}

/// Neither null nor, for a string, empty.
fn is_present(binder: &mut Binder<'_>, value: Scalar) -> Scalar {
    if value.ty == Type::String {
        let empty = Scalar::literal(Value::String(String::new()));
        return binder.compare(BinaryOp::NotEqual, value, empty, Span::default());
    }
    Scalar::new(Type::Bool, ScalarKind::IsNull(Box::new(value))).negated()
}

fn max_of(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    extreme(binder, call, span, row, BinaryOp::GreaterOrEqual)
}

fn min_of(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    extreme(binder, call, span, row, BinaryOp::LessOrEqual)
}

fn extreme(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>, op: BinaryOp) -> Scalar {
    let Some(values) = arguments(binder, call, span, row, 2, 64) else {
        return Scalar::error();
    };
    let Some(values) = unified(binder, values, &spans(call)) else {
        return Scalar::error();
    };
    let mut values = values.into_iter();
    let Some(first) = values.next() else {
        return Scalar::error();
    };
    values.fold(first, |best, value| {
        let better = better(binder, op, best.clone(), value.clone(), span);
        let alone = Scalar::new(Type::Bool, ScalarKind::IsNull(Box::new(value.clone())));
        let ty = best.ty;
        let condition = Scalar::any(vec![better, alone]);
        if let (Some(l), Some(r)) = (best.as_literal(), value.as_literal())
            && let ScalarKind::Or(parts) = &condition.kind
            && let Some(Value::Bool(better)) = parts[0].as_literal()
        {
            return if *better == Some(true) || r.is_null() || (l.is_null() && r.is_null()) {
                best
            } else {
                value
            };
        }
        Scalar::new(
            ty,
            ScalarKind::Case(vec![(condition, best)], Box::new(value)),
        )
    })
}

/// Whether `best` stays against `value`. Strings have no order in KQL, but these functions order them as `sort` does.
fn better(
    binder: &mut Binder<'_>,
    op: BinaryOp,
    best: Scalar,
    value: Scalar,
    span: Span,
) -> Scalar {
    if best.ty != Type::String {
        return binder.compare(op, best, value, span);
    }
    let operands = match op {
        BinaryOp::GreaterOrEqual => vec![best, value],
        _ => vec![value, best],
    };
    binder.operator("text_at_least", operands, &[span, span], span)
}

fn not(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    let [arg] = call.args.as_slice() else {
        return binder.wrong(facts::wrong_count(
            span,
            "not",
            call.args.len(),
            "one argument",
        ));
    };
    let operand = predicate(binder, arg, row);
    match operand.as_literal() {
        Some(Value::Bool(value)) => Scalar::literal(Value::Bool(value.map(|value| !value))),
        _ if operand.is_error() => operand,
        _ => operand.negated(),
    }
}

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

fn column_ifexists(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    let [column, default] = call.args.as_slice() else {
        return binder.wrong(facts::wrong_count(
            span,
            &call.name.text,
            call.args.len(),
            "2 arguments",
        ));
    };
    let name = binder.scalar(&column.value, None);
    let Some(Value::String(name)) = binder.constant(&name, Type::String, column.value.span) else {
        return Scalar::error();
    };
    if let Some(column) = row.and_then(|relation| relation.resolve(&name)) {
        return Scalar::column(column);
    }
    binder.scalar(&default.value, row)
}

fn pack_all(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    let Some(relation) = row else {
        return binder.wrong(facts::no_input(span, "pack_all"));
    };
    let ignore_empty = match call.args.as_slice() {
        [] => false,
        [arg] => {
            let value = binder.scalar(&arg.value, None);
            match binder.constant(&value, Type::Bool, arg.value.span) {
                Some(Value::Bool(value)) => value.unwrap_or(false),
                _ => return Scalar::error(),
            }
        }
        more => {
            return binder.wrong(facts::wrong_count(
                span,
                "pack_all",
                more.len(),
                "at most one argument",
            ));
        }
    };
    let items: Vec<Scalar> = relation
        .columns
        .iter()
        .flat_map(|column| {
            [
                Scalar::literal(Value::String(column.name.clone())),
                Scalar::column(column),
            ]
        })
        .collect();
    let row_name = if ignore_empty {
        "pack_present"
    } else {
        "bag_pack"
    };
    match crate::functions::find(row_name).or_else(|| crate::functions::operator(row_name)) {
        Some(function) => binder.apply(function, items, &[], span),
        None => binder.wrong(Diagnostic::unsupported(
            span,
            "`pack_all(true)` is not supported",
        )),
    }
}

fn estimate_data_size(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    let Some(relation) = row else {
        return binder.wrong(facts::no_input(span, "estimate_data_size"));
    };
    let items: Vec<Scalar> = match call.args.as_slice() {
        [] => {
            let wrong = facts::wrong_count(span, "estimate_data_size", 0, "columns or `*`");
            return binder.wrong(wrong);
        }
        [arg] if matches!(arg.value.kind, ExprKind::Star) => {
            relation.columns.iter().map(Scalar::column).collect()
        }
        args => args
            .iter()
            .map(|arg| binder.scalar(&arg.value, row))
            .collect(),
    };
    if items.is_empty() {
        return Scalar::literal(Value::Long(Some(0)));
    }
    binder.operator("data_size", items, &[], span)
}

fn bag_pack_columns(binder: &mut Binder<'_>, call: &Call, span: Span, row: Row<'_>) -> Scalar {
    let mut items = Vec::new();
    for arg in &call.args {
        let Some(name) = super::names::lent(&arg.value) else {
            return binder.wrong(Diagnostic::binding(
                "KS109",
                arg.value.span,
                "`bag_pack_columns` takes names of columns",
            ));
        };
        items.push(Scalar::literal(Value::String(name)));
        items.push(binder.scalar(&arg.value, row));
    }
    let function = crate::functions::find("bag_pack").expect("`bag_pack` has a row");
    binder.apply(function, items, &[], span)
}

fn column_names_of(binder: &mut Binder<'_>, call: &Call, span: Span, _: Row<'_>) -> Scalar {
    let [arg] = call.args.as_slice() else {
        let count = call.args.len();
        return binder.wrong(facts::wrong_count(
            span,
            "column_names_of",
            count,
            "a table",
        ));
    };
    let relation = binder.table(&arg.value);
    if relation.unknown {
        return Scalar::error();
    }
    let mut names = crate::json::Array::default();
    for column in &relation.columns {
        names.push(Some(&crate::json::quote(&column.name)));
    }
    Scalar::literal(Value::Dynamic(Some(names.finish())))
}

/// A hidden column of stored rows, or the null of its type where the rows have none.
fn hidden(
    binder: &mut Binder<'_>,
    call: &Call,
    span: Span,
    row: Row<'_>,
    column: &str,
    ty: Type,
) -> Scalar {
    if !call.args.is_empty() {
        return binder.wrong(facts::wrong_count(
            span,
            &call.name.text,
            call.args.len(),
            "no arguments",
        ));
    }
    match row.and_then(|relation| relation.hidden.iter().find(|hidden| hidden.name == column)) {
        Some(column) => Scalar::column(column),
        None => Scalar::literal(Value::null(ty)),
    }
}
