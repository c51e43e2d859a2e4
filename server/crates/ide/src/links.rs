//! What a text leads to: files that are sourced, builders, images, addresses.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::resolve::assignments;
use super::symbol::{Symbol, occurrences};
use model::FileSpan;
use model::image::trace_of;
use model::trace::EventKind;
use model::view::View;
use model::{File, FileId};
use syntax::{TextRange, TextSize};

/// How many images of one directory are followed step by step: they set the same addresses.
const MAX_IMAGES: usize = 16;

/// A part of a text that leads somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where it stands, in bytes.
    pub range: TextRange,
    /// What it leads to.
    pub target: Target,
    /// What that is, in words.
    pub tooltip: String,
}

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A file of the checkout.
    File(FileId),
    /// An address.
    Url(String),
}

/// The links of a file, in the order of the text.
pub fn links(view: &View<'_>, id: FileId) -> Vec<Link> {
    let Some(file) = view.tree.file(id) else {
        return Vec::new();
    };
    let mut found = names(view, id, file);
    found.extend(addresses(view, id, file));
    found.sort_by_key(|link| (link.range.start(), link.range.end()));
    found
}

/// The script that builds an image.
pub(super) fn build_script(view: &View<'_>, image: &str) -> Option<FileId> {
    let image = view.model.images.get(image)?;
    view.model.directories.get(&image.directory)?.build
}

/// Names that stand for a file.
fn names(view: &View<'_>, id: FileId, file: &File) -> Vec<Link> {
    // Where a name has several meanings, a link cannot tell which.
    let mut at: FxHashMap<TextRange, Vec<(FileId, String)>> = FxHashMap::default();
    for occurrence in occurrences(view, id) {
        let (target, tooltip) = match &occurrence.symbol {
            Symbol::Script(target) => (Some(*target), None),
            Symbol::Builder(name) => {
                let builder = view.model.builders.get(name);
                let tooltip = format!("builder {name}");
                (builder.and_then(|b| b.config), Some(tooltip))
            }
            Symbol::Image(name) => (build_script(view, name), Some(format!("image {name}"))),
            _ => continue,
        };
        let Some(target) = target else { continue };
        let Some(path) = view.tree.path(target) else {
            continue;
        };
        let range = unquoted(file, occurrence.range);
        let leads = (target, tooltip.unwrap_or_else(|| path.to_string()));
        let known = at.entry(range).or_default();
        if !known.contains(&leads) {
            known.push(leads);
        }
    }
    let single = at.into_iter().filter_map(|(range, mut leads)| {
        let (target, tooltip) = leads.pop()?;
        (leads.is_empty() && !range.is_empty()).then_some(Link {
            range,
            target: Target::File(target),
            tooltip,
        })
    });
    single.collect()
}

/// A range without the quotes around what stands there.
fn unquoted(file: &File, range: TextRange) -> TextRange {
    let text = file.slice(range);
    let inner = ['"', '\'']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    match inner {
        Some(inner) if !inner.contains(['"', '\'']) => {
            TextRange::at(range.start() + TextSize::from(1), TextSize::of(inner))
        }
        _ => range,
    }
}

// Addresses

/// Addresses that an image's own scripts set, where they are the same in all images that share
/// them.
fn addresses(view: &View<'_>, id: FileId, file: &File) -> Vec<Link> {
    let (Some(facts), Some(directory)) = (
        file.script(),
        view.model.directory_of(view.tree, &file.path),
    ) else {
        return Vec::new();
    };
    if directory.build != Some(id) {
        return Vec::new();
    }
    let mut values: FxHashMap<FileSpan, Option<SmolStr>> = FxHashMap::default();
    for image in view.model.images_of(directory).take(MAX_IMAGES) {
        for event in trace_of(view.tree, view.model, image).events {
            let EventKind::Assigned { value, .. } = event.kind else {
                continue;
            };
            if event.at.file != id {
                continue;
            }
            let value = value.as_ref().and_then(|v| v.fixed()).map(SmolStr::new);
            let known = values.entry(event.at).or_insert_with(|| value.clone());
            if *known != value {
                *known = None;
            }
        }
    }
    let bodies = { facts.effects.functions.iter() }.map(|function| &function.body);
    let mut found = Vec::new();
    for assign in bodies
        .chain([&facts.effects.body])
        .flat_map(|body| assignments(body))
    {
        let place = FileSpan {
            file: id,
            span: assign.name_span,
        };
        if let Some(Some(value)) = values.get(&place) {
            found.extend(in_value(file, facts.range(assign.value.span), value));
        }
    }
    found
}

/// The addresses in a value: it may be a list of them.
fn in_value(file: &File, range: TextRange, value: &str) -> Vec<Link> {
    let range = unquoted(file, range);
    let text = file.slice(range);
    let (written, meant): (Vec<&str>, Vec<&str>) = (
        text.split_whitespace().collect(),
        value.split_whitespace().collect(),
    );
    if written.len() != meant.len() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut rest = text;
    for (written, meant) in written.iter().zip(&meant) {
        let Some((before, after)) = rest.split_once(written) else {
            break;
        };
        let start = range.end() - TextSize::of(rest) + TextSize::of(before);
        rest = after;
        // A list whose variables are lists may be counted wrongly: what is written out tells.
        let certain = meant.ends_with(literal_end(written)) && !literal_end(written).is_empty();
        if (certain || meant == &value) && is_address(meant) {
            found.push(Link {
                range: TextRange::at(start, TextSize::of(*written)),
                target: Target::Url((*meant).to_owned()),
                tooltip: (*meant).to_owned(),
            });
        }
    }
    found
}

/// What is written out at the end of a word.
fn literal_end(word: &str) -> &str {
    let Some((_, tail)) = word.rsplit_once('$') else {
        return word;
    };
    match tail.strip_prefix('{') {
        Some(tail) => tail.split_once('}').map_or("", |(_, end)| end),
        None => tail.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_'),
    }
}

/// Whether a text is an address that a browser opens.
fn is_address(text: &str) -> bool {
    let rest = ["http://", "https://", "ftp://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let host = rest.and_then(|rest| rest.split('/').next());
    host.is_some_and(|host| !host.is_empty())
        && text
            .chars()
            .all(|c| !c.is_whitespace() && !c.is_control() && !"\"'`<>\\^{}|*$".contains(c))
}
