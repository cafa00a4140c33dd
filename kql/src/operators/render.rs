//! `render`: how a result should be drawn. Kept as an annotation; it changes no row.

use super::OperatorParameter;
use crate::ast::{Expr, ExprKind, Name};
use crate::operators::OperatorKind;
use crate::parser::{
    PResult, Tokens, after_keyword, any_word, comma_list1, name, parameters, with_properties,
};

/// `render Visualization [with (property = value, …)]`; the older form without brackets is read too.
#[derive(Debug, Clone, PartialEq)]
pub struct Render {
    pub visualization: Name,
    pub properties: Vec<OperatorParameter>,
}

/// Properties of the older form, `render timechart kind=stacked title="x"`.
const OLD_PROPERTIES: &[&str] = &[
    "accumulate",
    "anomalycolumns",
    "kind",
    "legend",
    "series",
    "title",
    "xaxis",
    "xcolumn",
    "xtitle",
    "yaxis",
    "ycolumns",
    "ymax",
    "ymin",
    "ysplit",
    "ytitle",
    "xmin",
    "xmax",
];

pub(super) fn parse(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, visualization) = any_word(input)?;
    let (input, mut properties) = parameters(OLD_PROPERTIES)(input)?;
    let (input, by) = old_by(input)?;
    properties.extend(by);
    let (input, rest) = parameters(OLD_PROPERTIES)(input)?;
    properties.extend(rest);
    let (input, new) = with_properties(input)?;
    properties.extend(new);
    Ok((
        input,
        OperatorKind::Render(Render {
            visualization,
            properties,
        }),
    ))
}

/// `by Name, …` of the older form: a property `by` for each name.
fn old_by(input: Tokens<'_>) -> PResult<'_, Vec<OperatorParameter>> {
    let keyword_span = input.here();
    let (input, names) = after_keyword("by", comma_list1(name))(input)?;
    let property = |name: Name| OperatorParameter {
        name: Name {
            text: "by".to_owned(),
            bracketed: false,
            span: keyword_span,
        },
        span: keyword_span.to(name.span),
        value: Expr {
            span: name.span,
            kind: ExprKind::Name(name),
        },
    };
    Ok((
        input,
        names
            .unwrap_or_default()
            .into_iter()
            .map(property)
            .collect(),
    ))
}
