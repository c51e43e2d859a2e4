//! Facts of one bash file: what it sources, sets, defines and calls, and its here-documents.
//!
//! The text is reduced to [`Step`]s: just enough to follow what a script would do without
//! running it. Everything the reduction cannot express is *unknown*, which silences the rules
//! that need it. The model goes through the steps of several files together; see
//! `model::interpreter`.

mod arguments;
mod assignment;
mod builtins;
mod command;
mod compound;
mod condition;
mod condition_words;
mod container;
mod delimiter;
mod effects;
mod empty_capture;
mod expansion;
mod exports;
mod heredoc;
mod line_ends;
mod lost_status;
mod masked_status;
mod node;
mod pipeline;
mod reader;
mod reads;
mod redirect;
mod relative_path;
mod repair;
mod scan;
mod slip;
mod stale;
mod steps;
mod test_command;
#[cfg(test)]
mod tests;
mod tools;
mod truncation;
mod unshown;
mod variables;
mod version_test;
mod word;

use smol_str::SmolStr;

use super::TextRange;
pub use arguments::UsedArguments;
pub use container::{UnitAction, UnitVerb};
pub use effects::ScriptEffects;
pub use exports::{FunctionExport, child_scripts};
pub use heredoc::{Expansion, HereDoc, HereDocEffects};
pub use line_ends::WrongLineEnds;
pub use masked_status::MaskedStatus;
pub use reader::{read, strings};
pub use reads::VariableRead;
pub use slip::{Slip, SlipKind};
pub use steps::{Steps, steps};
pub use tools::Tool;
pub use variables::{
    UnclearUse, UseShape, exports_variable, named_variables, unclear_uses, uses_indirection,
    variable_uses,
};
pub use version_test::{VersionTest, is_version, is_version_checked};
pub use word::{Fallback, Piece, Word};

/// Facts of one bash file. They depend on its text alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptFacts {
    /// Effects on the images and scripts that read the file.
    pub effects: ScriptEffects,
    /// The here-documents, in order of their bodies.
    pub heredocs: Box<[HereDoc]>,
    /// Words that may name a file of the checkout: `"$IMAGEDIR"/x`, `$BASEDIR/images/void/y`.
    pub paths: Box<[Word]>,
    /// Names defined and names used, for navigation.
    pub occurrences: Box<[NameOccurrence]>,
    /// Closing brackets of test commands that are a part of the word before them: `[ a = b]`. In
    /// order.
    pub glued_brackets: Box<[TextRange]>,
    /// Declarations that hide a status which is asked for. In order.
    pub masked_statuses: Box<[MaskedStatus]>,
    /// Functions that are exported, in order.
    pub function_exports: Box<[FunctionExport]>,
    /// Mistakes that a few statements show. In order.
    pub slips: Box<[Slip]>,
    /// What is wrong with the ends of lines; `None`: nothing.
    pub wrong_line_ends: Option<WrongLineEnds>,
    /// Ranges in bytes of all [`SpanId`]s.
    pub spans: Box<[TextRange]>,
    /// Set when the parser met something it does not know: it is [opaque](Step::Opaque). Never a
    /// finding: the grammar rejects some valid bash.
    pub has_errors: bool,
    /// Set when a quote, a bracket or a compound command does not end: bash refuses the text.
    pub is_unfinished: bool,
    /// Set when the text tells little, being unfinished or not read: these are the facts of the
    /// last one that did.
    pub is_stale: bool,
}

/// Part of a script, as an index into [`ScriptFacts::spans`].
///
/// Steps hold spans in place of ranges, so that they stay equal when text moves: typing in a
/// comment or a here-document of an include changes ranges, and nothing that an image does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(pub(super) u32);

/// Name in place of a variable's for the option that lets patterns match letters of either case.
pub const NO_CASE: &str = "-nocasematch";

/// Statements that run one after the other.
pub type Block = Box<[Step]>;

