//! One query from its text to its rows: the engine's door.

use crate::bind::{BoundScript, Lessons, bind};
use crate::catalog::Catalog;
use crate::execute::{Plan, Session};
use crate::gauge::Gauge;
use crate::ir::{BoundQuery, Relation};
use crate::latest;
use crate::lints::{self, Known};
use crate::stage::{self, Runner};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::displayable;
use huntql_kql::diagnostics::{Diagnostic, Fault};
use huntql_kql::span::Span;
use huntql_kql::types::Column;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a query is asked with.
#[derive(Debug, Clone)]
pub struct QueryOptions {
    /// `now()`: ticks. Read once, the same for the whole text.
    pub now: i64,
    /// Values of `declare query_parameters`, as text; converted to the declared types, never spliced into the query.
    pub parameters: BTreeMap<String, String>,
}

/// How the engine runs.
#[derive(Debug, Clone, Default)]
pub struct EngineOptions {
    /// Bytes that the operators of all running queries may hold.
    pub memory_limit_bytes: Option<usize>,
    /// Threads that a query's plan is split over; 0 means one per core.
    pub parallelism: usize,
}

/// The rows of one tabular statement, and what to know of them.
pub struct ResultSet {
    pub columns: Vec<Column>,
    /// One batch column for each of `columns`, in the engine's types ([`huntql_store::arrow_type`]): datetimes and timespans are ticks.
    /// A null in a string column means `""`.
    pub rows: SendableRecordBatchStream,
    pub render: Option<RenderAnnotation>,
    /// The rows have an order that the query asked for.
    pub ordered: bool,
}

/// What `render` said: kept for whoever draws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderAnnotation {
    pub visualization: String,
    pub properties: Vec<(String, String)>,
}

/// The answer to a text: a result for each tabular statement, and warnings and hints.
pub struct Answer {
    pub results: Vec<ResultSet>,
    pub diagnostics: Vec<Diagnostic>,
}

/// What `check` found.
#[derive(Debug)]
pub struct Checked {
    /// Errors, warnings and hints in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The columns of each tabular statement; empty when there are errors.
    pub results: Vec<Vec<Column>>,
}

impl Checked {
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Why there is no answer, by whose fault it is.
#[derive(Debug)]
pub enum QueryError {
    /// The query's: every error that was found, with its place.
    Query(Vec<Diagnostic>),
    /// The data's: a file that cannot be read, a damaged Parquet page.
    Data(String),
    /// A limit was met: memory, rows, time. The text names it.
    Limit(String),
    /// Ours.
    Internal(String),
}

impl QueryError {
    /// The worst fault among the diagnostics of [`QueryError::Query`].
    pub fn fault(&self) -> Option<Fault> {
        let QueryError::Query(diagnostics) = self else {
            return None;
        };
        let has = |fault| {
            diagnostics
                .iter()
                .any(|diagnostic| diagnostic.is_error() && diagnostic.fault == fault)
        };
        [Fault::Syntax, Fault::Binding, Fault::Unsupported]
            .into_iter()
            .find(|fault| has(*fault))
    }
}

/// How often a text is bound again because names of columns were learned.
const LESSONS_MAX: usize = 32;

/// The engine over one catalog. Cheap to clone; queries run side by side.
#[derive(Debug, Clone)]
pub struct Engine {
    catalog: Arc<Catalog>,
    session: Session,
}

impl Engine {
    pub fn new(catalog: Catalog, options: EngineOptions) -> Self {
        Self {
            catalog: Arc::new(catalog),
            session: Session::new(&options),
        }
    }

    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The same engine; what its next query costs is told by the gauge.
    pub fn observed_by(&self, gauge: &Gauge) -> Engine {
        Engine {
            catalog: Arc::clone(&self.catalog),
            session: self.session.observed_by(gauge),
        }
    }

    /// Parses and binds; reads no rows.
    pub fn check(&self, text: &str, options: &QueryOptions) -> Checked {
        let BoundScript {
            queries,
            diagnostics,
            ..
        } = self.bind(text, options, &Lessons::default());
        let fine = !diagnostics.iter().any(Diagnostic::is_error);
        let results = if fine {
            queries
                .into_iter()
                .map(|query| query.relation.columns)
                .collect()
        } else {
            Vec::new()
        };
        Checked {
            diagnostics,
            results,
        }
    }

    /// What is good KQL and yet seldom what was meant, or slow. Nothing for a text with syntax errors.
    pub fn lint(&self, text: &str, known: &Known) -> Vec<Diagnostic> {
        lints::find(text, &self.catalog, known)
    }

