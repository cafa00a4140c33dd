//! Dynamic arrays: length, parts, order, sets, and making them.

use super::row::{
    Example, Overload, Param, ResultName, ScalarFunction, example, overload, variadic,
};
use crate::kernel::arrays::{
    array_iff, array_index_of, array_sort, array_split, array_sum, concat, length, pack_array,
    range_of_longs, range_of_reals, range_of_ticks, repeat, reversed, rotated, set_difference,
    set_equals, set_has_element, set_intersect, set_union, shifted, sliced, strcat_array, treepath,
    zip,
};
use crate::kernel::{Args, Json, KernelResult};
use huntql_kql::types::Type::{self, Bool, Datetime, Dynamic, Long, Real, Timespan};
use std::cmp::Ordering;

const fn is(ty: Type) -> Param {
    Param::Is(ty)
}

const LENGTH: &[Overload] = &[overload(&[is(Dynamic)], Long, |args| {
    args.map1(|Json(json)| length(json))
})];
const PACK_ARRAY: &[Overload] = &[variadic(&[Param::JsonOrColumns], Dynamic, pack_array)];
const CONCAT: &[Overload] = &[variadic(&[is(Dynamic)], Dynamic, concat)];
const INDEX_OF: &[Overload] = &[overload(
    &[is(Dynamic), Param::Json, is(Long), is(Long), is(Long)],
    Long,
    array_index_of,
)
.optional(3)];
const SLICE: &[Overload] = &[overload(
    &[is(Dynamic), is(Long), is(Long)],
    Dynamic,
    |args| args.map3(|Json(json), start: i64, end: i64| sliced(json, start, end)),
)];
const SPLIT: &[Overload] = &[overload(&[is(Dynamic), Param::Json], Dynamic, |args| {
    args.map2(|Json(json), Json(indices)| array_split(json, indices))
})];
const SORT_ASC: &[Overload] = &[
    overload(&[is(Dynamic)], Dynamic, |args| {
        array_sort(args, Ordering::Less)
    }),
    overload(&[is(Dynamic), is(Bool)], Dynamic, |args| {
        array_sort(args, Ordering::Less)
    }),
    overload(&[is(Dynamic), is(Dynamic), is(Bool)], Dynamic, |args| {
        array_sort(args, Ordering::Less)
    }),
    variadic(&[is(Dynamic)], Dynamic, |args| {
        array_sort(args, Ordering::Less)
    }),
];
const SORT_DESC: &[Overload] = &[
    overload(&[is(Dynamic)], Dynamic, |args| {
        array_sort(args, Ordering::Greater)
    }),
    overload(&[is(Dynamic), is(Bool)], Dynamic, |args| {
        array_sort(args, Ordering::Greater)
    }),
    overload(&[is(Dynamic), is(Dynamic), is(Bool)], Dynamic, |args| {
        array_sort(args, Ordering::Greater)
    }),
    variadic(&[is(Dynamic)], Dynamic, |args| {
        array_sort(args, Ordering::Greater)
    }),
];
const REVERSE: &[Overload] = &[overload(&[is(Dynamic)], Dynamic, |args| {
    args.map1(|Json(json)| reversed(json))
})];
const ROTATE_LEFT: &[Overload] = &[overload(&[is(Dynamic), is(Long)], Dynamic, |args| {
    args.map2(|Json(json), count: i64| rotated(json, count))
})];
const ROTATE_RIGHT: &[Overload] = &[overload(&[is(Dynamic), is(Long)], Dynamic, |args| {
    args.map2(|Json(json), count: i64| rotated(json, count.wrapping_neg()))
})];
const SHIFT_LEFT: &[Overload] =
    &[
        overload(&[is(Dynamic), is(Long), Param::Json], Dynamic, |args| {
            shift(args, |count| count)
        })
        .optional(1),
    ];
const SHIFT_RIGHT: &[Overload] =
    &[
        overload(&[is(Dynamic), is(Long), Param::Json], Dynamic, |args| {
            shift(args, i64::wrapping_neg)
        })
        .optional(1),
    ];
