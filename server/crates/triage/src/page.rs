//! Documentation of the catalogue: an entry on a page of its own, and all of them on one.

use std::fmt::Write;

use crate::catalogue::{Entry, Role, catalogue};
use crate::report::filled_in;

impl Entry {
    /// Returns its documentation in Markdown. `level` is that of the heading.
    pub fn page(&self, level: usize) -> String {
        let heading = "#".repeat(level);
        let mut out = format!("{heading} {}\n\n", self.code);
        let _ = writeln!(out, "{}.\n", sentence_start(&self.meaning));
        match self.role {
            Role::Noise => out.push_str("It is never reported as a cause.\n\n"),
            Role::Summary => {
                out.push_str("It sums up lines above it, which are reported if there are any.\n\n")
            }
            Role::Symptom => {
                out.push_str("It may follow from something above it, which is reported then.\n\n")
            }
            Role::Cause => {}
        }
        let advice = filled_in(&self.advice, |_| None);
        let _ = writeln!(
            out,
            "What to do: {}. ({}.)\n",
            advice,
            sentence_start(self.verdict.sentence())
        );
        if let Some(advice) = &self.advice_if_needed {
            let advice = filled_in(advice, |_| None);
            let _ = writeln!(
                out,
                "Where a container or a test of the image needs the unit, such as `sshd.service`: {advice}.\n"
            );
        }
        let _ = writeln!(out, "```text\n{}\n```\n", self.example);
        let _ = writeln!(out, "Not meant:\n\n```text\n{}\n```\n", self.near_miss);
        let _ = writeln!(out, "Source: {}.", self.source);
        out
    }
}

fn sentence_start(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if !text.starts_with('`') => first.to_uppercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}

/// Returns the page with the whole catalogue, by tool.
pub fn all_pages() -> String {
    let mut out = String::from(
        "# Kinds of failure\n\n<!-- made from catalogue/*.json; UPDATE_FIXTURES=1 cargo test -p image-scripts-ls-triage rewrites it -->\n\n\
         What `image-scripts-ls triage` knows of the logs of test runs. `image-scripts-ls explain triage/CODE` prints one entry.\n",
    );
    let mut tool = "";
    for entry in catalogue() {
        if entry.tool != tool {
            tool = &entry.tool;
            let _ = write!(out, "\n## {tool}\n");
        }
        let _ = write!(out, "\n{}", entry.page(3));
    }
    out
}
