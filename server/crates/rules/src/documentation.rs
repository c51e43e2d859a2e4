//! Pages of documentation: a rule's own text with examples, and all rules on one page.

use std::fmt::Write;

use crate::{Group, Rule, rules};

/// Code, an example where the rule fires and one where it does not, of each rule: see `build.rs`.
static EXAMPLES: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/examples.rs"));

impl Rule {
    /// Returns an example that is reported, with the findings under their lines, and one that is not.
    pub fn examples(&self) -> Option<(&'static str, &'static str)> {
        let mut all = EXAMPLES.iter();
        let (_, fires, near_miss) = all.find(|(code, ..)| *code == self.code)?;
        Some((fires, near_miss))
    }

    /// Returns all of its documentation in Markdown: what it means, why, how to fix it, examples, how
    /// to silence it. `level` is that of the first heading.
    pub fn page(&self, level: usize) -> String {
        let heading = "#".repeat(level);
        let code = self.code;
        let severity = self.severity_and_confidence();
        // A key with a slash needs quotes.
        let key = match code.contains('/') {
            true => format!("\"{code}\""),
            false => code.to_owned(),
        };
        // Links lead to the code alone.
        let mut out = match level {
            1 => format!("# {code} ({severity})\n\n"),
            _ => format!("{heading} {code}\n\n*{severity}*\n\n"),
        };
        for line in self.markdown().trim_end().lines() {
            let title = line.strip_prefix("## ");
            let _ = match title {
                Some(title) => writeln!(out, "{heading}# {title}"),
                None => writeln!(out, "{line}"),
            };
        }
        if self.group == Group::Upstream {
            let _ = write!(
                out,
                "\n{heading}# When it is found\nOnly when `image-scripts-ls verify IMAGE` asks the vendor's servers: neither `check` nor an editor \
                 reports it by itself.\n"
            );
        }
        if let Some((fires, near_miss)) = self.examples() {
            let _ = write!(
                out,
                "\n{heading}# Reported\n```text\n{fires}```\n\n{heading}# Not reported\n```text\n{near_miss}```\n"
            );
        }
        let _ = write!(
            out,
            "\n{heading}# How to silence it\nOn a line: `# image-scripts: ignore[{code}] reason` above it or at its end; in a file: \
             `# image-scripts: ignore-file[{code}] reason`; everywhere, in `.image-scripts.toml`:\n\
             ```toml\n[rules]\n{key} = \"off\"\n```\n"
        );
        out
    }
}

/// Returns the page with all rules: a heading for each code, by group.
pub fn all_pages() -> String {
    let mut out = String::from(
        "# Rules\n\n<!-- made from the rules' documentation and fixtures; UPDATE_README=1 cargo test readme rewrites it -->\n\n\
         In the examples, `--- PATH` begins a file of a checkout; what is reported stands under its line.\n",
    );
    let mut group: Option<Group> = None;
    for rule in rules() {
        if group != Some(rule.group) {
            let _ = write!(out, "\n## {}\n", rule.group.title());
            group = Some(rule.group);
        }
        let _ = write!(out, "\n{}", rule.page(3));
    }
    out
}
