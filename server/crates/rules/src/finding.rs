//! What a rule has to say.

use smol_str::SmolStr;

use super::Rule;
use edits::Fix;
use model::settings::Severity;
use model::tree::{FileId, Tree};
use syntax::TextRange;

/// Something that is wrong, or worth knowing.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// How bad it is.
    pub severity: Severity,
    /// Where it is shown.
    pub anchor: Anchor,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// The image it is about.
    pub image: Option<SmolStr>,
    /// Other places that explain it.
    pub related: Vec<Related>,
    /// Ways to mend it, the preferred one first.
    pub fixes: Vec<Fix>,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Anchor {
    /// The file.
    pub file: FileId,
    /// Where in it.
    pub spot: Spot,
}

/// A part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Spot {
    /// Some bytes.
    Range(TextRange),
    /// The first line: for what concerns the whole file, or what the file stands for.
    FirstLine,
}

impl Anchor {
    /// Some bytes of a file.
    pub fn range(file: FileId, range: TextRange) -> Anchor {
        Anchor {
            file,
            spot: Spot::Range(range),
        }
    }

    /// A file as a whole.
    pub fn file(file: FileId) -> Anchor {
        Anchor {
            file,
            spot: Spot::FirstLine,
        }
    }

    /// Its bytes.
    pub fn resolve(self, tree: &Tree) -> TextRange {
        match self.spot {
            Spot::Range(range) => range,
            Spot::FirstLine => tree
                .file(self.file)
                .map(|f| f.first_line())
                .unwrap_or_default(),
        }
    }
}

/// Another place that explains a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub anchor: Anchor,
    /// What is there.
    pub message: String,
}

impl Finding {
    /// A finding with the rule's own severity.
    pub fn new(rule: &'static Rule, anchor: Anchor, message: impl Into<String>) -> Finding {
        Finding {
            rule,
            severity: rule.severity,
            anchor,
            message: message.into(),
            image: None,
            related: Vec::new(),
            fixes: Vec::new(),
        }
    }

    /// Another severity than the rule's.
    pub fn severity(self, severity: Severity) -> Finding {
        Finding { severity, ..self }
    }

    /// The image it is about.
    pub fn image(self, image: &SmolStr) -> Finding {
        Finding {
            image: Some(image.clone()),
            ..self
        }
    }

    /// A place that explains it.
    pub fn related(mut self, anchor: Anchor, message: impl Into<String>) -> Finding {
        self.related.push(Related {
            anchor,
            message: message.into(),
        });
        self
    }

    /// A way to mend it.
    pub fn fix(mut self, fix: Fix) -> Finding {
        self.fixes.push(fix);
        self
    }

    /// Several ways to mend it.
    pub fn fixes(mut self, fixes: impl IntoIterator<Item = Fix>) -> Finding {
        self.fixes.extend(fixes);
        self
    }
}

/// One fact is reported once: aliases share their directory's scripts.
pub(super) fn dedup(findings: &mut Vec<Finding>) {
    let mut seen = rustc_hash::FxHashSet::default();
    if findings.len() > 1 {
        findings.retain(|f| seen.insert((f.rule.code, f.anchor, f.message.clone())));
    }
}
