//! Text columns read as numbers, for plans that group, order or compare by texts without showing them.
//!
//! A Parquet file that keeps a column as numbers into a dictionary is read as it is: each text of a dictionary is looked up
//! once, the rows are translated. A number stands for the same text in all files of the scan ([`Texts`]); 0 is `""`.

use super::adapter::{EngineAdapter, Expr, Origin};
use super::distinct::{dictionary_of_text, is_same};
use super::members::Call;
use super::pushdown::{footer, is_dictionary};
use super::source::EventSource;
use super::texts;
pub use super::texts::Texts;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int32Array, StringArray};
use datafusion::arrow::datatypes::{DataType, Int32Type, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::Session;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig, FileSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ColumnarValue;
use datafusion::object_store::path::Path;
use datafusion::parquet::file::metadata::ParquetMetaData;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::projection::{ProjectionExpr, ProjectionExprs};
use datafusion::physical_plan::ExecutionPlan;
use huntql_kql::types::Type;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

/// Fewer rows than this are read as they are.
const ROWS_MIN: usize = 20_000;
/// More files than this are read as they are: their footers are asked before the query begins.
const FILES_MAX: usize = 256;
/// Bytes of all dictionaries of a column in a scan, as they lie in the files.
const DICTIONARIES_MAX: i64 = 64 << 20;

/// A text column as numbers.
#[derive(Debug)]
pub(super) struct Coded {
    column: Expr,
    texts: Arc<Texts>,
    met: Mutex<Option<Met>>,
}

/// What is known of the dictionary that was met last.
#[derive(Debug)]
struct Met {
    values: ArrayRef,
    rows: usize,
    numbers: Numbers,
}

/// The numbers of a dictionary's texts.
#[derive(Debug)]
enum Numbers {
    /// As rows asked for them; [`UNKNOWN`] where none did.
    Asked(Vec<i32>),
    All(Arc<[i32]>),
}

const UNKNOWN: i32 = -1;
/// The number of `""`.
const EMPTY: i32 = 0;

/// When one row has asked for so many of a dictionary's texts, all of them are looked up.
const TEXTS_A_ROW: usize = 2;

impl Met {
    fn new(values: &ArrayRef) -> Self {
        Self {
            values: Arc::clone(values),
            rows: 0,
            numbers: Numbers::Asked(vec![UNKNOWN; values.len()]),
        }
    }

    /// Looks all texts up, once enough rows are there to be worth it.
    fn look_up(&mut self, rows: usize, texts: &Texts) -> Result<()> {
        self.rows += rows;
        let few = self.rows.saturating_mul(TEXTS_A_ROW) < self.values.len();
        if few || matches!(self.numbers, Numbers::All(_)) {
            return Ok(());
        }
        let values = self.values.as_string::<i32>();
        let digest = texts::digest(values);
        let mut known = texts.known();
        let seen = digest.as_ref().and_then(|digest| known.dictionary(digest));
        let numbers = match seen {
            Some(numbers) => numbers,
            None => {
                let numbers: Arc<[i32]> = known.numbers(values)?.into();
                if let Some(digest) = digest {
                    known.keep(digest, Arc::clone(&numbers));
                }
                texts.count(&known)?;
                numbers
            }
        };
        self.numbers = Numbers::All(numbers);
        Ok(())
    }

    fn of(&mut self, keys: &Int32Array, texts: &Texts) -> Result<Vec<i32>> {
        self.look_up(keys.len(), texts)?;
        match &mut self.numbers {
            Numbers::All(numbers) => Ok(all(keys, numbers)),
            Numbers::Asked(numbers) => asked(keys, numbers, self.values.as_string(), texts),
        }
    }
}

/// The numbers of rows whose dictionary is known as a whole.
fn all(keys: &Int32Array, numbers: &[i32]) -> Vec<i32> {
    let number = |key: &i32| numbers.get(*key as usize).copied().unwrap_or(EMPTY);
    match keys.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => keys.values().iter().map(number).collect(),
        Some(nulls) => {
            let rows = keys.values().iter().zip(nulls);
            let number = |(key, is_there)| if is_there { number(key) } else { EMPTY };
            rows.map(number).collect()
        }
    }
}

/// The numbers of rows; texts that no row had before are looked up.
fn asked(
    keys: &Int32Array,
    numbers: &mut [i32],
    values: &StringArray,
    texts: &Texts,
) -> Result<Vec<i32>> {
    let mut known = None;
    let mut of_rows = Vec::with_capacity(keys.len());
    for row in 0..keys.len() {
        if keys.is_null(row) {
            of_rows.push(EMPTY);
            continue;
        }
        let at = keys.values()[row] as usize;
        if numbers[at] == UNKNOWN {
            numbers[at] = match values.is_valid(at) {
                true => known
                    .get_or_insert_with(|| texts.known())
                    .number(values.value(at).as_bytes())?,
                false => EMPTY,
            };
        }
        of_rows.push(numbers[at]);
    }
    if let Some(known) = known {
        texts.count(&known)?;
    }
    Ok(of_rows)
}

