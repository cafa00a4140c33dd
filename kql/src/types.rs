//! The types of KQL and the values that literals have.
//!
//! Source: Kusto docs, "Scalar data types".

use serde::{Deserialize, Serialize};
use std::fmt;

/// A scalar type. `Dynamic` holds any JSON value; the others are what they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    Bool,
    Int,
    Long,
    Real,
    Decimal,
    String,
    Datetime,
    Timespan,
    Guid,
    Dynamic,
}

impl Type {
    pub const ALL: [Type; 10] = [
        Type::Bool,
        Type::Int,
        Type::Long,
        Type::Real,
        Type::Decimal,
        Type::String,
        Type::Datetime,
        Type::Timespan,
        Type::Guid,
        Type::Dynamic,
    ];

    /// The name as `getschema` and a `datatable` header write it.
    pub const fn name(self) -> &'static str {
        match self {
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Long => "long",
            Type::Real => "real",
            Type::Decimal => "decimal",
            Type::String => "string",
            Type::Datetime => "datetime",
            Type::Timespan => "timespan",
            Type::Guid => "guid",
            Type::Dynamic => "dynamic",
        }
    }

    /// The .NET name that Kusto's JSON documents and `getschema` carry.
    pub const fn clr_name(self) -> &'static str {
        match self {
            Type::Bool => "System.SByte",
            Type::Int => "System.Int32",
            Type::Long => "System.Int64",
            Type::Real => "System.Double",
            Type::Decimal => "System.Data.SqlTypes.SqlDecimal",
            Type::String => "System.String",
            Type::Datetime => "System.DateTime",
            Type::Timespan => "System.TimeSpan",
            Type::Guid => "System.Guid",
            Type::Dynamic => "System.Object",
        }
    }

    /// Reads a type name with its aliases (`boolean`, `double`, `time`, `date`, `uuid`, `uniqueid` …). Case does not matter.
    pub fn parse(name: &str) -> Option<Type> {
        Some(match name.to_ascii_lowercase().as_str() {
            "bool" | "boolean" => Type::Bool,
            "int" | "int32" | "uint" | "int8" | "uint8" | "int16" | "uint16" | "uint32" => {
                Type::Int
            }
            "long" | "int64" | "ulong" | "uint64" => Type::Long,
            "real" | "double" | "float" => Type::Real,
            "decimal" => Type::Decimal,
            "string" => Type::String,
            "datetime" | "date" => Type::Datetime,
            "timespan" | "time" => Type::Timespan,
            "guid" | "uuid" | "uniqueid" => Type::Guid,
            "dynamic" => Type::Dynamic,
            _ => return None,
        })
    }

    /// `int`, `long`, `real` and `decimal`.
    pub const fn is_numeric(self) -> bool {
        matches!(self, Type::Int | Type::Long | Type::Real | Type::Decimal)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A constant. `None` inside a variant is that type's null; a string has none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    Bool(Option<bool>),
    Int(Option<i32>),
    Long(Option<i64>),
    #[serde(with = "bits")]
    Real(Option<f64>),
    /// The digits as written, for instance `-1.50` or `1e-3`.
    Decimal(Option<String>),
    String(String),
    /// Ticks of 100 ns since 0001-01-01T00:00:00Z.
    Datetime(Option<i64>),
    /// Ticks of 100 ns.
    Timespan(Option<i64>),
    /// Lower case, with hyphens.
    Guid(Option<String>),
    /// JSON text, compact.
    Dynamic(Option<String>),
}

/// Reals by their bits: JSON has no infinities.
mod bits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(value: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
        value.map(f64::to_bits).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
        Ok(Option::<u64>::deserialize(from)?.map(f64::from_bits))
    }
}

impl Value {
    pub fn ty(&self) -> Type {
        match self {
            Value::Bool(_) => Type::Bool,
            Value::Int(_) => Type::Int,
            Value::Long(_) => Type::Long,
            Value::Real(_) => Type::Real,
            Value::Decimal(_) => Type::Decimal,
            Value::String(_) => Type::String,
            Value::Datetime(_) => Type::Datetime,
            Value::Timespan(_) => Type::Timespan,
            Value::Guid(_) => Type::Guid,
            Value::Dynamic(_) => Type::Dynamic,
        }
    }

    /// The null of a type; the empty string for `string`.
    pub fn null(ty: Type) -> Value {
        match ty {
            Type::Bool => Value::Bool(None),
            Type::Int => Value::Int(None),
            Type::Long => Value::Long(None),
            Type::Real => Value::Real(None),
            Type::Decimal => Value::Decimal(None),
            Type::String => Value::String(String::new()),
            Type::Datetime => Value::Datetime(None),
            Type::Timespan => Value::Timespan(None),
            Type::Guid => Value::Guid(None),
            Type::Dynamic => Value::Dynamic(None),
        }
    }

    pub fn is_null(&self) -> bool {
        *self == Value::null(self.ty()) && self.ty() != Type::String
    }
}

/// A column of a table or of a result.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub ty: Type,
}

impl Column {
    pub fn new(name: impl Into<String>, ty: Type) -> Self {
        Self {
            name: name.into(),
            ty,
        }
    }
}
