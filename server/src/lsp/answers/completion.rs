//! Completion.

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionList, CompletionResponse, CompletionTextEdit,
    Documentation, InsertTextFormat, Position, TextEdit,
};
use serde_json::{Value, json};
use smol_str::SmolStr;

use super::Question;
use super::hover::markup;
use ide::completion::{self, Completion, CompletionDoc, CompletionKind};

pub(in crate::lsp) fn completion(
    question: &Question,
    position: Position,
) -> Option<CompletionResponse> {
    let offset = question.offset(position)?;
    let found = completion::completion(&question.snapshot.view(), question.file, offset);
    let items: Vec<CompletionItem> = { found.iter().enumerate() }
        .filter_map(|(at, found)| item(question, at, found))
        .collect();
    (!items.is_empty()).then_some(CompletionResponse::List(CompletionList {
        is_incomplete: false,
        items,
    }))
}

/// An item; `at` is its place in the list.
fn item(question: &Question, at: usize, found: &Completion) -> Option<CompletionItem> {
    let snippet = { found.snippet.as_ref() }.filter(|_| question.abilities.snippets);
    let edit = |range, text: &String| {
        Some(TextEdit {
            range: question.range(range)?,
            new_text: text.clone(),
        })
    };
    let also = { found.additional_edit.as_ref() }.and_then(|(range, text)| edit(*range, text));
    let data = { found.doc.as_ref() }
        .map(|doc| json!({ "url": question.url, "kind": doc.kind, "name": doc.name }));
    // Editors hold the text that is replaced against this.
    let filter = match found.insert_text.starts_with('"') {
        true => found.insert_text.clone(),
        false => found.label.clone(),
    };
    Some(CompletionItem {
        label: found.label.clone(),
        kind: Some(kind(found.kind)),
        detail: found.detail.clone(),
        sort_text: Some(format!("{:02}{at:05}", found.rank)),
        filter_text: (filter != found.label).then_some(filter),
        insert_text_format: snippet.map(|_| InsertTextFormat::SNIPPET),
        text_edit: edit(found.range, snippet.unwrap_or(&found.insert_text))
            .map(CompletionTextEdit::Edit),
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

/// An item with what is worked out only when it is looked at.
pub(in crate::lsp) fn resolve(question: &Question, mut item: CompletionItem) -> CompletionItem {
    let text = |key: &str| {
        let data = item.data.as_ref()?;
        data.get(key).and_then(Value::as_str).map(SmolStr::new)
    };
    if let (Some(kind), Some(name)) = (text("kind"), text("name")) {
        let view = question.snapshot.view();
        let found = completion::documentation(&view, question.file, &CompletionDoc { kind, name });
        let markdown = question.abilities.markdown_completion;
        item.documentation =
            found.map(|found| Documentation::MarkupContent(markup(found, markdown)));
    }
    item
}
