//! Lists of releases as stanzas, such as Ubuntu's `meta-release`, and fields of `Release` files.

use serde::Deserialize;

use super::{Release, ReleaseState, States};

/// A text with a stanza for each release.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StanzasIndex {
    /// Its address.
    pub address: String,
    /// The field with the version.
    pub version: String,
    /// The field with the codename.
    pub codename: String,
    /// What says in which state a release is.
    pub state: Option<States>,
}

impl StanzasIndex {
    /// Reads the text; `None` where it is another one.
    pub(super) fn read(&self, text: &str) -> Option<Vec<Release>> {
        let text = text.replace("\r\n", "\n");
        let releases = text.split("\n\n").filter_map(|stanza| {
            let version = field(stanza, &self.version)?;
            let codename = field(stanza, &self.codename)?;
            let state = match &self.state {
                Some(states) => states.of(field(stanza, &states.field)),
                None => ReleaseState::Out,
            };
            version
                .starts_with(|c: char| c.is_ascii_digit())
                .then(|| Release {
                    version: version.to_owned(),
                    name: codename.to_owned(),
                    codename: Some(codename.to_owned()),
                    state,
                })
        });
        let releases: Vec<Release> = releases.collect();
        (!releases.is_empty()).then_some(releases)
    }
}

/// Returns the value of a field.
pub(crate) fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut values = text
        .lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    values.next().map(str::trim)
}