/// One thing a script does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `NAME=value`, also after `export`, `readonly`, `local`, `declare`.
    Assign(Box<Assign>),
    /// `. path` or `source path`.
    Source(Box<Source>),
    /// A command with a literal name.
    Call(Box<Call>),
    /// `cat > file`, `cat >> file`: standard input goes into a file.
    Write(Box<FileWrite>),
    /// The first arm whose test holds, or none.
    Branch(Box<[Arm]>),
    /// `left && right`, `left || right`, `! left`.
    List(Box<List>),
    /// Commands with variables that have another value for as long: `A=1 helper`.
    Temporary(Box<Temporary>),
    /// A condition that stands alone: where it does not hold, `set -e` ends the script.
    Check(Test),
    /// A command whose name is expanded: `$cmd`, `"$@"`.
    Invoke(Box<Invoke>),
    /// The arguments of the function or script change: `set -- a b`, `shift`.
    Arguments(Option<Box<[Word]>>),
    /// `set -e`, `set +e`; `None` where reading does not tell.
    ExitOnError(Option<bool>),
    /// `trap COMMAND EXIT`: statements that are run when the script ends.
    AtExit(Block),
    /// A loop's body, which is executed any number of times.
    Repeat(Block),
    /// A subshell, an element of a pipeline, a command substitution: what it sets is lost.
    Isolated(Block),
    /// A function is defined: index into [`ScriptEffects::functions`].
    Define(u32),
    /// A variable has no value any more: `unset x`.
    Unset(SmolStr),
    /// A variable takes a value nobody can know by reading: `read x`, `unset x[1]`, `for x in`.
    Forget(SmolStr),
    /// A variable that is not the function's own takes such a value: `declare -g x`.
    ForgetGlobal(SmolStr),
    /// A variable that is no plain one from here on.
    Attribute(SmolStr, Attribute),
    /// A function is not defined any more: `unset -f f`.
    Undefine(SmolStr),
    /// A variable whose name reading does not tell takes such a value: `declare "$n=x"`.
    ForgetAny,
    /// `break`, `continue`: so many loops are left, or all but the rest of the last one.
    Break(u32),
    /// `exit`: the build ends here.
    Exit,
    /// `return`: the rest of the file or function is skipped.
    Return,
    /// `eval`, a source whose text cannot be read, what the parser does not know: anything may have
    /// changed.
    Opaque,
}

/// Assignment of a value to a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assign {
    /// The variable.
    pub name: SmolStr,
    /// The name.
    pub name_span: SpanId,
    /// The value.
    pub value: Word,
    /// Set when it holds only inside the function around it, where there is one.
    pub local: bool,
    /// Set when it does nothing outside of functions: `local x=1`.
    pub needs_function: bool,
    /// Set when there is no value: `local x`.
    pub is_unset: bool,
}

/// Attribute of a variable for which an assignment to it does something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    /// `declare -n`: another variable is assigned.
    Reference,
    /// `declare -i`, `-u`, `-l`, `-r`: another value is assigned, or none.
    Changed,
}

/// Statement that sources a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Path of the file, as written.
    pub path: Word,
    /// The whole statement.
    pub span: SpanId,
}

/// Call of a command by a literal name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Name of the command.
    pub name: SmolStr,
    /// The name.
    pub span: SpanId,
    /// The arguments, kept only where the name could be a helper's (it has `-` or `_`).
    pub args: Box<[Word]>,
    /// Set when each of the arguments is one word, whatever is expanded in it.
    pub has_all_args: bool,
    /// The here-document that it reads: index into [`ScriptFacts::heredocs`].
    pub heredoc: Option<u32>,
}

/// Command that writes its standard input into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileWrite {
    /// Path of the file.
    pub path: Word,
    /// The here-document that is written; `None`: the standard input of the function.
    pub heredoc: Option<u32>,
    /// The command.
    pub span: SpanId,
}

/// `left && right`, `left || right`, `! left`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The statements on the left.
    pub left: Block,
    /// Condition under which the left side succeeds, after its statements.
    pub test: Test,
    /// Set for `||`: the right side is for where the left one fails.
    pub or: bool,
    /// The statements on the right.
    pub right: Block,
    /// Condition under which the right side succeeds, after its statements.
    pub outcome: Test,
}

