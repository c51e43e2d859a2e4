//! Names with a version in them, as vendors give them to releases, directories and files.

use edits::is_version;
use serde::Deserialize;

/// A name with a version in it: `v{version}`, `stage3-amd64-*-{version}.tar.xz`. `*` before the version stands
/// for anything.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct NamePattern {
    start: String,
    /// Set where anything may follow the start: what stands between that and the version.
    middle: Option<String>,
    end: String,
}

const VERSION: &str = "{version}";

impl TryFrom<String> for NamePattern {
    type Error = String;

    fn try_from(text: String) -> Result<NamePattern, String> {
        let split = text.split_once(VERSION);
        let (before, end) = split.ok_or_else(|| format!("`{text}` has no {VERSION}"))?;
        let (start, middle) = match before.split_once('*') {
            Some((start, middle)) => (start, Some(middle.to_owned())),
            None => (before, None),
        };
        Ok(NamePattern {
            start: start.to_owned(),
            middle,
            end: end.to_owned(),
        })
    }
}

impl NamePattern {
    /// Splits a name at its version.
    fn split<'n>(&self, name: &'n str) -> Option<(&'n str, &'n str)> {
        let rest = name
            .strip_prefix(self.start.as_str())?
            .strip_suffix(self.end.as_str())?;
        let version = match &self.middle {
            None => rest,
            Some(middle) => {
                // The first after which a version begins: there are `-` in versions, too.
                let mut places = rest.match_indices(middle.as_str());
                let after = |(at, _): (usize, &str)| rest.get(at + middle.len()..);
                places.find_map(|place| after(place).filter(|rest| is_version(rest)))?
            }
        };
        let before = name.len() - self.end.len() - version.len();
        is_version(version).then_some((name.get(..before)?, version))
    }

    /// Returns the version in a name.
    pub(crate) fn version_in<'n>(&self, name: &'n str) -> Option<&'n str> {
        self.split(name).map(|(_, version)| version)
    }

    /// Returns the version in a name, if it is made of numbers alone: no `beta`.
    pub(crate) fn numbers_in<'n>(&self, name: &'n str) -> Option<&'n str> {
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        self.version_in(name)
            .filter(|version| version.split('.').all(is_number))
    }

    /// Returns what stands around the version in a name.
    pub(crate) fn around<'n>(&self, name: &'n str) -> Option<(&'n str, &str)> {
        let (before, _) = self.split(name)?;
        Some((before, &self.end))
    }
}

/// Returns the numbers that a text begins with: `24.04` of `24.04.1 LTS` is what is comparable with `22.04`.
pub(crate) fn truncated(version: &str, like: &str) -> String {
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.');
    let numbers = end.and_then(|end| version.get(..end)).unwrap_or(version);
    let count = like.split('.').count();
    let parts: Vec<&str> = numbers
        .trim_end_matches('.')
        .split('.')
        .take(count)
        .collect();
    parts.join(".")
}

/// Returns a path of an address in which a version, or a codename, is another one; `None` where it has none of
/// it.
pub(crate) fn replaced(address: &str, old: &str, new: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let (host, path) = rest.split_once('/')?;
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let mut out = String::new();
    let (mut left, mut count) = (path, 0);
    while let Some(at) = left.find(old) {
        let (before, after) = left.split_at_checked(at)?;
        let after = after.get(old.len()..)?;
        // `v3.24` and `trixie-security` have it; `13.24` and `3.24.1` do not.
        let last = before.chars().next_back();
        let begins = match old.starts_with(|c: char| c.is_ascii_digit()) {
            true => last.is_none_or(|c| !c.is_ascii_digit() && c != '.'),
            false => last.is_none_or(|c| !is_part(c)),
        };
        let ends = !after.starts_with(is_part);
        out.push_str(before);
        match begins && ends {
            true => {
                out.push_str(new);
                count += 1;
            }
            false => out.push_str(old),
        }
        left = after;
    }
    out.push_str(left);
    (count > 0).then(|| format!("{scheme}://{host}/{out}"))
}

