//! Text columns read as numbers, for plans that group, order or compare by texts without showing them.
//!
//! A Parquet file that keeps a column as numbers into a dictionary is read as it is: each text of a dictionary is looked up
//! once, the rows are translated. A number stands for the same text in all files of the scan ([`Texts`]); 0 is `""`.
//! For distinct counts the hash of the text is given instead.

use super::adapter::{EngineAdapter, Expr, Origin};
use super::distinct::{dictionary_of_text, is_same};
use super::members::Call;
use super::pushdown::{footer, is_dictionary};
use super::source::EventSource;
use crate::index::intern::Interner;
use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, Int32Array, PrimitiveArray, StringArray,
    StringBuilder,
};
use datafusion::arrow::datatypes::{DataType, Int32Type, Int64Type, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::Session;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig, FileSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
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
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Fewer rows than this are read as they are.
const ROWS_MIN: usize = 20_000;
/// More files than this are read as they are: their footers are asked before the query begins.
const FILES_MAX: usize = 256;
/// Bytes of all dictionaries of a column in a scan, as they lie in the files.
const DICTIONARIES_MAX: i64 = 64 << 20;

/// Texts and their numbers. Cheap to share; what it holds is counted by the memory pool.
pub struct Texts {
    known: Mutex<Interner>,
    held: MemoryReservation,
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Texts").finish_non_exhaustive()
    }
}

impl Texts {
    /// No text but `""`, which is 0.
    pub fn new(pool: &Arc<dyn MemoryPool>) -> Arc<Texts> {
        let mut known = Interner::default();
        known.number(b"");
        Arc::new(Texts {
            known: Mutex::new(known),
            held: MemoryConsumer::new("texts").register(pool),
        })
    }

    fn known(&self) -> MutexGuard<'_, Interner> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, known: &Interner) -> Result<()> {
        // An entry and its share of the slots take about 48 bytes; long texts stand apart.
        self.held.try_resize(known.bytes() + known.len() * 48)
    }

    /// The texts of numbers; null stays null.
    pub fn texts(&self, numbers: &Int32Array) -> Result<StringArray> {
        let known = self.known();
        let mut texts = StringBuilder::with_capacity(numbers.len(), numbers.len() * 16);
        for row in 0..numbers.len() {
            match numbers.is_valid(row) {
                true => texts.append_value(text_of(&known, numbers.value(row))?),
                false => texts.append_null(),
            }
        }
        Ok(texts.finish())
    }

    /// Moves all texts to `ordered`, which knows none, so that numbers have the order of the texts' bytes.
    ///
    /// The result has for each number the new one.
    pub fn move_in_order(&self, ordered: &Texts) -> Result<Vec<i32>> {
        let (mut from, mut to) = (self.known(), ordered.known());
        let mut numbers: Vec<u32> = (0..from.len() as u32).collect();
        numbers.sort_unstable_by(|one, other| from.text(*one).cmp(from.text(*other)));
        let mut ranks = vec![0; numbers.len()];
        for number in numbers {
            // "" comes first and has 0 there, too.
            let (rank, _) = to.number(from.text(number));
            ranks[number as usize] = number_of(rank)?;
        }
        ordered.count(&to)?;
        from.clear();
        from.number(b"");
        self.count(&from)?;
        Ok(ranks)
    }
}

fn number_of(number: u32) -> Result<i32> {
    i32::try_from(number)
        .map_err(|_| DataFusionError::ResourcesExhausted("too many distinct texts".to_owned()))
}

fn text_of(known: &Interner, number: i32) -> Result<&str> {
    let bytes = usize::try_from(number)
        .ok()
        .filter(|number| *number < known.len())
        .map(|number| known.text(number as u32));
    bytes
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
        .ok_or_else(|| DataFusionError::Internal(format!("no text has the number {number}")))
}