    /// Starts the query. Rows come when the streams are polled; dropping a stream stops its work.
    ///
    /// # Errors
    /// All errors of the text at once, or the data's, a limit's or our own.
    pub async fn query(&self, text: &str, options: &QueryOptions) -> Result<Answer, QueryError> {
        let (queries, diagnostics) = self.bound(text, options).await?;
        let mut results = Vec::with_capacity(queries.len());
        for query in queries {
            let columns = query.relation.columns.clone();
            let ordered = query.relation.order.is_serialized();
            let relation = self.resolved(query.relation).await?;
            let plan = self.session.physical(&self.session.plan(relation)?).await?;
            let rows = self.session.stream(plan)?;
            results.push(ResultSet {
                columns,
                rows,
                render: query.render,
                ordered,
            });
        }
        Ok(Answer {
            results,
            diagnostics,
        })
    }

    /// The plans of a query as text: logical, optimized, physical. Sub-queries that are constants of the query run for it.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub async fn explain(&self, text: &str, options: &QueryOptions) -> Result<String, QueryError> {
        let mut out = String::new();
        for plan in self.planned(text, options).await? {
            let optimized = self.session.optimize(&plan)?;
            let physical = self.session.physical(&plan).await?;
            let physical = displayable(physical.as_ref()).indent(false);
            out.push_str(&format!(
                "logical plan\n{}\n\noptimized plan\n{}\n\nphysical plan\n{physical}\n",
                plan.logical.display_indent(),
                optimized.display_indent()
            ));
        }
        Ok(out)
    }

    /// The logical plans of a query, one for each tabular statement, as they would travel to another machine. Sub-queries that are
    /// constants of the query run for it.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub async fn plans(
        &self,
        text: &str,
        options: &QueryOptions,
    ) -> Result<Vec<LogicalPlan>, QueryError> {
        let plans = self.planned(text, options).await?;
        Ok(plans.into_iter().map(|plan| plan.logical).collect())
    }

    async fn planned(&self, text: &str, options: &QueryOptions) -> Result<Vec<Plan>, QueryError> {
        let (queries, _) = self.bound(text, options).await?;
        let mut plans = Vec::with_capacity(queries.len());
        for query in queries {
            let relation = self.resolved(query.relation).await?;
            plans.push(self.session.plan(relation)?);
        }
        Ok(plans)
    }

    /// The relation with everything run that has to run before.
    async fn resolved(&self, relation: Relation) -> Result<Relation, QueryError> {
        let relation = stage::resolve(relation, &self.session).await?;
        latest::resolve(relation, &self.session).await
    }

    fn bind(&self, text: &str, options: &QueryOptions, lessons: &Lessons) -> BoundScript {
        let parsed = huntql_kql::parse(text);
        let mut diagnostics = parsed.diagnostics;
        // A text with a part that is not supported is still good KQL: its names are looked at, too.
        let is_wrong = |found: &Diagnostic| found.is_error() && found.fault == Fault::Syntax;
        if diagnostics.iter().any(is_wrong) {
            return BoundScript {
                queries: Vec::new(),
                diagnostics,
                ..BoundScript::default()
            };
        }
        let mut bound = bind(&parsed.script, &self.catalog, options, lessons);
        diagnostics.append(&mut bound.diagnostics);
        diagnostics.sort_by_key(Diagnostic::span);
        BoundScript {
            diagnostics,
            ..bound
        }
    }

    /// Bound queries of a text without errors. Where names of columns are data, that data is read first.
    async fn bound(
        &self,
        text: &str,
        options: &QueryOptions,
    ) -> Result<(Vec<BoundQuery>, Vec<Diagnostic>), QueryError> {
        let mut lessons = Lessons::default();
        for _ in 0..LESSONS_MAX {
            let bound = self.bind(text, options, &lessons);
            if bound.diagnostics.iter().any(Diagnostic::is_error) {
                if lessons.wish(bound.missing) {
                    continue;
                }
                return Err(QueryError::Query(bound.diagnostics));
            }
            if bound.queries.is_empty() {
                let end = Span::new(text.len(), text.len());
                return Err(QueryError::Query(vec![
                    Diagnostic::binding("SYN0002", end, "the text declares names and asks nothing")
                        .help("a query has to follow, for instance the name of one of them"),
                ]));
            }
            if bound.questions.is_empty() {
                return Ok((bound.queries, bound.diagnostics));
            }
            for question in bound.questions {
                let relation = stage::resolve(question.relation.clone(), &self.session).await?;
                let values = stage::texts(&self.session.run(&relation).await?);
                lessons.learn(question, values);
            }
        }
        Err(QueryError::Limit(format!(
            "more than {LESSONS_MAX} tables with columns named by data build on each other"
        )))
    }
}
