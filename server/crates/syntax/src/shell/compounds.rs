//! Compound commands: branches, loops, groups, conditions, functions.

use smol_str::SmolStr;

use super::parser::{Parser, range};
use super::{Block, CaseArm, Command, CommandKind, Function, Word};

impl Parser<'_> {
    /// Reads a compound command, if one stands here.
    pub(super) fn compound(&mut self) -> Option<CommandKind> {
        if self.peek() == Some(b'(') {
            if self.rest().starts_with(b"((") && self.eat_sum(0) {
                return Some(CommandKind::Arithmetic(Block::new()));
            }
            self.skip(1);
            let outer = std::mem::take(&mut self.substitutions);
            let block = self.list(&[")"]);
            self.substitutions = outer;
            self.expect(")");
            return Some(CommandKind::Subshell(block));
        }
        let words = [
            "{", "if", "case", "for", "select", "while", "until", "[[", "function",
        ];
        let word = words.into_iter().find(|word| self.is_word(word))?;
        let start = self.at;
        self.skip(word.len());
        Some(match word {
            "{" => CommandKind::Group(self.closed_by("}")),
            "if" => self.branch(),
            "case" => self.case(),
            "for" | "select" => self.for_loop(),
            "while" | "until" => {
                let condition = self.list(&["do"]);
                let body = self.loop_body();
                match word {
                    "while" => CommandKind::While(condition, body),
                    _ => CommandKind::Until(condition, body),
                }
            }
            "[[" => self.condition(),
            _ => self.function(start),
        })
    }

    /// Reads commands up to a word, and skips that.
    fn closed_by(&mut self, word: &'static str) -> Block {
        let block = self.list(&[word]);
        self.expect(word);
        block
    }

    fn branch(&mut self) -> CommandKind {
        let mut arms = Vec::new();
        loop {
            let condition = self.list(&["then"]);
            self.expect("then");
            let body = self.list(&["elif", "else", "fi"]);
            arms.push((condition, body));
            if self.is_word("elif") {
                self.skip(4);
                continue;
            }
            let otherwise = match self.is_word("else") {
                true => {
                    self.skip(4);
                    self.list(&["fi"])
                }
                false => Block::new(),
            };
            self.expect("fi");
            return CommandKind::If(arms, otherwise);
        }
    }

    fn case(&mut self) -> CommandKind {
        self.lines();
        let word = self.word();
        self.lines();
        self.expect("in");
        let mut arms = Vec::new();
        // The parentheses around are not closed in here.
        let outer = std::mem::take(&mut self.substitutions);
        loop {
            self.lines();
            if self.is_word("esac") || self.at >= self.end {
                break;
            }
            self.eat("(");
            let mut patterns = Vec::new();
            loop {
                self.lines();
                let pattern = self.word();
                patterns.push(pattern);
                self.blanks();
                if !self.eat("|") {
                    break;
                }
            }
            self.expect(")");
            let body = self.list(&[";;", "esac"]);
            let goes_on = self.eat(";;&") || (!self.rest().starts_with(b";;") && self.eat(";&"));
            if !goes_on {
                self.eat(";;");
            }
            arms.push(CaseArm {
                patterns,
                body,
                goes_on,
            });
        }
        self.substitutions = outer;
        self.expect("esac");
        CommandKind::Case(word, arms)
    }

    fn for_loop(&mut self) -> CommandKind {
        self.blanks();
        if self.rest().starts_with(b"((") {
            self.eat_sum(0);
            self.blanks();
            self.eat(";");
            self.lines();
            return CommandKind::Arithmetic(self.loop_body());
        }
        let length = self.name_length();
        let name = SmolStr::new(self.slice(self.at, self.at + length));
        self.skip(length);
        self.lines();
        let mut words = None;
        if self.is_word("in") {
            self.skip(2);
            let mut all: Vec<Word> = Vec::new();
            loop {
                self.blanks();
                if !self.has_word() || self.peek() == Some(b'#') {
                    break;
                }
                let word = self.word();
                if word.pieces.is_empty() {
                    break;
                }
                all.push(word);
            }
            words = Some(all);
        }
        self.lines();
        self.eat(";");
        self.lines();
        CommandKind::For(name, words, self.loop_body())
    }

    fn loop_body(&mut self) -> Block {
        self.lines();
        if self.is_word("{") {
            self.skip(1);
            return self.closed_by("}");
        }
        self.expect("do");
        self.closed_by("done")
    }

    /// Reads `[[ ... ]]` after its first word: operators are words, too.
    fn condition(&mut self) -> CommandKind {
        let mut words: Vec<Word> = Vec::new();
        loop {
            self.lines();
            let start = self.at;
            let is_operator = match self.rest() {
                [b'&', b'&', ..] | [b'|', b'|', ..] => 2,
                [b'(' | b')' | b'<' | b'>', ..] => 1,
                _ => 0,
            };
            let before = words.last();
            let is_regex = before.is_some_and(|w| w.literal(self.text).as_deref() == Some("=~"));
            if is_regex {
                self.regex(&mut words);
                continue;
            }
            if is_operator > 0 {
                self.skip(is_operator);
                let mut pieces = Vec::new();
                super::words::push_literal(&mut pieces, start, self.at, false);
                words.push(Word {
                    pieces,
                    range: range(start, self.at),
                });
                continue;
            }
            let word = self.word();
            if word.literal(self.text).as_deref() == Some("]]") {
                return CommandKind::Test(words);
            }
            if word.pieces.is_empty() {
                self.is_lost = true;
                self.at = self.end;
                return CommandKind::Unread;
            }
            words.push(word);
        }
    }

    /// Reads a regular expression: parentheses belong to it.
    fn regex(&mut self, words: &mut Vec<Word>) {
        let start = self.at;
        let mut pieces = Vec::new();
        self.pieces(&mut pieces, false, |_, byte| {
            super::parser::is_blank(byte) || byte == b'\n'
        });
        words.push(Word {
            pieces,
            range: range(start, self.at),
        });
    }

    /// Reads `function name`, from the name on.
    fn function(&mut self, start: usize) -> CommandKind {
        self.blanks();
        let word = self.word();
        self.blanks();
        if self.eat("(") {
            self.blanks();
            self.expect(")");
        }
        self.body_of(&word, start).kind
    }

    /// Reads `() body` after a name.
    pub(super) fn definition_after(&mut self, name: &Word, start: usize) -> Option<Command> {
        let before = self.at;
        self.skip(1);
        self.blanks();
        if !self.eat(")") {
            self.at = before;
            return None;
        }
        Some(self.body_of(name, start))
    }

    fn body_of(&mut self, name: &Word, start: usize) -> Command {
        self.lines();
        let from = self.at;
        let substitutions = std::mem::take(&mut self.substitutions);
        let kind = self.deeper(|parser| parser.compound());
        self.substitutions = substitutions;
        let Some(kind) = kind else {
            return self.unread();
        };
        let mut redirects = Vec::new();
        while let Some(redirect) = self.redirect() {
            redirects.push(redirect);
        }
        let body = Command {
            kind,
            redirects,
            range: range(from, self.at),
        };
        let text = name.literal(self.text).unwrap_or_default();
        self.script.functions.push(Function {
            name: SmolStr::new(text),
            name_range: name.range,
            body,
        });
        Command {
            kind: CommandKind::Define(self.script.functions.len() - 1),
            redirects: Vec::new(),
            range: range(start, self.at),
        }
    }
}
