//! What `config.sh` says of who an image is, made to fit another name.

use smol_str::SmolStr;

use super::is_dated;
use super::predecessor::predecessor;
use super::script::{self, Assigned, assignments, literal, range_at, slice};
use crate::nix::Replacement;
use model::family::family_includes;
use model::identity::{FieldOrigin, default_of, is_architecture, split_name};
use model::view::View;
use model::{Image, track};
use syntax::TextRange;

/// The date of a build in a release.
pub(super) const STAMP: &str = "$(date +%Y%m%d)";

/// Reason why a release in doubt that was made from a name is.
pub(super) const DATE_DOUBT: &str =
    "taken from the name: keep the date only if upstream has no releases";

/// Who an image is, as its name says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedFields {
    name: SmolStr,
    /// First field of the name.
    distribution: SmolStr,
    /// The release, without a date.
    pub(crate) release: SmolStr,
    /// The release has the date of the build.
    pub(super) is_dated: bool,
    /// What follows the release in the name, and is in no field of it by itself.
    suffix: Option<Suffix>,
}

/// The last part of a name, and the variable that has it as its value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Suffix {
    variable: &'static str,
    value: SmolStr,
}

/// Changes of a `config.sh` for another name.
#[derive(Debug, Default)]
pub(crate) struct FieldChanges {
    /// Replacements, which do not overlap.
    pub(crate) replacements: Vec<Replacement>,
    /// Lines that it lacks.
    pub(crate) lines: String,
}

impl NamedFields {
    /// Returns who an image is that there is already.
    pub(crate) fn of_image(image: &Image) -> NamedFields {
        let identity = &image.identity;
        let fields = [("VARIANT", &identity.variant), ("VENDOR", &identity.vendor)];
        let suffix = fields.into_iter().find_map(|(variable, field)| {
            let value = field.fixed().filter(|v| !v.is_empty())?;
            let is_own = field.origin == FieldOrigin::Script && Some(value) != default_of(variable);
            let value = SmolStr::new(value);
            let in_name = without_suffix(&image.name, &value).is_some();
            (is_own && in_name).then_some(Suffix { variable, value })
        });
        let [distribution, ..] = split_name(&image.name);
        NamedFields {
            name: image.name.clone(),
            distribution: SmolStr::new(distribution),
            release: SmolStr::new(identity.release().unwrap_or_default()),
            is_dated: is_dated(image),
            suffix,
        }
    }

    /// Returns who an image of a name is that is made after another one.
    pub(crate) fn of_name(view: &View<'_>, name: &str, like: &Image) -> NamedFields {
        let [distribution, second, third, ..] = split_name(name);
        let rest = name.split_once('-').map_or("", |(_, rest)| rest);
        let was = NamedFields::of_image(like);
        let (release, suffix) = if is_architecture(third) {
            (second, None)
        } else {
            let suffix = suffix_of(view, name, like, &was);
            let release = suffix.as_ref().and_then(|s| without_suffix(rest, &s.value));
            (release.unwrap_or(rest), suffix)
        };
        NamedFields {
            name: SmolStr::new(name),
            distribution: SmolStr::new(distribution),
            release: SmolStr::new(release),
            is_dated: is_rebuilt(view, name, release, like, &was),
            suffix,
        }
    }

    /// Returns the name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the distribution, by the name.
    pub(crate) fn distribution(&self) -> &str {
        &self.distribution
    }

    /// Returns whether both are of one release of one distribution.
    pub(crate) fn is_same_release(&self, other: &NamedFields) -> bool {
        self.distribution == other.distribution && self.release == other.release
    }

    /// Returns whether the release is more than numbers: a codename, a flavour, a stream.
    pub(crate) fn is_special(&self) -> bool {
        !self.release.is_empty() && !track::is_numeric(&self.release)
    }

