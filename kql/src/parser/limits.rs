//! Limits on the tree, so that no text can exhaust the stack, neither here nor where the tree is walked, cloned or dropped.

use super::error::{PResult, refuse};
use super::tokens::Tokens;
use crate::diagnostics::Diagnostic;

/// Brackets, calls and sub-queries within each other.
pub const NESTING_MAX: usize = 256;
/// Levels of the tree: nesting, and chains such as `a + b + c …` or `a.b.c …`, which lean to the left.
pub const HEIGHT_MAX: usize = 1_100;

const STACK_RED_ZONE_BYTES: usize = 128 * 1024;
const STACK_GROWTH_BYTES: usize = 1024 * 1024;

/// Runs a parser one level deeper, on a stack that is large enough.
pub(crate) fn nested<'a, T>(
    input: Tokens<'a>,
    parser: impl FnOnce(Tokens<'a>) -> PResult<'a, T>,
) -> PResult<'a, T> {
    let state = input.state;
    let depth = state.depth.get();
    if depth >= NESTING_MAX {
        return too_deep(input);
    }
    state.depth.set(depth + 1);
    let outer_height = state.height.replace(0);
    let result = stacker::maybe_grow(STACK_RED_ZONE_BYTES, STACK_GROWTH_BYTES, || parser(input));
    state.depth.set(depth);
    state.height.set(outer_height.max(state.height.get() + 1));
    result
}

/// Counts one more level of a chain; `input` is the place of the operator.
pub(crate) fn taller<'a>(input: Tokens<'a>) -> PResult<'a, ()> {
    let height = input.state.height.get() + 1;
    input.state.height.set(height);
    if height > HEIGHT_MAX {
        too_deep(input)
    } else {
        Ok((input, ()))
    }
}

pub(super) fn too_deep<'a, T>(input: Tokens<'a>) -> PResult<'a, T> {
    let message = format!(
        "the query is nested deeper than {NESTING_MAX} levels, or has a chain of more than {HEIGHT_MAX} operators"
    );
    let diagnostic =
        Diagnostic::syntax("HQ003", input.here(), message).help("split it with `let` statements");
    refuse(input, diagnostic)
}
