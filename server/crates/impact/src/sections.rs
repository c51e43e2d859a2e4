//! A script in its sections: functions, variables that are given a text, and the code outside of both. Comments,
//! and the layout of lines, are in none of them.

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use syntax::shell::{self, AssignedValue, Command, CommandKind, PieceKind, Script, TokenKind};
use syntax::{TextRange, TextSize};

/// A script in its sections.
#[derive(Debug, Default)]
pub(crate) struct Sections {
    /// The code comes first.
    pub(crate) sections: Vec<Section>,
}

/// Kind of section of a script.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum SectionKind {
    /// What is neither in a function nor a plain assignment.
    Code,
    /// A function.
    Function(SmolStr),
    /// A variable that is given a text in which nothing is expanded.
    Variable(SmolStr),
}

/// A section of a script.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) kind: SectionKind,
    /// Its commands, in order.
    pub(crate) pieces: Vec<Piece>,
    /// Names in it.
    pub(crate) names: Names,
}

/// A command of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Number of commands of the code before it.
    after: usize,
    /// The text, without comments.
    pub(crate) text: String,
    /// The range in the script.
    pub(crate) range: TextRange,
}

/// Names that a section may mean.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Words that are written.
    pub(crate) words: FxHashSet<SmolStr>,
    /// Beginnings of words that go on with what is expanded.
    prefixes: FxHashSet<SmolStr>,
    /// Ends of words that begin with what is expanded.
    suffixes: FxHashSet<SmolStr>,
    /// Set when it may execute any text, or give any variable to programs.
    pub(crate) is_open: bool,
}

impl Sections {
    /// Reads a script.
    pub(crate) fn read(text: &str) -> Sections {
        let script = shell::parse(text);
        let plain = Plain::new(text, &script);
        let mut sections = vec![Section::new(SectionKind::Code)];
        let commands = &script.commands;
        // What is not understood to its end is one piece.
        let is_read = !matches!(
            commands.last().map(|command| &command.kind),
            Some(CommandKind::Unread)
        );
        let starts: Vec<TextSize> = match is_read {
            true => commands
                .iter()
                .map(|command| command.range.start())
                .collect(),
            false => vec![TextSize::default()],
        };
        let ends = starts.iter().skip(1).copied();
        let ends = ends.chain([TextSize::of(text)]);
        for (number, (start, end)) in starts.iter().zip(ends).enumerate() {
            let range = TextRange::new(*start, end.max(*start));
            let command = commands.get(number).filter(|_| is_read);
            let kind = command.map_or(SectionKind::Code, |command| kind_of(&script, command));
            let after = sections.first().map_or(0, |code| code.pieces.len());
            let shown = command.map_or(range, |command| command.range);
            let own = command.filter(|_| matches!(kind, SectionKind::Variable(_)));
            let own = own.and_then(|command| assigned(text, command));
            let piece = Piece {
                after,
                text: own.unwrap_or_else(|| plain.text(range)),
                range: shown,
            };
            match sections.iter_mut().find(|section| section.kind == kind) {
                Some(section) => section.pieces.push(piece),
                None => sections.push(Section {
                    pieces: vec![piece],
                    ..Section::new(kind)
                }),
            }
        }
        for section in &mut sections {
            for piece in &section.pieces {
                section.names.read(&piece.text);
            }
        }
        Sections { sections }
    }

    pub(crate) fn of_kind(&self, kind: &SectionKind) -> Option<&Section> {
        self.sections.iter().find(|section| section.kind == *kind)
    }

