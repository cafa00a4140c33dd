//! The names that `let`, parameters and `as` give.

use crate::ir::{Relation, Scalar};
use huntql_kql::ast::FunctionBody;
use std::collections::HashMap;
use std::rc::Rc;

/// What a name means.
#[derive(Debug, Clone)]
pub enum Binding {
    Scalar(Scalar),
    Table(Rc<Relation>),
    Function(Rc<UserFunction>),
}

/// A function with the names that its body could see when it was written.
#[derive(Debug)]
pub struct UserFunction {
    pub name: String,
    pub body: Rc<FunctionBody>,
    pub scope: Scope,
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

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }
}
