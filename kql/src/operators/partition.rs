//! `partition`: a sub-query for each value of a column; `fork` and `facet`: several results.

use super::{Operator, OperatorParameter};
use crate::ast::{Name, Pipeline};

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
