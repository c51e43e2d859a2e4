//! Values that only upstream can confirm and nobody has confirmed, each once in however many lines it
//! is, for clients that list them. These are requests of our own:
//!
//! - `imageScripts/openValues`, without parameters: the open values of each checkout;
//! - `imageScripts/confirmValue`: the edit that records one of them as right.

use std::path::PathBuf;

use lsp_types::{Location, WorkspaceEdit};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::lsp::request_context::RequestContext;
use crate::lsp::verify_hints::Hint;
use crate::lsp::workspace_edit::workspace_edit;
use edits::{Refusal, package_with_value};
use model::{FileId, FileRange};

/// A checkout with the hints in its files.
pub(in crate::lsp) struct CheckoutHints {
    pub(in crate::lsp) context: RequestContext,
    /// The hints by their files, in the order of paths.
    pub(in crate::lsp) files: Vec<(FileId, Vec<Hint>)>,
}

/// Parameters of `imageScripts/confirmValue`, as `imageScripts/openValues` has them.
#[derive(Deserialize)]
pub(in crate::lsp) struct ConfirmValueParams {
    /// Path of the checkout; not needed if only one is open.
    pub(in crate::lsp) root: Option<String>,
    image: SmolStr,
    name: SmolStr,
    exact: String,
}

/// Response to `imageScripts/openValues`.
#[derive(Serialize)]
pub(in crate::lsp) struct OpenValuesResult {
    checkouts: Vec<CheckoutValues>,
}

#[derive(Serialize)]
struct CheckoutValues {
    root: PathBuf,
    values: Vec<OpenValue>,
}

#[derive(Serialize)]
struct OpenValue {
    image: SmolStr,
    /// Variable that it is assigned to, else the name of its file.
    name: SmolStr,
    /// Value that is recorded.
    exact: String,
    /// Packages whose file names have it.
    packages: Vec<String>,
    /// Text of the first range.
    text: String,
    /// Value with its variables expanded, where that says more.
    resolved: Option<String>,
    why: String,
    /// Address in it, for a browser.
    address: Option<String>,
    ranges: Vec<Location>,
}

/// Returns the open values of every open checkout.
pub(in crate::lsp) fn open_values(checkouts: &[CheckoutHints]) -> OpenValuesResult {
    let values = |checkout: &CheckoutHints| CheckoutValues {
        root: checkout.context.snapshot.root.clone(),
        values: checkout.values(),
    };
    OpenValuesResult {
        checkouts: checkouts.iter().map(values).collect(),
    }
}

/// Returns the edit that records a value as right; `None` where it is not open any more.
///
/// # Errors
/// When the settings are written in a way that cannot be continued, or the client cannot make them.
pub(in crate::lsp) fn confirm(
    checkout: &CheckoutHints,
    params: &ConfirmValueParams,
) -> Result<Option<WorkspaceEdit>, Refusal> {
    let is_meant = |open: &edits::OpenValue| {
        let named = &open.named;
        open.image == params.image && named.name == params.name && named.exact == params.exact
    };
    let Some(open) = checkout.open().find(is_meant) else {
        return Ok(None);
    };
    let named = open.named;
    let context = &checkout.context;
    let values = std::slice::from_ref(&named);
    let edit = edits::record_verified(&context.snapshot.view(), &params.image, values)?;
    let title = format!("Record `{}` of {}", named.name, params.image);
    workspace_edit(context, &title, None, &[edit]).map(|edit| Some(edit.client))
}

impl CheckoutHints {
    /// Returns the values that the hints are about, each as often as it stands there.
    fn open(&self) -> impl Iterator<Item = edits::OpenValue> {
        let snapshot = &self.context.snapshot;
        self.files.iter().flat_map(move |(id, hints)| {
            let file = snapshot.tree.file(*id);
            hints.iter().filter_map(move |hint| {
                let verify = hint.verify(file?);
                Some(edits::OpenValue {
                    image: hint.image.clone(),
                    named: edits::named_value(&snapshot.view(), &hint.image, &verify),
                    verify,
                })
            })
        })
    }

    fn values(&self) -> Vec<OpenValue> {
        let all = edits::by_value(self.open()).into_iter();
        all.filter_map(|all| self.value(all)).collect()
    }

    /// Returns a value with all the ranges that it stands in.
    fn value(&self, all: Vec<edits::OpenValue>) -> Option<OpenValue> {
        let tree = &self.context.snapshot.tree;
        let mut packages: Vec<String> = Vec::new();
        let mut ranges: Vec<Location> = Vec::new();
        for open in &all {
            let (id, range) = (tree.id(&open.verify.path)?, open.verify.range);
            ranges.extend(self.context.to_location(FileRange { file: id, range }));
            packages.extend(package_with_value(tree.file(id)?, range));
            packages.dedup();
        }
        let edits::OpenValue {
            image,
            verify,
            named,
        } = all.into_iter().next()?;
        Some(OpenValue {
            image,
            packages,
            text: verify.text,
            why: verify.why,
            address: named.address().map(str::to_owned),
            ranges,
            name: named.name,
            exact: named.exact,
            resolved: named.resolved,
        })
    }
}
