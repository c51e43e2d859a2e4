//! What a rule is, and the macro that declares one with its documentation.

use crate::Severity;

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its code.
    pub code: &'static str,
    /// How bad it is, unless a finding says otherwise.
    pub severity: Severity,
    /// What it is about.
    pub group: Group,
    /// Its documentation: Markdown. The first paragraph says when it fires.
    pub doc: &'static str,
}

/// What rules are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// An image's own files.
    Images,
    /// The repository.
    Repository,
    /// The test table.
    TestTable,
    /// Suppression comments and settings.
    Suppressions,
}

impl Group {
    /// The title of its part of the documentation.
    pub fn title(self) -> &'static str {
        match self {
            Group::Images => "Images",
            Group::Repository => "Repository",
            Group::TestTable => "Test table",
            Group::Suppressions => "Suppressions and settings",
        }
    }
}

impl Rule {
    /// The documentation with the blank that doc comments begin lines with taken out.
    pub fn markdown(&self) -> String {
        self.doc
            .lines()
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The first paragraph of the documentation, on one line.
    pub fn summary(&self) -> String {
        let markdown = self.markdown();
        markdown
            .split("\n\n")
            .next()
            .unwrap_or_default()
            .replace('\n', " ")
    }
}

/// Declares a rule; its doc comment is its documentation.
macro_rules! rule {
    ($(#[doc = $doc:literal])+ $name:ident, $code:literal, $severity:ident, $group:ident) => {
        $(#[doc = $doc])+
        pub static $name: $crate::Rule = $crate::Rule {
            code: $code,
            severity: $crate::Severity::$severity,
            group: $crate::Group::$group,
            doc: concat!($($doc, "\n"),+),
        };
    };
}
