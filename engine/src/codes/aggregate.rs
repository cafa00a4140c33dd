//! Groups by numbers, and distinct counts of them.

use super::join::is_joined;
use super::tally::TallyExec;
use super::{Below, Deal, Form, Plan, Walk, Walked, Wish, plain, shown};
use crate::aggregates::{dcount_of_numbers, is_dcount_of_numbers, is_dcount_of_text};
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::Result;
use datafusion::physical_expr::aggregate::{AggregateExprBuilder, AggregateFunctionExpr};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateInputMode, AggregateMode};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::{
    ExecutionPlan, ExecutionPlanProperties, Partitioning, PhysicalExpr,
};
use std::sync::Arc;

/// Whether a node groups by texts or counts distinct ones.
pub(super) fn groups_texts(plan: &Plan) -> bool {
    plan.downcast_ref::<AggregateExec>().is_some_and(|node| {
        let schema = node.input().schema();
        let texts = |expr: &Arc<dyn PhysicalExpr>| text_column(expr, &schema).is_some();
        let groups = node.group_expr().input_exprs();
        groups.iter().any(texts)
            || node
                .aggr_expr()
                .iter()
                .any(|call| is_dcount_of_text(call.fun().name()))
    })
}

fn text_column(expr: &Arc<dyn PhysicalExpr>, schema: &SchemaRef) -> Option<usize> {
    let column = expr.downcast_ref::<Column>()?;
    let is_text = *schema.field(column.index()).data_type() == DataType::Utf8;
    is_text.then(|| column.index())
}

impl Walk {
    /// `None` for what is no aggregate, or one that has to see texts.
    pub(super) fn aggregate(
        &self,
        plan: &Plan,
        wishes: &[Wish],
        deal: Deal,
    ) -> Result<Option<Walked>> {
        let Some(node) = plan.downcast_ref::<AggregateExec>() else {
            return Ok(None);
        };
        if let Some(dealt) = self.dealt_again(plan, node, wishes, deal)? {
            return Ok(Some(dealt));
        }
        let by_value = node
            .limit_options()
            .is_some_and(|limit| limit.descending().is_some());
        if !node.dynamic_expressions_produced().is_empty()
            || node.group_expr().has_grouping_set()
            || by_value
        {
            return Ok(None);
        }
        let reads_rows = node.mode().input_mode() == AggregateInputMode::Raw;
        let below = match reads_rows {
            true => self.wishes_of_rows(node, wishes, deal),
            false => groups_of_states(node, deal),
        };
        let (input, forms) = self.walk(node.input(), &below, under(node, deal))?;
        if Arc::ptr_eq(node.input(), &input) {
            return Ok(Some((Arc::clone(plan), plain(&plan.schema()))));
        }
        let schema = input.schema();
        let calls = match reads_rows {
            true => node
                .aggr_expr()
                .iter()
                .map(|call| over(call, &forms, &schema))
                .collect::<Result<Vec<_>>>()?,
            false => of_states(node.aggr_expr(), &input),
        };
        let of_input = match reads_rows {
            true => schema,
            false => node.input_schema(),
        };
        let made = AggregateExec::try_new(
            *node.mode(),
            node.group_expr().clone(),
            calls,
            node.filter_expr().to_vec(),
            input,
            of_input,
        )?
        .with_limit_options(node.limit_options());
        let mut of_made = plain(&made.schema());
        for (index, group) in node.group_expr().input_exprs().iter().enumerate() {
            if let Some(column) = group.downcast_ref::<Column>() {
                of_made[index] = forms[column.index()].clone();
            }
        }
        let is_number = matches!(of_made.first(), Some(Form::Number(_)));
        let tally = Some(&made)
            .filter(|_| is_number)
            .and_then(TallyExec::instead_of);
        let made: Plan = match tally {
            Some(tally) => Arc::new(tally),
            None => Arc::new(made),
        };
        Ok(Some((made, of_made)))
    }

    /// Where rows have to be dealt out by texts: groups by numbers, and their few rows dealt out again. `None` where that
    /// would be of no use.
    fn dealt_again(
        &self,
        plan: &Plan,
        node: &AggregateExec,
        wishes: &[Wish],
        deal: Deal,
    ) -> Result<Option<Walked>> {
        let is_dealt = node.input().downcast_ref::<RepartitionExec>().is_some();
        let Partitioning::Hash(keys, partitions) = plan.output_partitioning() else {
            return Ok(None);
        };
        let any_order = plan.output_ordering().is_none();
        if deal == Deal::Free || !is_dealt || !any_order || !groups_texts(plan) {
            return Ok(None);
        }
        let Some((made, forms)) = self.aggregate(plan, wishes, Deal::Free)? else {
            return Ok(None);
        };
        let text: Vec<bool> = forms
            .iter()
            .map(|form| !matches!(form, Form::Plain))
            .collect();
        if !text.contains(&true) {
            return Ok(Some((made, forms)));
        }
        let (made, forms) = shown(made, forms, &text)?;
        let dealt = RepartitionExec::try_new(made, Partitioning::Hash(keys.clone(), *partitions))?;
        Ok(Some((Arc::new(dealt), forms)))
    }

