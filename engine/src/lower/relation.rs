//! Relations.

use super::column;
use super::frame::Frame;
use super::projection::projection;
use super::scalar::Scalars;
use crate::catalog::Table;
use crate::ir::{BoundAggregate, JoinKind, Node, Relation, Scalar, ScalarKind, SortKey, Unnested};
use crate::lists;
use crate::program::{self, Program};
use crate::range::{Bounds, RangeTable};
use crate::value::to_arrow;
use crate::{aggregates, windows};
use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::catalog::TableProvider;
use datafusion::common::{
    Column as PlanColumn, DFSchema, DFSchemaRef, DataFusionError, Result, ScalarValue,
    TableReference,
};
use datafusion::common::{NullHandling, UnnestOptions};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::execution_props::ExecutionProps;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{
    Aggregate, Filter, JoinType, LogicalPlan, LogicalPlanBuilder, Sort, SortExpr, Union, Window,
    cast,
};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_expr::create_physical_expr;
use datafusion::prelude::Expr;
use huntql_kql::types::{Column, Value};
use huntql_store::arrow_type;
use std::sync::Arc;

/// The plan of a relation. Its schema has the relation's columns, then hidden ones.
///
/// # Errors
/// Ours, never the user's.
fn lower(relation: &Relation) -> Result<LogicalPlan> {
    stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, || node(relation))
}

/// The plan of the shown columns of a relation.
///
/// # Errors
/// Ours, never the user's.
pub fn shown(relation: &Relation) -> Result<LogicalPlan> {
    let columns = relation.columns.iter();
    projection(
        lower(relation)?,
        columns.map(|shown| column(&shown.name)).collect(),
    )
}

fn node(relation: &Relation) -> Result<LogicalPlan> {
    match &relation.node {
        Node::Scan(table) => scan(relation, table),
        Node::Values(rows) => values(relation, rows),
        Node::Range { from, to, step } => range(relation, from, to, step),
        Node::Filter { input, predicate } => {
            let input = lower(input)?;
            let predicate = Scalars::over(input.schema()).predicate(predicate)?;
            Ok(LogicalPlan::Filter(Filter::try_new(
                predicate,
                Arc::new(input),
            )?))
        }
        Node::Project { input, items } => project(relation, input, items),
        Node::Aggregate {
            input,
            groups,
            aggregates,
            position,
        } => aggregate(relation, input, groups, aggregates, position.as_ref()),
        Node::Sort { input, keys, limit } => {
            let input = lower(input)?;
            Ok(LogicalPlan::Sort(Sort {
                expr: sort_keys(&input, keys)?,
                input: Arc::new(input),
                fetch: limit.map(|limit| limit as usize),
            }))
        }
        Node::Limit { input, count } => LogicalPlanBuilder::from(lower(input)?)
            .limit(0, Some(*count as usize))?
            .build(),
        Node::Distinct { input } => LogicalPlanBuilder::from(plain(input)?).distinct()?.build(),
        Node::DistinctOn { input, keys } => {
            let plan = plain(input)?;
            let keys = keys
                .iter()
                .map(|key| Scalars::over(plan.schema()).value(key))
                .collect::<Result<Vec<_>>>()?;
            let all = input
                .columns
                .iter()
                .map(|shown| column(&shown.name))
                .collect();
            let distinct = LogicalPlanBuilder::from(plan)
                .distinct_on(keys, all, None)?
                .build()?;
            named(distinct, &input.columns)
        }
        Node::Join {
            kind,
            left,
            right,
            on,
        } => join(relation, *kind, left, right, on),
        Node::Union { inputs } => union(relation, inputs),
        Node::Program { inputs, program } => whole(relation, inputs, program),
        Node::Graph(_) => Err(DataFusionError::Internal(
            "a graph stands where a table should".into(),
        )),
        Node::Window { input, items } => window(relation, input, items),
        Node::Unnest {
            input,
            items,
            index,
        } => unnest(relation, input, items, index.as_deref()),
    }
}

/// All columns of a relation, the hidden ones too.
fn all(relation: &Relation) -> impl Iterator<Item = &Column> {
    relation.columns.iter().chain(&relation.hidden)
}

fn schema_of<'c>(columns: impl Iterator<Item = &'c Column>) -> Result<DFSchemaRef> {
    let fields: Vec<Field> = columns
        .map(|column| Field::new(&column.name, arrow_type(column.ty), true))
        .collect();
    Ok(Arc::new(DFSchema::try_from(Schema::new(fields))?))
}

fn null_of(column: &Column) -> Expr {
    Expr::Literal(to_arrow(&Value::null(column.ty)), None)
}

