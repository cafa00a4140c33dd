//! What an engine answers, as lines of text.

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::util::display::array_value_to_string;
use futures::StreamExt;
use huntql_engine::{Engine, QueryOptions};
use huntql_kql::time::UNIX_EPOCH;

pub(crate) fn options() -> QueryOptions {
    QueryOptions {
        now: UNIX_EPOCH,
        parameters: Default::default(),
    }
}

/// The rows of the first result in their order, their cells parted by `|`.
pub(crate) async fn answer(engine: &Engine, query: &str) -> Vec<String> {
    let mut answer = engine.query(query, &options()).await.unwrap();
    let mut lines = Vec::new();
    while let Some(batch) = answer.results[0].rows.next().await {
        let batch = batch.unwrap();
        for row in 0..batch.num_rows() {
            let cell = |column: &ArrayRef| match column.is_null(row) {
                true => "null".to_owned(),
                false => array_value_to_string(column, row).unwrap(),
            };
            let cells: Vec<String> = batch.columns().iter().map(cell).collect();
            lines.push(cells.join("|"));
        }
    }
    lines
}
