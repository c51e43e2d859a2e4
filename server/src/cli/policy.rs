//! `policy`: what an image does to its container, and how it differs from another one.

use clap::{Args, ValueEnum};

use super::render::{image_of, no_build_script};
use super::{CheckoutOption, CommandStatus, Page, fail_if_unread, print, unread_paths};
use crate::lsp::position::Encoding;
use crate::policy_report::PolicyReport;
use crate::policy_text::policy_lines;
use container::BuildCache;

#[derive(Args)]
pub(super) struct PolicyArgs {
    /// Name of the image.
    image: String,
    /// Name of another image to compare it with.
    other: Option<String>,
    /// The output format.
    #[arg(long, value_enum, default_value_t = PolicyFormat::Text)]
    format: PolicyFormat,
    #[command(flatten)]
    checkout: CheckoutOption,
}

#[derive(Clone, Copy, ValueEnum)]
enum PolicyFormat {
    /// Tables.
    Text,
    /// One JSON report.
    Json,
}

pub(super) fn policy(options: &PolicyArgs) -> Result<CommandStatus, String> {
    let args = options.checkout.args();
    let root = args.root()?;
    let snapshot = args.read(&root);
    let (view, builds) = (snapshot.view(), BuildCache::default());
    let of = |name: &str| -> Result<_, String> {
        let image = image_of(&snapshot, name)?;
        let policy = builds.policy(&view, image);
        Ok((image, policy.ok_or_else(|| no_build_script(name))?))
    };
    let (image, policy) = of(&options.image)?;
    let other = options.other.as_deref().map(of).transpose()?;
    let other = other.as_ref().map(|(image, policy)| (*image, &**policy));
    let report = PolicyReport::new(&view, (image, &policy), other, Encoding::Utf16, &builds);
    let printed = match options.format {
        PolicyFormat::Text => print(&text(&report)),
        PolicyFormat::Json => print(&Page::json(&report)?),
    };
    fail_if_unread(&unread_paths(&snapshot))?;
    printed
}

fn text(report: &PolicyReport) -> Page {
    let mut out = Page::default();
    for line in policy_lines(report) {
        out.line(format_args!("{}", line.text));
    }
    out
}
