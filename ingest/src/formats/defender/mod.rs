//! Defender's own exports: streaming JSON, hunting results, and CSV.
//!
//! All three carry the table's own column names, so there is one mapping: the column of the same name, case ignored.
//! A value that does not fit its column becomes null with a counted warning (`--strict`: the row is rejected); a column
//! that the table does not have is counted. `AdditionalFields` is kept as it came; an object becomes compact JSON text.
//!
//! Spec: <https://learn.microsoft.com/en-us/defender-xdr/streaming-api-event-hub>,
//! <https://learn.microsoft.com/en-us/defender-xdr/api-advanced-hunting>,
//! <https://learn.microsoft.com/en-us/defender-xdr/advanced-hunting-query-results>.

mod api;
mod cell;
mod csv;
mod csv_records;
mod pull;
mod row;
mod split;
mod stream;
mod tables;

pub(super) static STREAM: stream::DefenderStream = stream::DefenderStream;
pub(super) static API: api::HuntingApi = api::HuntingApi;
pub(super) static CSV: csv::DefenderCsv = csv::DefenderCsv;
