//! Document links: from names to the scripts of includes, builders and images, and from URLs, also
//! where the text has variables in it.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::lookup::build_script;
use super::occurrences::{Symbol, occurrences};
use super::resolve::{MAX_TRACED_IMAGES, assignments};
use model::FileSpan;
use model::image::trace_of;
use model::trace::EventKind;
use model::view::View;
use model::{File, FileId};
use syntax::{TextRange, TextSize};

/// Part of a text that leads somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Range of the text, in bytes.
    pub range: TextRange,
    /// File or URL that it leads to.
    pub destination: LinkTarget,
    /// Short description of the destination.
    pub tooltip: String,
}

/// Destination of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkTarget {
    /// File of the checkout.
    File(FileId),
    /// URL for a browser.
    Url(String),
}

/// Returns the links of a file, in the order of the text.
pub fn links(view: &View<'_>, id: FileId) -> Vec<Link> {
    let Some(file) = view.tree.file(id) else {
        return Vec::new();
    };
    let mut found = names(view, id, file);
    found.extend(urls(view, id, file));
    found.sort_by_key(|link| (link.range.start(), link.range.end()));
    found
}

/// Links of names that stand for a file.
fn names(view: &View<'_>, id: FileId, file: &File) -> Vec<Link> {
    // A name that stands for several files, such as a tag, gets no link.
    let mut files_at: FxHashMap<TextRange, Vec<(FileId, String)>> = FxHashMap::default();
    for occurrence in occurrences(view, id) {
        let Some(link) = file_of(view, &occurrence.symbol) else {
            continue;
        };
        let range = unquoted(file, occurrence.range);
        let known = files_at.entry(range).or_default();
        if !known.contains(&link) {
            known.push(link);
        }
    }
    let single = files_at.into_iter().filter_map(|(range, mut files)| {
        let (file, tooltip) = files.pop()?;
        (files.is_empty() && !range.is_empty()).then_some(Link {
            range,
            destination: LinkTarget::File(file),
            tooltip,
        })
    });
    single.collect()
}

/// File that a symbol stands for, and the description of the link.
fn file_of(view: &View<'_>, symbol: &Symbol) -> Option<(FileId, String)> {
    match symbol {
        Symbol::Script(file) => Some((*file, view.tree.path(*file)?.to_string())),
        Symbol::Builder(name) => {
            let config = view.model.builders.get(name)?.config?;
            Some((config, format!("builder {name}")))
        }
        Symbol::Image(name) => Some((build_script(view, name)?, format!("image {name}"))),
        _ => None,
    }
}

/// Range without the quotes around its text.
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

// URLs

/// Links of the URLs that a `build.sh` assigns, where they are the same in all images that share
/// it.
fn urls(view: &View<'_>, id: FileId, file: &File) -> Vec<Link> {
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
    for image in view.model.images_of(directory).take(MAX_TRACED_IMAGES) {
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
    let functions = facts
        .effects
        .functions
        .iter()
        .map(|function| &function.body);
    let bodies = functions.chain([&facts.effects.body]);
    let mut found = Vec::new();
    for assign in bodies.flat_map(|body| assignments(body)) {
        let name = FileSpan {
            file: id,
            span: assign.name_span,
        };
        if let Some(Some(value)) = values.get(&name) {
            found.extend(in_value(file, facts.range(assign.value.span), value));
        }
    }
    found
}

/// Links of the URLs in a value, which may be a list of them. `range` is the text of the value.
fn in_value(file: &File, range: TextRange, value: &str) -> Vec<Link> {
    let range = unquoted(file, range);
    let text = file.slice(range);
    let written: Vec<&str> = text.split_whitespace().collect();
    let expanded: Vec<&str> = value.split_whitespace().collect();
    if written.len() != expanded.len() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut rest = text;
    for (written, expanded) in written.iter().zip(&expanded) {
        let Some((before, after)) = rest.split_once(written) else {
            break;
        };
        let start = range.end() - TextSize::of(rest) + TextSize::of(before);
        rest = after;
        // Words cannot be matched by their number alone, since a variable may hold several: the
        // literal end of the word has to fit, too.
        let literal = literal_end(written);
        let matches = !literal.is_empty() && expanded.ends_with(literal);
        if (matches || expanded == &value) && is_url(expanded) {
            found.push(Link {
                range: TextRange::at(start, TextSize::of(*written)),
                destination: LinkTarget::Url((*expanded).to_owned()),
                tooltip: (*expanded).to_owned(),
            });
        }
    }
    found
}

/// Literal text at the end of a word, after its last variable.
fn literal_end(word: &str) -> &str {
    let Some((_, tail)) = word.rsplit_once('$') else {
        return word;
    };
    match tail.strip_prefix('{') {
        Some(tail) => tail.split_once('}').map_or("", |(_, end)| end),
        None => tail.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_'),
    }
}

/// Tells whether a text is a URL that a browser opens.
fn is_url(text: &str) -> bool {
    let rest = ["http://", "https://", "ftp://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let host = rest.and_then(|rest| rest.split('/').next());
    host.is_some_and(|host| !host.is_empty())
        && text
            .chars()
            .all(|c| !c.is_whitespace() && !c.is_control() && !"\"'`<>\\^{}|*$".contains(c))
}
