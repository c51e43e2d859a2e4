//! Archives: what servers said, kept to be asked again without a network: in tests, in a CI, for a report of
//! a bug. An archive is a text in JSON; who reads and writes it is not the concern of this crate.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::client::without_credentials;
use crate::{Probe, Reply, Upstream};

/// What servers said, by address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// Version of the format.
    version: u32,
    replies: BTreeMap<String, Reply>,
    /// What was asked for the beginning alone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    probes: BTreeMap<String, Probe>,
}

/// The version of the format that is read and written.
const VERSION: u32 = 1;

impl Archive {
    /// Reads an archive.
    ///
    /// # Errors
    /// When the text is no archive, or one of another version.
    pub fn parse(text: &str) -> Result<Archive, String> {
        let archive: Archive = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match archive.version {
            VERSION => Ok(archive),
            version => Err(format!("version {version} of the format is not known")),
        }
    }

    /// Returns the archive as text.
    ///
    /// # Errors
    /// Never: the error is the one of the library.
    pub fn to_text(&self) -> Result<String, String> {
        serde_json::to_string_pretty(self).map_err(|error| error.to_string())
    }

    /// Returns an archive with all of this one, and of an earlier one what was not asked again.
    #[must_use]
    pub fn after(self, earlier: Archive) -> Archive {
        let mut all = earlier;
        all.replies.extend(self.replies);
        all.probes.extend(self.probes);
        all
    }
}

impl Upstream for Archive {
    fn get(&self, address: &str) -> Reply {
        let address = without_credentials(address);
        let reply = self.replies.get(&address).cloned();
        reply.unwrap_or_else(|| Reply::Unknown(not_kept(&address)))
    }

    fn probe(&self, address: &str) -> Probe {
        let address = without_credentials(address);
        let probe = self.probes.get(&address).cloned();
        probe.unwrap_or_else(|| Probe::Unknown(not_kept(&address)))
    }
}

fn not_kept(address: &str) -> String {
    format!("{address}: not in the archive")
}

/// Keeps what servers say. Credentials in addresses are left out.
pub struct Recorder<'u> {
    upstream: &'u dyn Upstream,
    archive: Mutex<Archive>,
}

impl<'u> Recorder<'u> {
    /// A recorder of what these servers say.
    pub fn new(upstream: &'u dyn Upstream) -> Recorder<'u> {
        let archive = Archive {
            version: VERSION,
            ..Archive::default()
        };
        Recorder {
            upstream,
            archive: Mutex::new(archive),
        }
    }

    fn archive(&self) -> MutexGuard<'_, Archive> {
        self.archive.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what was asked so far.
    pub fn into_archive(self) -> Archive {
        let archive = self.archive.into_inner();
        archive.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upstream for Recorder<'_> {
    fn get(&self, address: &str) -> Reply {
        let reply = self.upstream.get(address);
        let address = without_credentials(address);
        self.archive().replies.insert(address, reply.clone());
        reply
    }

    fn probe(&self, address: &str) -> Probe {
        let probe = self.upstream.probe(address);
        let address = without_credentials(address);
        self.archive().probes.insert(address, probe.clone());
        probe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Servers that have one page.
    struct OnePage;

    impl Upstream for OnePage {
        fn get(&self, address: &str) -> Reply {
            match address.rsplit('/').next() {
                Some("page") => Reply::Text("<a>\n\u{1}ž".to_owned()),
                Some("secret") => Reply::Unknown("status 401".to_owned()),
                _ => Reply::Gone,
            }
        }
    }

    #[test]
    fn what_was_asked_is_said_again() {
        let addresses = [
            "https://a.example.org/page",
            "https://a.example.org/x",
            "https://me:word@a.example.org/secret",
        ];
        let recorder = Recorder::new(&OnePage);
        let replies = addresses.map(|address| recorder.get(address));
        let probes = addresses.map(|address| recorder.probe(address));
        let text = recorder.into_archive().to_text().unwrap();
        assert!(!text.contains("word"), "{text}");
        let archive = Archive::parse(&text).unwrap();
        assert_eq!(addresses.map(|address| archive.get(address)), replies);
        assert_eq!(addresses.map(|address| archive.probe(address)), probes);
        let reason = "https://b.example.org/: not in the archive".to_owned();
        assert_eq!(
            archive.get("https://me@b.example.org/"),
            Reply::Unknown(reason)
        );
    }

    #[test]
    fn the_format() {
        let recorder = Recorder::new(&OnePage);
        recorder.get("https://a.example.org/x");
        let text = recorder.into_archive().to_text().unwrap();
        let expected = "{\n  \"version\": 1,\n  \"replies\": {\n    \"https://a.example.org/x\": \"gone\"\n  }\n}";
        assert_eq!(text, expected);
        for other in ["", "{}", "[]", "{\"version\": 2, \"replies\": {}}"] {
            assert!(Archive::parse(other).is_err(), "{other}");
        }
    }
}
