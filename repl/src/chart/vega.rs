//! A chart as a Vega-Lite 5 specification with its data in it: for notebooks, wikis and editors that draw such.

use super::split::Split;
use super::{Chart, Kind, Scale, Stacking, X, shape};
use huntql_kql::time::format_datetime;
use serde_json::{Value, json};

const SCHEMA: &str = "https://vega.github.io/schema/vega-lite/v5.json";

/// The specification as text.
pub fn text(chart: &Chart) -> String {
    let mut text =
        serde_json::to_string_pretty(&spec(chart)).expect("strings and numbers are JSON");
    text.push('\n');
    text
}

fn spec(chart: &Chart) -> Value {
    let mut spec = match chart.kind {
        _ if !chart.parts.is_empty() => split(chart),
        Kind::Shares => pie(chart),
        Kind::Card => card(chart),
        Kind::Line | Kind::Area | Kind::Points | Kind::Columns | Kind::Bars => over_axes(chart),
    };
    spec["$schema"] = json!(SCHEMA);
    if !chart.title.is_empty() {
        spec["title"] = json!(chart.title);
    }
    if !chart.remarks.is_empty() {
        spec["description"] = json!(chart.remarks.join("; "));
    }
    spec
}

/// Panels below each other, or layers that have an axis each.
fn split(chart: &Chart) -> Value {
    let parts = chart.parts.iter().map(over_axes);
    if chart.split == Split::Panels {
        return json!({"vconcat": parts.collect::<Vec<_>>()});
    }
    let layers = chart.parts.iter().zip(parts).map(|(part, mut layer)| {
        if let Some(layer) = layer.as_object_mut() {
            layer.remove("width");
            layer.remove("height");
        }
        if part.series.len() == 1 {
            layer["encoding"]["color"] = json!({"datum": part.series[0].name});
        }
        layer
    });
    json!({
        "width": 900,
        "height": 400,
        "layer": layers.collect::<Vec<_>>(),
        "resolve": {"scale": {"y": "independent"}},
    })
}

fn pie(chart: &Chart) -> Value {
    let values = shape::slices(chart)
        .into_iter()
        .map(|(name, value)| json!({"name": name, "value": value}));
    json!({
        "data": {"values": values.collect::<Vec<_>>()},
        "mark": {"type": "arc", "tooltip": true},
        "encoding": {
            "theta": {"field": "value", "type": "quantitative"},
            "color": {"field": "name", "type": "nominal", "sort": null, "title": chart.x_title},
            "order": {"field": "value", "type": "quantitative", "sort": "descending"},
        },
    })
}

fn card(chart: &Chart) -> Value {
    let values = chart.series.iter().map(|series| {
        let value = series.values.first().copied().flatten();
        json!({"name": series.name, "value": value})
    });
    json!({
        "data": {"values": values.collect::<Vec<_>>()},
        "mark": {"type": "text", "fontSize": 40},
        "encoding": {
            "row": {"field": "name", "type": "nominal", "title": null},
            "text": {"field": "value", "type": "quantitative"},
        },
    })
}

/// A row for each value that has a place.
fn values(chart: &Chart) -> Vec<Value> {
    let mut values = Vec::new();
    for (at, x) in chart.xs.iter().enumerate() {
        for (series, spans) in chart.series.iter().zip(&chart.spans) {
            let (Some(value), Some(_)) = (series.values[at], spans[at]) else {
                continue;
            };
            let x = match x {
                X::Time(ticks) => json!(format_datetime(*ticks)),
                X::Number(number) => json!(number),
                X::Text(text) => json!(text),
            };
            let mut row = json!({"x": x, "y": value, "series": series.name});
            if series.anomalies.contains(&at) {
                row["anomaly"] = json!(true);
            }
            values.push(row);
        }
    }
    values
}

fn over_axes(chart: &Chart) -> Value {
    let is_of_bars = matches!(chart.kind, Kind::Columns | Kind::Bars);
    let x_type = match chart.xs.first() {
        Some(X::Text(_)) | None => "nominal",
        Some(_) if is_of_bars => "ordinal",
        Some(X::Time(_)) => "temporal",
        Some(X::Number(_)) => "quantitative",
    };
    let mut place = json!({"field": "x", "type": x_type, "title": chart.x_title});
    if x_type == "nominal" {
        place["sort"] = Value::Null;
    }
    if chart.x_scale == Scale::Log {
        place["scale"] = json!({"type": "log"});
    }
    let mut length = json!({"field": "y", "type": "quantitative"});
    length["title"] = match chart.y_title.is_empty() {
        true => Value::Null,
        false => json!(chart.y_title),
    };
    if matches!(chart.kind, Kind::Area | Kind::Columns | Kind::Bars) {
        length["stack"] = match chart.stacking {
            Stacking::None => Value::Null,
            Stacking::Stacked => json!("zero"),
            Stacking::Full => json!("normalize"),
        };
    }
    let mut scale = json!({});
    if chart.y_scale == Scale::Log {
        scale["type"] = json!("log");
    }
    if let Some(low) = chart.y_min {
        scale["domainMin"] = json!(low);
        scale["clamp"] = json!(true);
    }
    if let Some(high) = chart.y_max {
        scale["domainMax"] = json!(high);
        scale["clamp"] = json!(true);
    }
    length["scale"] = scale;
    let (across, upwards) = match chart.kind {
        Kind::Bars => (length, place),
        _ => (place, length),
    };
    let mut encoding = json!({"x": across, "y": upwards});
    if chart.series.len() > 1 {
        let legend = match chart.has_legend {
            true => json!({"title": null}),
            false => Value::Null,
        };
        encoding["color"] =
            json!({"field": "series", "type": "nominal", "sort": null, "legend": legend});
        let beside = match chart.kind {
            Kind::Columns => "xOffset",
            _ => "yOffset",
        };
        if is_of_bars && chart.stacking == Stacking::None {
            encoding[beside] = json!({"field": "series", "sort": null});
        }
    }
    let mark = match chart.kind {
        Kind::Area => json!({"type": "area", "line": true, "opacity": 0.4, "tooltip": true}),
        Kind::Points => json!({"type": "point", "filled": true, "tooltip": true}),
        Kind::Columns | Kind::Bars => json!({"type": "bar", "tooltip": true}),
        Kind::Line | Kind::Shares | Kind::Card => json!({"type": "line", "tooltip": true}),
    };
    let has_anomalies = chart
        .series
        .iter()
        .any(|series| !series.anomalies.is_empty());
    let mut spec = json!({
        "data": {"values": values(chart)},
        "width": 900,
        "height": 400,
        "encoding": encoding,
    });
    match has_anomalies {
        false => spec["mark"] = mark,
        true => {
            spec["layer"] = json!([
                {"mark": mark},
                {
                    "transform": [{"filter": "datum.anomaly"}],
                    "mark": {"type": "point", "size": 120, "strokeWidth": 2, "tooltip": true},
                    "encoding": {"color": {"value": "#d00000"}},
                },
            ]);
        }
    }
    spec
}
