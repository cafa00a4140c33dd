//! What a database of addresses tells, as a row found by `operator`: the binder adds the database's path to the call
//! (`bind::forms`, `geo_info_from_ip_address`), so that a plan says by itself what it reads.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload};
use crate::kernel::{Args, KernelError, KernelResult, collect, places};
use huntql_kql::types::Type;
use std::net::IpAddr;

const PLACE: &[Overload] = &[overload(
    &[Param::Is(Type::String), Param::Constant],
    Type::Dynamic,
    address_place,
)
.optional(1)];

pub const OPERATORS: &[ScalarFunction] = &[ScalarFunction {
    name: "address_place",
    aliases: &[],
    overloads: PLACE,
    result_name: ResultName::Default,
    doc: "Gives country, city and place of an address from the database in the file of the second argument.",
    source: "kusto/query/geo-info-from-ip-address-function",
    examples: &[
        example("geo_info_from_ip_address('')", "dynamic(null)"),
        example("geo_info_from_ip_address('no address')", "dynamic(null)"),
    ],
}];

/// Null for what is no address, and for an address that the database does not have. Without a database there is no answer for
/// an address, and null would be a wrong one.
fn address_place(args: &Args<'_>) -> KernelResult {
    let texts = args.input::<&str>(0);
    let refused = |index: usize, message: String| KernelError::Argument { index, message };
    let reader = match (args.len() > 1).then(|| args.constant_text(1)).flatten() {
        Some(path) => Some(places::open(path).map_err(|message| refused(1, message))?),
        None => None,
    };
    let place = |row: usize| -> Result<Option<String>, KernelError> {
        let text = texts.get(row).unwrap_or("").trim();
        let Ok(address) = text.parse::<IpAddr>() else {
            return Ok(None);
        };
        match &reader {
            Some(reader) => places::place(reader, address).map_err(|message| refused(1, message)),
            None => Err(refused(
                0,
                format!(
                    "`geo_info_from_ip_address` cannot answer for `{text}`: no database of addresses is named; \
                     give a file in MaxMind's format, such as GeoLite2-City.mmdb, with `--geo FILE`, or `mmdb = \"FILE\"` \
                     under `[geo]` in huntql.toml"
                ),
            )),
        }
    };
    let values = (0..args.rows()).map(place).collect::<Result<Vec<_>, _>>()?;
    collect(args, |row| values[row].clone())
}
