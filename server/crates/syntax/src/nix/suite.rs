//! Distributions that a VM test names: `distribution` and `version` side by side in one attribute set, and
//! `--distribution x --version y` in the commands it runs. And what else a test says of releases: conditions, suites
//! of packages; and the files that it imports.

use std::collections::BTreeSet;

use rnix::SyntaxKind::{
    TOKEN_INTERPOL_END, TOKEN_INTERPOL_START, TOKEN_PATH_REL, TOKEN_STRING_CONTENT,
};
use smol_str::SmolStr;

use super::super::Spanned;
use super::eval::Evaluator;
use super::ir::{Expr, Set};
use super::tokens::range;
use super::{Mention, Suite, SuiteFacts};

/// Reads the mentions of a test. `text` is known to be Nix.
pub(super) fn read(eval: &mut Evaluator<'_>, text: &str) -> SuiteFacts {
    let mut mentions = Vec::new();
    for set in &eval.ir.sets {
        let pair = string(eval, set, "distribution").zip(string(eval, set, "version"));
        mentions.extend(pair.map(|(distribution, version)| Mention {
            distribution,
            version,
        }));
    }
    commands(text, &mut mentions);
    mentions.sort_by_key(|mention| {
        (
            mention.distribution.range.start(),
            mention.version.range.start(),
        )
    });
    // A set that was merged into another is still there itself.
    mentions.dedup();
    SuiteFacts {
        mentions,
        imports: imports(text),
        conditions: conditions(text),
        suites: suites(eval, text),
        paths: paths(text),
        list: None,
    }
}

/// Reads relative paths of all kinds; what is expanded is not among them.
fn paths(text: &str) -> Vec<SmolStr> {
    let tokens = rnix::tokenize(text);
    let paths = tokens.filter(|(kind, _)| *kind == TOKEN_PATH_REL);
    let paths: BTreeSet<SmolStr> = paths.map(|(_, piece)| SmolStr::new(piece)).collect();
    paths.into_iter().collect()
}

/// Reads relative paths of Nix files. A text that asks whether a path is there names none.
fn imports(text: &str) -> Vec<Spanned<SmolStr>> {
    let mut found = Vec::new();
    let mut offset = 0usize;
    let mut tokens = rnix::tokenize(text).peekable();
    let asks = text.contains("pathExists");
    let mut previous = None;
    while let Some((kind, piece)) = tokens.next() {
        let whole = !tokens
            .peek()
            .is_some_and(|(next, _)| matches!(*next, TOKEN_INTERPOL_START | TOKEN_PATH_REL));
        let whole = whole && previous != Some(TOKEN_INTERPOL_END);
        if kind == TOKEN_PATH_REL && piece.ends_with(".nix") && whole {
            let end = offset.saturating_add(piece.len());
            found.push(Spanned::new(SmolStr::new(piece), range(offset, end)));
        }
        previous = Some(kind);
        offset = offset.saturating_add(piece.len());
    }
    found.retain(|_| !asks);
    found
}

/// Reads comparisons of a distribution and a version with literals, on one line each:
/// `"${distribution}" == "x" && %w(1 2).include?("${version}")`.
fn conditions(text: &str) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut offset = 0usize;
    for line in text.split_inclusive('\n') {
        let code = line.split('#').next().unwrap_or_default();
        for (at, _) in code.match_indices("distribution}\" == \"") {
            let start = at.saturating_add("distribution}\" == \"".len());
            let rest = code.get(start..).unwrap_or_default();
            let Some((distribution, after)) = rest.split_once('"') else {
                continue;
            };
            let Some(compared) = after.strip_prefix(" && ") else {
                continue;
            };
            let base = offset.saturating_add(code.len().saturating_sub(compared.len()));
            let versions = compared_versions(compared, base);
            let from = offset.saturating_add(start);
            let name = Spanned::new(
                SmolStr::new(distribution),
                range(from, from.saturating_add(distribution.len())),
            );
            found.extend(versions.into_iter().map(|version| Mention {
                distribution: name.clone(),
                version,
            }));
        }
        offset = offset.saturating_add(line.len());
    }
    found
}

/// Reads the versions that the beginning of a text compares the version with.
fn compared_versions(text: &str, base: usize) -> Vec<Spanned<SmolStr>> {
    const EQUALS: &str = "\"${version}\" == \"";
    let (start, list) = if let Some(rest) = text.strip_prefix(EQUALS) {
        (EQUALS.len(), rest.split_once('"').map(|(value, _)| value))
    } else if let Some(rest) = text.strip_prefix("%w(") {
        let list = rest
            .split_once(')')
            .filter(|(_, rest)| rest.starts_with(".include?(\"${version}\")"));
        ("%w(".len(), list.map(|(list, _)| list))
    } else {
        (0, None)
    };
    let list = list.unwrap_or_default();
    let mut found = Vec::new();
    let mut from = base.saturating_add(start);
    for word in list.split(' ') {
        let end = from.saturating_add(word.len());
        if !word.is_empty() && is_plain(word) {
            found.push(Spanned::new(SmolStr::new(word), range(from, end)));
        }
        from = end.saturating_add(1);
    }
    found
}

