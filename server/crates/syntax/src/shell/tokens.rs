//! The tokens of a text that say what it does: reserved words, commands, functions, variables,
//! quoted texts, comments.
//!
//! The parser keeps neither reserved words nor comments. What it leaves between the words that it
//! keeps is nothing but them, blanks and operators.

use smol_str::SmolStr;

use super::{
    AssignedValue, Assignment, Block, Command, CommandKind, Operator, PieceKind, Redirect,
    RedirectKind, Script, Simple, Word, WordPiece,
};
use crate::{TextRange, TextSize};

/// Words that are reserved where a command may begin, or in a compound command.
const KEYWORDS: [&str; 17] = [
    "[[", "]]", "case", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in",
    "select", "then", "until", "while",
];
/// Commands that make the variables they name a function's own.
const LOCALS: [&str; 3] = ["declare", "local", "typeset"];
/// Commands that give the variables they name a value, or may.
const SETTERS: [&str; 6] = ["declare", "export", "local", "read", "readonly", "typeset"];

/// Kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A reserved word.
    Keyword,
    /// A comment, with its `#`.
    Comment,
    /// A text in quotes, without them.
    Quoted,
    /// The name of a command.
    Command,
    /// The name of a function where it is defined.
    Function,
    /// The name of a variable where it gets a value.
    Assigned,
    /// The name of a parameter that is expanded.
    Expanded,
    /// A sum, or another expansion that is not read.
    Sum,
}

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// Kind of token.
    pub kind: TokenKind,
    /// Its range: of an expansion, that of the name.
    pub range: TextRange,
}

/// The tokens of a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// The tokens, in order.
    pub tokens: Vec<Token>,
    /// Variables that a function has for its own, each with the range of the function's body.
    pub locals: Vec<(SmolStr, TextRange)>,
    /// Here-documents that are written into a file which is a script by its name: indices into
    /// [`Script::heredocs`].
    pub scripts: Vec<usize>,
}

/// Returns the tokens of a text, those in its here-documents too: what is expanded there.
pub fn tokens(text: &str, script: &Script) -> Tokens {
    let mut collector = Collector::new(text, script);
    collector.region((0, text.len()), |collector| {
        collector.block(&script.commands);
    });
    collector.finish()
}

/// Returns the tokens of what is expanded in the text of a here-document.
pub fn expanded_tokens(text: &str, script: &Script, body: &Word) -> Tokens {
    let mut collector = Collector::new(text, script);
    collector.pieces(&body.pieces, false);
    collector.finish()
}

struct Collector<'t> {
    text: &'t str,
    script: &'t Script,
    found: Tokens,
    /// Parts of the present region in which no reserved word and no comment is.
    covered: Vec<(usize, usize)>,
    /// The body of the function around.
    function: Option<TextRange>,
}

fn span(range: TextRange) -> (usize, usize) {
    (range.start().into(), range.end().into())
}

fn range(start: usize, end: usize) -> TextRange {
    let size = |at: usize| TextSize::try_from(at).unwrap_or_default();
    TextRange::new(size(start.min(end)), size(end))
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
        && text.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
}

