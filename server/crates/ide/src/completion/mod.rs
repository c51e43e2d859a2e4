//! What may stand at a place: names that the checkout has, in the order in which they are likely
//! meant.
//!
//! - `script`: where in a script the place is; `paths`, `helpers` and `variables`: what fits there;
//! - `place`: where in a Nix file the place is, by its text alone: while one types, it seldom
//!   parses; `repository` and `table`: what fits there.
//!
//! An item carries a [`Doc`]: what is said of it is worked out when somebody looks at it.

mod helpers;
mod paths;
mod place;
mod repository;
mod script;
mod table;
mod variables;

use smol_str::SmolStr;

use super::hover;
use super::symbol::Symbol;
use model::view::View;
use model::{FileId, FileKind};
use syntax::{TextRange, TextSize};

/// Something that may stand at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its name.
    pub label: String,
    /// What it is.
    pub kind: ItemKind,
    /// What is said beside its name.
    pub detail: Option<String>,
    /// How near it is to what is likely meant: less is nearer.
    pub rank: u8,
    /// What is put in.
    pub insert: String,
    /// The same as a snippet, with places to go through.
    pub snippet: Option<String>,
    /// What is replaced.
    pub range: TextRange,
    /// What else is changed in the file.
    pub also: Option<(TextRange, String)>,
    /// What it is known by.
    pub doc: Option<Doc>,
}

/// What kind of thing an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// A function of a script.
    Helper,
    /// A variable.
    Variable,
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A builder.
    Builder,
    /// An image.
    Image,
    /// A distribution, a version, a pattern, a tag.
    Value,
    /// An option of an entry.
    Option,
    /// A row of the test table.
    Row,
    /// A rule.
    Rule,
}

/// What an item is known by, so that it can be asked about later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doc {
    /// `helper`, `variable`, `builder`, `image`, `row`, `rule`, `distribution`, `include`, or the
    /// distribution whose tag it is behind `tag:`.
    pub kind: SmolStr,
    /// Its name.
    pub name: SmolStr,
}

impl Item {
    fn new(kind: ItemKind, label: impl Into<String>, range: TextRange) -> Item {
        let label = label.into();
        Item {
            insert: label.clone(),
            label,
            kind,
            detail: None,
            rank: 0,
            snippet: None,
            range,
            also: None,
            doc: None,
        }
    }

    fn rank(mut self, rank: u8) -> Item {
        self.rank = rank;
        self
    }

    fn detail(mut self, detail: impl Into<String>) -> Item {
        self.detail = Some(detail.into());
        self
    }

    fn insert(mut self, text: impl Into<String>) -> Item {
        self.insert = text.into();
        self
    }

    fn doc(mut self, kind: &str, name: &str) -> Item {
        self.doc = Some(Doc {
            kind: SmolStr::new(kind),
            name: SmolStr::new(name),
        });
        self
    }
}

/// What may stand at a place; nothing where it is another server's.
pub fn completion(view: &View<'_>, file: FileId, offset: TextSize) -> Vec<Item> {
    let Some(before) = text_before(view, file, offset) else {
        return Vec::new();
    };
    let line = before.rsplit('\n').next().unwrap_or_default();
    let mut found = match rules(line, offset) {
        Some(found) => found,
        None => match view.tree.file(file).map(|f| f.kind) {
            Some(FileKind::Script) => script::items(view, file, line, offset),
            Some(FileKind::Repository) => {
                repository::items(view, before, after(view, file, offset))
            }
            Some(FileKind::TestTable) => table::items(view, before, after(view, file, offset)),
            _ => Vec::new(),
        },
    };
    found.sort_by_key(|item| item.rank);
    found
}

/// The text of a file up to a place.
fn text_before<'v>(view: &View<'v>, file: FileId, offset: TextSize) -> Option<&'v str> {
    view.tree.file(file)?.text.get(..usize::from(offset))
}

/// The rest of the line behind a place.
fn after<'v>(view: &View<'v>, file: FileId, offset: TextSize) -> &'v str {
    let text = view.tree.file(file).map(|f| &*f.text).unwrap_or_default();
    let rest = text.get(usize::from(offset)..).unwrap_or_default();
    rest.lines().next().unwrap_or_default()
}

/// What is replaced: what was written of a name up to the place.
fn range_of(written: &str, offset: TextSize) -> TextRange {
    let start = offset
        .checked_sub(TextSize::of(written))
        .unwrap_or_default();
    TextRange::new(start, offset)
}

/// Codes in a suppression comment; `None` where there is none.
fn rules(line: &str, offset: TextSize) -> Option<Vec<Item>> {
    let (_, comment) = line.rsplit_once("# image-scripts:")?;
    let (keyword, codes) = comment.split_once('[')?;
    if !matches!(keyword.trim(), "ignore" | "ignore-file") || codes.contains(']') {
        return None;
    }
    let written = codes.rsplit([',', ' ']).next().unwrap_or_default();
    let named: Vec<&str> = codes.split([',', ' ']).filter(|c| !c.is_empty()).collect();
    let range = range_of(written, offset);
    let items = rules::rules()
        .filter(|rule| rule.code == written || !named.contains(&rule.code))
        .map(|rule| {
            Item::new(ItemKind::Rule, rule.code, range)
                .detail(rule.severity.name())
                .doc("rule", rule.code)
        });
    Some(items.collect())
}

/// What is known of an item.
pub fn documentation(view: &View<'_>, file: FileId, doc: &Doc) -> Option<String> {
    let name = doc.name.clone();
    let symbol = match doc.kind.as_str() {
        "helper" => Symbol::Helper(name),
        "variable" => Symbol::Variable(name),
        "builder" => Symbol::Builder(name),
        "image" => Symbol::Image(name),
        "row" => Symbol::Row(name),
        "rule" => Symbol::Rule(name),
        "distribution" => Symbol::Distribution(name),
        "include" => {
            let path = format!("{}include/{name}", view.tree.layout.prefix());
            Symbol::Script(view.tree.resolve_file(&path)?)
        }
        kind => Symbol::Tag {
            distribution: SmolStr::new(kind.strip_prefix("tag:")?),
            tag: name,
        },
    };
    hover::describe_symbol(view, file, symbol)
}
