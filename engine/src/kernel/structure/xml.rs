//! XML as JSON text, as `parse_xml` gives it.

use crate::json::{Bag, quote};
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// Longer texts are null, as in Kusto.
const TEXT_BYTES_MAX: usize = 1 << 20;
/// Elements inside of elements.
const DEPTH_MAX: usize = 128;

/// An element under construction.
#[derive(Default)]
struct Element {
    name: String,
    /// Attributes, text and elements under their keys, in the order of first appearance.
    slots: Vec<(String, Vec<String>)>,
    text: String,
}

impl Element {
    fn add(&mut self, key: &str, json: String) {
        match self.slots.iter_mut().find(|(known, _)| known == key) {
            Some((_, values)) => values.push(json),
            None => self.slots.push((key.to_string(), vec![json])),
        }
    }

    /// Text that stands in front of or behind an element.
    fn end_text(&mut self) {
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        if !text.is_empty() {
            self.add("#text", quote(text));
        }
    }

    /// `null`, the text alone, or a bag.
    fn finish(mut self) -> (String, String) {
        self.end_text();
        let json = match self.slots.as_slice() {
            [] => "null".to_string(),
            [(key, values)] if key == "#text" && values.len() == 1 => values[0].clone(),
            _ => bag(&self.slots),
        };
        (self.name, json)
    }
}

fn bag(slots: &[(String, Vec<String>)]) -> String {
    let mut bag = Bag::default();
    for (key, values) in slots {
        match values.as_slice() {
            [only] => bag.push_quoted(&quote(key), only),
            several => bag.push_quoted(&quote(key), &format!("[{}]", several.join(","))),
        }
    }
    bag.finish()
}

/// The JSON text of a document: a bag with its root; `None` for what is no XML, or too large.
pub fn json_of(text: &str) -> Option<String> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let mut reader = Reader::from_str(text.trim());
    let mut open: Vec<Element> = Vec::new();
    let mut root: Option<String> = None;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if open.len() >= DEPTH_MAX || (open.is_empty() && root.is_some()) {
                    return None;
                }
                if let Some(parent) = open.last_mut() {
                    parent.end_text();
                }
                open.push(element(&start)?);
            }
            Event::Empty(start) => {
                if let Some(parent) = open.last_mut() {
                    parent.end_text();
                }
                close(element(&start)?, &mut open, &mut root)?;
            }
            Event::End(_) => {
                let element = open.pop()?;
                close(element, &mut open, &mut root)?;
            }
            Event::Text(piece) => add_text(&mut open, &piece.decode().ok()?)?,
            Event::CData(piece) => add_text(&mut open, &piece.decode().ok()?)?,
            Event::GeneralRef(name) => add_text(&mut open, &referred(&name)?)?,
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    if open.is_empty() { root } else { None }
}

fn element(start: &BytesStart<'_>) -> Option<Element> {
    let mut element = Element {
        name: std::str::from_utf8(start.name().as_ref()).ok()?.to_string(),
        ..Element::default()
    };
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let key = std::str::from_utf8(attribute.key.as_ref()).ok()?;
        element.add(&format!("@{key}"), quote(&attribute.unescape_value().ok()?));
    }
    Some(element)
}

fn close(element: Element, open: &mut [Element], root: &mut Option<String>) -> Option<()> {
    let (name, json) = element.finish();
    match open.last_mut() {
        Some(parent) => parent.add(&name, json),
        None if root.is_some() => return None,
        None => *root = Some(bag(&[(name, vec![json])])),
    }
    Some(())
}

/// Text outside of the root is no XML, unless it is white space.
fn add_text(open: &mut [Element], text: &str) -> Option<()> {
    match open.last_mut() {
        Some(element) => {
            element.text.push_str(text);
            Some(())
        }
        None => text.trim().is_empty().then_some(()),
    }
}

/// `&amp;`, `&#65;` …; other entities are not known.
fn referred(name: &BytesRef<'_>) -> Option<String> {
    if let Some(character) = name.resolve_char_ref().ok()? {
        return Some(character.to_string());
    }
    let name = name.decode().ok()?;
    quick_xml::escape::resolve_predefined_entity(&name).map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::json_of;

    #[test]
    fn documents_are_read_as_the_reference_says() {
        for (xml, json) in [
            ("<e/>", r#"{"e":null}"#),
            ("<e>text</e>", r#"{"e":"text"}"#),
            (r#"<e name="value" />"#, r#"{"e":{"@name":"value"}}"#),
            (
                r#"<e name="value">text</e>"#,
                r##"{"e":{"@name":"value","#text":"text"}}"##,
            ),
            (
                "<e> <a>text</a> <b>text</b> </e>",
                r#"{"e":{"a":"text","b":"text"}}"#,
            ),
            (
                "<e> <a>text</a> <a>text</a> </e>",
                r#"{"e":{"a":["text","text"]}}"#,
            ),
            (
                "<e> text <a>text</a> </e>",
                r##"{"e":{"#text":"text","a":"text"}}"##,
            ),
            (
                "<?xml version=\"1.0\"?><!-- c --><e>a &amp; b&#33;</e>",
                r#"{"e":"a & b!"}"#,
            ),
        ] {
            assert_eq!(json_of(xml).as_deref(), Some(json), "{xml}");
        }
    }

    #[test]
    fn what_is_no_xml_is_null() {
        for text in ["", "text", "<a>", "<a></b>", "<a/><b/>", "<a>&nope;</a>"] {
            assert_eq!(json_of(text), None, "{text}");
        }
    }
}
