//! Work on dynamic arrays, element by element as slices of JSON text. What is no array gives null.

use super::{Args, Json, KernelResult, Reader, collect};
use crate::conversion::dynamic_of_real;
use crate::json::{
    Array, Kind, Number, compare, entries, equal, items, kind, number, quote, unquote,
};
use huntql_kql::time::{MAX_DATETIME, TICKS_PER_HOUR, format_datetime, format_timespan};
use huntql_kql::types::Type;
use std::cmp::Ordering;
use std::collections::HashSet;

/// Elements that `range` and `repeat` make at most (Kusto docs, `range()`).
const ELEMENTS_MAX: usize = 1_048_576;

/// The elements of an array; `None` for what is none.
fn elements(json: &str) -> Option<Vec<&str>> {
    (kind(json) == Kind::Array).then(|| items(json).collect())
}

fn array<'a>(elements: impl IntoIterator<Item = &'a str>) -> String {
    elements.into_iter().collect::<Array>().finish()
}

/// The arrays of a row, one per argument; `None` when one is null or no array.
fn arrays<'a>(readers: &[Reader<'a, Json<'a>>], row: usize) -> Option<Vec<Vec<&'a str>>> {
    readers
        .iter()
        .map(|reader| elements(reader.get(row)?.0))
        .collect()
}

fn readers<'a>(args: &Args<'a>, count: usize) -> Vec<Reader<'a, Json<'a>>> {
    (0..count).map(|index| args.input(index)).collect()
}

pub(crate) fn length(json: &str) -> Option<i64> {
    (kind(json) == Kind::Array).then(|| items(json).count() as i64)
}

pub(crate) fn pack_array(args: &Args<'_>) -> KernelResult {
    let values = readers(args, args.len());
    collect(args, |row| {
        let mut array = Array::default();
        values
            .iter()
            .for_each(|value| array.push(value.get(row).map(|Json(json)| json)));
        Some(array.finish())
    })
}

pub(crate) fn concat(args: &Args<'_>) -> KernelResult {
    let inputs = readers(args, args.len());
    collect(args, |row| Some(array(arrays(&inputs, row)?.concat())))
}

/// `array, value[, start[, length[, occurrence]]]`
pub(crate) fn array_index_of(args: &Args<'_>) -> KernelResult {
    let (haystack, value) = (args.input::<Json<'_>>(0), args.input::<Json<'_>>(1));
    let number = |index: usize, row: usize, default: i64| {
        if index < args.len() {
            args.input::<i64>(index).get(row)
        } else {
            Some(default)
        }
    };
    collect(args, |row| {
        let elements = elements(haystack.get(row)?.0)?;
        let value = value.get(row)?.0;
        let (start, length, occurrence) =
            (number(2, row, 0)?, number(3, row, -1)?, number(4, row, 1)?);
        if length < -1 || occurrence < 1 {
            return None;
        }
        let count = elements.len() as i64;
        let start = if start < 0 {
            (count + start).max(0)
        } else {
            start
        };
        let end = if length < 0 {
            count
        } else {
            start.saturating_add(length).min(count)
        };
        let found = (start..end)
            .filter(|at| equal(elements[*at as usize], value))
            .nth(occurrence as usize - 1);
        Some(found.unwrap_or(-1))
    })
}

/// Elements from `start` to `end`, both included; negative places count from the end.
pub(crate) fn sliced(json: &str, start: i64, end: i64) -> Option<String> {
    let elements = elements(json)?;
    let count = elements.len() as i64;
    let place = |index: i64| {
        if index < 0 {
            index.saturating_add(count)
        } else {
            index
        }
    };
    let (start, end) = (place(start).max(0), place(end).min(count - 1));
    let part = if start > end {
        &[][..]
    } else {
        &elements[start as usize..=end as usize]
    };
    Some(array(part.iter().copied()))
}

/// The parts of an array between the given places: one number, or an array of them.
pub(crate) fn array_split(json: &str, places: &str) -> Option<String> {
    let elements = elements(json)?;
    let count = elements.len() as i64;
    let place = |text: &str| match number(text)? {
        Number::Long(index) if index < 0 => Some(index.saturating_add(count).clamp(0, count)),
        Number::Long(index) => Some(index.min(count)),
        Number::Real(_) => None,
    };
    let cuts: Vec<i64> = match kind(places) {
        Kind::Array => items(places).map(place).collect::<Option<_>>()?,
        _ => vec![place(places)?],
    };
    let mut parts = Array::default();
    let mut from = 0;
    for cut in cuts.into_iter().chain([count]) {
        let cut = cut.max(from);
        parts.push(Some(&array(
            elements[from as usize..cut as usize].iter().copied(),
        )));
        from = cut;
    }
    Some(parts.finish())
}

