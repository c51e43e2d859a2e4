//! Findings and fixes as the protocol has them.

use std::collections::HashMap;
use std::path::Path;

use lsp_types::{
    CodeAction, CodeActionKind, CreateFile, CreateFileOptions, DeleteFile, DeleteFileOptions,
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DocumentChangeOperation,
    DocumentChanges, Location, NumberOrString, OneOf, OptionalVersionedTextDocumentIdentifier,
    ResourceOp, TextDocumentEdit, TextEdit, Url, WorkspaceEdit,
};

use super::position::{Encoding, range};
use crate::checkout::Snapshot;
use crate::edits::{Edit, Fix};
use crate::model::FileId;
use crate::model::settings::Severity;
use crate::rules::{Anchor, Finding};

/// The name that all our diagnostics carry.
pub(super) const SOURCE: &str = "image-scripts";

/// What of the protocol a client understands.
#[derive(Debug, Clone, Default)]
pub(super) struct Abilities {
    pub(super) encoding: Encoding,
    pub(super) related_information: bool,
    pub(super) document_changes: bool,
    pub(super) create_files: bool,
    pub(super) delete_files: bool,
    pub(super) watch_files: bool,
    pub(super) relative_patterns: bool,
    pub(super) configuration: bool,
    pub(super) progress: bool,
    pub(super) is_preferred: bool,
}

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
    let file = snapshot.tree.file(finding.anchor.file)?;
    let related: Vec<DiagnosticRelatedInformation> = finding
        .related
        .iter()
        .filter(|_| abilities.related_information)
        .filter_map(|related| {
            Some(DiagnosticRelatedInformation {
                location: location(snapshot, related.anchor, abilities.encoding)?,
                message: related.message.clone(),
            })
        })
        .collect();
    Some(Diagnostic {
        range: range(
            file,
            finding.anchor.resolve(&snapshot.tree),
            abilities.encoding,
        ),
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

fn location(snapshot: &Snapshot, anchor: Anchor, encoding: Encoding) -> Option<Location> {
    let file = snapshot.tree.file(anchor.file)?;
    let uri = url_of(&snapshot.root, &file.path)?;
    Some(Location {
        uri,
        range: range(file, anchor.resolve(&snapshot.tree), encoding),
    })
}

/// How a file is called, and at which version, in an edit.
pub(super) type Naming<'n> = &'n dyn Fn(FileId) -> Option<(Url, Option<i32>)>;

/// A finding's fix as a code action; `None` where the client cannot do it.
pub(super) fn code_action(
    snapshot: &Snapshot,
    finding: &Finding,
    fix: &Fix,
    abilities: &Abilities,
    name: Naming<'_>,
) -> Option<CodeAction> {
    let edit = workspace_edit(snapshot, fix, abilities, name)?;
    Some(CodeAction {
        title: fix.title.clone(),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![diagnostic(snapshot, finding, abilities)?]),
        edit: Some(edit),
        is_preferred: (abilities.is_preferred && finding.fixes.len() == 1).then_some(true),
        ..CodeAction::default()
    })
}

fn workspace_edit(
    snapshot: &Snapshot,
    fix: &Fix,
    abilities: &Abilities,
    name: Naming<'_>,
) -> Option<WorkspaceEdit> {
    let mut operations = Vec::new();
    let mut changes: HashMap<Url, Vec<TextEdit>> = HashMap::new();
    let edits = fix.edits(&snapshot.view()).ok()?;
    for edit in &edits {
        match edit {
            Edit::Text {
                file,
                range: bytes,
                new_text,
            } => {
                let text = snapshot.tree.file(*file)?;
                let (uri, version) = name(*file)?;
                let edit = TextEdit {
                    range: range(text, *bytes, abilities.encoding),
                    new_text: new_text.clone(),
                };
                changes.entry(uri.clone()).or_default().push(edit.clone());
                // All of one document's edits at once: ranges are those of the text before any.
                let of_document = operations.iter_mut().find_map(|operation| match operation {
                    DocumentChangeOperation::Edit(edits) if edits.text_document.uri == uri => {
                        Some(&mut edits.edits)
                    }
                    _ => None,
                });
                match of_document {
                    Some(edits) => edits.push(OneOf::Left(edit)),
                    None => operations.push(DocumentChangeOperation::Edit(TextDocumentEdit {
                        text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
                        edits: vec![OneOf::Left(edit)],
                    })),
                }
            }
            Edit::Create { path, text } => {
                // Clients differ in what they do with a file that is there: it must not be.
                let empty = text.is_empty()
                    && abilities.create_files
                    && !snapshot.root.join(path.as_str()).exists();
                let uri = url_of(&snapshot.root, path).filter(|_| empty)?;
                let options = CreateFileOptions {
                    overwrite: Some(false),
                    ignore_if_exists: Some(true),
                };
                let create = CreateFile {
                    uri,
                    options: Some(options),
                    annotation_id: None,
                };
                operations.push(DocumentChangeOperation::Op(ResourceOp::Create(create)));
            }
            Edit::Delete { path } => {
                let uri = url_of(&snapshot.root, path).filter(|_| abilities.delete_files)?;
                let options = DeleteFileOptions {
                    recursive: Some(false),
                    ignore_if_not_exists: Some(true),
                    annotation_id: None,
                };
                operations.push(DocumentChangeOperation::Op(ResourceOp::Delete(
                    DeleteFile {
                        uri,
                        options: Some(options),
                    },
                )));
            }
            _ => return None,
        }
    }
    Some(if abilities.document_changes {
        WorkspaceEdit {
            document_changes: Some(DocumentChanges::Operations(operations)),
            ..WorkspaceEdit::default()
        }
    } else if operations.len() == changes.len() {
        WorkspaceEdit {
            changes: Some(changes),
            ..WorkspaceEdit::default()
        }
    } else {
        return None;
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::checkout::Inputs;
    use crate::model::tree::{File, Tree};
    use crate::model::{Kind, Layout};
    use crate::syntax::{TextRange, TextSize};

    /// A client applies one document's edits all at once, but one `TextDocumentEdit` after the
    /// other: two for one document would have the second one's ranges wrong.
    #[test]
    fn the_edits_of_a_document_stay_together() {
        let mut tree = Tree::new(Layout::Whole);
        let mut file = |path: &str| {
            tree.insert_file(File::new(
                path.into(),
                Kind::Script,
                Arc::from("one two\n"),
                None,
            ))
        };
        let (a, b) = (
            file("image-scripts/include/a.sh"),
            file("image-scripts/include/b.sh"),
        );
        let snapshot = Snapshot::new("/x".into(), tree, Vec::new(), Inputs::fixed("2026-01-01"));
        let edit = |file, at: u32| Edit::Text {
            file,
            range: TextRange::empty(TextSize::from(at)),
            new_text: "new".to_owned(),
        };
        let edits = vec![edit(a, 0), edit(b, 0), edit(a, 4)];
        let fix = Fix::plan("Mend", crate::edits::Plan::Edits(edits));
        let name = |id| Some((url_of(&snapshot.root, snapshot.tree.path(id)?)?, Some(3)));
        let mut abilities = Abilities {
            document_changes: true,
            ..Abilities::default()
        };

        let edit = workspace_edit(&snapshot, &fix, &abilities, &name).unwrap();
        let Some(DocumentChanges::Operations(operations)) = edit.document_changes else {
            panic!("no changes")
        };
        let edits = operations.iter().map(|operation| match operation {
            DocumentChangeOperation::Edit(edit) => {
                (edit.text_document.uri.path(), edit.edits.len())
            }
            DocumentChangeOperation::Op(_) => panic!("no operation"),
        });
        let expected = [
            ("/x/image-scripts/include/a.sh", 2),
            ("/x/image-scripts/include/b.sh", 1),
        ];
        assert_eq!(edits.collect::<Vec<_>>(), expected);

        abilities.document_changes = false;
        let edit = workspace_edit(&snapshot, &fix, &abilities, &name).unwrap();
        let changes = edit.changes.unwrap();
        assert_eq!(changes.values().map(Vec::len).sum::<usize>(), 3);
    }
}
