//! Every image of the open checkouts and its state, for clients that list them. These are requests
//! of our own:
//!
//! - `imageScripts/images`, without parameters: for each checkout its images as `status --format
//!   json` prints them, each with the `uri` of its `build.sh` and its findings as `problems`; the
//!   `counts` of all findings by severity, those about no image, too; its `tracks` with the release
//!   that comes next; its `builders` and `includes`, each a `name` and `uri`; its `rows` with their
//!   tests. Problems and rows have a `uri` and `range`;
//! - `imageScripts/imagesAt`, with the parameters of `textDocument/codeAction`: the names of the
//!   images that a range is about, and what a release after the first would be called (in
//!   `actions`);
//! - `imageScripts/bumpValues`: the values of an image, as arguments of the command that bumps them;
//! - `imageScripts/overview`: the page of `status --format html`;
//! - `imageScripts/imagesChanged` is sent to a client that has `imagesChanged: true` in its
//!   initialization options.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lsp_types::{Range, Url};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::lsp::request_context::RequestContext;
use crate::overview_page::{PageOptions, overview_page};
use edits::Refusal;
use ide::overview::{self, ImageState, RowState, TrackState};
use model::order::natural;
use model::settings::Severity;
use model::{FileId, FileRange};
use rules::Finding;

/// Parameters of `imageScripts/bumpValues`.
#[derive(Deserialize)]
pub(in crate::lsp) struct BumpValuesParams {
    /// Path of the checkout; not needed if only one is open.
    pub(in crate::lsp) root: Option<String>,
    /// Name of the image.
    name: String,
}

/// Response to `imageScripts/bumpValues`.
#[derive(Serialize)]
pub(in crate::lsp) struct BumpValues {
    pointver: Option<String>,
    build: Option<String>,
    set: BTreeMap<String, String>,
}

/// Returns the values of an image that can be bumped.
///
/// # Errors
/// When there is no image of that name.
pub(in crate::lsp) fn bump_values(
    context: &RequestContext,
    params: &BumpValuesParams,
) -> Result<BumpValues, Refusal> {
    let values = edits::current_values(&context.snapshot.view(), &params.name)?;
    Ok(BumpValues {
        pointver: values.pointver,
        build: values.build,
        set: values.set.into_iter().collect(),
    })
}

/// Parameters of `imageScripts/overview`.
#[derive(Deserialize)]
pub(in crate::lsp) struct OverviewParams {
    /// Path of the checkout; not needed if only one is open.
    pub(in crate::lsp) root: Option<String>,
    /// Nonce of the page's styles and scripts.
    nonce: Option<String>,
}

/// Returns the overview of a checkout, as HTML.
pub(in crate::lsp) fn overview(context: &RequestContext, params: OverviewParams) -> String {
    let options = PageOptions {
        nonce: params.nonce,
        tested: context.tested(),
        ..PageOptions::default()
    };
    overview_page(&context.snapshot, options)
}

/// Response to `imageScripts/images`.
#[derive(Serialize)]
pub(in crate::lsp) struct ImagesResult {
    checkouts: Vec<CheckoutState>,
}

#[derive(Serialize)]
struct CheckoutState {
    root: PathBuf,
    counts: FindingCounts,
    images: Vec<ImageWithFile>,
    tracks: Vec<TrackState>,
    rows: Vec<RowWithRange>,
    builders: Vec<NamedFile>,
    includes: Vec<NamedFile>,
}

#[derive(Serialize)]
struct ImageWithFile {
    #[serde(flatten)]
    state: ImageState,
    /// URI of its `build.sh`.
    uri: Option<Url>,
    problems: Vec<ImageProblem>,
}

/// Numbers of findings by severity, as `check` counts them.
#[derive(Default, Serialize)]
struct FindingCounts {
    error: usize,
    warning: usize,
    information: usize,
    hint: usize,
}

impl FindingCounts {
    fn add(&mut self, severity: Severity) {
        let count = match severity {
            Severity::Error => &mut self.error,
            Severity::Warning => &mut self.warning,
            Severity::Information => &mut self.information,
            Severity::Hint => &mut self.hint,
        };
        *count += 1;
    }
}

/// Finding about an image.
#[derive(Serialize)]
struct ImageProblem {
    code: &'static str,
    severity: Severity,
    message: String,
    #[serde(flatten)]
    at: UriRange,
}

#[derive(Serialize)]
struct RowWithRange {
    #[serde(flatten)]
    state: RowState,
    #[serde(flatten)]
    at: UriRange,
}

/// Range in a document; both are null where the client has no URL for it.
#[derive(Serialize)]
struct UriRange {
    uri: Option<Url>,
    range: Option<Range>,
}

/// Builder or include.
#[derive(Serialize)]
struct NamedFile {
    name: SmolStr,
    uri: Option<Url>,
}

/// Returns every image of every open checkout; `contexts` has one for each.
pub(in crate::lsp) fn images(contexts: &[RequestContext]) -> ImagesResult {
    ImagesResult {
        checkouts: contexts.iter().map(checkout_state).collect(),
    }
}

fn uri_range(context: &RequestContext, at: FileRange) -> UriRange {
    let location = context.to_location(at);
    let (uri, range) = location
        .map(|location| (location.uri, location.range))
        .unzip();
    UriRange { uri, range }
}

fn problem(context: &RequestContext, finding: &Finding) -> ImageProblem {
    ImageProblem {
        code: finding.rule.code,
        severity: finding.severity,
        message: finding.shown_message().into_owned(),
        at: uri_range(context, finding.at),
    }
}

fn checkout_state(context: &RequestContext) -> CheckoutState {
    let snapshot = &context.snapshot;
    let view = snapshot.view();
    let all = snapshot.findings();
    let all = || all.iter().flat_map(|(_, _, findings)| *findings);
    let mut problems: BTreeMap<&str, Vec<ImageProblem>> = BTreeMap::new();
    let mut counts = FindingCounts::default();
    for finding in all() {
        counts.add(finding.severity);
        if let Some(image) = finding.image.as_deref() {
            let of_image = problems.entry(image).or_default();
            of_image.push(problem(context, finding));
        }
    }
    let images = overview::images(&view, all());
    let mut tested = context.tested();
    let images = images.into_iter().map(|mut state| {
        state.take_tested(&mut tested);
        ImageWithFile {
            uri: state.build.and_then(|id| context.url_of(id)),
            problems: problems.remove(state.image.as_str()).unwrap_or_default(),
            state,
        }
    });
    let rows = overview::rows(&view).into_iter().map(|state| RowWithRange {
        at: uri_range(context, state.key_range),
        state,
    });
    let named_file = |name: &str, id: Option<FileId>| NamedFile {
        name: SmolStr::new(name),
        uri: id.and_then(|id| context.url_of(id)),
    };
    let mut builders: Vec<_> = view.model.builders.iter().collect();
    builders.sort_by(|(a, _), (b, _)| natural(a, b));
    let builders = builders.into_iter();
    let builders = builders.map(|(name, builder)| named_file(name, builder.main_file()));
    let includes = view.model.includes.iter().filter_map(|id| {
        let name = ide::include_name(&view, *id)?;
        Some(named_file(name, Some(*id)))
    });
    CheckoutState {
        root: snapshot.root.clone(),
        counts,
        images: images.collect(),
        tracks: overview::tracks(&view),
        rows: rows.collect(),
        builders: builders.collect(),
        includes: includes.collect(),
    }
}
