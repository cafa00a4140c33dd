//! The table of window functions.

use super::kernels;
use crate::functions::{Example, Returns, example};
use crate::kernel::Kernel;
use datafusion::functions_window::expr_fn;
use datafusion::prelude::Expr;
use huntql_kql::types::Type;

/// A function of an ordered input. An unnamed result is called `Column1`.
#[derive(Debug)]
pub struct WindowFunction {
    pub name: &'static str,
    pub overloads: &'static [WindowOverload],
    /// One sentence in the third person.
    pub doc: &'static str,
    /// The page of the reference, `kusto/query/…`.
    pub source: &'static str,
    /// Queries with the table that they give, as a `datatable`.
    pub examples: &'static [Example],
}

/// One signature with its meaning. A kernel sees all rows; constants are columns of one value.
#[derive(Debug)]
pub struct WindowOverload {
    pub params: &'static [WindowParam],
    /// The last `n` parameters may be left out; the kernel then sees fewer arguments.
    pub optional: usize,
    pub returns: Returns,
    pub meaning: WindowMeaning,
}

/// How an overload is computed.
#[derive(Debug, Clone, Copy)]
pub enum WindowMeaning {
    /// DataFusion's own function, which streams. Its Arrow type may differ from the call's: the caller casts.
    Native(fn() -> Expr),
    /// A kernel over all rows at once.
    Whole(Kernel),
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy)]
pub enum WindowParam {
    /// This type.
    Is(Type),
    /// One of these types, as it is.
    OneOf(&'static [Type]),
    /// Any scalar, as it is.
    Any,
    /// A constant number that is not below 0, as `long`.
    Constant(Type),
    /// A constant, converted to the type of the first argument.
    ConstantLikeFirst,
}

const NO_DYNAMIC: WindowParam = WindowParam::OneOf(&[
    Type::Bool,
    Type::Int,
    Type::Long,
    Type::Real,
    Type::Decimal,
    Type::String,
    Type::Datetime,
    Type::Timespan,
    Type::Guid,
]);
const RESTART: WindowParam = WindowParam::Is(Type::Bool);
const OFFSET: WindowParam = WindowParam::Constant(Type::Long);

const fn overload(
    params: &'static [WindowParam],
    optional: usize,
    returns: Returns,
    kernel: Kernel,
) -> WindowOverload {
    WindowOverload {
        params,
        optional,
        returns,
        meaning: WindowMeaning::Whole(kernel),
    }
}

pub(super) const FUNCTIONS: &[WindowFunction] = &[
    WindowFunction {
        name: "row_number",
        overloads: &[
            WindowOverload {
                params: &[],
                optional: 0,
                returns: Returns::Is(Type::Long),
                meaning: WindowMeaning::Native(expr_fn::row_number),
            },
            overload(
                &[WindowParam::Constant(Type::Long), RESTART],
                1,
                Returns::Is(Type::Long),
                kernels::row_number,
            ),
        ],
        doc: "The number of the row, from 1 or the first argument on; starts again where the second is true.",
        source: "kusto/query/row-number-function",
        examples: &[
            example(
                "range a from 1 to 3 step 1 | sort by a desc | extend rn = row_number()",
                "datatable(a:long, rn:long)[3, 1, 2, 2, 1, 3]",
            ),
            example(
                "range a from 1 to 3 step 1 | sort by a asc | extend rn = row_number(7, a == 3)",
                "datatable(a:long, rn:long)[1, 7, 2, 8, 3, 7]",
            ),
        ],
    },
    WindowFunction {
        name: "prev",
        overloads: &[overload(
            &[WindowParam::Any, OFFSET, WindowParam::ConstantLikeFirst],
            2,
            Returns::SameAs(0),
            kernels::prev,
        )],
        doc: "The value in the row before, or so many rows before; the third argument, else null, where there is no such row.",
        source: "kusto/query/prev-function",
        examples: &[
            example(
                "range a from 1 to 3 step 1 | sort by a asc | extend b = prev(a)",
                "datatable(a:long, b:long)[1, long(null), 2, 1, 3, 2]",
            ),
            example(
                "range a from 1 to 3 step 1 | sort by a asc | extend b = prev(a, 2, 0)",
                "datatable(a:long, b:long)[1, 0, 2, 0, 3, 1]",
            ),
        ],
    },
    WindowFunction {
        name: "next",
        overloads: &[overload(
            &[WindowParam::Any, OFFSET, WindowParam::ConstantLikeFirst],
            2,
            Returns::SameAs(0),
            kernels::next,
        )],
        doc: "The value in the row after, or so many rows after; the third argument, else null, where there is no such row.",
        source: "kusto/query/next-function",
        examples: &[
            example(
                "range a from 1 to 3 step 1 | sort by a asc | extend b = next(a)",
                "datatable(a:long, b:long)[1, 2, 2, 3, 3, long(null)]",
            ),
            example(
                "range a from 1 to 3 step 1 | sort by a asc | extend b = next(a, 2, 0)",
                "datatable(a:long, b:long)[1, 3, 2, 0, 3, 0]",
            ),
        ],
    },
    WindowFunction {
        name: "row_cumsum",
        overloads: &[
            overload(
                &[WindowParam::Is(Type::Int), RESTART],
                1,
                Returns::SameAs(0),
                kernels::cumsum_int,
            ),
            overload(
                &[WindowParam::Is(Type::Long), RESTART],
                1,
                Returns::SameAs(0),
                kernels::cumsum_long,
            ),
            overload(
                &[WindowParam::Is(Type::Real), RESTART],
                1,
                Returns::SameAs(0),
                kernels::cumsum_real,
            ),
        ],
        doc: "The sum of the values so far; starts again where the second argument is true. A null is refused: the reference \
              does not say what it adds.",
        source: "kusto/query/row-cumsum-function",
        examples: &[
            example(
                "range a from 1 to 3 step 1 | sort by a asc | extend s = row_cumsum(a)",
                "datatable(a:long, s:long)[1, 1, 2, 3, 3, 6]",
            ),
            example(
                "range a from 1 to 3 step 1 | sort by a asc | extend s = row_cumsum(a, a == 3)",
                "datatable(a:long, s:long)[1, 1, 2, 3, 3, 3]",
            ),
        ],
    },
    WindowFunction {
        name: "row_rank_dense",
        overloads: &[overload(
            &[NO_DYNAMIC, RESTART],
            1,
            Returns::Is(Type::Long),
            kernels::rank_dense,
        )],
        doc: "One more than in the row before where the value differs from that row's; 1 at the start and where the second \
              argument is true.",
        source: "kusto/query/row-rank-dense-function",
        examples: &[
            example(
                "datatable(n:long)[2, 3, 3, 9] | sort by n asc | extend r = row_rank_dense(n)",
                "datatable(n:long, r:long)[2, 1, 3, 2, 3, 2, 9, 3]",
            ),
            example(
                "datatable(n:long)[2, 3, 9] | sort by n asc | extend r = row_rank_dense(n, n == 3)",
                "datatable(n:long, r:long)[2, 1, 3, 1, 9, 2]",
            ),
        ],
    },
    WindowFunction {
        name: "row_rank_min",
        overloads: &[overload(
            &[NO_DYNAMIC, RESTART],
            1,
            Returns::Is(Type::Long),
            kernels::rank_min,
        )],
        doc: "The number of the first of the rows in a run with this value; numbering starts again where the second argument \
              is true.",
        source: "kusto/query/row-rank-min-function",
        examples: &[
            example(
                "datatable(n:long)[2, 3, 3, 9] | sort by n asc | extend r = row_rank_min(n)",
                "datatable(n:long, r:long)[2, 1, 3, 2, 3, 2, 9, 4]",
            ),
            example(
                "datatable(n:long)[2, 3, 9] | sort by n asc | extend r = row_rank_min(n, n == 3)",
                "datatable(n:long, r:long)[2, 1, 3, 1, 9, 2]",
            ),
        ],
    },
    WindowFunction {
        name: "row_window_session",
        overloads: &[overload(
            &[
                WindowParam::Is(Type::Datetime),
                WindowParam::Is(Type::Timespan),
                WindowParam::Is(Type::Timespan),
                RESTART,
            ],
            1,
            Returns::Is(Type::Datetime),
            kernels::window_session,
        )],
        doc: "The time at which the row's session began: a session ends after a time since its start, after a time without \
              rows, and where the fourth argument is true.",
        source: "kusto/query/row-window-session-function",
        examples: &[
            example(
                "datatable(t:datetime)[datetime(2024-01-01 10:00), datetime(2024-01-01 10:02), datetime(2024-01-01 10:07)] \
                 | sort by t asc | project s = row_window_session(t, 1h, 5m)",
                "datatable(s:datetime)[datetime(2024-01-01 10:00), datetime(2024-01-01 10:00), datetime(2024-01-01 10:07)]",
            ),
            example(
                "datatable(t:datetime)[datetime(2024-01-01 10:00), datetime(2024-01-01 10:02)] \
                 | sort by t asc | project s = row_window_session(t, 1m, 1h)",
                "datatable(s:datetime)[datetime(2024-01-01 10:00), datetime(2024-01-01 10:02)]",
            ),
        ],
    },
];
