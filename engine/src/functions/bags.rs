//! Property bags: making, merging, looking for and changing slots.

use super::row::{Overload, Param, ScalarFunction, example, is, overload, row, variadic};
use crate::conversion::convert;
use crate::kernel::bags::{
    bag_keys, bag_merge, bag_pack, bag_zip, canonical, has_key, removed, with_key,
};
use crate::kernel::{Args, Json, KernelError, KernelResult, collect};
use huntql_kql::types::Type::{self, Bool, Dynamic};

const PACK: &[Overload] = &[variadic(&[Param::Json, Param::Json], Dynamic, bag_pack)];
const KEYS: &[Overload] = &[overload(&[is(Dynamic)], Dynamic, |args| {
    args.map1(|Json(json)| bag_keys(json))
})];
const HAS_KEY: &[Overload] = &[overload(&[is(Dynamic), Param::Text], Bool, |args| {
    args.map2(|Json(json), key: &str| has_key(json, key))
})];
const MERGE: &[Overload] = &[variadic(&[is(Dynamic), is(Dynamic)], Dynamic, bag_merge)];
const REMOVE_KEYS: &[Overload] = &[overload(&[is(Dynamic), is(Dynamic)], Dynamic, |args| {
    args.map2(|Json(json), Json(keys)| removed(json, keys))
})];
const SET_KEY: &[Overload] = &[overload(
    &[is(Dynamic), Param::Constant, Param::Json],
    Dynamic,
    bag_set_key,
)];
const ZIP: &[Overload] = &[overload(&[is(Dynamic), is(Dynamic)], Dynamic, |args| {
    args.map2(|Json(keys), values: Option<Json<'_>>| bag_zip(keys, values.map(|Json(json)| json)))
})];
const TO_JSON: &[Overload] = &[overload(&[Param::Any], Type::String, dynamic_to_json)];

pub const FUNCTIONS: &[ScalarFunction] = &[
    row(
        "bag_pack",
        PACK,
        "kusto/query/pack-function",
        "Makes a bag of keys and values.",
        &[
            example("bag_pack('a', 1, 'b', 'x')", r#"dynamic({"a":1,"b":"x"})"#),
            example("pack('n', int(null))", r#"dynamic({"n":null})"#),
        ],
    )
    .aliases(&["pack", "pack_dictionary"]),
    row(
        "bag_keys",
        KEYS,
        "kusto/query/bag-keys-function",
        "Gives the keys of a bag; null for what is no bag.",
        &[
            example(
                r#"bag_keys(dynamic({"a":"b","c":{"d":1}}))"#,
                r#"dynamic(["a","c"])"#,
            ),
            example("bag_keys(dynamic([]))", "dynamic(null)"),
        ],
    ),
    row(
        "bag_has_key",
        HAS_KEY,
        "kusto/query/bag-has-key-function",
        "Tells whether a bag has a key, which may be a path from `$.`.",
        &[
            example(r#"bag_has_key(dynamic({"key1":123}), 'key1')"#, "true"),
            example(r#"bag_has_key(dynamic({"a":{"b":1}}), '$.a.c')"#, "false"),
        ],
    ),
    row(
        "bag_merge",
        MERGE,
        "kusto/query/bag-merge-function",
        "Merges bags; of a key that several have, the leftmost one's value stays.",
        &[
            example(
                r#"bag_merge(dynamic({"a":12,"b":2}), dynamic({"c":81,"a":1}))"#,
                r#"dynamic({"a":12,"b":2,"c":81})"#,
            ),
            example(
                r#"bag_merge(dynamic({}), dynamic({"a":1}))"#,
                r#"dynamic({"a":1})"#,
            ),
        ],
    ),
    row(
        "bag_remove_keys",
        REMOVE_KEYS,
        "kusto/query/bag-remove-keys-function",
        "Takes keys, which may be paths from `$.`, out of a bag.",
        &[
            example(
                r#"bag_remove_keys(dynamic({"a":1,"b":2}), dynamic(["b","z"]))"#,
                r#"dynamic({"a":1})"#,
            ),
            example(
                r#"bag_remove_keys(dynamic({"a":{"p":1,"q":2}}), dynamic(["$.a.p"]))"#,
                r#"dynamic({"a":{"q":2}})"#,
            ),
        ],
    ),
    row(
        "bag_set_key",
        SET_KEY,
        "kusto/query/bag-set-key-function",
        "Sets a key of a bag, which may be a path from `$.`.",
        &[
            example(
                r#"bag_set_key(dynamic({"a":1}), 'b', 3)"#,
                r#"dynamic({"a":1,"b":3})"#,
            ),
            example(
                r#"bag_set_key(dynamic({"a":1}), '$.b.c', 'x')"#,
                r#"dynamic({"a":1,"b":{"c":"x"}})"#,
            ),
        ],
    ),
    row(
        "bag_zip",
        ZIP,
        "kusto/query/bag-zip",
        "Makes a bag of an array of keys and an array of values; keys that are no strings are left out.",
        &[
            example(
                "bag_zip(dynamic(['a', 8, 'b']), dynamic([1, '2', 2.5]))",
                r#"dynamic({"a":1,"b":2.5})"#,
            ),
            example(
                "bag_zip(dynamic(['a', 'b']), dynamic([1]))",
                r#"dynamic({"a":1,"b":null})"#,
            ),
        ],
    ),
    row(
        "dynamic_to_json",
        TO_JSON,
        "kusto/query/dynamic-to-json-function",
        "Gives the JSON text of a value with all bags sorted by their keys.",
        &[
            example(
                r#"dynamic_to_json(dynamic({"b":[2,1],"a":{}}))"#,
                r#"'{"a":{},"b":[2,1]}'"#,
            ),
            example("dynamic_to_json(12)", r#""12""#),
        ],
    ),
];

fn bag_set_key(args: &Args<'_>) -> KernelResult {
    let key = args.constant_text(1).ok_or_else(|| KernelError::Argument {
        index: 1,
        message: "the key has to be constant".into(),
    })?;
    let (bags, values) = (args.input::<Json<'_>>(0), args.input::<Json<'_>>(2));
    collect(args, |row| {
        with_key(
            bags.get(row)?.0,
            key,
            values.get(row).map_or("null", |Json(json)| json),
        )
    })
}

fn dynamic_to_json(args: &Args<'_>) -> KernelResult {
    if args.ty(0) != Type::Dynamic {
        return convert(args.column(0), args.ty(0), Type::String);
    }
    args.map1(|json: Option<Json<'_>>| json.map(|Json(json)| canonical(json)).unwrap_or_default())
}
