//! Call hierarchy of helpers.

use lsp_types::{
    CallHierarchyIncomingCall, CallHierarchyItem, CallHierarchyOutgoingCall, Position, Range,
    SymbolKind,
};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::Question;
use ide::calls::{self, Caller, Calls, Item};
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
    let callee = caller(question, item)?;
    let found = calls::incoming(&question.snapshot.view(), &callee);
    let found = found.into_iter().filter_map(|call| {
        let file = call.item.caller.file;
        let (from, from_ranges) = from_calls(question, file, &call)?;
        Some(CallHierarchyIncomingCall { from, from_ranges })
    });
    Some(found.collect())
}

pub(in crate::lsp) fn outgoing(
    question: &Question,
    item: &CallHierarchyItem,
) -> Option<Vec<CallHierarchyOutgoingCall>> {
    let caller = caller(question, item)?;
    let found = calls::outgoing(&question.snapshot.view(), &caller);
    let found = found.into_iter().filter_map(|call| {
        let (to, from_ranges) = from_calls(question, caller.file, &call)?;
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

fn item(question: &Question, item: &Item) -> Option<CallHierarchyItem> {
    let Caller { file, function } = &item.caller;
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

fn caller(question: &Question, item: &CallHierarchyItem) -> Option<Caller> {
    let data: Data = serde_json::from_value(item.data.clone()?).ok()?;
    Some(Caller {
        file: question.snapshot.tree.id(&data.path)?,
        function: data.name,
    })
}
