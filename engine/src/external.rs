//! The rows of `externaldata`: local files in the formats that Kusto ingests, by position, by key or by a mapping.
//!
//! Not here: Avro, ORC and W3C logs, which are refused by name. A URL without a local file is refused when the query runs, not
//! before: a query can be checked without its data.

mod mapping;

pub(crate) use mapping::{MappedBy, Mapping};

use crate::conversion::convert;
use crate::execute::Refused;
use crate::json;
use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::MemTable;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::union::UnionExec;
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type};
use huntql_store::{TableSchema, arrow_type};
use mapping::Record;
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Cells by position, parted by this byte.
    Cells(u8),
    /// Cells by position, parted by tabs; a backslash stands in front of `t`, `n`, `r` and of itself.
    EscapedTabs,
    /// A line is the first column; empty lines are none.
    Lines,
    /// The whole text is the first column.
    Whole,
    /// Objects, or arrays of objects, one after the other: columns by key.
    Objects,
    /// Columns by name.
    Parquet,
}

const FORMATS: [(&str, Format); 14] = [
    ("tsve", Format::EscapedTabs),
    ("raw", Format::Whole),
    ("parquet", Format::Parquet),
    ("csv", Format::Cells(b',')),
    ("tsv", Format::Cells(b'\t')),
    ("psv", Format::Cells(b'|')),
    ("scsv", Format::Cells(b';')),
    ("sohsv", Format::Cells(1)),
    ("txt", Format::Lines),
    ("json", Format::Objects),
    ("multijson", Format::Objects),
    ("singlejson", Format::Objects),
    ("ndjson", Format::Objects),
    ("jsonl", Format::Objects),
];

impl Format {
    pub(crate) fn parse(name: &str) -> Option<Format> {
        let found = FORMATS.iter().find(|(known, _)| *known == name)?;
        Some(found.1)
    }

    /// What a mapping of this format's records goes by; `None` where there is none.
    pub(crate) fn mapped_by(self) -> Option<MappedBy> {
        match self {
            Format::Cells(_) | Format::EscapedTabs | Format::Lines | Format::Whole => {
                Some(MappedBy::Ordinal)
            }
            Format::Objects => Some(MappedBy::Path),
            Format::Parquet => None,
        }
    }

    /// By the ending of the URL's path; CSV when it tells nothing.
    pub(crate) fn of_url(url: &str) -> Format {
        let path = url.split(['?', ';', '#']).next().unwrap_or(url);
        let path = path.strip_suffix(".gz").unwrap_or(path);
        let ending = path.rsplit(['.', '/']).next().unwrap_or("");
        Format::parse(&ending.to_ascii_lowercase()).unwrap_or(Format::Cells(b','))
    }
}

/// A URL and what is behind it.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub url: String,
    pub file: Option<PathBuf>,
    pub format: Format,
}

/// The table of one `externaldata`; its files are read when a query runs.
#[derive(Debug)]
pub(crate) struct ExternalTable {
    columns: Vec<Column>,
    schema: SchemaRef,
    sources: Vec<Source>,
    reading: Reading,
    span: Span,
}

/// How the records of all files are read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    pub ignore_first: bool,
    pub mapping: Option<Mapping>,
}

impl ExternalTable {
    pub(crate) fn new(
        columns: Vec<Column>,
        sources: Vec<Source>,
        reading: Reading,
        span: Span,
    ) -> Self {
        let fields: Vec<Field> = columns
            .iter()
            .map(|column| Field::new(&column.name, arrow_type(column.ty), true))
            .collect();
        Self {
            columns,
            schema: Arc::new(Schema::new(fields)),
            sources,
            reading,
            span,
        }
    }

    fn refused(&self, url: &str) -> DataFusionError {
        let diagnostic = Diagnostic::unsupported(
            self.span,
            format!("`externaldata` fetches nothing: no local file is given for `{url}`"),
        )
        .help("fetch it yourself and name the file with `--url-map URL=FILE`");
        DataFusionError::External(Box::new(Refused(diagnostic)))
    }

