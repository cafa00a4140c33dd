//! XML.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload};
use crate::kernel::structure::xml;
use huntql_kql::types::Type;

const PARSE_XML: &[Overload] = &[overload(
    &[Param::Is(Type::String)],
    Type::Dynamic,
    |args| args.map1(|text: &str| xml::json_of(text)),
)];

pub const FUNCTIONS: &[ScalarFunction] = &[ScalarFunction {
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
}];
