//! Plans can travel: encoded, decoded and run again, they give the same rows.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::catalog::TableProvider;
use datafusion::common::{DataFusionError, Result, TableReference};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{AggregateUDF, Extension, LogicalPlan, ScalarUDF, WindowUDF};
use datafusion::prelude::SessionContext;
use datafusion_proto::bytes::{
    logical_plan_from_bytes_with_extension_codec, logical_plan_to_bytes_with_extension_codec,
};
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use huntql_engine::{Catalog, Engine, EngineOptions, QueryOptions, registry};
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
    fn try_decode(&self, _: &[u8], _: &[LogicalPlan], _: &TaskContext) -> Result<Extension> {
        Err(DataFusionError::Internal(
            "huntql has no plan nodes of its own".into(),
        ))
    }

    fn try_encode(&self, _: &Extension, _: &mut Vec<u8>) -> Result<()> {
        Err(DataFusionError::Internal(
            "huntql has no plan nodes of its own".into(),
        ))
    }

    fn try_decode_table_provider(
        &self,
        bytes: &[u8],
        _: &TableReference,
        _: SchemaRef,
        _: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
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
];

async fn rows(plan: &LogicalPlan) -> String {
    let context = SessionContext::new();
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
        let context = SessionContext::new();
        let back =
            logical_plan_from_bytes_with_extension_codec(&bytes, &context.task_ctx(), &Codec)
                .unwrap_or_else(|error| panic!("{text}\n does not decode: {error}"));
        assert_eq!(rows(&plan).await, rows(&back).await, "{text}");
    }
}

#[tokio::test]
async fn a_decoded_plan_gives_the_same_rows() {
    let engine = Engine::new(Catalog::builtin(), EngineOptions::default());
    for query in QUERIES {
        assert_travels(&engine, &format!("{DATA}{query}")).await;
    }
}
