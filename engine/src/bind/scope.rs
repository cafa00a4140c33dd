//! The names that `let`, parameters and `as` give.

use crate::ir::{Relation, Scalar};
use huntql_kql::ast::{FunctionBody, PatternDeclaration};
use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

/// What a name means.
#[derive(Debug, Clone)]
pub enum Binding {
    Scalar(Scalar),
    Table(Rc<Relation>),
    Function(Rc<UserFunction>),
    Pattern(Rc<PatternDeclaration>),
}

/// What a function was declared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionKind {
    Plain,
    /// `view () { … }`: wildcards and searches over all tables find it.
    View,
}

/// A function with the names that its body could see when it was written.
#[derive(Debug)]
pub struct UserFunction {
    pub name: String,
    pub body: Rc<FunctionBody>,
    pub kind: FunctionKind,
    pub scope: Scope,
    /// Whether a call has bound the body.
    pub called: Cell<bool>,
}

/// Names in force. Cloning is cheap enough: a query has few.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    names: HashMap<String, Binding>,
}

impl Scope {
    pub fn get(&self, name: &str) -> Option<&Binding> {
        self.names.get(name)
    }

    pub fn set(&mut self, name: impl Into<String>, binding: Binding) {
        self.names.insert(name.into(), binding);
    }

    /// The functions, by name.
    pub fn functions(&self) -> Vec<Rc<UserFunction>> {
        let mut functions: Vec<Rc<UserFunction>> = self
            .names
            .values()
            .filter_map(|binding| match binding {
                Binding::Function(function) => Some(Rc::clone(function)),
                _ => None,
            })
            .collect();
        functions.sort_by(|a, b| a.name.cmp(&b.name));
        functions
    }

    /// The views, by name.
    pub fn views(&self) -> Vec<Rc<UserFunction>> {
        let mut functions = self.functions();
        functions.retain(|function| function.kind == FunctionKind::View);
        functions
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }
}
