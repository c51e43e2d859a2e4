//! Bash's lexical rules: where the commands, quotes, expansions and here-documents of a text begin
//! and end.
//!
//! The grammar rejects some valid bash, and misreads more. So the text is scanned first, and what
//! trips the grammar is replaced, byte for byte as long, by something of the same structure: a
//! pattern by `____`, a here-document by blanks. Names and values are read from the text itself;
//! what is in [`Scan::masked`] has no value that reading tells.
//!
//! One pass, linear in the text. What bash would refuse is scanned somehow; a command that does not
//! end is said to be [unfinished](Scan::unfinished).

mod commands;
mod compounds;
mod expansions;
mod heredocs;
mod words;

/// Deeper nesting is not followed, so that the stack is bounded.
const MAX_DEPTH: usize = 100;

/// A pair of byte offsets: start and end.
pub(super) type Extent = (usize, usize);

/// Outcome of [`scan`].
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The text as the grammar may read it.
    pub(super) shown: Vec<u8>,
    /// The here-documents, in order of their bodies.
    pub(super) heredocs: Vec<FoundHereDoc>,
    /// Replaced words and pieces of words. In order.
    pub(super) masked: Vec<Extent>,
    /// Command substitutions in what is replaced. In order.
    pub(super) hidden: Vec<Hidden>,
    /// Names of variables that are used in what is replaced.
    pub(super) references: Vec<Extent>,
    /// The bodies of here-documents, of which blanks are shown. In order, none in another.
    pub(super) blanks: Vec<Extent>,
    /// Names of variables that a redirection sets: `{fd}> file`.
    pub(super) descriptors: Vec<Extent>,
    /// Starts of commands that run beside the script: `coproc NAME { ... }`. In order.
    pub(super) beside: Vec<usize>,
    /// Starts of the commands of `for NAME ; { ... }`, each with the range of the name. In order.
    pub(super) loops: Vec<(usize, Extent)>,
    /// Arithmetic expressions that are replaced.
    pub(super) expressions: Vec<Extent>,
    /// The commands, each before those in it.
    pub(super) commands: Vec<Extent>,
    /// Start of the outermost command that does not end, if there is one.
    pub(super) unfinished: Option<usize>,
}

/// A here-document.
#[derive(Debug)]
pub(super) struct FoundHereDoc {
    /// Start of the command that reads it.
    pub(super) command: usize,
    /// The delimiter, quotes resolved.
    pub(super) delimiter: Vec<u8>,
    /// Range of the delimiter as it is written after the operator.
    pub(super) opened: Extent,
    /// Set when nothing in the text is expanded.
    pub(super) quoted: bool,
    /// Set when leading tabs are removed.
    strips: bool,
    /// The text, without the lines of the delimiters.
    pub(super) body: Extent,
    /// Set when the delimiter's line ends it, not the end of the file.
    pub(super) closed: bool,
}

/// A command substitution that the grammar is not shown where it stands.
#[derive(Debug)]
pub(super) struct Hidden {
    pub(super) extent: Extent,
    /// Its text as the grammar may read it.
    pub(super) shown: Vec<u8>,
    /// Replaced words and pieces of words in it. In order.
    pub(super) masked: Vec<Extent>,
    /// The here-document that it is in.
    pub(super) heredoc: Option<usize>,
}

/// Scans a text.
pub(super) fn scan(text: &str) -> Scan {
    let mut scanner = Scanner::new(text.as_bytes());
    scanner.file();
    let mut out = scanner.out;
    out.masked.sort_unstable();
    out.beside.sort_unstable();
    out.loops.sort_unstable();
    out.expressions.sort_unstable();
    out.hidden.sort_unstable_by_key(|hidden| hidden.extent);
    harmless(text, &mut out.shown);
    out
}

/// Replaces what kills the process.
///
/// tree-sitter-bash 0.25.1 looks up a character after `{` and digits, or after `{1..` and digits, in
/// a table that ends with Latin-1: a rarer one kills the process (its issue 337).
pub(super) fn harmless(text: &str, shown: &mut [u8]) {
    if text.is_ascii() {
        return;
    }
    for brace in memchr::memchr_iter(b'{', text.as_bytes()) {
        let first = mask_after_digits(shown, brace + 1);
        if shown
            .get(first..)
            .is_some_and(|rest| rest.starts_with(b".."))
        {
            mask_after_digits(shown, first + 2);
        }
    }
}

/// Replaces a character that is not ASCII after some digits. Returns the end of the digits.
fn mask_after_digits(bytes: &mut [u8], at: usize) -> usize {
    let after = bytes.get(at..).unwrap_or_default();
    let digits = after.iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = bytes.get_mut(at + digits..).unwrap_or_default();
    for byte in rest.iter_mut().take_while(|byte| !byte.is_ascii()) {
        *byte = b'_';
    }
    at + digits
}

