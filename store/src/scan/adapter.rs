//! Rewrites expressions over the engine's columns into expressions over a file's columns.
//!
//! A file holds a datetime as a timestamp (and perhaps a seventh digit), strings that may be null, narrow numbers. The
//! conversion is planted where a column is read. A comparison with a literal is turned around so that the file's own
//! column is compared: then row groups, pages and bloom filters are pruned, and the exact predicate still holds.

use super::codes::Coded;
use super::distinct::{PerDistinct, without_dictionaries};
use super::dynamic::Turned;
use super::functions::{JoinTicks, ToEngine};
use super::instants::{FileInstants, rewrite_comparison};
use super::members::{self, Call};
use crate::schema::arrow_type;
use crate::writer::disk::tick_name;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::common::config::ConfigOptions;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Operator, ScalarUDF};
use datafusion::physical_expr::expressions::{
    BinaryExpr, CastExpr, Column, DynamicFilterPhysicalExpr, DynamicFilterTracking, InListExpr,
    IsNotNullExpr, IsNullExpr, Literal, in_list, lit,
};
use datafusion::physical_expr::utils::{collect_columns, split_conjunction};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_expr_adapter::{PhysicalExprAdapter, PhysicalExprAdapterFactory};
use huntql_kql::types::Type;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::physical_expr_common::physical_expr::is_volatile;

pub(super) type Expr = Arc<dyn PhysicalExpr>;

/// Who wrote the files of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Origin {
    /// The store: a column of the engine's Arrow type is as the engine wants it.
    Store,
    /// Anyone: a text may be no JSON, a guid in capitals.
    Foreign,
}

/// Makes the adapters of one scan.
#[derive(Debug, Clone)]
pub(crate) struct EngineAdapterFactory {
    /// The KQL types of the columns.
    pub types: Arc<HashMap<String, Type>>,
    pub origin: Origin,
    pub rewritten: Rewritten,
}

/// Tests that were rewritten for a file already: a list of thousands of indicators is made ready once, not for each file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rewritten {
    tests: Arc<Mutex<Vec<Known>>>,
    over_members: Arc<Mutex<Vec<OverMembers>>>,
    /// A condition and what [`by_columns`] made of it.
    gathered: Arc<Mutex<Vec<(Expr, Expr)>>>,
}

/// An expression, the names of columns of members, and the expression over these.
type OverMembers = (Expr, Vec<String>, Expr);

/// Files of a store have few different schemas; what comes behind these is rewritten each time.
const REWRITTEN_MAX: usize = 64;

/// A test of one column and the schema of a file, and what [`PerDistinct`] needs of them.
#[derive(Debug, Clone)]
struct Known {
    expr: Expr,
    physical: SchemaRef,
    test: Expr,
    plain: Expr,
}

impl Rewritten {
    fn get(&self, expr: &Expr, physical: &SchemaRef) -> Option<(Expr, Expr)> {
        let known = self.tests.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |known: &&Known| {
            Arc::ptr_eq(&known.expr, expr)
                && (Arc::ptr_eq(&known.physical, physical) || known.physical == *physical)
        };
        let known = known.iter().find(same)?;
        Some((Arc::clone(&known.test), Arc::clone(&known.plain)))
    }

    fn put(&self, known: Known) {
        let mut kept = self.tests.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < REWRITTEN_MAX {
            kept.push(known);
        }
    }

    /// See [`by_columns`].
    fn gathered(&self, expr: &Expr, types: &HashMap<String, Type>) -> Expr {
        let mut kept = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, gathered)) = kept.iter().find(|(known, _)| Arc::ptr_eq(known, expr)) {
            return Arc::clone(gathered);
        }
        let Some(gathered) = by_columns(expr, types) else {
            return Arc::clone(expr);
        };
        if kept.len() < REWRITTEN_MAX {
            kept.push((Arc::clone(expr), Arc::clone(&gathered)));
        }
        gathered
    }

    /// See [`members::over_columns`].
    fn over_members(&self, expr: &Expr, names: &[String], first: usize) -> Result<Expr> {
        let mut kept = self
            .over_members
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let known = kept
            .iter()
            .find(|(known, of, _)| Arc::ptr_eq(known, expr) && of == names);
        if let Some((_, _, replaced)) = known {
            return Ok(Arc::clone(replaced));
        }
        let replaced = members::over_columns(expr, names, first)?;
        if kept.len() < REWRITTEN_MAX {
            kept.push((Arc::clone(expr), names.to_vec(), Arc::clone(&replaced)));
        }
        Ok(replaced)
    }
}