    fn file<'s>(&self, source: &'s Source) -> Result<&'s Path> {
        source
            .file
            .as_deref()
            .ok_or_else(|| self.refused(&source.url))
    }

    fn batch(&self, source: &Source) -> Result<RecordBatch> {
        let file = self.file(source)?;
        let text = read(file)?;
        let mut cells = Cells::new(&self.columns, source, self.reading.mapping.as_ref());
        let skipped = usize::from(self.reading.ignore_first);
        match source.format {
            Format::Lines => text
                .lines()
                .filter(|line| !line.is_empty())
                .skip(skipped)
                .for_each(|line| cells.push(&[line])),
            Format::Whole => [text.as_str()]
                .into_iter()
                .skip(skipped)
                .for_each(|text| cells.push(&[text])),
            Format::Cells(delimiter) => separated(&text, delimiter, skipped, file, &mut cells)?,
            Format::EscapedTabs => escaped(&text, skipped, file, &mut cells)?,
            Format::Objects => objects(&text, skipped, file, &mut cells)?,
            Format::Parquet => return Err(unreadable(file, "it is read as Parquet")),
        }
        cells.finish(&self.columns, &self.schema)
    }

    /// The plan of one Parquet file; columns that it lacks are null.
    async fn parquet(
        &self,
        source: &Source,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let file = self.file(source)?;
        let declared = TableSchema::new("externaldata", self.columns.clone());
        let format = Some(huntql_store::files::Format::Parquet);
        let pattern = file.to_string_lossy();
        let table = huntql_store::files::open("externaldata", &pattern, format, Some(&declared))
            .map_err(|error| unreadable(file, error))?;
        let all: Vec<usize> = (0..self.columns.len()).collect();
        let wanted = Some(projection.unwrap_or(&all));
        table.scan(state, wanted, filters, limit).await
    }
}

#[async_trait]
impl TableProvider for ExternalTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (parquet, texts): (Vec<&Source>, Vec<&Source>) = self
            .sources
            .iter()
            .partition(|source| source.format == Format::Parquet);
        let mut plans = Vec::new();
        for source in parquet.iter() {
            plans.push(
                self.parquet(source, state, projection, filters, limit)
                    .await?,
            );
        }
        if !texts.is_empty() || plans.is_empty() {
            let batches = texts
                .into_iter()
                .map(|source| self.batch(source))
                .collect::<Result<Vec<_>>>()?;
            let table = MemTable::try_new(Arc::clone(&self.schema), vec![batches])?;
            plans.push(table.scan(state, projection, filters, limit).await?);
        }
        match plans.len() {
            1 => Ok(plans.remove(0)),
            _ => UnionExec::try_new(plans),
        }
    }
}

/// The text of a file, unpacked when it is gzip; bytes that are no UTF-8 become replacement characters.
fn read(file: &Path) -> Result<String> {
    let bytes = std::fs::read(file).map_err(|error| unreadable(file, error))?;
    let bytes = if bytes.starts_with(&[0x1F, 0x8B]) {
        let mut unpacked = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes.as_slice())
            .read_to_end(&mut unpacked)
            .map_err(|error| unreadable(file, error))?;
        unpacked
    } else {
        bytes
    };
    for (magic, what) in [(b"PK".as_slice(), "a zip archive"), (b"PAR1", "Parquet")] {
        if bytes.starts_with(magic) {
            return Err(unreadable(file, format!("it is {what}, not text")));
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.trim_start_matches('\u{feff}').to_string())
}

fn unreadable(file: &Path, why: impl std::fmt::Display) -> DataFusionError {
    DataFusionError::External(format!("cannot read `{}`: {why}", file.display()).into())
}

fn separated(
    text: &str,
    delimiter: u8,
    skipped: usize,
    file: &Path,
    cells: &mut Cells<'_>,
) -> Result<()> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    for record in reader.records().skip(skipped) {
        let record = record.map_err(|error| unreadable(file, error))?;
        cells.push(&record.iter().collect::<Vec<_>>());
    }
    Ok(())
}

/// Errors: a backslash in front of anything that is not known to be escaped.
fn escaped(text: &str, skipped: usize, file: &Path, cells: &mut Cells<'_>) -> Result<()> {
    for line in text.lines().filter(|line| !line.is_empty()).skip(skipped) {
        let row = line
            .split('\t')
            .map(unescaped)
            .collect::<Option<Vec<String>>>()
            .ok_or_else(|| unreadable(file, format!("`{line}` has an escape that is not known")))?;
        cells.push(&row.iter().map(String::as_str).collect::<Vec<_>>());
    }
    Ok(())
}

