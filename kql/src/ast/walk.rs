//! Every part of a tree in the order of the text, parents first.

use super::{
    Arg, Expr, ExprKind, FunctionBody, Let, LetValue, NamedExpr, Operator, OperatorKind,
    OperatorParameter, ParsePart, PartitionBody, Pipeline, Script, SortKey, Source, Statement,
    StatementKind,
};

/// What a walk comes by.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    Let(&'a Let),
    Pipeline(&'a Pipeline),
    Operator(&'a Operator),
    Expr(&'a Expr),
}

/// Shows every part of a script.
pub fn walk_script<'a>(script: &'a Script, visit: &mut dyn FnMut(Part<'a>)) {
    Walk { visit }.statements(&script.statements);
}

/// Shows a pipeline and every part of it.
pub fn walk_pipeline<'a>(pipeline: &'a Pipeline, visit: &mut dyn FnMut(Part<'a>)) {
    Walk { visit }.pipeline(pipeline);
}

/// Shows an operator and every part of it.
pub fn walk_operator<'a>(operator: &'a Operator, visit: &mut dyn FnMut(Part<'a>)) {
    Walk { visit }.operator(operator);
}

/// Shows an expression and every part of it.
pub fn walk_expr<'a>(expr: &'a Expr, visit: &mut dyn FnMut(Part<'a>)) {
    Walk { visit }.expr(expr);
}

struct Walk<'a, 'v> {
    visit: &'v mut dyn FnMut(Part<'a>),
}

impl<'a> Walk<'a, '_> {
    fn statements(&mut self, statements: &'a [Statement]) {
        for statement in statements {
            match &statement.kind {
                StatementKind::Let(declared) => self.declaration(declared),
                StatementKind::Set { value, .. } => self.exprs(value),
                StatementKind::QueryParameters(parameters) => {
                    self.exprs(parameters.iter().filter_map(|one| one.default.as_ref()));
                }
                StatementKind::Query(pipeline) => self.pipeline(pipeline),
                StatementKind::Pattern(_) | StatementKind::Other { .. } => {}
            }
        }
    }

    fn declaration(&mut self, declared: &'a Let) {
        (self.visit)(Part::Let(declared));
        match &declared.value {
            LetValue::Expr(value) => self.expr(value),
            LetValue::Function(body) | LetValue::View(body) => self.body(body),
        }
    }

    fn body(&mut self, body: &'a FunctionBody) {
        self.exprs(
            body.parameters
                .iter()
                .filter_map(|one| one.default.as_ref()),
        );
        self.statements(&body.statements);
        self.expr(&body.result);
    }

    fn pipeline(&mut self, pipeline: &'a Pipeline) {
        (self.visit)(Part::Pipeline(pipeline));
        match &pipeline.source {
            Source::Expr(expr) => self.expr(expr),
            Source::Operator(operator) => self.operator(operator),
        }
        self.operators(&pipeline.operators);
    }

    fn operators(&mut self, operators: &'a [Operator]) {
        operators
            .iter()
            .for_each(|operator| self.operator(operator));
    }

    fn operator(&mut self, operator: &'a Operator) {
        (self.visit)(Part::Operator(operator));
        match &operator.kind {
            OperatorKind::Where(one) => self.expr(&one.predicate),
            OperatorKind::Take(one) => self.expr(&one.count),
            OperatorKind::Sample(one) => self.expr(&one.count),
            OperatorKind::Project(one) => self.items(&one.items),
            OperatorKind::Extend(one) => self.items(&one.items),
            OperatorKind::Print(one) => self.items(&one.items),
            OperatorKind::Serialize(one) => self.items(&one.items),
            OperatorKind::Distinct(one) => self.items(&one.items),
            OperatorKind::ProjectByNames(one) => self.exprs(&one.items),
            OperatorKind::Summarize(one) => {
                self.items(&one.aggregates);
                self.items(&one.by);
            }
            OperatorKind::Sort(one) => self.keys(&one.keys),
            OperatorKind::Top(one) => {
                self.expr(&one.count);
                self.keys(&one.keys);
            }
            OperatorKind::SampleDistinct(one) => {
                self.expr(&one.count);
                self.expr(&one.of.value);
            }
            OperatorKind::TopHitters(one) => {
                self.expr(&one.count);
                self.items([&one.of].into_iter().chain(&one.by));
            }
            OperatorKind::Datatable(one) => self.exprs(&one.values),
            OperatorKind::Externaldata(one) => self.exprs(&one.uris),
            OperatorKind::Range(one) => self.exprs([&one.start, &one.stop, &one.step]),
            OperatorKind::Render(one) => self.parameters(&one.properties),
            OperatorKind::Invoke(one) => self.arguments(&one.call.args),
            OperatorKind::Evaluate(one) => self.arguments(&one.call.args),
            OperatorKind::ParseKv(one) => self.expr(&one.source),
            OperatorKind::Reduce(one) => self.items([&one.by]),
            _ => self.larger(operator),
        }
    }

    /// Operators with tables, branches or several kinds of parts.
    fn larger(&mut self, operator: &'a Operator) {
        match &operator.kind {
            OperatorKind::Join(one) => {
                self.pipeline(&one.right);
                self.exprs(&one.on);
            }
            OperatorKind::Lookup(one) => {
                self.pipeline(&one.right);
                self.exprs(&one.on);
            }
            OperatorKind::Union(one) => self.pipelines(&one.legs),
            OperatorKind::Search(one) => {
                self.pipelines(&one.tables);
                self.expr(&one.predicate);
            }
            OperatorKind::Find(one) => {
                self.pipelines(&one.tables);
                self.expr(&one.predicate);
            }
            OperatorKind::MvExpand(one) => {
                self.items(one.items.iter().map(|item| &item.value));
                self.exprs(&one.limit);
            }
            OperatorKind::MvApply(one) => {
                self.items(one.items.iter().map(|item| &item.value));
                self.exprs(&one.limit);
                self.operators(&one.body);
            }
            OperatorKind::Parse(one) => {
                self.expr(&one.source);
                for part in &one.pattern {
                    if let ParsePart::Text(text) = part {
                        self.expr(text);
                    }
                }
            }
            OperatorKind::MakeSeries(one) => {
                for aggregate in &one.aggregates {
                    self.expr(&aggregate.value.value);
                    self.exprs(&aggregate.default);
                }
                self.expr(&one.axis.value);
                self.exprs(one.from.iter().chain(&one.to).chain([&one.step]));
                self.items(&one.by);
            }
            OperatorKind::TopNested(one) => {
                for level in &one.levels {
                    self.exprs(level.count.iter().chain([&level.of.value]));
                    self.exprs(level.others.iter().chain([&level.by.value]));
                }
            }
            OperatorKind::Partition(one) => match &one.body {
                PartitionBody::Operators(operators) => self.operators(operators),
                PartitionBody::Pipeline(pipeline) => self.pipeline(pipeline),
            },
            OperatorKind::Fork(one) => {
                one.branches
                    .iter()
                    .for_each(|branch| self.operators(&branch.operators));
            }
            OperatorKind::Facet(one) => self.operators(&one.with),
            OperatorKind::Scan(one) => {
                self.keys(&one.order);
                self.exprs(&one.partition_by);
                for step in &one.steps {
                    self.expr(&step.condition);
                    self.items(&step.assignments);
                }
            }
            OperatorKind::MakeGraph(one) => {
                one.nodes
                    .iter()
                    .for_each(|nodes| self.pipeline(&nodes.table));
                one.partition
                    .iter()
                    .for_each(|by| self.operators(&by.operators));
            }
            OperatorKind::GraphMatch(one) | OperatorKind::GraphShortestPaths(one) => {
                self.exprs(&one.predicate);
                self.items(one.project.iter().flatten());
            }
            _ => {}
        }
    }

    fn pipelines(&mut self, pipelines: &'a [Pipeline]) {
        pipelines
            .iter()
            .for_each(|pipeline| self.pipeline(pipeline));
    }

    fn items(&mut self, items: impl IntoIterator<Item = &'a NamedExpr>) {
        items.into_iter().for_each(|item| self.expr(&item.value));
    }

    fn keys(&mut self, keys: &'a [SortKey]) {
        keys.iter().for_each(|key| self.expr(&key.value.value));
    }

    fn parameters(&mut self, parameters: &'a [OperatorParameter]) {
        parameters.iter().for_each(|one| self.expr(&one.value));
    }

    fn arguments(&mut self, arguments: &'a [Arg]) {
        arguments.iter().for_each(|one| self.expr(&one.value));
    }

    fn exprs(&mut self, exprs: impl IntoIterator<Item = &'a Expr>) {
        exprs.into_iter().for_each(|expr| self.expr(expr));
    }

    fn expr(&mut self, expr: &'a Expr) {
        (self.visit)(Part::Expr(expr));
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Star => {}
            ExprKind::Paren(inner) | ExprKind::Unary(_, inner) | ExprKind::Member(inner, _) => {
                self.expr(inner);
            }
            ExprKind::Binary(binary) => self.exprs([&binary.left, &binary.right]),
            ExprKind::And(operands) | ExprKind::Or(operands) => self.exprs(operands),
            ExprKind::Between(between) => {
                self.exprs([&between.value, &between.low, &between.high]);
            }
            ExprKind::In(one) => {
                self.expr(&one.value);
                self.exprs(&one.items);
            }
            ExprKind::Call(call) => self.arguments(&call.args),
            ExprKind::MemberCall(left, right) | ExprKind::Index(left, right) => {
                self.exprs([left.as_ref(), right.as_ref()]);
            }
            ExprKind::Pipeline(pipeline) => self.pipeline(pipeline),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    #[test]
    fn names_of_all_depths_are_shown() {
        let text = "let f = (x: long) { x + a }; T | where b in (U | project c) | join (V | extend d = e) on g | summarize h(i) by j";
        let parsed = parse(text);
        let mut names = String::new();
        walk_script(&parsed.script, &mut |part| {
            if let Part::Expr(Expr {
                kind: ExprKind::Name(name),
                ..
            }) = part
            {
                names.push_str(&name.text);
            }
        });
        assert_eq!(names, "xaTbUcVegij");
    }
}
