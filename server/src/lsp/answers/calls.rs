//! Call hierarchy of helpers.

use lsp_types::{
    CallHierarchyIncomingCall, CallHierarchyItem, CallHierarchyOutgoingCall, Position,
};

use super::Question;

pub(in crate::lsp) fn prepare(
    _question: &Question,
    _position: Position,
) -> Option<Vec<CallHierarchyItem>> {
    None
}

pub(in crate::lsp) fn incoming(
    _question: &Question,
    _item: &CallHierarchyItem,
) -> Option<Vec<CallHierarchyIncomingCall>> {
    None
}

pub(in crate::lsp) fn outgoing(
    _question: &Question,
    _item: &CallHierarchyItem,
) -> Option<Vec<CallHierarchyOutgoingCall>> {
    None
}
