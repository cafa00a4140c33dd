//! XML, and lookups that need data from elsewhere.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload};
use crate::kernel::structure::xml;
use crate::kernel::{Args, KernelError, KernelResult, collect};
use huntql_kql::types::Type;

const PARSE_XML: &[Overload] = &[overload(
    &[Param::Is(Type::String)],
    Type::Dynamic,
    |args| args.map1(|text: &str| xml::json_of(text)),
)];
const GEO_INFO: &[Overload] = &[overload(
    &[Param::Is(Type::String)],
    Type::Dynamic,
    geo_info_from_ip_address,
)];

pub const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "parse_xml",
        aliases: &["parsexml"],
        overloads: PARSE_XML,
        result_name: ResultName::Default,
        doc: "Reads XML as a bag: attributes as `@name`, text beside them as `#text`, elements of one name as an array; null for what is no XML.",
        source: "kusto/query/parse-xml-function",
        examples: &[
            example(
                "parse_xml('<e name=\"value\">text</e>')",
                r##"dynamic({"e":{"@name":"value","#text":"text"}})"##,
            ),
            example(
                "parse_xml('<e> <a>text</a> <a>text</a> </e>')",
                r#"dynamic({"e":{"a":["text","text"]}})"#,
            ),
            example("parse_xml('<e/>')", r#"dynamic({"e":null})"#),
            example("parse_xml('no xml')", "dynamic(null)"),
        ],
    },
    ScalarFunction {
        name: "geo_info_from_ip_address",
        aliases: &[],
        overloads: GEO_INFO,
        result_name: ResultName::Default,
        doc: "Gives country, city and place of an address; needs a database of addresses, without which only null for what is no address.",
        source: "kusto/query/geo-info-from-ip-address-function",
        examples: &[
            example("geo_info_from_ip_address('')", "dynamic(null)"),
            example("geo_info_from_ip_address('no address')", "dynamic(null)"),
        ],
    },
];

/// Null for what is no address. For an address there is no answer without a database, and null would be a wrong one.
fn geo_info_from_ip_address(args: &Args<'_>) -> KernelResult {
    let texts = args.input::<&str>(0);
    for row in 0..args.rows() {
        let text = texts.get(row).unwrap_or("").trim();
        if text.parse::<std::net::IpAddr>().is_ok() {
            return Err(KernelError::Argument {
                index: 0,
                message: format!(
                    "`geo_info_from_ip_address` is not supported for the address `{text}`: no database of addresses is configured"
                ),
            });
        }
    }
    collect(args, |_| None::<String>)
}