    /// Returns whether the name has a third field that is no architecture, so that `config.sh` has to
    /// say release and architecture.
    fn is_long(&self) -> bool {
        let [_, _, third, ..] = split_name(&self.name);
        !third.is_empty() && !is_architecture(third)
    }

    /// Returns the value of RELVER, as it is written.
    fn written_release(&self) -> String {
        match (self.is_dated, self.release.is_empty()) {
            (true, true) => STAMP.to_owned(),
            (true, false) => format!("{}-{STAMP}", self.release),
            (false, _) => self.release.to_string(),
        }
    }

    /// Returns the variant, where the name has it.
    pub(super) fn variant(&self) -> Option<&SmolStr> {
        self.suffix_in("VARIANT")
    }

    fn suffix_in(&self, variable: &str) -> Option<&SmolStr> {
        let own = self.suffix.as_ref().filter(|s| s.variable == variable)?;
        Some(&own.value)
    }

    /// Returns a variable that only reading the name gave its value, and why it is in doubt;
    /// `like` is the image that this one was made after.
    pub(crate) fn doubt(&self, variable: &str, like: &NamedFields) -> Option<&'static str> {
        match variable {
            "RELVER" if self.is_dated != like.is_dated || self.is_same_kind_only(like) => {
                Some(DATE_DOUBT)
            }
            "VARIANT" | "VENDOR"
                if self.suffix_in(variable).is_some()
                    && self.suffix_in(variable) != like.suffix_in(variable) =>
            {
                Some("made from the name: check that it is no part of the release")
            }
            _ => None,
        }
    }

    /// Returns whether another track was made, so that the form of the release is a guess.
    fn is_same_kind_only(&self, like: &NamedFields) -> bool {
        self.is_special() && track::split(&self.release).0 != track::split(&like.release).0
    }

    /// Returns what has to change in the `config.sh` of an image for this name.
    pub(crate) fn changes(&self, like: &NamedFields, config: &str) -> FieldChanges {
        let facts = script::read(config);
        let all = assignments(&facts);
        let mut changes = FieldChanges::default();
        self.change_spin(like, config, &all, &mut changes);
        for assigned in &all {
            let written = slice(config, assigned.value);
            let value = match assigned.name.as_str() {
                "DISTNAME" => self.distribution_for(like, written),
                "RELVER" => self.release_for(like, written),
                "ARCH" => self.arch_for(like, written),
                "VARIANT" => self.suffix_for(like, "VARIANT", written),
                "VENDOR" => self.suffix_for(like, "VENDOR", written),
                _ => continue,
            };
            let replacement = match value {
                NewValue::Kept => continue,
                NewValue::Written(new) if new == written => continue,
                NewValue::Written(new) => Some((assigned.value, new)),
                NewValue::Dropped => line_of(config, assigned).map(|line| (line, String::new())),
            };
            changes.replacements.extend(replacement);
        }
        changes.lines = self.missing_lines(&all);
        let is_open = !config.is_empty() && !config.ends_with('\n');
        if is_open && !changes.lines.is_empty() {
            changes.lines.insert(0, '\n');
        }
        changes
    }

    fn distribution_for(&self, like: &NamedFields, written: &str) -> NewValue {
        match literal(written) {
            Some(value) if value == like.distribution => {
                NewValue::Written(written.replace(value, &self.distribution))
            }
            _ => NewValue::Kept,
        }
    }

    fn release_for(&self, like: &NamedFields, written: &str) -> NewValue {
        let quote = written.len() - written.trim_start_matches(['"', '\'']).len();
        let (open, inner) = written.split_at_checked(quote).unwrap_or(("", written));
        if like.release.is_empty() && !self.release.is_empty() && inner.starts_with("$(date ") {
            return match self.says_itself() {
                true => NewValue::Dropped,
                false => NewValue::Written(self.written_release()),
            };
        }
        let rest = inner.strip_prefix(like.release.as_str());
        let rest = rest.filter(|rest| {
            !like.release.is_empty() && (rest.starts_with(['-', '"', '\'']) || rest.is_empty())
        });
        match rest {
            Some(_) if like.is_long() && self.says_itself() => NewValue::Dropped,
            Some(rest) if like.is_dated == self.is_dated => {
                let rest = match self.release.is_empty() {
                    true => rest.trim_start_matches('-'),
                    false => rest,
                };
                NewValue::Written(format!("{open}{}{rest}", self.release))
            }
            Some(_) if self.says_itself() => NewValue::Dropped,
            Some(_) => NewValue::Written(self.written_release()),
            None => NewValue::Kept,
        }
    }

    /// Returns whether nothing but the name has to say the release.
    fn says_itself(&self) -> bool {
        !self.is_dated && !self.is_long()
    }

    fn arch_for(&self, like: &NamedFields, written: &str) -> NewValue {
        let [_, _, third, ..] = split_name(&self.name);
        let is_default = literal(written) == default_of("ARCH");
        if is_architecture(third) && literal(written).is_some_and(|value| value != third) {
            return NewValue::Written(third.to_owned());
        }
        if like.is_long() && !self.is_long() && is_default && self.suffix.is_none() {
            return NewValue::Dropped;
        }
        NewValue::Kept
    }

    fn suffix_for(&self, like: &NamedFields, variable: &str, written: &str) -> NewValue {
        let (Some(old), Some(value)) = (like.suffix_in(variable), literal(written)) else {
            return NewValue::Kept;
        };
        match self.suffix_in(variable) {
            _ if value != old => NewValue::Kept,
            Some(new) => NewValue::Written(written.replace(value, new)),
            None => NewValue::Dropped,
        }
    }

    /// Changes a release that is put together from two variables, where the other one is of another
    /// track: `RELVER=$SPIN-$SPINVER`.
    fn change_spin(
        &self,
        like: &NamedFields,
        config: &str,
        all: &[Assigned],
        changes: &mut FieldChanges,
    ) {
        if track::split(&self.release).0 == track::split(&like.release).0 {
            return;
        }
        let value_of = |name: &str| all.iter().find(|a| a.name == name).map(|a| a.value);
        let (Some(spin), Some(version), Some(release)) =
            (value_of("SPIN"), value_of("SPINVER"), value_of("RELVER"))
        else {
            return;
        };
        let joined = slice(config, release).replace(['{', '}', '"'], "");
        let parts = if self.is_dated {
            Some((self.release.as_str(), STAMP))
        } else {
            self.release.rsplit_once('-')
        };
        if let Some((name, number)) = parts.filter(|_| joined == "$SPIN-$SPINVER") {
            let new = [(spin, name.to_owned()), (version, number.to_owned())];
            changes.replacements.extend(new);
        }
    }

    /// Returns the lines that `config.sh` lacks.
    fn missing_lines(&self, all: &[Assigned]) -> String {
        let assigns = |name: &str| all.iter().any(|a| a.name == name);
        let mut lines = String::new();
        if !self.says_itself() && !assigns("RELVER") {
            lines.push_str(&format!("RELVER={}\n", self.written_release()));
        }
        if self.is_long() && !assigns("ARCH") {
            lines.push_str("ARCH=x86_64\n");
        }
        for variable in ["VENDOR", "VARIANT"] {
            if let Some(value) = self.suffix_in(variable).filter(|_| !assigns(variable)) {
                lines.push_str(&format!("{variable}={value}\n"));
            }
        }
        lines
    }
}

