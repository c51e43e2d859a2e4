//! Distributions that a VM test names: `distribution` and `version` side by side in one attribute set, and
//! `--distribution x --version y` in the commands it runs.

use rnix::SyntaxKind::{TOKEN_INTERPOL_END, TOKEN_INTERPOL_START, TOKEN_STRING_CONTENT};
use smol_str::SmolStr;

use super::super::Spanned;
use super::eval::Evaluator;
use super::ir::{Expr, Set};
use super::tokens::range;
use super::{Mention, SuiteFacts};

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
    SuiteFacts { mentions }
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
