//! The policy of an image as lines of text, for the command line and for documents of editors.

use smol_str::SmolStr;
use syntax::escape::escape_control;

use crate::policy_report::{DifferenceReport, InitCommand, PolicyReport, ReportedItem};
use crate::render_report::SourceRange;

/// A line of the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PolicyLine {
    /// The line. Control characters of the checkout are escaped.
    pub(crate) text: String,
    /// The range in the checkout that it is about.
    pub(crate) at: Option<SourceRange>,
    /// A unit that another image masks and this one does not.
    pub(crate) unmasked: Option<SmolStr>,
}

/// Lines that are being put together.
#[derive(Default)]
struct Lines {
    lines: Vec<PolicyLine>,
}

/// Returns the lines of a report: the policy, or how it differs from another one where that is
/// compared.
pub(crate) fn policy_lines(report: &PolicyReport) -> Vec<PolicyLine> {
    let mut out = Lines::default();
    match &report.difference {
        Some(difference) => out.difference(report, difference),
        None => out.policy(report),
    }
    out.lines
}

impl Lines {
    fn policy(&mut self, report: &PolicyReport) {
        self.items("units", &report.units, false);
        self.items("packages", &report.packages, false);
        self.items("files", &report.files, false);
        self.items("users", &report.users, false);
        self.init("init", report.init.as_ref());
        if !report.missing.is_empty() {
            let title = format!("missing: each of {} has", report.peers.join(", "));
            self.items(&title, &report.missing, true);
        }
    }

    fn difference(&mut self, report: &PolicyReport, difference: &DifferenceReport) {
        let is_same =
            difference.only.is_empty() && difference.other.is_empty() && difference.init.is_none();
        if is_same {
            return self.line(&format!(
                "{} and {} do the same to their containers",
                report.image, difference.image
            ));
        }
        self.items(&format!("only {}", report.image), &difference.only, false);
        self.items(
            &format!("only {}", difference.image),
            &difference.other,
            true,
        );
        if difference.init.is_some() {
            self.init(&format!("init of {}", report.image), report.init.as_ref());
            self.init(
                &format!("init of {}", difference.image),
                difference.init.as_ref(),
            );
        }
    }

    fn line(&mut self, text: &str) {
        self.lines.push(PolicyLine {
            text: escape_control(text).into_owned(),
            ..PolicyLine::default()
        });
    }

    fn init(&mut self, title: &str, init: Option<&InitCommand>) {
        let Some(InitCommand { command, at }) = init else {
            return;
        };
        self.line(&format!("{title}:"));
        let line = at.as_ref().map(line_of).unwrap_or_default();
        self.line(format!("  {command}  {line}").trim_end());
        if let Some(last) = self.lines.last_mut() {
            last.at.clone_from(at);
        }
    }

    /// Adds items, each column as wide as its widest cell. With `are_foreign`, they are those of other
    /// images.
    fn items(&mut self, title: &str, items: &[ReportedItem], are_foreign: bool) {
        if items.is_empty() {
            return;
        }
        self.line(&format!("{title}:"));
        let rows = items.iter().map(|item| {
            let under = if item.conditional { "if" } else { "" };
            let cells = [
                item.action.to_owned(),
                under.to_owned(),
                item.name.to_string(),
                line_of(&item.at),
                item.details.join("; "),
            ];
            (item, cells.map(|cell| escape_control(&cell).into_owned()))
        });
        let rows: Vec<(&ReportedItem, [String; 5])> = rows.collect();
        let mut widths = [0; 5];
        for (_, row) in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for (item, row) in &rows {
            let cells = row.iter().zip(widths);
            let cells: Vec<String> = cells
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            let is_mask = are_foreign && item.action == "mask";
            self.lines.push(PolicyLine {
                text: format!("  {}", cells.join("  ")).trim_end().to_owned(),
                at: Some(item.at.clone()),
                unmasked: is_mask.then(|| item.name.clone()),
            });
        }
    }
}

/// The line of a range, as programs that open files read it.
fn line_of(at: &SourceRange) -> String {
    format!("{}:{}", at.path, at.range.start.line + 1)
}
