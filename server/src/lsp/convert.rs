//! Findings and paths in terms of the protocol.

use std::path::Path;

use lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location,
    NumberOrString, Url,
};

use super::client_capabilities::ClientCapabilities;
use super::position::{Encoding, facts_range, range};
use super::protocol::{RULE_SCHEME, SOURCE};
use super::shown;
use crate::documentation;
use analysis::Snapshot;
use model::settings::Severity;
use rules::{FileRange, Finding};

/// Returns the URL of a path below a root.
pub(super) fn url_of(root: &Path, path: &str) -> Option<Url> {
    Url::from_file_path(root.join(path)).ok()
}

/// Converts a finding.
pub(super) fn diagnostic(
    snapshot: &Snapshot,
    finding: &Finding,
    client: &ClientCapabilities,
) -> Option<Diagnostic> {
    let file = snapshot.tree.file(finding.at.file)?;
    let related: Vec<DiagnosticRelatedInformation> = finding
        .related
        .iter()
        .filter(|_| client.related_information)
        .filter_map(|related| {
            Some(DiagnosticRelatedInformation {
                location: location_of(snapshot, related.at, client.encoding)?,
                message: shown::line(&related.message),
            })
        })
        .collect();
    Some(Diagnostic {
        range: range(file, finding.at.range, client.encoding),
        severity: Some(match finding.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Information => DiagnosticSeverity::INFORMATION,
            Severity::Hint => DiagnosticSeverity::HINT,
        }),
        code: Some(NumberOrString::String(finding.rule.code.to_owned())),
        code_description: code_description(finding.rule.code, client),
        source: Some(SOURCE.to_owned()),
        message: shown::line(&finding.shown_message()),
        related_information: (!related.is_empty()).then_some(related),
        ..Diagnostic::default()
    })
}

/// Returns the link to a rule's documentation: on the web, or a document of the server.
fn code_description(code: &str, client: &ClientCapabilities) -> Option<CodeDescription> {
    let address = match documentation::address(code) {
        Some(address) => Some(address),
        None => client
            .rule_documents
            .then(|| format!("{RULE_SCHEME}:/{code}.md")),
    };
    let href = Url::parse(&address.filter(|_| client.code_description)?).ok()?;
    Some(CodeDescription { href })
}

fn location_of(snapshot: &Snapshot, at: FileRange, encoding: Encoding) -> Option<Location> {
    let file = snapshot.tree.file(at.file)?;
    let uri = url_of(&snapshot.root, &file.path)?;
    Some(Location {
        uri,
        // Where its text does not parse, it is referred to as it was.
        range: facts_range(file, at.range, encoding),
    })
}
