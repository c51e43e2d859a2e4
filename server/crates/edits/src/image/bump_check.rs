//! Versions that an image may be bumped to: later ones of the same major release.

use super::rewrite::number;
use crate::Refusal;
use model::track::{self, Version};

/// Returns whether a text may be a version: of a release, or of a build.
pub fn is_version(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-+~".contains(c);
    text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(fits)
}

/// Refuses a text that is no version.
///
/// # Errors
/// When it does not begin with a digit, or has characters that no version has.
pub(super) fn version_only(text: &str) -> Result<(), Refusal> {
    if is_version(text) {
        return Ok(());
    }
    Err(Refusal::new(format!(
        "`{text}` is not a version: begin with a digit, and use digits, letters, `.`, `_`, `+`, `~` \
         and `-`"
    )))
}

/// Refuses a point release of another major release, and one before that which the image has.
///
/// # Errors
/// When it is one of these.
pub(super) fn point_release(image: &str, old: &str, new: &str) -> Result<(), Refusal> {
    let (before, after) = (numbers(old), numbers(new));
    let parts = |version: &str| version.split('.').count();
    let is_number = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) && !is_padded(part)
    };
    let is_plain = |version: &str| version.split('.').all(is_number);
    if is_plain(old) && (!is_plain(new) || parts(old) != parts(new)) {
        let meant = meant(old, new).map(|meant| format!("; did you mean `{meant}`?"));
        return Err(Refusal::new(format!(
            "`{image}` is at {old}, and `{new}` is not written like that{}",
            meant.unwrap_or_else(|| ": give a version such as that one, or pass `--force`".into())
        )));
    }
    if before.first() != after.first() {
        let major = after.first().map(u64::to_string).unwrap_or_default();
        let other = number(image).map(|number| image.replacen(number, &major, 1));
        let command = other.map(|other| format!("run `image-scripts-ls new {other}`, or "));
        return Err(Refusal::new(format!(
            "`{image}` is at {old}, and {new} is of another major release: {}pass `--force`",
            command.unwrap_or_default()
        )));
    }
    refuse_earlier(image, (old, &before), (new, &after))
}

/// Returns whether a number has a zero in front: `08`.
fn is_padded(number: &str) -> bool {
    number.len() > 1 && number.starts_with('0')
}

/// Returns the version that was meant by one without its dots: `9.5` for `95` after `9.4`.
fn meant(old: &str, new: &str) -> Option<String> {
    let (major, _) = old.split_once('.')?;
    let rest = new.strip_prefix(major)?;
    let is_number = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit());
    (is_number && old.split('.').count() == 2).then(|| format!("{major}.{rest}"))
}

/// Refuses a build number before one that the image has.
///
/// # Errors
/// When it is before one of them.
pub(super) fn build(image: &str, old: &[String], new: &str) -> Result<(), Refusal> {
    let after = numbers(new);
    old.iter()
        .try_for_each(|old| refuse_earlier(image, (old, &numbers(old)), (new, &after)))
}

fn refuse_earlier(
    image: &str,
    (old, before): (&str, &Version),
    (new, after): (&str, &Version),
) -> Result<(), Refusal> {
    if after >= before {
        return Ok(());
    }
    Err(Refusal::new(format!(
        "`{image}` is at {old}, and {new} is before that: give a later one, or pass `--force`"
    )))
}

fn numbers(text: &str) -> Version {
    track::split(text).1
}
