//! Confirmations of values, in the settings: `[verified."IMAGE"]`, a line for each name.

use smol_str::SmolStr;

use super::NamedValue;
use crate::image::script::range_at;
use crate::{Edit, Refusal};
use model::settings::Settings;
use model::tree::SETTINGS;
use model::view::View;
use syntax::{TextRange, TextSize};

/// Beginning of the remark on a value that upstream has confirmed. The date follows.
const UPSTREAM_REMARK: &str = "# asked upstream on ";

/// Returns the edit of the settings that confirms values of an image.
///
/// # Errors
/// When the settings are written in a way that cannot be continued.
pub fn record_verified(
    view: &View<'_>,
    image: &str,
    values: &[NamedValue],
) -> Result<Edit, Refusal> {
    record(view, image, values, None)
}

/// Returns the edit of the settings that confirms values of an image which upstream was asked about today. Where a
/// value has a line of its own, the date stands there.
///
/// # Errors
/// When the settings are written in a way that cannot be continued.
pub fn record_asked(view: &View<'_>, image: &str, values: &[NamedValue]) -> Result<Edit, Refusal> {
    record(view, image, values, Some(view.today))
}

fn record(
    view: &View<'_>,
    image: &str,
    values: &[NamedValue],
    asked: Option<&str>,
) -> Result<Edit, Refusal> {
    let file = view
        .tree
        .id(SETTINGS)
        .and_then(|id| Some((id, view.tree.file(id)?)));
    let before = file.map(|(_, file)| &*file.text).unwrap_or_default();
    let mut text = before.to_owned();
    for value in values {
        // Whether rules exist is of no account here.
        let settings = Settings::read(&text, &|_| true);
        if settings.is_verified(image, &value.name, &value.exact) {
            continue;
        }
        if let Some((range, new)) = insertion(&text, &settings, image, value, asked) {
            let end = text.get(usize::from(range.end())..).unwrap_or_default();
            let start = text.get(..usize::from(range.start())).unwrap_or_default();
            text = format!("{start}{new}{end}");
        }
        let after = Settings::read(&text, &|_| true);
        if !after.is_verified(image, &value.name, &value.exact) {
            return Err(Refusal::new(format!(
                "{SETTINGS}: `[verified]` is written in a way that is not continued here: add `{}` \
                 to `{image}` by hand",
                line(value, &[])
            )));
        }
    }
    let Some((id, file)) = file else {
        return Ok(Edit::Create {
            path: SmolStr::new_static(SETTINGS),
            text,
        });
    };
    let (prefix, suffix) = syntax::common_affixes(&file.text, &text);
    let new = text.get(prefix..text.len().saturating_sub(suffix));
    Ok(Edit::Text {
        file: id,
        range: range_at(prefix, file.text.len().saturating_sub(prefix + suffix)),
        new_text: new.unwrap_or_default().to_owned(),
    })
}

