//! Completion.

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionList, CompletionResponse, CompletionTextEdit,
    InsertTextFormat, Position, TextEdit,
};
use serde_json::{Value, json};
use smol_str::SmolStr;

use super::markup::documentation;
use crate::lsp::request_context::RequestContext;
use crate::lsp::shown;
use ide::completion::{self, Completion, CompletionDoc, CompletionKind};
use model::FileId;

/// Returns what may be inserted at a position.
pub(in crate::lsp) fn completion(
    context: &RequestContext,
    file: FileId,
    position: Position,
) -> Option<CompletionResponse> {
    let offset = context.offset(file, position)?;
    let found = completion::completion(&context.snapshot.view(), file, offset);
    let items = found.iter().enumerate();
    let items: Vec<CompletionItem> = items
        .filter_map(|(index, found)| item(context, file, index, found))
        .collect();
    (!items.is_empty()).then_some(CompletionResponse::List(CompletionList {
        is_incomplete: false,
        items,
    }))
}

/// Converts an item; `index` is its position in the list.
fn item(
    context: &RequestContext,
    file: FileId,
    index: usize,
    found: &Completion,
) -> Option<CompletionItem> {
    let snippet = found.snippet.as_ref();
    let snippet = snippet.filter(|_| context.client.snippets);
    let edit = |range, text: &String| {
        Some(TextEdit {
            range: context.range(file, range)?,
            new_text: text.clone(),
        })
    };
    let also = found.additional_edit.as_ref();
    let also = also.and_then(|(range, text)| edit(*range, text));
    let doc = found.doc.as_ref();
    let data = doc.map(|doc| {
        let url = context.url_of(file);
        json!({ "url": url, "kind": doc.kind, "name": doc.name })
    });
    // Editors compare the text that is replaced with this.
    let filter = if found.insert_text.starts_with('"') {
        &found.insert_text
    } else {
        &found.label
    };
    let text = snippet.unwrap_or(&found.insert_text);
    let label = shown::line(&found.label);
    Some(CompletionItem {
        filter_text: (*filter != label).then(|| filter.clone()),
        label,
        kind: Some(kind(found.kind)),
        detail: found.detail.as_deref().map(shown::line),
        sort_text: Some(format!("{:02}{index:05}", found.rank)),
        insert_text_format: snippet.map(|_| InsertTextFormat::SNIPPET),
        text_edit: edit(found.range, text).map(CompletionTextEdit::Edit),
        additional_text_edits: also.map(|also| vec![also]),
        data,
        ..CompletionItem::default()
    })
}

fn kind(kind: CompletionKind) -> CompletionItemKind {
    match kind {
        CompletionKind::Helper => CompletionItemKind::FUNCTION,
        CompletionKind::Variable => CompletionItemKind::VARIABLE,
        CompletionKind::File => CompletionItemKind::FILE,
        CompletionKind::Directory => CompletionItemKind::FOLDER,
        CompletionKind::Builder | CompletionKind::Image => CompletionItemKind::MODULE,
        CompletionKind::Value => CompletionItemKind::VALUE,
        CompletionKind::Option => CompletionItemKind::PROPERTY,
        CompletionKind::Row => CompletionItemKind::FIELD,
        CompletionKind::Rule => CompletionItemKind::ENUM_MEMBER,
    }
}

/// Adds its documentation to an item, which is only needed when the item is looked at.
pub(in crate::lsp) fn resolve(
    context: &RequestContext,
    file: FileId,
    mut item: CompletionItem,
) -> CompletionItem {
    let text = |key: &str| {
        let data = item.data.as_ref()?;
        data.get(key).and_then(Value::as_str).map(SmolStr::new)
    };
    if let (Some(kind), Some(name)) = (text("kind"), text("name")) {
        let view = context.snapshot.view();
        let found = completion::documentation(&view, file, &CompletionDoc { kind, name });
        let format = context.client.completion_format;
        item.documentation = found.map(|found| documentation(found, format));
    }
    item
}
