//! A bash text as the commands that it is made of, with all that they say.
//!
//! [`bash`](super::bash) reduces every script of a checkout, at each edit, to what other files
//! depend on. This is for a single text that somebody asks about: nothing is left out, so that what
//! the text does can be followed to the end. It reads the scripts of the builder, and the script of
//! the container that comes of them.
//!
//! What bash would refuse is read up to there, and what follows it is [`CommandKind::Unread`].

mod commands;
mod compounds;
mod expansions;
mod parser;
#[cfg(test)]
mod tests;
mod tokens;
mod words;

use smol_str::SmolStr;

use super::TextRange;
use parser::Parser;
pub use tokens::{Token, TokenKind, Tokens, expanded_tokens, tokens};

/// Commands that are executed one after the other.
pub type Block = Vec<Command>;

/// A bash text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The commands outside of functions.
    pub commands: Block,
    /// The functions, in order of their bodies' ends.
    pub functions: Vec<Function>,
    /// The here-documents, in order of their operators.
    pub heredocs: Vec<HereDoc>,
}

/// A function.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// The name.
    pub name: SmolStr,
    /// The range of the name in its definition.
    pub name_range: TextRange,
    /// The command that is executed when it is called.
    pub body: Command,
}

/// A here-document.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct HereDoc {
    /// The text. It has all pieces that bash expands; where the delimiter is quoted, none.
    pub body: Word,
    /// Set when nothing in the text is expanded.
    pub quoted: bool,
    /// Set when tabs at the beginnings of its lines are left out.
    strips: bool,
    delimiter: SmolStr,
}

/// A command.
#[derive(Debug, PartialEq, Eq)]
pub struct Command {
    /// Kind of command.
    pub kind: CommandKind,
    /// Its redirections, in order.
    pub redirects: Vec<Redirect>,
    /// The whole command, without the bodies of its here-documents.
    pub range: TextRange,
}

/// Kind of a command.
#[derive(Debug, PartialEq, Eq)]
pub enum CommandKind {
    /// `A=1 name argument ...`.
    Simple(Simple),
    /// `a | b`.
    Pipeline(Block),
    /// `! a`.
    Not(Box<Command>),
    /// `a && b`.
    And(Box<(Command, Command)>),
    /// `a || b`.
    Or(Box<(Command, Command)>),
    /// `{ a; }`.
    Group(Block),
    /// `( a )`.
    Subshell(Block),
    /// `a &`.
    Background(Box<Command>),
    /// `if`, with its arms and its `else`.
    If(Vec<(Block, Block)>, Block),
    /// `case`.
    Case(Word, Vec<CaseArm>),
    /// `for NAME in WORDS`; without words, the arguments.
    For(SmolStr, Option<Vec<Word>>, Block),
    /// `while`: the condition and what is repeated.
    While(Block, Block),
    /// `until`.
    Until(Block, Block),
    /// `[[ ]]`: its words.
    Test(Vec<Word>),
    /// `(( ))`, and `for (( ))` with what is repeated.
    Arithmetic(Block),
    /// A function is defined: index into [`Script::functions`].
    Define(usize),
    /// What is not understood, up to the end of the text.
    Unread,
}

/// A command without commands in it, save for those of its expansions.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Simple {
    /// Assignments before the name.
    pub assignments: Vec<Assignment>,
    /// The name and the arguments.
    pub words: Vec<Word>,
}

/// An assignment: of a command, or an argument of `local` and its like.
#[derive(Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The variable.
    pub name: SmolStr,
    /// Set for one item of an array.
    pub is_item: bool,
    /// Set for `+=`.
    pub adds: bool,
    /// The value.
    pub value: AssignedValue,
    /// The whole assignment.
    pub range: TextRange,
}

/// The value of an assignment.
#[derive(Debug, PartialEq, Eq)]
pub enum AssignedValue {
    /// `A=x`.
    Text(Word),
    /// `A=(x y)`.
    Array(Vec<Word>),
}

/// One of the arms of a `case`.
#[derive(Debug, PartialEq, Eq)]
pub struct CaseArm {
    /// The patterns, of which one has to match.
    pub patterns: Vec<Word>,
    /// The commands.
    pub body: Block,
    /// Set for `;&` and `;;&`, which go on with the next arm.
    pub goes_on: bool,
}

