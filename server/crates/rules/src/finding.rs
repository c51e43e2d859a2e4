//! Findings of rules.

use std::borrow::Cow;

use smol_str::SmolStr;
use syntax::escape::escape_control;

use super::Rule;
use edits::Fix;
use model::FileRange;
use model::settings::Severity;

/// Something that is wrong, or worth knowing.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// The severity: the rule's, unless the finding or the settings say otherwise.
    pub severity: Severity,
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

    /// Sets the image it is about.
    pub fn image(self, image: &SmolStr) -> Finding {
        Finding {
            image: Some(image.clone()),
            ..self
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
