//! What the answer of `new` says of the lines of an image.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use model::runner::RUNNER_VARIABLES;
use serde_json::Value;

/// What covers a line that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cover {
    /// It is in the list to verify.
    Verify,
    /// A note names it.
    Note,
    /// It assigns a variable that a value to be verified has in it.
    Used,
    /// It stands beside one that is to be verified or noted.
    Beside,
    /// It has something that an include got or lost in the same commit.
    Include,
    /// A note says that the scripts are still those of another variant.
    Variant,
}

/// Lines of a file, from 0, of which something is said.
struct SaidRange {
    file: String,
    lines: RangeInclusive<usize>,
    cover: Cover,
}

/// What is said of an image.
pub(super) struct Said {
    ranges: Vec<SaidRange>,
    /// Files that notes name.
    files: BTreeSet<String>,
    is_variant: bool,
    /// Values to be verified, as they are written.
    values: Vec<String>,
    /// Names in the changed lines of includes.
    include_words: BTreeSet<String>,
}

impl Said {
    pub(super) fn of(report: &Value, image: &str, include_lines: &[String]) -> Said {
        let mut said = Said {
            ranges: Vec::new(),
            files: BTreeSet::new(),
            is_variant: false,
            values: Vec::new(),
            include_words: include_words(include_lines),
        };
        let folder = format!("images/{image}/");
        for value in report["verify"].as_array().unwrap() {
            said.ranges
                .extend(said_range(value, &folder, Cover::Verify));
            said.values.push(value["text"].as_str().unwrap().to_owned());
        }
        for note in report["notes"].as_array().unwrap() {
            said.ranges.extend(said_range(note, &folder, Cover::Note));
            said.add_message(note["message"].as_str().unwrap(), image);
        }
        said
    }

    /// Adds the lines and files that the text of a note names: `FOLDER/build.sh:3-7, 9, "limits": ...`.
    fn add_message(&mut self, message: &str, image: &str) {
        let head = message.split_once(": ").map_or(message, |(head, _)| head);
        let mut file = None;
        for word in head.split(", ") {
            let after = word.split_once(&format!("images/{image}/"));
            let lines = match after.and_then(|(_, rest)| rest.split_once(':')) {
                Some((name, lines)) => {
                    file = Some(name.to_owned());
                    lines
                }
                None => word,
            };
            if let Some(name) = word.strip_prefix('`').and_then(|w| w.strip_suffix('`')) {
                self.files.insert(name.to_owned());
            }
            let (first, last) = lines.split_once('-').unwrap_or((lines, lines));
            let range: Option<(usize, usize)> = first.parse().ok().zip(last.parse().ok());
            if let (Some((first, last)), Some(file)) = (range, &file) {
                self.ranges.push(SaidRange {
                    file: file.clone(),
                    lines: first - 1..=last - 1,
                    cover: Cover::Note,
                });
            }
        }
        self.is_variant |= head.ends_with(&format!("images/{image}"))
            && message.contains(": the scripts are those of ");
    }

    /// Returns what covers a line of a file that was made.
    pub(super) fn of_line(&self, file: &str, line: usize) -> Option<Cover> {
        self.of_lines(file, &[line])
    }

    /// Returns what covers a line that was inserted before one.
    pub(super) fn of_inserted(&self, file: &str, before: usize) -> Option<Cover> {
        let above = before.checked_sub(1)?;
        self.of_lines(file, &[above, before]).or_else(|| {
            let mut beside = [above, before].into_iter();
            beside.find_map(|line| self.of_line(file, line).map(|_| Cover::Beside))
        })
    }

    /// Returns what is said of lines together.
    fn of_lines(&self, file: &str, lines: &[usize]) -> Option<Cover> {
        let has_all = |range: &&SaidRange| lines.iter().all(|line| range.lines.contains(line));
        let ranges = self.ranges.iter().filter(|range| range.file == file);
        ranges.filter(has_all).map(|range| range.cover).min()
    }

    /// Returns what covers a line by its text alone.
    pub(super) fn of_text(&self, text: &str) -> Option<Cover> {
        let mut words = words(text);
        if words.any(|word| self.include_words.contains(word)) {
            Some(Cover::Include)
        } else if text
            .split_once('=')
            .is_some_and(|(name, _)| self.is_used(name))
        {
            Some(Cover::Used)
        } else {
            self.is_variant.then_some(Cover::Variant)
        }
    }

    fn is_used(&self, variable: &str) -> bool {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let expands = |value: &str| {
            let mut parts = value.split(['$', '{']).skip(1);
            parts.any(|part| part.split(|c| !is_part(c)).next() == Some(variable))
        };
        !variable.is_empty()
            && variable.chars().all(is_part)
            && self.values.iter().any(|value| expands(value))
    }

    /// Returns what covers a file that was copied.
    pub(super) fn of_file(&self, file: &str) -> Option<Cover> {
        match self.files.contains(file) {
            true => Some(Cover::Note),
            false => self.is_variant.then_some(Cover::Variant),
        }
    }
}

/// Returns the lines of a value or note that has a range in the folder of the image.
fn said_range(value: &Value, folder: &str, cover: Cover) -> Option<SaidRange> {
    let (_, file) = value["path"].as_str()?.split_once(folder)?;
    let line = |end: &str| usize::try_from(value["range"][end]["line"].as_u64()?).ok();
    Some(SaidRange {
        file: file.to_owned(),
        lines: line("start")?..=line("end")?,
        cover,
    })
}

/// Returns the words of a line that may be names.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    line.split(move |c: char| !is_part(c))
}

/// Returns the functions and variables in changed lines of includes, but for those of the runner.
fn include_words(lines: &[String]) -> BTreeSet<String> {
    let is_runners = |word: &str| RUNNER_VARIABLES.iter().any(|known| known.name == word);
    let is_variable = |word: &&str| {
        word.len() > 2
            && word.starts_with(|c: char| c.is_ascii_uppercase())
            && word
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    let mut found = BTreeSet::new();
    for line in lines {
        let line = line.trim();
        let function = match line.strip_prefix("function ") {
            Some(rest) => rest.split([' ', '(']).next(),
            None => line.split_once("()").map(|(name, _)| name.trim()),
        };
        let variables = words(line).filter(is_variable);
        let names = function.into_iter().chain(variables);
        found.extend(names.filter(|name| !is_runners(name)).map(str::to_owned));
    }
    found
}