/// Sorts by the first array; `wanted` is `Less` to go upwards. The last argument may be a bool: whether nulls go last.
///
/// One array gives an array, several give an array of arrays, `null` for those of another length. Numbers come before strings,
/// strings before all else, which keeps its order.
pub(crate) fn array_sort(args: &Args<'_>, wanted: Ordering) -> KernelResult {
    let last = args.len() - 1;
    let flagged = last > 0 && args.ty(last) == Type::Bool;
    let inputs = readers(args, if flagged { last } else { last + 1 });
    let nulls_last = flagged.then(|| args.input::<bool>(last));
    collect(args, |row| {
        let nulls_last = match &nulls_last {
            Some(reader) => reader.get(row)?,
            None => true,
        };
        let keys = elements(inputs[0].get(row)?.0)?;
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_by(|a, b| sort_order(keys[*a], keys[*b], wanted, nulls_last));
        let reordered = |values: &[&str]| array(order.iter().map(|at| values[*at]));
        if inputs.len() == 1 {
            return Some(reordered(&keys));
        }
        let mut all = Array::default();
        for input in &inputs {
            let values = input
                .get(row)
                .and_then(|Json(json)| elements(json))
                .filter(|values| values.len() == keys.len());
            all.push(values.map(|values| reordered(&values)).as_deref());
        }
        Some(all.finish())
    })
}

fn sort_order(a: &str, b: &str, wanted: Ordering, nulls_last: bool) -> Ordering {
    let rank = |json: &str| match kind(json) {
        Kind::Null if nulls_last => 9,
        Kind::Null => 0,
        Kind::Number => 1,
        Kind::Text => 2,
        Kind::Bool | Kind::Array | Kind::Bag => 3,
    };
    rank(a).cmp(&rank(b)).then_with(|| {
        let order = compare(a, b).unwrap_or(Ordering::Equal);
        if wanted == Ordering::Less {
            order
        } else {
            order.reverse()
        }
    })
}

pub(crate) fn reversed(json: &str) -> Option<String> {
    Some(array(elements(json)?.into_iter().rev()))
}

/// Rotated to the left; a negative count rotates to the right.
pub(crate) fn rotated(json: &str, count: i64) -> Option<String> {
    let mut elements = elements(json)?;
    if !elements.is_empty() {
        let count = count.rem_euclid(elements.len() as i64);
        elements.rotate_left(count as usize);
    }
    Some(array(elements))
}

/// Shifted to the left; a negative count shifts to the right. Without a filling, strings are filled with `""`, all else with `null`.
pub(crate) fn shifted(json: &str, count: i64, fill: Option<&str>) -> Option<String> {
    let elements = elements(json)?;
    let strings = elements
        .first()
        .is_some_and(|first| kind(first) == Kind::Text);
    let fill = fill.unwrap_or(if strings { "\"\"" } else { "null" });
    let places = (0..elements.len() as i64).map(|at| {
        let from = usize::try_from(at.saturating_add(count)).ok();
        from.and_then(|from| elements.get(from))
            .copied()
            .unwrap_or(fill)
    });
    Some(array(places))
}

pub(crate) fn array_sum(json: &str) -> Option<f64> {
    if kind(json) != Kind::Array {
        return None;
    }
    items(json)
        .map(|item| number(item).map(Number::as_real))
        .sum()
}

/// Element by element: `yes` where the condition is true or a number that is not zero, `no` where it is false or zero, else null.
/// A choice that is no array stands for every place.
pub(crate) fn array_iff(condition: &str, yes: Option<&str>, no: Option<&str>) -> Option<String> {
    let conditions = elements(condition)?;
    let (yes, no) = (Choice::of(yes), Choice::of(no));
    let mut result = Array::default();
    for (at, condition) in conditions.into_iter().enumerate() {
        let truth = match kind(condition) {
            Kind::Bool => Some(condition == "true"),
            Kind::Number => number(condition).map(|number| number.as_real() != 0.0),
            Kind::Null | Kind::Text | Kind::Array | Kind::Bag => None,
        };
        result.push(truth.and_then(|truth| if truth { yes.at(at) } else { no.at(at) }));
    }
    Some(result.finish())
}

