//! Files with their texts and facts.

use std::sync::{Arc, OnceLock};

use smol_str::SmolStr;

use super::FileKind;
use syntax::bash::{self, ScriptFacts};
use syntax::directive::{self, Directive};
use syntax::lines::Lines;
use syntax::nix::{self, Parsed, RepositoryFacts, SuiteFacts, TableFacts};
use syntax::{TextRange, TextSize};

/// Facts of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Facts {
    /// Of a script.
    Script(ScriptFacts),
    /// Of the repository.
    Repository(Parsed<RepositoryFacts>),
    /// Of the test table.
    TestTable(Parsed<TableFacts>),
    /// Of a test of the suite.
    Suite(SuiteFacts),
    /// Of anything else.
    None,
}

/// File with its text and facts.
#[derive(Debug)]
pub struct File {
    /// Path from the root of the checkout, with `/` between its names.
    pub path: SmolStr,
    /// Use of the file.
    pub kind: FileKind,
    /// The text.
    pub text: Arc<str>,
    /// Facts of the text; of one that does not parse, those of the last text that did.
    pub facts: Facts,
    /// Suppression comments in the text.
    pub directives: Box<[Directive]>,
    lines: OnceLock<Lines>,
}

impl File {
    /// Reads a text. `before` is the same file as it was: its facts live on when the new text
    /// does not parse.
    pub fn new(path: SmolStr, kind: FileKind, text: Arc<str>, before: Option<&File>) -> File {
        let facts = match kind {
            FileKind::Script => Facts::Script(read_script(&text, before)),
            FileKind::Repository => {
                let last = before
                    .and_then(|f| f.repository())
                    .and_then(|p| p.facts.clone());
                Facts::Repository(keep_good(nix::repository(&text), last))
            }
            FileKind::TestTable => {
                let last = before
                    .and_then(|f| f.test_table())
                    .and_then(|p| p.facts.clone());
                Facts::TestTable(keep_good(nix::test_table(&text), last))
            }
            FileKind::Suite => Facts::Suite(nix::suite_test(&text)),
            FileKind::Settings | FileKind::Other => Facts::None,
        };
        let directives = if kind == FileKind::Other {
            Box::default()
        } else {
            directive::read(&text)
        };
        File {
            path,
            kind,
            text,
            facts,
            directives,
            lines: OnceLock::new(),
        }
    }

    /// Returns a file that exists, and whose text is unknown.
    pub fn unreadable(path: SmolStr, kind: FileKind) -> File {
        let nothing = "";
        let mut file = File::new(path, FileKind::Other, Arc::from(nothing), None);
        file.kind = kind;
        if kind == FileKind::Script {
            file.facts = Facts::Script(ScriptFacts::refused());
        }
        file
    }

    /// The script's facts, if it is one.
    pub fn script(&self) -> Option<&ScriptFacts> {
        if let Facts::Script(facts) = &self.facts {
            Some(facts)
        } else {
            None
        }
    }

    /// The repository's facts, if it is that file.
    pub fn repository(&self) -> Option<&Parsed<RepositoryFacts>> {
        if let Facts::Repository(parsed) = &self.facts {
            Some(parsed)
        } else {
            None
        }
    }

    /// The test table's facts, if it is that file.
    pub fn test_table(&self) -> Option<&Parsed<TableFacts>> {
        if let Facts::TestTable(parsed) = &self.facts {
            Some(parsed)
        } else {
            None
        }
    }

    /// Returns whether its ranges are those of an earlier text, because this one does not parse.
    pub fn is_stale(&self) -> bool {
        match &self.facts {
            Facts::Repository(parsed) => !parsed.errors.is_empty(),
            Facts::TestTable(parsed) => !parsed.errors.is_empty(),
            _ => false,
        }
    }

    /// The text at a range; empty if there is none.
    pub fn slice(&self, range: TextRange) -> &str {
        self.text
            .get(usize::from(range.start())..usize::from(range.end()))
            .unwrap_or_default()
    }

    /// Returns the lines of the text.
    pub fn lines(&self) -> &Lines {
        self.lines.get_or_init(|| Lines::new(&self.text))
    }

    /// The first line, without its end: the first that is no suppression comment, so that
    /// findings on it can be silenced from the line before.
    pub fn first_line(&self) -> TextRange {
        let mut start = 0;
        let mut line = self.line_from(start);
        while self.directives.iter().any(|d| self.is_alone(d, line)) {
            start = usize::from(line.end()) + 1;
            if start >= self.text.len() {
                return self.line_from(0);
            }
            line = self.line_from(start);
        }
        line
    }

    /// The line that begins at a byte, without its end.
    fn line_from(&self, start: usize) -> TextRange {
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let end = start + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        TextRange::new(
            TextSize::try_from(start).unwrap_or_default(),
            TextSize::try_from(end).unwrap_or_default(),
        )
    }

    /// Returns whether a suppression comment is alone on a line.
    fn is_alone(&self, directive: &Directive, line: TextRange) -> bool {
        let before = directive.range.start();
        line.contains_range(directive.range)
            && self
                .slice(TextRange::new(line.start(), before))
                .trim()
                .is_empty()
    }
}

/// Reads a script. One that does not parse has the facts of the last text that did.
fn read_script(text: &str, before: Option<&File>) -> ScriptFacts {
    let facts = bash::read(text);
    let good = before
        .and_then(|file| Some((file, file.script()?)))
        .filter(|(_, f)| !f.has_errors && !f.effects.refused);
    match good {
        Some((file, good)) if facts.has_errors || facts.effects.refused => {
            let mut moved = good.moved(&file.text, text);
            moved.is_stale = true;
            moved
        }
        _ => facts,
    }
}

/// Gives a text that does not parse the facts of the last one that did.
fn keep_good<T>(mut parsed: Parsed<T>, last: Option<T>) -> Parsed<T> {
    if parsed.facts.is_none() {
        parsed.facts = last;
    }
    parsed
}
