//! Answers that the reference does not settle: a query fails where its rows come to that, and is answered everywhere else.

use super::row::{Example, Overload, Param, ScalarFunction, example, overload, row};
use crate::kernel::{Args, KernelError, KernelResult, collect};
use huntql_kql::types::Type;

const BEYOND_DOUBT: &[Overload] = &[overload(
    &[Param::Is(Type::Bool), Param::Constant],
    Type::Bool,
    beyond_doubt,
)];

/// The sessions of one id, five long apart.
const EXAMPLES: [Example; 2] = [
    example(
        "toscalar(range t from 1 to 20 step 1 | extend Id = 'a' | evaluate session_count(Id, t, 0, 20, 100, 5) | project count_sessions)",
        "1",
    ),
    example(
        "toscalar(range t from 1 to 20 step 9 | extend Id = 'a' | evaluate session_count(Id, t, 0, 20, 100, 5) | project count_sessions)",
        "3",
    ),
];

pub const OPERATORS: &[ScalarFunction] = &[row(
    "beyond_doubt",
    BEYOND_DOUBT,
    "kusto/query/session-count-plugin",
    "Fails for this reason where the first argument is true; else gives true.",
    &EXAMPLES,
)];

fn beyond_doubt(args: &Args<'_>) -> KernelResult {
    let doubt = args.input::<bool>(0);
    if (0..args.rows()).any(|row| doubt.get(row) == Some(true)) {
        let reason = args.constant_text(1).unwrap_or_default();
        return Err(KernelError::Argument {
            index: 0,
            message: reason.to_owned(),
        });
    }
    collect(args, |_| Some(true))
}