enum Choice<'a> {
    Array(Vec<&'a str>),
    One(Option<&'a str>),
}

impl<'a> Choice<'a> {
    fn of(json: Option<&'a str>) -> Self {
        match json.and_then(elements) {
            Some(elements) => Choice::Array(elements),
            None => Choice::One(json),
        }
    }

    fn at(&self, place: usize) -> Option<&'a str> {
        match self {
            Choice::Array(elements) => elements.get(place).copied(),
            Choice::One(value) => *value,
        }
    }
}

/// The distinct elements in the order in which they first stand.
fn distinct<'a>(elements: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    elements
        .into_iter()
        .filter(|element| seen.insert(*element))
        .collect()
}

pub(crate) fn set_union(args: &Args<'_>) -> KernelResult {
    let inputs = readers(args, args.len());
    collect(args, |row| {
        Some(array(distinct(arrays(&inputs, row)?.concat())))
    })
}

pub(crate) fn set_intersect(args: &Args<'_>) -> KernelResult {
    filtered(args, |element, others| {
        others.iter().all(|other| other.contains(element))
    })
}

pub(crate) fn set_difference(args: &Args<'_>) -> KernelResult {
    filtered(args, |element, others| {
        !others.iter().any(|other| other.contains(element))
    })
}

/// The distinct elements of the first array for which `keep` says so, given the other arrays as sets.
fn filtered(args: &Args<'_>, keep: fn(&str, &[HashSet<&str>]) -> bool) -> KernelResult {
    let inputs = readers(args, args.len());
    collect(args, |row| {
        let arrays = arrays(&inputs, row)?;
        let (first, others) = arrays.split_first()?;
        let others: Vec<HashSet<&str>> = others
            .iter()
            .map(|other| other.iter().copied().collect())
            .collect();
        Some(array(
            distinct(first.iter().copied())
                .into_iter()
                .filter(|element| keep(element, &others)),
        ))
    })
}

pub(crate) fn set_has_element(json: &str, value: &str) -> Option<bool> {
    (kind(json) == Kind::Array).then(|| items(json).any(|item| equal(item, value)))
}

pub(crate) fn set_equals(a: &str, b: &str) -> Option<bool> {
    let (a, b): (HashSet<&str>, HashSet<&str>) = (
        elements(a)?.into_iter().collect(),
        elements(b)?.into_iter().collect(),
    );
    Some(a == b)
}

/// The texts of the elements with a delimiter between them; `""` for what is no array.
pub(crate) fn strcat_array(args: &Args<'_>) -> KernelResult {
    args.map2(|json: Option<Json<'_>>, delimiter: &str| {
        let mut text = String::new();
        for (at, item) in json
            .map(|Json(json)| items(json))
            .into_iter()
            .flatten()
            .enumerate()
        {
            if at > 0 {
                text.push_str(delimiter);
            }
            if kind(item) != Kind::Null {
                text.push_str(&unquote(item));
            }
        }
        text
    })
}

pub(crate) fn zip(args: &Args<'_>) -> KernelResult {
    let inputs = readers(args, args.len());
    collect(args, |row| {
        let arrays = arrays(&inputs, row)?;
        let longest = arrays.iter().map(Vec::len).max()?;
        let mut rows = Array::default();
        for at in 0..longest {
            let row: String = array(
                arrays
                    .iter()
                    .map(|array| array.get(at).copied().unwrap_or("null")),
            );
            rows.push(Some(&row));
        }
        Some(rows.finish())
    })
}

pub(crate) fn range_of_longs(args: &Args<'_>) -> KernelResult {
    ranges(args, 1, |value, _| value.to_string())
}

/// Timespans, or datetimes with a timespan as the step.
pub(crate) fn range_of_ticks(args: &Args<'_>) -> KernelResult {
    ranges(args, TICKS_PER_HOUR, |ticks, ty| match ty {
        Type::Datetime => quote(&format_datetime(ticks.clamp(0, MAX_DATETIME))),
        _ => quote(&format_timespan(ticks)),
    })
}

fn ranges(args: &Args<'_>, step: i64, text: fn(i64, Type) -> String) -> KernelResult {
    let (start, stop) = (args.input::<i64>(0), args.input::<i64>(1));
    let ty = args.ty(0);
    collect(args, |row| {
        let step = if args.len() > 2 {
            args.input::<i64>(2).get(row)?
        } else {
            step
        };
        let (mut value, stop) = (start.get(row)?, stop.get(row)?);
        let mut array = Array::default();
        for _ in 0..if step == 0 { 0 } else { ELEMENTS_MAX } {
            if if step > 0 { value > stop } else { value < stop } {
                break;
            }
            array.push(Some(&text(value, ty)));
            match value.checked_add(step) {
                Some(next) => value = next,
                None => break,
            }
        }
        (step != 0).then(|| array.finish())
    })
}

