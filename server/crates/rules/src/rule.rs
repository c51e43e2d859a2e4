//! A rule, and the macro that declares one with its documentation.

use model::{Directory, FileId};

use crate::{Confidence, ContainerScript, Context, Finding, Joined, LocatedFacts, Severity};

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// The code that it is known by.
    pub code: &'static str,
    /// The severity of its findings, unless a finding says otherwise.
    pub severity: Severity,
    /// The confidence of its findings, unless a finding says otherwise.
    pub confidence: Confidence,
    /// The part of the checkout that it is about.
    pub group: Group,
    /// The functions that find it, each for a scope. Empty for a rule that is found elsewhere: in
    /// the findings of a file, or by another program.
    pub checks: &'static [Check],
    /// Some of its findings offer a fix.
    pub has_fix: bool,
    /// Documentation in Markdown. The first paragraph says when the rule fires.
    pub doc: &'static str,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

/// The function that checks something, for each scope: see [`Scope`](crate::Scope) for when it is
/// called again.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// A directory of images.
    Directory(fn(&Context<'_>, &Directory, &mut Vec<Finding>)),
    /// A script that is no image's own.
    Script(fn(&Context<'_>, FileId, &mut Vec<Finding>)),
    /// Any script, of an image or not, and what is beside an image's own.
    AnyScript(fn(&Context<'_>, FileId, &mut Vec<Finding>)),
    /// Any script, and each that is executed in a container: its facts, if the grammar takes it.
    Facts(fn(&LocatedFacts<'_>, &mut Vec<Finding>)),
    /// All images, which are compared with one another.
    Images(fn(&Context<'_>, &mut Vec<Finding>)),
    /// Who the images are, and what they are built in.
    Identities(fn(&Context<'_>, &mut Vec<Finding>)),
    /// The repository, and everything that is published.
    Repository(fn(&Context<'_>, &Joined<'_>, &mut Vec<Finding>)),
    /// A script that is executed in the container of an image: not at each edit, but when there is
    /// time.
    ContainerScript(fn(&Context<'_>, &ContainerScript, &mut Vec<Finding>)),
    /// The test table, and everything that is tested.
    TestTable(fn(&Context<'_>, &Joined<'_>, &mut Vec<Finding>)),
}

/// A group of rules, by what they are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The scripts: of images, includes, builders and tests.
    Images,
    /// The repository.
    Repository,
    /// The test table.
    TestTable,
    /// What servers say: for the command `verify` alone.
    Upstream,
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
            Group::Upstream => "Upstream (found by `verify` alone)",
            Group::Suppressions => "Suppressions and settings",
        }
    }
}

impl Rule {
    /// The codes by which it can be named: its own, and that of the rule which it is a case of.
    pub fn codes(&self) -> impl Iterator<Item = &'static str> {
        let family = self.code.split_once('/').map(|(family, _)| family);
        [self.code].into_iter().chain(family)
    }

    /// The severity, and the confidence unless it is the usual one.
    pub fn severity_and_confidence(&self) -> String {
        self.confidence.with_severity(self.severity)
    }

    /// The documentation, without the blank that doc comments begin lines with.
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

/// Declares the rule of a file as `RULE`; its doc comment is its documentation. `confidence: Likely`
/// after the severity is for a rule that goes by what is usual: without it, findings are certain.
macro_rules! rule {
    (
        $(#[doc = $doc:literal])+
        code: $code:literal,
        severity: $severity:ident,
        $(confidence: $confidence:ident,)?
        group: $group:ident,
        checks: [$($scope:ident($check:path)),* $(,)?],
        fix: $fix:ident,
    ) => {
        $(#[doc = $doc])+
        pub(crate) static RULE: $crate::Rule = $crate::Rule {
            code: $code,
            severity: $crate::Severity::$severity,
            confidence: rule!(@confidence $($confidence)?),
            group: $crate::Group::$group,
            checks: &[$($crate::Check::$scope($check)),*],
            has_fix: rule!(@ $fix),
            doc: concat!($($doc, "\n"),+),
        };
    };
    (@confidence) => { $crate::Confidence::Certain };
    (@confidence $confidence:ident) => { $crate::Confidence::$confidence };
    (@ yes) => { true };
    (@ no) => { false };
}
