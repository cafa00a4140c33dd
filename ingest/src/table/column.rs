//! One column's cells before they are Arrow: growable, and able to forget the last one.

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int32Array, Int64Array, StringArray,
};
use datafusion::arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use huntql_kql::types::Type;
use huntql_store::schema::arrow_type;
use std::cmp::Ordering;
use std::mem;
use std::sync::Arc;

/// The cells of a column. Pushing a value of another shape than the column's is a bug of the caller and stores a null.
#[derive(Debug)]
pub struct ColumnBuffer {
    ty: Type,
    cells: Cells,
    /// Parallel to the cells; unused for strings, which are never null.
    valid: Vec<bool>,
}

#[derive(Debug)]
enum Cells {
    /// Strings, guids and dynamics: all text end to end, and where each begins; the last offset is the end of all.
    Text {
        text: String,
        offsets: Vec<i32>,
    },
    /// Longs, datetimes and timespans (ticks).
    Long(Vec<i64>),
    Int(Vec<i32>),
    Real(Vec<f64>),
    Bool(Vec<bool>),
    /// Unscaled, with the store's precision and scale.
    Decimal(Vec<i128>),
}

impl ColumnBuffer {
    pub fn new(ty: Type) -> Self {
        let cells = match ty {
            Type::String | Type::Guid | Type::Dynamic => Cells::Text {
                text: String::new(),
                offsets: vec![0],
            },
            Type::Long | Type::Datetime | Type::Timespan => Cells::Long(Vec::new()),
            Type::Int => Cells::Int(Vec::new()),
            Type::Real => Cells::Real(Vec::new()),
            Type::Bool => Cells::Bool(Vec::new()),
            Type::Decimal => Cells::Decimal(Vec::new()),
        };
        Self {
            ty,
            cells,
            valid: Vec::new(),
        }
    }

    pub fn ty(&self) -> Type {
        self.ty
    }

