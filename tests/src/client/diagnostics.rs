//! Published diagnostics.

use serde_json::Value;

/// Diagnostics of a document, as published.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedDiagnostics {
    /// URL of the document.
    pub url: String,
    /// Version of its text.
    pub version: Option<i64>,
    /// The diagnostics.
    pub diagnostics: Vec<Value>,
}

impl PublishedDiagnostics {
    /// Returns the codes of the diagnostics.
    pub fn codes(&self) -> Vec<&str> {
        codes(&self.diagnostics)
    }
}

/// Returns the codes of diagnostics.
pub fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics
        .iter()
        .map(|d| d["code"].as_str().unwrap())
        .collect()
}
