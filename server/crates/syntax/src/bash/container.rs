//! A here-document's text read as a script of the container: names it sets itself, units it
//! masks, signs of the init system.
//!
//! A scan by lines and words, not a parse: the text is a template, and pieces of it may come
//! from somewhere else.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use smol_str::SmolStr;

use super::super::{TextRange, TextSize};
use super::reader::is_name;
use super::{HereDoc, ScriptFacts};

impl ScriptFacts {
    /// Returns what the script does to the units of the container, each with its here-document.
    pub fn units(&self) -> impl Iterator<Item = (&HereDoc, &UnitAction)> {
        let heredocs = self.heredocs.iter();
        heredocs.flat_map(|heredoc| {
            heredoc
                .container
                .units
                .iter()
                .map(move |unit| (heredoc, unit))
        })
    }
}

/// Facts of a here-document that is read as a script of the container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainerFacts {
    /// Names that the script assigns, loops over or reads. Sorted, each once.
    pub assigned: Box<[SmolStr]>,
    /// Units that are masked, enabled, disabled, or given a drop-in.
    pub units: Box<[UnitAction]>,
}

/// Facts and signs found by [`read`].
pub(super) struct ReadContainer {
    pub(super) facts: ContainerFacts,
    /// Set when the text calls `systemctl` or writes below `/etc/systemd/system`.
    pub(super) systemd: bool,
    /// Set when the text uses another init's tools or files.
    pub(super) other_init: bool,
}

/// Something done to a systemd unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitAction {
    /// Action on the unit.
    pub verb: UnitVerb,
    /// The unit.
    pub unit: SmolStr,
    /// The name of the unit.
    pub range: TextRange,
}

/// Action on a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnitVerb {
    /// `systemctl mask`.
    Mask,
    /// `systemctl disable`.
    Disable,
    /// `systemctl enable`.
    Enable,
    /// A directory `UNIT.d` below `/etc/systemd/system`.
    DropIn,
}

const SYSTEMD_DIRECTORY: &str = "/etc/systemd/system/";
const OTHER_INIT: [&str; 7] = [
    "rc-update",
    "update-rc.d",
    "/etc/inittab",
    "/etc/runit/",
    "/etc/rc.d/",
    "/etc/sv/",
    "dinitctl",
];

/// Beginnings of questions whether something is there: what depends on the answer is no sign.
const CONDITIONS: [&str; 6] = ["[ ", "[[ ", "test -", "command -v", "type ", "which "];

/// Reads the text of a here-document that begins at byte `start` of its file.
pub(super) fn read(text: &str, start: TextSize) -> ReadContainer {
    static SIGNS: LazyLock<Vec<Finder<'static>>> = LazyLock::new(|| {
        let signs = OTHER_INIT.iter().chain([&SYSTEMD_DIRECTORY]);
        signs.map(|sign| Finder::new(*sign)).collect()
    });
    let has = |sign: &Finder<'_>| sign.find(text.as_bytes()).is_some();
    let mut facts = Collected {
        signs: SIGNS.iter().any(has),
        ..Collected::default()
    };
    let mut nested: Option<&str> = None;
    let mut at = start;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        match nested {
            Some(delimiter) if bare == delimiter => nested = None,
            Some(_) => {}
            None => {
                facts.line(line, at);
                nested = delimiter_of(line);
            }
        }
        at += TextSize::of(line);
    }
    facts.finish()
}

/// The delimiter of the here-document that `line` opens.
pub(super) fn delimiter_of(line: &str) -> Option<&str> {
    let at = memchr::memchr(b'<', line.as_bytes())?;
    let (_, rest) = line.get(at..)?.split_once("<<")?;
    let rest = rest.trim_start_matches('-').trim_start();
    let rest = rest.trim_start_matches(['\\', '"', '\'']);
    let end = rest
        .find(|c: char| !(c == '_' || c.is_ascii_alphanumeric()))
        .unwrap_or(rest.len());
    rest.get(..end)
        .filter(|d| d.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic()))
}

#[derive(Default)]
struct Collected {
    assigned: Vec<SmolStr>,
    units: Vec<UnitAction>,
    systemd: bool,
    other_init: bool,
    /// Set when the text has any sign of an init system besides commands: only then is it searched
    /// for line by line.
    signs: bool,
    /// Number of conditions around the present line: what is done in them is no sign.
    conditions: usize,
}

/// State of the scan of a line: the part of a command that comes next.
#[derive(Clone, Copy, PartialEq)]
enum ScanState {
    Command,
    Arguments,
    ForName,
    ReadNames,
    Systemctl,
    Units(UnitVerb),
    /// The file of a redirection comes next.
    RedirectionFile(UnitVerb),
}

impl Collected {
    fn line(&mut self, line: &str, start: TextSize) {
        if line.trim_start().starts_with('#') {
            return;
        }
        let was_in_condition = self.conditions > 0;
        let asks = || CONDITIONS.iter().any(|asks| line.contains(asks));
        if self.signs && !was_in_condition && !asks() {
            self.systemd |= line.contains(SYSTEMD_DIRECTORY);
            self.other_init |= OTHER_INIT.iter().any(|sign| line.contains(sign));
        }
        let before = self.systemd;
        let mut state = ScanState::Command;
        let is_one_command = !line.bytes().any(is_separator);
        for (word, offset) in (Words { line, at: 0 }) {
            let at = start + TextSize::try_from(offset).unwrap_or_default();
            state = self.word(state, word, at);
            if state == ScanState::Arguments && is_one_command && !self.signs {
                // Arguments say nothing, up to the next command.
                break;
            }
        }
        if self.systemd != before && (was_in_condition || self.conditions > 0 || asks()) {
            self.systemd = before;
        }
    }

