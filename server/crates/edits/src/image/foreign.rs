//! An image that is made after one of another distribution: what in its scripts is still of that
//! one. Nothing is made up for it; all is listed.

use smol_str::SmolStr;

use super::new::NewImage;
use super::script::{self, Assigned, assignments, calls, is_address, literal, range_at, slice};
use crate::Note;
use model::family::is_shared_include;
use model::identity::{default_of, split_name};
use model::runner::RUNNER_VARIABLES;
use model::view::View;
use model::{FileId, Image};
use syntax::TextRange;

/// Distribution that an image is made after, and the one that it is of.
#[derive(Debug, Clone)]
pub(crate) struct Foreign {
    /// The distribution of the older image.
    source: SmolStr,
    /// Its name and its vendor's, in lower case.
    tokens: Vec<String>,
    /// The distribution of the new image.
    own: SmolStr,
    /// The older image.
    like: SmolStr,
    /// Set when the user named the builder.
    has_builder: bool,
}

impl Foreign {
    /// Returns how two images differ whose distributions do; `None` where they are of the same one.
    pub(super) fn new(new: &NewImage, like: &Image) -> Option<Foreign> {
        let [own, ..] = split_name(&new.name);
        let source = like.identity.distname.fixed()?;
        if own == source || source.is_empty() {
            return None;
        }
        let vendor = like.identity.vendor.fixed();
        let vendor = vendor.filter(|vendor| Some(*vendor) != default_of("VENDOR"));
        Some(Foreign {
            source: SmolStr::new(source),
            tokens: vendor
                .into_iter()
                .chain([source])
                .map(str::to_lowercase)
                .collect(),
            own: SmolStr::new(own),
            like: like.name.clone(),
            has_builder: new.builder.is_some(),
        })
    }

    /// Returns whether a variable says who the image is: all other values are left as they are.
    pub(super) fn is_of_identity(variable: &str) -> bool {
        RUNNER_VARIABLES.iter().any(|known| known.name == variable)
    }

    /// Returns the new value of a variable with the old distribution as its whole value.
    pub(super) fn renamed(&self, assigned: &Assigned, written: &str) -> Option<String> {
        let is_it = assigned.name == "DISTNAME" && literal(written) == Some(self.source.as_str());
        is_it.then(|| written.replace(self.source.as_str(), &self.own))
    }

    /// Returns the ranges of a script that may be of the other distribution, and why.
    pub(super) fn doubts(&self, view: &View<'_>, text: &str) -> Vec<(TextRange, String)> {
        let facts = script::read(text);
        let mut found: Vec<(TextRange, String)> = Vec::new();
        for assigned in assignments(&facts) {
            if let Some(why) = self.value_doubt(&assigned, slice(text, assigned.value)) {
                found.push((assigned.value, why));
            }
        }
        for (name, range) in calls(&facts) {
            if is_family_helper(view, &name) {
                let source = &self.source;
                let why = format!("a helper that `{}` calls: check that it fits", self.like);
                let why = match self.names_source(&name) {
                    true => format!("a helper of {source}: it was left as it is"),
                    false => why,
                };
                found.push((range, why));
            }
        }
        // The builder that the user named is in no doubt.
        let all = assignments(&facts).into_iter();
        let builders = all.filter(|assigned| self.has_builder && assigned.name == "BUILDER");
        let covered: Vec<TextRange> = found
            .iter()
            .map(|(range, _)| *range)
            .chain(builders.map(|assigned| assigned.value))
            .collect();
        let is_covered = |range: &TextRange| {
            let mut ranges = covered.iter().filter_map(|c| c.intersect(*range));
            ranges.any(|common| !common.is_empty())
        };
        let words = self.word_doubts(text).into_iter();
        found.extend(words.filter(|(range, _)| !is_covered(range)));
        found.sort_by_key(|(range, _)| (range.start(), range.end()));
        found.dedup_by_key(|(range, _)| *range);
        found
    }

