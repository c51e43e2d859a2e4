//! Servers: what is asked of them, and what they say.

use serde::{Deserialize, Serialize};

use crate::Listing;

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
    /// It has something that begins like this.
    Present(Beginning),
    /// It says that there is nothing: status 404 or 410.
    Gone,
    /// It could not be asked, or what it says tells nothing; with the reason.
    Unknown(String),
}

/// The first bytes of what is at an address. They tell an error page from a package, whatever the server calls
/// it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Beginning {
    bytes: Vec<u8>,
}

impl Beginning {
    /// How many bytes there are at most.
    pub(crate) const LENGTH: usize = 512;

    /// Returns the beginning of some bytes.
    pub fn of(bytes: &[u8]) -> Beginning {
        let bytes = bytes.get(..Beginning::LENGTH).unwrap_or(bytes).to_vec();
        Beginning { bytes }
    }

    /// Returns the bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// A text with a character for each byte.
impl From<Beginning> for String {
    fn from(beginning: Beginning) -> String {
        beginning.bytes.into_iter().map(char::from).collect()
    }
}

/// Characters that stand for no byte are left out.
impl From<String> for Beginning {
    fn from(text: String) -> Beginning {
        let bytes = text.chars().filter_map(|c| u8::try_from(c).ok());
        Beginning {
            bytes: bytes.take(Beginning::LENGTH).collect(),
        }
    }
}

/// What can be asked about addresses: servers, or what was recorded of them.
pub trait Upstream: Sync {
    /// Returns what is at an address.
    fn get(&self, address: &str) -> Reply;

    /// Returns what is at an address, without the whole of it: it may be a tarball of any size.
    fn probe(&self, address: &str) -> Probe {
        match self.get(address) {
            Reply::Text(text) => Probe::Present(Beginning::of(text.as_bytes())),
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
        Reply::Text(page) => match Listing::parse(&page, directory) {
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
