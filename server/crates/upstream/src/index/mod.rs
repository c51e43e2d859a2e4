//! Lists of releases that a vendor has, in the few ways in which vendors have them.

mod json;
mod stanzas;

use serde::Deserialize;

use crate::names::{NamePattern, truncated};
use crate::server::{Known, listing};
use crate::{Address, AddressKind, Reply, Upstream, rpm_order};

pub(crate) use stanzas::field;
use stanzas::is_past;

/// The way in which a vendor says what releases there are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Index {
    /// Directories beside the one that the addresses of an image have in them.
    Directories {
        /// What they are called.
        name: NamePattern,
    },
    /// The `Release` file of a suite that moves, beside the suite of an image. It says what the newest release
    /// is.
    Suite {
        /// Name of the suite.
        suite: String,
    },
    /// A document in JSON.
    Json(json::JsonIndex),
    /// A text of stanzas: lines `Field: value`, with an empty line after each release.
    Stanzas(stanzas::StanzasIndex),
}

/// What a field of a release says of its state.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct States {
    /// The field: in JSON a pointer to it.
    pub field: String,
    /// Values of those that have ended: images of them are to be retired.
    #[serde(default)]
    pub ended: Vec<String>,
    /// Values of those that images are to be made of. What is said of others nobody knows before: they are no longer
    /// new, or not yet out.
    pub out: Vec<String>,
}

impl States {
    fn of(&self, value: Option<&str>) -> ReleaseState {
        let is = |values: &[String]| {
            value.is_some_and(|value| values.iter().any(|known| known == value))
        };
        match () {
            () if is(&self.ended) => ReleaseState::Ended(None),
            () if is(&self.out) => ReleaseState::Out,
            () => ReleaseState::Unwanted,
        }
    }
}

/// A release that a vendor lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Release {
    pub(crate) version: String,
    /// Its name in the list: of a directory that one.
    pub(crate) name: String,
    pub(crate) codename: Option<String>,
    pub(crate) state: ReleaseState,
}

/// The state of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReleaseState {
    Out,
    Unwanted,
    /// With the day, where the vendor says it.
    Ended(Option<String>),
}

/// The releases that a vendor lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Releases {
    /// The address that says so.
    pub(crate) address: String,
    pub(crate) all: Vec<Release>,
    /// Set where a release that is not in the list is not there.
    pub(crate) is_complete: bool,
}

impl Releases {
    /// Returns the release of an image's version.
    pub(crate) fn of(&self, version: &str) -> Option<&Release> {
        let is_own = |release: &&Release| truncated(&release.version, version) == version;
        self.all.iter().find(is_own)
    }

    /// Returns the releases after a version, the newest first, each with the last name that it has.
    pub(crate) fn after(&self, version: &str) -> Vec<(String, &Release)> {
        let releases = self.all.iter();
        let versions = releases.map(|release| (truncated(&release.version, version), release));
        let later = versions.filter(|(own, _)| rpm_order(own, version).is_gt());
        let mut later: Vec<(String, &Release)> = later.collect();
        later.sort_by(|(a, one), (b, other)| {
            rpm_order(b, a).then_with(|| rpm_order(&other.version, &one.version))
        });
        later.dedup_by(|(a, _), (b, _)| a == b);
        later
    }
}

/// What an index is read for.
pub(crate) struct Context<'c> {
    /// Addresses of an image of the track.
    pub(crate) addresses: &'c [Address],
    /// Version of its release.
    pub(crate) version: &'c str,
    pub(crate) today: &'c str,
    pub(crate) upstream: &'c dyn Upstream,
}

impl Index {
    /// Returns the releases that the vendor lists; absent where the addresses of the image do not lead to the
    /// list.
    pub(crate) fn releases(&self, context: &Context<'_>) -> Known<Releases> {
        let address = match self {
            Index::Directories { name } => return directories(name, context),
            Index::Suite { suite } => return newest_suite(suite, context),
            Index::Json(index) => &index.address,
            Index::Stanzas(index) => &index.address,
        };
        let text = match context.upstream.get(address) {
            Reply::Text(text) => text,
            Reply::Gone => return Known::Unknown(format!("{address} is not there")),
            Reply::Unknown(reason) => return Known::Unknown(reason),
        };
        let all = match self {
            Index::Json(index) => index.read(&text, context.today),
            Index::Stanzas(index) => index.read(&text, context.today),
            Index::Directories { .. } | Index::Suite { .. } => None,
        };
        match all {
            Some(all) => Known::Present(Releases {
                address: address.clone(),
                all,
                is_complete: matches!(self, Index::Json(index) if index.is_complete),
            }),
            None => Known::Unknown(format!("{address} is no list of releases")),
        }
    }
}

