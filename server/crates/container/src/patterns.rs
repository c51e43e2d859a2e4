//! Patterns, matched with texts of which not all is known.

use super::text::Text;
use model::interpreter::matches_pattern;

/// A pattern.
#[derive(Default)]
pub(crate) struct Pattern {
    /// The characters, each with whether it stands for itself.
    characters: Vec<(char, bool)>,
    /// Set when a piece of it is not known.
    is_unknown: bool,
}

impl Pattern {
    pub(crate) fn push(&mut self, text: &Text, quoted: bool) {
        match text.known() {
            Some(text) => self.characters.extend(text.chars().map(|c| (c, quoted))),
            None => self.is_unknown = true,
        }
    }

    /// The text that it matches, where it is only one.
    pub(crate) fn literal(&self) -> Option<String> {
        let special = |(c, quoted): &(char, bool)| !quoted && "*?[\\+@!".contains(*c);
        let is_literal = !self.is_unknown && !self.characters.iter().any(special);
        is_literal.then(|| self.characters.iter().map(|(c, _)| *c).collect())
    }

    /// Tells whether a text matches; `None` where that depends on the build.
    pub(crate) fn matches(&self, text: &Text) -> Option<bool> {
        if self.is_unknown {
            return None;
        }
        if !self.characters.is_empty() && self.characters.iter().all(|c| *c == ('*', false)) {
            return Some(true);
        }
        if let Some(literal) = self.literal() {
            return text.equals(&Text::literal(&literal));
        }
        if let Some(text) = text.known() {
            return matches_pattern(&self.characters, &text);
        }
        // What is known is how the text begins.
        let special = |(c, quoted): &&(char, bool)| *quoted || !"*?[\\+@!".contains(*c);
        let start: String = self
            .characters
            .iter()
            .take_while(special)
            .map(|c| c.0)
            .collect();
        let known = text.known_start();
        if !known.starts_with(&start) && !start.starts_with(&known) {
            return Some(false);
        }
        let rest = self.characters.get(start.chars().count()..);
        let goes_on = rest == Some(&[('*', false)]);
        (goes_on && known.starts_with(&start)).then_some(true)
    }

    /// A text without what matches at its beginning or its end.
    pub(crate) fn removed_from(&self, text: &Text, suffix: bool, longest: bool) -> Option<Text> {
        let is = |pattern: &str| {
            let characters = self.characters.iter();
            characters.eq(pattern
                .chars()
                .map(|c| (c, false))
                .collect::<Vec<_>>()
                .iter())
        };
        // The file and the directory of a path.
        if !suffix && longest && is("*/") {
            return match text.rsplit('/') {
                Some((_, after)) => Some(after),
                None => text.known().is_some().then(|| text.clone()),
            };
        }
        if suffix && !longest && is("/*") {
            return match text.rsplit('/') {
                Some((before, _)) => Some(before),
                None => text.known().is_some().then(|| text.clone()),
            };
        }
        let known = text.known()?;
        let mut ends: Vec<usize> = known.char_indices().map(|(at, _)| at).collect();
        ends.push(known.len());
        // A short prefix ends early, and a short suffix begins late.
        if suffix != longest {
            ends.reverse();
        }
        for end in ends {
            let (before, after) = known.split_at_checked(end)?;
            let candidate = if suffix { after } else { before };
            match self.matches(&Text::literal(candidate)) {
                Some(true) if suffix => return Some(text.slice(0, end)),
                Some(true) => return Some(text.slice(end, known.len())),
                Some(false) => {}
                None => return None,
            }
        }
        Some(text.clone())
    }
}
