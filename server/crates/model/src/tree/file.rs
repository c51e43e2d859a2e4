//! Files with their texts and facts.

use std::sync::{Arc, OnceLock};

use smol_str::SmolStr;

use super::{ALL_TESTS, FileKind};
use syntax::bash::{self, ScriptFacts};
use syntax::directive::{self, Directive};
use syntax::lines::Lines;
use syntax::nix::{self, Parsed, RepositoryFacts, SuiteFacts, TableFacts};
use syntax::{TextRange, TextSize};

/// Facts of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Facts {
    /// Of a script. Scripts with the same text share them.
    Script(Arc<ScriptFacts>),
    /// Of the repository, or of a module that it may import.
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
    /// Facts of the text; of one that is typed and does not parse, those of the last text that did.
    pub facts: Facts,
    /// Suppression comments in the text.
    pub directives: Box<[Directive]>,
    is_readable: bool,
    lines: OnceLock<Lines>,
    /// The earlier text that the ranges of facts are from.
    facts_text: Option<Arc<str>>,
    facts_lines: OnceLock<Lines>,
    variable_uses: OnceLock<Box<[TextRange]>>,
}

impl File {
    /// Reads a text that is being typed. `before` is the same file as it was: its facts live on
    /// while the new text does not parse.
    pub fn new(path: SmolStr, kind: FileKind, text: Arc<str>, before: Option<&File>) -> File {
        File::with_older(path, kind, text, before.map(Older::Facts))
    }

    /// Reads a text that was saved. Its findings are those of a file that was never read before,
    /// also where it does not parse; names and completions may come from `before`.
    pub fn saved(path: SmolStr, kind: FileKind, text: Arc<str>, before: Option<&File>) -> File {
        File::with_older(path, kind, text, before.map(Older::Names))
    }

    fn with_older(path: SmolStr, kind: FileKind, text: Arc<str>, older: Option<Older<'_>>) -> File {
        let facts = match kind {
            FileKind::Script => Facts::Script(read_script(&text, older).into()),
            FileKind::Repository | FileKind::RepositoryModule => {
                let mut parsed = nix::repository(&text);
                if let Some(older) = older {
                    older.complete(&mut parsed, File::repository);
                }
                Facts::Repository(parsed)
            }
            FileKind::TestTable => {
                let mut parsed = nix::test_table(&text);
                if let Some(older) = older {
                    older.complete(&mut parsed, File::test_table);
                }
                Facts::TestTable(parsed)
            }
            FileKind::Suite if path == ALL_TESTS => Facts::Suite(nix::list_of_tests(&text)),
            FileKind::Suite => Facts::Suite(nix::suite_test(&text)),
            FileKind::Settings | FileKind::Other => Facts::None,
        };
        let has_older_facts = match &facts {
            Facts::Repository(parsed) => !parsed.errors.is_empty() && parsed.facts.is_some(),
            Facts::TestTable(parsed) => !parsed.errors.is_empty() && parsed.facts.is_some(),
            // Those of a script move with its text.
            Facts::Script(_) | Facts::Suite(_) | Facts::None => false,
        };
        let facts_text = match older {
            Some(Older::Facts(before)) if has_older_facts => {
                let earlier = before.facts_text.as_ref();
                Some(earlier.unwrap_or(&before.text).clone())
            }
            _ => None,
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
            is_readable: true,
            lines: OnceLock::new(),
            facts_text,
            facts_lines: OnceLock::new(),
            variable_uses: OnceLock::new(),
        }
    }

    /// Returns the file at another path that has the same text and is used alike: it is not read
    /// again.
    pub fn at(&self, path: SmolStr) -> File {
        File {
            path,
            kind: self.kind,
            text: self.text.clone(),
            facts: self.facts.clone(),
            directives: self.directives.clone(),
            is_readable: self.is_readable,
            lines: OnceLock::new(),
            facts_text: self.facts_text.clone(),
            facts_lines: OnceLock::new(),
            variable_uses: OnceLock::new(),
        }
    }

