//! Functions of Defender's about the addresses of devices, answered from `DeviceNetworkEvents`: a device has the addresses that its
//! own connections came from.
//!
//! | function | rows |
//! |---|---|
//! | `AssignedIPAddresses(Device [, Time])` | each address of the device up to that time, and when it was last seen |
//! | `invoke DeviceFromIP([IP [, Timestamp]])` | each address of the input, and the device that was last seen with it, up to the time of the input's row |
//!
//! Devices are named by id or name. Where some logs know a device by its name and others by its address alone, the name wins. What only an agent on the device knows (adapters, networks) is null, and a warning says where
//! the rest comes from. Source: Microsoft Defender XDR, pages `advanced-hunting-assignedipaddresses-function` and
//! `advanced-hunting-devicefromip-function`.

use crate::bind::{Binder, Binding, facts};
use crate::ir::{Order, Relation, Scalar};
use huntql_kql::ast::{Arg, Call, ExprKind};
use huntql_kql::diagnostics::{Diagnostic, Fault, Severity};
use huntql_kql::span::Span;
use huntql_kql::types::{Type, Value};
use std::rc::Rc;

/// Addresses that every device has, or none.
const OWN: &str =
    "isnotempty(LocalIP) and not(LocalIP startswith '127.' or LocalIP in ('0.0.0.0', '::', '::1'))";

pub(crate) fn assigned_addresses(binder: &mut Binder<'_>, call: &Call, span: Span) -> Relation {
    let (device, at) = match call.args.as_slice() {
        [device] => (device, None),
        [device, at] => (device, Some(at)),
        args => {
            let expected = "a device and perhaps a time";
            binder.report(facts::wrong_count(
                span,
                &call.name.text,
                args.len(),
                expected,
            ));
            return Relation::unknown();
        }
    };
    let device = typed(binder, device, Type::String);
    let at = match at {
        Some(at) => typed(binder, at, Type::Datetime),
        None => Scalar::literal(Value::Datetime(Some(i64::MAX))),
    };
    if device.is_error() || at.is_error() {
        return Relation::unknown();
    }
    tell(binder, call);
    let text = format!(
        "DeviceNetworkEvents
            | where Timestamp <= at and {OWN} and (DeviceId =~ device or DeviceName =~ device)
            | summarize Timestamp = max(Timestamp) by IPAddress = LocalIP
            | extend is_private = ipv4_is_private(IPAddress) or ipv4_is_in_range(IPAddress, '169.254.0.0/16')
            | extend is_private = coalesce(is_private, ipv6_is_in_any_range(IPAddress, 'fc00::/7', 'fe80::/10'))
            | sort by Timestamp desc, IPAddress asc
            | project Timestamp, IPAddress, IPType = iff(is_private, 'Private', 'Public'),
                NetworkAdapterType = '', ConnectedNetworks = dynamic(null)"
    );
    let names = vec![
        ("device".to_owned(), Binding::Scalar(device)),
        ("at".to_owned(), Binding::Scalar(at)),
    ];
    binder.written(&text, names, call.name.span)
}

fn typed(binder: &mut Binder<'_>, arg: &Arg, ty: Type) -> Scalar {
    let value = binder.scalar(&arg.value, None);
    if !value.is_error() && value.ty != ty {
        let wanted = format!("a {ty}");
        return binder.wrong(facts::wrong_type(arg.value.span, value.ty, &wanted));
    }
    value
}

pub(crate) fn device_from_ip(binder: &mut Binder<'_>, call: &Call, input: Relation) -> Relation {
    if input.unknown {
        return input;
    }
    let Some(address) = named(binder, call.args.first(), "IP", &input) else {
        return Relation::unknown();
    };
    let time = match call.args.get(1) {
        Some(arg) => match named(binder, Some(arg), "Timestamp", &input) {
            Some(time) => Some(time),
            None => return Relation::unknown(),
        },
        None => None,
    };
    tell(binder, call);
    // Only the first of several sightings of one device in a row is kept: it stands for what is true from then on.
    let at = time.unwrap_or_else(|| Scalar::literal(Value::Datetime(Some(i64::MAX))));
    let mut asked = input.projected(vec![("IP".into(), address), ("at".into(), at)]);
    asked.hidden.clear();
    asked.aliases.clear();
    asked.order = Order::Unordered;
    let text = format!(
        "DeviceNetworkEvents
            | where {OWN} and isnotempty(DeviceId)
            | project IP = LocalIP, DeviceId, Timestamp, named = iff(DeviceName =~ LocalIP, 0, 1)
            | sort by IP asc, named asc, Timestamp asc
            | where IP != prev(IP) or named != prev(named) or DeviceId != prev(DeviceId)
            | join kind=inner (asked | summarize by IP, at) on IP
            | where Timestamp <= at
            | summarize arg_max(Timestamp, DeviceId) by IP, at, named
            | summarize arg_max(named, DeviceId) by IP, at
            | summarize by IP, DeviceId"
    );
    let names = vec![("asked".to_owned(), Binding::Table(Rc::new(asked)))];
    binder.written(&text, names, call.name.span)
}

/// A column of the input, named bare, as a string, or by default.
fn named(
    binder: &mut Binder<'_>,
    arg: Option<&Arg>,
    default: &str,
    input: &Relation,
) -> Option<Scalar> {
    let name = match arg.map(|arg| &arg.value.kind) {
        None => default.to_owned(),
        Some(ExprKind::Name(name)) => name.text.clone(),
        Some(_) => {
            let value = binder.scalar(&arg?.value, Some(input));
            match binder.constant(&value, Type::String, arg?.value.span)? {
                Value::String(name) => name,
                _ => return None,
            }
        }
    };
    if let Some(column) = input.resolve(&name) {
        return Some(Scalar::column(column));
    }
    let span = arg.map_or(Span::default(), |arg| arg.value.span);
    let known = input.columns.iter().map(|column| column.name.as_str());
    let diagnostic = Binder::suggest(facts::unknown_column(span, &name), &name, known);
    binder.report(diagnostic);
    None
}

/// Says where the answer comes from.
fn tell(binder: &mut Binder<'_>, call: &Call) {
    let name = &call.name;
    let message = format!(
        "`{}` tells what `DeviceNetworkEvents` saw: an address is a device's when its own connections came from there",
        name.text
    );
    binder.report(
        Diagnostic::error(Fault::Binding, "HQ010", name.span, message)
            .with_severity(Severity::Warning)
            .help("devices without connections, adapters and their networks are not known here"),
    );
}