fn nothing(relation: &Relation) -> Result<LogicalPlan> {
    let nulls = all(relation).map(|column| null_of(column).alias(&column.name));
    projection(LogicalPlanBuilder::empty(false).build()?, nulls.collect())
}

fn scan(relation: &Relation, table: &Table) -> Result<LogicalPlan> {
    let Some(rows) = &table.rows else {
        return nothing(relation);
    };
    let name = TableReference::bare(table.schema.name.as_str());
    let schema = rows.schema();
    let source =
        LogicalPlanBuilder::scan(name.clone(), provider_as_source(Arc::clone(rows)), None)?;
    let items = all(relation)
        .map(|column| match schema.column_with_name(&column.name) {
            Some((_, field)) if *field.data_type() == arrow_type(column.ty) => Ok(Expr::Column(
                PlanColumn::new(Some(name.clone()), &column.name),
            )
            .alias(&column.name)),
            Some((_, field)) => Err(DataFusionError::Internal(format!(
                "the scan gives `{}` as {} and not as {}",
                column.name,
                field.data_type(),
                column.ty
            ))),
            None => Ok(null_of(column).alias(&column.name)),
        })
        .collect::<Result<Vec<_>>>()?;
    projection(source.build()?, items)
}

fn values(relation: &Relation, rows: &[Vec<Value>]) -> Result<LogicalPlan> {
    if rows.is_empty() {
        return nothing(relation);
    }
    let literal = |value: &Value| Expr::Literal(to_arrow(value), None);
    let rows = rows
        .iter()
        .map(|row| row.iter().map(literal).collect())
        .collect();
    let schema = schema_of(all(relation))?;
    let plan = LogicalPlanBuilder::values_with_schema(rows, &schema)?.build()?;
    let columns: Vec<Column> = all(relation).cloned().collect();
    named(plan, &columns)
}

fn range(relation: &Relation, from: &Scalar, to: &Scalar, step: &Scalar) -> Result<LogicalPlan> {
    let [from, to, step] = [constant(from)?, constant(to)?, constant(step)?];
    let bounds = Bounds::of(&from, &to, &step)
        .ok_or_else(|| DataFusionError::Internal("bounds of a range of several types".into()))?;
    let name = TableReference::bare("range");
    let column = relation.columns[0].name.clone();
    let value = PlanColumn::new(Some(name.clone()), &column);
    let items = vec![Expr::Column(value).alias(&column)];
    let table: Arc<dyn TableProvider> = Arc::new(RangeTable { column, bounds });
    let source = LogicalPlanBuilder::scan(name, provider_as_source(table), None)?;
    projection(source.build()?, items)
}

/// The value of a scalar without columns.
fn constant(scalar: &Scalar) -> Result<ScalarValue> {
    if let Some(value) = scalar.as_literal() {
        return Ok(to_arrow(value));
    }
    let frame = DFSchema::empty();
    let expr = Scalars::over(&frame).value(scalar)?;
    // Some of DataFusion's functions exist for its simplifier only.
    let context = SimplifyContext::builder()
        .with_schema(Arc::new(frame.clone()))
        .build();
    let expr = ExprSimplifier::new(context).simplify(expr)?;
    if let Expr::Literal(value, _) = expr {
        return Ok(value);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    let row = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options)?;
    let value = create_physical_expr(
        &expr,
        &frame,
        &ExecutionProps::new(),
        &PhysicalPlanningContext::default(),
    )?
    .evaluate(&row)?;
    ScalarValue::try_from_array(&value.into_array(1)?, 0)
}

fn dropping_nulls() -> UnnestOptions {
    UnnestOptions {
        null_handling: NullHandling::Drop,
        ..UnnestOptions::default()
    }
}

fn project(
    relation: &Relation,
    input: &Relation,
    items: &[(String, Scalar)],
) -> Result<LogicalPlan> {
    let plan = lower(input)?;
    let scalars = Scalars::over(plan.schema());
    let mut exprs = items
        .iter()
        .map(|(name, scalar)| item(&scalars, name, scalar))
        .collect::<Result<Vec<_>>>()?;
    let computed = |name: &str| items.iter().any(|(item, _)| item == name);
    exprs.extend(
        relation
            .hidden
            .iter()
            .filter(|hidden| !computed(&hidden.name))
            .map(|hidden| column(&hidden.name)),
    );
    projection(plan, exprs)
}

/// A plain column passes as it is; an empty string may stay a null there.
fn item(scalars: &Scalars<'_>, name: &str, scalar: &Scalar) -> Result<Expr> {
    match &scalar.kind {
        ScalarKind::Column(same) if same == name => Ok(column(name)),
        ScalarKind::Column(_) => Ok(scalars.raw(scalar)?.alias(name)),
        _ => Ok(scalars.value(scalar)?.alias(name)),
    }
}