pub(crate) fn range_of_reals(args: &Args<'_>) -> KernelResult {
    let (start, stop) = (args.input::<f64>(0), args.input::<f64>(1));
    collect(args, |row| {
        let step = if args.len() > 2 {
            args.input::<f64>(2).get(row)?
        } else {
            1.0
        };
        let (start, stop) = (start.get(row)?, stop.get(row)?);
        let count = ((stop - start) / step).floor();
        if step == 0.0 || !count.is_finite() {
            return None;
        }
        let count = if count < 0.0 {
            0
        } else {
            (count as usize + 1).min(ELEMENTS_MAX)
        };
        let mut array = Array::default();
        (0..count).for_each(|at| array.push(Some(&dynamic_of_real(start + at as f64 * step))));
        Some(array.finish())
    })
}

pub(crate) fn repeat(args: &Args<'_>) -> KernelResult {
    args.map2(|value: Option<Json<'_>>, count: i64| {
        let count = usize::try_from(count).ok()?.min(ELEMENTS_MAX);
        let value = value.map_or("null", |Json(json)| json);
        Some(array(std::iter::repeat_n(value, count)))
    })
}

/// The path of every slot, and of the first element of every array, in the order in which they are met.
pub(crate) fn treepath(json: &str) -> Option<String> {
    matches!(kind(json), Kind::Bag | Kind::Array).then(|| {
        let mut paths = Vec::new();
        walk(json, "", &mut paths);
        let mut seen = HashSet::new();
        let mut array = Array::default();
        for path in paths.iter().filter(|path| seen.insert(path.as_str())) {
            array.push(Some(&quote(path)));
        }
        array.finish()
    })
}

fn walk(json: &str, path: &str, paths: &mut Vec<String>) {
    if !path.is_empty() {
        paths.push(path.to_string());
    }
    for (key, value) in entries(json) {
        walk(value, &format!("{path}['{}']", unquote(key)), paths);
    }
    for item in items(json) {
        walk(item, &format!("{path}[0]"), paths);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_string())
    }

    #[test]
    fn slices_and_splits_clamp_their_places() {
        assert_eq!(sliced("[1,2,3,4,5]", 2, -1), some("[3,4,5]"));
        assert_eq!(sliced("[1,2,3]", -9, 9), some("[1,2,3]"));
        assert_eq!(sliced("[1,2,3]", 5, 6), some("[]"));
        assert_eq!(sliced("{}", 0, 1), None);
        assert_eq!(
            array_split("[1,2,3,4,5]", "[1,3]"),
            some("[[1],[2,3],[4,5]]")
        );
        assert_eq!(array_split("[1,2,3]", "-1"), some("[[1,2],[3]]"));
    }

    #[test]
    fn elements_move_to_both_sides() {
        assert_eq!(rotated("[1,2,3,4,5]", -2), some("[4,5,1,2,3]"));
        assert_eq!(rotated("[]", 2), some("[]"));
        assert_eq!(shifted("[1,2,3]", 1, None), some("[2,3,null]"));
        assert_eq!(shifted("[\"a\",\"b\"]", -1, None), some("[\"\",\"a\"]"));
        assert_eq!(shifted("[1,2,3]", 9, Some("-1")), some("[-1,-1,-1]"));
    }

    #[test]
    fn a_choice_that_is_no_array_stands_for_every_place() {
        assert_eq!(
            array_iff("[1,0,50]", Some("\"y\""), Some("\"n\"")),
            some("[\"y\",\"n\",\"y\"]")
        );
        assert_eq!(
            array_iff("[true,true,true]", Some("[1,2]"), Some("[3,4]")),
            some("[1,2,null]")
        );
        assert_eq!(
            array_iff("[\"x\",null]", Some("1"), Some("0")),
            some("[null,null]")
        );
    }

    #[test]
    fn tree_paths_name_each_level_once() {
        assert_eq!(
            treepath(r#"{"l":[100,"abc",{"x":"y"}]}"#),
            some(r#"["['l']","['l'][0]","['l'][0]['x']"]"#)
        );
    }

    #[test]
    fn a_sum_needs_numbers() {
        assert_eq!(array_sum("[1,2.5]"), Some(3.5));
        assert_eq!(array_sum("[1,null]"), None);
        assert_eq!(array_sum("1"), None);
    }
}
