//! The suite of Debian's security updates in lists of package sources: it has another name since
//! release 11, and releases that move have none.

use smol_str::SmolStr;

use super::difference::ReleaseDifference;
use super::script::{self, range_at, slice};
use crate::Note;
use crate::draft::Draft;
use crate::nix::Replacement;
use model::family::{OLD_SECURITY_SUITE, SECURITY_SUITE, SecuritySuite, debian_security_suite};
use syntax::TextRange;
use syntax::bash::ScriptFacts;

/// Debian's server of security updates.
const SERVER: &str = "://security.debian.org";

/// Folder on that server with the suites that are named as they are since release 11.
const FOLDER: &str = "debian-security/";

/// A source of packages in a here-document: `deb ADDRESS SUITE COMPONENT...`.
struct SourceLine {
    /// The line with its end.
    line: TextRange,
    address: TextRange,
    suite: TextRange,
}

/// Suites of security updates of the older release, and of the new one.
struct Suites {
    old: Option<SecuritySuite>,
    new: SecuritySuite,
}

impl Suites {
    /// Returns the suites of two releases of Debian; `None` where that of the new one is not known,
    /// or they are of something else.
    fn of(difference: &ReleaseDifference<'_>) -> Option<Suites> {
        let is_debian = |name: Option<&str>| name == Some("debian");
        let like = difference.like().identity.distname.fixed();
        if !is_debian(like) || !is_debian(Some(difference.now.distribution())) {
            return None;
        }
        Some(Suites {
            old: debian_security_suite(&difference.was.release),
            new: debian_security_suite(&difference.now.release)?,
        })
    }
}

/// Returns the replacements that give a script the suite of the new release, or take away the lines
/// with that of the older one.
pub(super) fn changes(
    text: &str,
    facts: &ScriptFacts,
    difference: &ReleaseDifference<'_>,
) -> Vec<Replacement> {
    let Some(suites) = Suites::of(difference) else {
        return Vec::new();
    };
    let found = security_lines(text, facts, difference);
    let SecuritySuite::AfterCodename(new) = suites.new else {
        return removals(text, &found);
    };
    let mut changes = Vec::new();
    for source in found {
        let suite = slice(text, source.suite);
        let Some(old) = suffix_of(suite).filter(|old| *old != new) else {
            continue;
        };
        let at = usize::from(source.suite.end()).saturating_sub(old.len());
        changes.push((range_at(at, old.len()), new.to_owned()));
        let address = slice(text, source.address);
        if new == SECURITY_SUITE && is_server(address) {
            let slash = if address.ends_with('/') { "" } else { "/" };
            let end = range_at(source.address.end().into(), 0);
            changes.push((end, format!("{slash}{FOLDER}")));
        }
    }
    changes
}

/// Returns the suites in a rewritten script that only upstream can confirm: new ones, and where one is
/// missing.
pub(super) fn doubts(
    text: &str,
    facts: &ScriptFacts,
    difference: &ReleaseDifference<'_>,
) -> Vec<(TextRange, String)> {
    let release = &difference.now.release;
    let suites = Suites::of(difference).filter(|suites| suites.old != Some(suites.new));
    let Some(Suites {
        old: Some(old),
        new: SecuritySuite::AfterCodename(new),
    }) = suites
    else {
        return Vec::new();
    };
    let found = security_lines(text, facts, difference);
    if old == SecuritySuite::None && found.is_empty() {
        let last = source_lines(text, facts).pop();
        let why = format!(
            "debian {release} has a suite of security updates, the codename and `{new}`: add its lines"
        );
        return last.map(|source| (source.suite, why)).into_iter().collect();
    }
    let why = format!("the suite of security updates of debian {release}: confirm it");
    let sources = found.into_iter();
    sources
        .map(|source| (source.address.cover(source.suite), why.clone()))
        .collect()
}

/// Returns what is said of lines that a new image does not have because there is no such suite.
pub(super) fn removal_note(
    draft: &Draft<'_>,
    name: &str,
    difference: &ReleaseDifference<'_>,
) -> Option<Note> {
    let view = &draft.view;
    let suites = Suites::of(difference)?;
    draft.created(&format!("{}/build.sh", draft.image_path(name)))?;
    let directory = view.model.directories.get(&difference.like().directory)?;
    let text = &view.tree.file(directory.build?)?.text;
    let found = security_lines(text, &script::read(text), difference);
    let is_gone = suites.new == SecuritySuite::None && !found.is_empty();
    is_gone.then(|| {
        let release = &difference.now.release;
        Note::general(format!(
            "debian {release} has no suite of security updates: its lines in `build.sh` were left out"
        ))
    })
}

