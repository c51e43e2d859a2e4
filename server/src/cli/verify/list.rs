//! The values of a checkout that only upstream can confirm and nobody has confirmed: listed, and recorded
//! as right.

use serde::Serialize;

use super::open_items::{ListedValue, OpenItem, items};
use super::{VerifyArgs, VerifyFormat};
use crate::base_checkout::BaseCheckout;
use crate::cli::change::value_lines;
use crate::cli::{CommandStatus, Page, print};
use analysis::Snapshot;
use checkout::apply;
use edits::NamedValue;

/// The open values of a checkout.
#[derive(Serialize)]
struct VerifyReport {
    /// Version of the format.
    version: u32,
    /// The commit since which values count as added.
    since: String,
    values: Vec<OpenItem>,
}

/// Lists open values, or records them as right.
pub(super) fn verify(options: &VerifyArgs, snapshot: &Snapshot) -> Result<CommandStatus, String> {
    let (image, name) = match options.names.as_slice() {
        [] => (None, None),
        [one] => match one.split_once('/') {
            Some((image, name)) => (Some(image), Some(name)),
            None => (Some(one.as_str()), None),
        },
        _ => {
            return Err(
                "name one image or builder at a time to list or record its values".to_owned(),
            );
        }
    };
    let model = &snapshot.model;
    let is_there =
        |name: &str| model.images.contains_key(name) || model.builders.contains_key(name);
    if let Some(image) = image.filter(|image| !is_there(image)) {
        return Err(format!(
            "there is no image or builder `{image}`: `image-scripts-ls status` lists them"
        ));
    }
    let base = BaseCheckout::read(snapshot, options.since.as_deref())?;
    let mut open = items(&snapshot.view(), base.open_values(snapshot, image));
    open.retain(|item| name.is_none_or(|name| item.is_called(name)));
    if let (true, Some(image)) = (options.right, image) {
        return record(snapshot, image, name, &open);
    }
    let status = match open.is_empty() {
        true => CommandStatus::Clean,
        false => CommandStatus::Findings,
    };
    list(options.format, &base, open)?;
    Ok(status)
}

/// Prints open values.
fn list(
    format: VerifyFormat,
    base: &BaseCheckout,
    values: Vec<OpenItem>,
) -> Result<CommandStatus, String> {
    let since = base.commit.revision.clone();
    if format == VerifyFormat::Json {
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
        for ListedValue { at, value } in value.listed() {
            value_lines(&mut out, &value, at);
        }
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
    open: &[OpenItem],
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
    for value in open {
        out.line(format_args!("{} is right", value.name));
        for line in value.named.exact.lines() {
            out.excerpt(format_args!("      {line}"));
        }
    }
    print(&out)
}