    /// Returns the kinds of the sections in which two versions of a script differ, the code first.
    pub(crate) fn difference(&self, after: &Sections) -> Vec<SectionKind> {
        let mut kinds: Vec<&SectionKind> =
            self.sections.iter().map(|section| &section.kind).collect();
        for section in &after.sections {
            if !kinds.contains(&&section.kind) {
                kinds.push(&section.kind);
            }
        }
        let code = |sections: &Sections| {
            let code = sections.of_kind(&SectionKind::Code);
            code.map(|code| code.texts().map(str::to_owned).collect::<Vec<_>>())
        };
        let is_same_code = code(self) == code(after);
        let differs = |kind: &&SectionKind| match (self.of_kind(kind), after.of_kind(kind)) {
            (Some(old), Some(new)) => {
                let order =
                    |section: &Section| section.pieces.iter().map(|p| p.after).collect::<Vec<_>>();
                old.texts().ne(new.texts()) || (is_same_code && order(old) != order(new))
            }
            (old, new) => old.is_some() != new.is_some(),
        };
        kinds.into_iter().filter(differs).cloned().collect()
    }
}

impl Section {
    fn new(kind: SectionKind) -> Section {
        Section {
            kind,
            pieces: Vec::new(),
            names: Names::default(),
        }
    }

    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().map(|piece| piece.text.as_str())
    }

    /// Returns the range of the first command that another version has not.
    pub(crate) fn first_change(&self, before: Option<&Section>) -> Option<TextRange> {
        let mut old = before.into_iter().flat_map(Section::texts);
        let changed = self
            .pieces
            .iter()
            .find(|piece| old.next() != Some(piece.text.as_str()));
        let changed = changed.or(self.pieces.last());
        changed.map(|piece| piece.range)
    }
}

/// Returns a text whose lines end as those of Unix do.
pub(crate) fn with_plain_ends(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn kind_of(script: &Script, command: &Command) -> SectionKind {
    match &command.kind {
        CommandKind::Define(index) => match script.functions.get(*index) {
            Some(function) if command.redirects.is_empty() => {
                SectionKind::Function(function.name.clone())
            }
            _ => SectionKind::Code,
        },
        CommandKind::Simple(simple) => match simple.assignments.as_slice() {
            [only] if simple.words.is_empty() && command.redirects.is_empty() => {
                let is_plain = !only.is_item && !only.adds && is_plain(&only.value);
                match is_plain {
                    true => SectionKind::Variable(only.name.clone()),
                    false => SectionKind::Code,
                }
            }
            _ => SectionKind::Code,
        },
        _ => SectionKind::Code,
    }
}

/// Returns what a variable is given by a command that does nothing else, however that is quoted.
fn assigned(text: &str, command: &Command) -> Option<String> {
    let CommandKind::Simple(simple) = &command.kind else {
        return None;
    };
    let [only] = simple.assignments.as_slice() else {
        return None;
    };
    let AssignedValue::Text(word) = &only.value else {
        return None;
    };
    Some(format!("{}={}", only.name, word.literal(text)?))
}

/// Returns whether nothing is expanded in a value.
fn is_plain(value: &AssignedValue) -> bool {
    let AssignedValue::Text(word) = value else {
        return false;
    };
    let mut pieces = word.pieces.iter();
    pieces.all(|piece| matches!(piece.kind, PieceKind::Literal | PieceKind::Decoded(_)))
}

/// A text of which some ranges are kept as they are.
struct Plain<'t> {
    text: &'t str,
    comments: Vec<(usize, usize)>,
    kept: Vec<(usize, usize)>,
}

fn span(range: TextRange) -> (usize, usize) {
    (range.start().into(), range.end().into())
}

