//! Lenses and hints.

use lsp_types::{CodeLens, Command, InlayHint, InlayHintLabel, Range};
use serde_json::{Value, json};

use super::Question;
use crate::lsp::commands;
use crate::lsp::documents::file_path;
use ide::hints;
use ide::lenses::{self, LensAction, LensCommand, LensKind, RunLenses};
use syntax::TextRange;

/// The name of the folder that a file was opened in: an image may be a link to another one.
fn opened(question: &Question) -> Option<String> {
    let path = file_path(&question.url)?;
    let folder = path.parent()?.file_name()?;
    Some(folder.to_str()?.to_owned())
}

pub(in crate::lsp) fn lenses(question: &Question) -> Option<Vec<CodeLens>> {
    let run_lenses = match does(question, commands::RUN_TEST) {
        true => RunLenses::Show,
        false => RunLenses::Hide,
    };
    let opened = opened(question);
    let view = question.snapshot.view();
    let found = lenses::lenses(&view, question.file, opened.as_deref(), run_lenses);
    let found = found.into_iter().filter_map(|lens| {
        Some(CodeLens {
            range: question.range(lens.range)?,
            command: None,
            data: Some(json!({ "url": question.url, "lens": lens.kind })),
        })
    });
    let found: Vec<CodeLens> = found.collect();
    (!found.is_empty()).then_some(found)
}

/// Whether the client carries out a command.
fn does(question: &Question, command: &str) -> bool {
    question.abilities.asking_commands.contains(command)
}

/// A lens with what it says.
pub(in crate::lsp) fn resolve_lens(question: &Question, mut lens: CodeLens) -> CodeLens {
    let kind = lens.data.as_ref().and_then(|data| data.get("lens"));
    let kind = kind.and_then(|kind| serde_json::from_value::<LensKind>(kind.clone()).ok());
    let resolved = kind.and_then(|kind| {
        let view = question.snapshot.view();
        lenses::resolve(&view, question.file, &kind)
    });
    lens.command = Some(match resolved {
        Some(resolved) => command(question, &lens.range, resolved),
        // What it was about has gone since: the client is about to ask for new ones.
        None => words_only(String::new()),
    });
    lens
}

/// A text that cannot be clicked.
fn words_only(title: String) -> Command {
    Command::new(title, String::new(), None)
}

fn command(question: &Question, range: &Range, lens: LensCommand) -> Command {
    let (name, arguments): (&str, Vec<Value>) = match lens.action {
        LensAction::ShowReferences(ranges) => {
            let ranges = ranges.into_iter();
            let locations: Vec<_> = ranges
                .filter_map(|range| question.location(range))
                .collect();
            if locations.is_empty() || !does(question, commands::SHOW_REFERENCES) {
                return words_only(lens.title);
            }
            let arguments = vec![json!(question.url), json!(range.start), json!(locations)];
            (commands::SHOW_REFERENCES, arguments)
        }
        LensAction::RunCommand(words) if does(question, commands::RUN_TEST) => {
            (commands::RUN_TEST, vec![json!(words)])
        }
        LensAction::RunCommand(_) => return words_only(lens.title),
    };
    Command::new(lens.title, name.to_owned(), Some(arguments))
}

pub(in crate::lsp) fn hints(question: &Question, range: Range) -> Option<Vec<InlayHint>> {
    let (start, end) = (question.offset(range.start)?, question.offset(range.end)?);
    let part = TextRange::new(start, end.max(start));
    let opened = opened(question);
    let view = question.snapshot.view();
    let wanted = question.hints;
    let found = hints::hints(&view, question.file, part, wanted, opened.as_deref());
    let found = found.into_iter().filter_map(|hint| {
        Some(InlayHint {
            position: question.range(TextRange::empty(hint.offset))?.start,
            label: InlayHintLabel::String(hint.label),
            kind: None,
            text_edits: None,
            tooltip: None,
            padding_left: Some(true),
            padding_right: None,
            data: None,
        })
    });
    let found: Vec<InlayHint> = found.collect();
    (!found.is_empty()).then_some(found)
}