/// Returns where a version stands in a text, whole: `3.24.1` is neither in `13.24.10` nor in `3.24.1_rc1`.
pub(crate) fn version_places<'t>(text: &'t str, version: &'t str) -> impl Iterator<Item = usize> {
    let places = text.match_indices(version).filter(move |(at, _)| {
        let before = text.get(..*at).unwrap_or_default();
        let after = text.get(at + version.len()..).unwrap_or_default();
        let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let mut last = before.chars().rev();
        let begins = match last.next() {
            Some('.') => !is_digit(last.next()),
            c => !is_digit(c),
        };
        let mut next = after.chars();
        let ends = match next.next() {
            Some('.') => !is_digit(next.next()),
            // `_rc1` and `~beta` belong to it, and `_amd64` does not.
            Some('_' | '~' | '+') => !["rc", "alpha", "beta", "pre", "p"].iter().any(|word| {
                let rest = next.as_str().strip_prefix(word);
                rest.is_some_and(|rest| is_digit(rest.chars().next()) || rest.is_empty())
            }),
            c => !c.is_some_and(|c| c.is_ascii_alphanumeric()),
        };
        begins && ends
    });
    places.map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_versions() {
        let text = "13.24.1 3.24.10 3.24.1_rc1 1.3.24.1 3.24.1.2 v3.24.1/a-3.24.1-x.tar 3.24.1.tar 3.24.1_amd64";
        let found: Vec<&str> = version_places(text, "3.24.1")
            .map(|at| text.get(at - 1..at + 8).unwrap())
            .collect();
        assert_eq!(found, ["v3.24.1/a", "-3.24.1-x", " 3.24.1.t", " 3.24.1_a"]);
    }

    #[test]
    fn versions_in_names() {
        for (pattern, name, expected) in [
            ("v{version}", "v3.24", Some("3.24")),
            ("{version}", "44", Some("44")),
            ("{version}-stream", "10-stream", Some("10")),
            ("{version}-stream", "10-stream-x", None),
            ("leap-{version}", "leap-16.0", Some("16.0")),
            ("leap-{version}", "tumbleweed", None),
            ("v{version}", "v", None),
            ("v{version}", "vx", None),
            ("a-{version}.apk", "a-2.14.4-r0.apk", Some("2.14.4-r0")),
            ("a-{version}.apk", "a-static-2.14.4-r0.apk", None),
            (
                "s-*-{version}.tar.xz",
                "s-musl-openrc-20261101T170000Z.tar.xz",
                Some("20261101T170000Z"),
            ),
            ("s-*-{version}.tar.xz", "s-20261101T170000Z.tar.xz", None),
            (
                "d_{version}_all.deb",
                "d_1.0.134-1~deb13u1_all.deb",
                Some("1.0.134-1~deb13u1"),
            ),
        ] {
            let pattern = NamePattern::try_from(pattern.to_owned()).unwrap();
            assert_eq!(pattern.version_in(name), expected, "{name}");
        }
        let pattern = NamePattern::try_from("{version}".to_owned()).unwrap();
        assert_eq!(pattern.numbers_in("9.8-beta"), None);
        assert!(NamePattern::try_from("x".to_owned()).is_err());
    }

    #[test]
    fn as_many_numbers() {
        assert_eq!(truncated("24.04.1 LTS", "22.04"), "24.04");
        assert_eq!(truncated("13.2", "12"), "13");
        assert_eq!(truncated("11", "10.2"), "11");
        assert_eq!(truncated("16.", "16"), "16");
        assert_eq!(truncated("x", "16"), "");
    }

    #[test]
    fn another_version_in_an_address() {
        let shown =
            |address: &str, old: &str, new: &str| replaced(address, old, new).unwrap_or_default();
        assert_eq!(
            shown("http://a/v3.24/x", "3.24", "3.25"),
            "http://a/v3.25/x"
        );
        assert_eq!(
            shown("http://a/dists/trixie-security/R", "trixie", "forky"),
            "http://a/dists/forky-security/R"
        );
        assert_eq!(
            shown("http://3.24/v13.24/3.24.1/x3.24a", "3.24", "3.25"),
            ""
        );
        assert_eq!(shown("http://a/43/b/43", "43", "44"), "http://a/44/b/44");
        assert_eq!(shown("http://a/xtrixie", "trixie", "forky"), "");
    }
}
