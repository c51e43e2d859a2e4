//! Facts of the checkout's Nix files: the image repository, the test table, the VM tests.
//!
//! Nothing is evaluated by Nix. A text goes through four steps, one file of this folder each:
//!
//! - `check`: is it Nix, and flat enough to be parsed? (`grammar` is what it checks, `tokens` the
//!   stream it reads, `complaints` what it says)
//! - rnix parses it;
//! - `lower`: the tree becomes a small table of expressions, sets and scopes (`ir`), and
//!   attributes defined twice come to light (`names`: those that Nix refuses);
//! - `eval`: what is the value of an expression? Followed by reading: names, `let`, `rec`, `with`, `inherit`,
//!   `//`, `++`. The rest (function calls, conditions, imports) is *unknown*, never an error.
//!
//! `repository`, `table` and `suite` read the facts off that; `listed` takes the list of tests by its shape.

mod check;
mod complaints;
mod eval;
mod grammar;
mod highlight;
mod ir;
mod listed;
mod lower;
mod names;
mod repository;
mod strings;
mod suite;
mod table;
#[cfg(test)]
mod tests;
mod tokens;

pub use highlight::{NixTokenKind, nix_tokens};

use super::strings::Strings;
use smol_str::SmolStr;

use super::{Spanned, TextRange};

/// Outcome of reading one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<T> {
    /// Facts of the text; `None` when it does not parse. While it is being typed, the facts of the
    /// last text that did parse stand here.
    pub facts: Option<T>,
    /// Facts of the last text that did parse, where `facts` are not to speak of it: the text was
    /// saved as it is. Findings know nothing of them.
    pub older: Option<T>,
    /// The syntax error, in words: where, what. At most one is found.
    pub errors: Vec<Spanned<String>>,
    /// Attributes defined twice, in the order of their second definition.
    pub duplicates: Vec<Duplicate>,
}

impl<T> Parsed<T> {
    /// Returns the facts of the last text that did parse.
    pub fn last_known(&self) -> Option<&T> {
        self.facts.as_ref().or(self.older.as_ref())
    }
}

/// Attribute that is defined twice, where Nix rejects it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The attribute as seen from the set it is written in: `a.b."1.0"`.
    pub path: String,
    /// The attribute path that defines it first.
    pub first: TextRange,
    /// The one that does so again.
    pub second: TextRange,
}

/// An attribute that may be missing, or not understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum NixField<T> {
    /// The attribute is missing.
    #[default]
    Absent,
    /// The value. The range is that of the text between the quotes, wherever it is written.
    Known(Spanned<T>),
    /// The attribute may be there, but reading does not tell its value.
    Unknown,
}

/// Facts of `os/configs/image-repository.nix`, or of a module that it imports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RepositoryFacts {
    /// The repositories, normally one.
    pub repositories: Vec<Repository>,
    /// Set when these are all of them.
    pub complete: bool,
    /// The files that the module imports, as written: `./more.nix`.
    pub imports: Vec<Spanned<SmolStr>>,
    /// Set when these are all of them.
    pub imports_complete: bool,
}

/// One repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Name of the repository, at its key.
    pub name: Spanned<SmolStr>,
    /// `defaultVendor`
    pub default_vendor: Option<SmolStr>,
    /// `vendors.<vendor>.defaultVariant`: (vendor, variant)
    pub default_variants: Vec<(SmolStr, SmolStr)>,
    /// Set when the default vendor and variants could be read.
    pub defaults_complete: bool,
    /// The published images.
    pub entries: Vec<Entry>,
    /// Set when these are all of them: not when anything in `images` could not be read.
    pub entries_complete: bool,
    /// Distributions with entries that could not be read.
    pub incomplete_distributions: Vec<SmolStr>,
    /// The distributions, with entries or without.
    pub distributions: Vec<DistributionSet>,
    /// `garbageCollection`
    pub collections: Vec<GcEntry>,
    /// Set when these are all of them.
    pub collections_complete: bool,
    /// The `[ ... ]` of `garbageCollection`.
    pub collections_list: Option<TextRange>,
    /// The `{ ... }` of `images`.
    pub images_set: Option<TextRange>,
    /// The repository's own `{ ... }`.
    pub set: Option<TextRange>,
}

