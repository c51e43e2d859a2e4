//! Findings of rules.

use std::borrow::Cow;

use smol_str::SmolStr;
use syntax::escape::escape_control;

use super::Rule;
use edits::Fix;
use model::FileRange;
use model::settings::Severity;

/// Confidence of a finding: how sure it is that a maintainer would want to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Goes by what is usual, such as what the neighbours do. Never an error, and no reason for a
    /// build to fail unless somebody asks for it.
    Likely,
    /// Follows from what the checkout says.
    Certain,
}

impl Confidence {
    /// Returns the name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Likely => "likely",
            Confidence::Certain => "certain",
        }
    }

    /// Returns a severity with the confidence, unless that is the usual one.
    pub fn with_severity(self, severity: Severity) -> String {
        match self {
            Confidence::Likely => format!("{}, likely", severity.name()),
            Confidence::Certain => severity.name().to_owned(),
        }
    }
}

/// Something that is wrong, or worth knowing.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// The severity: the rule's, unless the finding or the settings say otherwise.
    pub severity: Severity,
    /// The confidence: the rule's, unless the finding says otherwise.
    pub confidence: Confidence,
    /// The range where it is shown.
    pub at: FileRange,
    /// A message that says what is wrong, in a sentence without a full stop.
    pub message: String,
    /// The image it is about.
    pub image: Option<SmolStr>,
    /// Other ranges that explain it.
    pub related: Vec<Related>,
    /// The fixes, the preferred one first.
    pub fixes: Vec<Fix>,
}

/// Another range that explains a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The range that is referred to.
    pub at: FileRange,
    /// A message that says what is there.
    pub message: String,
}

/// Returns a message as it is shown: a value may end with the return of a line.
fn shown(message: String) -> String {
    match escape_control(&message) {
        Cow::Borrowed(_) => message,
        Cow::Owned(escaped) => escaped,
    }
}

impl Finding {
    /// A finding with the rule's own severity.
    pub fn new(rule: &'static Rule, at: FileRange, message: impl Into<String>) -> Finding {
        Finding {
            rule,
            severity: rule.severity,
            confidence: rule.confidence,
            at,
            message: shown(message.into()),
            image: None,
            related: Vec::new(),
            fixes: Vec::new(),
        }
    }

    /// Sets another severity than the rule's.
    pub fn severity(self, severity: Severity) -> Finding {
        Finding { severity, ..self }
    }

    /// Sets another confidence than the rule's.
    pub fn confidence(self, confidence: Confidence) -> Finding {
        Finding { confidence, ..self }
    }

    /// Sets the image it is about.
    pub fn image(self, image: &SmolStr) -> Finding {
        Finding {
            image: Some(image.clone()),
            ..self
        }
    }

    /// Returns the message for people, which says so where the finding is only likely.
    pub fn shown_message(&self) -> Cow<'_, str> {
        match self.confidence {
            Confidence::Likely => Cow::Owned(format!("{} (likely)", self.message)),
            Confidence::Certain => Cow::Borrowed(&self.message),
        }
    }

    /// Adds a range that explains it.
    pub fn related(mut self, at: FileRange, message: impl Into<String>) -> Finding {
        self.related.push(Related {
            at,
            message: shown(message.into()),
        });
        self
    }

    /// Returns the index of the fix that is made where nobody chooses: the first that deletes no image,
    /// unless there is no other.
    pub fn unattended_fix(&self) -> Option<usize> {
        let keeps = self.fixes.iter().position(|fix| !fix.retires());
        keeps.or((!self.fixes.is_empty()).then_some(0))
    }

    /// Adds a fix.
    pub fn fix(mut self, fix: Fix) -> Finding {
        self.fixes.push(fix);
        self
    }

    /// Adds several fixes.
    pub fn fixes(mut self, fixes: impl IntoIterator<Item = Fix>) -> Finding {
        self.fixes.extend(fixes);
        self
    }
}

/// One fact is reported once: aliases share their directory's scripts.
pub(super) fn dedup(findings: &mut Vec<Finding>) {
    let mut seen = rustc_hash::FxHashSet::default();
    if findings.len() > 1 {
        findings.retain(|f| seen.insert((f.rule.code, f.at, f.message.clone())));
    }
}