/// The shown columns only, strings without nulls: what `distinct` and its like compare.
fn plain(relation: &Relation) -> Result<LogicalPlan> {
    let plan = lower(relation)?;
    let scalars = Scalars::over(plan.schema());
    let exprs = relation
        .columns
        .iter()
        .map(|shown| Ok(scalars.value(&Scalar::column(shown))?.alias(&shown.name)))
        .collect::<Result<Vec<_>>>()?;
    projection(plan, exprs)
}

/// The columns of a plan under these names, without qualifiers.
fn named(plan: LogicalPlan, columns: &[Column]) -> Result<LogicalPlan> {
    let exprs: Vec<Expr> = plan
        .schema()
        .columns()
        .into_iter()
        .zip(columns)
        .map(|(from, to)| Expr::Column(from).alias(&to.name))
        .collect();
    projection(plan, exprs)
}

fn sort_keys(plan: &LogicalPlan, keys: &[SortKey]) -> Result<Vec<SortExpr>> {
    let scalars = Scalars::over(plan.schema());
    keys.iter()
        .map(|key| {
            Ok(SortExpr::new(
                scalars.value(&key.value)?,
                !key.descending,
                key.nulls_first,
            ))
        })
        .collect()
}

/// Groups and arguments become columns of their own first, so that no name of theirs can meet a name of the input's.
fn aggregate(
    relation: &Relation,
    input: &Relation,
    groups: &[(String, Scalar)],
    calls: &[BoundAggregate],
    position: Option<&Scalar>,
) -> Result<LogicalPlan> {
    let plan = lower(input)?;
    let scalars = Scalars::over(plan.schema());
    let mut prepared: Vec<Expr> = Vec::new();
    for (index, (_, scalar)) in groups.iter().enumerate() {
        prepared.push(scalars.value(scalar)?.alias(format!("__group{index}")));
    }
    let position = position
        .map(|scalar| Ok::<_, DataFusionError>((scalars.value(scalar)?, "__place")))
        .transpose()?;
    let position = position.map(|(expr, name)| {
        prepared.push(expr.alias(name));
        column(name)
    });
    let mut lowered: Vec<Expr> = Vec::new();
    let mut argument_number = 0;
    for call in calls {
        let mut arguments = Vec::new();
        for argument in &call.arguments {
            arguments.push(match &argument.kind {
                ScalarKind::Literal(_) => scalars.value(argument)?,
                _ => {
                    let name = format!("__argument{argument_number}");
                    argument_number += 1;
                    prepared.push(scalars.value(argument)?.alias(&name));
                    column(&name)
                }
            });
        }
        lowered.extend(aggregates::lower(&call.call, arguments, position.clone()));
    }
    if prepared.is_empty() {
        // `count()` needs no column at all, but a projection needs one.
        prepared.push(Expr::Literal(to_arrow(&Value::Bool(Some(true))), None).alias("__row"));
    }
    let lowered: Vec<Expr> = lowered
        .into_iter()
        .enumerate()
        .map(|(index, expr)| expr.alias(format!("__result{index}")))
        .collect();
    let results = lowered.len();
    let by: Vec<Expr> = (0..groups.len())
        .map(|index| column(&format!("__group{index}")))
        .collect();
    let plan = aggregated(projection(plan, prepared)?, by, lowered)?;
    let names = (0..groups.len())
        .map(|index| format!("__group{index}"))
        .chain((0..results).map(|index| format!("__result{index}")));
    let frame = Frame::over(plan.schema());
    let exprs = names
        .zip(&relation.columns)
        .map(|(name, column)| cast_to(&frame, &name, column))
        .collect::<Result<Vec<_>>>()?;
    projection(plan, exprs)
}

fn aggregated(plan: LogicalPlan, by: Vec<Expr>, calls: Vec<Expr>) -> Result<LogicalPlan> {
    let schema = Frame::over(plan.schema()).schema_of(by.iter().chain(&calls))?;
    let aggregate = Aggregate::try_new_with_schema(Arc::new(plan), by, calls, Arc::new(schema))?;
    Ok(LogicalPlan::Aggregate(aggregate))
}

/// The plan's column `name` as the bound column, cast when DataFusion's own function gave another width.
fn cast_to(frame: &Frame<'_>, name: &str, bound: &Column) -> Result<Expr> {
    let have = frame
        .field(name)
        .ok_or_else(|| DataFusionError::Internal(format!("a plan misses the column `{name}`")))?;
    let wanted = arrow_type(bound.ty);
    let expr = if *have.data_type() == wanted {
        column(name)
    } else {
        cast(column(name), wanted)
    };
    Ok(expr.alias(&bound.name))
}