const SUM: &[Overload] = &[overload(&[is(Dynamic)], Real, |args| {
    args.map1(|Json(json)| array_sum(json))
})];
const IFF: &[Overload] = &[overload(
    &[is(Dynamic), Param::Json, Param::Json],
    Dynamic,
    |args| {
        args.map3(
            |Json(condition), yes: Option<Json<'_>>, no: Option<Json<'_>>| {
                array_iff(
                    condition,
                    yes.map(|Json(json)| json),
                    no.map(|Json(json)| json),
                )
            },
        )
    },
)];
const SET_DIFFERENCE: &[Overload] = &[variadic(
    &[is(Dynamic), is(Dynamic)],
    Dynamic,
    set_difference,
)];
const SET_INTERSECT: &[Overload] = &[variadic(
    &[is(Dynamic), is(Dynamic)],
    Dynamic,
    set_intersect,
)];
const SET_UNION: &[Overload] = &[variadic(&[is(Dynamic), is(Dynamic)], Dynamic, set_union)];
const SET_HAS_ELEMENT: &[Overload] = &[overload(&[is(Dynamic), Param::Json], Bool, |args| {
    args.map2(|Json(json), Json(value)| set_has_element(json, value))
})];
const SET_EQUALS: &[Overload] = &[overload(&[is(Dynamic), is(Dynamic)], Bool, |args| {
    args.map2(|Json(a), Json(b)| set_equals(a, b))
})];
const STRCAT_ARRAY: &[Overload] = &[overload(
    &[is(Dynamic), Param::Text],
    Type::String,
    strcat_array,
)];
const ZIP: &[Overload] = &[variadic(&[is(Dynamic), is(Dynamic)], Dynamic, zip)];
const RANGE: &[Overload] = &[
    overload(&[is(Long), is(Long), is(Long)], Dynamic, range_of_longs).optional(1),
    overload(&[is(Real), is(Real), is(Real)], Dynamic, range_of_reals).optional(1),
    overload(
        &[is(Timespan), is(Timespan), is(Timespan)],
        Dynamic,
        range_of_ticks,
    )
    .optional(1),
    overload(
        &[is(Datetime), is(Datetime), is(Timespan)],
        Dynamic,
        range_of_ticks,
    )
    .optional(1),
];
const REPEAT: &[Overload] = &[overload(&[Param::Json, is(Long)], Dynamic, repeat)];
const TREEPATH: &[Overload] = &[overload(&[is(Dynamic)], Dynamic, |args| {
    args.map1(|Json(json)| treepath(json))
})];

/// `array_shift_*`: `left` turns the count into positions to the left.
fn shift(args: &Args<'_>, left: fn(i64) -> i64) -> KernelResult {
    if args.len() == 2 {
        return args.map2(|Json(json), count: i64| shifted(json, left(count), None));
    }
    args.map3(|Json(json), count: i64, fill: Option<Json<'_>>| {
        shifted(
            json,
            left(count),
            Some(fill.map_or("null", |Json(fill)| fill)),
        )
    })
}

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

const fn prefixed(prefix: &'static str, row: ScalarFunction) -> ScalarFunction {
    ScalarFunction {
        result_name: ResultName::Prefix(prefix),
        ..row
    }
}