/// What becomes of a value.
enum NewValue {
    Kept,
    Written(String),
    /// The name says it.
    Dropped,
}

/// Returns what stands before the last part of a name.
fn without_suffix<'n>(name: &'n str, suffix: &str) -> Option<&'n str> {
    name.strip_suffix(suffix)?.strip_suffix('-')
}

/// Returns the last part of a name that is no part of its release, by how the images around it are
/// written.
fn suffix_of(view: &View<'_>, name: &str, like: &Image, was: &NamedFields) -> Option<Suffix> {
    let ends_in = |suffix: &Suffix| without_suffix(name, &suffix.value).is_some();
    let [distribution, ..] = split_name(name);
    let images = view.model.images.values();
    let others = images.filter(|other| other.name != name && other.name != was.name);
    let neighbours: Vec<NamedFields> = others
        .map(|other| NamedFields::of_image(other))
        .filter(|other| other.distribution == distribution)
        .collect();
    let own = was.suffix.iter();
    let known = own.chain(neighbours.iter().filter_map(|n| n.suffix.as_ref()));
    if let Some(suffix) = known.into_iter().find(|suffix| ends_in(suffix)) {
        return Some(suffix.clone());
    }
    if let Some(suffix) = &was.suffix {
        // The same release in another variant.
        let base = without_suffix(&was.name, &suffix.value)?;
        let value = name.strip_prefix(base)?.strip_prefix('-')?;
        return Some(Suffix {
            variable: suffix.variable,
            value: SmolStr::new(value),
        });
    }
    if was.release.is_empty() {
        return None;
    }
    let value = name.strip_prefix(like.name.as_str())?.strip_prefix('-')?;
    // Where others have more in their releases than this one does, that is the custom here.
    let parts = |release: &str| release.split('-').count();
    let is_longer =
        |n: &&NamedFields| n.suffix.is_none() && parts(&n.release) > parts(&was.release);
    let is_of_release = value.is_empty() || neighbours.iter().any(|n| is_longer(&n));
    (!is_of_release).then(|| Suffix {
        variable: "VARIANT",
        value: SmolStr::new(value),
    })
}

