//! `shellcheck`: what ShellCheck says of the scripts that are executed in containers. The program is
//! run outside of this crate; here is its documentation, and how a comment of it becomes a finding.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::{ContainerScript, Finding, Group, Rule, Severity};
use syntax::TextRange;
use syntax::bash::Step;

rule! {
    /// ShellCheck warns about a line of the script that is executed in the container.
    ///
    /// ## Why
    /// The script stands in here-documents, which ShellCheck takes for text where it looks at
    /// `build.sh` itself. So it is asked about the script that the builder would generate. What it
    /// says of a line is shown where that line is written, once for all images that have it, with
    /// its code: `shellcheck/SC2086`. What the builder fills in is not judged.
    ///
    /// ## When it runs
    /// Where ShellCheck is installed and wanted: with `check --shellcheck`, and in editors with the
    /// setting `shellcheck`. Errors and warnings are warnings, style is a hint.
    ///
    /// ## How to fix it
    /// Each code has a page that says so: `https://www.shellcheck.net/wiki/SC2086`. A comment that
    /// silences one names it: `# image-scripts: ignore[shellcheck/SC2086]`; `shellcheck` alone means
    /// all of them.
    code: "shellcheck",
    severity: Warning,
    group: Images,
    checks: [],
    fix: no,
}

/// What comes before the number in a code of ShellCheck.
const PREFIX: &str = "shellcheck/SC";

/// Comment of ShellCheck on a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Number of its code.
    pub code: u32,
    /// How much it matters.
    pub level: Level,
    /// The comment.
    pub message: String,
    /// Line and column of its beginning, in characters, counted from 0.
    pub start: (usize, usize),
    /// Line and column of its end.
    pub end: (usize, usize),
}

/// How much a comment matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Hardly what is meant.
    Error,
    /// A mistake, most of the time.
    Warning,
    /// A mistake, sometimes.
    Information,
    /// A matter of taste.
    Style,
}

impl Level {
    fn severity(self) -> Severity {
        match self {
            Level::Error | Level::Warning => Severity::Warning,
            Level::Information => Severity::Information,
            Level::Style => Severity::Hint,
        }
    }
}

/// Returns the rule of a code of ShellCheck: `shellcheck/SC2086`.
pub(crate) fn rule(code: &str) -> Option<&'static Rule> {
    let number = code.strip_prefix(PREFIX)?;
    let is_number = number.len() == 4 && number.bytes().all(|b| b.is_ascii_digit());
    Some(rule_of(number.parse().ok().filter(|_| is_number)?))
}

/// Returns the rule of a number. There are some hundreds of them: each is made when it is first met,
/// and kept.
fn rule_of(number: u32) -> &'static Rule {
    static RULES: LazyLock<Mutex<BTreeMap<u32, &'static Rule>>> = LazyLock::new(Mutex::default);
    let mut rules = RULES.lock().unwrap_or_else(PoisonError::into_inner);
    rules.entry(number).or_insert_with(|| {
        let doc = format!(
            "{} This code is explained at <https://www.shellcheck.net/wiki/SC{number}>.\n\n{}",
            RULE.summary(),
            RULE.doc.split_once("\n\n").map_or("", |(_, rest)| rest),
        );
        Box::leak(Box::new(Rule {
            code: String::leak(format!("{PREFIX}{number}")),
            doc: String::leak(doc),
            group: Group::Images,
            severity: Severity::Warning,
            ..RULE
        }))
    })
}

/// Codes that say nothing of what a maintainer wrote, each with the reason.
const NEVER: [(u32, &str); 8] = [
    (1008, "the interpreter is chosen elsewhere"),
    (1071, "the interpreter is chosen elsewhere"),
    (1090, "what is sourced is a file of the container"),
    (1091, "what is sourced is a file of the container"),
    (2148, "the interpreter is chosen elsewhere"),
    (2187, "the interpreter is chosen elsewhere"),
    (2188, "a redirection alone empties a file, which is meant"),
    (2239, "the interpreter is chosen elsewhere"),
];

/// Codes about text that is always the same: it is, where the builder filled it in.
const CONSTANTS: [u32; 11] = [
    2043, 2050, 2066, 2072, 2078, 2157, 2158, 2160, 2170, 2193, 2194,
];

/// Codes about variables that nothing sets, or nothing reads: what is sourced may.
const VARIABLES: [u32; 2] = [2034, 2154];

/// Returns the finding that a comment on a container's script is; `None` where it is about text that
/// nobody wrote there.
pub fn finding(script: &ContainerScript, comment: &Comment) -> Option<Finding> {
    let code = comment.code;
    // Of syntax, bash is the judge.
    let is_syntax = (1000..2000).contains(&code) && comment.level == Level::Error;
    if is_syntax || NEVER.iter().any(|(never, _)| *never == code) {
        return None;
    }
    if VARIABLES.contains(&code) && sources_anything(script) {
        return None;
    }
    let range = TextRange::new(
        script.offset(comment.start)?,
        script
            .offset(comment.end)?
            .max(script.offset(comment.start)?),
    );
    let judged = match CONSTANTS.contains(&code) {
        true => TextRange::new(
            script.line(comment.start.0)?.start(),
            script.line(comment.end.0)?.end().max(range.end()),
        ),
        false => range,
    };
    if !script.code.is_written(judged) {
        return None;
    }
    let at = script.code.source_of(range)?;
    let message = comment.message.trim().trim_end_matches(['.', ' ']);
    Some(Finding::new(rule_of(code), at, message).severity(comment.level.severity()))
}

/// Returns whether a script reads a file that may set or read its variables.
fn sources_anything(script: &ContainerScript) -> bool {
    let mut steps = script.text.facts.effects.steps();
    steps.any(|step| matches!(step, Step::Source(_) | Step::Opaque))
}
