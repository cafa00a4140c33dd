//! Property bags: making, merging, looking for and changing slots.

use super::row::{
    Example, Overload, Param, ResultName, ScalarFunction, example, overload, variadic,
};
use crate::conversion::convert;
use crate::kernel::bags::{
    bag_keys, bag_merge, bag_pack, bag_zip, canonical, has_key, removed, with_key,
};
use crate::kernel::{Args, Json, KernelError, KernelResult, collect};
use huntql_kql::types::Type::{self, Bool, Dynamic};

const fn is(ty: Type) -> Param {
    Param::Is(ty)
}

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

const fn row(
    name: &'static str,
    aliases: &'static [&'static str],
    overloads: &'static [Overload],
    doc: &'static str,
    source: &'static str,
    examples: &'static [Example],
) -> ScalarFunction {
    ScalarFunction {
        name,
        aliases,
        overloads,
        result_name: ResultName::Default,
        doc,
        source,
        examples,
    }
}

pub const FUNCTIONS: &[ScalarFunction] = &[
    row(
        "bag_pack",
        &["pack", "pack_dictionary"],
        PACK,
        "Makes a bag of keys and values.",
        "kusto/query/pack-function",
        &[
            example("bag_pack('a', 1, 'b', 'x')", r#"dynamic({"a":1,"b":"x"})"#),
            example("pack('n', int(null))", r#"dynamic({"n":null})"#),
        ],
    ),
    row(
        "bag_keys",
        &[],
        KEYS,
        "Gives the keys of a bag; null for what is no bag.",
        "kusto/query/bag-keys-function",
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
        &[],
        HAS_KEY,
        "Tells whether a bag has a key, which may be a path from `$.`.",
        "kusto/query/bag-has-key-function",
        &[
            example(r#"bag_has_key(dynamic({"key1":123}), 'key1')"#, "true"),
            example(r#"bag_has_key(dynamic({"a":{"b":1}}), '$.a.c')"#, "false"),
        ],
    ),
    row(
        "bag_merge",
        &[],
        MERGE,
        "Merges bags; of a key that several have, the leftmost one's value stays.",
        "kusto/query/bag-merge-function",
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
        &[],
        REMOVE_KEYS,
        "Takes keys, which may be paths from `$.`, out of a bag.",
        "kusto/query/bag-remove-keys-function",
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
        &[],
        SET_KEY,
        "Sets a key of a bag, which may be a path from `$.`.",
        "kusto/query/bag-set-key-function",
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
        &[],
        ZIP,
        "Makes a bag of an array of keys and an array of values; keys that are no strings are left out.",
        "kusto/query/bag-zip",
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
        &[],
        TO_JSON,
        "Gives the JSON text of a value with all bags sorted by their keys.",
        "kusto/query/dynamic-to-json-function",
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
