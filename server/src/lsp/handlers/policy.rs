//! `imageScripts/policy`: what an image does to its container, and how it differs from another one.
//! Computed from the request's snapshot, on a thread of its own; only the policies are kept.

use lsp_types::{Range, Url};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::lsp::convert::url_of;
use crate::lsp::request_context::RequestContext;
use crate::policy_report::PolicyReport;
use crate::policy_text::policy_lines;
use crate::render_report::SourceRange;

/// Parameters of `imageScripts/policy`.
#[derive(Deserialize)]
pub(in crate::lsp) struct PolicyParams {
    /// Path of the checkout; not needed if only one is open.
    pub(in crate::lsp) root: Option<String>,
    /// Name of the image.
    image: String,
    /// Name of another image to compare it with.
    other: Option<String>,
}

/// Response to `imageScripts/policy`.
#[derive(Serialize)]
pub(in crate::lsp) struct PolicyResult {
    report: PolicyReport,
    lines: Vec<ShownLine>,
}

/// Line of the text that a client shows.
#[derive(Serialize)]
struct ShownLine {
    text: String,
    /// The document that says so; null where the line is about none.
    uri: Option<Url>,
    range: Option<Range>,
    /// A unit that another image masks and this one does not.
    unmasked: Option<SmolStr>,
}

/// Returns the policy of an image; `None` if there is no such image, or no build script.
pub(in crate::lsp) fn policy(
    context: &RequestContext,
    params: &PolicyParams,
) -> Option<PolicyResult> {
    let view = context.snapshot.view();
    let of = |name: &str| {
        let image = view.model.images.get(name)?;
        Some((&**image, context.builds.policy(&view, image)?))
    };
    let (image, policy) = of(&params.image)?;
    let other = match &params.other {
        Some(other) => Some(of(other)?),
        None => None,
    };
    let other = other.as_ref().map(|(image, policy)| (*image, &**policy));
    let (encoding, cache) = (context.client.encoding, &context.builds);
    let report = PolicyReport::new(&view, (image, &policy), other, encoding, cache);
    let lines = policy_lines(&report).into_iter().map(|line| ShownLine {
        text: line.text,
        uri: line.at.as_ref().and_then(|at| url(context, at)),
        range: line.at.map(|at| at.range),
        unmasked: line.unmasked,
    });
    Some(PolicyResult {
        lines: lines.collect(),
        report,
    })
}

fn url(context: &RequestContext, at: &SourceRange) -> Option<Url> {
    match context.open_documents.get(&at.path) {
        Some(document) => Some(document.url.clone()),
        None => url_of(&context.snapshot.root, &at.path),
    }
}