impl PhysicalExprAdapterFactory for EngineAdapterFactory {
    fn create(
        &self,
        engine: SchemaRef,
        physical: SchemaRef,
    ) -> Result<Arc<dyn PhysicalExprAdapter>> {
        Ok(Arc::new(EngineAdapter {
            types: Arc::clone(&self.types),
            origin: self.origin,
            rewritten: self.rewritten.clone(),
            engine,
            physical,
        }))
    }
}

#[derive(Debug, Clone)]
pub(super) struct EngineAdapter {
    types: Arc<HashMap<String, Type>>,
    origin: Origin,
    rewritten: Rewritten,
    engine: SchemaRef,
    physical: SchemaRef,
}

impl PhysicalExprAdapter for EngineAdapter {
    fn rewrite(&self, expr: Expr) -> Result<Expr> {
        match self.over_members(&expr)? {
            Some((adapter, expr)) => {
                adapter.walk(&adapter.rewritten.gathered(&expr, &adapter.types))
            }
            None => self.walk(&self.rewritten.gathered(&expr, &self.types)),
        }
    }
}

impl EngineAdapter {
    /// The expression over the file's columns in the form in which statistics are asked.
    pub(super) fn for_pruning(&self, expr: &Expr) -> Result<Expr> {
        self.over(without_dictionaries(&self.physical))
            .rewrite(Arc::clone(expr))
    }

    /// The expression with columns for the members of JSON that the file has columns of, and the adapter that knows these; `None` when
    /// the expression asks for no such member.
    fn over_members(&self, expr: &Expr) -> Result<Option<(EngineAdapter, Expr)>> {
        if self.origin == Origin::Foreign {
            return Ok(None);
        }
        let is_there = |call: &Call| {
            let name = call.name();
            call.suits(&self.types) && self.physical.column_with_name(&name).is_some()
        };
        let names: Vec<String> = members::asked(expr, is_there)?
            .iter()
            .map(Call::name)
            .collect();
        if names.is_empty() {
            return Ok(None);
        }
        let mut types = self.types.as_ref().clone();
        let mut fields: Vec<_> = self.engine.fields().iter().cloned().collect();
        for name in &names {
            types.insert(name.clone(), Type::String);
            fields.push(Arc::new(Field::new(name, DataType::Utf8, true)));
        }
        let replaced = self
            .rewritten
            .over_members(expr, &names, self.engine.fields().len())?;
        let adapter = EngineAdapter {
            types: Arc::new(types),
            engine: Arc::new(Schema::new(fields)),
            ..self.clone()
        };
        Ok(Some((adapter, replaced)))
    }

    fn over(&self, physical: SchemaRef) -> EngineAdapter {
        EngineAdapter {
            physical,
            ..self.clone()
        }
    }

    pub(super) fn walk(&self, expr: &Expr) -> Result<Expr> {
        if let Some(column) = expr.downcast_ref::<Column>() {
            return self.column(column.name());
        }
        if let Some(coded) = expr.downcast_ref::<Coded>() {
            return coded.over_file(self, &self.physical);
        }
        if let Some(test) = self.per_distinct(expr)? {
            return Ok(test);
        }
        if let Some(rewritten) = self.comparison(expr)? {
            return Ok(rewritten);
        }
        let children = expr
            .children()
            .into_iter()
            .map(|child| self.walk(child))
            .collect::<Result<Vec<_>>>()?;
        if children.is_empty() {
            return Ok(Arc::clone(expr));
        }
        let walked = Arc::clone(expr).with_new_children(children)?;
        if expr.downcast_ref::<DynamicFilterPhysicalExpr>().is_none() {
            return Ok(walked);
        }
        let adapter = Arc::new(self.clone());
        Ok(Arc::new(Turned::new(Arc::clone(expr), walked, adapter)))
    }

