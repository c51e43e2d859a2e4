//! Reasons why a Nix file cannot be changed.

use std::fmt;

use smol_str::SmolStr;

use crate::Refusal;

/// Reason why a step in a Nix file is not done: the shape that was met, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotEditable {
    /// Path of the file, from the root of the checkout.
    pub(crate) path: SmolStr,
    /// Line of the subject, counted from 1, in the text as it was before the change.
    pub(crate) line: Option<usize>,
    /// Attribute or entry that has the shape, as messages name it.
    pub(crate) subject: String,
    /// Shape of the subject.
    pub(crate) shape: Shape,
}

/// Shape of a Nix text in which a step could only be done by guessing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The file does not parse.
    Unparsed,
    /// The subject is not in the file.
    Missing,
    /// The subject is there already.
    Taken,
    /// `inherit x;`
    Inherited,
    /// `x = y;`: what is changed there may be meant for others, too.
    Named,
    /// `x = a ++ b;`
    Concatenated,
    /// `x = a // b;`
    Merged,
    /// `x = f y;`, `x = if a then b else c;`
    Computed,
    /// `x.y = 1;`: `x` has no `{ ... }`.
    WithoutSet,
    /// `x.y = 1; x.z = 2;`
    Scattered,
    /// The subject is written in another set or list than the one that it is part of.
    Elsewhere,
    /// A bracket or another item stands on the line that a new one needs.
    SharedLine,
    /// The set or list stands on one line that has a comment in it.
    CommentedLine,
}

impl NotEditable {
    /// Returns the refusal of a change; `remedy` is what is left to do by hand.
    pub(crate) fn by_hand(&self, remedy: &str) -> Refusal {
        Refusal::new(format!("{self}: {remedy} by hand"))
    }
}

impl fmt::Display for NotEditable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        let subject = &self.subject;
        match self.shape {
            Shape::Unparsed => write!(f, ": it does not parse"),
            Shape::Missing => write!(f, ": there is no {subject}"),
            Shape::Taken => write!(f, ": there already is a {subject}"),
            Shape::Inherited => write!(f, ": {subject} is inherited"),
            Shape::Named => write!(f, ": {subject} is a name for something defined elsewhere"),
            Shape::Concatenated => write!(f, ": {subject} is a list built with `++`"),
            Shape::Merged => write!(f, ": {subject} is built with `//`"),
            Shape::Computed => write!(f, ": {subject} is computed by an expression"),
            Shape::WithoutSet => write!(f, ": {subject} is written as a path, without `{{ }}`"),
            Shape::Scattered => write!(f, ": {subject} is defined in more than one place"),
            Shape::Elsewhere => write!(f, ": {subject} is not written where it is expected"),
            Shape::SharedLine => write!(f, ": {subject} has brackets or items that share a line"),
            Shape::CommentedLine => write!(f, ": {subject} has a comment on its only line"),
        }
    }
}