pub const FUNCTIONS: &[ScalarFunction] = &[
    row(
        "array_length",
        &["arraylength"],
        LENGTH,
        "Gives the number of elements; null for what is no array.",
        "kusto/query/array-length-function",
        &[
            example("array_length(dynamic([1, 2, 3, 'four']))", "4"),
            example("array_length(dynamic({}))", "long(null)"),
        ],
    ),
    row(
        "pack_array",
        &[],
        PACK_ARRAY,
        "Makes an array of its arguments.",
        "kusto/query/pack-array-function",
        &[
            example("pack_array(1, 'a', 2s)", "dynamic([1, 'a', '00:00:02'])"),
            example("pack_array(1, int(null))", "dynamic([1, null])"),
        ],
    ),
    row(
        "array_concat",
        &[],
        CONCAT,
        "Joins arrays to one.",
        "kusto/query/array-concat-function",
        &[
            example(
                "array_concat(dynamic([1, 2]), dynamic([3]))",
                "dynamic([1, 2, 3])",
            ),
            example(
                "array_concat(dynamic([]), dynamic(['a']))",
                "dynamic(['a'])",
            ),
        ],
    ),
    row(
        "array_index_of",
        &[],
        INDEX_OF,
        "Gives the place of a value in an array; -1 when it is not there.",
        "kusto/query/array-index-of-function",
        &[
            example("array_index_of(dynamic(['a', 'b']), 'b')", "1"),
            example("array_index_of(dynamic(['a', 'b']), 'z')", "-1"),
            example(
                "array_index_of(dynamic(['an', 'x', 'an']), 'an', 1, -1, 1)",
                "2",
            ),
        ],
    ),
    row(
        "array_slice",
        &[],
        SLICE,
        "Gives the elements from one index to another, both included; negative indices count from the end.",
        "kusto/query/array-slice-function",
        &[
            example("array_slice(dynamic([1, 2, 3]), 1, 2)", "dynamic([2, 3])"),
            example(
                "array_slice(dynamic([1, 2, 3, 4, 5]), -3, -2)",
                "dynamic([3, 4])",
            ),
        ],
    ),
    row(
        "array_split",
        &[],
        SPLIT,
        "Splits an array at one index or several.",
        "kusto/query/array-split-function",
        &[
            example(
                "array_split(dynamic([1, 2, 3, 4, 5]), 2)",
                "dynamic([[1, 2], [3, 4, 5]])",
            ),
            example(
                "array_split(dynamic([1, 2, 3, 4, 5]), dynamic([1, 3]))",
                "dynamic([[1], [2, 3], [4, 5]])",
            ),
        ],
    ),
    row(
        "array_sort_asc",
        &[],
        SORT_ASC,
        "Sorts an array upwards, and other arrays along with it; nulls go last unless the last argument is false.",
        "kusto/query/array-sort-asc-function",
        &[
            example(
                "array_sort_asc(dynamic([null, 'blue', 'green', null]))",
                "dynamic(['blue', 'green', null, null])",
            ),
            example("array_sort_asc(dynamic([3, 1, 2]))", "dynamic([1, 2, 3])"),
        ],
    ),
    row(
        "array_sort_desc",
        &[],
        SORT_DESC,
        "Sorts an array downwards, and other arrays along with it; nulls go last unless the last argument is false.",
        "kusto/query/array-sort-desc-function",
        &[
            example("array_sort_desc(dynamic([3, 1, 2]))", "dynamic([3, 2, 1])"),
            example(
                "array_sort_desc(dynamic([1, null]), false)",
                "dynamic([null, 1])",
            ),
        ],
    ),
    row(
        "array_reverse",
        &[],
        REVERSE,
        "Turns the order of an array around.",
        "kusto/query/array-reverse-function",
        &[
            example(
                "array_reverse(dynamic(['this', 'is']))",
                "dynamic(['is', 'this'])",
            ),
            example("array_reverse(dynamic([]))", "dynamic([])"),
        ],
    ),
    row(
        "array_rotate_left",
        &[],
        ROTATE_LEFT,
        "Moves elements to the left; those that fall out come in at the end.",
        "kusto/query/array-rotate-left-function",
        &[
            example(
                "array_rotate_left(dynamic([1, 2, 3, 4, 5]), 2)",
                "dynamic([3, 4, 5, 1, 2])",
            ),
            example(
                "array_rotate_left(dynamic([1, 2, 3, 4, 5]), -2)",
                "dynamic([4, 5, 1, 2, 3])",
            ),
        ],
    ),
    row(
        "array_rotate_right",
        &[],
        ROTATE_RIGHT,
        "Moves elements to the right; those that fall out come in at the start.",
        "kusto/query/array-rotate-right-function",
        &[
            example(
                "array_rotate_right(dynamic([1, 2, 3, 4, 5]), 2)",
                "dynamic([4, 5, 1, 2, 3])",
            ),
            example(
                "array_rotate_right(dynamic([1, 2, 3, 4, 5]), -2)",
                "dynamic([3, 4, 5, 1, 2])",
            ),
        ],
    ),
    row(
        "array_shift_left",
        &[],
        SHIFT_LEFT,
        "Moves elements to the left; free places get the default.",
        "kusto/query/array-shift-left-function",
        &[
            example(
                "array_shift_left(dynamic([1, 2, 3, 4, 5]), 2)",
                "dynamic([3, 4, 5, null, null])",
            ),
            example(
                "array_shift_left(dynamic([1, 2, 3, 4, 5]), -2, -1)",
                "dynamic([-1, -1, 1, 2, 3])",
            ),
        ],
    ),
    row(
        "array_shift_right",
        &[],
        SHIFT_RIGHT,
        "Moves elements to the right; free places get the default.",
        "kusto/query/array-shift-right-function",
        &[
            example(
                "array_shift_right(dynamic([1, 2, 3, 4, 5]), 2)",
                "dynamic([null, null, 1, 2, 3])",
            ),
            example(
                "array_shift_right(dynamic([1, 2, 3, 4, 5]), -2, -1)",
                "dynamic([3, 4, 5, -1, -1])",
            ),
        ],
    ),
    row(
        "array_sum",
        &["series_sum"],
        SUM,
        "Adds the elements; null when one is no number.",
        "kusto/query/array-sum-function",
        &[
            example("array_sum(dynamic([1, 2, 3, 4]))", "10.0"),
            example("array_sum(dynamic([1, 'a']))", "real(null)"),
        ],
    ),
    row(
        "array_iff",
        &["array_iif"],
        IFF,
        "Chooses between two arrays or values, element by element.",
        "kusto/query/array-iff-function",
        &[
            example(
                "array_iff(dynamic([true, false, true]), dynamic([1, 2, 3]), dynamic([4, 5, 6]))",
                "dynamic([1, 5, 3])",
            ),
            example(
                "array_iff(dynamic([1, 0, 50]), 'yes', 'no')",
                "dynamic(['yes', 'no', 'yes'])",
            ),
        ],
    ),
    row(
        "set_difference",
        &[],
        SET_DIFFERENCE,
        "Gives the distinct elements of the first array that are in no other.",
        "kusto/query/set-difference-function",
        &[
            example(
                "set_difference(dynamic([1, 2, 1, 4]), dynamic([1, 2]))",
                "dynamic([4])",
            ),
            example("set_difference(dynamic([1]), dynamic([1]))", "dynamic([])"),
        ],
    ),
    row(
        "set_intersect",
        &[],
        SET_INTERSECT,
        "Gives the distinct elements that are in all arrays.",
        "kusto/query/set-intersect-function",
        &[
            example(
                "set_intersect(dynamic([1, 2, 3]), dynamic([3, 1, 1]))",
                "dynamic([1, 3])",
            ),
            example("set_intersect(dynamic([1]), dynamic([2]))", "dynamic([])"),
        ],
    ),
    row(
        "set_union",
        &[],
        SET_UNION,
        "Gives the distinct elements of all arrays.",
        "kusto/query/set-union-function",
        &[
            example(
                "set_union(dynamic([1, 2, 1, 4]), dynamic([1, 8]))",
                "dynamic([1, 2, 4, 8])",
            ),
            example(
                "set_union(dynamic(['a']), dynamic(['a']))",
                "dynamic(['a'])",
            ),
        ],
    ),
    row(
        "set_has_element",
        &[],
        SET_HAS_ELEMENT,
        "Tells whether a value is in an array.",
        "kusto/query/set-has-element-function",
        &[
            example("set_has_element(dynamic(['this', 'is']), 'is')", "true"),
            example("set_has_element(dynamic([1, 2]), 3)", "false"),
        ],
    ),
    row(
        "set_equals",
        &[],
        SET_EQUALS,
        "Tells whether two arrays have the same distinct elements.",
        "kusto/query/set-equals-function",
        &[
            example("set_equals(dynamic([1, 2, 2]), dynamic([2, 1]))", "true"),
            example("set_equals(dynamic([1]), dynamic([1, 2]))", "false"),
        ],
    ),
    row(
        "strcat_array",
        &["array_strcat"],
        STRCAT_ARRAY,
        "Joins the texts of an array's elements with a delimiter.",
        "kusto/query/strcat-array-function",
        &[
            example("strcat_array(dynamic([1, 2, 3]), '->')", r#""1->2->3""#),
            example("strcat_array(dynamic(['a']), ',')", r#""a""#),
        ],
    ),
    row(
        "zip",
        &[],
        ZIP,
        "Makes an array of arrays that hold the elements of the same place; missing ones are null.",
        "kusto/query/zip-function",
        &[
            example(
                "zip(dynamic([1, 3, 5]), dynamic([2, 4, 6]))",
                "dynamic([[1, 2], [3, 4], [5, 6]])",
            ),
            example(
                "zip(dynamic(['A', 1, 1.5]), dynamic([{}, 'B']))",
                "dynamic([['A', {}], [1, 'B'], [1.5, null]])",
            ),
        ],
    ),
    row(
        "range",
        &[],
        RANGE,
        "Makes an array of equally spaced values; the step is 1, or 1h for times, unless given.",
        "kusto/query/range-function",
        &[
            example("range(1, 8, 3)", "dynamic([1, 4, 7])"),
            example(
                "range(1h, 3h)",
                "dynamic(['01:00:00', '02:00:00', '03:00:00'])",
            ),
        ],
    ),
    prefixed(
        "repeat",
        row(
            "repeat",
            &[],
            REPEAT,
            "Makes an array of one value several times; null for a negative count.",
            "kusto/query/repeat-function",
            &[
                example("repeat(1, 3)", "dynamic([1, 1, 1])"),
                example("repeat('a', 0)", "dynamic([])"),
            ],
        ),
    ),
    prefixed(
        "tree",
        row(
            "treepath",
            &[],
            TREEPATH,
            "Gives the paths into a dynamic value.",
            "kusto/query/treepath-function",
            &[
                example(
                    r#"treepath(dynamic({"a":"b", "c":123}))"#,
                    r#"dynamic(["['a']", "['c']"])"#,
                ),
                example(
                    r#"treepath(dynamic({"p":[1,2], "q":"v"}))"#,
                    r#"dynamic(["['p']", "['p'][0]", "['q']"])"#,
                ),
            ],
        ),
    ),
];