impl Coded {
    fn new(column: Expr, texts: Arc<Texts>) -> Self {
        Self {
            column,
            texts,
            met: Mutex::new(None),
        }
    }

    /// The numbers of the file's column.
    pub(super) fn over_file(&self, adapter: &EngineAdapter, physical: &Schema) -> Result<Expr> {
        let Some(column) = self.column.downcast_ref::<Column>() else {
            // A member of JSON that the file has no column of.
            let texts = adapter.walk(&self.column)?;
            return Ok(Arc::new(Self::new(texts, Arc::clone(&self.texts))));
        };
        let raw = physical
            .column_with_name(column.name())
            .filter(|(_, field)| *field.data_type() == dictionary_of_text())
            .map(|(index, _)| Arc::new(Column::new(column.name(), index)) as Expr);
        let column = match raw {
            Some(raw) => raw,
            None => adapter.column(column.name())?,
        };
        Ok(Arc::new(Self::new(column, Arc::clone(&self.texts))))
    }

    fn numbers(&self, column: &ArrayRef) -> Result<Vec<i32>> {
        if let Some(texts) = column.as_dictionary_opt::<Int32Type>() {
            let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
            return known(&mut met, texts.values()).of(texts.keys(), &self.texts);
        }
        let texts = column.as_string_opt::<i32>().ok_or_else(|| {
            DataFusionError::Internal(format!("{} is no text", column.data_type()))
        })?;
        let mut known = self.texts.known();
        let numbers = texts
            .iter()
            .map(|text| known.number(text.unwrap_or_default().as_bytes()))
            .collect::<Result<_>>()?;
        self.texts.count(&known)?;
        Ok(numbers)
    }
}

fn known<'m>(met: &'m mut Option<Met>, values: &ArrayRef) -> &'m mut Met {
    if !met
        .as_ref()
        .is_some_and(|known| is_same(&known.values, values))
    {
        *met = Some(Met::new(values));
    }
    met.as_mut().expect("just set")
}

impl PhysicalExpr for Coded {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(DataType::Int32)
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(false)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let column = self.column.evaluate(batch)?.into_array(batch.num_rows())?;
        let numbers = Int32Array::from(self.numbers(&column)?);
        Ok(ColumnarValue::Array(Arc::new(numbers)))
    }

    fn children(&self) -> Vec<&Expr> {
        vec![&self.column]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Expr>) -> Result<Expr> {
        let [column] = <[Expr; 1]>::try_from(children).expect("one child was shown");
        Ok(Arc::new(Self::new(column, Arc::clone(&self.texts))))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Coded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "number({})", self.column)
    }
}

impl Hash for Coded {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.column.hash(state);
    }
}

impl PartialEq for Coded {
    fn eq(&self, other: &Self) -> bool {
        self.column.eq(&other.column) && Arc::ptr_eq(&self.texts, &other.texts)
    }
}

impl Eq for Coded {}

/// A scan some of whose text columns can be read as numbers at no cost.
#[derive(Debug)]
pub struct Codable {
    config: FileScanConfig,
    /// For each column of the scan its name in the files, where it can be numbers.
    columns: Vec<Option<String>>,
    /// For each file its schema, and the columns of the scan that it has.
    files: HashMap<Path, (SchemaRef, HashSet<String>)>,
}

impl Codable {
    /// What can be coded of a scan of large tables; `None` for any other plan.
    pub async fn of(plan: &Arc<dyn ExecutionPlan>, state: &dyn Session) -> Result<Option<Codable>> {
        let Some((config, source)) = scan_of(plan) else {
            return Ok(None);
        };
        let rows = config.statistics().num_rows;
        let few = rows.get_value().is_none_or(|rows| *rows < ROWS_MIN);
        let names = names_of(source);
        if few || config.limit.is_some() || names.iter().all(Option::is_none) {
            return Ok(None);
        }
        let mut facts: HashMap<Path, (Arc<ParquetMetaData>, SchemaRef)> = HashMap::new();
        for file in config.file_groups.iter().flat_map(FileGroup::iter) {
            let path = &file.object_meta.location;
            if facts.len() > FILES_MAX {
                return Ok(None);
            }
            if !facts.contains_key(path) {
                facts.insert(path.clone(), footer(state, &file.object_meta).await?);
            }
        }
        let columns: Vec<Option<String>> = names
            .into_iter()
            .map(|name| name.filter(|name| pays(name, facts.values())))
            .collect();
        let files = facts.iter().map(|(path, (_, schema))| {
            let wanted = columns.iter().flatten();
            let held = wanted
                .filter(|name| is_text(schema, name))
                .cloned()
                .collect();
            (path.clone(), (Arc::clone(schema), held))
        });
        Ok(Some(Codable {
            files: files.collect(),
            config: config.clone(),
            columns,
        }))
    }