impl<'t> Plain<'t> {
    fn new(text: &'t str, script: &Script) -> Plain<'t> {
        let tokens = shell::tokens(text, script).tokens;
        let of_kind = |kind: TokenKind| {
            let tokens = tokens.iter().filter(move |token| token.kind == kind);
            tokens.map(|token| span(token.range)).collect::<Vec<_>>()
        };
        let comments = of_kind(TokenKind::Comment);
        let mut kept = of_kind(TokenKind::Quoted);
        kept.extend(
            script
                .heredocs
                .iter()
                .map(|heredoc| span(heredoc.body.range)),
        );
        kept.sort_unstable();
        let mut merged: Vec<(usize, usize)> = Vec::new();
        for (from, to) in kept {
            match merged.last_mut() {
                Some((_, end)) if from <= *end => *end = to.max(*end),
                _ => merged.push((from, to)),
            }
        }
        Plain {
            text,
            comments,
            kept: merged,
        }
    }

    /// Returns a range of it without comments; runs of blanks and line ends between words are one.
    fn text(&self, range: TextRange) -> String {
        let (mut at, end) = span(range);
        let mut out = String::new();
        // The last blank or line end that was not written yet.
        let mut gap: Option<char> = None;
        while at < end {
            if let Some((from, to)) = around(&self.comments, at)
                && from == at
            {
                at = to.max(at + 1);
                continue;
            }
            if let Some((_, to)) = around(&self.kept, at) {
                out.extend(gap.take());
                let to = to.min(end);
                out.push_str(self.text.get(at..to).unwrap_or_default());
                at = to;
                continue;
            }
            let Some(c) = self.text.get(at..).and_then(|rest| rest.chars().next()) else {
                break;
            };
            at += c.len_utf8();
            match c {
                ' ' | '\t' | '\n' if !out.ends_with('\\') || gap.is_some() => {
                    gap = Some(match gap {
                        Some('\n') => '\n',
                        _ if c == '\n' => '\n',
                        _ => ' ',
                    });
                }
                _ => {
                    out.extend(gap.take());
                    out.push(c);
                }
            }
        }
        out
    }
}

/// Returns the range around an offset, of some in their order.
fn around(ranges: &[(usize, usize)], at: usize) -> Option<(usize, usize)> {
    let index = ranges.partition_point(|(from, _)| *from <= at);
    let found = ranges.get(index.checked_sub(1)?).copied();
    found.filter(|(_, to)| at < *to)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

fn is_joint(c: char) -> bool {
    c == '_' || c == '-'
}

impl Names {
    fn read(&mut self, text: &str) {
        self.is_open |= text.contains("allexport") || text.contains("set -a");
        let mut rest = text;
        let mut before = "";
        while let Some(start) = rest.find(is_word) {
            let (gap, word) = rest.split_at(start);
            let length = word.find(|c: char| !is_word(c)).unwrap_or(word.len());
            let (word, after) = word.split_at(length);
            if start > 0 {
                before = gap;
            }
            self.word(before, word, after);
            before = "";
            rest = after;
        }
    }

    fn word(&mut self, before: &str, word: &str, after: &str) {
        self.is_open |= word == "eval";
        let mut add = |word: &str| {
            if !word.is_empty() && !self.words.contains(word) {
                self.words.insert(SmolStr::new(word));
            }
        };
        add(word);
        word.split('-').for_each(&mut add);
        let after = after.trim_start_matches('"');
        if word.ends_with(is_joint) && after.starts_with(['$', '{', '*', '?', '[', '`']) {
            self.prefixes.insert(SmolStr::new(word));
        }
        let before = before.trim_end_matches('"');
        if word.starts_with(is_joint) && before.ends_with(['}', ')', '*', '?', ']', '`']) {
            self.suffixes.insert(SmolStr::new(word));
        }
        if before.ends_with('$')
            && let Some(at) = word.find('-')
        {
            self.suffixes
                .insert(SmolStr::new(word.get(at..).unwrap_or_default()));
        }
    }

    /// Returns whether a function may be meant that has a name.
    pub(crate) fn may_mean(&self, function: &str) -> bool {
        let is_long = |section: &&SmolStr| section.len() > 1;
        self.is_open
            || self.words.contains(function)
            || !function.chars().all(is_word)
            || self
                .prefixes
                .iter()
                .filter(is_long)
                .any(|prefix| function.starts_with(prefix.as_str()))
            || self
                .suffixes
                .iter()
                .filter(is_long)
                .any(|suffix| function.ends_with(suffix.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sections of a script, one line each.
    fn shown(text: &str) -> String {
        let sections = Sections::read(text).sections;
        let lines = sections.iter().flat_map(|section| {
            let kind = match &section.kind {
                SectionKind::Code => "code".to_owned(),
                SectionKind::Function(name) => format!("function {name}"),
                SectionKind::Variable(name) => format!("variable {name}"),
            };
            let texts: Vec<&str> = section.texts().collect();
            texts
                .iter()
                .map(|text| format!("{kind}: {text:?}\n"))
                .collect::<Vec<_>>()
        });
        lines.collect()
    }

    #[test]
    fn a_script_is_its_functions_variables_and_code() {
        assert_eq!(
            shown(
                "#!/bin/bash\nA=1 # one\nB=$A\n\nf() {\n\t# inside\n\techo  '# a  b'   # out\n\n\techo x\n}\nf && g\n"
            ),
            "code: \"B=$A\"\ncode: \"f && g\"\nvariable A: \"A=1\"\n\
             function f: \"f() {\\necho '# a  b'\\necho x\\n}\"\n"
        );
        assert_eq!(
            shown("cat <<EOF # c\n# a  b\n\nEOF\nexport C=1\nD+=1\nE=(a)\n"),
            "code: \"cat <<EOF\\n# a  b\\n\\nEOF\"\ncode: \"export C=1\"\n\
             code: \"D+=1\"\ncode: \"E=(a)\"\n"
        );
        assert_eq!(
            shown("A=1\nif true ; then\n"),
            "code: \"A=1\\nif true ; then\"\n"
        );
        assert_eq!(shown("a\\  b\n"), "code: \"a\\\\  b\"\n");
    }

    /// The kinds of the sections in which two scripts differ.
    fn difference(before: &str, after: &str) -> String {
        let kinds = Sections::read(before).difference(&Sections::read(after));
        let kinds = kinds.iter().map(|kind| match kind {
            SectionKind::Code => "code".to_owned(),
            SectionKind::Function(name) | SectionKind::Variable(name) => name.to_string(),
        });
        kinds.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn sections_differ_by_what_they_say_and_where_they_stand() {
        for (before, after, expected) in [
            ("a\n", "\n# c\n  a   # d\n", ""),
            ("f() { a; }\ng() { b; }\n", "g() { b; }\nf() { a; }\n", ""),
            ("A=1\nB=2\n", "B=2\nA=1\n", ""),
            ("A=1\na\n", "a\nA=1\n", "A"),
            ("A=1\nA=2\n", "A=2\nA=1\n", "A"),
            ("A=x\nB='a b'\n", "A=\"x\"\nB=a\\ b\n", ""),
            ("A='$x'\n", "A=$x\n", "code A"),
            ("f() { a; }\nf\n", "f\nf() { a; }\n", "f"),
            ("A=1\na\n", "A=1\nb\na\n", "code"),
            ("echo 'a  b'\n", "echo 'a b'\n", "code"),
            ("cat <<E\n#\nE\n", "cat <<E\nE\n", "code"),
            ("A=1\n", "A=1 b\n", "code A"),
        ] {
            assert_eq!(difference(before, after), expected, "{before:?} {after:?}");
        }
    }

    #[test]
    fn a_name_may_be_made_of_what_is_expanded() {
        let names = |text: &str| {
            let mut names = Names::default();
            names.read(text);
            names
        };
        for (text, function, expected) in [
            ("configure-rhel-9", "configure-rhel-9", true),
            ("configure-rhel-9", "configure-rhel", false),
            ("configure-rhel-$RELVER", "configure-rhel-9", true),
            ("\"configure-rhel-\"$RELVER", "configure-rhel-9", true),
            ("configure-{debian,common}", "configure-debian", true),
            ("configure-{debian,common}", "bootstrap", false),
            ("$DISTNAME-append", "debian-append", true),
            ("\"${DISTNAME}\"-append", "debian-append", true),
            ("trap cleanup EXIT", "cleanup", true),
            ("eval \"$x\"", "anything", true),
            ("$A-$B", "anything", false),
        ] {
            assert_eq!(
                names(text).may_mean(function),
                expected,
                "{text} {function}"
            );
        }
    }
}