/// Reads the words after addresses in lines of `apt`'s sources, in sets that name a distribution
/// and a version: `deb https://example.org/ubuntu NAME stable`.
fn suites(eval: &Evaluator<'_>, text: &str) -> Vec<Suite> {
    let mut found = Vec::new();
    for set in &eval.ir.sets {
        let pair = string(eval, set, "distribution").zip(string(eval, set, "version"));
        let Some(((distribution, version), own)) = pair.zip(set.range) else {
            continue;
        };
        let (start, end) = (usize::from(own.start()), usize::from(own.end()));
        let inner = text.get(start..end).unwrap_or_default();
        let mut offset = start;
        for line in inner.split_inclusive('\n') {
            if let Some(name) = suite(line, offset) {
                found.push(Suite {
                    distribution: distribution.value.clone(),
                    version: version.value.clone(),
                    name,
                });
            }
            offset = offset.saturating_add(line.len());
        }
    }
    found
}

/// Reads the suite of a line of `apt`'s sources.
fn suite(line: &str, offset: usize) -> Option<Spanned<SmolStr>> {
    let deb = line.find("deb ")?;
    let rest = line.get(deb..)?;
    let address = rest.find("://")?;
    let rest = rest.get(address..)?;
    let (_, rest) = rest.split_once(' ')?;
    let name = rest.split([' ', '"', '\\', '\n']).next()?;
    let at = line.len().saturating_sub(rest.len());
    let from = offset.saturating_add(at);
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase());
    plain.then(|| {
        Spanned::new(
            SmolStr::new(name),
            range(from, from.saturating_add(name.len())),
        )
    })
}

fn string(eval: &Evaluator<'_>, set: &Set, name: &str) -> Option<Spanned<SmolStr>> {
    match eval.ir.expr(set.get(name)?.value) {
        Expr::Str(value, inner) => Some(Spanned::new(value.clone(), *inner)),
        _ => None,
    }
}

/// Reads the parts of strings between interpolations, each on its own.
fn commands(text: &str, mentions: &mut Vec<Mention>) {
    let mut offset = 0usize;
    let mut previous = None;
    let mut tokens = rnix::tokenize(text).peekable();
    while let Some((kind, piece)) = tokens.next() {
        if kind == TOKEN_STRING_CONTENT && piece.contains("--distribution") {
            let open_start = previous == Some(TOKEN_INTERPOL_END);
            let open_end = tokens
                .peek()
                .is_some_and(|(kind, _)| *kind == TOKEN_INTERPOL_START);
            words(piece, offset, open_start, open_end, mentions);
        }
        previous = Some(kind);
        offset = offset.saturating_add(piece.len());
    }
}

/// Options of the command that is being read.
#[derive(Default)]
struct CommandOptions {
    distribution: Option<Spanned<SmolStr>>,
    version: Option<Spanned<SmolStr>>,
    expects: Option<Expected>,
}

#[derive(Clone, Copy)]
enum Expected {
    Distribution,
    Version,
}

/// Reads a piece word by word. A word that touches an interpolation is not the whole word.
fn words(
    piece: &str,
    offset: usize,
    open_start: bool,
    open_end: bool,
    mentions: &mut Vec<Mention>,
) {
    let mut command = CommandOptions::default();
    let mut rest = piece;
    while let Some(start) = rest.find(|c| !is_separator(c)) {
        let (before, from) = rest.split_at_checked(start).unwrap_or((rest, ""));
        let end = from.find(is_separator).unwrap_or(from.len());
        let (word, after) = from.split_at_checked(end).unwrap_or((from, ""));
        let at = piece.len().saturating_sub(from.len());
        if ends_command(before) {
            command = CommandOptions::default();
        }
        let whole = (at > 0 || !open_start) && (!after.is_empty() || !open_end);
        command.word(word, offset.saturating_add(at), whole);
        command.finish(mentions);
        rest = after;
    }
}

impl CommandOptions {
    fn word(&mut self, word: &str, at: usize, whole: bool) {
        let expected = self.expects.take();
        match (word, expected) {
            ("--distribution", _) if whole => self.expects = Some(Expected::Distribution),
            ("--version", _) if whole => self.expects = Some(Expected::Version),
            (value, Some(expected)) if whole && is_plain(value) => {
                let value = Spanned::new(
                    SmolStr::new(value),
                    range(at, at.saturating_add(value.len())),
                );
                match expected {
                    Expected::Distribution => self.distribution = Some(value),
                    Expected::Version => self.version = Some(value),
                }
            }
            // The option is there, but not as a literal: whatever follows does not belong to it.
            (_, Some(Expected::Distribution)) => self.distribution = None,
            (_, Some(Expected::Version)) => self.version = None,
            _ => {}
        }
    }

    fn finish(&mut self, mentions: &mut Vec<Mention>) {
        if let (Some(distribution), Some(version)) = (&self.distribution, &self.version) {
            mentions.push(Mention {
                distribution: distribution.clone(),
                version: version.clone(),
            });
            *self = CommandOptions::default();
        }
    }
}

/// Returns whether a character separates the words of a command, in the shell or in Ruby;
/// `--option=value` is two words.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || "\"',;|&\\()=`".contains(c)
}

/// Returns whether a command ends between two words: at `;`, `|`, `&`, or a line end that is not
/// escaped.
fn ends_command(between: &str) -> bool {
    between.contains([';', '|', '&']) || (between.contains('\n') && !between.contains('\\'))
}

/// Returns whether a word means itself: no variable, no option, no placeholder.
fn is_plain(word: &str) -> bool {
    let first = word
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphanumeric());
    first
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c))
}