    pub fn len(&self) -> usize {
        match &self.cells {
            Cells::Text { offsets, .. } => offsets.len() - 1,
            _ => self.valid.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes it `rows` cells: further ones are forgotten, missing ones are null.
    pub fn fit(&mut self, rows: usize) {
        match self.len().cmp(&rows) {
            Ordering::Less => self.pad(rows),
            Ordering::Equal => {}
            Ordering::Greater => self.truncate(rows),
        }
    }

    /// Forgets the cells from `rows` on.
    pub fn truncate(&mut self, rows: usize) {
        if self.len() <= rows {
            return;
        }
        self.valid.truncate(rows);
        match &mut self.cells {
            Cells::Text { text, offsets } => {
                offsets.truncate(rows + 1);
                text.truncate(offsets[rows] as usize);
            }
            Cells::Long(values) => values.truncate(rows),
            Cells::Int(values) => values.truncate(rows),
            Cells::Real(values) => values.truncate(rows),
            Cells::Bool(values) => values.truncate(rows),
            Cells::Decimal(values) => values.truncate(rows),
        }
    }

    /// Nulls up to `rows` cells; the empty string for a string.
    fn pad(&mut self, rows: usize) {
        if self.ty != Type::String {
            self.valid.resize(rows, false);
        }
        match &mut self.cells {
            Cells::Text { text, offsets } => offsets.resize(rows + 1, text.len() as i32),
            Cells::Long(values) => values.resize(rows, 0),
            Cells::Int(values) => values.resize(rows, 0),
            Cells::Real(values) => values.resize(rows, 0.0),
            Cells::Bool(values) => values.resize(rows, false),
            Cells::Decimal(values) => values.resize(rows, 0),
        }
    }

    /// The null of the column's type; the empty string for a string.
    pub fn push_null(&mut self) {
        self.pad(self.len() + 1);
    }

    pub fn push_text(&mut self, value: &str) {
        self.write_text(|text| text.push_str(value));
    }

    /// A text cell that `write` composes in place. It must only append.
    pub fn write_text(&mut self, write: impl FnOnce(&mut String)) {
        let Cells::Text { text, offsets } = &mut self.cells else {
            return self.push_null();
        };
        write(text);
        offsets.push(text.len() as i32);
        if self.ty != Type::String {
            self.valid.push(true);
        }
    }

    /// 32 lower-case hex digits.
    pub fn push_hex(&mut self, value: u128) {
        let mut digits = [0_u8; 32];
        let parts = digits.as_chunks_mut::<8>().0.iter_mut();
        for (part, shift) in parts.zip([96, 64, 32, 0]) {
            *part = hex_digits((value >> shift) as u32);
        }
        self.push_text(std::str::from_utf8(&digits).expect("hex digits are ASCII"));
    }

    /// A long, a datetime or timespan in ticks, or an int; an int that does not fit becomes null.
    pub fn push_i64(&mut self, value: i64) -> bool {
        match &mut self.cells {
            Cells::Long(values) => values.push(value),
            Cells::Int(values) => match i32::try_from(value) {
                Ok(value) => values.push(value),
                Err(_) => {
                    self.push_null();
                    return false;
                }
            },
            Cells::Real(values) => values.push(value as f64),
            _ => {
                self.push_null();
                return false;
            }
        }
        self.valid.push(true);
        true
    }

    /// Replaces the number of a row that has one, in a column of longs.
    pub fn put_i64(&mut self, row: usize, value: i64) {
        if let Cells::Long(values) = &mut self.cells {
            values[row] = value;
        }
    }

    pub fn push_f64(&mut self, value: f64) {
        let Cells::Real(values) = &mut self.cells else {
            return self.push_null();
        };
        values.push(value);
        self.valid.push(true);
    }

    pub fn push_bool(&mut self, value: bool) {
        let Cells::Bool(values) = &mut self.cells else {
            return self.push_null();
        };
        values.push(value);
        self.valid.push(true);
    }

    /// An unscaled decimal.
    pub fn push_decimal(&mut self, value: i128) {
        let Cells::Decimal(values) = &mut self.cells else {
            return self.push_null();
        };
        values.push(value);
        self.valid.push(true);
    }

    /// Whether the cell of row `row` is absent, null or empty.
    pub fn is_blank(&self, row: usize) -> bool {
        match &self.cells {
            Cells::Text { .. } => self.last_text(row).is_none_or(str::is_empty),
            _ => self.valid.get(row).is_none_or(|valid| !valid),
        }
    }

    /// The text of row `row` when it is the last one written.
    pub fn last_text(&self, row: usize) -> Option<&str> {
        let Cells::Text { text, offsets } = &self.cells else {
            return None;
        };
        (offsets.len() == row + 2).then(|| &text[offsets[row] as usize..])
    }

    pub fn text_bytes(&self) -> usize {
        match &self.cells {
            Cells::Text { text, .. } => text.len(),
            _ => 0,
        }
    }

    /// The cells as an Arrow array; the buffer is empty afterwards, with room for as much again.
    pub fn finish(&mut self) -> ArrayRef {
        let nulls = match self.valid.contains(&false) {
            true => Some(NullBuffer::from(self.valid.as_slice())),
            false => None,
        };
        self.valid.clear();
        match &mut self.cells {
            Cells::Text { text, offsets } => {
                let bytes = text.len();
                // Some more, so that texts that are a little longer do not move all.
                let room = String::with_capacity(bytes + bytes / 8);
                let values = mem::replace(text, room).into_bytes();
                let begun = renewed(offsets);
                offsets.push(0);
                let offsets = OffsetBuffer::new(ScalarBuffer::from(begun));
                Arc::new(StringArray::new(offsets, Buffer::from_vec(values), nulls))
            }
            Cells::Long(values) => Arc::new(Int64Array::new(renewed(values).into(), nulls)),
            Cells::Int(values) => Arc::new(Int32Array::new(renewed(values).into(), nulls)),
            Cells::Real(values) => Arc::new(Float64Array::new(renewed(values).into(), nulls)),
            Cells::Bool(values) => {
                let bits = BooleanBuffer::from(values.as_slice());
                values.clear();
                Arc::new(BooleanArray::new(bits, nulls))
            }
            Cells::Decimal(values) => Arc::new(
                Decimal128Array::new(renewed(values).into(), nulls)
                    .with_data_type(arrow_type(Type::Decimal)),
            ),
        }
    }
}

/// The eight digits of a number, all at once: half a byte goes into each byte, then becomes its digit.
fn hex_digits(number: u32) -> [u8; 8] {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let mut halves = u64::from(number);
    halves = (halves | halves << 16) & 0x0000_FFFF_0000_FFFF;
    halves = (halves | halves << 8) & 0x00FF_00FF_00FF_00FF;
    halves = (halves | halves << 4) & (ONES * 0x0F);
    let letters = ((halves + ONES * 6) >> 4) & ONES;
    let to_letters = u64::from(b'a' - b'9' - 1);
    (halves + ONES * u64::from(b'0') + letters * to_letters).to_be_bytes()
}

/// Takes the values and leaves room for as many.
fn renewed<T>(values: &mut Vec<T>) -> Vec<T> {
    let room = Vec::with_capacity(values.len());
    mem::replace(values, room)
}

#[cfg(test)]
mod tests {
    use super::hex_digits;

    #[test]
    fn digits_are_those_of_the_standard_library() {
        for number in [0, 1, 9, 10, 0x0123_4567, 0x89ab_cdef, 0xa090_f0e9, u32::MAX] {
            assert_eq!(hex_digits(number), *format!("{number:08x}").as_bytes());
        }
    }
}