/// Returns the ranges of lines, each with the blank line before it where nothing follows in its
/// paragraph.
fn removals(text: &str, lines: &[SourceLine]) -> Vec<Replacement> {
    let mut blocks: Vec<TextRange> = Vec::new();
    for source in lines {
        match blocks.last_mut() {
            Some(last) if last.end() == source.line.start() => *last = last.cover(source.line),
            _ => blocks.push(source.line),
        }
    }
    let before = |range: TextRange| text.get(..usize::from(range.start())).unwrap_or_default();
    let after = |range: TextRange| text.get(usize::from(range.end())..).unwrap_or_default();
    let is_paragraph = |range: TextRange| {
        let next = after(range).lines().next().unwrap_or_default();
        before(range).ends_with("\n\n") && !next.trim_start().starts_with("deb")
    };
    let blocks = blocks.into_iter().map(|range| match is_paragraph(range) {
        true => range_at(
            usize::from(range.start()).saturating_sub(1),
            usize::from(range.len()).saturating_add(1),
        ),
        false => range,
    });
    blocks.map(|range| (range, String::new())).collect()
}

/// Returns what follows the codename in a suite of security updates.
fn suffix_of(suite: &str) -> Option<&'static str> {
    let known = [OLD_SECURITY_SUITE, SECURITY_SUITE];
    known.into_iter().find(|suffix| suite.ends_with(suffix))
}

/// Returns whether an address is Debian's server without a folder.
fn is_server(address: &str) -> bool {
    let rest = address.split_once(SERVER).map(|(_, rest)| rest);
    rest.is_some_and(|rest| rest.is_empty() || rest == "/")
}

/// Returns the sources whose suite is that of security updates of one of the releases.
fn security_lines(
    text: &str,
    facts: &ScriptFacts,
    difference: &ReleaseDifference<'_>,
) -> Vec<SourceLine> {
    let names: Vec<SmolStr> = difference.codenames().map(SmolStr::new).collect();
    let is_codename = |name: &str| {
        ["$RELNAME", "${RELNAME}"].contains(&name) || names.iter().any(|known| known == name)
    };
    let mut found = source_lines(text, facts);
    found.retain(|source| {
        let suite = slice(text, source.suite);
        let codename = suffix_of(suite).and_then(|suffix| suite.strip_suffix(suffix));
        codename.is_some_and(is_codename)
    });
    found
}

/// Returns the sources of packages in the here-documents of a script, in the order of the text.
fn source_lines(text: &str, facts: &ScriptFacts) -> Vec<SourceLine> {
    let mut found: Vec<SourceLine> = Vec::new();
    for heredoc in &facts.heredocs {
        let mut start = usize::from(heredoc.body.start());
        for line in slice(text, heredoc.body).split_inclusive('\n') {
            found.extend(source_line(start, line));
            start = start.saturating_add(line.len());
        }
    }
    found.sort_by_key(|source| source.line.start());
    found.dedup_by_key(|source| source.line);
    found
}

/// Returns whether a text is nothing but sources of packages.
pub(super) fn is_list_of_sources(text: &str, body: TextRange) -> bool {
    let lines = slice(text, body).lines();
    let mut lines = lines.filter(|line| !line.trim().is_empty()).peekable();
    lines.peek().is_some() && lines.all(|line| source_line(0, line).is_some())
}

fn source_line(start: usize, line: &str) -> Option<SourceLine> {
    let mut words = Vec::new();
    let mut at = start;
    for piece in line.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        if !word.is_empty() {
            words.push((word, range_at(at, word.len())));
        }
        at = at.saturating_add(piece.len());
    }
    let is_option = |(word, _): &&(&str, TextRange)| word.starts_with('[') || word.ends_with(']');
    let mut words = words.iter().filter(|word| !is_option(word));
    let (first, _) = words.next()?;
    let is_source = ["deb", "deb-src"].contains(first);
    let ((_, address), (_, suite)) = words.next().zip(words.next())?;
    is_source.then(|| SourceLine {
        line: range_at(start, line.len()),
        address: *address,
        suite: *suite,
    })
}
