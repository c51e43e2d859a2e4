//! Lists of releases as stanzas, such as Ubuntu's `meta-release`, and fields of `Release` files.

use serde::Deserialize;

use super::{Release, ReleaseState, States};
use crate::months::month_of;

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
    pub(super) fn read(&self, text: &str, today: &str) -> Option<Vec<Release>> {
        let text = text.replace("\r\n", "\n");
        let releases = text.split("\n\n").filter_map(|stanza| {
            let version = field(stanza, &self.version)?;
            let codename = field(stanza, &self.codename)?;
            let state = match &self.state {
                _ if !is_past(stanza, today) => ReleaseState::Unwanted,
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

/// Returns whether the date of a release is not after today; one without a date is out.
pub(super) fn is_past(text: &str, today: &str) -> bool {
    let day = field(text, "Date").and_then(day_of);
    day.is_none_or(|day| day.as_str() <= today)
}

/// Returns the day of a date: `Thu, 25 April 2024 13:00:00 UTC`, `Sat, 09 Aug 2025 09:30:00 UTC`.
fn day_of(date: &str) -> Option<String> {
    let mut words = date.split_whitespace().skip(1);
    let day: u32 = words.next()?.parse().ok()?;
    let month = month_of(words.next()?.get(..3)?)?;
    let year: u32 = words.next()?.parse().ok()?;
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

/// Returns the value of a field.
pub(crate) fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut values = text
        .lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    values.next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_releases() {
        for (date, expected) in [
            ("Thu, 25 April 2024 13:00:00 UTC", true),
            ("Sun, 01 Nov 2026 09:30:00 UTC", true),
            ("Mon, 2 Nov 2026 09:30:00 UTC", false),
            ("Thu, 22 April 2027 13:00:00 UTC", false),
            ("soon", true),
        ] {
            let stanza = format!("Version: 1\nDate: {date}\n");
            assert_eq!(is_past(&stanza, "2026-11-01"), expected, "{date}");
        }
        assert!(is_past("Version: 1\n", "2026-11-01"));
    }
}