/// Returns whether an image is rebuilt all the time, as far as its name says.
fn is_rebuilt(view: &View<'_>, name: &str, release: &str, like: &Image, was: &NamedFields) -> bool {
    let is_own_track = track::split(release).0 == track::split(&was.release).0;
    if is_own_track || release.is_empty() {
        return was.is_dated;
    }
    let has_number = |text: &str| text.contains(|c: char| c.is_ascii_digit());
    match predecessor(view, name).filter(|image| image.name != was.name) {
        Some(image) => is_dated(image),
        None if track::is_numeric(release) => false,
        None if !has_number(release) && has_number(&was.release) => true,
        None if is_numbered_stream(release) => was.is_dated || streams_are_dated(view, name, like),
        None => was.is_dated,
    }
}

/// Returns whether a release is a number and a word after it: `9-stream`.
fn is_numbered_stream(release: &str) -> bool {
    let is_word = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic());
    let fields = release.split_once('-');
    fields.is_some_and(|(number, rest)| track::is_numeric(number) && is_word(rest))
}

/// Returns whether all images with such a release that an include makes which another image reads,
/// too, have the date of their build in it.
fn streams_are_dated(view: &View<'_>, name: &str, like: &Image) -> bool {
    let family = family_includes(view, like);
    let images = view.model.images.values();
    let mut streams = images
        .filter(|other| other.name != name)
        .filter(|other| is_numbered_stream(&NamedFields::of_image(other).release))
        .filter(|other| {
            let reach = &other.summary.reach;
            family.iter().any(|id| reach.contains(id))
        })
        .peekable();
    streams.peek().is_some() && streams.all(|image| is_dated(image))
}

/// Returns the line of an assignment that stands there alone, with its end.
fn line_of(text: &str, assigned: &Assigned) -> Option<TextRange> {
    let (from, to) = (
        usize::from(assigned.value.start()),
        usize::from(assigned.value.end()),
    );
    let start = text.get(..from)?.rfind('\n').map_or(0, |at| at + 1);
    let end = text
        .get(to..)?
        .find('\n')
        .map_or(text.len(), |at| to + at + 1);
    let is_alone = text.get(start..from)? == format!("{}=", assigned.name)
        && text.get(to..end)?.trim().is_empty();
    is_alone.then(|| range_at(start, end - start))
}
