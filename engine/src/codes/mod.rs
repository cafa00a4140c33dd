//! Plans that group, order or compare by texts do so by numbers.
//!
//! The last step before a plan runs. Where a large scan can give a text column as numbers at no cost (`huntql_store::scan::codes`)
//! and what is above it groups or orders by that column, the numbers go up the plan in its place, and become texts where somebody
//! wants to see them. No answer changes.
//!
//! | node | with numbers |
//! |---|---|
//! | `AggregateExec` | groups by them ([`tally`] where rows are counted by one column); `dcount` counts them |
//! | `SortExec` of all rows | [`sort`]: the texts are put in order once, then numbers are sorted |
//! | `WindowAggExec` of `prev` alone | [`shift`], which passes rows on; for plain texts, too |
//! | `ProjectionExec` | columns stay numbers; equality of two is that of their numbers ([`expr`]) |
//! | `HashJoinExec` | joins by them where both sides have them ([`join`]) |
//! | `FilterExec` | passes them on; compared with `""` they stay numbers |
//! | exchanges | pass them on |
//! | all else | sees texts |

mod aggregate;
mod expr;
mod join;
mod shift;
mod sort;
mod tally;

use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::Result;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::unnest::UnnestExec;
use datafusion::physical_plan::{ExecutionPlan, Partitioning};
use huntql_store::scan::codes::{Codable, Texts};
use std::collections::HashMap;
use std::sync::Arc;

type Plan = Arc<dyn ExecutionPlan>;

/// What a parent would do with a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// Read the text.
    Text,
    /// Either, as it is cheaper below.
    Any,
    /// Group, order, compare, or count distinct ones.
    Number,
}

/// What a column is.
#[derive(Debug, Clone)]
enum Form {
    /// What it always was.
    Plain,
    Number(Arc<Texts>),
}

/// Whether somebody above relies on how rows are dealt out to partitions: by the hash of texts.
///
/// A join of two sides that are dealt out alike finds no pair when one side went by numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deal {
    Free,
    ByTexts,
}

/// A plan and its columns.
type Walked = (Plan, Vec<Form>);