/// State of the scan.
struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
    /// End of what is scanned: of the text, or of a piece of it.
    end: usize,
    depth: usize,
    out: Scan,
    /// Here-documents whose bodies begin after the next line end.
    pending: Vec<usize>,
    /// Names of variables used, and substitutions, since the command began.
    references: Vec<Extent>,
    substitutions: Vec<Extent>,
    /// Number of parentheses around that end what is in them.
    parentheses: usize,
    unfinished: bool,
    /// Offset of the `!` before the command.
    negation: Option<usize>,
    /// Bytes that may still be looked at twice.
    budget: usize,
}

impl<'t> Scanner<'t> {
    fn new(text: &'t [u8]) -> Self {
        let out = Scan {
            shown: text.to_vec(),
            ..Scan::default()
        };
        Scanner {
            text,
            at: 0,
            end: text.len(),
            depth: 0,
            out,
            pending: Vec::new(),
            references: Vec::new(),
            substitutions: Vec::new(),
            parentheses: 0,
            unfinished: false,
            negation: None,
            budget: 4 * text.len() + 1_000,
        }
    }

    /// The next byte.
    fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    fn peek_at(&self, offset: usize) -> Option<u8> {
        let at = self.at + offset;
        self.text.get(at).copied().filter(|_| at < self.end)
    }

    fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    fn slice(&self, start: usize, end: usize) -> &'t [u8] {
        self.text.get(start..end).unwrap_or_default()
    }

    fn skip(&mut self, count: usize) {
        self.at = (self.at + count).min(self.end);
    }

    /// Skips a byte that closes something.
    fn close(&mut self, byte: u8) {
        if self.peek() == Some(byte) {
            self.at += 1;
        } else {
            self.unfinished = true;
        }
    }

    /// Does something one level deeper.
    fn deeper(&mut self, inner: impl FnOnce(&mut Self)) {
        if self.depth >= MAX_DEPTH {
            self.unfinished = true;
            self.at = self.end;
            return;
        }
        self.depth += 1;
        inner(self);
        self.depth -= 1;
    }

    /// Shows the grammar another byte everywhere in a range.
    fn fill(&mut self, (start, end): Extent, byte: u8) {
        if let Some(bytes) = self.out.shown.get_mut(start..end) {
            bytes.fill(byte);
        }
    }

    /// Shows the grammar another byte.
    fn show(&mut self, at: usize, byte: u8) {
        if let Some(shown) = self.out.shown.get_mut(at) {
            *shown = byte;
        }
    }

    /// Replaces the end of what was scanned by a word without meaning: `____` in braces; elsewhere
    /// `....`, because a variable's name may stand before it.
    fn mask(&mut self, extent: Extent, byte: u8) {
        self.hide(extent.0, None);
        self.fill(extent, byte);
        self.out.masked.push(extent);
    }

    /// Keeps the names and command substitutions of a range that is going to be replaced.
    fn hide(&mut self, start: usize, heredoc: Option<usize>) {
        while let Some(name) = self.references.pop_if(|name| name.0 >= start) {
            self.out.references.push(name);
        }
        let masked = self.masked_since(start);
        while let Some(extent) = self.substitutions.pop_if(|inner| inner.0 >= start) {
            self.hide_one(extent, heredoc, &masked);
        }
    }

    /// Takes out the replaced words that begin at an offset or after it.
    fn masked_since(&mut self, start: usize) -> Vec<Extent> {
        let mut masked = Vec::new();
        while let Some(extent) = self.out.masked.pop_if(|inner| inner.0 >= start) {
            masked.push(extent);
        }
        masked.reverse();
        masked
    }

    fn hide_one(&mut self, extent: Extent, heredoc: Option<usize>, masked: &[Extent]) {
        let shown = self.out.shown.get(extent.0..extent.1);
        let within = masked.iter().filter(|m| extent.0 <= m.0 && m.1 <= extent.1);
        self.out.hidden.push(Hidden {
            extent,
            shown: shown.unwrap_or_default().to_vec(),
            masked: within.copied().collect(),
            heredoc,
        });
    }

    /// Shows a word in place of commands, which are read apart.
    fn apart(&mut self, inner: Extent) {
        let masked = self.masked_since(inner.0);
        self.hide_one(inner, None, &masked);
        self.fill(inner, b'_');
        self.out.masked.push(inner);
    }
}

fn is_name_start(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphabetic()
}

fn is_name_part(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

/// Returns the length of the name at the start of a text.
fn name_length(text: &[u8]) -> usize {
    match text.first() {
        Some(first) if is_name_start(*first) => {
            text.iter().take_while(|byte| is_name_part(**byte)).count()
        }
        _ => 0,
    }
}
