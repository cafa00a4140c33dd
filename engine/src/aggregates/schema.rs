//! `buildschema`: the types that stand at each place of dynamic values.
//!
//! | value | schema |
//! |---|---|
//! | number, text, bool | `"long"`, `"double"`, `"string"`, `"bool"` |
//! | bag | a bag of its slots' schemas |
//! | array | `` {"`indexer`": … } `` with the schema of its elements |
//! | several of these | an array of them, in the order in which they were met |
//!
//! Slots and types stand in the order of their first row. A null at a place, and an array that never has an element, are refused:
//! the reference does not say what they are. Source: Kusto docs, "buildschema() (aggregation function)".

use super::fold::{Constants, Fold, Folding, Shape};
use super::row::{Aggregate, AggregateName, AggregateOverload, Meaning, Takes};
use crate::functions::example;
use crate::json::{self, Kind, Number};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result};
use huntql_kql::types::Type;
use indexmap::IndexMap;
use std::fmt::Write;
use std::sync::Arc;

const INDEXER: &str = "\"`indexer`\"";
/// About what a slot takes beside its key.
const ENTRY_BYTES: usize = 64;

/// What was met at one place.
#[derive(Debug, Default)]
struct Place {
    /// In the order in which they were met.
    kinds: Vec<Met>,
    /// By the keys in quotes.
    slots: IndexMap<Box<str>, Place>,
    elements: Option<Box<Place>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Met {
    Null,
    Bool,
    Long,
    Double,
    Text,
    Bag,
    Array,
}

impl Met {
    const ALL: [Met; 7] = [
        Met::Null,
        Met::Bool,
        Met::Long,
        Met::Double,
        Met::Text,
        Met::Bag,
        Met::Array,
    ];

    fn of(value: &str) -> Met {
        match json::kind(value) {
            Kind::Null => Met::Null,
            Kind::Bool => Met::Bool,
            Kind::Number => match json::number(value) {
                Some(Number::Real(_)) => Met::Double,
                _ => Met::Long,
            },
            Kind::Text => Met::Text,
            Kind::Array => Met::Array,
            Kind::Bag => Met::Bag,
        }
    }
}

impl Place {
    /// Adds a value; tells by how many bytes the state grew.
    fn add(&mut self, value: &str) -> usize {
        let met = Met::of(value);
        self.meet(met);
        let mut grown = 0;
        match met {
            Met::Bag => {
                for (key, value) in super::json::entries(value).unwrap_or_default() {
                    if !self.slots.contains_key(key) {
                        grown += ENTRY_BYTES + key.len();
                    }
                    grown += self.slots.entry(key.into()).or_default().add(value);
                }
            }
            Met::Array => {
                let elements = self.elements.get_or_insert_default();
                for value in super::json::elements(value).unwrap_or_default() {
                    grown += elements.add(value);
                }
            }
            Met::Null | Met::Bool | Met::Long | Met::Double | Met::Text => {}
        }
        grown
    }

    fn meet(&mut self, met: Met) {
        if !self.kinds.contains(&met) {
            self.kinds.push(met);
        }
    }

    fn merge(&mut self, other: Place) {
        other.kinds.into_iter().for_each(|met| self.meet(met));
        for (key, place) in other.slots {
            self.slots.entry(key).or_default().merge(place);
        }
        if let Some(elements) = other.elements {
            self.elements.get_or_insert_default().merge(*elements);
        }
    }

    /// `[kinds, slots, elements]` as JSON.
    fn save(&self, into: &mut String) {
        into.push('[');
        let kinds: Vec<String> = (self.kinds.iter())
            .map(|met| (*met as usize).to_string())
            .collect();
        let _ = write!(into, "[{}],{{", kinds.join(","));
        for (at, (key, place)) in self.slots.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            let _ = write!(into, "{comma}{key}:");
            place.save(into);
        }
        into.push('}');
        if let Some(elements) = &self.elements {
            into.push(',');
            elements.save(into);
        }
        into.push(']');
    }

    fn saved(text: &str) -> Option<Place> {
        let parts = super::json::elements(text)?;
        let mut place = Place::default();
        for kind in super::json::elements(parts.first()?)? {
            place
                .kinds
                .push(*Met::ALL.get(kind.parse::<usize>().ok()?)?);
        }
        for (key, slot) in super::json::entries(parts.get(1)?)? {
            place.slots.insert(key.into(), Place::saved(slot)?);
        }
        if let Some(elements) = parts.get(2) {
            place.elements = Some(Box::new(Place::saved(elements)?));
        }
        Some(place)
    }

