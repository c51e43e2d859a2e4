//! Every image of the open checkouts and its state, for clients that list them. These are requests
//! of our own:
//!
//! - `imageScripts/images`, without parameters: for each checkout its images as `status --format
//!   json` has them, each with the `uri` of its `build.sh` and its findings as `problems`; its
//!   `builders` and `includes`, each a `name` and `uri`; its `rows` with their tests and `location`;
//! - `imageScripts/imagesAt`, with the parameters of `textDocument/codeAction`: the names of the
//!   images that a range is about, and what a release after the first would be called;
//! - `imageScripts/imagesChanged` is sent to a client that has `imagesChanged: true` in its
//!   initialization options.

use std::collections::BTreeMap;

use lsp_types::Url;
use lsp_types::notification::Notification;
use serde::Serialize;
use serde_json::{Value, json};

use super::Question;
use ide::overview::{self, ImageState, RowState};
use model::FileId;
use model::FileRange;
use rules::Finding;

/// Asks for every image.
pub(in crate::lsp) const IMAGES: &str = "imageScripts/images";
/// Asks for the images at a range.
pub(in crate::lsp) const IMAGES_AT: &str = "imageScripts/imagesAt";

/// Some image may be in another state.
pub(in crate::lsp) enum ImagesChanged {}

impl Notification for ImagesChanged {
    type Params = ();
    const METHOD: &'static str = "imageScripts/imagesChanged";
}

/// An image with where it is.
#[derive(Serialize)]
struct ImageThere {
    #[serde(flatten)]
    state: ImageState,
    uri: Option<Url>,
    problems: Vec<Value>,
}

/// A row with where it is.
#[derive(Serialize)]
struct RowThere {
    #[serde(flatten)]
    state: RowState,
    location: Option<lsp_types::Location>,
}

/// Every image of every open checkout; `questions` has one for each.
pub(in crate::lsp) fn images(questions: &[Question]) -> Value {
    let checkouts: Vec<Value> = questions.iter().map(of_checkout).collect();
    json!({ "checkouts": checkouts })
}

/// A finding about an image.
fn problem(question: &Question, finding: &Finding) -> Value {
    let range = finding.at.range;
    let place = FileRange::new(finding.at.file, range);
    json!({
        "code": finding.rule.code,
        "severity": finding.severity,
        "message": finding.message,
        "location": question.location(place),
    })
}

fn of_checkout(question: &Question) -> Value {
    let snapshot = &question.snapshot;
    let view = snapshot.view();
    let all = snapshot.findings();
    let all = || all.iter().flat_map(|(_, _, findings)| *findings);
    let mut problems: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for finding in all() {
        if let Some(image) = finding.image.as_deref() {
            let of_image = problems.entry(image).or_default();
            of_image.push(problem(question, finding));
        }
    }
    let images = overview::images(&view, all());
    let images = images.into_iter().map(|state| ImageThere {
        uri: state.build.and_then(|id| question.url_of(id)),
        problems: problems.remove(state.image.as_str()).unwrap_or_default(),
        state,
    });
    let rows = overview::rows(&view).into_iter().map(|state| RowThere {
        location: question.location(state.key_range),
        state,
    });
    let file = |name: &str, id: Option<FileId>| json!({ "name": name, "uri": id.and_then(|id| question.url_of(id)) });
    let builders = { view.model.builders.iter() }
        .map(|(name, builder)| file(name, builder.config.or(builder.setup)));
    let includes = { view.model.includes.iter() }.filter_map(|id| {
        let name = ide::include_name(&view, *id)?;
        Some(file(name, Some(*id)))
    });
    json!({
        "root": snapshot.root,
        "images": images.collect::<Vec<_>>(),
        "rows": rows.collect::<Vec<_>>(),
        "builders": builders.collect::<Vec<_>>(),
        "includes": includes.collect::<Vec<_>>(),
    })
}
