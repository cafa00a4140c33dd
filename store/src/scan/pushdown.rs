//! Whether filters go into the Parquet decoder, and which text columns it reads as dictionaries.
//!
//! Decoding the predicate's columns first and the others only for the rows that hold pays when few rows are expected, and
//! a test of one text column is asked once for each distinct text (see [`super::distinct`]). Both need the filter in the
//! decoder. A filter by time alone stays above: whole row groups hold or do not.

use super::adapter::Origin;
use super::members::Call;
use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::physical_plan::parquet::metadata::DFParquetMetadata;
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use datafusion::object_store::ObjectMeta;
use datafusion::object_store::path::Path;
use datafusion::parquet::arrow::parquet_to_arrow_schema;
use datafusion::parquet::basic::{Encoding, EncodingMask};
use datafusion::parquet::file::metadata::ParquetMetaData;
use huntql_kql::types::Type;
use lru::LruCache;
use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

/// On when a filter tests against a text (a name, an address, an indicator) or for one number.
pub(super) fn pays(filters: &[Expr]) -> bool {
    filters
        .iter()
        .flat_map(split_conjunction)
        .any(|filter| has_text_literal(filter) || is_one_number(filter))
}

fn has_text_literal(filter: &Expr) -> bool {
    let mut found = false;
    let walked = filter.apply(|expr| {
        found |=
            matches!(expr, Expr::Literal(ScalarValue::Utf8(Some(text)), _) if !text.is_empty());
        Ok(if found {
            TreeNodeRecursion::Stop
        } else {
            TreeNodeRecursion::Continue
        })
    });
    walked.is_ok() && found
}

/// `column == 3389`, `column in (445, 3389)`.
fn is_one_number(filter: &Expr) -> bool {
    let is_number = |expr: &Expr| matches!(expr, Expr::Literal(value, _) if value.data_type().is_integer() && !value.is_null());
    match filter {
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::Eq,
            right,
        }) => is_number(left) || is_number(right),
        Expr::InList(list) => !list.negated && list.list.iter().all(is_number),
        _ => false,
    }
}

/// What some condition reads alone.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Text columns.
    columns: HashSet<String>,
    /// Columns of members, each with the column of JSON that is read where a file has none.
    members: HashMap<String, String>,
}

impl Asked {
    pub(super) fn by(filters: &[Expr], types: &HashMap<String, Type>, origin: Origin) -> Asked {
        let mut asked = Asked::default();
        let is_text = |name: &str| types.get(name) == Some(&Type::String);
        for condition in filters.iter().flat_map(split_conjunction) {
            let (mut columns, mut members) = (HashSet::new(), HashMap::new());
            let walked = condition.apply(|expr| {
                if let Some(call) = Call::of_logical(expr)
                    && origin == Origin::Store
                    && call.suits(types)
                {
                    members.insert(call.name(), call.column);
                    return Ok(TreeNodeRecursion::Jump);
                }
                if let Expr::Column(column) = expr {
                    columns.insert(column.name.clone());
                }
                Ok(TreeNodeRecursion::Continue)
            });
            if walked.is_ok() && columns.len() + members.len() == 1 {
                asked
                    .columns
                    .extend(columns.into_iter().filter(|name| is_text(name)));
                asked.members.extend(members);
            }
        }
        asked
    }

    pub(super) fn is_empty(&self) -> bool {
        self.columns.is_empty() && self.members.is_empty()
    }

    /// The columns that are read of a file.
    fn of_file(&self, schema: &Schema) -> HashSet<&str> {
        let members =
            self.members
                .iter()
                .map(|(member, column)| match schema.column_with_name(member) {
                    Some(_) => member.as_str(),
                    None => column.as_str(),
                });
        self.columns
            .iter()
            .map(String::as_str)
            .chain(members)
            .collect()
    }
}

/// Whether a file holds a column of the filters as lists or bags of its own. The decoder would leave such a condition out, so
/// it has to stay above.
pub(super) async fn reads_nested(
    state: &dyn Session,
    file: &ObjectMeta,
    filters: &[Expr],
) -> Result<bool> {
    let (_, schema) = footer(state, file).await?;
    let nested = |name: &str| {
        let field = schema.column_with_name(name);
        field.is_some_and(|(_, field)| field.data_type().is_nested())
    };
    let mut columns = filters.iter().flat_map(|filter| filter.column_refs());
    Ok(columns.any(|column| nested(&column.name)))
}

