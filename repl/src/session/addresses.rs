//! The database of addresses: named by a flag, else by the configuration.

use crate::cli::DataArgs;
use crate::failure::Failure;
use huntql_engine::Catalog;
use huntql_ingest::proxies::read_address_database;

/// Names the database to the catalog, if there is one.
///
/// # Errors
/// A file that is missing or is no such database.
pub fn add(catalog: &mut Catalog, args: &DataArgs) -> Result<(), Failure> {
    let told = match (&args.geo, super::proxies::config(&args.proxies)) {
        (Some(file), _) => Some(file.clone()),
        (None, Some(config)) => {
            read_address_database(&config).map_err(|error| Failure::Usage(error.to_string()))?
        }
        (None, None) => None,
    };
    match told {
        Some(file) => catalog.set_address_database(&file).map_err(Failure::Data),
        None => Ok(()),
    }
}
