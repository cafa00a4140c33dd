//! Text with a structure of its own, taken apart.

pub mod command_line;
pub mod csv_record;
pub mod json_path;
pub mod path;
pub mod url;
pub mod xml;
