//! `verify`: lists the values that only upstream can confirm, and records that they are right.

use clap::Args;
use serde::Serialize;
use smol_str::SmolStr;

use super::change::{Format, refuse_unread, value_lines};
use super::{CheckoutOption, CommandStatus, Page, print};
use crate::base_checkout::BaseCheckout;
use crate::change_report::{ValueToVerify, value_to_verify};
use crate::lsp::position::Encoding;
use analysis::Snapshot;
use checkout::apply;
use edits::{NamedValue, OpenValue};

#[derive(Args)]
pub(super) struct VerifyArgs {
    /// An image, or one of its values as the list names it: IMAGE/VARIABLE.
    #[arg(value_name = "IMAGE[/VARIABLE]")]
    name: Option<String>,
    /// List what is open, and exit with 1 if there is something: the default.
    #[arg(long, conflicts_with = "right")]
    list: bool,
    /// Record in `.image-scripts.toml` that these values are right.
    #[arg(long, requires = "name")]
    right: bool,
    /// The git revision since which values count as added, in place of the merge base with the
    /// upstream branch.
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    #[command(flatten)]
    checkout: CheckoutOption,
    /// Format of the list.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// The open values of a checkout.
#[derive(Serialize)]
struct VerifyReport {
    /// Version of the format.
    version: u32,
    /// The commit since which values count as added.
    since: String,
    values: Vec<OpenValueReport>,
}

/// An open value.
#[derive(Serialize)]
struct OpenValueReport {
    image: SmolStr,
    /// The name by which `verify` takes it.
    name: String,
    /// The address in it, for a browser.
    address: Option<String>,
    #[serde(flatten)]
    value: ValueToVerify,
}

pub(super) fn verify(options: &VerifyArgs) -> Result<CommandStatus, String> {
    let checkout = options.checkout.args();
    let root = checkout.root()?;
    let snapshot = checkout.read(&root);
    refuse_unread(&snapshot)?;
    let (image, name) = match options.name.as_deref().map(|name| name.split_once('/')) {
        Some(Some((image, name))) => (Some(image), Some(name)),
        Some(None) => (options.name.as_deref(), None),
        None => (None, None),
    };
    if let Some(image) = image.filter(|image| !snapshot.model.images.contains_key(*image)) {
        return Err(format!(
            "there is no image `{image}`: `image-scripts-ls status` lists them"
        ));
    }
    let base = BaseCheckout::read(&snapshot, options.since.as_deref())?;
    let mut open = base.open_values(&snapshot, image);
    open.retain(|value| name.is_none_or(|name| value.named.name == name));
    if let (true, Some(image)) = (options.right, image) {
        return record(&snapshot, image, name, &open);
    }
    list(options.format, &snapshot, &base, &open)?;
    Ok(match open.is_empty() {
        true => CommandStatus::Clean,
        false => CommandStatus::Findings,
    })
}

/// Prints open values.
fn list(
    format: Format,
    snapshot: &Snapshot,
    base: &BaseCheckout,
    open: &[OpenValue],
) -> Result<CommandStatus, String> {
    let view = snapshot.view();
    let report = |open: &OpenValue| OpenValueReport {
        image: open.image.clone(),
        name: format!("{}/{}", open.image, open.named.name),
        address: open.named.address().map(str::to_owned),
        value: value_to_verify(&view, &open.image, &open.verify, Encoding::Utf16),
    };
    let values: Vec<OpenValueReport> = open.iter().map(report).collect();
    let since = base.commit.revision.clone();
    if format == Format::Json {
        return print(&Page::json(&VerifyReport {
            version: 1,
            since,
            values,
        })?);
    }
    let mut out = Page::default();
    if values.is_empty() {
        out.line(format_args!("Nothing to verify since {since}."));
        return print(&out);
    }
    for value in &values {
        out.line(format_args!("{}", value.name));
        let start = value.value.range.map(|range| range.start);
        let at = start.map_or((1, 1), |at| {
            (at.line as usize + 1, at.character as usize + 1)
        });
        value_lines(&mut out, &value.value, at);
    }
    out.line(format_args!(""));
    out.line(format_args!(
        "{} to verify since {since}. What is right: `image-scripts-ls verify NAME --right`, with a \
         name from this list; what is not: change it.",
        match values.len() {
            1 => "1 value".to_owned(),
            count => format!("{count} values"),
        }
    ));
    print(&out)
}

/// Records open values of an image as right.
fn record(
    snapshot: &Snapshot,
    image: &str,
    name: Option<&str>,
    open: &[OpenValue],
) -> Result<CommandStatus, String> {
    if open.is_empty() {
        let name = name.map(|name| format!("/{name}")).unwrap_or_default();
        return Err(format!(
            "nothing to verify in `{image}{name}`: `image-scripts-ls verify --list` shows what is open"
        ));
    }
    let values: Vec<NamedValue> = open.iter().map(|open| open.named.clone()).collect();
    let edit = edits::record_verified(&snapshot.view(), image, &values);
    let edit = edit.map_err(|refusal| refusal.to_string())?;
    apply::apply(&snapshot.root, &snapshot.tree, &[edit])?;
    let mut out = Page::default();
    for value in &values {
        out.line(format_args!("{image}/{} is right", value.name));
        for line in value.exact.lines() {
            out.excerpt(format_args!("      {line}"));
        }
    }
    print(&out)
}
