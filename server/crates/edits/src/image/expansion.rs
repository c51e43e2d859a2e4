//! Values as an image's scripts expand them, and addresses in them that depend on the release.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::script::{self, range_at, slice};
use crate::Verify;
use model::image::trace_of;
use model::trace::{EventKind, Trace};
use model::view::View;
use model::{File, FileId, Image, Model, Tree};
use syntax::{TextRange, TextSize};

/// Written where the date of the build stands in a value.
const DATE: &str = "YYYYMMDD";

/// Expander of the values in one image's scripts.
pub(crate) struct Expander<'v> {
    view: View<'v>,
    image: &'v Image,
    trace: Trace,
}

impl<'v> Expander<'v> {
    /// Interprets the scripts of an image.
    pub(crate) fn new(view: &View<'v>, image: &'v Image) -> Expander<'v> {
        Expander {
            view: *view,
            image,
            trace: trace_of(view.tree, view.model, image),
        }
    }

    /// Returns the value that the assignment of a variable gives it, where reading tells. `value` is
    /// the range of the value.
    pub(crate) fn assigned(
        &self,
        file: FileId,
        variable: &str,
        value: TextRange,
    ) -> Option<String> {
        let events = self.trace.events.iter().filter_map(|event| {
            let EventKind::Assigned { name, value } = &event.kind else {
                return None;
            };
            let of_variable = event.at.file == file && name == variable;
            of_variable.then(|| (event.at.range(self.view.tree), value))
        });
        let before = events.filter(|(name, _)| name.end() <= value.start());
        let (_, known) = before.max_by_key(|(name, _)| name.start())?;
        Some(known.as_ref()?.with_stamps_as(DATE))
    }

    /// Returns the value of a variable at an offset.
    fn variable(&self, file: FileId, name: &str, offset: TextSize) -> Option<String> {
        match self.trace.in_effect(self.view.tree, name, file, offset) {
            Some((_, value)) => Some(value?.with_stamps_as(DATE)),
            None => {
                let field = match name {
                    "RELVER" => &self.image.identity.relver,
                    "DISTNAME" => &self.image.identity.distname,
                    "ARCH" => &self.image.identity.arch,
                    _ => return None,
                };
                Some(field.known()?.with_stamps_as(DATE))
            }
        }
    }

    /// Returns a text with its variables replaced; `None` unless all are known.
    pub(crate) fn text(&self, file: FileId, text: &str, offset: TextSize) -> Option<String> {
        Some(self.word(file, text, offset)?.text)
    }

    /// Returns a word with its variables replaced, and these; `None` unless all are known.
    fn word(&self, file: FileId, word: &str, offset: TextSize) -> Option<Expanded> {
        let mut expanded = Expanded::default();
        let mut parts = word.split('$');
        expanded.text.push_str(parts.next()?);
        for part in parts {
            let (name, rest) = match part.strip_prefix('{') {
                Some(inner) => inner.split_once('}')?,
                None => {
                    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                    let end = part.find(|c| !is_name(c)).unwrap_or(part.len());
                    part.split_at_checked(end)?
                }
            };
            let value = self.variable(file, name, offset)?;
            expanded.text.push_str(&value);
            expanded.text.push_str(rest);
            expanded.variables.insert(SmolStr::new(name), value);
        }
        Some(expanded)
    }
}

/// A word with its variables replaced.
#[derive(Debug, Default)]
struct Expanded {
    text: String,
    variables: FxHashMap<SmolStr, String>,
}

/// Returns the addresses that depend on the release of a new image, in the includes that it reads and in
/// commands of its own script, unless `has_moved`: its text is another one by now. `like` is the image that
/// it is made after. `tree` and `model` are the checkout with the new image.
pub(crate) fn addresses(
    like_view: &View<'_>,
    like: Option<&Arc<Image>>,
    (tree, model): (&Tree, &Model),
    image: &Image,
    has_moved: bool,
) -> Vec<Verify> {
    let Some(like) = like else {
        return Vec::new();
    };
    let view = &View {
        tree,
        model,
        ..*like_view
    };
    let includes = image.summary.reach.iter().copied();
    let includes = includes.filter(|id| view.model.includes.contains(id));
    let of_path = |id| Some((id, like_view.tree.id(&view.tree.file(id)?.path)?));
    let mut scripts: Vec<(FileId, FileId)> = includes.filter_map(of_path).collect();
    let build =
        |view: &View<'_>, image: &Image| view.model.directories.get(&image.directory)?.build;
    let is_same = like.identity.distname.fixed() == image.identity.distname.fixed();
    let own = build(view, image).zip(build(like_view, like));
    scripts.extend(own.filter(|_| is_same && !has_moved));
    if scripts.is_empty() {
        return Vec::new();
    }
    let comparison = Comparison {
        view,
        image,
        new: Expander::new(view, image),
        old: Expander::new(like_view, like),
    };
    let found = scripts.into_iter();
    found
        .flat_map(|(id, before)| comparison.addresses(id, before))
        .collect()
}