    /// A test that reads one column alone, which the reader gives as a dictionary. `None` for any other expression.
    fn per_distinct(&self, expr: &Expr) -> Result<Option<Expr>> {
        let is_dictionary = |field: &Field| matches!(field.data_type(), DataType::Dictionary(..));
        if !self
            .physical
            .fields()
            .iter()
            .any(|field| is_dictionary(field))
        {
            return Ok(None);
        }
        let columns = collect_columns(expr);
        let [column] = columns.iter().collect::<Vec<_>>()[..] else {
            return Ok(None);
        };
        let Some((index, field)) = self.physical.column_with_name(column.name()) else {
            return Ok(None);
        };
        let DataType::Dictionary(_, values) = field.data_type() else {
            return Ok(None);
        };
        if expr.data_type(&self.engine)? != DataType::Boolean
            || is_volatile(expr)
            || DynamicFilterTracking::classify(expr).contains_dynamic_filter()
        {
            return Ok(None);
        }
        let values = Arc::new(Schema::new(vec![
            field
                .clone()
                .with_data_type(values.as_ref().clone())
                .with_nullable(true),
        ]));
        let (test, plain) = match self.rewritten.get(expr, &self.physical) {
            Some(known) => known,
            None => {
                let test = self.over(Arc::clone(&values)).walk(expr)?;
                let plain = self.for_pruning(expr)?;
                self.rewritten.put(Known {
                    expr: Arc::clone(expr),
                    physical: Arc::clone(&self.physical),
                    test: Arc::clone(&test),
                    plain: Arc::clone(&plain),
                });
                (test, plain)
            }
        };
        let column = Arc::new(Column::new(column.name(), index));
        Ok(Some(Arc::new(PerDistinct::new(
            column, test, plain, values,
        ))))
    }

    fn ty(&self, name: &str) -> Result<Type> {
        let ty = self.types.get(name).copied();
        ty.ok_or_else(|| DataFusionError::Internal(format!("the scan has no column {name}")))
    }

    /// The engine's value of a column.
    pub(super) fn column(&self, name: &str) -> Result<Expr> {
        let ty = self.ty(name)?;
        let Some((index, field)) = self.physical.column_with_name(name) else {
            return Ok(lit(missing(ty)?));
        };
        let raw: Expr = Arc::new(Column::new(name, index));
        let wanted = arrow_type(ty);
        let same = *field.data_type() == wanted;
        match ty {
            Type::Datetime => self.ticks(name, raw, field),
            Type::String if same && !field.is_nullable() => Ok(raw),
            Type::Bool | Type::Int | Type::Long | Type::Real | Type::Decimal if same => Ok(raw),
            // A cast of DataFusion's own is turned around by its simplifier, so that pruning sees the column.
            Type::Long | Type::Int if widens(field.data_type(), &wanted) => {
                Ok(Arc::new(CastExpr::new(raw, wanted, None)))
            }
            Type::Guid | Type::Dynamic | Type::Timespan if same && self.origin == Origin::Store => {
                Ok(raw)
            }
            _ => Ok(to_engine(ty, raw)),
        }
    }

    fn ticks(&self, name: &str, raw: Expr, field: &Field) -> Result<Expr> {
        if self.origin == Origin::Foreign || !matches!(field.data_type(), DataType::Timestamp(..)) {
            return Ok(to_engine(Type::Datetime, raw));
        }
        let tick = tick_name(name);
        let Some((index, _)) = self.physical.column_with_name(&tick) else {
            return Ok(to_engine(Type::Datetime, raw));
        };
        let digit: Expr = Arc::new(Column::new(&tick, index));
        Ok(call(
            ScalarUDF::new_from_impl(JoinTicks::new()),
            vec![raw, digit],
            DataType::Int64,
        ))
    }

