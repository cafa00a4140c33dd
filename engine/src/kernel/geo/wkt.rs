//! Well-known text: `POLYGON ((0 0, 2 0, 2 2, 0 0))` as GeoJSON.
//!
//! Not here: heights and measures (`POINT Z`), `EMPTY`, curves; they give null.

use crate::conversion::dynamic_of_real;

/// Lists within lists that are read; deeper ones are bad.
const DEPTH_MAX: usize = 32;

/// A type's name in the text, in GeoJSON, and how deep its lists of positions go.
const TYPES: &[(&str, &str, usize)] = &[
    ("POINT", "Point", 0),
    ("LINESTRING", "LineString", 1),
    ("POLYGON", "Polygon", 2),
    ("MULTIPOINT", "MultiPoint", 1),
    ("MULTILINESTRING", "MultiLineString", 2),
    ("MULTIPOLYGON", "MultiPolygon", 3),
];

/// The GeoJSON of a text; `None` when it is bad.
pub fn parse(text: &str) -> Option<String> {
    let mut rest = text;
    let json = geometry(&mut rest, 0)?;
    rest.trim().is_empty().then_some(json)
}

fn geometry(rest: &mut &str, depth: usize) -> Option<String> {
    let text = rest.trim_start();
    let end = text
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let name = text[..end].to_ascii_uppercase();
    *rest = &text[end..];
    if name == "GEOMETRYCOLLECTION" && depth < DEPTH_MAX {
        let all = list(rest, &|rest| geometry(rest, depth + 1))?;
        return Some(format!(
            "{{\"type\":\"GeometryCollection\",\"geometries\":{all}}}"
        ));
    }
    let (_, json, lists) = TYPES.iter().find(|(known, _, _)| *known == name)?;
    let coordinates = match lists {
        0 => {
            take(rest, '(')?;
            let position = position(rest)?;
            take(rest, ')')?;
            position
        }
        lists => nested(rest, *lists, name == "MULTIPOINT")?,
    };
    Some(super::write::geometry(json, &coordinates))
}

/// `MULTIPOINT` may have its points in parentheses of their own.
fn nested(rest: &mut &str, lists: usize, own_parentheses: bool) -> Option<String> {
    if lists > 1 {
        return list(rest, &|rest| nested(rest, lists - 1, false));
    }
    list(rest, &|rest| {
        if own_parentheses && take(rest, '(').is_some() {
            let position = position(rest)?;
            take(rest, ')')?;
            return Some(position);
        }
        position(rest)
    })
}

fn list(rest: &mut &str, element: &dyn Fn(&mut &str) -> Option<String>) -> Option<String> {
    take(rest, '(')?;
    let mut elements = vec![element(rest)?];
    while take(rest, ',').is_some() {
        elements.push(element(rest)?);
    }
    take(rest, ')')?;
    Some(format!("[{}]", elements.join(",")))
}

fn position(rest: &mut &str) -> Option<String> {
    let (longitude, latitude) = (real(rest)?, real(rest)?);
    super::point(longitude, latitude)?;
    Some(format!(
        "[{},{}]",
        dynamic_of_real(longitude),
        dynamic_of_real(latitude)
    ))
}

fn real(rest: &mut &str) -> Option<f64> {
    let text = rest.trim_start();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c)))
        .unwrap_or(text.len());
    let value = text[..end].parse().ok()?;
    *rest = &text[end..];
    Some(value)
}

fn take(rest: &mut &str, expected: char) -> Option<()> {
    *rest = rest.trim_start().strip_prefix(expected)?;
    Some(())
}
