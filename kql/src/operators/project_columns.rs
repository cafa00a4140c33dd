//! `project-away`, `project-keep`, `project-rename`, `project-reorder`: columns by name.

use crate::ast::Name;

/// `project-away Name|Pattern*, …`
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectAway {
    pub patterns: Vec<Name>,
}

/// `project-keep Name|Pattern*, …`
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectKeep {
    pub patterns: Vec<Name>,
}

/// `project-rename New = Old, …`
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectRename {
    pub renames: Vec<Rename>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Rename {
    pub new: Name,
    pub old: Name,
}

/// `project-reorder Name|Pattern* [asc|desc|granny-asc|granny-desc], …`
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectReorder {
    pub items: Vec<ReorderItem>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ReorderItem {
    pub pattern: Name,
    pub order: Option<ReorderOrder>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReorderOrder {
    Asc,
    Desc,
    GrannyAsc,
    GrannyDesc,
}