    /// A test of a column against literals, over the file's column. `None` for any other expression.
    fn comparison(&self, expr: &Expr) -> Result<Option<Expr>> {
        if let Some(list) = expr.downcast_ref::<InListExpr>() {
            return self.in_list(list);
        }
        if let Some(test) = expr.downcast_ref::<IsNullExpr>() {
            return Ok(self
                .raw_nullable(test.arg())
                .map(|raw| Arc::new(IsNullExpr::new(raw)) as Expr));
        }
        if let Some(test) = expr.downcast_ref::<IsNotNullExpr>() {
            return Ok(self
                .raw_nullable(test.arg())
                .map(|raw| Arc::new(IsNotNullExpr::new(raw)) as Expr));
        }
        let Some(binary) = expr.downcast_ref::<BinaryExpr>() else {
            return Ok(None);
        };
        let (column, op, literal) = match (
            binary.left().downcast_ref::<Column>(),
            binary.right().downcast_ref::<Column>(),
        ) {
            (Some(column), None) => (column, Some(*binary.op()), binary.right()),
            (None, Some(column)) => (column, binary.op().swap(), binary.left()),
            _ => return Ok(None),
        };
        let (Some(op), Some(literal)) = (op, literal.downcast_ref::<Literal>()) else {
            return Ok(None);
        };
        self.compared(column.name(), op, literal.value())
    }

    fn compared(&self, name: &str, op: Operator, literal: &ScalarValue) -> Result<Option<Expr>> {
        match (self.ty(name)?, literal) {
            (Type::Datetime, ScalarValue::Int64(Some(ticks))) => {
                let Some(instants) = self.instants(name) else {
                    return Ok(None);
                };
                Ok(rewrite_comparison(
                    &instants,
                    op,
                    *ticks,
                    &self.column(name)?,
                ))
            }
            (Type::String, ScalarValue::Utf8(Some(text)))
                if op == Operator::Eq && !text.is_empty() =>
            {
                let Some(raw) = self.nullable_text(name) else {
                    return Ok(None);
                };
                let equal: Expr = Arc::new(BinaryExpr::new(
                    Arc::clone(&raw),
                    Operator::Eq,
                    lit(literal.clone()),
                ));
                Ok(Some(and(equal, Arc::new(IsNotNullExpr::new(raw)))))
            }
            _ => Ok(None),
        }
    }

    /// `column in (…)` for strings and datetimes.
    fn in_list(&self, list: &InListExpr) -> Result<Option<Expr>> {
        let Some(column) = list.expr().downcast_ref::<Column>() else {
            return Ok(None);
        };
        let values: Option<Vec<&ScalarValue>> = list
            .list()
            .iter()
            .map(|item| item.downcast_ref::<Literal>().map(Literal::value))
            .collect();
        let (Some(values), false) = (values, list.negated()) else {
            return Ok(None);
        };
        let name = column.name();
        let literals: Vec<Expr> = values.iter().map(|value| lit((*value).clone())).collect();
        match self.ty(name)? {
            Type::String => {
                let all_given = values.iter().all(
                    |value| matches!(value, ScalarValue::Utf8(Some(text)) if !text.is_empty()),
                );
                let (Some(raw), true) = (self.nullable_text(name), all_given) else {
                    return Ok(None);
                };
                let listed = in_list(Arc::clone(&raw), literals, &false, &self.physical)?;
                Ok(Some(and(listed, Arc::new(IsNotNullExpr::new(raw)))))
            }
            Type::Datetime => {
                let ticks: Option<Vec<i64>> = values
                    .iter()
                    .map(|value| match value {
                        ScalarValue::Int64(ticks) => *ticks,
                        _ => None,
                    })
                    .collect();
                let (Some(instants), Some(ticks)) = (self.instants(name), ticks) else {
                    return Ok(None);
                };
                let exact = in_list(self.column(name)?, literals, &false, &self.physical)?;
                let (Some(low), Some(high)) = (ticks.iter().min(), ticks.iter().max()) else {
                    return Ok(None);
                };
                let value = self.column(name)?;
                let from = rewrite_comparison(&instants, Operator::GtEq, *low, &value);
                let to = rewrite_comparison(&instants, Operator::LtEq, *high, &value);
                Ok(from.zip(to).map(|(from, to)| and(and(from, to), exact)))
            }
            _ => Ok(None),
        }
    }

