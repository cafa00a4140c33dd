//! The statistics of files as the log carries them: bounds of the datetime columns and row counts.

use super::{Bounds, DataFile};
use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, Int64Array, StructArray, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{Field, Fields};
use huntql_kql::time::{TICKS_PER_MICROSECOND, UNIX_EPOCH, parse_datetime};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The `stats` column of add actions, one row per file.
pub(super) fn to_struct(files: &[DataFile]) -> StructArray {
    let columns: BTreeSet<&String> = files.iter().flat_map(|file| file.bounds.keys()).collect();
    let bounds = |name: &str, value: fn(&Bounds) -> i64| -> ArrayRef {
        let values = files.iter().map(|file| file.bounds.get(name).map(value));
        Arc::new(
            values
                .collect::<TimestampMicrosecondArray>()
                .with_timezone("UTC"),
        )
    };
    let nulls = |name: &str| -> ArrayRef {
        let values = files
            .iter()
            .map(|file| file.bounds.get(name).map(|bounds| bounds.nulls as i64));
        Arc::new(values.collect::<Int64Array>())
    };
    let part = |make: &dyn Fn(&str) -> ArrayRef| -> ArrayRef {
        let (fields, arrays): (Vec<_>, Vec<_>) = columns
            .iter()
            .map(|name| {
                let array = make(name.as_str());
                (
                    Field::new(name.as_str(), array.data_type().clone(), true),
                    array,
                )
            })
            .unzip();
        Arc::new(
            StructArray::try_new_with_length(Fields::from(fields), arrays, None, files.len())
                .expect("same lengths"),
        )
    };
    let rows: Int64Array = files
        .iter()
        .map(|file| file.rows.map(|rows| rows as i64))
        .collect();
    let tight: BooleanArray = files.iter().map(|_| Some(true)).collect();
    let parts: Vec<(&str, ArrayRef)> = vec![
        ("numRecords", Arc::new(rows)),
        ("nullCount", part(&nulls)),
        (
            "minValues",
            part(&|name| bounds(name, |bounds| bounds.min_us)),
        ),
        (
            "maxValues",
            part(&|name| bounds(name, |bounds| bounds.max_us)),
        ),
        ("tightBounds", Arc::new(tight)),
    ];
    let fields: Vec<Field> = parts
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    let arrays = parts.into_iter().map(|(_, array)| array).collect();
    StructArray::new(Fields::from(fields), arrays, None)
}

/// Row count and datetime bounds from the JSON text of `stats`. What cannot be read is left out.
pub(super) fn from_json(text: &str, datetimes: &[&str]) -> (Option<u64>, BTreeMap<String, Bounds>) {
    let Ok(stats) = serde_json::from_str::<Value>(text) else {
        return (None, BTreeMap::new());
    };
    let rows = stats["numRecords"].as_u64();
    let mut bounds = BTreeMap::new();
    for name in datetimes {
        let instant = |part: &str| stats[part][*name].as_str().and_then(micros);
        let (Some(min_us), Some(max_us)) = (instant("minValues"), instant("maxValues")) else {
            continue;
        };
        let nulls = stats["nullCount"][*name]
            .as_u64()
            .or(rows)
            .unwrap_or(u64::MAX);
        // The log may have cut the value to a millisecond.
        bounds.insert(
            (*name).to_owned(),
            Bounds {
                min_us,
                max_us: max_us.saturating_add(1000),
                nulls,
            },
        );
    }
    (rows, bounds)
}

fn micros(text: &str) -> Option<i64> {
    parse_datetime(text).map(|ticks| (ticks - UNIX_EPOCH).div_euclid(TICKS_PER_MICROSECOND))
}