fn unescaped(cell: &str) -> Option<String> {
    let mut text = String::with_capacity(cell.len());
    let mut signs = cell.chars();
    while let Some(sign) = signs.next() {
        text.push(match sign {
            '\\' => match signs.next()? {
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                '\\' => '\\',
                _ => return None,
            },
            sign => sign,
        });
    }
    Some(text)
}

fn objects(text: &str, skipped: usize, file: &Path, cells: &mut Cells<'_>) -> Result<()> {
    let mut rows = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        match value.map_err(|error| unreadable(file, error))? {
            Value::Array(items) => rows.extend(items),
            other => rows.push(other),
        }
    }
    for row in rows.into_iter().skip(skipped) {
        match row {
            row @ Value::Object(_) => cells.push_object(&row),
            _ => return Err(unreadable(file, "a record is no JSON object")),
        }
    }
    Ok(())
}

/// The cells of all rows, column by column, as text; `None` is null.
struct Cells<'t> {
    names: Vec<String>,
    columns: Vec<Vec<Option<String>>>,
    mapping: Option<&'t Mapping>,
    url: &'t str,
    records: usize,
}

impl<'t> Cells<'t> {
    fn new(columns: &[Column], source: &'t Source, mapping: Option<&'t Mapping>) -> Self {
        Self {
            names: columns.iter().map(|column| column.name.clone()).collect(),
            columns: vec![Vec::new(); columns.len()],
            mapping,
            url: &source.url,
            records: 0,
        }
    }

    /// The record that comes now.
    fn record(&mut self) -> Record<'t> {
        self.records += 1;
        Record {
            url: self.url,
            number: self.records,
        }
    }

    fn add(&mut self, row: Vec<Option<String>>) {
        for (column, cell) in self.columns.iter_mut().zip(row) {
            column.push(cell);
        }
    }

    /// By position: cells that are missing are null, further ones are left out.
    fn push(&mut self, row: &[&str]) {
        let record = self.record();
        let cells = match self.mapping {
            Some(mapping) => mapping.of_cells(row, &record),
            None => (0..self.names.len())
                .map(|at| row.get(at).map(|cell| (*cell).to_owned()))
                .collect(),
        };
        self.add(cells);
    }

    fn push_object(&mut self, row: &Value) {
        let record = self.record();
        let cells = match self.mapping {
            Some(mapping) => mapping.of_object(row, &record),
            None => self
                .names
                .iter()
                .map(|name| row.get(name).and_then(mapping::text))
                .collect(),
        };
        self.add(cells);
    }

    fn finish(self, columns: &[Column], schema: &SchemaRef) -> Result<RecordBatch> {
        let rows = self.columns.first().map_or(0, Vec::len);
        let arrays = self
            .columns
            .into_iter()
            .zip(columns)
            .map(|(cells, column)| array(cells, column.ty))
            .collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(
            Arc::clone(schema),
            arrays,
            &options,
        )?)
    }
}

/// Text that does not read as the type is null.
fn array(cells: Vec<Option<String>>, ty: Type) -> Result<ArrayRef> {
    match ty {
        Type::String => Ok(Arc::new(StringArray::from(cells))),
        Type::Dynamic => {
            let values: StringArray = cells
                .into_iter()
                .map(|cell| cell.and_then(|text| dynamic(&text)))
                .collect();
            Ok(Arc::new(values))
        }
        ty => {
            let texts: ArrayRef = Arc::new(StringArray::from(cells));
            convert(&texts, Type::String, ty)
                .map_err(|error| DataFusionError::External(Box::new(error)))
        }
    }
}