/// Returns the range that is replaced to add a value, and its new text.
fn insertion(
    text: &str,
    settings: &Settings,
    image: &str,
    value: &NamedValue,
    asked: Option<&str>,
) -> Option<(TextRange, String)> {
    let remark = asked.map(|date| format!(" {UPSTREAM_REMARK}{date}"));
    let remark = remark.unwrap_or_default();
    let recorded = settings.verified.get(image);
    let name = recorded.and_then(|image| image.values.iter().find(|v| v.name == value.name));
    if let Some(known) = name {
        // Another value of the same variable is one of the past.
        let kept: &[SmolStr] = match value.is_variable && !value.is_repeated {
            true => &[],
            false => &known.values,
        };
        let new = values(kept, &value.exact);
        return Some(match end_of_remark(text, known.range) {
            Some(end) => (TextRange::new(known.range.start(), end), new + &remark),
            None => (known.range, new),
        });
    }
    let entry = line(value, &[]);
    if let Some(recorded) = recorded {
        let own =
            text.get(usize::from(recorded.range.start())..usize::from(recorded.range.end()))?;
        if let Some(inner) = own.strip_prefix('{') {
            let inner = inner.strip_suffix('}')?.trim_end();
            let separator = if inner.trim().is_empty() { "" } else { "," };
            return Some((recorded.range, format!("{{{inner}{separator} {entry} }}")));
        }
        let at = end_of_table(text, image)?;
        return Some((range_at(at, 0), format!("{entry}{remark}\n")));
    }
    let gap = match text {
        "" => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let table = format!("{gap}[verified.{}]\n{entry}{remark}\n", string(image));
    Some((range_at(text.len(), 0), table))
}

/// Returns the end of a value together with the date of an earlier confirmation after it; `None` where something
/// else follows on its line.
fn end_of_remark(text: &str, value: TextRange) -> Option<TextSize> {
    let rest = text.get(usize::from(value.end())..)?.lines().next();
    let rest = rest.unwrap_or_default();
    let is_own = rest.trim().is_empty() || rest.trim_start().starts_with(UPSTREAM_REMARK);
    is_own.then(|| value.end() + TextSize::of(rest))
}

/// Returns the range of an image's confirmations in the text of the settings: a table of their own, with
/// the blank line before it, so that none is left over; or a line in the table of all.
pub(crate) fn confirmations(text: &str, image: &str) -> Option<TextRange> {
    let Some(table) = table(text, image) else {
        return inline_table(text, image);
    };
    let before = text.get(..usize::from(table.start()))?;
    let blank = usize::from(before.ends_with("\n\n"));
    let start = usize::from(table.start()).checked_sub(blank)?;
    Some(range_at(
        start,
        usize::from(table.end()).checked_sub(start)?,
    ))
}

/// Returns the line that has an image's confirmations in it.
fn inline_table(text: &str, image: &str) -> Option<TextRange> {
    let quoted = string(image);
    let mut is_verified = false;
    let mut at = 0usize;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        if trimmed.starts_with('[') {
            is_verified = trimmed.starts_with("[verified]");
        }
        if let Some((name, value)) = trimmed.split_once('=').filter(|_| is_verified) {
            let is_own = [quoted.as_str(), image].contains(&name.trim());
            if is_own && value.trim().starts_with('{') && value.trim().ends_with('}') {
                return Some(range_at(at, line.len()));
            }
        }
        at = at.saturating_add(line.len());
    }
    None
}

/// Returns the offset after the last line of an image's table.
fn end_of_table(text: &str, image: &str) -> Option<usize> {
    Some(table(text, image)?.end().into())
}

/// Returns the range of an image's table, from its header to its last value.
fn table(text: &str, image: &str) -> Option<TextRange> {
    let headers = [
        format!("[verified.{}]", string(image)),
        format!("[verified.{image}]"),
    ];
    let mut at = 0usize;
    let mut start = 0usize;
    let mut end = None;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let line_start = at;
        at = at.saturating_add(line.len());
        if headers.iter().any(|header| trimmed.starts_with(header)) {
            start = line_start;
            end = Some(at);
        } else if end.is_some() && trimmed.starts_with('[') {
            break;
        } else if end.is_some() && !trimmed.is_empty() && !trimmed.starts_with('#') {
            end = Some(at);
        }
    }
    let end = end.filter(|_| text.ends_with('\n'))?;
    Some(range_at(start, end.checked_sub(start)?))
}

fn line(value: &NamedValue, kept: &[SmolStr]) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let name = match value.name.chars().all(is_bare) {
        true => value.name.to_string(),
        false => string(&value.name),
    };
    format!("{name} = {}", values(kept, &value.exact))
}

fn values(kept: &[SmolStr], exact: &str) -> String {
    match kept {
        [] => string(exact),
        kept => {
            let all = kept.iter().map(SmolStr::as_str).chain([exact]);
            let all: Vec<String> = all.map(string).collect();
            format!("[{}]", all.join(", "))
        }
    }
}

/// Returns a string of TOML.
fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