    /// Rows of the files, before any filter.
    pub fn rows(&self) -> usize {
        let rows = self.config.statistics().num_rows;
        rows.get_value().copied().unwrap_or(usize::MAX)
    }

    /// The name in the files of a column of the scan that can be numbers.
    pub fn name(&self, column: usize) -> Option<&str> {
        self.columns.get(column)?.as_deref()
    }

    /// The scan with columns as numbers of texts; those that cannot be numbers stay texts.
    pub fn coded(&self, numbers: &[Option<Arc<Texts>>]) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = self.config.projected_schema()?;
        let mut names = HashSet::new();
        let source = self
            .config
            .file_source
            .downcast_ref::<EventSource>()
            .ok_or_else(|| DataFusionError::Internal("a scan changed its source".to_owned()))?;
        let exprs = schema.fields().iter().enumerate().map(|(index, field)| {
            let column: Expr = Arc::new(Column::new(field.name(), index));
            let texts = numbers.get(index).and_then(Option::as_ref);
            let expr = match (texts, self.name(index)) {
                (Some(texts), Some(name)) => {
                    names.insert(name);
                    Arc::new(Coded::new(column, Arc::clone(texts))) as Expr
                }
                _ => column,
            };
            ProjectionExpr::new(expr, field.name())
        });
        let exprs = ProjectionExprs::new(exprs.collect::<Vec<_>>());
        let mut config = self.config.clone();
        config.file_source = source
            .try_pushdown_projection(&exprs)?
            .ok_or_else(|| DataFusionError::Internal("a scan takes no projection".to_owned()))?;
        for group in &mut config.file_groups {
            let files = group.iter().map(|file| {
                let mut file = file.clone();
                if let Some((schema, held)) = self.files.get(&file.object_meta.location) {
                    let read = file.arrow_schema.as_ref().unwrap_or(schema);
                    file.arrow_schema = Some(with_dictionaries(read, |name| {
                        held.contains(name) && names.contains(name)
                    }));
                }
                file
            });
            *group = FileGroup::new(files.collect());
        }
        Ok(DataSourceExec::from_data_source(config))
    }
}

fn scan_of(plan: &Arc<dyn ExecutionPlan>) -> Option<(&FileScanConfig, &EventSource)> {
    let scan = plan.downcast_ref::<DataSourceExec>()?;
    let config = scan.data_source().downcast_ref::<FileScanConfig>()?;
    let source = config.file_source.downcast_ref::<EventSource>()?;
    Some((config, source))
}

/// For each column of a scan the text column of the files that it is: one of the table, or that of a member of JSON.
fn names_of(source: &EventSource) -> Vec<Option<String>> {
    let types = &source.conversions.types;
    let Some(projection) = source.projection() else {
        return Vec::new();
    };
    let name = |projected: &ProjectionExpr| {
        if let Some(call) = Call::of(&projected.expr) {
            let suits = source.conversions.origin == Origin::Store && call.suits(types);
            return (suits && call.is_text()).then(|| call.name());
        }
        let column = projected.expr.downcast_ref::<Column>()?;
        (types.get(column.name()) == Some(&Type::String)).then(|| column.name().to_owned())
    };
    projection.iter().map(name).collect()
}

/// Whether every file that has a column has it as numbers into dictionaries, which are not too large together.
fn pays<'f>(
    name: &str,
    files: impl Iterator<Item = &'f (Arc<ParquetMetaData>, SchemaRef)>,
) -> bool {
    let (mut any, mut bytes) = (false, 0);
    for (metadata, schema) in files {
        if schema.column_with_name(name).is_none() {
            continue;
        }
        if !is_text(schema, name) || !is_dictionary(metadata, name) {
            return false;
        }
        any = true;
        bytes += dictionary_bytes(metadata, name);
    }
    any && bytes <= DICTIONARIES_MAX
}

fn dictionary_bytes(metadata: &ParquetMetaData, name: &str) -> i64 {
    let chunks = metadata.row_groups().iter().flat_map(|group| {
        let of_name = |chunk: &&datafusion::parquet::file::metadata::ColumnChunkMetaData| {
            chunk.column_path().parts() == [name]
        };
        group.columns().iter().find(of_name)
    });
    let size = |chunk: &datafusion::parquet::file::metadata::ColumnChunkMetaData| {
        let start = chunk.dictionary_page_offset()?;
        Some(chunk.data_page_offset() - start)
    };
    chunks.filter_map(size).sum()
}

fn is_text(schema: &Schema, name: &str) -> bool {
    schema
        .column_with_name(name)
        .is_some_and(|(_, field)| *field.data_type() == DataType::Utf8)
}

fn with_dictionaries(schema: &SchemaRef, wanted: impl Fn(&str) -> bool) -> SchemaRef {
    let fields: Vec<_> = schema
        .fields()
        .iter()
        .map(|field| match wanted(field.name()) {
            true => Arc::new(field.as_ref().clone().with_data_type(dictionary_of_text())),
            false => Arc::clone(field),
        })
        .collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}
