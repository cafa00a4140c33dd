//! User functions: `let f = (…) { … }`, saved functions, and their calls.

use super::scope::UserFunction;
use super::{Binder, Binding, CALL_DEPTH_MAX, Row, Scope, facts};
use crate::ir::{Relation, Scalar};
use huntql_kql::ast::{Arg, LetValue, Parameter, ParameterType, StatementKind};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::Column;
use std::cell::Cell;
use std::rc::Rc;

/// What a function gave.
pub(crate) enum Called {
    Scalar(Scalar),
    Table(Relation),
}

/// An argument in front of the written ones: the input of `invoke`.
type Leading = Option<Relation>;

/// The arguments of one call by the names of their parameters.
struct Arguments {
    /// Tables have the columns that their parameters declare.
    scope: Scope,
    /// Tables that have more columns than that, with all of them.
    whole: Vec<(String, Rc<Relation>)>,
}

impl Arguments {
    fn set(&mut self, parameter: &Parameter, value: Scalar) {
        self.scope.set(&parameter.name.text, Binding::Scalar(value));
    }
}

impl Binder<'_> {
    pub(super) fn call_user_scalar(
        &mut self,
        function: &Rc<UserFunction>,
        args: &[Arg],
        span: Span,
        row: Row<'_>,
    ) -> Scalar {
        match self.call_user(function, None, args, span, row) {
            Some(Called::Scalar(scalar)) => scalar,
            Some(Called::Table(_)) => self.wrong(facts::scalar_expected(span, &function.name)),
            None => Scalar::error(),
        }
    }

    /// Binds a call by binding the body with the parameters set. `None` when something was reported.
    pub(crate) fn call_user(
        &mut self,
        function: &Rc<UserFunction>,
        leading: Leading,
        args: &[Arg],
        span: Span,
        row: Row<'_>,
    ) -> Option<Called> {
        if self.depth >= CALL_DEPTH_MAX {
            self.report(Diagnostic::binding(
                "SEM0061",
                span,
                format!("calls nest deeper than {CALL_DEPTH_MAX}"),
            ));
            return None;
        }
        function.called.set(true);
        let Arguments { scope, whole } =
            self.parameter_scope(function, leading, args, span, row)?;
        let before = self.diagnostics.len();
        let questions = self.questions.len();
        let mut called = self.called(function, scope.clone(), row);
        if !whole.is_empty() && self.diagnostics.len() == before {
            // The body names declared columns only; its rows have all that the tables brought.
            self.questions.truncate(questions);
            let mut scope = scope;
            for (name, relation) in whole {
                scope.set(name, Binding::Table(relation));
            }
            called = self.called(function, scope, row);
        }
        if !self.text_is_here(function) {
            self.relocate(before, function, span);
        }
        Some(called)
    }

    /// Binds the body in a scope of its own.
    fn called(&mut self, function: &Rc<UserFunction>, scope: Scope, row: Row<'_>) -> Called {
        let outer = std::mem::replace(&mut self.scope, scope);
        self.depth += 1;
        let called = self.body(function, row);
        self.depth -= 1;
        self.scope = outer;
        called
    }

    /// Binds the body of a function that nothing has called, for the sake of what is wrong in it: a parameter fits everywhere.
    pub(super) fn uncalled(&mut self, function: &Rc<UserFunction>) {
        let mut scope = function.scope.clone();
        for parameter in &function.body.parameters {
            let stand_in = match &parameter.ty {
                ParameterType::Scalar(_) => Binding::Scalar(Scalar::error()),
                ParameterType::Table(_) | ParameterType::AnyTable => {
                    Binding::Table(Rc::new(Relation::unknown()))
                }
            };
            scope.set(&parameter.name.text, stand_in);
        }
        let outer = std::mem::replace(&mut self.scope, scope);
        let questions = self.questions.len();
        self.body(function, None);
        self.questions.truncate(questions);
        self.scope = outer;
    }

    fn body(&mut self, function: &Rc<UserFunction>, row: Row<'_>) -> Called {
        self.let_once(&function.body.parameters, &function.body.statements);
        for statement in &function.body.statements {
            match &statement.kind {
                StatementKind::Let(binding) => self.bind_let(binding),
                other => self.unsupported(
                    statement.span,
                    &format!("{} inside a function", super::statement::kind_name(other)),
                ),
            }
        }
        let result = &function.body.result;
        match self.try_table(result, None) {
            Some(relation) => Called::Table(relation),
            None => Called::Scalar(self.scalar(result, row.filter(|_| false))),
        }
    }

    /// The function's own scope with its parameters set.
    fn parameter_scope(
        &mut self,
        function: &Rc<UserFunction>,
        leading: Leading,
        args: &[Arg],
        span: Span,
        row: Row<'_>,
    ) -> Option<Arguments> {
        let parameters = &function.body.parameters;
        let mut arguments = Arguments {
            scope: function.scope.clone(),
            whole: Vec::new(),
        };
        let mut given: Vec<&str> = Vec::new();
        let mut fine = true;
        let mut in_order = true;
        if let Some(relation) = leading {
            let Some(first) = parameters.first() else {
                self.report(facts::wrong_count(span, &function.name, 1, "no arguments"));
                return None;
            };
            fine &= self.table_parameter(&mut arguments, first, relation, span);
            given.push(&first.name.text);
        }
        for arg in args {
            let at = given.len();
            let parameter = match &arg.name {
                Some(name) => parameters
                    .iter()
                    .find(|parameter| parameter.name.text == name.text),
                None if !in_order => {
                    let message = "arguments after a named one out of its place must be named";
                    self.report(Diagnostic::binding("KS195", arg.value.span, message));
                    return None;
                }
                None => parameters.get(at),
            };
            in_order &= parameters.get(at).map(|own| &own.name.text)
                == parameter.map(|parameter| &parameter.name.text);
            if let (None, Some(name)) = (parameter, &arg.name) {
                let message = format!("`{}` has no parameter `{}`", function.name, name.text);
                let diagnostic = Diagnostic::binding("KS196", name.span, message);
                let known = parameters
                    .iter()
                    .map(|parameter| parameter.name.text.as_str());
                self.report(Self::suggest(diagnostic, &name.text, known));
                return None;
            }
            let Some(parameter) = parameter else {
                let place = arg.name.as_ref().map_or(arg.value.span, |name| name.span);
                self.report(facts::wrong_count(
                    place,
                    &function.name,
                    args.len(),
                    &format!("{} arguments", parameters.len()),
                ));
                return None;
            };
            given.push(&parameter.name.text);
            fine &= self.argument(&mut arguments, parameter, arg, row);
        }
        for parameter in parameters
            .iter()
            .filter(|parameter| !given.contains(&parameter.name.text.as_str()))
        {
            let Some(default) = &parameter.default else {
                self.report(facts::wrong_count(
                    span,
                    &function.name,
                    args.len(),
                    &format!("an argument for `{}`", parameter.name.text),
                ));
                return None;
            };
            let value = self.scalar(default, None);
            let value = match parameter.ty {
                ParameterType::Scalar(ty) => self.convert(value, ty),
                ParameterType::Table(_) | ParameterType::AnyTable => value,
            };
            arguments.set(parameter, value);
        }
        fine.then_some(arguments)
    }

    fn argument(
        &mut self,
        arguments: &mut Arguments,
        parameter: &Parameter,
        arg: &Arg,
        row: Row<'_>,
    ) -> bool {
        match &parameter.ty {
            ParameterType::Scalar(ty) => {
                let value = self.scalar(&arg.value, row);
                let numbers = value.ty.is_numeric() && ty.is_numeric();
                if !value.is_error() && !numbers && !crate::conversion::widens(value.ty, *ty) {
                    self.report(facts::wrong_type(
                        arg.value.span,
                        value.ty,
                        &facts::one(*ty),
                    ));
                    return false;
                }
                let value = self.convert(value, *ty);
                arguments.set(parameter, value);
                true
            }
            ParameterType::Table(_) | ParameterType::AnyTable => {
                match self.try_table(&arg.value, row) {
                    Some(relation) => {
                        self.table_parameter(arguments, parameter, relation, arg.value.span)
                    }
                    None => {
                        self.scalar(&arg.value, row);
                        self.report(facts::table_expected(arg.value.span));
                        false
                    }
                }
            }
        }
    }

    /// A table argument must have the declared columns; the body can name only those (all, for `(*)`), and passes the others on.
    /// Source: Microsoft's binder; public parsers that name undeclared columns behind `evaluate`.
    fn table_parameter(
        &mut self,
        arguments: &mut Arguments,
        parameter: &Parameter,
        relation: Relation,
        span: Span,
    ) -> bool {
        let relation = match &parameter.ty {
            ParameterType::AnyTable => relation,
            ParameterType::Table(declared) => {
                let mut items = Vec::new();
                for column in declared {
                    match relation.resolve(&column.name.text) {
                        Some(found) if found.ty == column.ty => {
                            items.push((column.name.text.clone(), Scalar::column(found)))
                        }
                        _ if relation.unknown => {}
                        _ => {
                            let wanted = Column::new(column.name.text.clone(), column.ty);
                            self.report(Diagnostic::binding(
                                "SEM0100",
                                span,
                                format!(
                                    "the table given for `{}` has no column `{}` of type {}",
                                    parameter.name.text, wanted.name, wanted.ty
                                ),
                            ));
                            return false;
                        }
                    }
                }
                if items.len() < relation.columns.len() {
                    let name = parameter.name.text.clone();
                    arguments.whole.push((name, Rc::new(relation.clone())));
                }
                relation.projected(items)
            }
            ParameterType::Scalar(ty) => {
                self.report(facts::wrong_type(
                    span,
                    huntql_kql::types::Type::Dynamic,
                    &format!("a {ty} and not a table"),
                ));
                return false;
            }
        };
        arguments
            .scope
            .set(&parameter.name.text, Binding::Table(Rc::new(relation)));
        true
    }

    /// The table of a query that huntql wrote itself, over these names. What is wrong in it is told at `span`.
    pub(crate) fn written(
        &mut self,
        text: &str,
        names: Vec<(String, super::Binding)>,
        span: Span,
    ) -> Relation {
        let parsed = huntql_kql::parse(text);
        debug_assert!(parsed.diagnostics.is_empty(), "{text}");
        let mut scope = Scope::default();
        for (name, binding) in names {
            scope.set(name, binding);
        }
        let outer = std::mem::replace(&mut self.scope, scope);
        let before = self.diagnostics.len();
        let mut result = Relation::unknown();
        for statement in &parsed.script.statements {
            match &statement.kind {
                StatementKind::Let(binding) => self.bind_let(binding),
                StatementKind::Query(pipeline) => result = self.pipeline(pipeline),
                other => unreachable!(
                    "{} in a query of huntql's",
                    super::statement::kind_name(other)
                ),
            }
        }
        self.scope = outer;
        for diagnostic in &mut self.diagnostics[before..] {
            diagnostic.labels.truncate(1);
            if let Some(label) = diagnostic.labels.first_mut() {
                label.span = span;
            }
        }
        result
    }

    /// The saved function of a name, parsed.
    pub(super) fn saved_function(&mut self, name: &str) -> Option<Rc<UserFunction>> {
        let saved = self.catalog.function(name)?;
        let parsed = huntql_kql::parse(&format!("let {name} = {};", saved.text));
        let statement = parsed.script.statements.into_iter().next()?;
        let StatementKind::Let(binding) = statement.kind else {
            return None;
        };
        match binding.value {
            LetValue::Function(body) | LetValue::View(body) => Some(Rc::new(UserFunction {
                name: name.to_string(),
                body: Rc::new(body),
                kind: super::scope::FunctionKind::Plain,
                scope: Scope::default(),
                called: Cell::new(false),
            })),
            LetValue::Expr(_) => None,
        }
    }

    fn text_is_here(&self, function: &UserFunction) -> bool {
        self.catalog
            .function(&function.name)
            .is_none_or(|_| self.scope.get(&function.name).is_some())
    }

    /// Errors inside a saved function have places in its own text: they are told at the call.
    fn relocate(&mut self, before: usize, function: &UserFunction, span: Span) {
        for diagnostic in &mut self.diagnostics[before..] {
            diagnostic.message = format!(
                "in the saved function `{}`: {}",
                function.name, diagnostic.message
            );
            diagnostic.labels.truncate(1);
            if let Some(label) = diagnostic.labels.first_mut() {
                label.span = span;
            }
        }
    }
}
