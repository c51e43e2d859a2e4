//! Repositories that files and scripts name: lines and stanzas for `apt`, `baseurl` for `dnf`, what `curl` and `wget`
//! are given in the container's script.

use std::ops::Range;

use super::AddressKind;
use super::fetchers::{FETCHERS, fetched};
use super::flat::address_at;
use crate::server::metadata_of;

/// A repository that a text names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) url: String,
    pub(super) kind: AddressKind,
    /// The range in the text.
    pub(super) at: Range<usize>,
}

/// Returns the address of the `Release` file of a suite, or of a repository without suites.
pub(super) fn release_of(mirror: &str, suite: &str) -> String {
    let mirror = mirror.trim_end_matches('/');
    match suite.strip_suffix('/') {
        Some(path) => format!("{mirror}/{path}/Release"),
        None => format!("{mirror}/dists/{suite}/Release"),
    }
}

/// Returns the repositories that a text names.
pub(super) fn named_in(text: &str) -> Vec<Named> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut stanza = Stanza::default();
    for line in text.split_inclusive('\n') {
        found.extend(stanza.line(line, start));
        let named = named_in_line(line.trim_end_matches('\n'));
        found.extend(named.into_iter().map(|named| Named {
            at: start + named.at.start..start + named.at.end,
            ..named
        }));
        start += line.len();
    }
    found.extend(stanza.suites());
    found
}

/// A stanza of a file `*.sources` for `apt`: `URIs: ADDRESS...`, `Suites: SUITE...`.
#[derive(Default)]
struct Stanza {
    mirrors: Vec<String>,
    suites: Vec<(Range<usize>, String)>,
}

impl Stanza {
    /// Reads a line, which begins at an offset. Returns the suites of the stanza that it ends.
    fn line(&mut self, line: &str, start: usize) -> Vec<Named> {
        let line = line.trim_end_matches('\n');
        if line.trim().is_empty() {
            return std::mem::take(self).suites();
        }
        let (mirrors, suites) = (line.strip_prefix("URIs:"), line.strip_prefix("Suites:"));
        if let Some(mirrors) = mirrors {
            let whole = |word: &str| {
                address_at(word, 0)
                    .filter(|url| url.len() == word.len())
                    .map(str::to_owned)
            };
            self.mirrors = mirrors.split_whitespace().filter_map(whole).collect();
        }
        if let Some(suites) = suites {
            let start = start + line.len() - suites.len();
            let words = words(suites).into_iter().filter(|(_, word)| is_suite(word));
            let words = words
                .map(|(range, word)| (start + range.start..start + range.end, word.to_owned()));
            self.suites = words.collect();
        }
        Vec::new()
    }

    fn suites(self) -> Vec<Named> {
        let mirrors = self.mirrors.iter();
        let found = mirrors.flat_map(|mirror| {
            self.suites.iter().map(move |(range, suite)| Named {
                url: release_of(mirror, suite),
                kind: AddressKind::Release,
                at: range.clone(),
            })
        });
        found.collect()
    }
}

fn is_suite(word: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./~+".contains(c);
    !word.is_empty() && word.chars().all(is_plain)
}

fn named_in_line(line: &str) -> Vec<Named> {
    let words = words(line);
    let Some((_, first)) = words.first() else {
        return Vec::new();
    };
    if first.starts_with('#') {
        return Vec::new();
    }
    let deb = words
        .iter()
        .position(|(_, word)| matches!(word.trim_matches(['"', '\'']), "deb" | "deb-src"));
    if let Some(deb) = deb {
        let after = words.get(deb + 1..).unwrap_or_default();
        return suite_of(after).into_iter().collect();
    }
    if let Some(named) = base_of(line) {
        return vec![named];
    }
    let program = words.iter().position(|(_, word)| FETCHERS.contains(word));
    let Some((program, arguments)) = program.and_then(|at| words.get(at..)?.split_first()) else {
        return Vec::new();
    };
    let texts: Vec<&str> = arguments.iter().map(|(_, word)| *word).collect();
    let is_fetched = fetched(program.1, &texts);
    let arguments = arguments.iter().zip(is_fetched);
    let arguments = arguments.filter(|(_, is_fetched)| *is_fetched);
    let fetched = arguments.filter_map(|((range, word), _)| {
        let bare = word.trim_start_matches(['"', '\'']);
        let url = address_at(bare, 0)?;
        let start = range.start + word.len() - bare.len();
        Some(Named {
            url: url.to_owned(),
            kind: AddressKind::of(url),
            at: start..start + url.len(),
        })
    });
    fetched.collect()
}