impl<'t> Collector<'t> {
    fn new(text: &'t str, script: &'t Script) -> Collector<'t> {
        Collector {
            text,
            script,
            found: Tokens::default(),
            covered: Vec::new(),
            function: None,
        }
    }

    fn finish(mut self) -> Tokens {
        let tokens = &mut self.found.tokens;
        tokens.sort_by_key(|token| (token.range.start(), token.range.end()));
        self.found
    }

    fn push(&mut self, kind: TokenKind, range: TextRange) {
        if !range.is_empty() {
            self.found.tokens.push(Token { kind, range });
        }
    }

    fn cover(&mut self, range: TextRange) {
        self.covered.push(span(range));
    }

    fn slice(&self, (start, end): (usize, usize)) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// Collects what is in a region, and then the reserved words and comments between that.
    fn region(&mut self, (start, end): (usize, usize), inner: impl FnOnce(&mut Self)) {
        let outer = std::mem::take(&mut self.covered);
        inner(self);
        let mut covered = std::mem::replace(&mut self.covered, outer);
        covered.sort_unstable();
        let mut at = start;
        let mut before = "";
        for (from, to) in covered.into_iter().chain([(end, end)]) {
            if at < from {
                before = self.gap((at, from), before);
            }
            at = at.max(to);
        }
    }

    /// Collects what is between words. Returns the last reserved word.
    fn gap(&mut self, (start, end): (usize, usize), before: &'t str) -> &'t str {
        let mut last = before;
        let mut at = start;
        while at < end {
            let rest = self.slice((at, end));
            let blanks = rest.find(|c: char| !c.is_whitespace() && !";|&()`$".contains(c));
            let Some(blanks) = blanks else {
                return last;
            };
            at += blanks;
            let rest = self.slice((at, end));
            if rest.starts_with('#') {
                let line = rest.find('\n').unwrap_or(rest.len());
                self.push(TokenKind::Comment, range(at, at + line));
                at += line;
                continue;
            }
            let ends = |c: char| c.is_whitespace() || ";|&()`$".contains(c);
            let word = rest.get(..rest.find(ends).unwrap_or(rest.len()));
            let word = word.unwrap_or_default();
            if KEYWORDS.contains(&word) {
                self.push(TokenKind::Keyword, range(at, at + word.len()));
                last = word;
            } else if matches!(last, "for" | "select") && is_name(word) {
                self.push(TokenKind::Assigned, range(at, at + word.len()));
                last = "";
            }
            at += word.len().max(1);
        }
        last
    }

    fn block(&mut self, block: &Block) {
        for command in block {
            self.command(command);
        }
    }

    fn command(&mut self, command: &Command) {
        match &command.kind {
            CommandKind::Simple(simple) => self.simple(simple),
            CommandKind::Pipeline(block)
            | CommandKind::Group(block)
            | CommandKind::Subshell(block) => self.block(block),
            CommandKind::Not(inner) | CommandKind::Background(inner) => self.command(inner),
            CommandKind::And(both) | CommandKind::Or(both) => {
                self.command(&both.0);
                self.command(&both.1);
            }
            CommandKind::If(arms, otherwise) => {
                for (condition, body) in arms {
                    self.block(condition);
                    self.block(body);
                }
                self.block(otherwise);
            }
            CommandKind::Case(word, arms) => {
                self.word(word);
                for arm in arms {
                    arm.patterns.iter().for_each(|pattern| self.word(pattern));
                    self.block(&arm.body);
                }
            }
            CommandKind::For(_, words, body) => {
                words.iter().flatten().for_each(|word| self.word(word));
                self.block(body);
            }
            CommandKind::While(condition, body) | CommandKind::Until(condition, body) => {
                self.block(condition);
                self.block(body);
            }
            CommandKind::Test(words) => words.iter().for_each(|word| self.word(word)),
            CommandKind::Arithmetic(body) => {
                let end = body
                    .first()
                    .map_or(command.range.end(), |c| c.range.start());
                self.cover(TextRange::new(command.range.start(), end));
                self.block(body);
            }
            CommandKind::Define(index) => self.definition(*index),
            CommandKind::Unread => self.cover(command.range),
        }
        for redirect in &command.redirects {
            self.redirect(redirect);
        }
        self.written_script(&command.redirects);
    }

    fn definition(&mut self, index: usize) {
        let script = self.script;
        let Some(function) = script.functions.get(index) else {
            return;
        };
        self.push(TokenKind::Function, function.name_range);
        self.cover(function.name_range);
        let outer = self.function.replace(function.body.range);
        self.command(&function.body);
        self.function = outer;
    }

    fn simple(&mut self, simple: &Simple) {
        let name = simple.words.first();
        let name = name.and_then(|word| word.literal(self.text));
        let name = name.unwrap_or_default().into_owned();
        let is_local = LOCALS.contains(&name.as_str());
        for assignment in &simple.assignments {
            self.assignment(assignment);
            if is_local {
                self.local(assignment.name.clone());
            }
        }
        for (index, word) in simple.words.iter().enumerate() {
            let is_plain = matches!(word.pieces.as_slice(), [only] if !only.quoted);
            let literal = word.literal(self.text).filter(|_| is_plain);
            let literal = literal.map(|literal| literal.into_owned());
            match literal {
                Some(_) if index == 0 => {
                    self.push(TokenKind::Command, word.range);
                    self.cover(word.range);
                }
                Some(variable) if SETTERS.contains(&name.as_str()) && is_name(&variable) => {
                    self.push(TokenKind::Assigned, word.range);
                    self.cover(word.range);
                    if is_local {
                        self.local(SmolStr::new(variable));
                    }
                }
                _ => self.word(word),
            }
        }
    }

    fn local(&mut self, name: SmolStr) {
        if let Some(function) = self.function {
            self.found.locals.push((name, function));
        }
    }

    fn assignment(&mut self, assignment: &Assignment) {
        let (start, _) = span(assignment.range);
        let name = range(start, start + assignment.name.len());
        self.push(TokenKind::Assigned, name);
        self.cover(assignment.range);
        match &assignment.value {
            AssignedValue::Text(word) => self.word(word),
            AssignedValue::Array(words) => words.iter().for_each(|word| self.word(word)),
        }
    }

    fn redirect(&mut self, redirect: &Redirect) {
        self.cover(redirect.range);
        match &redirect.kind {
            RedirectKind::Write(word)
            | RedirectKind::Append(word)
            | RedirectKind::WriteAll(word)
            | RedirectKind::AppendAll(word)
            | RedirectKind::Read(word)
            | RedirectKind::Text(word)
            | RedirectKind::Copy(word)
            | RedirectKind::Both(word) => self.word(word),
            RedirectKind::HereDoc(index) => {
                let script = self.script;
                if let Some(heredoc) = script.heredocs.get(*index) {
                    self.cover(heredoc.body.range);
                    self.pieces(&heredoc.body.pieces, false);
                }
            }
        }
    }

    /// Takes note of a here-document that becomes a script.
    fn written_script(&mut self, redirects: &[Redirect]) {
        let is_script = redirects.iter().any(|redirect| match &redirect.kind {
            RedirectKind::Write(path) | RedirectKind::Append(path) => {
                let path = self.slice(span(path.range));
                path.trim_end_matches(['"', '\'']).ends_with(".sh")
            }
            _ => false,
        });
        let heredocs = redirects.iter().filter_map(|redirect| match redirect.kind {
            RedirectKind::HereDoc(index) => Some(index),
            _ => None,
        });
        if is_script {
            self.found.scripts.extend(heredocs);
        }
    }

    fn word(&mut self, word: &Word) {
        self.cover(word.range);
        self.pieces(&word.pieces, true);
    }

    /// Collects pieces of a word, or of the text of a here-document, whose literals are no quoted
    /// texts.
    fn pieces(&mut self, pieces: &[WordPiece], with_quoted: bool) {
        for piece in pieces {
            match &piece.kind {
                PieceKind::Literal | PieceKind::Decoded(_) => {
                    if piece.quoted && with_quoted {
                        self.push(TokenKind::Quoted, piece.range);
                    }
                }
                PieceKind::Parameter(parameter) => {
                    let (start, end) = span(piece.range);
                    let at = self.slice((start, end)).find(parameter.name.as_str());
                    let start = start + at.unwrap_or_default();
                    let name = range(start, start + parameter.name.len());
                    self.push(TokenKind::Expanded, name);
                    self.operator(&parameter.operator);
                }
                PieceKind::Substitution(block) => self.region(span(piece.range), |collector| {
                    collector.block(block);
                }),
                PieceKind::Sum(_) | PieceKind::Unread => self.push(TokenKind::Sum, piece.range),
            }
        }
    }

    fn operator(&mut self, operator: &Operator) {
        match operator {
            Operator::Plain | Operator::Length | Operator::Case { .. } | Operator::Other => {}
            Operator::Otherwise { word, .. } => self.pieces(&word.pieces, true),
            Operator::Remove { pattern, .. } => self.pieces(&pattern.pieces, true),
            Operator::Replace { pattern, word, .. } => {
                self.pieces(&pattern.pieces, true);
                self.pieces(&word.pieces, true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows a text with its tokens marked.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = tokens(text, &super::super::parse(text));
        let shown: Vec<String> = found
            .tokens
            .iter()
            .map(|token| {
                let kind = match token.kind {
                    TokenKind::Keyword => "k",
                    TokenKind::Comment => "#",
                    TokenKind::Quoted => "q",
                    TokenKind::Command => "c",
                    TokenKind::Function => "f",
                    TokenKind::Assigned => "=",
                    TokenKind::Expanded => "$",
                    TokenKind::Sum => "+",
                };
                format!(
                    "{kind}:{}",
                    text.get(std::ops::Range::<usize>::from(token.range))
                        .unwrap()
                )
            })
            .collect();
        assert_eq!(shown.join(" "), expected);
    }

    #[test]
    fn reserved_words_are_those_between_commands() {
        check(
            "for i in a if; do # no $x\n\techo done \"is $i\" 'it'\ndone",
            "k:for =:i k:in k:do #:# no $x c:echo q:is  $:i q:it k:done",
        );
        check(
            "if ! a; then b; elif [[ -e \"$c\" ]]; then d; else e; fi # end",
            "k:if c:a k:then c:b k:elif k:[[ $:c k:]] k:then c:d k:else c:e k:fi #:# end",
        );
        check(
            "case $x in a|b) c ;; *) d ;; esac",
            "k:case $:x k:in c:c c:d k:esac",
        );
    }

    #[test]
    fn functions_and_their_variables() {
        check(
            "f() {\n\tlocal a=1 b\n\tread c\n\techo ${a:-$b} $(g ${#c}) `h`\n}\nA=2 f >x",
            "f:f c:local =:a =:b c:read =:c c:echo $:a $:b c:g $:c c:h =:A c:f",
        );
        let text = "f() { local a; b=1; }\nfunction g { declare c=2; }";
        let found = tokens(text, &super::super::parse(text));
        let locals = found.locals.iter().map(|(name, _)| name.as_str());
        assert_eq!(locals.collect::<Vec<_>>(), ["a", "c"]);
    }

    #[test]
    fn here_documents_have_their_expansions_alone() {
        check(
            "cat > /a.sh <<END\nif $x \"y\" \\$z $((1 + 1))\nEND\necho",
            "c:cat $:x +:$((1 + 1)) c:echo",
        );
        let scripts = |text: &str| tokens(text, &super::super::parse(text)).scripts;
        assert_eq!(scripts("cat > \"/a.sh\" <<E\nE\ncat >> b <<E\nE\n"), [0]);
        assert_eq!(scripts("f() { cat > $I/a.sh <<E\nE\n}"), [0]);
    }
}