/// The same plan by numbers.
pub(crate) async fn by_numbers(plan: Plan, state: &dyn Session) -> Result<Plan> {
    let mut scans: Vec<Plan> = Vec::new();
    let mut worth = false;
    plan.apply(|node| {
        worth |= sort::orders_texts(node) || aggregate::groups_texts(node);
        if node.children().is_empty() {
            scans.push(Arc::clone(node));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    let mut codable = HashMap::new();
    for scan in scans.iter().filter(|_| worth) {
        if let Some(known) = Codable::of(scan, state).await? {
            codable.insert(address(scan), known);
        }
    }
    let pool = Arc::clone(&state.runtime_env().memory_pool);
    let wishes = vec![Wish::Text; plan.schema().fields().len()];
    let walk = Walk {
        codable: Arc::new(codable),
        pool,
        shared: None,
    };
    let (plan, _) = walk.walk(&plan, &wishes, Deal::Free)?;
    Ok(plan)
}

fn address(plan: &Plan) -> usize {
    Arc::as_ptr(plan).cast::<()>() as usize
}

struct Walk {
    codable: Arc<HashMap<usize, Codable>>,
    pool: Arc<dyn MemoryPool>,
    /// Under a join or a sort: where all columns look texts up.
    shared: Option<Arc<Texts>>,
}

impl Walk {
    /// The plan with no column a number whose text is wished for.
    fn walk(&self, plan: &Plan, wishes: &[Wish], deal: Deal) -> Result<Walked> {
        stacker::maybe_grow(128 * 1024, 4 * 1024 * 1024, || {
            let (plan, forms) = self.node(plan, wishes, deal)?;
            let is_wrong = |(form, wish): (&Form, &Wish)| {
                matches!(form, Form::Number(_)) && *wish == Wish::Text
            };
            if !forms.iter().zip(wishes).any(is_wrong) {
                return Ok((plan, forms));
            }
            let as_text = |(form, wish): (&Form, &Wish)| is_wrong((form, wish));
            let text: Vec<bool> = forms.iter().zip(wishes).map(as_text).collect();
            shown(plan, forms, &text)
        })
    }

    fn node(&self, plan: &Plan, wishes: &[Wish], deal: Deal) -> Result<Walked> {
        if let Some(known) = self.codable.get(&address(plan)) {
            return self.scan(plan, known, wishes);
        }
        if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
            return self.projection(plan, projection, wishes, deal);
        }
        if let Some(walked) = self.aggregate(plan, wishes, deal)? {
            return Ok(walked);
        }
        if let Some(walked) = self.sort(plan)? {
            return Ok(walked);
        }
        if let Some(walked) = self.shift(plan, wishes, deal)? {
            return Ok(walked);
        }
        if let Some(walked) = self.join(plan, wishes, deal)? {
            return Ok(walked);
        }
        if let Some(filter) = plan.downcast_ref::<FilterExec>() {
            return self.filter(plan, filter, wishes, deal);
        }
        match passes(plan, wishes, deal) {
            Some((below, deal)) => {
                let (input, forms) = self.walk(plan.children()[0], &below, deal)?;
                Ok((over(plan, vec![input])?, forms))
            }
            None => self.other(plan, deal),
        }
    }

    /// A node that reads texts.
    fn other(&self, plan: &Plan, deal: Deal) -> Result<Walked> {
        let deal = under(plan, deal);
        let mut changed = false;
        let mut inputs = Vec::new();
        for child in plan.children() {
            let (walked, _) = self.walk(child, &texts(&child.schema()), deal)?;
            changed |= !Arc::ptr_eq(child, &walked);
            inputs.push(walked);
        }
        let plan = match changed {
            true => over(plan, inputs)?,
            false => Arc::clone(plan),
        };
        let forms = plain(&plan.schema());
        Ok((plan, forms))
    }

    fn scan(&self, plan: &Plan, known: &Codable, wishes: &[Wish]) -> Result<Walked> {
        let number = |(column, wish): (usize, &Wish)| {
            let name = known.name(column).filter(|_| *wish == Wish::Number)?;
            let shared = self.shared.clone();
            Some(shared.unwrap_or_else(|| Texts::of_column(name, &self.pool)))
        };
        let numbers: Vec<Option<Arc<Texts>>> = wishes.iter().enumerate().map(number).collect();
        if numbers.iter().all(Option::is_none) {
            return Ok((Arc::clone(plan), plain(&plan.schema())));
        }
        let plan = known.coded(&numbers)?;
        let form = |texts: Option<Arc<Texts>>| texts.map_or(Form::Plain, Form::Number);
        Ok((plan, numbers.into_iter().map(form).collect()))
    }

    /// Columns that the condition compares with `""` alone may be numbers, the others that it reads are texts.
    fn filter(
        &self,
        plan: &Plan,
        filter: &FilterExec,
        wishes: &[Wish],
        deal: Deal,
    ) -> Result<Walked> {
        let mut below = vec![Wish::Any; filter.input().schema().fields().len()];
        match filter.projection() {
            Some(shown) => shown
                .iter()
                .zip(wishes)
                .for_each(|(at, wish)| below[*at] = *wish),
            None => below.copy_from_slice(wishes),
        }
        for (column, use_) in expr::uses(filter.predicate()) {
            if use_ == expr::Use::AsText || below[column] != Wish::Number {
                below[column] = Wish::Text;
            }
        }
        let (input, forms) = self.walk(filter.input(), &below, deal)?;
        let made: Plan = match expr::over(filter.predicate(), &forms)? {
            same if same.eq(filter.predicate()) => over(plan, vec![input])?,
            predicate => Arc::new(
                FilterExecBuilder::from(filter)
                    .with_predicate(predicate)
                    .with_input(input)
                    .build()?,
            ),
        };
        let forms = match filter.projection() {
            Some(shown) => shown.iter().map(|at| forms[*at].clone()).collect(),
            None => forms,
        };
        Ok((made, forms))
    }

    fn projection(
        &self,
        plan: &Plan,
        projection: &ProjectionExec,
        wishes: &[Wish],
        deal: Deal,
    ) -> Result<Walked> {
        let mut below = Below::over(&projection.input().schema());
        for (expr, wish) in projection.expr().iter().zip(wishes) {
            match expr.expr.downcast_ref::<Column>() {
                Some(column) => below.wish(column.index(), *wish),
                None => below.reads(&expr.expr),
            }
        }
        let (input, forms) = self.walk(projection.input(), &below.wishes(), deal)?;
        if Arc::ptr_eq(projection.input(), &input) {
            return Ok((Arc::clone(plan), plain(&plan.schema())));
        }
        let mut shown = Vec::new();
        let mut exprs = Vec::new();
        for expr in projection.expr() {
            let column = expr.expr.downcast_ref::<Column>();
            shown.push(column.map_or(Form::Plain, |column| forms[column.index()].clone()));
            let recoded = match column {
                Some(_) => Arc::clone(&expr.expr),
                None => expr::over(&expr.expr, &forms)?,
            };
            exprs.push(ProjectionExpr::new(recoded, expr.alias.clone()));
        }
        Ok((Arc::new(ProjectionExec::try_new(exprs, input)?), shown))
    }
}

/// What a node that reads texts leaves of the dealing of rows to its inputs.
fn under(plan: &Plan, deal: Deal) -> Deal {
    let is_merge = plan.downcast_ref::<SortPreservingMergeExec>().is_some();
    let passes = plan.downcast_ref::<SortExec>().is_some()
        || plan.downcast_ref::<UnnestExec>().is_some()
        || plan.downcast_ref::<GlobalLimitExec>().is_some()
        || plan.downcast_ref::<LocalLimitExec>().is_some();
    match (is_merge, passes) {
        (true, _) => Deal::Free,
        (_, true) => deal,
        _ => Deal::ByTexts,
    }
}

/// The wishes for the columns under a node that passes columns on as they are; `None` for any other node.
fn passes(plan: &Plan, wishes: &[Wish], deal: Deal) -> Option<(Vec<Wish>, Deal)> {
    if plan.downcast_ref::<CoalescePartitionsExec>().is_some() {
        return Some((wishes.to_vec(), Deal::Free));
    }
    if let Some(exchange) = plan.downcast_ref::<RepartitionExec>() {
        let mut below = wishes.to_vec();
        match exchange.partitioning() {
            Partitioning::RoundRobinBatch(_) => {}
            Partitioning::Hash(keys, _) => {
                let by_text = keys
                    .iter()
                    .filter(|key| deal == Deal::ByTexts || key.downcast_ref::<Column>().is_none());
                for column in by_text.flat_map(collect_columns) {
                    below[column.index()] = Wish::Text;
                }
            }
            _ => return None,
        }
        return Some((below, Deal::Free));
    }
    None
}

/// What all readers of the columns of a plan wish together.
struct Below {
    wishes: Vec<Option<Wish>>,
    schema: SchemaRef,
}

impl Below {
    fn over(schema: &SchemaRef) -> Self {
        Self {
            wishes: vec![None; schema.fields().len()],
            schema: Arc::clone(schema),
        }
    }

    /// A column that is passed on: a number can be made a text after it.
    fn wish(&mut self, column: usize, wish: Wish) {
        let wish = if *self.schema.field(column).data_type() == DataType::Utf8 {
            wish
        } else {
            Wish::Any
        };
        let known = &mut self.wishes[column];
        *known = Some(match (*known, wish) {
            (Some(Wish::Number), _) | (_, Wish::Number) => Wish::Number,
            _ => Wish::Any,
        });
    }

    /// An expression that is computed from columns.
    fn reads(&mut self, expr: &Arc<dyn datafusion::physical_expr::PhysicalExpr>) {
        for column in collect_columns(expr) {
            self.wish(column.index(), Wish::Any);
        }
    }

    fn wishes(self) -> Vec<Wish> {
        let wishes = self.wishes.into_iter();
        wishes.map(|wish| wish.unwrap_or(Wish::Any)).collect()
    }
}

fn over(plan: &Plan, inputs: Vec<Plan>) -> Result<Plan> {
    let computed = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
    Arc::clone(plan).replace_children(inputs, computed)
}

fn texts(schema: &SchemaRef) -> Vec<Wish> {
    vec![Wish::Text; schema.fields().len()]
}

fn plain(schema: &SchemaRef) -> Vec<Form> {
    vec![Form::Plain; schema.fields().len()]
}

/// The plan with chosen numbers as texts again.
fn shown(plan: Plan, mut forms: Vec<Form>, text: &[bool]) -> Result<Walked> {
    let schema = plan.schema();
    let mut exprs = Vec::with_capacity(forms.len());
    for (index, field) in schema.fields().iter().enumerate() {
        let column = Arc::new(Column::new(field.name(), index));
        let expr = match (&forms[index], text[index]) {
            (Form::Number(texts), true) => expr::shown(column, texts),
            _ => column,
        };
        if text[index] {
            forms[index] = Form::Plain;
        }
        exprs.push(ProjectionExpr::new(expr, field.name().clone()));
    }
    Ok((Arc::new(ProjectionExec::try_new(exprs, plan)?), forms))
}