/// A distribution in `images`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistributionSet {
    /// Name of the distribution, at its key as written.
    pub name: Spanned<SmolStr>,
    /// The `{ ... }` of its versions. None in `arch.rolling = ...`.
    pub set: Option<TextRange>,
    /// The binding it is (first) defined by, from the path to the `;`.
    pub binding: TextRange,
    /// Further bindings that add to it: `arch.x = ...; arch.y = ...;`.
    pub more_bindings: Vec<TextRange>,
}

/// A published image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The distribution, at its key as written.
    pub distribution: Spanned<SmolStr>,
    /// The version without quotes, at its key as written, quotes included.
    pub version: Spanned<SmolStr>,
    /// `name`
    pub name: NixField<SmolStr>,
    /// `tags`
    pub tags: EntryTags,
    /// The binding it is (first) defined by, from the path to the `;`.
    pub binding: TextRange,
    /// Further bindings that add to it: `a.x.tags = ...; a.x.name = ...;`.
    pub more_bindings: Vec<TextRange>,
    /// The value after the `=` of the binding.
    pub value: TextRange,
    /// The `{ ... }` of the entry, when it is written right there.
    pub set: Option<TextRange>,
}

/// The tags of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntryTags {
    /// The tags; the ranges include the quotes.
    pub items: Vec<Spanned<SmolStr>>,
    /// Set when these are all of them.
    pub complete: bool,
    /// The `[ ... ]`, when it is written right there.
    pub list: Option<TextRange>,
}

/// One element of `garbageCollection`. The values are regular expressions, Nix's escapes undone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GcEntry {
    /// `distribution`
    pub distribution: NixField<SmolStr>,
    /// `version`
    pub version: NixField<SmolStr>,
    /// `variant`
    pub variant: NixField<SmolStr>,
    /// `arch`
    pub arch: NixField<SmolStr>,
    /// `vendor`
    pub vendor: NixField<SmolStr>,
    /// Set when it has a `keep`.
    pub keep: bool,
    /// The element.
    pub range: TextRange,
    /// Set when it is no set that can be read.
    pub unknown: bool,
}

/// Facts of `tests/distributions.nix`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableFacts {
    /// The rows of the table.
    pub rows: Vec<Row>,
    /// Set when these are all of them.
    pub rows_complete: bool,
    /// The groups.
    pub groups: Vec<RowGroup>,
    /// Set when these are all of them.
    pub groups_complete: bool,
    /// The `{ ... }` of the table.
    pub table_set: Option<TextRange>,
    /// Name of the table in the groups.
    pub table_name: Option<SmolStr>,
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Key of the row, as written.
    pub key: Spanned<SmolStr>,
    /// `distribution`
    pub distribution: NixField<SmolStr>,
    /// `version`: a version or a tag.
    pub version: NixField<SmolStr>,
    /// The binding it is (first) defined by, from the path to the `;`.
    pub binding: TextRange,
    /// Further bindings that add to it.
    pub more_bindings: Vec<TextRange>,
}

/// A list of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowGroup {
    /// Name of the group, as written.
    pub name: Spanned<SmolStr>,
    /// The members, whether the table has such rows or not.
    pub members: Vec<Member>,
    /// Set when these are all of them.
    pub complete: bool,
    /// The `[ ... ]`, when it is written right there, and only one.
    pub list: Option<TextRange>,
    /// The binding.
    pub binding: TextRange,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The key of its row, where the member says it.
    pub key: Spanned<SmolStr>,
    /// The whole element: `table.x` where the key is `x`.
    pub element: TextRange,
}

/// Facts of a VM test.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SuiteFacts {
    /// The distributions it names, with their versions.
    pub mentions: Vec<Mention>,
    /// Relative paths of Nix files, as written.
    pub imports: Vec<Spanned<SmolStr>>,
    /// Distributions with the versions that conditions compare with.
    pub conditions: Vec<Mention>,
    /// Suites of packages for a distribution and version that it names.
    pub suites: Vec<Suite>,
    /// Relative paths of all kinds, as written.
    pub paths: Vec<SmolStr>,
    /// The tests, where it is the list of them.
    pub list: Option<TestList>,
}