/// Values of a new image, and of the one that it is made after.
struct Comparison<'c> {
    view: &'c View<'c>,
    image: &'c Image,
    new: Expander<'c>,
    old: Expander<'c>,
}

impl Comparison<'_> {
    /// Returns the addresses in a script of the new image that depend on its release: the first one of each
    /// folder. `before` is the same script of the older image.
    fn addresses(&self, id: FileId, before: FileId) -> Vec<Verify> {
        let files = self.view.tree.file(id).zip(self.old.view.tree.file(before));
        let Some((file, file_before)) = files else {
            return Vec::new();
        };
        let (words, words_before) = (
            words_with_variables(file),
            words_with_variables(file_before),
        );
        if words.len() != words_before.len() {
            return Vec::new();
        }
        // Values of an image's own variables are listed by themselves.
        let is_include = self.view.model.includes.contains(&id);
        let assigned = match file.script().filter(|_| !is_include) {
            Some(facts) => script::assignments(facts),
            None => Vec::new(),
        };
        let mut folders: Vec<String> = Vec::new();
        let mut found = Vec::new();
        for (range, range_before) in words.into_iter().zip(words_before) {
            let is_value = assigned.iter().any(|a| a.value.contains_range(range));
            if is_value || !is_done(self.view, self.image, id, range) {
                continue;
            }
            let word = slice(&file.text, range);
            let word_before = slice(&file_before.text, range_before);
            let now = self.new.word(id, word, range.start());
            let then = self.old.word(before, word_before, range_before.start());
            let Some((now, then)) = now.zip(then) else {
                continue;
            };
            // One that is made from another address is right if that is.
            let brings_release = now.variables.iter().any(|(name, value)| {
                then.variables.get(name) != Some(value) && !script::is_address(value)
            });
            let folder = now
                .text
                .rsplit_once('/')
                .map(|(folder, _)| folder.to_owned());
            let is_known = !is_include && folder.as_ref().is_some_and(|f| folders.contains(f));
            if !brings_release || !script::is_address(&now.text) || is_known {
                continue;
            }
            folders.extend(folder);
            found.push(Verify {
                path: file.path.clone(),
                range,
                text: word.to_owned(),
                why: format!(
                    "an address that `{}` uses: check that upstream serves the release there",
                    self.image.name
                ),
            });
        }
        found
    }
}

/// Returns whether an image does what stands in an include: outside of functions, or in one that
/// it calls.
fn is_done(view: &View<'_>, image: &Image, file: FileId, range: TextRange) -> bool {
    let Some(facts) = view.tree.script(file) else {
        return false;
    };
    let functions = (0u32..).zip(&facts.effects.functions);
    let mut around = functions
        .filter(|(_, f)| facts.range(f.definition_span).contains_range(range))
        .peekable();
    around.peek().is_none()
        || around.any(|(index, _)| image.summary.called.contains(&(file, index)))
}

/// Returns the words of a script that have a variable in them, without comments.
fn words_with_variables(file: &File) -> Vec<TextRange> {
    let mut found = Vec::new();
    let mut start = 0usize;
    let is_end = |c: char| c.is_whitespace() || "\"'`;|&<>()=".contains(c);
    for line in file.text.split_inclusive('\n') {
        let mut at = start;
        for word in line.split_inclusive(is_end) {
            let inner = word.trim_end_matches(is_end);
            if word.starts_with('#') {
                break;
            }
            if inner.contains('$') && inner.contains('/') {
                found.push(range_at(at, inner.len()));
            }
            at = at.saturating_add(word.len());
        }
        start = start.saturating_add(line.len());
    }
    found
}