/// Commands with variables that have another value for as long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Temporary {
    /// The assignments.
    pub assignments: Block,
    /// The command.
    pub body: Block,
}

/// Call of a command by an expanded name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoke {
    /// The name; `None`: the arguments of the function are name and arguments.
    pub name: Option<Word>,
    /// Set when the name is one word, whatever it is expanded to.
    pub quoted: bool,
    /// The arguments.
    pub args: Box<[Word]>,
    /// The here-document that it reads.
    pub heredoc: Option<u32>,
    /// The name.
    pub span: SpanId,
}

/// One way through an `if` or `case`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arm {
    /// The statements of the condition, which are run where no arm before is taken.
    pub condition: Block,
    /// Condition under which it is taken.
    pub test: Test,
    /// The statements.
    pub body: Block,
    /// What comes after them.
    pub then: ArmEnd,
}

/// What comes after the statements of an arm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ArmEnd {
    /// `;;`: the branch ends.
    #[default]
    Done,
    /// `;&`: the statements of the next arm, whatever its test.
    Next,
    /// `;;&`: the next arm whose test holds.
    Test,
}

/// A pattern that bash matches a text with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The pieces, in order.
    pub pieces: Box<[PatternPiece]>,
}

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternPiece {
    /// The text.
    pub piece: Piece,
    /// Set when it stands for itself, whatever characters it has.
    pub quoted: bool,
}

impl Pattern {
    /// Returns a pattern of which nothing is known.
    pub fn unknown() -> Pattern {
        Pattern {
            pieces: Box::new([PatternPiece {
                piece: Piece::Unknown,
                quoted: false,
            }]),
        }
    }
}

/// Comparison of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntegerOperator {
    /// `-eq`.
    Equal,
    /// `-lt`.
    Less,
    /// `-le`.
    LessOrEqual,
}

/// A condition, as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// `else`, `*)`.
    Always,
    /// `[ a == b ]`.
    Equal(Word, Word),
    /// `[[ a == b* ]]`, a pattern of a `case`.
    Matches(Word, Pattern),
    /// `[ a -lt b ]`.
    Integers(IntegerOperator, Word, Word),
    /// A test in `[ ]` of which these words are not quoted: unknown unless each is one word.
    IfPlain(Box<[Word]>, Box<Test>),
    /// Outcome of the [`List`] just before, with the questions that it asks.
    Status(Option<Box<Test>>),
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
    /// Name of the function.
    pub name: SmolStr,
    /// The name in its definition.
    pub name_span: SpanId,
    /// The whole definition.
    pub definition_span: SpanId,
    /// The statements.
    pub body: Block,
    /// The arguments that it may read or change.
    pub arguments: UsedArguments,
}

/// Occurrence of a name in a script. The name itself is the text at `range`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameOccurrence {
    /// Kind of thing that is named.
    pub kind: NameKind,
    /// Definition or reference.
    pub role: Role,
    /// Range of the name in bytes.
    pub range: TextRange,
}

/// Kind of thing that a name in a script stands for.
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

/// Role of an occurrence of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The name is defined here.
    Definition,
    /// The name is used here.
    Reference,
}

impl ScriptFacts {
    /// Returns the facts of a text that is not read.
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

    /// Returns the range of a span.
    pub fn range(&self, span: SpanId) -> TextRange {
        self.spans.get(span.0 as usize).copied().unwrap_or_default()
    }

    /// Returns the function of that name that is in force at the end of the file.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.effects.function(name)
    }

    /// Returns the range of the value that a variable is last given, outside of functions and
    /// branches.
    pub fn value_range(&self, variable: &str) -> Option<TextRange> {
        let assign = self.effects.last_assignment(variable)?;
        Some(self.range(assign.value.span))
    }

    /// Returns whether the file gives `name` a value anywhere.
    pub fn assigns(&self, name: &str) -> bool {
        self.effects.assigns(name)
    }
}