/// What a text column is read as.
#[derive(Debug, Clone)]
pub enum Coding {
    /// `Int32`.
    Number(Arc<Texts>),
    /// The bits of a hash as `Int64`.
    Hash(fn(&[u8]) -> u64),
}

impl Coding {
    fn is(&self, other: &Coding) -> bool {
        match (self, other) {
            (Coding::Number(one), Coding::Number(other)) => Arc::ptr_eq(one, other),
            (Coding::Hash(one), Coding::Hash(other)) => std::ptr::fn_addr_eq(*one, *other),
            (Coding::Number(_), Coding::Hash(_)) | (Coding::Hash(_), Coding::Number(_)) => false,
        }
    }
}

/// A text column in a coding.
#[derive(Debug)]
pub(super) struct Coded {
    column: Expr,
    coding: Coding,
    met: Mutex<Option<Met>>,
}

/// What is known of the dictionary that was met last.
#[derive(Debug)]
struct Met {
    values: ArrayRef,
    /// [`UNKNOWN`] where no row asked yet.
    codes: Vec<i64>,
}

const UNKNOWN: i64 = i64::MIN;

impl Coded {
    fn new(column: Expr, coding: Coding) -> Self {
        Self {
            column,
            coding,
            met: Mutex::new(None),
        }
    }

    /// The coding of the file's column.
    pub(super) fn over_file(&self, adapter: &EngineAdapter, physical: &Schema) -> Result<Expr> {
        let Some(column) = self.column.downcast_ref::<Column>() else {
            // A member of JSON that the file has no column of.
            let texts = adapter.walk(&self.column)?;
            return Ok(Arc::new(Self::new(texts, self.coding.clone())));
        };
        let raw = physical
            .column_with_name(column.name())
            .filter(|(_, field)| *field.data_type() == dictionary_of_text())
            .map(|(index, _)| Arc::new(Column::new(column.name(), index)) as Expr);
        let column = match raw {
            Some(raw) => raw,
            None => adapter.column(column.name())?,
        };
        Ok(Arc::new(Self::new(column, self.coding.clone())))
    }

    fn codes<T: ArrowPrimitiveType>(
        &self,
        column: &ArrayRef,
        narrow: fn(i64) -> T::Native,
    ) -> Result<ArrayRef> {
        let mut coder = Coder::of(&self.coding);
        let codes: Vec<T::Native> = if let Some(texts) = column.as_dictionary_opt::<Int32Type>() {
            let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
            let met = known(&mut met, texts.values());
            let values = texts.values().as_string::<i32>();
            let keys = texts.keys();
            let of_null = match keys.null_count() {
                0 => 0,
                _ => coder.code(b"")?,
            };
            let mut codes = Vec::with_capacity(keys.len());
            for row in 0..keys.len() {
                codes.push(narrow(match keys.is_valid(row) {
                    false => of_null,
                    true => {
                        let at = keys.values()[row] as usize;
                        if met.codes[at] == UNKNOWN {
                            met.codes[at] = match values.is_valid(at) {
                                true => coder.code(values.value(at).as_bytes())?,
                                false => coder.code(b"")?,
                            };
                        }
                        met.codes[at]
                    }
                }));
            }
            codes
        } else {
            let texts = column.as_string_opt::<i32>().ok_or_else(|| {
                DataFusionError::Internal(format!("{} is no text", column.data_type()))
            })?;
            texts
                .iter()
                .map(|text| Ok(narrow(coder.code(text.unwrap_or_default().as_bytes())?)))
                .collect::<Result<_>>()?
        };
        coder.end()?;
        Ok(Arc::new(PrimitiveArray::<T>::new(codes.into(), None)))
    }
}

fn known<'m>(met: &'m mut Option<Met>, values: &ArrayRef) -> &'m mut Met {
    if !met
        .as_ref()
        .is_some_and(|known| is_same(&known.values, values))
    {
        *met = Some(Met {
            values: Arc::clone(values),
            codes: vec![UNKNOWN; values.len()],
        });
    }
    met.as_mut().expect("just set")
}

