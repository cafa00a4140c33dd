//! How a function's meaning is written: a kernel reads columns of engine values and gives one column.
//!
//! A kernel is a plain `fn(&Args) -> KernelResult`, so that it can stand in a constant table, travel by name, and fold
//! constants in the binder. Most are one line of [`kernel!`]; the rest read [`Args`] themselves.

pub mod agents;
mod args;
pub(crate) mod arithmetic;
pub(crate) mod arrays;
pub(crate) mod bags;
pub(crate) mod calendar;
pub mod dynamic_text;
pub mod geo;
pub mod hash_order;
mod input;
pub mod ip;
mod output;
pub(crate) mod pairs;
pub mod pattern;
pub mod places;
pub(crate) mod season;
pub(crate) mod series;
pub(crate) mod special;
pub mod structure;
pub(crate) mod template;
pub mod text;
pub(crate) mod time_format;
pub mod xxhash;

pub use args::{Args, Kernel, KernelError, KernelResult, Reader};
pub use input::{Input, Json};
pub use output::Output;

/// The result column of a kernel that reads its arguments by row itself; `None` is null.
pub fn collect<R: Output>(args: &Args<'_>, row: impl Fn(usize) -> Option<R>) -> KernelResult {
    R::collect(args.rows(), row)
}

/// A kernel from a closure over single values.
///
/// Parameters are [`Input`] types (`&str`, `i64`, `f64`, `bool`, `i32`, `i128`, [`Json`], or `Option` of one), the result an [`Output`].
/// A null in a parameter that is not an `Option` gives null without calling the closure; a null string is `""`.
///
/// ```text
/// kernel!(|text: &str| text.chars().count() as i64)
/// ```
#[macro_export]
macro_rules! kernel {
    (|$a:ident : $A:ty| $body:expr) => {
        |args: &$crate::kernel::Args<'_>| args.map1(|$a: $A| $body)
    };
    (|$a:ident : $A:ty, $b:ident : $B:ty| $body:expr) => {
        |args: &$crate::kernel::Args<'_>| args.map2(|$a: $A, $b: $B| $body)
    };
    (|$a:ident : $A:ty, $b:ident : $B:ty, $c:ident : $C:ty| $body:expr) => {
        |args: &$crate::kernel::Args<'_>| args.map3(|$a: $A, $b: $B, $c: $C| $body)
    };
    (|$a:ident : $A:ty, $b:ident : $B:ty, $c:ident : $C:ty, $d:ident : $D:ty| $body:expr) => {
        |args: &$crate::kernel::Args<'_>| args.map4(|$a: $A, $b: $B, $c: $C, $d: $D| $body)
    };
}
