//! The rules that rewrite a plan before it runs.
//!
//! DataFusion's own list serves SQL: it removes correlated sub-queries, cross joins, grouping sets and accesses to fields of structs.
//! A bound query has none of these when it is lowered (`stage` ran its sub-queries, every join has keys, groups are columns), and each
//! rule walks the whole plan in each pass, some in time that is quadratic in the plan's width. Rules that are left out:
//!
//! | rule | why |
//! |---|---|
//! | `rewrite_set_comparison`, `decorrelate_*`, `scalar_subquery_to_join` | no sub-queries |
//! | `unions_to_filter`, `filter_null_join_keys` | off in DataFusion, too |
//! | `eliminate_cross_join` | equalities above a join reach its keys through `push_down_filter` and `extract_equijoin_predicate` |
//! | `eliminate_duplicated_expr`, `eliminate_group_by_constant` | groups are columns with names of their own |
//! | `extract_leaf_expressions`, `push_down_leaf_projections` | no structs |
//! | `resolve_grouping_function` | no grouping sets |

use crate::into_text::IntoText;
use datafusion::optimizer::analyzer::type_coercion::TypeCoercion;
use datafusion::optimizer::common_subexpr_eliminate::CommonSubexprEliminate;
use datafusion::optimizer::eliminate_filter::EliminateFilter;
use datafusion::optimizer::eliminate_join::EliminateJoin;
use datafusion::optimizer::eliminate_limit::EliminateLimit;
use datafusion::optimizer::eliminate_outer_join::EliminateOuterJoin;
use datafusion::optimizer::extract_equijoin_predicate::ExtractEquijoinPredicate;
use datafusion::optimizer::optimize_projections::OptimizeProjections;
use datafusion::optimizer::optimize_unions::OptimizeUnions;
use datafusion::optimizer::propagate_empty_relation::PropagateEmptyRelation;
use datafusion::optimizer::push_down_filter::PushDownFilter;
use datafusion::optimizer::push_down_limit::PushDownLimit;
use datafusion::optimizer::replace_distinct_aggregate::ReplaceDistinctWithAggregate;
use datafusion::optimizer::simplify_expressions::SimplifyExpressions;
use datafusion::optimizer::single_distinct_to_groupby::SingleDistinctToGroupBy;
use datafusion::optimizer::{AnalyzerRule, OptimizerRule};
use std::sync::Arc;

/// Rules that make a plan executable; each runs once.
pub(crate) fn analyzer_rules() -> Vec<Arc<dyn AnalyzerRule + Send + Sync>> {
    vec![Arc::new(TypeCoercion::new())]
}

/// Rules that make a plan better, in DataFusion's order; they run until the plan stays as it is.
pub(crate) fn rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    vec![
        Arc::new(OptimizeUnions::new()),
        Arc::new(SimplifyExpressions::new()),
        Arc::new(ReplaceDistinctWithAggregate::new()),
        Arc::new(EliminateJoin::new()),
        Arc::new(ExtractEquijoinPredicate::new()),
        Arc::new(EliminateFilter::new()),
        Arc::new(EliminateLimit::new()),
        Arc::new(PropagateEmptyRelation::new()),
        Arc::new(EliminateOuterJoin::new()),
        // Filters do not pass limits, so limits go first.
        Arc::new(PushDownLimit::new()),
        Arc::new(PushDownFilter::new()),
        Arc::new(SingleDistinctToGroupBy::new()),
        Arc::new(CommonSubexprEliminate::new()),
        Arc::new(OptimizeProjections::new()),
        Arc::new(IntoText),
    ]
}
