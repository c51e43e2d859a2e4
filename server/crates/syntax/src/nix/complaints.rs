//! Syntax errors in words that someone new to Nix understands.

use rnix::SyntaxKind::{self, *};

use super::super::{Spanned, TextRange};
use super::tokens::{Token, range};

/// The text may be correct, but it is not read.
pub(super) fn too_deep(at: TextRange) -> Spanned<String> {
    Spanned::new("too deeply nested to read".to_owned(), at)
}

/// The file ends inside of a string.
pub(super) fn open_string(open: usize) -> Spanned<String> {
    unfinished("this string is never closed", open, 1)
}

/// The file ends and the token at `open` still waits for `closer`.
pub(super) fn open_bracket(closer: SyntaxKind, open: usize) -> Spanned<String> {
    match closer {
        TOKEN_R_PAREN => unfinished("this `(` is never closed", open, 1),
        TOKEN_R_BRACK => unfinished("this `[` is never closed", open, 1),
        TOKEN_IN => unfinished("this `let` has no `in`", open, 3),
        TOKEN_INTERPOL_END => unfinished("this `${` is never closed", open, 2),
        _ => unfinished("this `{` is never closed", open, 1),
    }
}

/// Something should be between the token at `last` and the next one: reported where it is most
/// likely missing, which is after the former when the latter begins another line.
pub(super) fn expected(
    wanted: &str,
    last: TextRange,
    found: Option<Token<'_>>,
    text: &str,
    before_argument: Option<TextRange>,
) -> Spanned<String> {
    let Some(found) = found else {
        return Spanned::new(format!("expected {wanted}, but the file ends here"), last);
    };
    if found.kind == TOKEN_ERROR {
        return unreadable(&found);
    }
    // `a = { } b = 1;` is read as `{ }` applied to `b`, up to the second `=`.
    if let (TOKEN_ASSIGN, "`;`", Some(value)) = (found.kind, wanted, before_argument) {
        return Spanned::new(format!("expected {wanted} after this"), value);
    }
    let between = text.get(usize::from(last.end())..found.start);
    if wanted == "`;`" && between.is_some_and(|blank| blank.contains('\n')) {
        return Spanned::new(format!("expected {wanted} after this"), last);
    }
    let message = format!("expected {wanted}, found `{}`", excerpt(found.text));
    Spanned::new(message, found.range())
}

fn excerpt(text: &str) -> String {
    text.chars().take(24).collect()
}

fn unfinished(message: &str, open: usize, length: usize) -> Spanned<String> {
    let at = range(open, open.saturating_add(length));
    Spanned::new(message.to_owned(), at)
}

fn unreadable(token: &Token<'_>) -> Spanned<String> {
    let message = match token.text {
        text if text.starts_with("/*") => "this comment is never closed".to_owned(),
        text if text.contains('/') => {
            "this path is not valid: it ends in `/` or has `//` in it".to_owned()
        }
        text => format!("`{}` cannot stand here", excerpt(text)),
    };
    Spanned::new(message, token.range())
}

/// Returns a token as it is written, if it has only one spelling.
pub(super) fn name(kind: SyntaxKind) -> &'static str {
    match kind {
        TOKEN_SEMICOLON => "`;`",
        TOKEN_ASSIGN => "`=`",
        TOKEN_COLON => "`:`",
        TOKEN_THEN => "`then`",
        TOKEN_ELSE => "`else`",
        TOKEN_IN => "`in`",
        TOKEN_L_BRACE => "`{`",
        TOKEN_R_BRACE | TOKEN_INTERPOL_END => "`}`",
        TOKEN_R_BRACK => "`]`",
        TOKEN_R_PAREN => "`)`",
        _ => "a name",
    }
}
