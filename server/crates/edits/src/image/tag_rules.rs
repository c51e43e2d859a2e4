//! Conventions about tags: which release may have which, and which tags follow others.

use smol_str::{SmolStr, format_smolstr};

use model::data::{self, Lifecycle};
use model::view::View;
use model::{Image, track};

/// Tags that the newest release takes from whichever releases before it have them. What else a
/// release has goes to the one right after it alone.
pub(super) const CURRENT: [&str; 2] = ["latest", "stable"];

/// The one tag that a release without long-term support takes, in distributions that have such
/// support: all others stay on the newest release that has it.
const INTERIM: &str = "latest";

/// What is known of a release being out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Release {
    /// It is out.
    Out,
    /// It is not, as a verb and what follows say.
    Ahead(String),
    /// Nothing is known.
    Unknown,
}

impl Release {
    /// Returns what is known of an image's release.
    pub(super) fn of(view: &View<'_>, image: &Image) -> Release {
        let Some(distribution) = image.identity.distname.fixed() else {
            return Release::Unknown;
        };
        let release = bare_release(image);
        let row = view.lifecycle(distribution, &release);
        let released = row.and_then(|row| row.released.as_deref());
        match row {
            Some(row) if is_ahead(view, row) => Release::Ahead(match released {
                Some(day) => format!("is not out, and planned for {day}"),
                None => "is not out".to_owned(),
            }),
            Some(row) if row.out.is_some() || released.is_some() => Release::Out,
            _ => match release_ahead(view, distribution, &release) {
                Some(before) => Release::Ahead(format!("comes after {before}, which is not out")),
                None => Release::Unknown,
            },
        }
    }
}

fn is_ahead(view: &View<'_>, row: &Lifecycle) -> bool {
    let released = row.released.as_deref();
    row.out == Some(false) || released.is_some_and(|day| day > view.today)
}

/// Returns the first release of a distribution that is not out, if another one comes after it.
fn release_ahead(view: &View<'_>, distribution: &str, release: &str) -> Option<&'static SmolStr> {
    let (rest, version) = track::split(release);
    let rows = data::lifecycles().iter().filter(|row| {
        let (other_rest, other) = track::split(&row.release);
        row.distribution == distribution
            && other_rest == rest
            && other < version
            && is_ahead(view, row)
    });
    let first = rows.min_by_key(|row| track::split(&row.release).1);
    first.map(|row| &row.release)
}

/// Returns the release of an image without date stamp; an empty text where it is not known.
pub(super) fn bare_release(image: &Image) -> String {
    let release = image.identity.relver.known();
    let release = release.map(|r| r.with_stamps_as("")).unwrap_or_default();
    release.trim_end_matches('-').to_owned()
}

/// Returns the tag that an `old*` tag follows: `stable` for `oldstable` and `oldoldstable`.
pub(super) fn followed_tag(tag: &str) -> Option<&str> {
    let followed = tag.trim_start_matches("old");
    (followed != tag).then_some(followed)
}

/// Returns whether a tag follows another one: `oldstable`.
pub(super) fn is_old_tag(tag: &str) -> bool {
    followed_tag(tag).is_some()
}

/// Returns the tag that follows a tag: `oldstable` for `stable`.
pub(super) fn next_old_tag(tag: &str) -> SmolStr {
    format_smolstr!("old{tag}")
}

/// Returns whether a tag is `lts`, alone or as a part: `latest-lts`. `oldlts` is not.
fn is_lts_tag(tag: &str) -> bool {
    tag.split('-').any(|part| part == "lts")
}

/// Returns whether a release takes a tag from any release before it, and not from the last one
/// alone.
pub(super) fn is_current_tag(tag: &str) -> bool {
    CURRENT.contains(&tag) || is_lts_tag(tag)
}

/// Returns whether a distribution has releases with long-term support and others.
fn has_interims(distribution: &str) -> bool {
    distribution == "ubuntu"
}

/// Returns whether a release is one without long-term support of a distribution that has others
/// with it.
pub(super) fn is_interim(distribution: &str, release: &str) -> bool {
    has_interims(distribution) && !View::is_lts(distribution, release)
}

/// Returns whether a release may have a tag.
pub(super) fn may_have(distribution: &str, release: &str, tag: &str) -> bool {
    if is_interim(distribution, release) {
        return tag == INTERIM;
    }
    !is_lts_tag(tag) || View::is_lts(distribution, release)
}
