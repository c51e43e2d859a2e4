//! What an image does to its container, compared with others: the action that shows how they differ,
//! and those that mask a unit as they do.

use lsp_types::{CodeAction, CodeActionKind};
use serde_json::json;
use smol_str::SmolStr;

use super::request::{ActionRequest, command};
use crate::lsp::position::range;
use crate::lsp::protocol::{COMPARE_POLICY, MASK_UNIT};
use crate::lsp::shown;
use crate::lsp::workspace_edit::workspace_edit;
use container::policy::{PolicyItem, Topic, neighbours};
use edits::{MaskInto, MaskUnit};
use model::Image;
use syntax::TextRange;

/// Number of units that are offered.
const MAX_UNITS: usize = 3;

/// Returns the actions that compare an image with its neighbours, where the client can show that.
pub(super) fn compare(request: &ActionRequest<'_>, name: &str) -> Vec<CodeAction> {
    let context = request.context;
    let view = context.snapshot.view();
    let image = view.model.images.get(name);
    let image = image.filter(|_| context.client.own_commands.contains(COMPARE_POLICY));
    let neighbours = image.map_or_else(Vec::new, |image| neighbours(&view, image));
    let actions = neighbours.into_iter().map(|neighbour| {
        let title = shown::line(&format!("Compare policy with `{}`", neighbour.image));
        let arguments = json!({
            "root": context.snapshot.root,
            "image": name,
            "other": neighbour.image,
        });
        let command = command(&title, COMPARE_POLICY, arguments);
        CodeAction {
            title,
            kind: Some(CodeActionKind::REFACTOR),
            command: Some(command),
            ..CodeAction::default()
        }
    });
    actions.collect()
}

/// Returns the actions that mask a unit as a neighbour does, where the range is on what becomes of the
/// container's script: a here-document, or the call that executes it.
pub(super) fn mask(request: &ActionRequest<'_>, name: &str) -> Vec<CodeAction> {
    let view = request.context.snapshot.view();
    let image = view.model.images.get(name);
    let Some(image) = image.filter(|_| is_at_container_script(request)) else {
        return Vec::new();
    };
    let mut actions = Vec::new();
    for (unit, like) in candidates(request, image) {
        for into in [MaskInto::Image, MaskInto::Include] {
            let mask = MaskUnit {
                image: image.name.clone(),
                unit: unit.clone(),
                like: Some(like.clone()),
                into,
            };
            actions.extend(mask_action(request, &mask));
        }
    }
    actions
}

/// Name of the function that executes what was appended.
const LAST_STEP: &str = "run-configure";

fn is_at_container_script(request: &ActionRequest<'_>) -> bool {
    let Some(facts) = request.file.script() else {
        return false;
    };
    let encoding = request.context.client.encoding;
    let here = |bytes: TextRange| request.touches(range(request.file, bytes, encoding));
    let mut names = facts.occurrences.iter().map(|occurrence| occurrence.range);
    facts.heredocs.iter().any(|heredoc| here(heredoc.body))
        || names.any(|name| request.file.slice(name) == LAST_STEP && here(name))
}

/// Returns the units that neighbours mask and an image does not, each with one of those that do: first
/// what all peers mask.
fn candidates(request: &ActionRequest<'_>, image: &Image) -> Vec<(SmolStr, SmolStr)> {
    let view = request.context.snapshot.view();
    let cache = &request.context.builds;
    let Some(own) = cache.policy(&view, image) else {
        return Vec::new();
    };
    let is_lacking =
        |item: &PolicyItem| item.topic == Topic::Unit && item.action == "mask" && own.lacks(item);
    let missing = own.missing(&view, image, cache);
    let of_peers = missing.peers.first().cloned();
    let of_peers = missing.items.into_iter().zip(std::iter::repeat(of_peers));
    let of_peers = of_peers.filter_map(|(item, peer)| Some((item, peer?)));
    let mut found: Vec<(PolicyItem, SmolStr)> = of_peers.collect();
    for neighbour in neighbours(&view, image) {
        let other = view.model.images.get(&neighbour.image);
        let policy = other.and_then(|other| cache.policy(&view, other));
        let items = policy.iter().flat_map(|policy| &policy.items);
        found.extend(items.map(|item| (item.clone(), neighbour.image.clone())));
    }
    let mut units: Vec<(SmolStr, SmolStr)> = Vec::new();
    for (item, like) in found {
        if is_lacking(&item) && !units.iter().any(|(unit, _)| *unit == item.name) {
            units.push((item.name, like));
        }
    }
    units.truncate(MAX_UNITS);
    units
}

fn mask_action(request: &ActionRequest<'_>, mask: &MaskUnit) -> Option<CodeAction> {
    let context = request.context;
    let view = context.snapshot.view();
    let title = shown::line(&edits::mask_title(&view, mask)?);
    let mut action = CodeAction {
        title: title.clone(),
        kind: Some(CodeActionKind::REFACTOR_REWRITE),
        ..CodeAction::default()
    };
    if context.client.apply_edit {
        // The command looks whether anything else would change, and says which other images mask it then.
        let into = match mask.into {
            MaskInto::Image => "image",
            MaskInto::Include => "include",
        };
        let arguments = json!({
            "root": context.snapshot.root,
            "name": mask.image,
            "unit": mask.unit,
            "like": mask.like,
            "into": into,
        });
        action.command = Some(command(&title, MASK_UNIT, arguments));
    } else {
        let change = edits::mask_unit(&view, mask).ok()?;
        let edit = workspace_edit(context, &title, None, &change.edits).ok()?;
        action.edit = Some(edit.client);
    }
    Some(action)
}
