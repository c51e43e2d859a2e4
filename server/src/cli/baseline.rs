//! Baselines: findings that are known, matched by code, path and message, not by line.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::check::Report;
use analysis::Snapshot;
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
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let document: Document = serde_json::from_str(&text).map_err(|error| {
            format!(
                "{}: not a baseline: {error}; write a new one with --write-baseline",
                path.display()
            )
        })?;
        if document.version != 1 {
            return Err(format!(
                "{}: a baseline of version {}, not 1",
                path.display(),
                document.version
            ));
        }
        let mut known = BTreeMap::new();
        for key in document.findings {
            *known.entry(key).or_insert(0) += 1;
        }
        Ok(Baseline { known })
    }

    /// Writes it; what was there before is replaced whole or not at all.
    pub(super) fn write(&self, path: &Path) -> Result<(), String> {
        let findings: Vec<&Key> = self
            .known
            .iter()
            .flat_map(|(key, count)| std::iter::repeat_n(key, *count))
            .collect();
        let document = serde_json::json!({ "version": 1, "findings": findings });
        let text = serde_json::to_string_pretty(&document).map_err(|error| error.to_string())?;
        let failed =
            |error: std::io::Error| format!("{}: cannot be written: {error}", path.display());
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        std::fs::write(&beside, text + "\n").map_err(failed)?;
        std::fs::rename(&beside, path).map_err(failed)
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
