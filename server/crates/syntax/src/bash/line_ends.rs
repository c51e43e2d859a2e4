//! Line ends and byte order marks as other systems write them, which bash takes for a part of words.

use super::super::{TextRange, TextSize};

/// What bash takes for a part of words: carriage returns before line ends, a byte order mark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WrongLineEnds {
    /// The first line that ends with a carriage return, without it.
    pub first: TextRange,
    /// The number of such lines. Those of here-documents and comments do not count.
    pub count: u32,
    /// Set when the file begins with a byte order mark.
    pub byte_order_mark: bool,
}

/// Returns what is wrong with the line ends of a script whose here-documents have these texts, in
/// order.
pub(super) fn wrong_line_ends(text: &str, bodies: &[(usize, usize)]) -> Option<WrongLineEnds> {
    let byte_order_mark = text.starts_with('\u{feff}');
    let mut found = WrongLineEnds {
        byte_order_mark,
        ..WrongLineEnds::default()
    };
    let mut bodies = bodies.iter().peekable();
    for at in memchr::memmem::find_iter(text.as_bytes(), "\r\n") {
        while bodies.next_if(|body| body.1 <= at).is_some() {}
        if bodies.peek().is_some_and(|body| body.0 <= at) {
            continue;
        }
        let before = text.get(..at).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        if line.trim_start().starts_with('#') {
            continue;
        }
        if found.count == 0 {
            let (start, end) = (before.len() - line.len(), before.len());
            let size = |at: usize| TextSize::try_from(at).unwrap_or_default();
            found.first = TextRange::new(size(start), size(end));
        }
        found.count += 1;
    }
    (found.count > 0 || byte_order_mark).then_some(found)
}
