//! The message of a tool in a line, and what the lines around it add to that.

use smol_str::SmolStr;

use super::MAX_TRACE;
use crate::markers::traced;
use crate::matcher::Match;
use crate::url::{host_of, url_in};

/// Returns the part of a line that may be the message of a tool; `None` for what is none: a command
/// that was traced, a remark of the test runner.
pub(super) fn message_of(line: &str) -> Option<&str> {
    if traced(line).is_some() {
        return None;
    }
    if line.starts_with("[20") {
        return line.contains("(OsVm::").then_some(line);
    }
    let Some((head, text)) = line.split_once(" -- : ") else {
        return Some(line);
    };
    if !head.contains(", [") {
        return Some(line);
    }
    let text = match text
        .strip_prefix('[')
        .and_then(|text| text.split_once("] "))
    {
        Some((_, text)) => text,
        None => text,
    };
    // The output of a test follows on the same line.
    match text
        .split_once(" failed with status ")
        .and_then(|(_, rest)| rest.split_once(": "))
    {
        Some((_, output)) if text.starts_with("Test '") && !output.trim().is_empty() => {
            Some(output)
        }
        _ => Some(text),
    }
}

/// Returns the unit of a row of systemd's table of those that failed: `UNIT loaded failed failed DESCRIPTION`.
pub(super) fn failed_unit(line: &str) -> Option<&str> {
    let row = line.trim_start_matches(['●', '*', ' ']);
    let mut words = row.split_whitespace();
    let unit = words.next().filter(|unit| unit.contains('.'))?;
    words
        .by_ref()
        .take(2)
        .eq(["loaded", "failed"])
        .then_some(unit)
}

/// Adds the address that the last traced command fetched to a failed download, and the host.
pub(super) fn complete_url(found: &mut Match, trace: &str) {
    let leads_to_url = found.entry.leads_to.iter().any(|kind| kind == "url");
    let has = |found: &Match, name: &str| found.captures.iter().any(|(known, _)| *known == name);
    if leads_to_url
        && !has(found, "url")
        && let Some(url) = url_in(trace)
    {
        found.captures.push(("url", SmolStr::new(url)));
    }
    if !has(found, "host") {
        let url = found.captures.iter().find(|(name, _)| *name == "url");
        if let Some(host) = url.and_then(|(_, url)| host_of(url)).map(SmolStr::new) {
            found.captures.push(("host", host));
        }
    }
}

/// Adds the script and the line that bash names before its own errors: `FILE: line N: TEXT`.
pub(super) fn complete_script(mut found: Match, message: &str) -> Match {
    let named = message.split_once(": line ").and_then(|(script, rest)| {
        let (line, _) = rest.split_once(": ")?;
        let is_number = !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit());
        (is_number && script.len() < MAX_TRACE && !script.contains(' ')).then_some((script, line))
    });
    let is_known = found.captures.iter().any(|(name, _)| *name == "script");
    if let Some((script, line)) = named.filter(|_| !is_known) {
        found.captures.push(("script", SmolStr::new(script)));
        found.captures.push(("line", SmolStr::new(line)));
    }
    found
}
