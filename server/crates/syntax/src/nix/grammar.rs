//! The grammar of Nix, goal by goal: what may come next, and what has to follow it.
//!
//! As rnix has it where rnix is stricter than Nix (`a + !b`), as Nix has it where rnix is laxer
//! (`[ x: y ]`): what passes here must be correct for rnix, or it nests differently there.

use rnix::SyntaxKind::{self, *};

use super::check::{Checked, Checker, Goal, NO_OPERATORS, Operators};

impl<'a, I: Iterator<Item = rnix::Token<'a>>> Checker<'a, I> {
    /// Takes the tokens that one goal asks for, and sets the goals that follow from it.
    pub(super) fn step(&mut self, goal: Goal) -> Checked {
        match goal {
            Goal::Expr => self.expr(),
            Goal::Operand(may_negate) => self.operand(may_negate),
            Goal::Simple => self.simple(),
            Goal::AfterSimple => self.after_simple(),
            Goal::OrDefault => self.or_default(),
            Goal::Operators(seen) => self.operators(seen),
            Goal::Expect(kind) => self.expect(kind),
            Goal::Close(kind, open) => self.close(kind, open),
            Goal::Attrpath => self.then(&[Goal::Attr, Goal::AttrpathRest]),
            Goal::AttrpathRest => {
                if self.eat(TOKEN_DOT) {
                    self.then(&[Goal::Attr, Goal::AttrpathRest])
                } else {
                    Ok(())
                }
            }
            Goal::Attr => self.attr(),
            Goal::Bindings(until, open) => self.bindings(until, open),
            Goal::InheritedNames => {
                if self.eat(TOKEN_SEMICOLON) {
                    Ok(())
                } else {
                    self.then(&[Goal::Attr, Goal::InheritedNames])
                }
            }
            Goal::String(open) => self.string(open),
            Goal::Path => self.path(),
            Goal::List(open) => self.list(open),
            Goal::Formals(open) => self.formals(open),
            Goal::FormalsRest(open) => {
                let rest = if self.eat(TOKEN_COMMA) {
                    Goal::Formals(open)
                } else {
                    Goal::Close(TOKEN_R_BRACE, open)
                };
                self.then(&[rest])
            }
            Goal::FormalsName => {
                if self.eat(TOKEN_AT) {
                    self.expect(TOKEN_IDENT)
                } else {
                    Ok(())
                }
            }
            Goal::Leave => self.leave(),
            Goal::End => {
                if self.tokens.peek(0).is_some() || self.tokens.gave_up() {
                    self.fail("the end of the file")
                } else {
                    Ok(())
                }
            }
        }
    }

    fn expr(&mut self) -> Checked {
        let Some(first) = self.tokens.peek(0) else {
            return self.fail("a value");
        };
        match first.kind {
            TOKEN_LET => {
                self.bump();
                match self.tokens.peek(0) {
                    Some(brace) if brace.kind == TOKEN_L_BRACE => {
                        self.bump();
                        self.nest(&[Goal::Bindings(TOKEN_R_BRACE, brace.start)])
                    }
                    _ => self.nest(&[Goal::Bindings(TOKEN_IN, first.start), Goal::Expr]),
                }
            }
            TOKEN_WITH | TOKEN_ASSERT => {
                self.bump();
                self.nest(&[Goal::Expr, Goal::Expect(TOKEN_SEMICOLON), Goal::Expr])
            }
            TOKEN_IF => {
                self.bump();
                let (then, otherwise) = (Goal::Expect(TOKEN_THEN), Goal::Expect(TOKEN_ELSE));
                self.nest(&[Goal::Expr, then, Goal::Expr, otherwise, Goal::Expr])
            }
            TOKEN_IDENT if self.kind(1) == Some(TOKEN_COLON) => {
                self.bump();
                self.bump();
                self.nest(&[Goal::Expr])
            }
            TOKEN_IDENT if self.kind(1) == Some(TOKEN_AT) => {
                self.bump();
                self.bump();
                let open = self.tokens.peek(0).map_or(first.start, |token| token.start);
                self.expect(TOKEN_L_BRACE)?;
                self.nest(&[Goal::Formals(open), Goal::Expect(TOKEN_COLON), Goal::Expr])
            }
            TOKEN_L_BRACE if self.at_formals() => {
                self.bump();
                let formals = Goal::Formals(first.start);
                self.nest(&[
                    formals,
                    Goal::FormalsName,
                    Goal::Expect(TOKEN_COLON),
                    Goal::Expr,
                ])
            }
            _ => self.then(&[Goal::Operand(true), Goal::Operators(NO_OPERATORS)]),
        }
    }

    /// Returns whether the `{` that comes next begins the head of a function, as rnix decides it.
    fn at_formals(&mut self) -> bool {
        matches!(
            (self.kind(1), self.kind(2)),
            (
                Some(TOKEN_IDENT),
                Some(TOKEN_COMMA | TOKEN_QUESTION | TOKEN_R_BRACE)
            ) | (Some(TOKEN_ELLIPSIS), Some(TOKEN_R_BRACE))
                | (Some(TOKEN_R_BRACE), Some(TOKEN_COLON | TOKEN_AT))
        )
    }

    fn operand(&mut self, may_negate: bool) -> Checked {
        match self.kind(0) {
            Some(TOKEN_INVERT) if may_negate => {
                self.bump();
                self.nest(&[Goal::Operand(true)])
            }
            Some(TOKEN_SUB) => {
                self.bump();
                self.nest(&[Goal::Operand(false)])
            }
            _ => self.simple(),
        }
    }

    fn simple(&mut self) -> Checked {
        let Some(token) = self.tokens.peek(0) else {
            return self.fail("a value");
        };
        let open = token.start;
        match token.kind {
            TOKEN_L_PAREN => self.bump(),
            TOKEN_REC | TOKEN_L_BRACE | TOKEN_L_BRACK | TOKEN_STRING_START => self.bump(),
            TOKEN_PATH_ABS | TOKEN_PATH_REL | TOKEN_PATH_HOME => self.bump(),
            TOKEN_IDENT | TOKEN_PATH_SEARCH => self.bump(),
            kind if kind.is_literal() => self.bump(),
            _ => return self.fail("a value"),
        }
        self.then(&[Goal::AfterSimple])?;
        match token.kind {
            TOKEN_L_PAREN => self.nest(&[Goal::Expr, Goal::Close(TOKEN_R_PAREN, open)]),
            TOKEN_REC => {
                let open = self.tokens.peek(0).map_or(open, |token| token.start);
                self.expect(TOKEN_L_BRACE)?;
                self.nest(&[Goal::Bindings(TOKEN_R_BRACE, open)])
            }
            TOKEN_L_BRACE => self.nest(&[Goal::Bindings(TOKEN_R_BRACE, open)]),
            TOKEN_L_BRACK => self.nest(&[Goal::List(open)]),
            TOKEN_STRING_START => self.then(&[Goal::String(open)]),
            TOKEN_PATH_ABS | TOKEN_PATH_REL | TOKEN_PATH_HOME => self.then(&[Goal::Path]),
            _ => Ok(()),
        }
    }

    fn after_simple(&mut self) -> Checked {
        if self.eat(TOKEN_DOT) {
            return self.then(&[Goal::Attrpath, Goal::OrDefault]);
        }
        // `f or`: not after a path, `or` is an ordinary name.
        self.eat(TOKEN_OR);
        Ok(())
    }

    fn or_default(&mut self) -> Checked {
        if self.eat(TOKEN_OR) {
            self.nest(&[Goal::Simple])
        } else {
            Ok(())
        }
    }

    fn operators(&mut self, mut seen: Operators) -> Checked {
        let Some(kind) = self.kind(0) else {
            return self.leave_chain(seen);
        };
        let may_apply = std::mem::replace(&mut seen.may_apply, true);
        let operand = match kind {
            _ if kind.is_fn_arg() && may_apply => Goal::Simple,
            TOKEN_QUESTION => {
                seen.may_apply = false;
                Goal::Attrpath
            }
            TOKEN_ADD | TOKEN_SUB | TOKEN_MUL | TOKEN_DIV | TOKEN_CONCAT => Goal::Operand(false),
            TOKEN_UPDATE => Goal::Operand(true),
            TOKEN_LESS | TOKEN_LESS_OR_EQ | TOKEN_MORE | TOKEN_MORE_OR_EQ if !seen.comparison => {
                seen.comparison = true;
                Goal::Operand(true)
            }
            TOKEN_EQUAL | TOKEN_NOT_EQUAL if !seen.equality => {
                (seen.equality, seen.comparison) = (true, false);
                Goal::Operand(true)
            }
            TOKEN_AND_AND | TOKEN_OR_OR | TOKEN_IMPLICATION | TOKEN_PIPE_LEFT
            | TOKEN_PIPE_RIGHT => {
                (seen.equality, seen.comparison) = (false, false);
                Goal::Operand(true)
            }
            _ => return self.leave_chain(seen),
        };
        seen.before_argument = match operand {
            Goal::Simple => Some(self.last),
            _ => {
                self.bump();
                None
            }
        };
        seen.count = seen.count.saturating_add(1);
        self.lengthen()?;
        self.then(&[operand, Goal::Operators(seen)])
    }

    fn attr(&mut self) -> Checked {
        let Some(token) = self.tokens.peek(0) else {
            return self.fail("an attribute name");
        };
        match token.kind {
            TOKEN_IDENT | TOKEN_OR => {
                self.bump();
                Ok(())
            }
            TOKEN_STRING_START if token.text == "\"" => {
                self.bump();
                self.then(&[Goal::String(token.start)])
            }
            TOKEN_INTERPOL_START => {
                self.bump();
                self.nest(&[Goal::Expr, Goal::Close(TOKEN_INTERPOL_END, token.start)])
            }
            _ => self.fail("an attribute name"),
        }
    }

    fn bindings(&mut self, until: SyntaxKind, open: usize) -> Checked {
        match self.tokens.peek(0) {
            Some(token) if token.kind == until => self.bump(),
            Some(token) if token.kind == TOKEN_INHERIT => {
                self.bump();
                self.then(&[Goal::InheritedNames, Goal::Bindings(until, open)])?;
                if let Some(paren) = self
                    .tokens
                    .peek(0)
                    .filter(|token| token.kind == TOKEN_L_PAREN)
                {
                    self.bump();
                    self.nest(&[Goal::Expr, Goal::Close(TOKEN_R_PAREN, paren.start)])?;
                }
            }
            Some(token)
                if matches!(
                    token.kind,
                    TOKEN_IDENT | TOKEN_OR | TOKEN_STRING_START | TOKEN_INTERPOL_START
                ) =>
            {
                let (assign, end) = (Goal::Expect(TOKEN_ASSIGN), Goal::Expect(TOKEN_SEMICOLON));
                self.then(&[
                    Goal::Attrpath,
                    assign,
                    Goal::Expr,
                    end,
                    Goal::Bindings(until, open),
                ])?;
            }
            Some(_) if until == TOKEN_IN => return self.fail("an attribute name or `in`"),
            Some(_) => return self.fail("an attribute name or `}`"),
            None => return self.close(until, open),
        }
        Ok(())
    }

    fn string(&mut self, open: usize) -> Checked {
        match self.tokens.peek(0) {
            Some(token) if token.kind == TOKEN_STRING_CONTENT => {
                self.bump();
                self.then(&[Goal::String(open)])
            }
            Some(token) if token.kind == TOKEN_INTERPOL_START => {
                self.bump();
                self.then(&[Goal::String(open)])?;
                self.nest(&[Goal::Expr, Goal::Close(TOKEN_INTERPOL_END, token.start)])
            }
            Some(token) if token.kind == TOKEN_STRING_END => {
                self.bump();
                Ok(())
            }
            _ => self.open_string(open),
        }
    }

    /// Reads the parts of a path with interpolations, which have no blank between them.
    fn path(&mut self) -> Checked {
        match self.tokens.peek(0).filter(|token| token.glued) {
            Some(token) if token.kind == TOKEN_INTERPOL_START => {
                self.bump();
                self.then(&[Goal::Path])?;
                self.nest(&[Goal::Expr, Goal::Close(TOKEN_INTERPOL_END, token.start)])
            }
            Some(token)
                if matches!(
                    token.kind,
                    TOKEN_PATH_ABS | TOKEN_PATH_REL | TOKEN_PATH_HOME
                ) =>
            {
                self.bump();
                self.then(&[Goal::Path])
            }
            _ => Ok(()),
        }
    }

    fn list(&mut self, open: usize) -> Checked {
        match self.kind(0) {
            Some(TOKEN_R_BRACK) => {
                self.bump();
                Ok(())
            }
            Some(kind) if kind.is_fn_arg() => self.then(&[Goal::Simple, Goal::List(open)]),
            Some(_) => self.fail("a list element or `]`"),
            None => self.close(TOKEN_R_BRACK, open),
        }
    }

    fn formals(&mut self, open: usize) -> Checked {
        match self.kind(0) {
            Some(TOKEN_R_BRACE) => {
                self.bump();
                Ok(())
            }
            Some(TOKEN_ELLIPSIS) => {
                self.bump();
                self.close(TOKEN_R_BRACE, open)
            }
            Some(TOKEN_IDENT) => {
                self.bump();
                self.then(&[Goal::FormalsRest(open)])?;
                if self.eat(TOKEN_QUESTION) {
                    self.nest(&[Goal::Expr])
                } else {
                    Ok(())
                }
            }
            _ => self.fail("the name of an argument, `...` or `}`"),
        }
    }
}