/// Returns the directory that an address has for a version, and the address of what it is in.
pub(crate) fn directory_of<'u>(
    url: &'u str,
    name: &NamePattern,
    version: &str,
) -> Option<(&'u str, &'u str)> {
    let mut at = url.find("://")? + "://".len();
    at += url.get(at..)?.find('/')? + 1;
    loop {
        let rest = url.get(at..)?;
        let (segment, _) = rest.split_once('/')?;
        let own = name.numbers_in(segment).map(|own| truncated(own, version));
        if own.as_deref() == Some(version) {
            return Some((url.get(..at)?, segment));
        }
        at += segment.len() + 1;
    }
}

fn directories(name: &NamePattern, context: &Context<'_>) -> Known<Releases> {
    let mut urls = context.addresses.iter().map(|address| address.url.as_str());
    let Some((root, _)) = urls.find_map(|url| directory_of(url, name, context.version)) else {
        return Known::Absent;
    };
    let listing = match listing(context.upstream, root) {
        Known::Present(listing) => listing,
        Known::Absent => return Known::Unknown(format!("{root} is not there")),
        Known::Unknown(reason) => return Known::Unknown(reason),
    };
    let releases = listing.directories().filter_map(|directory| {
        Some(Release {
            version: name.numbers_in(directory)?.to_owned(),
            name: directory.to_owned(),
            codename: None,
            state: ReleaseState::Out,
        })
    });
    Known::Present(Releases {
        address: root.to_owned(),
        all: releases.collect(),
        is_complete: true,
    })
}

/// Returns the root of a mirror with suites, and the suite, of the address of a `Release` file.
pub(crate) fn suite_of(url: &str) -> Option<(&str, &str)> {
    let (root, rest) = url.split_once("/dists/")?;
    Some((root, rest.strip_suffix("/Release")?))
}

fn newest_suite(suite: &str, context: &Context<'_>) -> Known<Releases> {
    let mut urls = context.addresses.iter().map(|address| address.url.as_str());
    let Some((root, _)) = urls.find_map(suite_of) else {
        return Known::Absent;
    };
    let address = format!("{root}/dists/{suite}/Release");
    let text = match context.upstream.get(&address) {
        Reply::Text(text) => text,
        Reply::Gone => return Known::Unknown(format!("{address} is not there")),
        Reply::Unknown(reason) => return Known::Unknown(reason),
    };
    let named = field(&text, "Version").zip(field(&text, "Codename"));
    let Some((version, codename)) = named.filter(|_| AddressKind::Release.fits(text.as_bytes()))
    else {
        return Known::Unknown(format!("{address} does not say which release it is"));
    };
    Known::Present(Releases {
        all: vec![Release {
            version: version.to_owned(),
            name: codename.to_owned(),
            codename: Some(codename.to_owned()),
            state: match is_past(&text, context.today) {
                true => ReleaseState::Out,
                false => ReleaseState::Unwanted,
            },
        }],
        address,
        is_complete: false,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Listing, vendors};

    /// Servers that answer everything with one text.
    struct Same(String);

    impl Upstream for Same {
        fn get(&self, _: &str) -> Reply {
            Reply::Text(self.0.clone())
        }
    }

    /// Texts that have something of what vendors write.
    fn text() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            Just("Version: 13.2\n".to_owned()),
            Just("Codename: ž\n".to_owned()),
            Just("Dist: x\n\n".to_owned()),
            Just("<title>Index of /</title><a href=\"v3.24/\">".to_owned()),
            Just("<a href='slackware64-15.1/'>".to_owned()),
            Just(
                "{\"release_branches\": [{\"rel_branch\": \"v3.25\", \"eol_date\": \"2026-1-1\"}]}"
                    .to_owned()
            ),
            Just("{\"Leap\": [{\"version\": \"16.1\", \"state\": 1}, 7]}".to_owned()),
            ".{0,8}",
        ];
        prop::collection::vec(word, 0..6).prop_map(|words| words.concat())
    }

    proptest! {
        /// Whatever servers say, it is read or not.
        #[test]
        fn any_text_is_read(text in text(), version in "[0-9.]{1,5}") {
            let address = |url: &str| Address {
                url: url.to_owned(),
                kind: AddressKind::of(url),
                at: edits::PathRange { path: "x".into(), range: syntax::TextRange::default() },
            };
            let addresses = [
                address("https://a.example.org/debian/dists/trixie/Release"),
                address(&format!("https://a.example.org/slackware64-{version}/x")),
            ];
            let servers = Same(text.clone());
            let context = Context {
                addresses: &addresses,
                version: &version,
                today: "2026-11-01",
                upstream: &servers,
            };
            let _ = Listing::parse(&text, "https://a.example.org/x/");
            for track in vendors().iter().flat_map(|vendor| &vendor.tracks) {
                if let Known::Present(releases) = track.index.releases(&context) {
                    let later = releases.after(&version);
                    let is_later = |(own, _): &(String, &Release)| rpm_order(own, &version).is_gt();
                    prop_assert!(later.iter().all(is_later));
                    let _ = releases.of(&version);
                }
            }
        }
    }
}
