//! Code lenses and inlay hints.

use lsp_types::{CodeLens, Command, InlayHint, InlayHintLabel, Range};
use serde_json::{Value, json};

use crate::lsp::documents::file_path;
use crate::lsp::protocol::{RUN_TEST, SHOW_CONTAINER, SHOW_REFERENCES};
use crate::lsp::request_context::RequestContext;
use crate::lsp::shown;
use ide::hints::{self, InlayHintSettings};
use ide::lenses::{self, LensAction, LensCommand, LensKind, LensSettings};
use model::FileId;
use syntax::TextRange;

/// Returns the name of the folder that a file was opened in: an image may be a link to another one.
fn opened_folder(context: &RequestContext, file: FileId) -> Option<String> {
    let path = file_path(&context.url_of(file)?)?;
    let folder = path.parent()?.file_name()?;
    Some(folder.to_str()?.to_owned())
}

/// Returns the lenses of a file, without commands.
pub(in crate::lsp) fn lenses(
    context: &RequestContext,
    file: FileId,
    mut settings: LensSettings,
) -> Option<Vec<CodeLens>> {
    settings.commands &= has_command(context, RUN_TEST);
    settings.container &= has_command(context, SHOW_CONTAINER);
    let opened = opened_folder(context, file);
    let view = context.snapshot.view();
    let found = lenses::lenses(&view, file, opened.as_deref(), settings);
    let url = context.url_of(file);
    let lenses = found.into_iter().filter_map(|lens| {
        Some(CodeLens {
            range: context.range(file, lens.range)?,
            command: None,
            data: Some(json!({ "url": url, "lens": lens.kind })),
        })
    });
    let lenses: Vec<CodeLens> = lenses.collect();
    (!lenses.is_empty()).then_some(lenses)
}

/// Returns whether the client carries out a command.
fn has_command(context: &RequestContext, command: &str) -> bool {
    context.client.own_commands.contains(command)
}

/// Adds its command to a lens.
pub(in crate::lsp) fn resolve_lens(
    context: &RequestContext,
    file: FileId,
    mut lens: CodeLens,
) -> CodeLens {
    let kind = lens.data.as_ref().and_then(|data| data.get("lens"));
    let kind = kind.and_then(|kind| serde_json::from_value::<LensKind>(kind.clone()).ok());
    let resolved = kind.and_then(|kind| {
        let view = context.snapshot.view();
        lenses::resolve(&view, file, &kind)
    });
    lens.command = Some(match resolved {
        Some(resolved) => command(context, file, lens.range, resolved),
        // Its subject does not exist any more: the client is about to request new ones.
        None => text_only(String::new()),
    });
    lens
}

/// Returns a text that cannot be clicked.
fn text_only(title: String) -> Command {
    Command::new(title, String::new(), None)
}

fn command(context: &RequestContext, file: FileId, range: Range, lens: LensCommand) -> Command {
    let title = shown::label(&lens.title);
    let (name, arguments): (&str, Vec<Value>) = match lens.action {
        LensAction::ShowReferences(ranges) => {
            let locations = ranges.into_iter().filter_map(|at| context.to_location(at));
            let locations: Vec<_> = locations.collect();
            if locations.is_empty() || !has_command(context, SHOW_REFERENCES) {
                return text_only(title);
            }
            let url = context.url_of(file);
            let arguments = vec![json!(url), json!(range.start), json!(locations)];
            (SHOW_REFERENCES, arguments)
        }
        LensAction::RunCommand(words) if has_command(context, RUN_TEST) => {
            (RUN_TEST, vec![json!(words)])
        }
        LensAction::RunCommand(_) => return text_only(title),
        LensAction::ShowContainer(name) => {
            let image = json!({ "root": context.snapshot.root, "name": name });
            (SHOW_CONTAINER, vec![image])
        }
    };
    Command::new(title, name.to_owned(), Some(arguments))
}

/// Returns the hints of some kinds in a range of a file.
pub(in crate::lsp) fn hints(
    context: &RequestContext,
    file: FileId,
    range: Range,
    kinds: InlayHintSettings,
) -> Option<Vec<InlayHint>> {
    let start = context.offset(file, range.start)?;
    let end = context.offset(file, range.end)?;
    let bytes = TextRange::new(start, end.max(start));
    let opened = opened_folder(context, file);
    let view = context.snapshot.view();
    let found = hints::hints(&view, file, bytes, kinds, opened.as_deref());
    let hints = found.into_iter().filter_map(|hint| {
        Some(InlayHint {
            position: context.range(file, TextRange::empty(hint.offset))?.start,
            label: InlayHintLabel::String(shown::line(&hint.label)),
            kind: None,
            text_edits: None,
            tooltip: None,
            padding_left: Some(true),
            padding_right: None,
            data: None,
        })
    });
    let hints: Vec<InlayHint> = hints.collect();
    (!hints.is_empty()).then_some(hints)
}
