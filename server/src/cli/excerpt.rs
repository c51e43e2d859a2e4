//! Excerpts of files, as the renderer of `--format full` takes them.

use std::borrow::Cow;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Snippet};

use super::output::{HASH, commands, without_commands};
use model::File;
use syntax::TextRange;
use syntax::escape::{escape_control, hidden};

/// Returns a text of the checkout for the renderer, so that the only escape sequences are its own.
pub(super) fn safe(text: &str) -> String {
    without_commands(&escape_control(text)).into_owned()
}

/// A few lines around a range: rendering takes time in proportion to the text it is given.
pub(super) fn snippet(
    file: &File,
    path: String,
    range: TextRange,
    kind: AnnotationKind,
    label: Option<String>,
) -> Snippet<'_, Annotation<'_>> {
    let lines = file.lines();
    let (first, last) = (lines.line_of(range.start()), lines.line_of(range.end()));
    let start = usize::from(lines.start(first).unwrap_or_default());
    let end = usize::from(lines.range(last, &file.text).end());
    let text = file.text.get(start..end).unwrap_or_default();
    let span: Range<usize> = usize::from(range.start()) - start..usize::from(range.end()) - start;
    let (text, span) = safe_excerpt(text, span);
    let annotation = match label {
        Some(label) => kind.span(span).label(label),
        None => kind.span(span),
    };
    Snippet::source(text)
        .line_start(first + 1)
        .path(path)
        .annotation(annotation)
}

/// Returns lines of a file as they can be shown, and a range in them. Line ends and tabs stay: the
/// renderer knows them.
fn safe_excerpt(text: &str, range: Range<usize>) -> (Cow<'_, str>, Range<usize>) {
    let is_kept = |at: usize, c: char| {
        let rest = text.get(at..).unwrap_or_default();
        matches!(c, '\n' | '\t') || rest.starts_with("\r\n")
    };
    let secrets = credentials(text);
    let is_secret = |at: usize| secrets.iter().any(|secret| secret.contains(&at));
    let hidden = hidden(text).filter(|(at, c)| !is_kept(*at, *c) && !is_secret(*at));
    let hidden = hidden.map(|(at, c)| (at, c.len_utf8(), c.escape_default().to_string()));
    let hashes = commands(text).filter(|at| !is_secret(*at));
    let hashes = hashes.map(|at| (at, 1, HASH.to_owned()));
    // As long as they are, so that ranges stay.
    let masks = secrets
        .iter()
        .map(|s| (s.start, s.len(), "*".repeat(s.len())));
    let mut replaced: Vec<(usize, usize, String)> = hidden.chain(hashes).chain(masks).collect();
    if replaced.is_empty() {
        return (Cow::Borrowed(text), range);
    }
    replaced.sort();
    let mut out = String::new();
    let (mut start, mut end, mut copied) = (range.start, range.end, 0);
    for (at, length, written) in replaced {
        out.push_str(text.get(copied..at).unwrap_or_default());
        out.push_str(&written);
        copied = at + length;
        let more = written.len() - length;
        start += if at < range.start { more } else { 0 };
        end += if at < range.end { more } else { 0 };
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    (Cow::Owned(out), start..end)
}

/// Returns the ranges of names and passwords in addresses: `user:password` of `https://user:password@host/`.
fn credentials(text: &str) -> Vec<Range<usize>> {
    let is_end = |c: char| c.is_whitespace() || "/?#\"'`<>".contains(c);
    let found = text.match_indices("://").filter_map(|(at, scheme)| {
        let start = at + scheme.len();
        let rest = text.get(start..)?;
        let authority = rest.get(..rest.find(is_end).unwrap_or(rest.len()))?;
        let length = authority.rfind('@')?;
        (length > 0).then_some(start..start + length)
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_stays_at_its_text() {
        let text = "a\u{1b}[31mb ##[x] \u{202e}c\td\r\ne\rf\n";
        for marked in ["a", "b", "[x]", "\u{202e}c", "d", "f", "\rf"] {
            let start = text.find(marked).unwrap();
            let (shown, range) = safe_excerpt(text, start..start + marked.len());
            assert_eq!(shown, "a\\u{1b}[31mb #\\u{23}[x] \\u{202e}c\td\r\ne\\rf\n");
            assert_eq!(shown.get(range).unwrap(), safe(marked));
        }
        let secret = "A=https://me:s\u{202e}cret@a.example.org/x@y B=http://b.example.org/@z\n";
        let (shown, range) = safe_excerpt(secret, 2..secret.find(" B").unwrap());
        assert_eq!(
            shown,
            "A=https://***********@a.example.org/x@y B=http://b.example.org/@z\n"
        );
        assert_eq!(
            shown.get(range).unwrap(),
            "https://***********@a.example.org/x@y"
        );
        let plain = "BUILDER=debain\tx\n";
        assert!(matches!(
            safe_excerpt(plain, 8..14),
            (Cow::Borrowed(same), Range { start: 8, end: 14 }) if same == plain
        ));
    }
}
