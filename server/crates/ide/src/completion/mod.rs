//! Completion: names of the checkout that fit at the cursor, the likely ones first.
//!
//! - `script`: finds out what is written at an offset of a script; `paths`, `helpers`,
//!   `variables` and `units` complete it;
//! - `nix_context`: position in a Nix file, read off the text before it; `repository` and `table`
//!   complete there, with the quotes that `insertion_point` finds missing.
//!
//! A completion carries a [`CompletionDoc`], from which its documentation is made when the user
//! looks at it.

mod helpers;
mod insertion_point;
mod nix_context;
mod paths;
mod repository;
mod script;
mod table;
mod units;
mod variables;

use smol_str::SmolStr;

use super::hover;
use super::occurrences::Symbol;
use model::view::View;
use model::{FileId, FileKind};
use syntax::{TextRange, TextSize};

/// Name that fits at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Text by which the user knows it.
    pub label: String,
    /// Kind of thing that is named.
    pub kind: CompletionKind,
    /// Short explanation beside the label.
    pub detail: Option<String>,
    /// Order in the list: the lowest rank comes first.
    pub rank: u8,
    /// Text that is inserted.
    pub insert_text: String,
    /// Snippet that is inserted instead, where the client knows snippets.
    pub snippet: Option<String>,
    /// Bytes of the file that are replaced: the part of the name before the cursor.
    pub range: TextRange,
    /// Edit elsewhere in the file, for example the line that sources an include.
    pub additional_edit: Option<(TextRange, String)>,
    /// Key to the documentation.
    pub doc: Option<CompletionDoc>,
}

/// Kind of thing that a completion names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompletionKind {
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

/// Key to the documentation of a completion, for [`documentation`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionDoc {
    /// `helper`, `variable`, `builder`, `image`, `row`, `rule`, `unit`, `distribution`, `include`, or
    /// `tag:` and the distribution that has the tag.
    pub kind: SmolStr,
    /// Name of that kind.
    pub name: SmolStr,
}

impl Completion {
    fn new(kind: CompletionKind, label: impl Into<String>, range: TextRange) -> Completion {
        let label = label.into();
        Completion {
            insert_text: label.clone(),
            label,
            kind,
            detail: None,
            rank: 0,
            snippet: None,
            range,
            additional_edit: None,
            doc: None,
        }
    }

    fn rank(mut self, rank: u8) -> Completion {
        self.rank = rank;
        self
    }

    fn detail(mut self, detail: impl Into<String>) -> Completion {
        self.detail = Some(detail.into());
        self
    }

    fn insert(mut self, text: impl Into<String>) -> Completion {
        self.insert_text = text.into();
        self
    }

    fn doc(mut self, kind: &str, name: &str) -> Completion {
        self.doc = Some(CompletionDoc {
            kind: SmolStr::new(kind),
            name: SmolStr::new(name),
        });
        self
    }
}

/// Returns the completions at an offset; none where only names of the language fit, which are
/// left to its own server.
pub fn completion(view: &View<'_>, id: FileId, offset: TextSize) -> Vec<Completion> {
    let Some(file) = view.tree.file(id) else {
        return Vec::new();
    };
    let Some((before, after)) = file.text.split_at_checked(usize::from(offset)) else {
        return Vec::new();
    };
    let line = before.rsplit('\n').next().unwrap_or_default();
    let rest_of_line = after.lines().next().unwrap_or_default();
    let mut completions = match rules(line, offset) {
        Some(completions) => completions,
        None => match file.kind {
            FileKind::Script => script::completions(view, id, line, offset),
            FileKind::Repository | FileKind::RepositoryModule if view.is_of_repository(id) => {
                repository::completions(view, before, rest_of_line)
            }
            FileKind::TestTable => table::completions(view, before, rest_of_line),
            _ => Vec::new(),
        },
    };
    completions.sort_by_key(|completion| completion.rank);
    completions
}

/// Range of what is `written` before an offset.
fn range_of(written: &str, offset: TextSize) -> TextRange {
    let start = offset
        .checked_sub(TextSize::of(written))
        .unwrap_or_default();
    TextRange::new(start, offset)
}

/// Codes of rules in a suppression comment; `None` where there is none.
fn rules(line: &str, offset: TextSize) -> Option<Vec<Completion>> {
    let (_, comment) = line.rsplit_once("# image-scripts:")?;
    let (keyword, codes) = comment.split_once('[')?;
    if !matches!(keyword.trim(), "ignore" | "ignore-file") || codes.contains(']') {
        return None;
    }
    let written = codes.rsplit([',', ' ']).next().unwrap_or_default();
    let named: Vec<&str> = codes.split([',', ' ']).filter(|c| !c.is_empty()).collect();
    let range = range_of(written, offset);
    let completions = rules::rules()
        .filter(|rule| rule.code == written || !named.contains(&rule.code))
        .map(|rule| {
            Completion::new(CompletionKind::Rule, rule.code, range)
                .detail(rule.severity.name())
                .doc("rule", rule.code)
        });
    Some(completions.collect())
}

/// Returns the documentation of a completion, as Markdown.
pub fn documentation(view: &View<'_>, file: FileId, doc: &CompletionDoc) -> Option<String> {
    let name = doc.name.clone();
    let symbol = match doc.kind.as_str() {
        "helper" => Symbol::Helper(name),
        "variable" => Symbol::Variable(name),
        "builder" => Symbol::Builder(name),
        "image" => Symbol::Image(name),
        "row" => Symbol::Row(name),
        "rule" => Symbol::Rule(name),
        "unit" => Symbol::Unit(name),
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