    /// Of an aggregate that reads rows.
    fn wishes_of_rows(&self, node: &AggregateExec, wishes: &[Wish], deal: Deal) -> Vec<Wish> {
        let schema = node.input().schema();
        let mut below = Below::over(&schema);
        let mut texts = Vec::new();
        // A first step gives numbers on if the second one takes them.
        let whole = *node.mode() != AggregateMode::Partial && deal == Deal::Free;
        for (group, wish) in node.group_expr().input_exprs().iter().zip(wishes) {
            match text_column(group, &schema) {
                Some(column) if whole || *wish == Wish::Number => below.wish(column, Wish::Number),
                _ => texts.extend(collect_columns(group)),
            }
        }
        for call in node.aggr_expr() {
            let arguments = call.expressions();
            let counted = arguments
                .first()
                .filter(|_| is_dcount_of_text(call.fun().name()));
            match counted.and_then(|argument| text_column(argument, &schema)) {
                Some(column) => below.wish(column, Wish::Number),
                None => texts.extend(arguments.iter().flat_map(collect_columns)),
            }
            let orders = call.order_bys().iter();
            texts.extend(orders.flat_map(|order| collect_columns(&order.expr)));
        }
        let filters = node.filter_expr().iter().flatten();
        texts.extend(filters.flat_map(collect_columns));
        let mut below = below.wishes();
        for column in texts {
            below[column.index()] = Wish::Text;
        }
        below
    }
}

/// How the input's rows have to be dealt out.
fn under(node: &AggregateExec, deal: Deal) -> Deal {
    let is_dealt = node.input().downcast_ref::<RepartitionExec>().is_some();
    match node.mode() {
        AggregateMode::FinalPartitioned if is_dealt => deal,
        // Both sides of a join are dealt out alike, by texts or by numbers.
        AggregateMode::FinalPartitioned | AggregateMode::SinglePartitioned
            if is_joined(node.input()) =>
        {
            deal
        }
        AggregateMode::FinalPartitioned | AggregateMode::SinglePartitioned => Deal::ByTexts,
        AggregateMode::Final | AggregateMode::Single => Deal::Free,
        AggregateMode::Partial | AggregateMode::PartialReduce => deal,
    }
}

/// The wishes of an aggregate over states: groups may be numbers.
fn groups_of_states(node: &AggregateExec, deal: Deal) -> Vec<Wish> {
    let schema = node.input().schema();
    let mut below = vec![Wish::Text; schema.fields().len()];
    for group in node.group_expr().input_exprs() {
        if let Some(column) = text_column(&group, &schema)
            && deal == Deal::Free
        {
            below[column] = Wish::Number;
        }
    }
    below
}

/// A call over rows some of whose columns are numbers.
fn over(
    call: &Arc<AggregateFunctionExpr>,
    forms: &[Form],
    schema: &SchemaRef,
) -> Result<Arc<AggregateFunctionExpr>> {
    let arguments = call.expressions();
    let counted = arguments
        .first()
        .filter(|_| is_dcount_of_text(call.fun().name()))
        .and_then(|argument| argument.downcast_ref::<Column>());
    let Some(Form::Number(texts)) = counted.map(|column| &forms[column.index()]) else {
        return Ok(Arc::clone(call));
    };
    let made = AggregateExprBuilder::new(dcount_of_numbers(texts), arguments)
        .schema(Arc::clone(schema))
        .alias(call.name())
        .build()?;
    Ok(Arc::new(made))
}

/// The calls of a second step: those of the first one, where that counts numbers.
fn of_states(
    calls: &[Arc<AggregateFunctionExpr>],
    input: &Plan,
) -> Vec<Arc<AggregateFunctionExpr>> {
    let Some(made) = calls_of_first_step(input) else {
        return calls.to_vec();
    };
    let of_numbers = |made: &Arc<AggregateFunctionExpr>| is_dcount_of_numbers(made.fun().name());
    calls
        .iter()
        .zip(made)
        .map(|(call, made)| match of_numbers(made) {
            true => Arc::clone(made),
            false => Arc::clone(call),
        })
        .collect()
}

/// The calls whose states arrive, by way of exchanges and of what makes texts of groups.
fn calls_of_first_step(plan: &Plan) -> Option<&[Arc<AggregateFunctionExpr>]> {
    if let Some(step) = plan.downcast_ref::<AggregateExec>() {
        let is_first = step.mode().input_mode() == AggregateInputMode::Raw;
        return is_first.then(|| step.aggr_expr());
    }
    if let Some(step) = plan.downcast_ref::<TallyExec>() {
        return Some(step.calls());
    }
    let passes = plan.downcast_ref::<RepartitionExec>().is_some()
        || plan.downcast_ref::<CoalescePartitionsExec>().is_some()
        || plan.downcast_ref::<SortPreservingMergeExec>().is_some()
        || plan.downcast_ref::<ProjectionExec>().is_some();
    match plan.children().as_slice() {
        [below] if passes => calls_of_first_step(below),
        _ => None,
    }
}