/// A redirection.
#[derive(Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The number of the file descriptor, where it is written.
    pub descriptor: Option<u32>,
    /// What it is redirected to or from.
    pub kind: RedirectKind,
    /// The whole redirection.
    pub range: TextRange,
}

/// Kind of a redirection.
#[derive(Debug, PartialEq, Eq)]
pub enum RedirectKind {
    /// `> file`, `>| file`.
    Write(Word),
    /// `>> file`.
    Append(Word),
    /// `&> file`, `>& file`.
    WriteAll(Word),
    /// `&>> file`.
    AppendAll(Word),
    /// `< file`.
    Read(Word),
    /// `<<< text`.
    Text(Word),
    /// `<< DELIMITER`: index into [`Script::heredocs`].
    HereDoc(usize),
    /// `2>&1`, `<&3`: a copy of another descriptor, or its end.
    Copy(Word),
    /// `<> file`.
    Both(Word),
}

/// A word, or another text that is expanded.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// The pieces, in order.
    pub pieces: Vec<WordPiece>,
    /// The whole word, quotes included.
    pub range: TextRange,
}

/// A piece of a word.
#[derive(Debug, PartialEq, Eq)]
pub struct WordPiece {
    /// Kind of piece.
    pub kind: PieceKind,
    /// The piece, without quotes around it.
    pub range: TextRange,
    /// Set when it is neither split nor a pattern.
    pub quoted: bool,
}

/// Kind of a piece of a word.
#[derive(Debug, PartialEq, Eq)]
pub enum PieceKind {
    /// The text at the piece's range, as it is.
    Literal,
    /// A text that is written otherwise: `$'\n'`.
    Decoded(SmolStr),
    /// `$x`, `${x...}`.
    Parameter(Box<Parameter>),
    /// `$(...)`, and backquotes.
    Substitution(Block),
    /// `$((...))`: what stands between the parentheses, where a quote is nothing special.
    Sum(Word),
    /// `<(...)`, and what is not understood.
    Unread,
}

/// A parameter that is expanded.
#[derive(Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The variable; `1`, `@`, `?` for those without a name.
    pub name: SmolStr,
    /// The text between brackets after the name.
    pub index: Option<SmolStr>,
    /// What is made of the value.
    pub operator: Operator,
}

/// What an expansion makes of a value.
#[derive(Debug, PartialEq, Eq)]
pub enum Operator {
    /// The value as it is.
    Plain,
    /// `${#x}`.
    Length,
    /// `${x:-word}`, `${x-word}`, and with `=` or `+` or `?` in place of `-`.
    Otherwise {
        /// The character of the operator.
        sign: char,
        /// Set with a colon: for the empty text, too.
        if_empty: bool,
        /// The word.
        word: Word,
    },
    /// `${x#pattern}`, `${x%pattern}`, and doubled.
    Remove {
        /// Set for `%`.
        suffix: bool,
        /// Set where the sign is doubled.
        longest: bool,
        /// The pattern.
        pattern: Word,
    },
    /// `${x/pattern/word}`, and with `//`.
    Replace {
        /// Set for `//`.
        all: bool,
        /// The pattern.
        pattern: Word,
        /// What takes its position.
        word: Word,
    },
    /// `${x^}`, `${x,}`, and doubled.
    Case {
        /// Set for `^`.
        upper: bool,
        /// Set where the sign is doubled.
        all: bool,
    },
    /// Anything else.
    Other,
}

/// Reads a text.
pub fn parse(text: &str) -> Script {
    Parser::new(text).script()
}

impl Word {
    /// Returns the text of the word, where nothing in it is expanded.
    pub fn literal<'t>(&self, text: &'t str) -> Option<std::borrow::Cow<'t, str>> {
        let mut pieces = self.pieces.iter().map(|piece| match piece.kind {
            PieceKind::Literal => text.get(std::ops::Range::<usize>::from(piece.range)),
            _ => None,
        });
        match self.pieces.len() {
            1 => pieces.next()?.map(std::borrow::Cow::Borrowed),
            _ => pieces
                .collect::<Option<String>>()
                .map(std::borrow::Cow::Owned),
        }
    }
}
