//! The columns of a plan by name.
//!
//! DataFusion looks for a column by walking the schema, so that making a projection of n columns takes n² comparisons; bags of all
//! columns and sub-tables (`pack_all`, `mv-apply`) make plans of hundreds of columns and dozens of projections.

use datafusion::arrow::datatypes::{Field, FieldRef};
use datafusion::common::{Column, DFSchema, DataFusionError, ExprSchema, Result, TableReference};
use datafusion::logical_expr::ExprSchemable;
use datafusion::prelude::Expr;
use std::collections::HashMap;
use std::sync::Arc;

/// A schema with an index of its names.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    schema: &'a DFSchema,
    places: HashMap<&'a str, usize>,
}

impl<'a> Frame<'a> {
    pub fn over(schema: &'a DFSchema) -> Self {
        let places = schema
            .fields()
            .iter()
            .enumerate()
            .map(|(place, field)| (field.name().as_str(), place))
            .collect();
        Self { schema, places }
    }

    pub fn field(&self, name: &str) -> Option<&'a FieldRef> {
        self.place(name).map(|place| self.schema.field(place))
    }

    /// Where a column stands.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// The schema of expressions over these columns, each under its name.
    pub fn schema_of<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>) -> Result<DFSchema> {
        let fields = exprs
            .into_iter()
            .map(|expr| self.field_of(expr))
            .collect::<Result<Vec<_>>>()?;
        DFSchema::new_with_metadata(fields, HashMap::new())
    }

    fn field_of(&self, expr: &Expr) -> Result<(Option<TableReference>, FieldRef)> {
        match expr {
            Expr::Column(column) => Ok((
                column.relation.clone(),
                Arc::clone(self.field_from_column(column)?),
            )),
            Expr::Alias(alias) if alias.relation.is_none() && alias.metadata.is_none() => {
                let (_, field) = self.field_of(&alias.expr)?;
                Ok((None, renamed(&field, &alias.name)))
            }
            other => other.to_field(self),
        }
    }
}

fn renamed(field: &FieldRef, name: &str) -> FieldRef {
    if field.name() == name {
        return Arc::clone(field);
    }
    Arc::new(Field::clone(field).with_name(name))
}

impl ExprSchema for Frame<'_> {
    fn field_from_column(&self, column: &Column) -> Result<&FieldRef> {
        self.field(&column.name).ok_or_else(|| {
            DataFusionError::Internal(format!("a plan misses the column `{}`", column.name))
        })
    }
}
