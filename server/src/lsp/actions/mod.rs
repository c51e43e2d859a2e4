//! Code actions: what mends or silences a finding, and what can be done with an image.
//!
//! - `resolve`: edits that are worked out when an action is chosen;
//! - `images`: new, retire, bump.

mod images;
pub(super) use images::images_at;
mod resolve;

use std::sync::Arc;

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, Command, Diagnostic, Range,
};
use serde_json::json;

pub(super) use resolve::{FixData, Unresolved, resolve};

use super::abilities::Abilities;
use super::commands;
use super::convert::diagnostic;
use super::position::range;
use super::workspace_edit::{OpenNames, Target, workspace_edit};
use analysis::Snapshot;
use analysis::fix_all;
use edits::{self, Fix, FixKind};
use model::{File, FileId};
use rules::Finding;

/// Everything that is safe to fix in a file.
pub(super) const FIX_ALL: CodeActionKind = CodeActionKind::new("source.fixAll.imageScripts");

/// What a client asks about, at one moment.
pub(super) struct Asked {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) id: FileId,
    pub(super) abilities: Arc<Abilities>,
    pub(super) open: OpenNames,
    pub(super) params: CodeActionParams,
}

impl Asked {
    fn target(&self) -> Target<'_> {
        Target {
            snapshot: &self.snapshot,
            abilities: &self.abilities,
            open: &self.open,
        }
    }

    /// Whether actions of a kind are asked for: of that, or of one that it is a part of.
    fn wants(&self, kind: &CodeActionKind) -> bool {
        let Some(only) = &self.params.context.only else {
            return *kind != FIX_ALL;
        };
        only.iter().any(|asked| {
            let (asked, kind) = (asked.as_str(), kind.as_str());
            let below = kind
                .strip_prefix(asked)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            // Whoever wants everything does not want everything fixed.
            below || (asked.is_empty() && kind != FIX_ALL.as_str())
        })
    }
}

/// The actions that are offered.
pub(super) fn actions(asked: &Asked) -> Option<Vec<CodeActionOrCommand>> {
    let file = asked.snapshot.tree.file(asked.id)?;
    let mut actions = Vec::new();
    if asked.wants(&CodeActionKind::QUICKFIX) {
        actions.extend(quick_fixes(asked, file));
    }
    actions.extend(images::actions(asked, file));
    if asked.wants(&FIX_ALL) {
        actions.extend(all_fixes(asked));
    }
    let actions: Vec<CodeActionOrCommand> = actions
        .into_iter()
        .map(CodeActionOrCommand::CodeAction)
        .collect();
    (!actions.is_empty()).then_some(actions)
}

/// What mends the findings at the range, and behind that, what silences them.
fn quick_fixes(asked: &Asked, file: &File) -> Vec<CodeAction> {
    let (mut fixes, mut silencers) = (Vec::new(), Vec::new());
    for finding in asked.snapshot.findings_of(asked.id) {
        let bytes = finding.at.range;
        let place = range(file, bytes, asked.abilities.encoding);
        if place.end < asked.params.range.start || asked.params.range.end < place.start {
            continue;
        }
        let Some(shown) = diagnostic(&asked.snapshot, finding, &asked.abilities) else {
            continue;
        };
        let of_finding = finding.fixes.iter();
        fixes.extend(of_finding.filter_map(|fix| quick_fix(asked, file, finding, fix, &shown)));
        silencers.extend(silencer(asked, file, finding, shown));
    }
    fixes.extend(silencers);
    fixes
}

/// How a fix gets to the client.
enum Way {
    /// With the action.
    Now,
    /// When the action is chosen.
    Later,
    /// By a command, because the server has a part in it.
    Command,
    /// Not at all: the client cannot do it.
    Never,
}

fn way(asked: &Asked, fix: &Fix) -> Way {
    let abilities = &asked.abilities;
    let possible = match &fix.kind {
        FixKind::Edits(_) => return Way::Now,
        FixKind::Retire { image } => {
            let image = asked.snapshot.model.images.get(image);
            if image.is_some_and(|image| image.alias) {
                return if abilities.apply_edit {
                    Way::Command
                } else {
                    Way::Never
                };
            }
            abilities.document_changes && abilities.delete_files
        }
        FixKind::Script { .. } => abilities.document_changes && abilities.create_files,
        _ => true,
    };
    match (possible, abilities.resolves_edits) {
        (false, _) => Way::Never,
        (true, true) => Way::Later,
        (true, false) => Way::Now,
    }
}

fn quick_fix(
    asked: &Asked,
    file: &File,
    finding: &Finding,
    fix: &Fix,
    shown: &Diagnostic,
) -> Option<CodeAction> {
    let mut action = CodeAction {
        title: fix.title.clone(),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![shown.clone()]),
        is_preferred: (asked.abilities.is_preferred && finding.fixes.len() == 1).then_some(true),
        ..CodeAction::default()
    };
    match way(asked, fix) {
        Way::Now => action.edit = Some(resolve::edit_of(asked.target(), fix).ok()?),
        Way::Later => {
            let data = FixData {
                root: asked.snapshot.root.clone(),
                path: file.path.clone(),
                code: finding.rule.code.to_owned(),
                message: finding.message.clone(),
                range: shown.range,
                title: fix.title.clone(),
                version: asked.open.get(&file.path).map(|(_, version)| *version),
            };
            action.data = Some(serde_json::to_value(data).ok()?);
        }
        Way::Command => {
            let FixKind::Retire { image } = &fix.kind else {
                return None;
            };
            let arguments = json!({ "name": image, "root": asked.snapshot.root });
            action.command = Some(command(&fix.title, commands::RETIRE, arguments));
        }
        Way::Never => return None,
    }
    Some(action)
}

fn command(title: &str, name: &str, arguments: serde_json::Value) -> Command {
    Command {
        title: title.to_owned(),
        command: name.to_owned(),
        arguments: Some(vec![arguments]),
    }
}

/// The comment that silences a finding.
fn silencer(
    asked: &Asked,
    file: &File,
    finding: &Finding,
    shown: Diagnostic,
) -> Option<CodeAction> {
    let (code, bytes) = (finding.rule.code, finding.at.range);
    let edit = edits::suppress(file, asked.id, bytes, code)?;
    let title = format!("Ignore `{code}` here");
    let prepared = workspace_edit(asked.target(), &title, "", &[edit]).ok()?;
    Some(CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![shown]),
        edit: Some(prepared.edit),
        ..CodeAction::default()
    })
}

/// All safe fixes of a file in one edit.
fn all_fixes(asked: &Asked) -> Option<CodeAction> {
    let safe = |id: FileId, finding: &Finding| {
        (id == asked.id)
            .then(|| finding.fixes.iter().position(Fix::is_safe))
            .flatten()
    };
    let fixed = fix_all(&asked.snapshot, &safe);
    if fixed.edits.is_empty() {
        return None;
    }
    let title = "Fix everything that is safe to fix".to_owned();
    let prepared = workspace_edit(asked.target(), &title, "", &fixed.edits).ok()?;
    prepared.own.is_empty().then(|| CodeAction {
        title,
        kind: Some(FIX_ALL),
        edit: Some(prepared.edit),
        ..CodeAction::default()
    })
}

/// Whether a range of the client touches one of ours.
fn touches(asked: &Range, ours: Range) -> bool {
    asked.start <= ours.end && ours.start <= asked.end
}
