//! Open values as `verify` lists them: one item per value, however often that stands there, each with a
//! name of its own.

use serde::Serialize;
use smol_str::SmolStr;

use crate::change_report::{ValueToVerify, value_to_verify};
use crate::lsp::position::Encoding;
use edits::{NamedValue, OpenValue, by_value};
use model::view::View;

/// An open value.
#[derive(Serialize)]
pub(super) struct OpenItem {
    pub(super) image: SmolStr,
    /// The name by which `verify` takes it.
    pub(super) name: String,
    /// The address in it, for a browser.
    address: Option<String>,
    #[serde(flatten)]
    value: ValueToVerify,
    /// Other places where it stands.
    also: Vec<ValueToVerify>,
    #[serde(skip)]
    pub(super) named: NamedValue,
}

/// A value as it is listed: where it stands, or several places that are in doubt for one reason.
pub(super) struct ListedValue {
    /// Line and column of the first one, from 1.
    pub(super) at: (usize, usize),
    pub(super) value: ValueToVerify,
}

impl OpenItem {
    /// Returns whether a name, after that of the image, is that of the value, or of its file.
    pub(super) fn is_called(&self, name: &str) -> bool {
        let own = self.name.strip_prefix(self.image.as_str());
        self.named.name == name || own.and_then(|own| own.strip_prefix('/')) == Some(name)
    }

    /// Returns the places, those together that are in doubt for one reason.
    pub(super) fn listed(&self) -> Vec<ListedValue> {
        let mut all: Vec<(ListedValue, Vec<usize>)> = Vec::new();
        for value in [&self.value].into_iter().chain(&self.also) {
            let at = start_of(value);
            let same = all.iter_mut().find(|(listed, _)| {
                (&listed.value.why, &listed.value.text) == (&value.why, &value.text)
            });
            match same {
                Some((_, lines)) => lines.push(at.0),
                None => all.push((
                    ListedValue {
                        at,
                        value: value.clone(),
                    },
                    Vec::new(),
                )),
            }
        }
        all.into_iter()
            .map(|(listed, lines)| self.with_lines(listed, &lines))
            .collect()
    }

    /// Adds what is not in the text of a place: the lines where it stands, too, and the address.
    fn with_lines(&self, mut listed: ListedValue, lines: &[usize]) -> ListedValue {
        let value = &mut listed.value;
        if !lines.is_empty() {
            let numbers: Vec<String> = lines.iter().map(usize::to_string).collect();
            let noun = if lines.len() == 1 { "line" } else { "lines" };
            value.why = format!("{} (also in {noun} {})", value.why, numbers.join(", "));
        }
        let is_shown = |address: &&String| !value.text.contains(address.as_str());
        if value.resolved.is_none() {
            value.resolved = self.address.as_ref().filter(is_shown).cloned();
        }
        listed
    }
}

/// Returns line and column of a value, from 1.
fn start_of(value: &ValueToVerify) -> (usize, usize) {
    let start = value.range.map(|range| range.start);
    start.map_or((1, 1), |at| {
        (at.line as usize + 1, at.character as usize + 1)
    })
}

/// Returns open values as they are listed. Values of one file that no variable has get their places as a
/// part of their names, where there are several.
pub(super) fn items(view: &View<'_>, open: Vec<OpenValue>) -> Vec<OpenItem> {
    let shown =
        |open: &OpenValue| value_to_verify(view, &open.image, &open.verify, Encoding::Utf16);
    let item = |all: Vec<OpenValue>| {
        let mut all = all.into_iter();
        let first = all.next()?;
        Some(OpenItem {
            name: format!("{}/{}", first.image, first.named.name),
            address: first.named.address().map(str::to_owned),
            value: shown(&first),
            also: all.map(|open| shown(&open)).collect(),
            image: first.image,
            named: first.named,
        })
    };
    let mut found: Vec<OpenItem> = by_value(open).into_iter().filter_map(item).collect();
    tell_apart(&mut found, |(line, _)| format!(":{line}"));
    tell_apart(&mut found, |(_, column)| format!(":{column}"));
    found
}

/// Adds to names that several values have where these stand.
fn tell_apart(items: &mut [OpenItem], suffix: impl Fn((usize, usize)) -> String) {
    let names: Vec<String> = items.iter().map(|item| item.name.clone()).collect();
    for item in items {
        if names.iter().filter(|name| **name == item.name).count() > 1 {
            item.name.push_str(&suffix(start_of(&item.value)));
        }
    }
}
