//! `policy`: what an image does to its container, and how it differs from another one.

use clap::{Args, ValueEnum};

use super::render::{build_of, image_of, line_of};
use super::status::push_table;
use super::{CheckoutOption, CommandStatus, Page, fail_if_unread, print, unread_paths};
use crate::lsp::position::Encoding;
use crate::policy_report::{InitCommand, PolicyReport, ReportedItem};
use container::policy::Policy;

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
    let of = |name: &str| -> Result<_, String> {
        let policy = Policy::of(&snapshot.tree, &build_of(&snapshot, name)?);
        Ok((image_of(&snapshot, name)?, policy))
    };
    let (image, policy) = of(&options.image)?;
    let other = options.other.as_deref().map(of).transpose()?;
    let other = other.as_ref().map(|(image, policy)| (*image, policy));
    let report = PolicyReport::new(&snapshot.view(), (image, &policy), other, Encoding::Utf16);
    let printed = match options.format {
        PolicyFormat::Text => print(&text(&report)),
        PolicyFormat::Json => print(&Page::json(&report)?),
    };
    fail_if_unread(&unread_paths(&snapshot))?;
    printed
}

fn text(report: &PolicyReport) -> Page {
    let mut out = Page::default();
    if let Some(difference) = &report.difference {
        let only = format!("only {}", report.image);
        let other = format!("only {}", difference.image);
        if difference.init.is_some() {
            push_init(&mut out, report.init.as_ref());
        }
        push_items(&mut out, &only, &difference.only);
        push_items(&mut out, &other, &difference.other);
        if let Some(init) = &difference.init {
            push_init(&mut out, Some(init));
        }
        if difference.only.is_empty() && difference.other.is_empty() {
            out.line(format_args!(
                "{} and {} do the same to their containers",
                report.image, difference.image
            ));
        }
        return out;
    }
    push_items(&mut out, "units", &report.units);
    push_items(&mut out, "packages", &report.packages);
    push_items(&mut out, "files", &report.files);
    push_items(&mut out, "users", &report.users);
    push_init(&mut out, report.init.as_ref());
    if !report.missing.is_empty() {
        let title = format!("missing: each of {} has", report.peers.join(", "));
        push_items(&mut out, &title, &report.missing);
    }
    out
}

fn push_init(out: &mut Page, init: Option<&InitCommand>) {
    if let Some(InitCommand { command, at }) = init {
        let at = at.as_ref().map(line_of).unwrap_or_default();
        out.line(format_args!("init:"));
        out.line(format_args!("  {command}  {at}"));
    }
}

fn push_items(out: &mut Page, title: &str, items: &[ReportedItem]) {
    if items.is_empty() {
        return;
    }
    out.line(format_args!("{title}:"));
    let rows = items.iter().map(|item| {
        let under = if item.conditional { "if" } else { "" };
        vec![
            format!("  {}", item.action),
            under.to_owned(),
            item.name.to_string(),
            line_of(&item.at),
            item.details.join("; "),
        ]
    });
    push_table(out, rows.collect::<Vec<Vec<String>>>());
}
