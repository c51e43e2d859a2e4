//! Scripts that are executed in containers, as rules see them: the facts of what a build generates,
//! and the place in the checkout that each of its bytes comes from.
//!
//! They are none of the [`Scope`](crate::Scope)s that are checked again at each edit: whoever has
//! time follows the builds, and puts in what was found.

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::rule::Check;
use crate::{ContainerText, ContainerTexts, Context, FileRange, Finding, Rule, rules};
use container::{Build, Execution, SegmentKind, ShownText};
use model::{FileId, Image};
use syntax::bash::ScriptFacts;
use syntax::{TextRange, TextSize};

/// Number of images that are named where they share a finding.
const MAX_NAMED: usize = 4;

/// A script that is executed in the container of an image.
#[derive(Debug, Clone)]
pub struct ContainerScript {
    /// Name of the image.
    pub image: SmolStr,
    /// The text: conditions that reading cannot tell are commands of it, and what only a build knows
    /// is the word `⟦⟧`.
    pub code: Arc<ShownText>,
    /// The same text for other programs, with its facts.
    pub text: Arc<ContainerText>,
    /// The command of the image's build script that leads to its execution.
    pub called_at: FileRange,
    /// Set when a line of it depends on a condition that reading cannot tell.
    pub has_conditions: bool,
}

/// Facts of a script, and the place of each of their ranges in the checkout.
pub struct LocatedFacts<'f> {
    pub(crate) facts: &'f ScriptFacts,
    origin: Origin<'f>,
}

/// Text that facts are of.
enum Origin<'f> {
    File(FileId),
    Container(&'f ShownText),
}

impl LocatedFacts<'_> {
    /// Returns the range in the checkout that a range is; `None` where nobody wrote what is there.
    pub(crate) fn file_range(&self, range: TextRange) -> Option<FileRange> {
        match &self.origin {
            Origin::File(file) => Some(FileRange::new(*file, range)),
            Origin::Container(code) => code.source_of(range),
        }
    }
}

impl<'a> Context<'a> {
    /// The facts of a script that the grammar takes, if they are those of its present text.
    pub(crate) fn clear_facts(&self, file: FileId) -> Option<LocatedFacts<'a>> {
        let facts = self.clear_script(file)?;
        Some(LocatedFacts {
            facts,
            origin: Origin::File(file),
        })
    }
}

impl ContainerScript {
    /// Returns the scripts that a build has executed in the container: those of which reading tells
    /// the commands.
    pub fn all_of(image: &Image, build: &Build, texts: &ContainerTexts) -> Vec<ContainerScript> {
        let scripts = build.container_scripts().filter(|e| e.is_script);
        scripts
            .filter_map(|e| ContainerScript::new(image, e, texts))
            .collect()
    }

    fn new(
        image: &Image,
        execution: &Execution,
        texts: &ContainerTexts,
    ) -> Option<ContainerScript> {
        let code = execution.script.as_code();
        if has_unknown_commands(&code) || is_of_another_language(&code.text) {
            return None;
        }
        Some(ContainerScript {
            image: image.name.clone(),
            text: texts.read(&code.text),
            called_at: execution.called_at,
            has_conditions: code
                .segments
                .iter()
                .any(|s| s.kind == SegmentKind::Condition),
            code: Arc::new(code),
        })
    }

