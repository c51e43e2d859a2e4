//! Facts of one bash file: what it sources, sets, defines and calls, in order, and its
//! here-documents.
//!
//! The text is reduced to [`Step`]s: just enough to follow what a script would do without
//! running it. Everything the reduction cannot express is *unknown*, which silences the rules
//! that need it. The model walks the steps of several files together; see `model::interpreter`.

mod assignment;
mod command;
mod compound;
mod container;
mod heredoc;
mod reader;
mod redirect;
mod stale;
mod steps;
#[cfg(test)]
mod tests;
mod word;

use smol_str::SmolStr;

use super::TextRange;
pub use container::{UnitAction, UnitVerb};
pub use heredoc::{Expansion, HereDoc, HereDocEffects};
pub use reader::{is_inside_word, read};
pub use steps::{Steps, steps, steps_in_same_shell};
pub use word::{Fallback, Piece, Word};

/// Facts of one bash file. They depend on its text alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptFacts {
    /// What the file does to the images and scripts that read it.
    pub effects: ScriptEffects,
    /// The here-documents, in order of their bodies.
    pub heredocs: Box<[HereDoc]>,
    /// Words that may name a file of the checkout: `"$IMAGEDIR"/x`, `$BASEDIR/images/void/y`.
    pub paths: Box<[Word]>,
    /// Names defined and names used, for navigation.
    pub occurrences: Box<[NameOccurrence]>,
    /// Where things stand: the ranges of all [`SpanId`]s.
    pub spans: Box<[TextRange]>,
    /// The parser met something it does not know. Never a finding: the grammar rejects some
    /// valid bash. Facts next to such a place may be incomplete.
    pub has_errors: bool,
    /// The text does not parse, and these are the facts of the last one that did.
    pub is_stale: bool,
}

/// Effects of a script on whatever reads it, wherever in its text they are written.
///
/// Two versions of a file with equal effects mean the same to every other file: what is known of
/// those stays true. So a fact that others depend on belongs here, and one that holds ranges does
/// not: [`SpanId`]s stay equal where text moves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptEffects {
    /// The statements outside of functions, in order.
    pub body: Block,
    /// The functions, in order of definition.
    pub functions: Box<[Function]>,
    /// Effects of the here-documents, each at the index of its [`HereDoc`].
    pub heredocs: Box<[HereDocEffects]>,
    /// Every name that gets a value somewhere in this file, on the builder's side: assigned,
    /// looped over, read into, declared with a value. Sorted, each once.
    pub assigned: Box<[SmolStr]>,
    /// The text was too deep or too large to be read; nothing else here means anything.
    pub refused: bool,
}

/// A place in a script, as an index into [`ScriptFacts::spans`].
///
/// Steps hold spans in place of ranges, so that they stay equal when text moves: typing in a
/// comment or a here-document of an include changes ranges, and nothing that an image does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(pub(super) u32);

/// Statements that run one after the other.
pub type Block = Box<[Step]>;

/// One thing a script does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `NAME=value`, also behind `export`, `readonly`, `local`, `declare`.
    Assign(Box<Assign>),
    /// `. path` or `source path`.
    Source(Box<Source>),
    /// A command with a literal name.
    Call(Box<Call>),
    /// `cat > target`, `cat >> target`: standard input goes into a file.
    Write(Box<FileWrite>),
    /// The first arm whose test holds, or none.
    Branch(Box<[Arm]>),
    /// A loop's body: run any number of times.
    Repeat(Block),
    /// A subshell, an element of a pipeline, a command substitution: what it sets is lost.
    Isolated(Block),
    /// A function comes into being: index into [`ScriptFacts::functions`].
    Define(u32),
    /// A variable takes a value nobody can know by reading: `read x`, `unset x`, `for x in`.
    Forget(SmolStr),
    /// `exit`: the build ends here.
    Exit,
    /// `return`: the rest of the file or function is not run.
    Return,
    /// `eval`, or a source whose text cannot be read: anything may have changed.
    Opaque,
}

/// A variable takes a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assign {
    /// The variable.
    pub name: SmolStr,
    /// Where its name stands.
    pub name_span: SpanId,
    /// The value.
    pub value: Word,
    /// Only inside the function around it.
    pub local: bool,
}

