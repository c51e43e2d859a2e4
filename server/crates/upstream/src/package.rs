//! Release packages and repositories that an image names, each with its range in the image's script.

use std::ops::Range;

use edits::{PathRange, Verify, named_value};
use model::view::View;
use model::{File, Image};
use syntax::bash::Step;
use syntax::{TextRange, TextSize};

use crate::client::without_credentials;
use crate::vendor::ReleasePackages;

/// The name of a package's file: `NAME-VERSION-RELEASE.ARCHITECTURE.rpm`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PackageFile {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) release: String,
}

impl PackageFile {
    /// Reads the name of a file.
    pub(crate) fn parse(file: &str) -> Option<PackageFile> {
        let (rest, architecture) = file.strip_suffix(".rpm")?.rsplit_once('.')?;
        let (rest, release) = rest.rsplit_once('-')?;
        let (name, version) = rest.rsplit_once('-')?;
        let texts = [architecture, release, name, version];
        let is_plain = |text: &&str| {
            let is_own = |c: char| c.is_ascii_alphanumeric() || "._+~^-".contains(c);
            !text.is_empty() && text.chars().all(is_own)
        };
        // The file of a source package is none that is installed.
        let is_installed = architecture != "src" && texts.iter().all(is_plain);
        is_installed.then(|| PackageFile {
            name: name.to_owned(),
            version: version.to_owned(),
            release: release.to_owned(),
        })
    }
}

/// A package that an image names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedPackage {
    pub(crate) file_name: String,
    pub(crate) file: PackageFile,
    pub(crate) at: PathRange,
}

/// A repository that an image names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedRepository {
    pub(crate) variable: &'static str,
    pub(crate) address: String,
    pub(crate) at: PathRange,
}

/// What an image names of its vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedRelease {
    /// Address of the directory that the packages are in, with the `/` at its end.
    pub(crate) directory: String,
    /// The packages that say which release it is; there is one.
    pub(crate) packages: Vec<NamedPackage>,
    pub(crate) repositories: Vec<NamedRepository>,
    /// The range of all packages.
    pub(crate) at: PathRange,
    /// Version of the packages, which is the same for all of them.
    pub(crate) version: String,
}

impl NamedRelease {
    /// Returns what an image names; `None` where reading does not tell, or where it is not what the vendor
    /// has: packages of several versions, or of several directories.
    pub(crate) fn read(
        view: &View<'_>,
        image: &Image,
        known: &ReleasePackages,
    ) -> Option<NamedRelease> {
        let (value, at, written) = assigned(view, image, "RELEASE")?;
        let words: Vec<&str> = value.split_whitespace().collect();
        let ranges = word_ranges(&written, at.range);
        let is_one_to_one = ranges.len() == words.len();
        let mut directories: Vec<String> = Vec::new();
        let mut packages: Vec<NamedPackage> = Vec::new();
        for (index, word) in words.iter().enumerate() {
            let (directory, name) = word.rsplit_once('/')?;
            let Some(file) = PackageFile::parse(name) else {
                continue;
            };
            if !known.names.contains(&file.name) {
                continue;
            }
            directories.push(plain_address(directory));
            let own = ranges.get(index).filter(|_| is_one_to_one);
            packages.push(NamedPackage {
                file_name: name.to_owned(),
                file,
                at: PathRange {
                    path: at.path.clone(),
                    range: own.copied().unwrap_or(at.range),
                },
            });
        }
        directories.dedup();
        let [directory] = directories.as_slice() else {
            return None;
        };
        let version = packages.first()?.file.version.clone();
        let is_one = packages
            .iter()
            .all(|package| package.file.version == version);
        let repositories = ["BASEURL", "UPDATES"].into_iter().filter_map(|variable| {
            let (value, at, _) = assigned(view, image, variable)?;
            is_address(&value).then_some(NamedRepository {
                variable,
                address: plain_address(&value),
                at,
            })
        });
        (is_one && is_address(directory)).then(|| NamedRelease {
            directory: format!("{directory}/"),
            repositories: repositories.collect(),
            packages,
            at,
            version,
        })
    }
}

