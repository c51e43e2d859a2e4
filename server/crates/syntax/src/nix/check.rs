//! The guard before rnix: is this Nix, and is it flat enough to be parsed?
//!
//! rnix's parser, and everything that traverses or drops its trees, recurses. On hostile text that
//! overflows the stack, which nothing can catch; and where rnix recovers from an error its nesting
//! has little to do with the brackets of the text (`[()]` leaves a list open, a hundred thousand of
//! them a hundred thousand lists). So the grammar is checked here first, with a stack on the heap:
//! rnix only ever sees text that is correct and whose tree is known to be low. That also makes for
//! better messages than rnix's.

use rnix::SyntaxKind;

use super::super::{Spanned, TextRange};
use super::complaints;
use super::tokens::{Tokens, range};

/// Larger files are not read.
pub(super) const MAX_SIZE: usize = 16 << 20;
/// Brackets, interpolations, lambdas, `let`, `with`, `if`, `!`... inside each other. rnix itself
/// gives up at 512.
const MAX_LEVELS: u32 = 200;
/// Operators and applications one after the other (`a + a + a`, `f a a a`), which rnix turns into
/// a tree as high as there are operands.
const MAX_CHAIN: u32 = 1000;

/// Part of the grammar that has to come next.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal {
    Expr,
    /// An operand of an operator; whether it may begin with `!`.
    Operand(bool),
    Simple,
    /// After a simple value: `.path`, `or`.
    AfterSimple,
    /// After `a.path`: `or default`.
    OrDefault,
    Operators(Operators),
    Expect(SyntaxKind),
    /// The bracket that closes the one at this offset.
    Close(SyntaxKind, usize),
    Attrpath,
    AttrpathRest,
    Attr,
    /// The bindings up to this token, and where what they belong to begins.
    Bindings(SyntaxKind, usize),
    InheritedNames,
    /// The rest of a string that began at this offset.
    String(usize),
    Path,
    List(usize),
    Formals(usize),
    FormalsRest(usize),
    FormalsName,
    /// One level of nesting ends.
    Leave,
    End,
}

/// Operators that an expression has had so far at its own level.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operators {
    pub(super) count: u32,
    pub(super) equality: bool,
    pub(super) comparison: bool,
    pub(super) may_apply: bool,
    /// The end of what comes before the last argument, when an argument is the last thing.
    pub(super) before_argument: Option<TextRange>,
}

pub(super) const NO_OPERATORS: Operators = Operators {
    count: 0,
    equality: false,
    comparison: false,
    may_apply: true,
    before_argument: None,
};

/// Finds the first error of `text`, or a reason not to hand it to rnix.
pub(super) fn check(text: &str) -> Result<(), Spanned<String>> {
    if text.len() > MAX_SIZE {
        return Err(Spanned::new(
            "this file is too large to read".to_owned(),
            range(0, 0),
        ));
    }
    let tokens = Tokens::new(text);
    let mut checker = Checker {
        tokens,
        goals: vec![Goal::End, Goal::Expr],
        levels: 0,
        chain: 0,
        last: range(0, 0),
        before_argument: None,
        text,
    };
    while let Some(goal) = checker.goals.pop() {
        checker.step(goal)?;
    }
    Ok(())
}

pub(super) struct Checker<'a, I: Iterator<Item = rnix::Token<'a>>> {
    text: &'a str,
    pub(super) tokens: Tokens<'a, I>,
    goals: Vec<Goal>,
    levels: u32,
    chain: u32,
    /// The token taken last.
    pub(super) last: TextRange,
    /// [`Operators::before_argument`] of the expression that ended last.
    before_argument: Option<TextRange>,
}

pub(super) type Checked = Result<(), Spanned<String>>;

impl<'a, I: Iterator<Item = rnix::Token<'a>>> Checker<'a, I> {
    pub(super) fn kind(&mut self, n: usize) -> Option<SyntaxKind> {
        self.tokens.peek(n).map(|token| token.kind)
    }

    pub(super) fn bump(&mut self) {
        if let Some(token) = self.tokens.bump() {
            self.last = token.range();
        }
    }

    pub(super) fn eat(&mut self, kind: SyntaxKind) -> bool {
        let there = self.kind(0) == Some(kind);
        if there {
            self.bump();
        }
        there
    }

    pub(super) fn then(&mut self, goals: &[Goal]) -> Checked {
        self.goals.extend(goals.iter().rev());
        Ok(())
    }

    pub(super) fn nest(&mut self, goals: &[Goal]) -> Checked {
        self.levels = self.levels.saturating_add(1);
        if self.levels > MAX_LEVELS {
            return self.refuse();
        }
        self.goals.push(Goal::Leave);
        self.then(goals)
    }

    pub(super) fn expect(&mut self, kind: SyntaxKind) -> Checked {
        if self.eat(kind) {
            Ok(())
        } else {
            self.fail(complaints::name(kind))
        }
    }

    /// The bracket that closes the one at `open`.
    pub(super) fn close(&mut self, kind: SyntaxKind, open: usize) -> Checked {
        if self.eat(kind) {
            return Ok(());
        }
        if self.tokens.peek(0).is_none() && !self.tokens.gave_up() {
            return Err(complaints::open_bracket(kind, open));
        }
        self.fail(complaints::name(kind))
    }

    /// The string that begins at `open` does not end.
    pub(super) fn open_string(&self, open: usize) -> Checked {
        if self.tokens.gave_up() {
            return self.refuse();
        }
        Err(complaints::open_string(open))
    }

    /// Reports that something else should be here.
    pub(super) fn fail(&mut self, wanted: &str) -> Checked {
        if self.tokens.gave_up() {
            return self.refuse();
        }
        let found = self.tokens.peek(0);
        let (last, before) = (self.last, self.before_argument);
        Err(complaints::expected(wanted, last, found, self.text, before))
    }

    /// Counts one more operator of the expression at hand.
    pub(super) fn lengthen(&mut self) -> Checked {
        self.chain = self.chain.saturating_add(1);
        if self.chain > MAX_CHAIN {
            self.refuse()
        } else {
            Ok(())
        }
    }

    /// An expression is over.
    pub(super) fn leave_chain(&mut self, seen: Operators) -> Checked {
        self.chain = self.chain.saturating_sub(seen.count);
        self.before_argument = seen.before_argument;
        Ok(())
    }

    /// One level of nesting ends.
    pub(super) fn leave(&mut self) -> Checked {
        self.levels = self.levels.saturating_sub(1);
        Ok(())
    }

    fn refuse(&self) -> Checked {
        Err(complaints::too_deep(self.last))
    }
}
