//! Where addresses are: databases of the user's in MaxMind's format (MaxMind DB File Format Specification, version 2).
//!
//! The names are the English ones; the state is the largest subdivision (Kusto docs, "geo_info_from_ip_address"). What the database
//! does not tell of an address is left out of the bag.

use crate::conversion::dynamic_of_real;
use crate::json::{Bag, quote};
use maxminddb::{Reader, geoip2};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// A database in memory.
pub type Places = Reader<Vec<u8>>;

static OPEN: LazyLock<Mutex<HashMap<String, Arc<Places>>>> = LazyLock::new(Mutex::default);

/// The database in a file, read once in a process.
///
/// # Errors
/// A file that cannot be read or is no such database.
pub fn open(path: &str) -> Result<Arc<Places>, String> {
    let mut known = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(places) = known.get(path) {
        return Ok(Arc::clone(places));
    }
    let places = Reader::open_readfile(path)
        .map_err(|error| format!("`{path}` is no database of addresses: {error}"))?;
    let places = Arc::new(places);
    known.insert(path.to_owned(), Arc::clone(&places));
    Ok(places)
}

/// What the database tells of an address, as a bag; `None` when it does not have the address.
///
/// # Errors
/// A database that is damaged, or has records of another kind.
pub fn place(places: &Places, address: IpAddr) -> Result<Option<String>, String> {
    // Addresses of one family in a database of the other.
    if address.is_ipv6() && places.metadata().ip_version == 4 {
        return Ok(None);
    }
    let fail = |error| format!("the database of addresses does not read at {address}: {error}");
    let found = places.lookup(address).map_err(fail)?;
    let city = found.decode::<geoip2::City<'_>>().map_err(fail)?;
    Ok(city.map(|city| bag(&city)))
}

fn bag(city: &geoip2::City<'_>) -> String {
    let state = city.subdivisions.first();
    let texts = [
        ("\"country\"", city.country.names.english),
        ("\"state\"", state.and_then(|state| state.names.english)),
        ("\"city\"", city.city.names.english),
    ];
    let numbers = [
        ("\"latitude\"", city.location.latitude),
        ("\"longitude\"", city.location.longitude),
    ];
    let mut bag = Bag::default();
    for (key, text) in texts {
        if let Some(text) = text {
            bag.push_quoted(key, &quote(text));
        }
    }
    for (key, number) in numbers {
        if let Some(number) = number {
            bag.push_quoted(key, &dynamic_of_real(number));
        }
    }
    bag.finish()
}

#[cfg(test)]
mod tests;
