//! One file's text to facts: bash, here-documents, Nix, suppression comments.
//!
//! Pure functions. Nothing here reads a file, fails, or knows another file: a parse returns what
//! it understood, and what it did not understand is *unknown*, never an error. Positions are
//! byte offsets into the text ([`TextRange`]).

pub use affixes::{TextChange, common_affixes};
pub use text_size::{TextRange, TextSize};

mod affixes;
pub mod bash;
pub mod directive;
pub mod escape;
pub mod lines;
pub mod nix;
pub mod runner;
pub mod shell;
pub mod strings;

/// Value with its range in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Range in bytes.
    pub range: TextRange,
}

impl<T> Spanned<T> {
    /// Returns `value` at `range`.
    pub fn new(value: T, range: TextRange) -> Self {
        Spanned { value, range }
    }
}
