//! What huntql adds to plans, as bytes, for plans that are sent to another process: programs and ranges.
//!
//! Functions travel by their names ([`crate::registry`]), the store's tables by their snapshots (`huntql_store::scan::travel`).
//! A codec of DataFusion's calls these functions; the payloads are JSON with a version.

use crate::program::{self, Call, ProgramExec, ProgramNode, ProgramPlanner};
use crate::range::{RangeExec, RangeScan, RangeTable};
use datafusion::catalog::TableProvider;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::context::QueryPlanner;
use datafusion::logical_expr::execution_props::ExecutionProps;
use datafusion::logical_expr::{Extension, LogicalPlan, UserDefinedLogicalNode};
use datafusion::physical_plan::ExecutionPlan;
use huntql_kql::types::Column;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    version: u32,
    payload: T,
}

#[derive(Serialize, Deserialize)]
struct CallNote {
    name: String,
    /// JSON.
    spec: String,
    columns: Vec<Vec<Column>>,
    result: Vec<Column>,
}

#[derive(Serialize, Deserialize)]
enum ExecNote {
    Program(CallNote),
    Range(RangeScan),
}

fn written(payload: impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(&Versioned {
        version: VERSION,
        payload,
    })
    .map_err(|error| DataFusionError::Internal(format!("a plan cannot travel: {error}")))
}

fn read<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T> {
    let note: Versioned<T> = serde_json::from_slice(bytes)
        .map_err(|error| DataFusionError::Internal(format!("not a part of a plan: {error}")))?;
    if note.version != VERSION {
        return Err(DataFusionError::Internal(format!(
            "a part of a plan has version {}, this huntql reads {VERSION}",
            note.version
        )));
    }
    Ok(note.payload)
}

impl CallNote {
    fn of(call: &Call) -> Result<Self> {
        let spec = String::from_utf8(call.program.spec()?)
            .map_err(|_| DataFusionError::Internal("a program's spec is no text".into()))?;
        Ok(Self {
            name: call.program.name().to_string(),
            spec,
            columns: call.columns.clone(),
            result: call.result.clone(),
        })
    }

    fn call(self) -> Result<Arc<Call>> {
        Ok(Arc::new(Call {
            program: program::from_spec(&self.name, self.spec.as_bytes())?,
            columns: self.columns,
            result: self.result,
        }))
    }
}

/// What plans the nodes of huntql's, for a session that runs decoded plans.
pub fn query_planner() -> Arc<dyn QueryPlanner + Send + Sync> {
    Arc::new(ProgramPlanner)
}

/// A node of huntql's; `None` for any other.
///
/// # Errors
/// A program with a sub-query that has not run.
pub fn node_to_bytes(node: &dyn UserDefinedLogicalNode) -> Result<Option<Vec<u8>>> {
    let any: &dyn std::any::Any = node.as_any();
    match any.downcast_ref::<ProgramNode>() {
        Some(node) => written(CallNote::of(&node.call)?).map(Some),
        None => Ok(None),
    }
}

/// The node of what [`node_to_bytes`] gave, over its inputs.
///
/// # Errors
/// Bytes of another version, or of something else.
pub fn node_from_bytes(bytes: &[u8], inputs: &[LogicalPlan]) -> Result<Extension> {
    let call = read::<CallNote>(bytes)?.call()?;
    Ok(Extension {
        node: Arc::new(ProgramNode::new(call, inputs.to_vec())?),
    })
}

/// A table of huntql's that is neither the store's nor the user's; `None` for any other.
///
/// # Errors
/// None that is known of.
pub fn table_to_bytes(table: &dyn TableProvider) -> Result<Option<Vec<u8>>> {
    let any: &dyn std::any::Any = table;
    any.downcast_ref::<RangeTable>().map(written).transpose()
}

/// The table of what [`table_to_bytes`] gave.
///
/// # Errors
/// Bytes of another version, or of something else.
pub fn table_from_bytes(bytes: &[u8]) -> Result<Arc<dyn TableProvider>> {
    Ok(Arc::new(read::<RangeTable>(bytes)?))
}

/// A physical node of huntql's; `None` for any other.
///
/// # Errors
/// A program with a sub-query that has not run.
pub fn exec_to_bytes(plan: &dyn ExecutionPlan) -> Result<Option<Vec<u8>>> {
    if let Some(exec) = plan.downcast_ref::<ProgramExec>() {
        return written(ExecNote::Program(CallNote::of(&exec.call)?)).map(Some);
    }
    match plan.downcast_ref::<RangeExec>() {
        Some(exec) => written(ExecNote::Range(exec.scan.clone())).map(Some),
        None => Ok(None),
    }
}

/// The physical node of what [`exec_to_bytes`] gave, over its inputs.
///
/// # Errors
/// Bytes of another version, or of something else.
pub fn exec_from_bytes(
    bytes: &[u8],
    inputs: &[Arc<dyn ExecutionPlan>],
) -> Result<Arc<dyn ExecutionPlan>> {
    match read(bytes)? {
        ExecNote::Program(note) => Ok(Arc::new(ProgramExec::compiled(
            note.call()?,
            inputs.to_vec(),
            &ExecutionProps::new(),
        )?)),
        ExecNote::Range(scan) => Ok(Arc::new(RangeExec::new(scan))),
    }
}
