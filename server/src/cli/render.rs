//! `render`: the container's script, whole, as the builder would generate it.

use clap::{Args, ValueEnum};

use super::output::print_exact;
use super::{CheckoutOption, CommandStatus, Page, fail_if_unread, print, unread_paths};
use crate::lsp::position::Encoding;
use crate::render_report::{RenderReport, RenderedCondition, SourceRange};
use analysis::Snapshot;
use container::Build;
use model::Image;

#[derive(Args)]
pub(super) struct RenderArgs {
    /// Name of the image.
    image: String,
    /// Print the files that are written below the new root, too.
    #[arg(long)]
    files: bool,
    /// The output format.
    #[arg(long, value_enum, default_value_t = RenderFormat::Text)]
    format: RenderFormat,
    #[command(flatten)]
    checkout: CheckoutOption,
}

#[derive(Clone, Copy, ValueEnum)]
enum RenderFormat {
    /// The text, with marks in place of what only a build knows.
    Text,
    /// One JSON report, with the source of each byte.
    Json,
}

pub(super) fn render(options: &RenderArgs) -> Result<CommandStatus, String> {
    let args = options.checkout.args();
    let root = args.root()?;
    let snapshot = args.read(&root);
    let build = build_of(&snapshot, &options.image)?;
    let report = RenderReport::new(&snapshot.tree, &options.image, &build, Encoding::Utf16);
    let printed = match options.format {
        RenderFormat::Text => print_exact(&text(&report, options.files)),
        RenderFormat::Json => print(&Page::json(&report)?),
    };
    fail_if_unread(&unread_paths(&snapshot))?;
    printed
}

/// Follows the build of an image.
fn build_of(snapshot: &Snapshot, name: &str) -> Result<Build, String> {
    Build::of(&snapshot.tree, &snapshot.model, image_of(snapshot, name)?)
        .ok_or_else(|| no_build_script(name))
}

/// Says why an image has no build.
pub(super) fn no_build_script(image: &str) -> String {
    format!("image `{image}` has no build.sh")
}

/// Finds an image.
pub(super) fn image_of<'s>(snapshot: &'s Snapshot, name: &str) -> Result<&'s Image, String> {
    let image = snapshot.model.images.get(name);
    let image = image.map(|image| &**image);
    image.ok_or_else(|| format!("there is no image `{name}`; `image-scripts-ls status` lists them"))
}

fn text(report: &RenderReport, files: bool) -> String {
    let mut out = String::new();
    // One script alone is printed as it is.
    let is_only = report.scripts.len() == 1 && !files;
    for script in &report.scripts {
        if !is_only || !script.conditions.is_empty() {
            let path = script.path.as_deref().unwrap_or("a command");
            let head = format!("⟦{}: {path}, by {}", script.root, line_of(&script.at));
            push_head(&mut out, &head, &script.conditions);
        }
        out.push_str(&script.text);
    }
    for file in report.files.iter().filter(|_| files) {
        let head = format!("⟦{} {}, by {}", file.kind, file.path, line_of(&file.at));
        push_head(&mut out, &head, &file.conditions);
        out.push_str(&file.text);
    }
    for at in &report.opaque {
        end_line(&mut out);
        out.push_str(&format!("⟦{} may do anything⟧\n", line_of(at)));
    }
    end_line(&mut out);
    out
}

fn push_head(out: &mut String, head: &str, conditions: &[RenderedCondition]) {
    end_line(out);
    out.push_str(head);
    for condition in conditions {
        let not = if condition.holds { "" } else { "not " };
        out.push_str(&format!(", if {not}{}", condition.text));
    }
    out.push_str("⟧\n");
}

fn end_line(out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

/// A file and line, as compilers write them.
pub(super) fn line_of(at: &SourceRange) -> String {
    format!("{}:{}", at.path, at.range.start.line + 1)
}
