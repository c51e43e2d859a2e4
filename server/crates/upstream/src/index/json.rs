//! Lists of releases in JSON.

use model::data::is_day;
use serde::Deserialize;
use serde_json::Value;

use super::{Release, ReleaseState, States};
use crate::names::NamePattern;

/// A document in JSON with releases.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonIndex {
    /// Its address.
    pub address: String,
    /// Pointer to the list of releases.
    pub items: String,
    /// Pointer to the name, in a release.
    pub name: String,
    /// The names of the releases of the track.
    pub release: NamePattern,
    /// Pointer to the last day of support, in a release.
    pub end: Option<String>,
    /// Pointer to the versions that are out, in a release: one that has none but candidates is not out.
    pub versions: Option<String>,
    /// What says in which state a release is.
    pub state: Option<States>,
    /// Set where a release that has ended leaves the list.
    #[serde(default)]
    pub is_complete: bool,
}

impl JsonIndex {
    /// Reads the document; `None` where it is another one.
    pub(super) fn read(&self, text: &str, today: &str) -> Option<Vec<Release>> {
        let document: Value = serde_json::from_str(text).ok()?;
        let items = document.pointer(&self.items)?.as_array()?;
        let releases: Vec<Release> = items
            .iter()
            .filter_map(|item| self.release(item, today))
            .collect();
        (!releases.is_empty()).then_some(releases)
    }

    fn release(&self, item: &Value, today: &str) -> Option<Release> {
        let text = |pointer: &str| item.pointer(pointer)?.as_str();
        let name = text(&self.name)?;
        let version = self.release.numbers_in(name)?;
        let end = self.end.as_deref().and_then(text);
        let state = match end.filter(|end| is_day(end) && *end < today) {
            Some(end) => ReleaseState::Ended(Some(end.to_owned())),
            None => match &self.state {
                _ if !self.is_out(item) => ReleaseState::Unwanted,
                Some(states) => states.of(text(&states.field)),
                None => ReleaseState::Out,
            },
        };
        Some(Release {
            version: version.to_owned(),
            name: name.to_owned(),
            codename: None,
            state,
        })
    }
}

impl JsonIndex {
    /// Returns whether a release has a version that is no candidate, where the document lists them.
    fn is_out(&self, item: &Value) -> bool {
        let Some(pointer) = &self.versions else {
            return true;
        };
        let versions = item.pointer(pointer).and_then(Value::as_array);
        let mut versions = versions.into_iter().flatten();
        versions.any(|version| {
            let version = version.get("version").and_then(Value::as_str);
            version.is_some_and(|version| !version.contains(['_', '-']))
        })
    }
}