    fn word(&mut self, state: ScanState, word: &str, at: TextSize) -> ScanState {
        if matches!(word, ";" | "&" | "|" | "(" | ")") {
            return ScanState::Command;
        }
        if self.signs {
            self.drop_in(word, at);
        }
        match state {
            ScanState::Command => self.command(word),
            ScanState::ForName => {
                self.assign(word);
                ScanState::Arguments
            }
            ScanState::ReadNames => {
                if !word.starts_with('-') {
                    self.assign(word);
                }
                ScanState::ReadNames
            }
            ScanState::Systemctl => match word {
                "mask" => ScanState::Units(UnitVerb::Mask),
                "disable" => ScanState::Units(UnitVerb::Disable),
                "enable" => ScanState::Units(UnitVerb::Enable),
                _ if word.starts_with('-') => ScanState::Systemctl,
                _ => ScanState::Arguments,
            },
            ScanState::Units(verb) if word.ends_with(['>', '<']) => {
                ScanState::RedirectionFile(verb)
            }
            ScanState::RedirectionFile(verb) => ScanState::Units(verb),
            ScanState::Units(verb) => {
                if !word.starts_with(['-', '>', '<', '$']) && !word.contains('>') {
                    let unit = word.trim_matches(['"', '\'']);
                    let quote = word.len() - word.trim_start_matches(['"', '\'']).len();
                    let start = at + TextSize::try_from(quote).unwrap_or_default();
                    let range = TextRange::at(start, TextSize::of(unit));
                    self.units.push(UnitAction {
                        verb,
                        unit: SmolStr::new(unit),
                        range,
                    });
                }
                state
            }
            ScanState::Arguments => ScanState::Arguments,
        }
    }

    /// Reads a word that may be a command.
    fn command(&mut self, word: &str) -> ScanState {
        match word {
            "if" | "case" => self.conditions += 1,
            "fi" | "esac" => self.conditions = self.conditions.saturating_sub(1),
            _ => {}
        }
        match word {
            "do" | "then" | "else" | "elif" | "if" | "while" | "until" | "!" | "{" | "}"
            | "export" | "local" | "readonly" | "declare" | "time" => ScanState::Command,
            "for" | "select" => ScanState::ForName,
            "read" => ScanState::ReadNames,
            _ if is_program(word, "systemctl") => {
                self.systemd = true;
                ScanState::Systemctl
            }
            _ => match word.split_once('=') {
                Some((name, _)) if is_name(name.trim_end_matches('+')) => {
                    self.assign(name.trim_end_matches('+'));
                    ScanState::Command
                }
                _ => ScanState::Arguments,
            },
        }
    }

    fn assign(&mut self, name: &str) {
        if is_name(name) {
            self.assigned.push(SmolStr::new(name));
        }
    }

    /// `/etc/systemd/system/UNIT.d`, anywhere in a word.
    fn drop_in(&mut self, word: &str, at: TextSize) {
        let Some((before, rest)) = word.split_once(SYSTEMD_DIRECTORY) else {
            return;
        };
        let unit = rest.split('/').next().unwrap_or_default();
        let Some(unit) = unit.strip_suffix(".d") else {
            return;
        };
        let offset = TextSize::of(before) + TextSize::of(SYSTEMD_DIRECTORY);
        let range = TextRange::at(at + offset, TextSize::of(unit));
        if self
            .units
            .iter()
            .any(|u| u.verb == UnitVerb::DropIn && u.unit == unit)
        {
            return;
        }
        self.units.push(UnitAction {
            verb: UnitVerb::DropIn,
            unit: SmolStr::new(unit),
            range,
        });
    }

    fn finish(mut self) -> ReadContainer {
        self.assigned.sort_unstable();
        self.assigned.dedup();
        let facts = ContainerFacts {
            assigned: self.assigned.into_boxed_slice(),
            units: self.units.into_boxed_slice(),
        };
        ReadContainer {
            facts,
            systemd: self.systemd,
            other_init: self.other_init,
        }
    }
}

/// Returns whether a word calls a program, by its path or without it.
fn is_program(word: &str, name: &str) -> bool {
    let folder = word.strip_suffix(name);
    folder.is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
}

/// The words of a line and its separators, each with its offset. Quotes hold words together.
struct Words<'t> {
    line: &'t str,
    /// Offset of what comes next.
    at: usize,
}

impl<'t> Iterator for Words<'t> {
    type Item = (&'t str, usize);

    fn next(&mut self) -> Option<(&'t str, usize)> {
        let rest = self.line.get(self.at..)?;
        let blanks = rest.bytes().position(|b| !b.is_ascii_whitespace())?;
        let start = self.at + blanks;
        let rest = rest.get(blanks..)?;
        let mut quote: Option<u8> = None;
        let mut escaped = false;
        let mut length = rest.len();
        for (at, byte) in rest.bytes().enumerate() {
            if quote.is_none() && !escaped && (byte.is_ascii_whitespace() || is_separator(byte)) {
                // A separator at the beginning is a word itself.
                length = at.max(1);
                break;
            }
            quote = match quote {
                None if !escaped && matches!(byte, b'"' | b'\'') => Some(byte),
                Some(open) if !escaped && byte == open => None,
                other => other,
            };
            escaped = byte == b'\\' && !escaped;
        }
        self.at = start + length;
        // Quotes that do not end go on to the end of the line.
        Some((rest.get(..length)?.trim_end(), start))
    }
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b';' | b'&' | b'|' | b'(' | b')')
}
