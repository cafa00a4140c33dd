//! Plans can travel: encoded, decoded and run again, they give the same rows.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::catalog::TableProvider;
use datafusion::common::{DataFusionError, Result, TableReference};
use datafusion::execution::TaskContext;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::{AggregateUDF, Extension, LogicalPlan, ScalarUDF, WindowUDF};
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::SessionContext;
use datafusion_proto::bytes::{
    logical_plan_from_bytes_with_extension_codec, logical_plan_to_bytes_with_extension_codec,
    physical_plan_from_bytes_with_extension_codec, physical_plan_to_bytes_with_extension_codec,
};
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use huntql_engine::{Catalog, Engine, EngineOptions, QueryOptions, registry, travel};
use std::sync::Arc;

/// Functions travel by their names, tables of the store by their snapshots.
#[derive(Debug)]
struct Codec;

fn unknown(name: &str) -> DataFusionError {
    DataFusionError::Internal(format!("`{name}` is not in the registry"))
}

/// A note beside the name tells that the function is one of huntql's; without one DataFusion looks among its own.
fn note(name: &str, bytes: &mut Vec<u8>) {
    if name.starts_with("kql_") {
        bytes.push(1);
    }
}

impl LogicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[LogicalPlan],
        _: &TaskContext,
    ) -> Result<Extension> {
        travel::node_from_bytes(bytes, inputs)
    }

    fn try_encode(&self, extension: &Extension, bytes: &mut Vec<u8>) -> Result<()> {
        let node = travel::node_to_bytes(extension.node.as_ref())?;
        bytes.extend(node.ok_or_else(|| unknown(extension.node.name()))?);
        Ok(())
    }

    fn try_decode_table_provider(
        &self,
        bytes: &[u8],
        _: &TableReference,
        _: SchemaRef,
        _: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
        if let Ok(table) = travel::table_from_bytes(bytes) {
            return Ok(table);
        }
        let table = huntql_store::scan::travel::table_from_bytes(bytes)
            .map_err(|error| DataFusionError::External(Box::new(error)))?;
        Ok(Arc::new(table))
    }

    fn try_encode_table_provider(
        &self,
        name: &TableReference,
        table: Arc<dyn TableProvider>,
        bytes: &mut Vec<u8>,
    ) -> Result<()> {
        if let Some(range) = travel::table_to_bytes(table.as_ref())? {
            bytes.extend(range);
            return Ok(());
        }
        let any: &dyn std::any::Any = table.as_ref();
        let table = any
            .downcast_ref::<huntql_store::EventTable>()
            .ok_or_else(|| unknown(&name.to_string()))?;
        bytes.extend(huntql_store::scan::travel::table_to_bytes(table));
        Ok(())
    }

    fn try_decode_udf(&self, name: &str, _: &[u8]) -> Result<Arc<ScalarUDF>> {
        registry::scalar(name).ok_or_else(|| unknown(name))
    }

    fn try_decode_udaf(&self, name: &str, _: &[u8]) -> Result<Arc<AggregateUDF>> {
        registry::aggregate(name).ok_or_else(|| unknown(name))
    }

    fn try_decode_udwf(&self, name: &str, _: &[u8]) -> Result<Arc<WindowUDF>> {
        registry::window(name).ok_or_else(|| unknown(name))
    }

    fn try_encode_udf(&self, function: &ScalarUDF, bytes: &mut Vec<u8>) -> Result<()> {
        note(function.name(), bytes);
        Ok(())
    }

    fn try_encode_udaf(&self, function: &AggregateUDF, bytes: &mut Vec<u8>) -> Result<()> {
        note(function.name(), bytes);
        Ok(())
    }

    fn try_encode_udwf(&self, function: &WindowUDF, bytes: &mut Vec<u8>) -> Result<()> {
        note(function.name(), bytes);
        Ok(())
    }
}

impl PhysicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        _: &TaskContext,
        _: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        travel::exec_from_bytes(bytes, inputs)
    }

    fn try_encode(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        _: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let exec = travel::exec_to_bytes(plan.as_ref())?;
        bytes.extend(exec.ok_or_else(|| unknown(plan.name()))?);
        Ok(())
    }

    fn try_decode_udf(&self, name: &str, _: &[u8]) -> Result<Arc<ScalarUDF>> {
        registry::scalar(name).ok_or_else(|| unknown(name))
    }

    fn try_decode_udaf(&self, name: &str, _: &[u8]) -> Result<Arc<AggregateUDF>> {
        registry::aggregate(name).ok_or_else(|| unknown(name))
    }

    fn try_decode_udwf(&self, name: &str, _: &[u8]) -> Result<Arc<WindowUDF>> {
        registry::window(name).ok_or_else(|| unknown(name))
    }

    fn try_encode_udf(&self, function: &ScalarUDF, bytes: &mut Vec<u8>) -> Result<()> {
        note(function.name(), bytes);
        Ok(())
    }

    fn try_encode_udaf(&self, function: &AggregateUDF, bytes: &mut Vec<u8>) -> Result<()> {
        note(function.name(), bytes);
        Ok(())
    }

    fn try_encode_udwf(&self, function: &WindowUDF, bytes: &mut Vec<u8>) -> Result<()> {
        note(function.name(), bytes);
        Ok(())
    }
}

const DATA: &str = r#"let T = datatable(a: long, b: string, c: dynamic, t: datetime)[
    1, "x y", dynamic([1, 2]), datetime(2024-01-01 00:00:01),
    2, "Y", dynamic({"k": "v"}), datetime(2024-01-01 01:00:00),
    1, "", dynamic(null), datetime(2024-01-02)];
"#;

