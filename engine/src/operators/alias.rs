//! `as`: a name for the input, for later use in the text.

use crate::bind::{Binder, Binding};
use crate::ir::Relation;
use huntql_kql::ast::As;
use std::rc::Rc;

pub(super) fn bind(binder: &mut Binder<'_>, alias: &As, input: Relation) -> Relation {
    binder
        .scope
        .set(&alias.name.text, Binding::Table(Rc::new(input.clone())));
    input
}