    /// The file's column for a test of nullness; `None` where the engine's value has other nulls than the file's.
    fn raw_nullable(&self, expr: &Expr) -> Option<Expr> {
        let name = expr.downcast_ref::<Column>()?.name();
        let (index, field) = self.physical.column_with_name(name)?;
        let same_nulls = match self.types.get(name)? {
            Type::Datetime => matches!(
                field.data_type(),
                DataType::Timestamp(..) | DataType::Date32 | DataType::Date64
            ),
            _ => false,
        };
        same_nulls.then(|| Arc::new(Column::new(name, index)) as Expr)
    }

    /// A column of text that may be null in the file, as `Utf8`.
    fn nullable_text(&self, name: &str) -> Option<Expr> {
        let (index, field) = self.physical.column_with_name(name)?;
        let raw: Expr = Arc::new(Column::new(name, index));
        match field.data_type() {
            DataType::Utf8 if field.is_nullable() => Some(raw),
            DataType::LargeUtf8 | DataType::Utf8View => {
                Some(Arc::new(CastExpr::new(raw, DataType::Utf8, None)))
            }
            _ => None,
        }
    }

    fn instants(&self, name: &str) -> Option<FileInstants> {
        let (index, field) = self.physical.column_with_name(name)?;
        let DataType::Timestamp(unit, zone) = field.data_type() else {
            return None;
        };
        let has_digit = self.origin == Origin::Store
            && self.physical.column_with_name(&tick_name(name)).is_some();
        Some(FileInstants {
            column: Arc::new(Column::new(name, index)),
            unit: *unit,
            zone: zone.clone(),
            has_digit,
        })
    }
}

/// A conjunction in which the tests of one text column stand together, so that they are one test, asked of its distinct texts in one
/// go. `None` where no column is tested twice.
fn by_columns(expr: &Expr, types: &HashMap<String, Type>) -> Option<Expr> {
    let conditions = split_conjunction(expr);
    let column = |condition: &Expr| {
        let columns = collect_columns(condition);
        let mut columns = columns.iter();
        let name = columns.next()?.name();
        let alone = columns.next().is_none() && types.get(name) == Some(&Type::String);
        let grows = DynamicFilterTracking::classify(condition).contains_dynamic_filter();
        (alone && !grows && !is_volatile(condition)).then(|| name.to_owned())
    };
    let count = conditions.len();
    let mut tests: Vec<(Option<String>, Expr)> = Vec::new();
    for condition in conditions {
        let name = column(condition);
        let known = tests
            .iter_mut()
            .find(|(of, _)| name.is_some() && *of == name);
        match known {
            Some((_, test)) => *test = and(Arc::clone(test), Arc::clone(condition)),
            None => tests.push((name, Arc::clone(condition))),
        }
    }
    if tests.len() == count {
        return None;
    }
    tests.into_iter().map(|(_, test)| test).reduce(and)
}

/// What a column that the file lacks reads as.
fn missing(ty: Type) -> Result<ScalarValue> {
    match ty {
        Type::String => Ok(ScalarValue::Utf8(Some(String::new()))),
        other => ScalarValue::try_from(&arrow_type(other)),
    }
}

/// Whether every value of `from` is a value of `to`.
fn widens(from: &DataType, to: &DataType) -> bool {
    let small = matches!(
        from,
        DataType::Int8 | DataType::Int16 | DataType::UInt8 | DataType::UInt16
    );
    small || (matches!(from, DataType::Int32 | DataType::UInt32) && *to == DataType::Int64)
}

fn to_engine(ty: Type, raw: Expr) -> Expr {
    call(
        ScalarUDF::new_from_impl(ToEngine::new(ty)),
        vec![raw],
        arrow_type(ty),
    )
}

fn call(function: ScalarUDF, args: Vec<Expr>, returns: DataType) -> Expr {
    let name = function.name().to_owned();
    let field = Arc::new(Field::new(&name, returns, true));
    Arc::new(ScalarFunctionExpr::new(
        &name,
        Arc::new(function),
        args,
        field,
        Arc::new(ConfigOptions::default()),
    ))
}

pub(super) fn and(left: Expr, right: Expr) -> Expr {
    Arc::new(BinaryExpr::new(left, Operator::And, right))
}