/// Queries that between them use every kind of bound node.
const QUERIES: &[&str] = &[
    r#"T | where a == 1 and b has "x" | extend d = a + 1, e = tostring(c.k) | sort by t asc"#,
    r#"T | where b !in ("Y", "z") or isnull(a) | project-away c | take 5 | sort by t asc"#,
    "T | summarize count(), dcount(b), make_set(b), arg_max(t, *), percentile(a, 50) by bin(t, 1d) | sort by t asc",
    "T | join kind=leftouter (T | project a, other = b) on a | sort by t asc, other asc",
    "T | join kind=innerunique (T | project a) on a | count",
    "T | join kind=leftanti (T | where b == 'Y') on a | count",
    "union withsource=src T, (T | extend extra = 1) | summarize count() by src | sort by src asc",
    "T | mv-expand with_itemindex=i c to typeof(string) | sort by t asc, i asc",
    "T | sort by t asc | extend n = row_number(), p = prev(b)",
    "T | distinct b | sort by b asc",
    "range x from 1 to 5 step 2 | extend y = iff(x > 2, 'big', 'small')",
    "T | where a in ((T | where b == 'Y' | project a)) | count",
    "T | where a == toscalar(T | summarize max(a)) | project b",
    "range x from 10.5 to 1.0 step -3.0 | extend y = x * 2",
    "range t from datetime(2024-01-01) to datetime(2024-01-03) step 1d | count",
    "T | sort by t asc
     | scan with_match_id=m declare (n: long = 0, r: real = real(+inf)) with (
         step s1 output=all: a == toscalar(print 1) => n = 1, r = -0.0;
         step s2: a > s1.a and s1.n == 1 => n = s1.n + 1)
     | project a, n, r, m",
    "let E = datatable(s: string, e: string, w: long)['a', 'b', 1, 'b', 'c', 2, 'c', 'a', 3];
     E | make-graph s --> e with (T | project b, a) on b
     | graph-match (x)-[p*1..2]->(y) where all(p, w > 0) and x.a != 7 project x.b, y.b, ws = map(p, w)
     | sort by x_b asc, y_b asc, tostring(ws) asc",
    "T | project a, b | evaluate basket(0.3) | sort by SegmentId asc",
    "let E = datatable(s: string, e: string)['a', 'b', 'b', 'c'];
     E | make-graph s --> e with_node_id=id | graph-to-table nodes as N | sort by id asc",
];

/// Queries whose physical plans are huntql's own.
const PHYSICAL: &[&str] = &[
    "range x from 1 to 20000 step 1 | where x % 2 == 0 | summarize count(), max(x)",
    "range x from 5 to 1 step -1",
    "range x from 1 to 9 step 1
     | scan declare (n: long = 0) with (step s: x > 3 => n = iff(isnull(s.n), 1, s.n + 1))",
    "range x from 1 to 4 step 1 | project s = tostring(x), e = tostring(x % 4 + 1)
     | make-graph s --> e with_node_id=id
     | graph-match (a)-[r]->(b)-[q]->(c) project a.id, c.id | sort by a_id asc, c_id asc",
];

fn context() -> SessionContext {
    let state = SessionStateBuilder::new_with_default_features()
        .with_query_planner(travel::query_planner())
        .build();
    SessionContext::new_with_state(state)
}

async fn rows(plan: &LogicalPlan) -> String {
    let context = context();
    let frame = context.execute_logical_plan(plan.clone()).await.unwrap();
    let batches: Vec<RecordBatch> = frame.collect().await.unwrap();
    pretty_format_batches(&batches).unwrap().to_string()
}

async fn assert_travels(engine: &Engine, text: &str) {
    let options = QueryOptions {
        now: huntql_kql::time::UNIX_EPOCH,
        parameters: Default::default(),
    };
    for plan in engine
        .plans(text, &options)
        .await
        .unwrap_or_else(|error| panic!("{text}: {error:?}"))
    {
        let bytes = logical_plan_to_bytes_with_extension_codec(&plan, &Codec)
            .unwrap_or_else(|error| panic!("{text}\n does not encode: {error}"));
        let context = context();
        let back =
            logical_plan_from_bytes_with_extension_codec(&bytes, &context.task_ctx(), &Codec)
                .unwrap_or_else(|error| panic!("{text}\n does not decode: {error}"));
        assert_eq!(rows(&plan).await, rows(&back).await, "{text}");
    }
}

async fn assert_travels_physically(engine: &Engine, text: &str) {
    let options = QueryOptions {
        now: huntql_kql::time::UNIX_EPOCH,
        parameters: Default::default(),
    };
    let context = context();
    for plan in engine.plans(text, &options).await.unwrap() {
        let plan = context.state().create_physical_plan(&plan).await.unwrap();
        let bytes = physical_plan_to_bytes_with_extension_codec(Arc::clone(&plan), &Codec)
            .unwrap_or_else(|error| panic!("{text}\n does not encode: {error}"));
        let back =
            physical_plan_from_bytes_with_extension_codec(&bytes, &context.task_ctx(), &Codec)
                .unwrap_or_else(|error| panic!("{text}\n does not decode: {error}"));
        let here = collect(plan, context.task_ctx()).await.unwrap();
        let there = collect(back, context.task_ctx()).await.unwrap();
        assert_eq!(
            pretty_format_batches(&here).unwrap().to_string(),
            pretty_format_batches(&there).unwrap().to_string(),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_decoded_physical_plan_gives_the_same_rows() {
    let engine = Engine::new(Catalog::builtin(), EngineOptions::default());
    for query in PHYSICAL {
        assert_travels_physically(&engine, query).await;
    }
}

#[tokio::test]
async fn a_decoded_plan_gives_the_same_rows() {
    let engine = Engine::new(Catalog::builtin(), EngineOptions::default());
    for query in QUERIES {
        assert_travels(&engine, &format!("{DATA}{query}")).await;
    }
}