/// A file's footer and its schema in Arrow's types.
pub(super) async fn footer(
    state: &dyn Session,
    file: &ObjectMeta,
) -> Result<(Arc<ParquetMetaData>, SchemaRef)> {
    let environment = state.runtime_env();
    let store = environment.object_store(ObjectStoreUrl::local_filesystem())?;
    let known = environment.cache_manager.get_file_metadata_cache();
    let metadata = DFParquetMetadata::new(store.as_ref(), file)
        .with_file_metadata_cache(Some(known))
        .fetch_metadata()
        .await?;
    let schema = schema_of(&file.location, &metadata)?;
    Ok((metadata, schema))
}

/// Schemas of footers that were asked for last: to read one of fifty columns takes longer than all else that is planned for a file.
const SCHEMAS_MAX: NonZeroUsize = NonZeroUsize::new(2048).expect("more than none");

/// By the files' paths; each is that of the footer which it was read from.
type Schemas = LruCache<Path, (Weak<ParquetMetaData>, SchemaRef)>;

static SCHEMAS: LazyLock<Mutex<Schemas>> = LazyLock::new(|| Mutex::new(LruCache::new(SCHEMAS_MAX)));

fn schema_of(path: &Path, metadata: &Arc<ParquetMetaData>) -> Result<SchemaRef> {
    let mut known = SCHEMAS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, schema)) = known.get(path)
        && of.as_ptr() == Arc::as_ptr(metadata)
    {
        return Ok(Arc::clone(schema));
    }
    let facts = metadata.file_metadata();
    let read = parquet_to_arrow_schema(facts.schema_descr(), facts.key_value_metadata())?;
    // Files of a table have few different schemas.
    let same = known.iter().find(|(_, (_, schema))| **schema == read);
    let schema = same.map_or_else(
        || Arc::new(read.clone()),
        |(_, (_, schema))| Arc::clone(schema),
    );
    known.put(
        path.clone(),
        (Arc::downgrade(metadata), Arc::clone(&schema)),
    );
    Ok(schema)
}

/// The schema in which a file is read so that what is asked comes as dictionaries, where the file has them so in every page.
///
/// `None` when there is no such column: then the file is read as it says itself. Also tells whether all columns of these names
/// that it has are dictionaries.
pub(super) async fn with_dictionaries(
    state: &dyn Session,
    file: &ObjectMeta,
    asked: &Asked,
) -> Result<(Option<SchemaRef>, bool)> {
    let (metadata, schema) = footer(state, file).await?;
    let names = asked.of_file(&schema);
    let (mut any, mut all) = (false, true);
    let fields: Vec<_> = schema
        .fields()
        .iter()
        .map(|field| {
            let text =
                *field.data_type() == DataType::Utf8 && names.contains(field.name().as_str());
            if !text || !is_dictionary(&metadata, field.name()) {
                all &= !names.contains(field.name().as_str());
                return Arc::clone(field);
            }
            any = true;
            let read = field.as_ref().clone();
            Arc::new(read.with_data_type(super::distinct::dictionary_of_text()))
        })
        .collect();
    let read = any.then(|| Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone())));
    Ok((read, all))
}

/// Whether every data page of a column holds numbers into the dictionary.
pub(super) fn is_dictionary(metadata: &ParquetMetaData, name: &str) -> bool {
    let columns = metadata.file_metadata().schema_descr().columns();
    let Some(leaf) = columns
        .iter()
        .position(|column| column.path().parts() == [name])
    else {
        return false;
    };
    let numbers = EncodingMask::new_from_encodings(
        [Encoding::RLE_DICTIONARY, Encoding::PLAIN_DICTIONARY].iter(),
    );
    metadata.row_groups().iter().all(|row_group| {
        let chunk = row_group.column(leaf);
        match (
            chunk.page_encoding_stats_mask(),
            chunk.page_encoding_stats(),
        ) {
            (Some(mask), _) => mask.encodings().all(|encoding| numbers.is_set(encoding)),
            (None, Some(pages)) => pages
                .iter()
                .filter(|pages| {
                    use datafusion::parquet::basic::PageType;
                    matches!(
                        pages.page_type,
                        PageType::DATA_PAGE | PageType::DATA_PAGE_V2
                    )
                })
                .all(|pages| numbers.is_set(pages.encoding)),
            (None, None) => false,
        }
    })
}
