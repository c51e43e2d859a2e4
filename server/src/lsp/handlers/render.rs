//! `imageScripts/render`: what an image's build generates, for clients that show it beside the
//! scripts. Computed from the request's snapshot, on a thread of its own; only the build is kept.

use serde::Deserialize;

use crate::lsp::request_context::RequestContext;
use crate::render_report::RenderReport;

/// Parameters of `imageScripts/render`.
#[derive(Deserialize)]
pub(in crate::lsp) struct RenderParams {
    /// Path of the checkout; not needed if only one is open.
    pub(in crate::lsp) root: Option<String>,
    /// Name of the image.
    image: String,
}

/// Returns what an image's build generates; `None` if there is no such image, or no build script.
pub(in crate::lsp) fn render(
    context: &RequestContext,
    params: &RenderParams,
) -> Option<RenderReport> {
    let snapshot = &context.snapshot;
    let image = snapshot.model.images.get(params.image.as_str())?;
    let build = context.builds.build(&snapshot.view(), image)?;
    let encoding = context.client.encoding;
    Some(RenderReport::new(
        &snapshot.tree,
        &params.image,
        &build,
        encoding,
    ))
}
