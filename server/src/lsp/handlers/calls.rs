//! Call hierarchy of helpers.

use lsp_types::{
    CallHierarchyIncomingCall, CallHierarchyItem, CallHierarchyOutgoingCall, Position, Range,
    SymbolKind,
};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::lsp::request_context::RequestContext;
use ide::calls::{self, CallItem, Callable, Calls};
use model::FileId;
use syntax::TextRange;

/// Data of an item, by which it is found again.
#[derive(Serialize, Deserialize)]
struct CallData {
    /// Path of its file in the checkout.
    path: SmolStr,
    /// Name of the function; `None` for the script itself.
    name: Option<SmolStr>,
}

/// Returns the item at a position.
pub(in crate::lsp) fn prepare(
    context: &RequestContext,
    file: FileId,
    position: Position,
) -> Option<Vec<CallHierarchyItem>> {
    let offset = context.offset(file, position)?;
    let found = calls::prepare(&context.snapshot.view(), file, offset);
    let items = found.iter().filter_map(|found| item(context, found));
    let items: Vec<_> = items.collect();
    (!items.is_empty()).then_some(items)
}

/// Returns the calls of an item.
pub(in crate::lsp) fn incoming(
    context: &RequestContext,
    item: &CallHierarchyItem,
) -> Option<Vec<CallHierarchyIncomingCall>> {
    let callee = callable(context, item)?;
    let found = calls::incoming(&context.snapshot.view(), &callee);
    let calls = found.into_iter().filter_map(|call| {
        let file = call.item.callable.file;
        let (from, from_ranges) = from_calls(context, file, &call)?;
        Some(CallHierarchyIncomingCall { from, from_ranges })
    });
    Some(calls.collect())
}

/// Returns the calls that an item makes.
pub(in crate::lsp) fn outgoing(
    context: &RequestContext,
    item: &CallHierarchyItem,
) -> Option<Vec<CallHierarchyOutgoingCall>> {
    let callable = callable(context, item)?;
    let found = calls::outgoing(&context.snapshot.view(), &callable);
    let calls = found.into_iter().filter_map(|call| {
        let (to, from_ranges) = from_calls(context, callable.file, &call)?;
        Some(CallHierarchyOutgoingCall { to, from_ranges })
    });
    Some(calls.collect())
}

/// Converts an item and the ranges of its calls, which are in `file`.
fn from_calls(
    context: &RequestContext,
    file: FileId,
    call: &Calls,
) -> Option<(CallHierarchyItem, Vec<Range>)> {
    let ranges = call.ranges.iter();
    let ranges = ranges.filter_map(|range| context.range(file, *range));
    Some((item(context, &call.item)?, ranges.collect()))
}

fn item(context: &RequestContext, item: &CallItem) -> Option<CallHierarchyItem> {
    let Callable { file, function } = &item.callable;
    let range = |range: TextRange| context.range(*file, range);
    let data = CallData {
        path: context.snapshot.tree.path(*file)?.clone(),
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
        uri: context.url_of(*file)?,
        range: range(item.range)?,
        selection_range: range(item.selection)?,
        data: serde_json::to_value(data).ok(),
    })
}

fn callable(context: &RequestContext, item: &CallHierarchyItem) -> Option<Callable> {
    let data: CallData = serde_json::from_value(item.data.clone()?).ok()?;
    Some(Callable {
        file: context.snapshot.tree.id(&data.path)?,
        function: data.name,
    })
}