/// Returns the suite of a line for `apt`, of which these are the words after its type.
fn suite_of(words: &[(Range<usize>, &str)]) -> Option<Named> {
    let mut words = words.iter();
    let mut word = words.next()?;
    if word.1.starts_with('[') {
        while !word.1.ends_with(']') {
            word = words.next()?;
        }
        word = words.next()?;
    }
    let mirror = address_at(word.1, 0).filter(|url| url.len() == word.1.len())?;
    let (range, suite) = words.next()?;
    let bare = suite.trim_end_matches(['"', '\'']);
    is_suite(bare).then(|| Named {
        url: release_of(mirror, bare),
        kind: AddressKind::Release,
        at: range.start..range.start + bare.len(),
    })
}

/// Returns the repository of a line `baseurl=ADDRESS`.
fn base_of(line: &str) -> Option<Named> {
    let trimmed = line.trim_start();
    let (name, value) = trimmed.split_once('=')?;
    if name.trim_end() != "baseurl" {
        return None;
    }
    let value = value.trim();
    let url = address_at(value, 0).filter(|url| url.len() == value.len())?;
    let start = line.rfind(value)?;
    Some(Named {
        url: metadata_of(url),
        kind: AddressKind::RpmRepository,
        at: start..start + value.len(),
    })
}

/// Returns the words of a line, with their ranges.
fn words(line: &str) -> Vec<(Range<usize>, &str)> {
    let mut found = Vec::new();
    let mut start = 0;
    for word in line.split([' ', '\t']) {
        if !word.is_empty() {
            found.push((start..start + word.len(), word));
        }
        start += word.len() + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |named: Named| {
            format!(
                "{:?} {} {:?}",
                named.kind,
                named.url,
                text.get(named.at).unwrap()
            )
        };
        named_in(text).into_iter().map(show).collect()
    }

    #[test]
    fn lines_of_files_and_scripts() {
        let text = "# deb https://a.example.org/debian none main\n\
            deb https://a.example.org/debian/ trixie main\n\
            deb-src [arch=amd64 signed-by=/x] http://a.example.org/debian trixie-security main\n\
            deb https://a.example.org/flat ./\n\
            echo \"deb https://a.example.org/debian forky main\" > x\n\
            deb https://a.example.org/\0 sid main\ndeb https://a.example.org/ \0sid main\n\
            deb cdrom:[x]/ sid main\n\
            [x]\n baseurl = https://a.example.org/os/\nbaseurl=https://a.example.org/$basearch/\n\
            baseurl=file:///x\n\
            \tcurl -fsS \"https://a.example.org/a.tar.gz\" | tar x\n\
            wget https://a.example.org/$x https://a.example.org/x.txt; ls\n\
            curl -x http://proxy.example.org/ https://a.example.org/y.txt\n\
            curl -d x https://a.example.org/post.txt\n\
            echo https://a.example.org/no\n\
            Types: deb\nURIs: https://a.example.org/u/ https://a.example.org/$x\n\
            Suites: noble noble-updates \0\n\nSuites: other\n\n\
            URIs: http://a.example.org/last\nSuites: end";
        assert_eq!(
            shown(text),
            [
                "Release https://a.example.org/debian/dists/trixie/Release \"trixie\"",
                "Release http://a.example.org/debian/dists/trixie-security/Release \"trixie-security\"",
                "Release https://a.example.org/flat/./Release \"./\"",
                "Release https://a.example.org/debian/dists/forky/Release \"forky\"",
                "RpmRepository https://a.example.org/os/repodata/repomd.xml \"https://a.example.org/os/\"",
                "Archive https://a.example.org/a.tar.gz \"https://a.example.org/a.tar.gz\"",
                "Text https://a.example.org/x.txt \"https://a.example.org/x.txt\"",
                "Text https://a.example.org/y.txt \"https://a.example.org/y.txt\"",
                "Release https://a.example.org/u/dists/noble/Release \"noble\"",
                "Release https://a.example.org/u/dists/noble-updates/Release \"noble-updates\"",
                "Release http://a.example.org/last/dists/end/Release \"end\"",
            ]
        );
    }
}
