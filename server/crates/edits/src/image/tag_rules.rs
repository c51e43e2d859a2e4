//! Conventions about tags: which release may have which, and which tags follow others.

use smol_str::{SmolStr, format_smolstr};

use model::Image;
use model::view::View;

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
    /// It is not, and planned for a day where that is known.
    Ahead(Option<SmolStr>),
    /// Nothing is known.
    Unknown,
}

impl Release {
    /// Returns what is known of an image's release.
    pub(super) fn of(view: &View<'_>, image: &Image) -> Release {
        let Some(distribution) = image.identity.distname.fixed() else {
            return Release::Unknown;
        };
        let Some(row) = view.lifecycle(distribution, &bare_release(image)) else {
            return Release::Unknown;
        };
        let released = row.released.as_deref();
        if row.out == Some(false) || released.is_some_and(|day| day > view.today) {
            return Release::Ahead(row.released.clone());
        }
        match (row.out, released) {
            (None, None) => Release::Unknown,
            _ => Release::Out,
        }
    }
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
