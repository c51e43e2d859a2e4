//! The catalogue of failures: what tools print when they fail, what that means, and what it comes
//! from. It is in `catalogue/`, one file for each tool, each entry with its source.

use std::sync::LazyLock;

use serde::Deserialize;
use smol_str::SmolStr;

/// Tools, with the text of their entries: see `build.rs`.
static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));

/// A kind of failure.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The tool that prints it, which is the name of the file.
    #[serde(skip)]
    pub tool: SmolStr,
    /// Number in the list that the catalogue was begun with.
    #[serde(default)]
    pub number: Option<u16>,
    /// Code of the entry.
    pub code: SmolStr,
    /// Message for people, with `{NAME}` for what was captured, or `{NAME|ELSE}`.
    pub message: String,
    /// Reason why it is the cause.
    pub meaning: String,
    /// Advice on what to do.
    pub advice: String,
    /// Advice where a container, or a test of its image, needs the unit that was captured.
    #[serde(default)]
    pub advice_if_needed: Option<String>,
    /// Advice where the builder is set up, which has no variables of an image.
    #[serde(default)]
    pub advice_in_builder: Option<String>,
    /// Message and advice where it is the test of a row, which has no builder.
    #[serde(default)]
    pub of_row: Option<OfRow>,
    /// Code of the entry that is meant where the image has a systemd before 258.
    #[serde(default)]
    pub with_systemd_before_258: Option<SmolStr>,
    /// Regular expressions, each of which matches a line.
    pub patterns: Vec<String>,
    /// Regular expression that the last command of a trace before it matches.
    #[serde(default)]
    pub after: Option<String>,
    /// Condition on what was captured.
    #[serde(default)]
    pub condition: Option<Condition>,
    /// Precedence over other entries that match the same line: the higher one is meant.
    #[serde(default)]
    pub weight: i8,
    /// Role among the lines of a failure.
    #[serde(default)]
    pub role: Role,
    /// Side that has to act.
    pub verdict: Verdict,
    /// Set if it follows from no failure that may pass: where one comes before it, which a test got
    /// over or would get over the next time, this is what the test fails for.
    #[serde(default)]
    pub independent: bool,
    /// Kinds of ranges in the checkout that it comes from, the best one first.
    #[serde(default)]
    pub leads_to: Vec<SmolStr>,
    /// Codes of entries that follow from it where they come later.
    #[serde(default)]
    pub explains: Vec<SmolStr>,
    /// Codes of entries that it is a part of where they come soon after it: then they are meant.
    #[serde(default)]
    pub part_of: Vec<SmolStr>,
    /// Source of the entry.
    pub source: String,
    /// Lines that it is found in; the last one is the one that matches.
    pub example: String,
    /// Lines that look alike and are something else.
    pub near_miss: String,
}

/// What an entry says of the test of a row.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfRow {
    /// Message for people.
    pub message: String,
    /// Advice on what to do.
    pub advice: String,
}

/// Role of a line among those of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A cause.
    #[default]
    Cause,
    /// A cause unless something above it is one: it may follow from that.
    Symptom,
    /// A summary of lines above it.
    Summary,
    /// Not a cause, whatever follows.
    Noise,
}

/// Side that has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The image's own scripts.
    Image,
    /// An include, and so every image of a family.
    Include,
    /// The container that the image is built in.
    Builder,
    /// The makers of the distribution, or its mirrors.
    Upstream,
    /// Nobody: it may pass when it is tried again.
    Transient,
    /// The machine that the test was executed on.
    Host,
    /// Not known.
    Unknown,
    /// Nothing failed.
    Passed,
}

impl Verdict {
    /// Returns the name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Image => "image",
            Verdict::Include => "include",
            Verdict::Builder => "builder",
            Verdict::Upstream => "upstream",
            Verdict::Transient => "transient",
            Verdict::Host => "host",
            Verdict::Unknown => "unknown",
            Verdict::Passed => "passed",
        }
    }

    /// Returns what it says of a failure, to people.
    pub fn sentence(self) -> &'static str {
        match self {
            Verdict::Image => "the image has to change",
            Verdict::Include => "the include has to change: it concerns every image of the family",
            Verdict::Builder => "the builder has to change",
            Verdict::Upstream => "something changed upstream",
            Verdict::Transient => "not the image's fault: try again",
            Verdict::Host => "not the image's fault: it is the machine of the test",
            Verdict::Unknown => "the cause is unknown",
            Verdict::Passed => "nothing failed",
        }
    }
}

/// Condition on the name that was captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// It is the name of a helper: it has a dash, and is no command that distributions ship; or it is
    /// one of the few helpers without a dash.
    Helper,
    /// It is no name of a helper.
    Tool,
}

/// Helpers without a dash in their names.
const HELPERS: [&str; 5] = ["bootstrap", "extract", "fail", "fetch", "warn"];

impl Condition {
    pub(crate) fn holds(self, name: &str) -> bool {
        let commands = model::data::dashed_commands();
        let is_command = commands.iter().any(|command| command == name);
        let is_helper = (name.contains('-') && !is_command) || HELPERS.contains(&name);
        is_helper == (self == Condition::Helper)
    }
}

// A test holds that all files parse.
static CATALOGUE: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let read = |(tool, json): &(&str, &str)| {
        let mut entries: Vec<Entry> = serde_json::from_str(json).unwrap_or_default();
        for entry in &mut entries {
            entry.tool = SmolStr::new(tool);
        }
        entries
    };
    FILES.iter().flat_map(read).collect()
});

/// Returns the catalogue, by tool.
pub fn catalogue() -> &'static [Entry] {
    &CATALOGUE
}

/// Returns the entry of a code.
pub fn entry(code: &str) -> Option<&'static Entry> {
    catalogue().iter().find(|entry| entry.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_parse() {
        for (tool, json) in FILES {
            let entries: Result<Vec<Entry>, _> = serde_json::from_str(json);
            entries.unwrap_or_else(|error| panic!("{tool}.json: {error}"));
        }
    }
}
