//! Findings and paths as the protocol has them.

use std::path::Path;

use lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Url,
};

use super::abilities::Abilities;
use super::position::{Encoding, range};
use analysis::Snapshot;
use model::settings::Severity;
use rules::{FileRange, Finding};

/// The name that all our diagnostics carry.
pub(super) const SOURCE: &str = "image-scripts";

/// The URL of a path below a root.
pub(super) fn url_of(root: &Path, path: &str) -> Option<Url> {
    Url::from_file_path(root.join(path)).ok()
}

/// A finding as a diagnostic.
pub(super) fn diagnostic(
    snapshot: &Snapshot,
    finding: &Finding,
    abilities: &Abilities,
) -> Option<Diagnostic> {
    let file = snapshot.tree.file(finding.at.file)?;
    let related: Vec<DiagnosticRelatedInformation> = finding
        .related
        .iter()
        .filter(|_| abilities.related_information)
        .filter_map(|related| {
            Some(DiagnosticRelatedInformation {
                location: location(snapshot, related.at, abilities.encoding)?,
                message: related.message.clone(),
            })
        })
        .collect();
    Some(Diagnostic {
        range: range(file, finding.at.range, abilities.encoding),
        severity: Some(match finding.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Information => DiagnosticSeverity::INFORMATION,
            Severity::Hint => DiagnosticSeverity::HINT,
        }),
        code: Some(NumberOrString::String(finding.rule.code.to_owned())),
        source: Some(SOURCE.to_owned()),
        message: finding.message.clone(),
        related_information: (!related.is_empty()).then_some(related),
        ..Diagnostic::default()
    })
}

fn location(snapshot: &Snapshot, at: FileRange, encoding: Encoding) -> Option<Location> {
    let file = snapshot.tree.file(at.file)?;
    let uri = url_of(&snapshot.root, &file.path)?;
    Some(Location {
        uri,
        range: range(file, at.range, encoding),
    })
}