/// JSON text as it is, other text as a string.
fn dynamic(text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    match json::parse(text) {
        Some(value) => json::non_null(&value).map(ToOwned::to_owned),
        None => Some(json::quote(text)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::Format;
    use crate::{Catalog, Engine, EngineOptions, QueryError, QueryOptions};
    use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    use datafusion::parquet::arrow::ArrowWriter;
    use futures::StreamExt;
    use std::sync::Arc;

    /// How many rows a query gives, with these bytes behind the URL.
    async fn rows(bytes: impl AsRef<[u8]>, query: &str) -> Result<usize, QueryError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, bytes).unwrap();
        let mut catalog = Catalog::builtin();
        catalog.map_url("https://example.org/list", &file);
        let engine = Engine::new(catalog, EngineOptions::default());
        let options = QueryOptions {
            now: 0,
            parameters: Default::default(),
        };
        let mut answer = engine.query(query, &options).await?;
        let mut count = 0;
        while let Some(batch) = answer.results[0].rows.next().await {
            count += batch.unwrap().num_rows();
        }
        Ok(count)
    }

    #[tokio::test]
    async fn a_mapped_url_gives_the_rows_of_its_file() {
        for (text, query, count) in [
            (
                "name,n\na,1\n\"b,c\",2\n",
                r#"externaldata(name:string, n:long)["https://example.org/list"] with (format="csv", ignoreFirstRecord=true) | where name == "b,c" and n == 2"#,
                1,
            ),
            (
                "1.1.1.1\n2.2.2.2\n",
                r#"externaldata(ip:string)["https://example.org/list"] with (format="txt") | where ip == "2.2.2.2""#,
                1,
            ),
            (
                "[{\"a\":1,\"b\":{\"c\":2}},{\"a\":2}]",
                r#"externaldata(a:long, b:dynamic)["https://example.org/list"] with (format="multijson") | where a == 1 and b.c == 2"#,
                1,
            ),
            (
                "a\n\nb\n",
                r#"externaldata(l:string)["https://example.org/list"] with (format="txt")"#,
                2,
            ),
            (
                "a\n\nb",
                r#"externaldata(l:string)["https://example.org/list"] with (format="raw") | where l == "a\n\nb""#,
                1,
            ),
            (
                "a\\tb\t7\n",
                r#"externaldata(l:string, n:long)["https://example.org/list"] with (format="tsve") | where l == "a\tb" and n == 7"#,
                1,
            ),
            (
                "{\"t\":1700000000,\n\"d\":{\"b c\":\"x\"}} {\"t\":null,\"d\":3}",
                r#"externaldata(at:datetime, who:string, n:long, c:string, all:dynamic, other:string)["https://example.org/list"]
                    with (format="multijson", ingestionMapping='[{"Column":"at","Properties":{"Path":"$.t","Transform":"DateTimeFromUnixSeconds"}},{"column":"who","path":"$.d.[\'b c\']"},{"Column":"n","Properties":{"Transform":"SourceLineNumber"}},{"Column":"c","Properties":{"ConstValue":"k"}},{"Column":"all","Properties":{"Path":"$"}}]')
                    | where (n == 1 and at == datetime(2023-11-14T22:13:20Z) and who == "x" and c == "k" and all.t == 1700000000 and other == "")
                        or (n == 2 and isnull(at) and who == "" and all.d == 3)"#,
                2,
            ),
            (
                "a,1\nb,2\n",
                r#"externaldata(n:long, u:string)["https://example.org/list"]
                    with (ingestionMapping='[{"Column":"n","Properties":{"Ordinal":"1"}},{"Column":"u","Properties":{"Transform":"SourceLocation"}}]')
                    | where n in (1, 2) and u == "https://example.org/list""#,
                2,
            ),
        ] {
            assert_eq!(rows(text, query).await.unwrap(), count, "{query}");
        }
    }

    #[tokio::test]
    async fn a_parquet_file_gives_its_columns_by_name() {
        let name: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), Some("b"), None]));
        let number: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]));
        let columns = [("name", name, true), ("n", number, true)];
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        let file = writer.into_inner().unwrap();
        let from = r#"externaldata(n:long, other:string, name:string)["https://example.org/list"] with (format="parquet")"#;
        for (condition, count) in [
            ("true", 3),
            ("n == 1 and name == 'a' and other == ''", 1),
            ("isnull(n) and name == 'b'", 1),
            ("n == 3 and name == ''", 1),
        ] {
            let query = format!("{from} | where {condition}");
            assert_eq!(rows(&file, &query).await.unwrap(), count, "{query}");
        }
        assert!(rows("no Parquet", from).await.is_err());
    }

    #[tokio::test]
    async fn another_url_is_refused_by_name_when_the_query_runs() {
        let query = r#"externaldata(a:string)["https://example.org/other"]"#;
        let Err(QueryError::Query(diagnostics)) = rows("", query).await else {
            panic!("nothing was refused");
        };
        assert!(diagnostics[0].message.contains("https://example.org/other"));
    }

    #[test]
    fn the_ending_of_a_url_tells_its_format() {
        assert_eq!(Format::of_url("https://e.org/a.txt?x=1.csv"), Format::Lines);
        assert_eq!(
            Format::of_url("https://e.org/a.csv.gz"),
            Format::Cells(b',')
        );
        assert_eq!(Format::of_url("https://e.org/feed"), Format::Cells(b','));
    }
}