    /// Returns why a value may not be that of the new distribution.
    fn value_doubt(&self, assigned: &Assigned, written: &str) -> Option<String> {
        let Foreign {
            source, own, like, ..
        } = self;
        let inner = written.trim_matches(['"', '\'']);
        let is_variable = |c: char| c.is_ascii_alphanumeric() || "_{}".contains(c);
        let is_reference = inner
            .strip_prefix('$')
            .is_some_and(|rest| rest.chars().all(is_variable));
        if inner.is_empty() || is_reference {
            return None;
        }
        if assigned.name == "BUILDER" {
            let why = format!("the builder of `{like}`: check that it has what {own} needs");
            return (!self.has_builder).then_some(why);
        }
        if Foreign::is_of_identity(&assigned.name) && !self.names_source(written) {
            return None;
        }
        Some(if is_address(written) {
            format!("an address of {source}: give that of {own}")
        } else if self.names_source(written) {
            format!("names {source}: give what {own} has")
        } else {
            format!("a value of {source}: check that it holds for {own}")
        })
    }

    /// Returns what is said of those files beside the scripts of the older image that are copied and
    /// whose texts are not read.
    pub(super) fn unread_note(
        &self,
        view: &View<'_>,
        copied: &[(SmolStr, Option<FileId>)],
    ) -> Option<Note> {
        let unread = |id: &Option<FileId>| id.is_none_or(|id| view.tree.script(id).is_none());
        let names = copied.iter().filter(|(_, id)| unread(id));
        let names: Vec<String> = names.map(|(name, _)| format!("`{name}`")).collect();
        (!names.is_empty()).then(|| {
            Note::general(format!(
                "copied from `{}` and not read: {}; look for what is of {} in them",
                self.like,
                names.join(", "),
                self.source
            ))
        })
    }

    fn names_source(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let mut tokens = self.tokens.iter();
        tokens.any(|token| {
            text.match_indices(token)
                .any(|(at, _)| is_name(&text, at, token))
        })
    }

    /// Returns the words outside of comments that name the other distribution or have an address.
    pub(super) fn word_doubts(&self, text: &str) -> Vec<(TextRange, String)> {
        let source = &self.source;
        let mut found = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let is_comment = line.trim_start().starts_with('#');
            let mut at = start;
            for piece in line.split_inclusive(|c: char| c.is_whitespace() || "\"'".contains(c)) {
                let word = piece.trim_end_matches(|c: char| c.is_whitespace() || "\"'".contains(c));
                let names_source = self.names_source(word);
                if !is_comment && !word.is_empty() && (names_source || is_address(word)) {
                    let why = match names_source {
                        true => format!("names {source}: give what {} has", self.own),
                        false => format!("an address of {source}: give that of {}", self.own),
                    };
                    found.push((range_at(at, word.len()), why));
                }
                at += piece.len();
            }
            start += line.len();
        }
        found
    }
}

/// Longest name that other words may begin with by chance: `arch`, `void`.
const SHORT: usize = 4;

/// Returns whether a name stands in a text and is no part of another word: `arch` of `archlinux`, and
/// not of `archive` or `search`.
fn is_name(text: &str, at: usize, name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic();
    let before = text.get(..at).unwrap_or_default();
    let after = text.get(at + name.len()..).unwrap_or_default();
    let is_end = name.len() > SHORT || !after.starts_with(is_letter) || after.starts_with("linux");
    !before.ends_with(is_letter) && is_end
}

/// Returns whether a command is a helper of one family: an include defines it that not all images
/// read.
fn is_family_helper(view: &View<'_>, name: &str) -> bool {
    let paths = view.model.helpers.get(name).into_iter().flatten();
    let mut paths = paths.filter_map(|id| view.tree.path(*id)).peekable();
    name.contains('-') && paths.peek().is_some() && paths.all(|path| !is_shared_include(path))
}