    /// Returns a file that exists, and whose text is unknown.
    pub fn unreadable(path: SmolStr, kind: FileKind) -> File {
        let nothing = "";
        let mut file = File::new(path, FileKind::Other, Arc::from(nothing), None);
        file.kind = kind;
        file.is_readable = false;
        if kind == FileKind::Script {
            file.facts = Facts::Script(ScriptFacts::refused().into());
        }
        file
    }

    /// Returns whether the file is known to have a text: one that cannot be read has none, not even
    /// the empty one.
    pub fn has_text(&self, text: &str) -> bool {
        self.is_readable && *self.text == *text
    }

    /// Returns whether its text is known.
    pub fn is_readable(&self) -> bool {
        self.is_readable
    }

    /// The script's facts, if it is one.
    pub fn script(&self) -> Option<&ScriptFacts> {
        if let Facts::Script(facts) = &self.facts {
            Some(facts)
        } else {
            None
        }
    }

    /// The repository's facts, if it is that file or a module that it may import.
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

    /// Returns whether findings are those of an earlier text: this one is typed and does not parse.
    pub fn has_older_facts(&self) -> bool {
        self.facts_text.is_some() || self.script().is_some_and(|facts| facts.is_stale)
    }

    /// Returns the text that the ranges of facts are from, and its lines.
    pub fn facts_text(&self) -> (&str, &Lines) {
        match &self.facts_text {
            Some(text) => (text, self.facts_lines.get_or_init(|| Lines::new(text))),
            None => (&self.text, self.lines()),
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

    /// Returns the names of variables that are used or set in the text of a script, in the order of the
    /// text. Facts have those that values depend on; the others are read when they are asked for.
    pub fn variable_uses(&self) -> &[TextRange] {
        self.variable_uses.get_or_init(|| match &self.facts {
            Facts::Script(_) => bash::variable_uses(&self.text).into(),
            _ => Box::default(),
        })
    }

    /// The first line, without its end: the first that is no suppression comment, so that
    /// findings on it can be silenced from the line before.
    pub fn first_line(&self) -> TextRange {
        let mut start = 0;
        let mut line = self.line_from(start);
        // They are in the order of the text, and only the first one of a line is alone on it.
        let mut directives = self.directives.iter().peekable();
        while directives
            .peek()
            .is_some_and(|directive| self.is_alone(directive, line))
        {
            start = usize::from(line.end()) + 1;
            if start >= self.text.len() {
                return self.line_from(0);
            }
            while directives
                .next_if(|directive| directive.range.start() < line.end())
                .is_some()
            {}
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

/// A file as it was, and what of it lives on while its new text does not parse.
#[derive(Clone, Copy)]
enum Older<'f> {
    /// Its facts.
    Facts(&'f File),
    /// Its names, for hovers and completions alone.
    Names(&'f File),
}

impl Older<'_> {
    /// Gives a text that does not parse what is left of the last one that did.
    fn complete<T: Clone>(self, parsed: &mut Parsed<T>, of: fn(&File) -> Option<&Parsed<T>>) {
        let (Older::Facts(before) | Older::Names(before)) = self;
        let Some(before) = of(before).filter(|_| parsed.facts.is_none()) else {
            return;
        };
        match self {
            Older::Facts(_) => {
                parsed.facts = before.facts.clone();
                parsed.older = before.older.clone();
            }
            Older::Names(_) => parsed.older = before.last_known().cloned(),
        }
    }
}

/// Reads a script. One that is typed and not finished, or that tells nothing, has the facts of the
/// last text that was.
fn read_script(text: &str, older: Option<Older<'_>>) -> ScriptFacts {
    let facts = bash::read(text);
    let before = match older {
        Some(Older::Facts(before)) => Some(before),
        // A script that does not parse is understood in part.
        Some(Older::Names(_)) | None => None,
    };
    let tells_little = |facts: &ScriptFacts| facts.is_unfinished || facts.effects.refused;
    let good = before
        .and_then(|file| Some((file, file.script()?)))
        .filter(|(_, good)| !tells_little(good));
    match good {
        Some((file, good)) if tells_little(&facts) => {
            let mut moved = good.moved(&file.text, text);
            moved.is_stale = true;
            moved
        }
        _ => facts,
    }
}
