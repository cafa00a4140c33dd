//! Joins on texts as joins on their numbers, where both sides come from scans that know them.
//!
//! Equal texts have equal numbers only within one [`Texts`]: all scans under such a join look their texts up in the same. Rows are
//! dealt out by numbers on both sides then. A join that grows a filter for the scan of its other side stays one of texts,
//! as the scan compares texts.

use super::{Deal, Form, Plan, Walk, Walked, Wish};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{JoinType, Result};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::ExecutionPlan as _;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::{HashJoinExec, HashJoinExecBuilder, PartitionMode};
use datafusion::physical_plan::projection::ProjectionExec;
use huntql_store::scan::codes::Texts;
use std::sync::Arc;

/// Whether a node's rows come from a join of two sides that are dealt out alike, by way of nodes that leave them where they are.
pub(super) fn is_joined(plan: &Plan) -> bool {
    let below = match (
        plan.downcast_ref::<ProjectionExec>(),
        plan.downcast_ref::<FilterExec>(),
    ) {
        (Some(projection), _) => projection.input(),
        (_, Some(filter)) => filter.input(),
        _ => return plan.downcast_ref::<HashJoinExec>().is_some(),
    };
    is_joined(below)
}

/// A column of one of the two sides.
#[derive(Debug, Clone, Copy)]
enum Of {
    Left(usize),
    Right(usize),
}

impl Walk {
    /// `None` for what is no join of which all keys that are texts can be numbers on both sides.
    pub(super) fn join(&self, plan: &Plan, wishes: &[Wish], deal: Deal) -> Result<Option<Walked>> {
        let Some(join) = plan.downcast_ref::<HashJoinExec>() else {
            return Ok(None);
        };
        let dealt = *join.partition_mode() == PartitionMode::Partitioned && deal == Deal::Free;
        // What would leave out a scan's rows or row groups compares texts. Where rows without a partner are wanted it leaves out few.
        let grows = !join.dynamic_expressions_produced().is_empty();
        let plain = join.filter().is_none() && (!grows || *join.join_type() == JoinType::LeftAnti);
        let (true, true, Some(shown)) = (dealt, plain, shown(join)) else {
            return Ok(None);
        };
        let (left, right) = (join.left(), join.right());
        let mut of_left = vec![Wish::Any; left.schema().fields().len()];
        let mut of_right = vec![Wish::Any; right.schema().fields().len()];
        for (of, wish) in shown.iter().zip(wishes) {
            match of {
                Of::Left(column) => of_left[*column] = *wish,
                Of::Right(column) => of_right[*column] = *wish,
            }
        }
        let mut keys = Vec::new();
        for (one, other) in join.on() {
            let (Some(one), Some(other)) =
                (one.downcast_ref::<Column>(), other.downcast_ref::<Column>())
            else {
                return Ok(None);
            };
            let (one, other) = (one.index(), other.index());
            if *left.schema().field(one).data_type() == DataType::Utf8 {
                of_left[one] = Wish::Number;
                of_right[other] = Wish::Number;
                keys.push((one, other));
            }
        }
        if keys.is_empty() {
            return Ok(None);
        }
        let alike = self.with_one_lexicon();
        let (left, of_left) = alike.walk(left, &of_left, Deal::Free)?;
        let (right, of_right) = alike.walk(right, &of_right, Deal::Free)?;
        let same = |(one, other): &(usize, usize)| match (&of_left[*one], &of_right[*other]) {
            (Form::Number(one), Form::Number(other)) => Arc::ptr_eq(one, other),
            _ => false,
        };
        if !keys.iter().all(same) {
            return Ok(None);
        }
        let forms = shown.iter().map(|of| match of {
            Of::Left(column) => of_left[*column].clone(),
            Of::Right(column) => of_right[*column].clone(),
        });
        let forms = forms.collect();
        let made = HashJoinExecBuilder::from(join)
            .reset_state()
            .with_new_children(vec![left, right])?
            .recompute_properties()
            .build_exec()?;
        Ok(Some((made, forms)))
    }

    /// The same walk with all columns' texts in one.
    pub(super) fn with_one_lexicon(&self) -> Walk {
        let texts = self.shared.clone();
        Walk {
            codable: Arc::clone(&self.codable),
            pool: Arc::clone(&self.pool),
            shared: Some(texts.unwrap_or_else(|| Texts::of_all(&self.pool))),
        }
    }
}

/// Where the columns of a join come from; `None` for joins that add columns or nulls.
fn shown(join: &HashJoinExec) -> Option<Vec<Of>> {
    let left = (0..join.left().schema().fields().len()).map(Of::Left);
    let right = (0..join.right().schema().fields().len()).map(Of::Right);
    let all: Vec<Of> = match join.join_type() {
        JoinType::Inner => left.chain(right).collect(),
        JoinType::LeftSemi | JoinType::LeftAnti => left.collect(),
        JoinType::RightSemi | JoinType::RightAnti => right.collect(),
        _ => return None,
    };
    match &join.projection {
        Some(chosen) => chosen.iter().map(|at| all.get(*at).copied()).collect(),
        None => Some(all),
    }
}
