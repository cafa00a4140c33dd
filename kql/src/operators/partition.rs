//! `partition`: a sub-query for each value of a column; `fork` and `facet`: several results.

use super::{Operator, OperatorParameter};
use crate::ast::{Name, Pipeline};
use crate::operators::OperatorKind;
use crate::parser::{
    PResult, Tokens, after_keyword, comma_list1, in_round, keyword, name, operators1, parameters,
    pipeline, symbol,
};

/// `partition [hint.strategy=…] by Column (| operators)` or `{ pipeline }`
#[derive(Debug, Clone, PartialEq)]
pub struct Partition {
    pub parameters: Vec<OperatorParameter>,
    pub by: Name,
    pub body: PartitionBody,
}

#[derive(Debug, Clone, PartialEq)]
pub enum PartitionBody {
    /// `( | operators )`: applied to the rows of each partition.
    Operators(Vec<Operator>),
    /// `{ pipeline }`: the older form, in which the pipeline names its source itself.
    Pipeline(Box<Pipeline>),
}

/// `fork [Name =] ( operators ) …`
#[derive(Debug, Clone, PartialEq)]
pub struct Fork {
    pub branches: Vec<ForkBranch>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ForkBranch {
    pub name: Option<Name>,
    pub operators: Vec<Operator>,
}

/// `facet by Column, … [with ( operators )]`
#[derive(Debug, Clone, PartialEq)]
pub struct Facet {
    pub by: Vec<Name>,
    pub with: Vec<Operator>,
}

pub(super) fn parse_partition(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, parameters) = parameters(&[])(input)?;
    let (input, _) = keyword("by")(input)?;
    partition_by(input, parameters)
}

/// `__partitionby Column ( operators )`, the hidden spelling.
pub(super) fn parse_hidden_partition(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    partition_by(input, Vec::new())
}

fn partition_by(
    input: Tokens<'_>,
    parameters: Vec<OperatorParameter>,
) -> PResult<'_, OperatorKind> {
    let (input, by) = name(input)?;
    let (input, body) = if input.is_symbol(0, "{") {
        let (input, pipeline) = pipeline(input.skip(1))?;
        let (input, _) = symbol("}")(input)?;
        (input, PartitionBody::Pipeline(Box::new(pipeline)))
    } else {
        let (input, operators) = in_round(operators1)(input)?;
        (input, PartitionBody::Operators(operators))
    };
    Ok((
        input,
        OperatorKind::Partition(Partition {
            parameters,
            by,
            body,
        }),
    ))
}

pub(super) fn parse_fork(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (mut input, first) = branch(input)?;
    let mut branches = vec![first];
    while input.is_symbol(0, "(") || input.is_symbol(1, "=") {
        let (rest, next) = branch(input)?;
        branches.push(next);
        input = rest;
    }
    Ok((input, OperatorKind::Fork(Fork { branches })))
}

fn branch(input: Tokens<'_>) -> PResult<'_, ForkBranch> {
    let (input, name) = if input.is_symbol(1, "=") {
        let (rest, name) = name(input)?;
        (rest.skip(1), Some(name))
    } else {
        (input, None)
    };
    let (input, operators) = in_round(operators1)(input)?;
    Ok((input, ForkBranch { name, operators }))
}

pub(super) fn parse_facet(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, _) = keyword("by")(input)?;
    let (input, by) = comma_list1(name)(input)?;
    let (input, with) = after_keyword("with", in_round(operators1))(input)?;
    Ok((
        input,
        OperatorKind::Facet(Facet {
            by,
            with: with.unwrap_or_default(),
        }),
    ))
}