/// The list of tests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TestList {
    /// The tests that are written down, in order.
    pub tests: Vec<ListedTest>,
    /// The rest of the file without comments: how tests are made of what is listed.
    pub rest: String,
}

/// A test that is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedTest {
    /// Its name, which is its path in the suite, too.
    pub name: Spanned<SmolStr>,
    /// The rows that it is made for; `None` for a test without rows.
    pub rows: Option<TestRows>,
}

/// The rows that a test is made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestRows {
    /// The groups of the test table that they are of.
    pub groups: Vec<SmolStr>,
    /// Set when it is called a template, which is a test for each row; else it may be one with a script for each.
    pub is_template: bool,
}

/// Suite of packages that is written for a distribution and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// The distribution.
    pub distribution: SmolStr,
    /// The version or tag.
    pub version: SmolStr,
    /// Name of the suite.
    pub name: Spanned<SmolStr>,
}

/// A distribution and a version, as literals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The distribution; its text without quotes.
    pub distribution: Spanned<SmolStr>,
    /// The version or tag; its text without quotes.
    pub version: Spanned<SmolStr>,
}

/// Reads `os/configs/image-repository.nix`, or a module that it imports.
pub fn repository(text: &str) -> Parsed<RepositoryFacts> {
    read(text, repository::read)
}

/// Reads `tests/distributions.nix`.
pub fn test_table(text: &str) -> Parsed<TableFacts> {
    read(text, table::read)
}

/// Reads a test of `tests/suite`. One that does not parse says nothing.
pub fn suite_test(text: &str) -> SuiteFacts {
    read(text, |evaluator| suite::read(evaluator, text))
        .facts
        .unwrap_or_default()
}

/// Reads the list of tests. One that does not parse lists nothing that is known.
pub fn list_of_tests(text: &str) -> SuiteFacts {
    SuiteFacts {
        list: parsed(text).map(|root| listed::read(&root)),
        ..suite_test(text)
    }
}

/// Returns the code of a file, without comments and layout; `None` where it does not parse.
pub fn code(text: &str) -> Option<String> {
    parsed(text).map(|root| listed::code(&root, Vec::new()))
}

fn parsed(text: &str) -> Option<rnix::SyntaxNode> {
    check::check(text).ok()?;
    let parse = rnix::Root::parse(text);
    parse.errors().is_empty().then(|| parse.syntax())
}

/// Finds the strings of a file. In doubt, everything is one string.
pub fn strings(text: &str) -> Strings {
    if check::check(text).is_err() {
        return Strings::everything();
    }
    let root = rnix::Root::parse(text).syntax();
    let mut strings = Vec::new();
    let mut preorder = root.preorder();
    while let Some(event) = preorder.next() {
        if let rnix::WalkEvent::Enter(node) = event
            && node.kind() == rnix::SyntaxKind::NODE_STRING
        {
            strings.push(node.text_range());
            preorder.skip_subtree();
        }
    }
    Strings::new(strings)
}

fn read<T>(text: &str, reader: impl FnOnce(&mut eval::Evaluator<'_>) -> T) -> Parsed<T> {
    let failed = |error| Parsed {
        facts: None,
        older: None,
        errors: vec![error],
        duplicates: Vec::new(),
    };
    if let Err(error) = check::check(text) {
        return failed(error);
    }
    let parse = rnix::Root::parse(text);
    if !parse.errors().is_empty() {
        // `check` accepts nothing that rnix does not; should it, the file is not read, that is all.
        return failed(Spanned::new(
            "this cannot be read as Nix".to_owned(),
            parse.syntax().text_range(),
        ));
    }
    let (ir, duplicates) = match lower::lower(&parse.syntax()) {
        Ok(lowered) => lowered,
        Err(refused) => return failed(refused),
    };
    drop(parse);
    let facts = Some(reader(&mut eval::Evaluator::new(&ir)));
    Parsed {
        facts,
        older: None,
        errors: Vec::new(),
        duplicates,
    }
}
