//! Call hierarchy of helpers.

use lsp_types::{
    CallHierarchyIncomingCall, CallHierarchyItem, CallHierarchyOutgoingCall, Position, Range,
    SymbolKind,
};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::Question;
use ide::calls::{self, CallItem, Callable, Calls};
use model::FileId;
use syntax::TextRange;

/// What an item says of itself when it is asked about.
#[derive(Serialize, Deserialize)]
struct Data {
    /// The path of its file in the checkout.
    path: SmolStr,
    /// The function; none for the script itself.
    name: Option<SmolStr>,
}

pub(in crate::lsp) fn prepare(
    question: &Question,
    position: Position,
) -> Option<Vec<CallHierarchyItem>> {
    let offset = question.offset(position)?;
    let items = calls::prepare(&question.snapshot.view(), question.file, offset).into_iter();
    let items: Vec<_> = { items.filter_map(|found| item(question, &found)) }.collect();
    (!items.is_empty()).then_some(items)
}

pub(in crate::lsp) fn incoming(
    question: &Question,
    item: &CallHierarchyItem,
) -> Option<Vec<CallHierarchyIncomingCall>> {
    let callee = callable(question, item)?;
    let found = calls::incoming(&question.snapshot.view(), &callee);
    let found = found.into_iter().filter_map(|call| {
        let file = call.item.callable.file;
        let (from, from_ranges) = from_calls(question, file, &call)?;
        Some(CallHierarchyIncomingCall { from, from_ranges })
    });
    Some(found.collect())
}

pub(in crate::lsp) fn outgoing(
    question: &Question,
    item: &CallHierarchyItem,
) -> Option<Vec<CallHierarchyOutgoingCall>> {
    let callable = callable(question, item)?;
    let found = calls::outgoing(&question.snapshot.view(), &callable);
    let found = found.into_iter().filter_map(|call| {
        let (to, from_ranges) = from_calls(question, callable.file, &call)?;
        Some(CallHierarchyOutgoingCall { to, from_ranges })
    });
    Some(found.collect())
}

/// An item and the places of its calls, which are in `file`.
fn from_calls(
    question: &Question,
    file: FileId,
    call: &Calls,
) -> Option<(CallHierarchyItem, Vec<Range>)> {
    let ranges = call.ranges.iter();
    let ranges = ranges.filter_map(|range| question.range_in(file, *range));
    Some((item(question, &call.item)?, ranges.collect()))
}

fn item(question: &Question, item: &CallItem) -> Option<CallHierarchyItem> {
    let Callable { file, function } = &item.callable;
    let range = |range: TextRange| question.range_in(*file, range);
    let data = Data {
        path: question.snapshot.tree.path(*file)?.clone(),
        name: function.clone(),
    };
    Some(CallHierarchyItem {
        name: item.name.clone(),
        kind: match function {
            Some(_) => SymbolKind::FUNCTION,
            None => SymbolKind::FILE,
        },
        tags: None,
        detail: Some(item.detail.clone()),
        uri: question.url_of(*file)?,
        range: range(item.range)?,
        selection_range: range(item.selection)?,
        data: serde_json::to_value(data).ok(),
    })
}

fn callable(question: &Question, item: &CallHierarchyItem) -> Option<Callable> {
    let data: Data = serde_json::from_value(item.data.clone()?).ok()?;
    Some(Callable {
        file: question.snapshot.tree.id(&data.path)?,
        function: data.name,
    })
}
