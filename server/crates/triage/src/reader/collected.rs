//! What the test runner collects of the virtual machine after a failure, in
//! `MACHINE-failure-diagnostics.log`: sections with a title each, most of them of no container. Two are
//! read: the logs of LXC, one for each container, and what the kernel said of the machine.

use smol_str::SmolStr;

use super::LineReader;
use crate::catalogue::{Role, Verdict};
use crate::phase::Phase;
use crate::state::State;

/// End of the name of the file.
const FILE: &str = "-failure-diagnostics.log";

/// A section of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Section {
    /// The log of LXC of a container.
    Container(SmolStr),
    /// The log of the kernel.
    Kernel,
    /// Another one, or what comes before all.
    Other,
}

/// Returns whether a file has that name.
pub(super) fn is_collected(name: &str) -> bool {
    name.ends_with(FILE)
}

/// Returns the section of a title: a command, or the path of a file.
fn section_of(line: &str) -> Option<Section> {
    let title = line.strip_prefix("===== ")?.strip_suffix(" =====")?;
    if let Some((_, name)) = title.split_once("/log/ct/") {
        let name = name.strip_suffix(".destroyed").unwrap_or(name);
        let name = name.strip_suffix(".log").unwrap_or(name);
        return Some(Section::Container(SmolStr::new(name)));
    }
    let is_kernel = title.split([' ', '/']).any(|word| word == "dmesg");
    Some(if is_kernel {
        Section::Kernel
    } else {
        Section::Other
    })
}

impl LineReader {
    /// Reads a line of what was collected.
    pub(super) fn collected_line(&mut self, number: usize, text: &[u8]) {
        self.last.push(number, text);
        self.extend_excerpts(number, text);
        let text = String::from_utf8_lossy(text);
        if let Some(section) = section_of(&text) {
            self.open.clear();
            self.collected = Some(section);
            return;
        }
        let Some(section) = self.collected.clone().filter(|s| *s != Section::Other) else {
            return;
        };
        let Some(found) = self.matcher.find(&text, "") else {
            return;
        };
        let is_of_host = found.entry.verdict == Verdict::Host && found.entry.role == Role::Cause;
        if section == Section::Kernel && !is_of_host {
            return;
        }
        let mut candidate = self.candidate(number, &text, found);
        let state = self.states.get(self.current);
        let Some(failed) = state.and_then(|state| failed_in(state, &section)) else {
            return;
        };
        (candidate.phase, candidate.image_test) = failed;
        candidate.is_collected = true;
        self.add(candidate);
    }
}

/// Returns what a section is about, of that which failed.
fn failed_in(state: &State, section: &Section) -> Option<(Phase, Option<SmolStr>)> {
    let mut failures = state.failures.iter();
    let failure = match section {
        Section::Container(name) if !state.containers.is_empty() => {
            let mut used = state.containers.iter();
            let (_, test) = used.find(|(container, _)| container == name)?;
            failures.find(|failure| failure.image_test.as_ref() == Some(test))?
        }
        _ => failures.next()?,
    };
    Some((failure.phase, failure.image_test.clone()))
}