fn join(
    relation: &Relation,
    kind: JoinKind,
    left: &Relation,
    right: &Relation,
    on: &[(Scalar, Scalar)],
) -> Result<LogicalPlan> {
    let (left, right) = (
        with_plain_keys(left, on.iter().map(|(key, _)| key))?,
        with_plain_keys(right, on.iter().map(|(_, key)| key))?,
    );
    let name = |key: &Scalar| match &key.kind {
        ScalarKind::Column(name) => Ok(PlanColumn::new_unqualified(name)),
        _ => Err(DataFusionError::Internal("a join key is no column".into())),
    };
    let left_keys = on
        .iter()
        .map(|(key, _)| name(key))
        .collect::<Result<Vec<_>>>()?;
    let right_keys = on
        .iter()
        .map(|(_, key)| name(key))
        .collect::<Result<Vec<_>>>()?;
    let join_type = match kind {
        JoinKind::Inner => JoinType::Inner,
        JoinKind::LeftOuter => JoinType::Left,
        JoinKind::RightOuter => JoinType::Right,
        JoinKind::FullOuter => JoinType::Full,
        JoinKind::LeftSemi => JoinType::LeftSemi,
        JoinKind::LeftAnti => JoinType::LeftAnti,
        JoinKind::RightSemi => JoinType::RightSemi,
        JoinKind::RightAnti => JoinType::RightAnti,
    };
    let right = match kind {
        // Against repeated keys an anti join is quadratic on skewed data.
        JoinKind::LeftAnti | JoinKind::LeftSemi => keys_only(right, &right_keys)?,
        _ => right,
    };
    let joined =
        LogicalPlanBuilder::from(left).join(right, join_type, (left_keys, right_keys), None)?;
    let columns = relation.columns.iter();
    projection(
        joined.build()?,
        columns.map(|shown| column(&shown.name)).collect(),
    )
}

fn keys_only(plan: LogicalPlan, keys: &[PlanColumn]) -> Result<LogicalPlan> {
    let keys: Vec<Expr> = keys.iter().cloned().map(Expr::Column).collect();
    LogicalPlanBuilder::from(projection(plan, keys)?)
        .distinct()?
        .build()
}

/// A side of a join with its string keys free of nulls.
fn with_plain_keys<'s>(
    side: &Relation,
    keys: impl Iterator<Item = &'s Scalar>,
) -> Result<LogicalPlan> {
    let plan = lower(side)?;
    let scalars = Scalars::over(plan.schema());
    let keys: Vec<&Scalar> = keys.collect();
    let is_key = |name: &str| {
        keys.iter()
            .find(|key| matches!(&key.kind, ScalarKind::Column(key) if key == name))
    };
    let exprs = all(side)
        .map(|shown| match is_key(&shown.name) {
            Some(key) => Ok(scalars.value(key)?.alias(&shown.name)),
            None => Ok(column(&shown.name)),
        })
        .collect::<Result<Vec<_>>>()?;
    projection(plan, exprs)
}

/// Whether a relation can have no rows, whatever the data are.
fn is_empty(relation: &Relation) -> bool {
    match &relation.node {
        Node::Scan(table) => table.rows.is_none(),
        Node::Values(rows) => rows.is_empty(),
        Node::Limit { input, count } => *count == 0 || is_empty(input),
        Node::Filter { input, .. }
        | Node::Project { input, .. }
        | Node::Sort { input, .. }
        | Node::Distinct { input }
        | Node::DistinctOn { input, .. }
        | Node::Window { input, .. }
        | Node::Unnest { input, .. } => is_empty(input),
        Node::Union { inputs } => inputs.iter().all(is_empty),
        Node::Aggregate { .. }
        | Node::Join { .. }
        | Node::Range { .. }
        | Node::Program { .. }
        | Node::Graph(_) => false,
    }
}

/// A program over inputs with all their columns.
fn whole(
    relation: &Relation,
    inputs: &[Relation],
    program: &Arc<dyn Program>,
) -> Result<LogicalPlan> {
    let mut plans = Vec::with_capacity(inputs.len());
    let mut columns = Vec::with_capacity(inputs.len());
    for input in inputs {
        let plan = lower(input)?;
        let exprs = all(input).map(|shown| column(&shown.name)).collect();
        plans.push(projection(plan, exprs)?);
        columns.push(all(input).cloned().collect());
    }
    let call = program::Call {
        program: Arc::clone(program),
        columns,
        result: all(relation).cloned().collect(),
    };
    program::node(call, plans)
}

