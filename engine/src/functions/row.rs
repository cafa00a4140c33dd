//! The shape of a function's row.

use crate::kernel::Kernel;
use huntql_kql::types::Type;

/// A scalar function. See `style.md`'s example: types, naming, meaning, doc, examples that run.
#[derive(Debug)]
pub struct ScalarFunction {
    pub name: &'static str,
    /// Other names that mean the same, old ones among them.
    pub aliases: &'static [&'static str],
    /// Tried in order; the first whose parameters take the arguments wins (exact matches before conversions).
    pub overloads: &'static [Overload],
    pub result_name: ResultName,
    /// One sentence in the third person.
    pub doc: &'static str,
    /// The page of the reference, `kusto/query/…`.
    pub source: &'static str,
    pub examples: &'static [Example],
}

impl ScalarFunction {
    /// Other names that mean the same.
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> ScalarFunction {
        self.aliases = aliases;
        self
    }

    /// How the unnamed column of a call is called.
    pub const fn named(mut self, result_name: ResultName) -> ScalarFunction {
        self.result_name = result_name;
        self
    }

    /// Whether `f(*)` is a call with all columns.
    pub fn takes_columns(&self) -> bool {
        let params = |overload: &Overload| overload.params == [Param::JsonOrColumns];
        self.overloads.iter().any(params)
    }
}

/// One signature with its meaning.
#[derive(Debug)]
pub struct Overload {
    pub params: &'static [Param],
    /// The last `n` parameters may be left out; the kernel then sees fewer arguments.
    pub optional: usize,
    /// The last parameter repeats (any number of times from one on).
    pub variadic: bool,
    pub returns: Returns,
    pub kernel: Kernel,
}

/// What a parameter takes, and what the kernel sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Param {
    /// This type. Arguments that widen to it (int → long → real → decimal) and `dynamic` are converted.
    Is(Type),
    /// Any scalar, converted to its text (`tostring`). Null reads as `""`.
    Text,
    /// Any scalar, as it is: the kernel looks at `args.ty(i)`.
    Any,
    /// Any scalar as `dynamic` (JSON text): a string becomes a JSON string, a number a JSON number.
    Json,
    /// As `Json`; a lone `*` stands for all columns of the row.
    JsonOrColumns,
    /// `int`, `long`, `real` or `decimal`, as it is.
    Number,
    /// `int` or `long`, read as `long`; a `real` is refused.
    Integer,
    /// All arguments with this parameter get one common type (as `coalesce`, `max_of`, `iff` need); the kernel sees that type.
    Common,
    /// A constant string: the argument must not differ by row.
    Constant,
}

/// The type of the result.
#[derive(Debug, Clone, Copy)]
pub enum Returns {
    Is(Type),
    /// That of argument `i` after conversion.
    SameAs(usize),
    /// From the argument types after conversion.
    From(fn(&[Type]) -> Type),
}

impl Returns {
    /// The type of a call whose arguments are converted to these types.
    pub fn of(self, parameters: &[Type]) -> Type {
        match self {
            Returns::Is(ty) => ty,
            Returns::SameAs(index) => parameters[index],
            Returns::From(rule) => rule(parameters),
        }
    }
}

/// How `project f(X)` names the column when the query does not. Kusto's `ResultNameKind`; the rows follow Microsoft's binder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultName {
    /// `Column1`, `Column2` …
    Default,
    /// The name that the first argument would have by itself.
    FirstArgument,
    /// `strlen_X`
    NameAndFirstArgument,
    /// `type_X`: this prefix and the first argument's name.
    Prefix(&'static str),
    /// This name.
    Always(&'static str),
    /// The name of the only argument; none when there are more.
    OnlyArgument,
}

/// A call and the value it gives, both KQL expressions; run as a test, printed in the reference.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    pub call: &'static str,
    pub gives: &'static str,
}

pub const fn example(call: &'static str, gives: &'static str) -> Example {
    Example { call, gives }
}

/// A parameter of one type.
pub const fn is(ty: Type) -> Param {
    Param::Is(ty)
}

/// A row without aliases whose unnamed column is numbered.
pub const fn row(
    name: &'static str,
    overloads: &'static [Overload],
    source: &'static str,
    doc: &'static str,
    examples: &'static [Example],
) -> ScalarFunction {
    ScalarFunction {
        name,
        aliases: &[],
        overloads,
        result_name: ResultName::Default,
        doc,
        source,
        examples,
    }
}

/// An overload without optional or repeating parameters.
pub const fn overload(params: &'static [Param], returns: Type, kernel: Kernel) -> Overload {
    Overload {
        params,
        optional: 0,
        variadic: false,
        returns: Returns::Is(returns),
        kernel,
    }
}

/// An overload whose last parameter repeats.
pub const fn variadic(params: &'static [Param], returns: Type, kernel: Kernel) -> Overload {
    Overload {
        params,
        optional: 0,
        variadic: true,
        returns: Returns::Is(returns),
        kernel,
    }
}

impl Overload {
    /// The last `n` parameters may be left out.
    pub const fn optional(mut self, n: usize) -> Overload {
        self.optional = n;
        self
    }

    pub const fn returning(mut self, returns: Returns) -> Overload {
        self.returns = returns;
        self
    }

    /// The parameter that argument `index` meets, or `None` past the end.
    pub fn param(&self, index: usize) -> Option<Param> {
        match self.params.get(index) {
            Some(param) => Some(*param),
            None if self.variadic => self.params.last().copied(),
            None => None,
        }
    }
}