    /// The facts, if the grammar takes the script.
    pub(crate) fn clear_facts(&self) -> Option<LocatedFacts<'_>> {
        let facts = &self.text.facts;
        (!facts.has_errors).then_some(LocatedFacts {
            facts,
            origin: Origin::Container(&self.code),
        })
    }

    /// Returns the range of a line of the code, counted from 0, without the blanks around it.
    pub(crate) fn line(&self, number: usize) -> Option<TextRange> {
        let (start, line) = self.line_at(number)?;
        let blank = line.len() - line.trim_start().len();
        Some(TextRange::at(
            size_of(start + blank)?,
            size_of(line.trim().len())?,
        ))
    }

    /// Returns the offset of a line and column, in characters, counted from 0.
    pub(crate) fn offset(&self, (line, column): (usize, usize)) -> Option<TextSize> {
        let (start, line) = self.line_at(line)?;
        let before: usize = line.chars().take(column).map(char::len_utf8).sum();
        size_of(start + before)
    }

    /// Returns a line, and the offset that it begins at.
    fn line_at(&self, number: usize) -> Option<(usize, &str)> {
        let mut start = 0;
        for (index, line) in self.code.text.split('\n').enumerate() {
            if index == number {
                return Some((start, line));
            }
            start += line.len() + 1;
        }
        None
    }
}

fn size_of(length: usize) -> Option<TextSize> {
    length.try_into().ok()
}

/// Returns whether something that only a build knows stands where commands do: at the beginning of a
/// line.
fn has_unknown_commands(code: &ShownText) -> bool {
    let unknown = code
        .segments
        .iter()
        .filter(|s| s.kind == SegmentKind::Unknown);
    let mut starts = unknown.map(|segment| usize::from(segment.range.start()));
    starts.any(|start| {
        let before = code.text.get(..start).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        line.trim_start().is_empty()
    })
}

/// Returns whether the first line names an interpreter that is no shell.
fn is_of_another_language(text: &str) -> bool {
    let first = text.strip_prefix("#!").and_then(|rest| rest.lines().next());
    first.is_some_and(|interpreter| !interpreter.contains("sh"))
}

/// Runs the rules on a script that is executed in a container.
pub fn check_container_script(cx: &Context<'_>, script: &ContainerScript) -> Vec<Finding> {
    let mut found = Vec::new();
    for rule in rules().filter(|rule| cx.is_on(rule)) {
        for check in rule.checks {
            match check {
                Check::ContainerScript(check) => check(cx, script, &mut found),
                Check::Facts(check) => {
                    let facts = script.clear_facts();
                    facts.iter().for_each(|facts| check(facts, &mut found));
                }
                _ => {}
            }
        }
    }
    found
}

/// Joins what was found in the scripts of several containers: a line that they share is reported
/// once, and says whose it is.
pub fn join_container_findings<'s>(
    found: impl IntoIterator<Item = (&'s ContainerScript, Vec<Finding>)>,
) -> Vec<Finding> {
    let mut joined: BTreeMap<(FileRange, &'static str), (Finding, Vec<&ContainerScript>)> =
        BTreeMap::new();
    for (script, findings) in found {
        for finding in findings {
            let key = (finding.at, finding.rule.code);
            let (_, scripts) = joined.entry(key).or_insert((finding, Vec::new()));
            if !scripts.iter().any(|other| other.image == script.image) {
                scripts.push(script);
            }
        }
    }
    let joined = joined.into_values();
    joined
        .map(|(finding, scripts)| with_images(finding, &scripts))
        .collect()
}

/// Says in which containers a script is executed.
fn with_images(finding: Finding, scripts: &[&ContainerScript]) -> Finding {
    let Some((first, others)) = scripts.split_first() else {
        return finding;
    };
    let names: Vec<String> = scripts
        .iter()
        .take(MAX_NAMED)
        .map(|script| format!("`{}`", script.image))
        .collect();
    let message = match scripts.len().checked_sub(MAX_NAMED) {
        None | Some(0) => format!("executed in the container of {}", names.join(", ")),
        Some(more) => format!(
            "executed in the container of {} and {more} more",
            names.join(", ")
        ),
    };
    let finding = finding.related(first.called_at, message);
    match others {
        [] => finding.image(&first.image),
        _ => finding,
    }
}

/// Returns whether a rule looks at scripts that are executed in containers, too.
pub(crate) fn is_for_containers(rule: &Rule) -> bool {
    let mut checks = rule.checks.iter();
    checks.any(|check| matches!(check, Check::ContainerScript(_) | Check::Facts(_)))
}
