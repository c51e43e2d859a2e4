//! Baselines: findings that are known, matched by code, path and message, not by line.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::check::Report;
use analysis::Snapshot;
use checkout::user_file;
use model::FileId;
use rules::Finding;

/// Known findings, each as often as it is known.
pub(super) struct Baseline {
    known: BTreeMap<Key, usize>,
}

#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Clone)]
struct Key {
    path: String,
    code: String,
    message: String,
}

/// The part of `--format json` that a baseline needs; more may stand there.
#[derive(Deserialize)]
struct Document {
    version: u32,
    findings: Vec<Key>,
}

/// Reads the text of a baseline. Nothing of the text is in an error: it may be any file of the machine.
fn parse(text: &str) -> Result<Document, String> {
    let document: Document = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("not a baseline (line {line}, column {column})")
    })?;
    match document.version {
        1 => Ok(document),
        version => Err(format!("a baseline of version {version}, not 1")),
    }
}

fn key(snapshot: &Snapshot, id: FileId, finding: &Finding) -> Key {
    let path = snapshot
        .tree
        .file(id)
        .map(|f| f.path.to_string())
        .unwrap_or_default();
    Key {
        path,
        code: finding.rule.code.to_owned(),
        message: finding.message.clone(),
    }
}

impl Baseline {
    /// The findings of a report.
    pub(super) fn of(report: &Report) -> Baseline {
        let mut known = BTreeMap::new();
        for (id, finding) in &report.findings {
            *known
                .entry(key(&report.snapshot, *id, finding))
                .or_insert(0) += 1;
        }
        Baseline { known }
    }

    /// Reads a file of `--write-baseline` or `--format json`.
    pub(super) fn read(path: &Path) -> Result<Baseline, String> {
        let failed = |message: String| format!("{}: {message}", path.display());
        let text = user_file::read(path).map_err(failed)?;
        let document = parse(&text).map_err(|message| {
            failed(format!("{message}; write a new one with --write-baseline"))
        })?;
        let mut known = BTreeMap::new();
        for key in document.findings {
            *known.entry(key).or_insert(0) += 1;
        }
        Ok(Baseline { known })
    }

    /// Writes it; a baseline that was there before is replaced whole or not at all, and anything else
    /// is left alone. `root` is the checkout that the findings are of.
    pub(super) fn write(&self, path: &Path, root: &Path) -> Result<(), String> {
        let findings: Vec<&Key> = self
            .known
            .iter()
            .flat_map(|(key, count)| std::iter::repeat_n(key, *count))
            .collect();
        let document = serde_json::json!({ "version": 1, "findings": findings });
        let text = serde_json::to_string_pretty(&document).map_err(|error| error.to_string())?;
        let may_replace = |before: &str| match before.trim() {
            "" => Ok(()),
            before => parse(before).map(drop).map_err(|message| {
                format!("{message}, and is left as it is: remove it, or name another file")
            }),
        };
        user_file::replace(path, root, &(text + "\n"), may_replace)
            .map_err(|message| format!("{}: {message}", path.display()))
    }

    /// Returns whether a finding is known, and uses it up.
    pub(super) fn takes(&mut self, snapshot: &Snapshot, id: FileId, finding: &Finding) -> bool {
        match self.known.get_mut(&key(snapshot, id, finding)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }
}
