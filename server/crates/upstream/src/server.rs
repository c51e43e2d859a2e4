//! Servers: what is asked of them, and what they say.

use serde::{Deserialize, Serialize};

use crate::{Content, Listing};

/// What a server says of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// It has this text.
    Text(String),
    /// It says that there is nothing: status 404 or 410.
    Gone,
    /// It could not be asked, or what it says tells nothing; with the reason.
    Unknown(String),
}

/// What a server says of an address when only the beginning of what is there is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Probe {
    /// It has something of this kind.
    Present(Content),
    /// It says that there is nothing: status 404 or 410.
    Gone,
    /// It could not be asked, or what it says tells nothing; with the reason.
    Unknown(String),
}

/// What can be asked about addresses: servers, or what was recorded of them.
pub trait Upstream: Sync {
    /// Returns what is at an address.
    fn get(&self, address: &str) -> Reply;

    /// Returns what is at an address, without the whole of it: it may be a tarball of any size.
    fn probe(&self, address: &str) -> Probe {
        match self.get(address) {
            Reply::Text(text) => Probe::Present(Content::of(text.as_bytes())),
            Reply::Gone => Probe::Gone,
            Reply::Unknown(reason) => Probe::Unknown(reason),
        }
    }
}

/// What is known of something upstream.
pub(crate) enum Known<T> {
    Present(T),
    Absent,
    /// With the reason.
    Unknown(String),
}

/// Asks for the listing of a directory, whose address ends in `/`.
pub(crate) fn listing(upstream: &dyn Upstream, directory: &str) -> Known<Listing> {
    match upstream.get(directory) {
        Reply::Gone => Known::Absent,
        Reply::Unknown(reason) => Known::Unknown(reason),
        Reply::Text(page) => match Listing::parse(&page) {
            Some(listing) => Known::Present(listing),
            None => Known::Unknown(format!("{directory} is no listing")),
        },
    }
}

/// Returns the address of the metadata of a repository for `dnf`.
pub(crate) fn metadata_of(repository: &str) -> String {
    format!("{}/repodata/repomd.xml", repository.trim_end_matches('/'))
}

/// Returns whether a text is the metadata of a repository for `dnf`.
pub(crate) fn is_metadata(text: &str) -> bool {
    text.trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('<')
        && text.contains("<repomd")
}