/// Codes texts of one batch; the texts are locked from the first new one on.
struct Coder<'c> {
    coding: &'c Coding,
    known: Option<MutexGuard<'c, Interner>>,
}

impl<'c> Coder<'c> {
    fn of(coding: &'c Coding) -> Self {
        Self {
            coding,
            known: None,
        }
    }

    fn code(&mut self, text: &[u8]) -> Result<i64> {
        match self.coding {
            Coding::Number(texts) => {
                let known = self.known.get_or_insert_with(|| texts.known());
                let (number, _) = known.number(text);
                Ok(i64::from(number_of(number)?))
            }
            Coding::Hash(hash) => Ok(hash(text) as i64),
        }
    }

    fn end(self) -> Result<()> {
        match (self.coding, self.known) {
            (Coding::Number(texts), Some(known)) => texts.count(&known),
            _ => Ok(()),
        }
    }
}

impl PhysicalExpr for Coded {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(match self.coding {
            Coding::Number(_) => DataType::Int32,
            Coding::Hash(_) => DataType::Int64,
        })
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(false)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let column = self.column.evaluate(batch)?.into_array(batch.num_rows())?;
        Ok(ColumnarValue::Array(match self.coding {
            // A number was an `i32` before.
            Coding::Number(_) => self.codes::<Int32Type>(&column, |code| code as i32)?,
            Coding::Hash(_) => self.codes::<Int64Type>(&column, |code| code)?,
        }))
    }

    fn children(&self) -> Vec<&Expr> {
        vec![&self.column]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Expr>) -> Result<Expr> {
        let [column] = <[Expr; 1]>::try_from(children).expect("one child was shown");
        Ok(Arc::new(Self::new(column, self.coding.clone())))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Coded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let coding = match self.coding {
            Coding::Number(_) => "number",
            Coding::Hash(_) => "hash",
        };
        write!(f, "{coding}({})", self.column)
    }
}

impl Hash for Coded {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.column.hash(state);
    }
}

impl PartialEq for Coded {
    fn eq(&self, other: &Self) -> bool {
        self.column.eq(&other.column) && self.coding.is(&other.coding)
    }
}

impl Eq for Coded {}

/// A scan some of whose text columns can be read in a coding at no cost.
#[derive(Debug)]
pub struct Codable {
    config: FileScanConfig,
    /// For each column of the scan.
    columns: Vec<bool>,
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
        let columns = names
            .iter()
            .map(|name| name.as_ref().is_some_and(|name| pays(name, facts.values())));
        let columns: Vec<bool> = columns.collect();
        let wanted = || {
            names
                .iter()
                .zip(&columns)
                .filter_map(|(name, is)| name.as_ref().filter(|_| *is))
        };
        let files = facts.iter().map(|(path, (_, schema))| {
            let held = wanted()
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

    /// Whether a column of the scan can be coded.
    pub fn can(&self, column: usize) -> bool {
        self.columns.get(column) == Some(&true)
    }

    /// The scan with columns in codings; those that cannot be coded stay texts.
    pub fn coded(&self, codings: &[Option<Coding>]) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = self.config.projected_schema()?;
        let mut names = HashSet::new();
        let source = self
            .config
            .file_source
            .downcast_ref::<EventSource>()
            .ok_or_else(|| DataFusionError::Internal("a scan changed its source".to_owned()))?;
        let of_file = names_of(source);
        let exprs = schema.fields().iter().enumerate().map(|(index, field)| {
            let column: Expr = Arc::new(Column::new(field.name(), index));
            let expr = match codings.get(index).and_then(Option::as_ref) {
                Some(coding) if self.can(index) => {
                    names.extend(of_file[index].clone());
                    Arc::new(Coded::new(column, coding.clone())) as Expr
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