/// Returns whether a text is an address of the web, and nothing else.
pub(crate) fn is_address(text: &str) -> bool {
    let is_web = text.starts_with("http://") || text.starts_with("https://");
    is_web && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "$`\"'".contains(c))
}

/// Returns an address without credentials, in which no `/` follows another one: `$BASEURL/x`, where
/// `BASEURL` ends in one. For servers it is the same.
pub(crate) fn plain_address(address: &str) -> String {
    let address = without_credentials(address);
    let Some((scheme, rest)) = address.split_once("://") else {
        return address;
    };
    let mut names: Vec<&str> = rest.split('/').collect();
    let last = names.pop();
    names.retain(|name| !name.is_empty());
    names.extend(last);
    format!("{scheme}://{}", names.join("/"))
}

/// Returns the value that an image's scripts give a variable, with its range and how it is written;
/// `None` where they do so more than once, or where reading does not tell.
fn assigned(view: &View<'_>, image: &Image, variable: &str) -> Option<(String, PathRange, String)> {
    let directory = view.model.directories.get(&image.directory)?;
    let files = directory.scripts().filter_map(|id| view.tree.file(id));
    let mut found =
        files.flat_map(|file| ranges_of(file, variable).map(move |range| (file, range)));
    let (file, range) = found.next()?;
    if found.next().is_some() {
        return None;
    }
    let at = PathRange {
        path: file.path.clone(),
        range,
    };
    let written = file.slice(range).to_owned();
    let verify = Verify {
        path: at.path.clone(),
        range,
        text: written.clone(),
        why: String::new(),
    };
    let value = named_value(view, &image.name, &verify).exact;
    let is_known = !value.contains(['$', '`', '\\']);
    is_known.then_some((value, at, written))
}

/// Returns the ranges of the values that a script gives a variable.
fn ranges_of<'f>(file: &'f File, variable: &'f str) -> impl Iterator<Item = TextRange> + 'f {
    let facts = file.script().filter(|facts| !facts.is_stale).into_iter();
    facts.flat_map(move |facts| {
        facts.effects.steps().filter_map(move |step| match step {
            Step::Assign(assign) if assign.name == variable => Some(facts.range(assign.value.span)),
            _ => None,
        })
    })
}

/// Returns the ranges of the words of a value, without its quotes.
fn word_ranges(written: &str, at: TextRange) -> Vec<TextRange> {
    let size = |at: usize| TextSize::try_from(at).unwrap_or_default();
    let is_end = |c: char| c.is_whitespace() || c == '"' || c == '\'';
    let mut found = Vec::new();
    let mut start = 0;
    for word in written.split(is_end) {
        let Range { start: from, end } = start..start + word.len();
        if !word.is_empty() {
            found.push(TextRange::new(size(from), size(end)) + at.start());
        }
        // Each of these characters but exotic blanks is one byte.
        let next = written.get(end..).and_then(|rest| rest.chars().next());
        start = end + next.map_or(0, char::len_utf8);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        let read = |file: &str| {
            let PackageFile {
                name,
                version,
                release,
            } = PackageFile::parse(file)?;
            Some(format!("{name} {version} {release}"))
        };
        for (file, expected) in [
            (
                "rocky-release-9.8-1.5.el9.noarch.rpm",
                "rocky-release 9.8 1.5.el9",
            ),
            (
                "fedora-release-identity-basic-47-0.3.noarch.rpm",
                "fedora-release-identity-basic 47 0.3",
            ),
            ("a-1~rc1-1^2.x86_64.rpm", "a 1~rc1 1^2"),
        ] {
            assert_eq!(read(file).as_deref(), Some(expected));
        }
        for file in [
            "",
            ".rpm",
            "a-1.noarch.rpm",
            "a-1-1.rpm",
            "a-1-1.src.rpm",
            "a-1-1.noarch.rpm.sig",
            "a--1.noarch.rpm",
            "a-1-$X.noarch.rpm",
        ] {
            assert_eq!(read(file), None, "{file}");
        }
    }
}