fn union(relation: &Relation, inputs: &[Relation]) -> Result<LogicalPlan> {
    let filled: Vec<&Relation> = inputs.iter().filter(|input| !is_empty(input)).collect();
    // `union *` names hundreds of tables that have no rows.
    let inputs = if filled.is_empty() {
        vec![&inputs[0]]
    } else {
        filled
    };
    let plans = inputs
        .into_iter()
        .map(|input| {
            let columns = all(relation).map(|shown| column(&shown.name));
            Ok(Arc::new(projection(lower(input)?, columns.collect())?))
        })
        .collect::<Result<Vec<_>>>()?;
    if let [plan] = plans.as_slice() {
        return Ok(LogicalPlan::clone(plan));
    }
    Ok(LogicalPlan::Union(Union::try_new(plans)?))
}

fn window(
    relation: &Relation,
    input: &Relation,
    items: &[(String, windows::WindowCall, Vec<Scalar>)],
) -> Result<LogicalPlan> {
    use crate::ir::Order;
    let plan = lower(input)?;
    let scalars = Scalars::over(plan.schema());
    let order = match &input.order {
        Order::By(keys) => sort_keys(&plan, keys)?,
        Order::Serialized | Order::Unordered => Vec::new(),
    };
    // Each call once: DataFusion's optimizer would make a column of a second one, and then fails on it.
    let mut calls: Vec<Expr> = Vec::new();
    let mut call_of: Vec<usize> = Vec::new();
    for (_, call, arguments) in items {
        let arguments = arguments
            .iter()
            .map(|argument| scalars.value(argument))
            .collect::<Result<Vec<_>>>()?;
        let expr = windows::lower(call, arguments, order.clone())?;
        let place = calls.iter().position(|have| *have == expr);
        call_of.push(place.unwrap_or(calls.len()));
        if place.is_none() {
            calls.push(expr);
        }
    }
    let exprs: Vec<Expr> = calls
        .into_iter()
        .enumerate()
        .map(|(index, expr)| expr.alias(format!("__computed{index}")))
        .collect();
    let plan = LogicalPlan::Window(Window::try_new(exprs, Arc::new(plan))?);
    let frame = Frame::over(plan.schema());
    let computed = |name: &str| {
        let item = items.iter().position(|(item, ..)| item == name);
        item.map(|item| call_of[item])
    };
    let exprs = all(relation)
        .map(|shown| match computed(&shown.name) {
            Some(index) => cast_to(&frame, &format!("__computed{index}"), shown),
            None => Ok(column(&shown.name)),
        })
        .collect::<Result<Vec<_>>>()?;
    projection(plan, exprs)
}

fn unnest(
    relation: &Relation,
    input: &Relation,
    items: &[Unnested],
    index: Option<&str>,
) -> Result<LogicalPlan> {
    let plan = lower(input)?;
    let scalars = Scalars::over(plan.schema());
    let mut exprs: Vec<Expr> = all(input).map(|shown| column(&shown.name)).collect();
    let mut lists_of = Vec::new();
    for (number, item) in items.iter().enumerate() {
        let name = format!("__list{number}");
        let elements = lists::elements(item.bags_as_arrays).call(vec![scalars.raw(&item.value)?]);
        exprs.push(elements.clone().alias(&name));
        lists_of.push(elements);
    }
    let mut expanded: Vec<PlanColumn> = (0..items.len())
        .map(|number| PlanColumn::new_unqualified(format!("__list{number}")))
        .collect();
    if index.is_some() {
        exprs.push(lists::positions().call(lists_of).alias("__index"));
        expanded.push(PlanColumn::new_unqualified("__index"));
    }
    let plan = LogicalPlanBuilder::from(projection(plan, exprs)?)
        .unnest_columns_with_options(expanded, dropping_nulls())?
        .build()?;
    let outputs = all(relation)
        .map(|shown| {
            if Some(shown.name.as_str()) == index {
                return column("__index").alias(&shown.name);
            }
            match items.iter().position(|item| item.name == shown.name) {
                Some(number) => {
                    element(&format!("__list{number}"), &items[number]).alias(&shown.name)
                }
                None => column(&shown.name),
            }
        })
        .collect::<Vec<_>>();
    projection(plan, outputs)
}

/// An element, as JSON text, in the type that was asked for.
fn element(name: &str, item: &Unnested) -> Expr {
    use huntql_kql::types::Type;
    match item.ty {
        Type::Dynamic => column(name),
        ty => crate::functions::convert_udf(Type::Dynamic, ty).call(vec![column(name)]),
    }
}
