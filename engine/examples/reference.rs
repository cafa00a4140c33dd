//! Writes the pages of the reference that come from the registries into `docs/`.

use huntql_engine::reference::{functions_page, support_page};
use std::path::Path;

fn main() -> std::io::Result<()> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    std::fs::create_dir_all(&docs)?;
    std::fs::write(docs.join("functions.md"), functions_page())?;
    std::fs::write(docs.join("support.md"), support_page())
}
