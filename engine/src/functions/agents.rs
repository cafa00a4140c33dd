//! What patterns of the user's tell of a user agent, as a row found by `operator`: the binder adds their path to the call
//! (`bind::forms`, `parse_user_agent`), so that a plan says by itself what it reads.

use super::row::{Overload, Param, ScalarFunction, example, overload, row};
use super::tuples::{refused, rows};
use crate::kernel::{Args, KernelResult, agents};
use huntql_kql::types::Type;

const USER_AGENT: &[Overload] = &[overload(
    &[Param::Is(Type::String), Param::Constant, Param::Constant],
    Type::Dynamic,
    user_agent,
)
.optional(1)];

pub const OPERATORS: &[ScalarFunction] = &[row(
    "user_agent",
    USER_AGENT,
    "kusto/query/parse-user-agent-function",
    "Tells what the second argument names of a user agent, by the patterns in the file of the third.",
    &[
        example(
            "toscalar(datatable(a:string)[] | extend b = parse_user_agent(a, 'os') | count)",
            "0",
        ),
        example(
            "toscalar(datatable(a:string)[] | project b = parse_user_agent(a, dynamic(['device'])) | summarize count(b))",
            "0",
        ),
    ],
)];

/// Without patterns there is no answer, and `Other` would be a wrong one.
fn user_agent(args: &Args<'_>) -> KernelResult {
    let texts = args.input::<&str>(0);
    let targets = args.constant_text(1).unwrap_or_default();
    let patterns = match (args.len() > 2).then(|| args.constant_text(2)).flatten() {
        Some(path) => Some(agents::open(path).map_err(|message| refused(2, &message))?),
        None => None,
    };
    rows(args, |row| match &patterns {
        Some(patterns) => patterns
            .tell(texts.get(row).unwrap_or(""), targets)
            .map(Some)
            .map_err(|message| refused(2, &message)),
        None => Err(refused(
            0,
            "`parse_user_agent` cannot answer: no patterns are named; give a `regexes.yaml` of the ua-parser project with \
             `regexes = \"FILE\"` under `[user_agents]` in huntql.toml",
        )),
    })
}
