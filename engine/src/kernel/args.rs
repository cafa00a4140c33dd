//! The arguments of one kernel call.

use super::{Input, Output};
use datafusion::arrow::array::{Array, ArrayRef, StringArray};
use datafusion::common::DataFusionError;
use huntql_kql::types::Type;

/// A kernel: columns in, one column out. Constant arguments arrive as arrays of one row (see [`Args::is_constant`]).
pub type Kernel = fn(&Args<'_>) -> KernelResult;
pub type KernelResult = Result<ArrayRef, KernelError>;

/// Why a kernel gave up. Only for what a query's data or text caused; bad rows give null, not this.
#[derive(Debug)]
pub enum KernelError {
    /// The user's constant is no good: a regular expression that does not compile, a part name that does not exist.
    Argument { index: usize, message: String },
    /// The engine under us failed.
    Internal(String),
}

impl std::fmt::Display for KernelError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            KernelError::Argument { message, .. } | KernelError::Internal(message) => {
                f.write_str(message)
            }
        }
    }
}

impl std::error::Error for KernelError {}

impl From<DataFusionError> for KernelError {
    fn from(error: DataFusionError) -> Self {
        KernelError::Internal(error.to_string())
    }
}

impl From<datafusion::arrow::error::ArrowError> for KernelError {
    fn from(error: datafusion::arrow::error::ArrowError) -> Self {
        KernelError::Internal(error.to_string())
    }
}

/// Argument columns of equal length, except constants, which have one row.
#[derive(Debug)]
pub struct Args<'a> {
    columns: &'a [ArrayRef],
    constant: &'a [bool],
    types: &'a [Type],
    rows: usize,
}

impl<'a> Args<'a> {
    /// `constant[i]` tells that column `i` has one row that stands for all.
    pub fn new(
        columns: &'a [ArrayRef],
        constant: &'a [bool],
        types: &'a [Type],
        rows: usize,
    ) -> Self {
        debug_assert!(
            columns
                .iter()
                .zip(constant)
                .all(|(column, constant)| *constant || column.len() == rows)
        );
        Self {
            columns,
            constant,
            types,
            rows,
        }
    }

    pub fn len(&self) -> usize {
        self.columns.len()
    }

    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Rows of the result.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The column, which has one row when [`Args::is_constant`].
    pub fn column(&self, index: usize) -> &'a ArrayRef {
        &self.columns[index]
    }

    pub fn is_constant(&self, index: usize) -> bool {
        self.constant[index]
    }

    /// The KQL type of an argument, after conversion to the parameter's type.
    pub fn ty(&self, index: usize) -> Type {
        self.types[index]
    }

    /// A reader of argument `index`; reading row `i` of a constant gives the constant.
    pub fn input<T: Input<'a>>(&self, index: usize) -> Reader<'a, T> {
        Reader {
            array: T::downcast(&self.columns[index]),
            constant: self.constant[index],
        }
    }

    /// The value of a constant string argument; `None` when it differs by row.
    pub fn constant_text(&self, index: usize) -> Option<&'a str> {
        if !self.constant[index] {
            return None;
        }
        let array = self.columns[index].as_any().downcast_ref::<StringArray>()?;
        Some(if array.is_null(0) { "" } else { array.value(0) })
    }

    pub fn map1<A: Input<'a>, R: Output>(&self, f: impl Fn(A) -> R) -> KernelResult {
        let a = self.input::<A>(0);
        R::collect(self.rows, |row| Some(f(a.get(row)?)))
    }

    pub fn map2<A: Input<'a>, B: Input<'a>, R: Output>(
        &self,
        f: impl Fn(A, B) -> R,
    ) -> KernelResult {
        let (a, b) = (self.input::<A>(0), self.input::<B>(1));
        R::collect(self.rows, |row| Some(f(a.get(row)?, b.get(row)?)))
    }

    pub fn map3<A: Input<'a>, B: Input<'a>, C: Input<'a>, R: Output>(
        &self,
        f: impl Fn(A, B, C) -> R,
    ) -> KernelResult {
        let (a, b, c) = (self.input::<A>(0), self.input::<B>(1), self.input::<C>(2));
        R::collect(self.rows, |row| {
            Some(f(a.get(row)?, b.get(row)?, c.get(row)?))
        })
    }

    pub fn map4<A: Input<'a>, B: Input<'a>, C: Input<'a>, D: Input<'a>, R: Output>(
        &self,
        f: impl Fn(A, B, C, D) -> R,
    ) -> KernelResult {
        let (a, b, c, d) = (
            self.input::<A>(0),
            self.input::<B>(1),
            self.input::<C>(2),
            self.input::<D>(3),
        );
        R::collect(self.rows, |row| {
            Some(f(a.get(row)?, b.get(row)?, c.get(row)?, d.get(row)?))
        })
    }
}

/// Reads one argument row by row.
#[derive(Debug)]
pub struct Reader<'a, T: Input<'a>> {
    array: &'a T::Array,
    constant: bool,
}

impl<'a, T: Input<'a>> Reader<'a, T> {
    /// The value at a row; `None` makes the whole row null.
    #[inline]
    pub fn get(&self, row: usize) -> Option<T> {
        T::read(self.array, if self.constant { 0 } else { row })
    }
}
