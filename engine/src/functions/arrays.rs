//! Dynamic arrays: length, parts, order, sets, and making them.

use super::row::{
    Overload, Param, ResultName, ScalarFunction, example, is, overload, row, variadic,
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

pub const FUNCTIONS: &[ScalarFunction] = &[
    row(
        "array_length",
        LENGTH,
        "kusto/query/array-length-function",
        "Gives the number of elements; null for what is no array.",
        &[
            example("array_length(dynamic([1, 2, 3, 'four']))", "4"),
            example("array_length(dynamic({}))", "long(null)"),
        ],
    )
    .aliases(&["arraylength"]),
    row(
        "pack_array",
        PACK_ARRAY,
        "kusto/query/pack-array-function",
        "Makes an array of its arguments.",
        &[
            example("pack_array(1, 'a', 2s)", "dynamic([1, 'a', '00:00:02'])"),
            example("pack_array(1, int(null))", "dynamic([1, null])"),
        ],
    ),
    row(
        "array_concat",
        CONCAT,
        "kusto/query/array-concat-function",
        "Joins arrays to one.",
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
        INDEX_OF,
        "kusto/query/array-index-of-function",
        "Gives the place of a value in an array; -1 when it is not there.",
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
        SLICE,
        "kusto/query/array-slice-function",
        "Gives the elements from one index to another, both included; negative indices count from the end.",
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
        SPLIT,
        "kusto/query/array-split-function",
        "Splits an array at one index or several.",
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
        SORT_ASC,
        "kusto/query/array-sort-asc-function",
        "Sorts an array upwards, and other arrays along with it; nulls go last unless the last argument is false.",
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
        SORT_DESC,
        "kusto/query/array-sort-desc-function",
        "Sorts an array downwards, and other arrays along with it; nulls go last unless the last argument is false.",
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
        REVERSE,
        "kusto/query/array-reverse-function",
        "Turns the order of an array around.",
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
        ROTATE_LEFT,
        "kusto/query/array-rotate-left-function",
        "Moves elements to the left; those that fall out come in at the end.",
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
        ROTATE_RIGHT,
        "kusto/query/array-rotate-right-function",
        "Moves elements to the right; those that fall out come in at the start.",
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
        SHIFT_LEFT,
        "kusto/query/array-shift-left-function",
        "Moves elements to the left; free places get the default.",
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
        SHIFT_RIGHT,
        "kusto/query/array-shift-right-function",
        "Moves elements to the right; free places get the default.",
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
        SUM,
        "kusto/query/array-sum-function",
        "Adds the elements; null when one is no number.",
        &[
            example("array_sum(dynamic([1, 2, 3, 4]))", "10.0"),
            example("array_sum(dynamic([1, 'a']))", "real(null)"),
        ],
    )
    .aliases(&["series_sum"]),
    row(
        "array_iff",
        IFF,
        "kusto/query/array-iff-function",
        "Chooses between two arrays or values, element by element.",
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
    )
    .aliases(&["array_iif"]),
    row(
        "set_difference",
        SET_DIFFERENCE,
        "kusto/query/set-difference-function",
        "Gives the distinct elements of the first array that are in no other.",
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
        SET_INTERSECT,
        "kusto/query/set-intersect-function",
        "Gives the distinct elements that are in all arrays.",
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
        SET_UNION,
        "kusto/query/set-union-function",
        "Gives the distinct elements of all arrays.",
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
        SET_HAS_ELEMENT,
        "kusto/query/set-has-element-function",
        "Tells whether a value is in an array.",
        &[
            example("set_has_element(dynamic(['this', 'is']), 'is')", "true"),
            example("set_has_element(dynamic([1, 2]), 3)", "false"),
        ],
    ),
    row(
        "set_equals",
        SET_EQUALS,
        "kusto/query/set-equals-function",
        "Tells whether two arrays have the same distinct elements.",
        &[
            example("set_equals(dynamic([1, 2, 2]), dynamic([2, 1]))", "true"),
            example("set_equals(dynamic([1]), dynamic([1, 2]))", "false"),
        ],
    ),
    row(
        "strcat_array",
        STRCAT_ARRAY,
        "kusto/query/strcat-array-function",
        "Joins the texts of an array's elements with a delimiter.",
        &[
            example("strcat_array(dynamic([1, 2, 3]), '->')", r#""1->2->3""#),
            example("strcat_array(dynamic(['a']), ',')", r#""a""#),
        ],
    )
    .aliases(&["array_strcat"]),
    row(
        "zip",
        ZIP,
        "kusto/query/zip-function",
        "Makes an array of arrays that hold the elements of the same place; missing ones are null.",
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
        RANGE,
        "kusto/query/range-function",
        "Makes an array of equally spaced values; the step is 1, or 1h for times, unless given.",
        &[
            example("range(1, 8, 3)", "dynamic([1, 4, 7])"),
            example(
                "range(1h, 3h)",
                "dynamic(['01:00:00', '02:00:00', '03:00:00'])",
            ),
        ],
    ),
    row(
        "repeat",
        REPEAT,
        "kusto/query/repeat-function",
        "Makes an array of one value several times; null for a negative count.",
        &[
            example("repeat(1, 3)", "dynamic([1, 1, 1])"),
            example("repeat('a', 0)", "dynamic([])"),
        ],
    )
    .named(ResultName::Prefix("repeat")),
    row(
        "treepath",
        TREEPATH,
        "kusto/query/treepath-function",
        "Gives the paths into a dynamic value.",
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
    )
    .named(ResultName::Prefix("tree")),
];