/// A file is sourced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its path, as written.
    pub path: Word,
    /// The whole statement.
    pub span: SpanId,
}

/// A command is called by a literal name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its name.
    pub name: SmolStr,
    /// Where the name stands.
    pub span: SpanId,
    /// The arguments, kept only where the name could be a helper's (it has `-` or `_`).
    pub args: Box<[Word]>,
    /// The here-document it reads: index into [`ScriptFacts::heredocs`].
    pub heredoc: Option<u32>,
}

/// Standard input goes into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileWrite {
    /// The file.
    pub path: Word,
    /// The here-document that is poured; `None`: whatever the function is given.
    pub heredoc: Option<u32>,
    /// The command.
    pub span: SpanId,
}

/// One way through an `if`, `case`, `&&` or `||`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arm {
    /// When it is taken.
    pub test: Test,
    /// What it does.
    pub body: Block,
}

/// A condition, as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// `else`, `*)`.
    Always,
    /// `[ a == b ]`, a literal pattern of a `case`.
    Equal(Word, Word),
    /// `[ -z a ]`.
    Empty(Word),
    /// `[ -f a ]`, `[ -e a ]` and the like.
    Exists(Word),
    /// `type a`, `declare -F a`, `command -v a`.
    Defined(SmolStr),
    /// `! test`.
    Not(Box<Test>),
    /// All of them.
    All(Box<[Test]>),
    /// One of them.
    Any(Box<[Test]>),
    /// Anything else.
    Unknown,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: SmolStr,
    /// Where the name stands.
    pub name_span: SpanId,
    /// The whole definition.
    pub definition_span: SpanId,
    /// The statements.
    pub body: Block,
    /// The variables that are made local to the function, in order, each once.
    pub locals: Box<[SmolStr]>,
}

/// A name at a place. The name itself is the text at `range`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameOccurrence {
    /// What kind of thing it names.
    pub kind: NameKind,
    /// Whether it comes into being here.
    pub role: Role,
    /// Where the name stands.
    pub range: TextRange,
}

/// What a name in a script stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameKind {
    /// A function or command.
    Helper,
    /// A variable of the builder's side.
    Variable,
    /// A sourced file (the range is the path's, as written).
    Include,
    /// The value of `BUILDER`.
    Builder,
    /// A systemd unit.
    Unit,
}

/// Whether an occurrence makes a name or uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// It comes into being here.
    Definition,
    /// It is used here.
    Reference,
}

impl ScriptFacts {
    /// Facts of a text that is not read.
    pub fn refused() -> ScriptFacts {
        let effects = ScriptEffects {
            refused: true,
            ..ScriptEffects::default()
        };
        ScriptFacts {
            effects,
            ..ScriptFacts::default()
        }
    }

    /// The range of a span.
    pub fn range(&self, span: SpanId) -> TextRange {
        self.spans.get(span.0 as usize).copied().unwrap_or_default()
    }

    /// The function of that name that is in force at the end of the file.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.effects.function(name)
    }

    /// The range of the value that a variable is last given, outside of functions and branches.
    pub fn value_range(&self, variable: &str) -> Option<TextRange> {
        let assign = self.effects.last_assignment(variable)?;
        Some(self.range(assign.value.span))
    }

    /// Whether the file gives `name` a value anywhere.
    pub fn assigns(&self, name: &str) -> bool {
        self.effects.assigns(name)
    }
}

impl ScriptEffects {
    /// The function of that name that is in force at the end of the file.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().rev().find(|f| f.name == name)
    }

    /// The last assignment to a variable outside of functions and branches.
    pub fn last_assignment(&self, variable: &str) -> Option<&Assign> {
        self.body.iter().rev().find_map(|step| match step {
            Step::Assign(assign) if assign.name == variable => Some(&**assign),
            _ => None,
        })
    }

    /// Whether the file gives `name` a value anywhere.
    pub fn assigns(&self, name: &str) -> bool {
        self.assigned
            .binary_search_by(|n| n.as_str().cmp(name))
            .is_ok()
    }
}
