//! `render`: how a result should be drawn. Kept as an annotation; it changes no row.

use super::OperatorParameter;
use crate::ast::Name;
use crate::operators::OperatorKind;
use crate::parser::{PResult, Tokens, name, parameters, with_properties};

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
    let (input, visualization) = name(input)?;
    let (input, old) = parameters(OLD_PROPERTIES)(input)?;
    let (input, new) = with_properties(input)?;
    let properties = old.into_iter().chain(new).collect();
    Ok((
        input,
        OperatorKind::Render(Render {
            visualization,
            properties,
        }),
    ))
}
