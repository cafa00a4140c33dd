//! Functions that give lists, for `mv-expand`: each element becomes a row through DataFusion's unnest.

use crate::json;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int64Builder, ListBuilder, StringBuilder,
};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use std::sync::Arc;

/// The elements of a dynamic array as JSON texts; the slots of a bag; anything else is its own only element.
pub fn elements(bags_as_arrays: bool) -> ScalarUDF {
    ScalarUDF::new_from_impl(ListFunction::new(if bags_as_arrays {
        Kind::ElementsOfArrays
    } else {
        Kind::Elements
    }))
}

/// `0, 1, …` for the longest of several lists.
pub fn positions() -> ScalarUDF {
    ScalarUDF::new_from_impl(ListFunction::new(Kind::Positions))
}

/// Every list function by its name, for decoded plans.
pub fn by_name(name: &str) -> Option<Arc<ScalarUDF>> {
    let kind = KINDS.iter().find(|kind| kind.name() == name)?;
    Some(Arc::new(ScalarUDF::new_from_impl(ListFunction::new(*kind))))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Elements,
    ElementsOfArrays,
    Positions,
}

const KINDS: [Kind; 3] = [Kind::Elements, Kind::ElementsOfArrays, Kind::Positions];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Elements => "kql_elements",
            Kind::ElementsOfArrays => "kql_elements_bags_as_arrays",
            Kind::Positions => "kql_positions",
        }
    }

    fn element(self) -> DataType {
        match self {
            Kind::Positions => DataType::Int64,
            Kind::Elements | Kind::ElementsOfArrays => DataType::Utf8,
        }
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ListFunction {
    kind: Kind,
    signature: Signature,
}

impl ListFunction {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            signature: Signature::variadic_any(Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for ListFunction {
    fn name(&self) -> &str {
        self.kind.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(Arc::new(Field::new_list_field(
            self.kind.element(),
            true,
        ))))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let columns = ColumnarValue::values_to_arrays(&args.args)?;
        let list: ArrayRef = match self.kind {
            Kind::Elements => element_lists(&columns[0], expand),
            Kind::ElementsOfArrays => element_lists(&columns[0], expand_as_arrays),
            Kind::Positions => position_lists(&columns),
        };
        Ok(ColumnarValue::Array(list))
    }
}

/// Calls its second argument with each element of a JSON text.
type Expand = fn(&str, &mut dyn FnMut(&str));

/// A null gives one row with null, so that its other columns are not lost.
fn element_lists(column: &ArrayRef, expand: Expand) -> ArrayRef {
    let texts = column.as_string::<i32>();
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in 0..texts.len() {
        if texts.is_null(row) {
            lists.values().append_null();
        } else {
            let values = lists.values();
            expand(texts.value(row), &mut |element| match element {
                "null" => values.append_null(),
                text => values.append_value(text),
            });
        }
        lists.append(true);
    }
    Arc::new(lists.finish())
}

fn position_lists(columns: &[ArrayRef]) -> ArrayRef {
    let mut lists = ListBuilder::new(Int64Builder::new());
    for row in 0..columns[0].len() {
        let longest = columns
            .iter()
            .map(|column| column.as_list::<i32>().value_length(row))
            .max()
            .unwrap_or(0);
        for position in 0..i64::from(longest) {
            lists.values().append_value(position);
        }
        lists.append(true);
    }
    Arc::new(lists.finish())
}

/// Calls `each` with every element of an array, every slot of a bag as a bag of its own, or the value itself.
fn expand(text: &str, each: &mut dyn FnMut(&str)) {
    slots(text, each, |key, value| format!("{{{key}:{value}}}"));
}

/// As [`expand`], with a bag's slots as arrays of key and value.
fn expand_as_arrays(text: &str, each: &mut dyn FnMut(&str)) {
    slots(text, each, |key, value| format!("[{key},{value}]"));
}

fn slots(text: &str, each: &mut dyn FnMut(&str), slot: fn(&str, &str) -> String) {
    match json::kind(text) {
        json::Kind::Array => json::items(text).for_each(each),
        json::Kind::Bag => json::entries(text).for_each(|(key, value)| each(&slot(key, value))),
        json::Kind::Null | json::Kind::Bool | json::Kind::Number | json::Kind::Text => each(text),
    }
}