    /// # Errors
    /// Where the reference does not say what stands.
    fn schema(&self) -> Result<String> {
        let mut types = Vec::new();
        for met in &self.kinds {
            types.push(match met {
                Met::Bool => "\"bool\"".to_owned(),
                Met::Long => "\"long\"".to_owned(),
                Met::Double => "\"double\"".to_owned(),
                Met::Text => "\"string\"".to_owned(),
                Met::Bag => self.bag()?,
                Met::Array => self.array()?,
                Met::Null => return Err(open("a null inside of a value")),
            });
        }
        Ok(match types.len() {
            1 => types.remove(0),
            _ => format!("[{}]", types.join(",")),
        })
    }

    fn bag(&self) -> Result<String> {
        let slots = (self.slots.iter())
            .map(|(key, place)| Ok(format!("{key}:{}", place.schema()?)))
            .collect::<Result<Vec<_>>>()?;
        Ok(format!("{{{}}}", slots.join(",")))
    }

    fn array(&self) -> Result<String> {
        match &self.elements {
            Some(elements) if !elements.kinds.is_empty() => {
                Ok(format!("{{{INDEXER}:{}}}", elements.schema()?))
            }
            _ => Err(open("an array that is always empty")),
        }
    }
}

fn open(what: &str) -> DataFusionError {
    DataFusionError::Execution(format!(
        "`buildschema` of {what} is not supported: the reference does not say what it gives"
    ))
}

#[derive(Debug)]
struct Schema;

impl Fold for Schema {
    type State = Place;
    type Input<'a> = &'a StringArray;
    type Saved<'a> = &'a StringArray;

    fn new(_: &Shape, _: &Constants) -> Result<Self> {
        Ok(Self)
    }

    fn saved_types(_: &Shape) -> Vec<DataType> {
        vec![DataType::Utf8]
    }

    fn returns(_: &[Type]) -> Type {
        Type::Dynamic
    }

    fn input<'a>(&self, columns: &'a [ArrayRef]) -> &'a StringArray {
        columns[0].as_string()
    }

    fn saved<'a>(&self, columns: &'a [ArrayRef]) -> &'a StringArray {
        columns[0].as_string()
    }

    fn add(&self, state: &mut Place, values: &&StringArray, row: usize) -> usize {
        match values.is_valid(row) {
            true if values.value(row) != "null" => state.add(values.value(row)),
            _ => 0,
        }
    }

    fn merge(&self, state: &mut Place, saved: &&StringArray, row: usize) -> usize {
        if saved.is_null(row) {
            return 0;
        }
        if let Some(place) = Place::saved(saved.value(row)) {
            state.merge(place);
        }
        saved.value(row).len()
    }

    fn save(&self, states: Vec<Place>) -> Result<Vec<ArrayRef>> {
        let texts = states.iter().map(|state| {
            let mut text = String::new();
            state.save(&mut text);
            text
        });
        Ok(vec![Arc::new(StringArray::from_iter_values(texts))])
    }

    fn finish(&self, states: Vec<Place>) -> Result<ArrayRef> {
        let schemas = states
            .iter()
            .map(|state| match state.kinds.is_empty() {
                true => Ok(None),
                false => state.schema().map(Some),
            })
            .collect::<Result<Vec<Option<String>>>>()?;
        Ok(Arc::new(StringArray::from(schemas)))
    }
}

const SCHEMA: &[AggregateOverload] = &[AggregateOverload {
    params: &[Takes::OneOf(&[Type::Dynamic])],
    defaults: &[],
    variadic: false,
    meaning: Meaning::Fold(Folding::of::<Schema>("buildschema")),
}];

pub const AGGREGATES: &[Aggregate] = &[Aggregate {
    name: "buildschema",
    aliases: &[],
    overloads: SCHEMA,
    result_name: AggregateName::Prefix("schema"),
    doc: "The types that stand at each place of dynamic values. Nulls inside of values, and arrays that are always empty, are refused.",
    source: "kusto/query/buildschema-aggregation-function",
    examples: &[
        example(
            "datatable(value:dynamic)[dynamic({'x':1,'y':3.5}), dynamic({'x':'somevalue','z':[1,2,3]}), dynamic({'y':{'w':'zzz'},'t':['aa','bb'],'z':['foo']})] | summarize buildschema(value)",
            "datatable(schema_value:dynamic)[dynamic({'x':['long','string'],'y':['double',{'w':'string'}],'z':{'`indexer`':['long','string']},'t':{'`indexer`':'string'}})]",
        ),
        example(
            "datatable(value:dynamic)[dynamic({'a':true}), dynamic(null)] | summarize buildschema(value)",
            "datatable(schema_value:dynamic)[dynamic({'a':'bool'})]",
        ),
    ],
}];
