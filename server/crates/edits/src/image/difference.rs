//! What differs between a release and the one that it is made after.

use std::sync::Arc;

use smol_str::SmolStr;

use super::fields::NamedFields;
use super::foreign::Foreign;
use super::new::NewImage;
use super::rewrite::number;
use super::script::words;
use model::identity::split_name;
use model::view::View;
use model::{Image, track};

/// Differences between a release and the one that it is made after.
pub(crate) struct ReleaseDifference<'r> {
    /// Numbers in the names: `15.5`, `15.6`.
    pub(super) number: Option<Replaced<'r>>,
    /// Who the older image is.
    pub(super) was: NamedFields,
    /// Who the new one is.
    pub(super) now: NamedFields,
    /// Codename of the old release, where it is known.
    pub(super) old_codename: Option<SmolStr>,
    /// Codename of the new release, where it is known.
    pub(super) new_codename: Option<SmolStr>,
    pub(super) builder: Option<&'r SmolStr>,
    /// The older image, whose includes are read.
    pub(super) like: &'r Image,
    /// The point release keeps its last number: it is the same image under another name.
    pub(super) keeps_point: bool,
    /// Set where the older image is of another distribution.
    pub(super) foreign: Option<Foreign>,
}

/// A text of the old release, and of the new one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Replaced<'r> {
    pub(super) old: &'r str,
    pub(super) new: &'r str,
}

/// Words of two names that one has and the other has not.
#[derive(Debug, Default)]
pub(super) struct ReplacedWords<'r> {
    pub(super) old: Vec<&'r str>,
    pub(super) new: Vec<&'r str>,
}

/// Returns the words of a name, after the distribution, that another name has not.
pub(crate) fn own_words<'n>(name: &'n str, other: &str) -> Vec<&'n str> {
    let words = name.split('-').skip(1);
    words
        .filter(|word| other.split('-').all(|o| o != *word))
        .collect()
}

impl<'r> Replaced<'r> {
    /// Returns two texts that differ.
    fn differing(old: Option<&'r str>, new: Option<&'r str>) -> Option<Replaced<'r>> {
        let (old, new) = old.zip(new)?;
        (old != new).then_some(Replaced { old, new })
    }

    /// Returns a text with the first old word in it replaced, and the text before that word.
    pub(super) fn in_text<'t>(&self, text: &'t str) -> Option<(String, &'t str)> {
        let at = words(text, self.old).into_iter().next()?;
        let (before, after) = (text.get(..at)?, text.get(at + self.old.len()..)?);
        Some((format!("{before}{}{after}", self.new), before))
    }
}

impl<'r> ReleaseDifference<'r> {
    pub(crate) fn new(
        view: &View<'_>,
        new: &'r NewImage,
        like: &'r Arc<Image>,
    ) -> ReleaseDifference<'r> {
        let foreign = Foreign::new(new, like);
        let difference = ReleaseDifference::of_names(view, new, like);
        // Numbers of one distribution say nothing of another.
        let is_same = foreign.is_none();
        ReleaseDifference {
            number: difference.number.filter(|_| is_same),
            new_codename: difference.new_codename.filter(|_| is_same),
            foreign,
            ..difference
        }
    }

    /// Returns what differs between two names, whatever their distributions.
    fn of_names(view: &View<'_>, new: &'r NewImage, like: &'r Arc<Image>) -> ReleaseDifference<'r> {
        let (old, now) = (number(&like.name), number(&new.name));
        let distribution = like.identity.distname.fixed().unwrap_or_default();
        let (old_name, new_name) = (split_name(&like.name), split_name(&new.name));
        let (old_field, new_field) = (old_name.first(), new_name.first());
        let new_distribution = match new_field {
            Some(field) if new_field != old_field => field,
            _ => distribution,
        };
        let codename = |distribution: &str, release: Option<&str>, name: &str| {
            let release = release.or_else(|| name.split_once('-').map(|(_, rest)| rest))?;
            view.codename(distribution, release).map(SmolStr::new)
        };
        ReleaseDifference {
            number: Replaced::differing(old, now),
            was: NamedFields::of_image(like),
            now: NamedFields::of_name(view, &new.name, like),
            old_codename: codename(distribution, old, &like.name),
            new_codename: codename(new_distribution, now, &new.name),
            builder: new.builder.as_ref(),
            like,
            keeps_point: false,
            foreign: None,
        }
    }

    /// Returns what differs when an image gets another name: it is made after itself, nothing is set
    /// back to the beginning of a release, and it is not of another distribution, whatever that is
    /// called.
    pub(crate) fn of_rename(
        view: &View<'_>,
        new: &'r NewImage,
        image: &'r Arc<Image>,
    ) -> ReleaseDifference<'r> {
        ReleaseDifference {
            keeps_point: true,
            ..ReleaseDifference::of_names(view, new, image)
        }
    }

    /// Returns whether both are of one release.
    pub(crate) fn is_same_release(&self) -> bool {
        self.was.is_same_release(&self.now)
    }

    /// Returns the releases without their dates, where both are more than numbers and differ in
    /// more than those.
    pub(super) fn rest(&self) -> Option<Replaced<'_>> {
        let (old, new) = (&self.was.release, &self.now.release);
        let is_other = track::split(old).0 != track::split(new).0;
        let are_special = self.was.is_special() && self.now.is_special();
        (is_other && are_special).then_some(Replaced { old, new })
    }

    /// Returns the words of the older name that are not in the new one, without numbers, and the words
    /// that took their place; none where the distributions differ.
    pub(super) fn replaced_words(&self) -> ReplacedWords<'_> {
        let (old, new) = (self.like.name.as_str(), self.now.name());
        let is_word = |word: &&str| word.len() > 1 && !word.contains(|c: char| c.is_ascii_digit());
        if self.foreign.is_some() {
            return ReplacedWords::default();
        }
        ReplacedWords {
            old: own_words(old, new).into_iter().filter(is_word).collect(),
            new: own_words(new, old),
        }
    }

    /// Returns what in scripts names the older release, where nothing takes its place.
    pub(super) fn left_words(&self) -> Vec<&str> {
        let number = number(&self.like.name).filter(|_| self.number.is_none());
        let is_gone = self.was.is_special() && !self.now.is_special();
        let word = is_gone.then_some(self.was.release.as_str());
        let codename = self.old_codename.as_deref();
        let codename = codename.filter(|_| self.new_codename.is_none());
        let words = word.into_iter().chain(number).chain(codename);
        words
            .filter(|word| !self.now.release.contains(*word))
            .collect()
    }

    /// Returns what names the older release: its numbers, its release, its codename.
    pub(super) fn old_words(&self) -> impl Iterator<Item = &str> {
        let number = self.number.map(|number| number.old);
        let codename = self.old_codename.as_deref();
        let release = Some(self.was.release.as_str()).filter(|release| !release.is_empty());
        number.into_iter().chain(release).chain(codename)
    }

    /// Returns what names the new release: its numbers and its codename.
    pub(super) fn new_words(&self) -> impl Iterator<Item = &str> {
        let number = self.number.map(|number| number.new);
        number.into_iter().chain(self.new_codename.as_deref())
    }

    /// Returns the codenames of both, and the releases themselves, which stand where one has no codename.
    pub(super) fn codenames(&self) -> impl Iterator<Item = &str> {
        let known = [&self.old_codename, &self.new_codename];
        let known = known.into_iter().flatten().map(SmolStr::as_str);
        known.chain([self.was.release.as_str(), self.now.release.as_str()])
    }

    /// Returns the older image.
    pub(super) fn like(&self) -> &Image {
        self.like
    }
}
