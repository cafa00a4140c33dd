//! Files that functions read: the database of addresses, named by a flag, else by the configuration, and the patterns of user
//! agents, named by the configuration.

use crate::cli::DataArgs;
use crate::failure::Failure;
use huntql_engine::Catalog;
use huntql_ingest::proxies::{read_address_database, read_agent_patterns};

/// Names the files to the catalog, if there are any.
///
/// # Errors
/// A file that is missing or holds something else.
pub fn add(catalog: &mut Catalog, args: &DataArgs) -> Result<(), Failure> {
    let told = match (&args.geo, super::proxies::config(&args.proxies)) {
        (Some(file), _) => Some(file.clone()),
        (None, Some(config)) => {
            read_address_database(&config).map_err(|error| Failure::Usage(error.to_string()))?
        }
        (None, None) => None,
    };
    if let Some(file) = told {
        catalog.set_address_database(&file).map_err(Failure::Data)?;
    }
    let Some(config) = super::proxies::config(&args.proxies) else {
        return Ok(());
    };
    match read_agent_patterns(&config).map_err(|error| Failure::Usage(error.to_string()))? {
        Some(file) => catalog.set_agent_patterns(&file).map_err(Failure::Data),
        None => Ok(()),
    }
}
