#![allow(clippy::unwrap_used)]

use super::*;
use std::io::Write;

/// Values of the format that these tests need.
enum Datum {
    Text(&'static str),
    Real(f64),
    Short(u16),
    Number(u32),
    Long(u64),
    List(Vec<Datum>),
    Map(Vec<(&'static str, Datum)>),
}

fn write(datum: &Datum, out: &mut Vec<u8>) {
    let size = |length: usize| u8::try_from(length).unwrap();
    match datum {
        Datum::Text(text) => {
            out.push(0x40 | size(text.len()));
            out.extend(text.as_bytes());
        }
        Datum::Real(value) => {
            out.push(0x68);
            out.extend(value.to_be_bytes());
        }
        Datum::Short(value) => {
            out.push(0xa2);
            out.extend(value.to_be_bytes());
        }
        Datum::Number(value) => {
            out.push(0xc4);
            out.extend(value.to_be_bytes());
        }
        Datum::Long(value) => {
            out.extend([0x08, 0x02]);
            out.extend(value.to_be_bytes());
        }
        Datum::List(items) => {
            out.extend([size(items.len()), 0x04]);
            items.iter().for_each(|item| write(item, out));
        }
        Datum::Map(entries) => {
            out.push(0xe0 | size(entries.len()));
            for (key, value) in entries {
                write(&Datum::Text(key), out);
                write(value, out);
            }
        }
    }
}

/// A database of IPv4 with one network: the first `bits` of `address`.
fn database(address: [u8; 4], bits: u32, record: &Datum) -> Vec<u8> {
    let address = u32::from_be_bytes(address);
    let number = |value: u32| value.to_be_bytes()[1..].to_vec();
    let mut out = Vec::new();
    for depth in 0..bits {
        // Behind the last node stands the data section, after 16 bytes.
        let on = if depth + 1 == bits {
            bits + 16
        } else {
            depth + 1
        };
        let (left, right) = match address >> (31 - depth) & 1 {
            0 => (on, bits),
            _ => (bits, on),
        };
        out.extend(number(left));
        out.extend(number(right));
    }
    out.extend([0; 16]);
    write(record, &mut out);
    out.extend(b"\xab\xcd\xefMaxMind.com");
    let metadata = Datum::Map(vec![
        ("node_count", Datum::Number(bits)),
        ("record_size", Datum::Short(24)),
        ("ip_version", Datum::Short(4)),
        ("database_type", Datum::Text("Example-City")),
        ("languages", Datum::List(vec![Datum::Text("en")])),
        ("binary_format_major_version", Datum::Short(2)),
        ("binary_format_minor_version", Datum::Short(0)),
        ("build_epoch", Datum::Long(1_767_225_600)),
        (
            "description",
            Datum::Map(vec![("en", Datum::Text("example"))]),
        ),
    ]);
    write(&metadata, &mut out);
    out
}

fn named(name: &'static str) -> Datum {
    Datum::Map(vec![("names", Datum::Map(vec![("en", Datum::Text(name))]))])
}

fn found(record: &Datum, address: &str) -> Option<String> {
    let places = Reader::from_source(database([203, 0, 113, 0], 24, record)).unwrap();
    place(&places, address.parse().unwrap()).unwrap()
}

#[test]
fn an_address_has_the_place_of_its_network() {
    let record = Datum::Map(vec![
        ("country", named("Exampleland")),
        (
            "subdivisions",
            Datum::List(vec![named("North"), named("Far North")]),
        ),
        ("city", named("Anytown")),
        (
            "location",
            Datum::Map(vec![
                ("latitude", Datum::Real(-33.8715)),
                ("longitude", Datum::Real(151.0)),
            ]),
        ),
    ]);
    assert_eq!(
        found(&record, "203.0.113.7").as_deref(),
        Some(
            r#"{"country":"Exampleland","state":"North","city":"Anytown","latitude":-33.8715,"longitude":151.0}"#
        )
    );
    assert_eq!(found(&record, "203.0.112.7"), None);
    assert_eq!(found(&record, "2001:db8::1"), None);
}

#[test]
fn what_the_database_does_not_tell_is_left_out() {
    let record = Datum::Map(vec![("country", named("Exampleland"))]);
    assert_eq!(
        found(&record, "203.0.113.255").as_deref(),
        Some(r#"{"country":"Exampleland"}"#)
    );
}

#[test]
fn a_file_that_is_no_database_is_refused_with_its_path() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"no database").unwrap();
    let path = file.path().to_str().unwrap();
    let error = open(path).unwrap_err();
    assert!(error.starts_with(&format!("`{path}` is no database of addresses")));
}
