//! What the test runner says: the lines of its own, and the names that it gives to tests and to what it
//! leaves of them.

use smol_str::SmolStr;

use super::{Marker, STATE_DIRECTORY, is_name, is_name_char, of_names, quoted};
use model::suite::IMAGE_TEST;
use model::test_runner;

/// Returns the text of a line of the test runner: `[2026-08-17 21:18:03 +0200] TEXT`.
pub(super) fn timed(line: &str) -> Option<&str> {
    let (time, text) = line.strip_prefix('[')?.split_once("] ")?;
    let is_time = time.len() == 25 && time.starts_with("20") && time.contains(':');
    is_time.then_some(text)
}

/// Returns what the test runner says of a test: `[i/M] Test 'PATH' failed after ...`.
pub(super) fn of_test_runner(text: &str) -> Option<Marker<'_>> {
    let Some((position, rest)) = text
        .strip_prefix('[')
        .and_then(|text| text.split_once("] "))
    else {
        return of_script(text).or_else(|| of_names(text));
    };
    let is_position = position.split_once('/').is_some_and(|(index, count)| {
        [index, count]
            .iter()
            .all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    });
    if !is_position {
        return of_names(text);
    }
    if let Some(path) = rest.strip_prefix("Running test ").and_then(quoted) {
        return Some(Marker::TestBegan(path));
    }
    if let Some(path) = rest.strip_prefix("Retrying test ").and_then(quoted) {
        return Some(Marker::TestRetried(path));
    }
    let after = rest
        .strip_prefix("Test ")
        .or_else(|| rest.strip_prefix("Script "))?;
    let path = quoted(after)?;
    let end = after.get(path.len() + 2..)?;
    let is_expected =
        end.starts_with(" successful in ") || end.starts_with(" failed as expected in ");
    let is_failed =
        end.starts_with(" failed after ") || end.starts_with(" unexpectedly succeeded in ");
    (is_expected || is_failed).then_some(Marker::TestEnded { path, is_expected })
}

/// Returns what the test runner says of a script, in the log of the test.
fn of_script(text: &str) -> Option<Marker<'_>> {
    if let Some(rest) = text.strip_prefix("Exception occurred while running script ") {
        let (name, _) = rest.rsplit_once(" in ")?;
        return Some(Marker::ScriptFailed(name)).filter(|_| is_name(name));
    }
    if let Some(name) = text.strip_prefix("Running script ") {
        return Some(Marker::ScriptBegan(name)).filter(|_| is_name(name));
    }
    if let Some(rest) = text.strip_prefix("Script ") {
        let (name, _) = rest.split_once(" finished in ")?;
        return Some(Marker::ScriptEnded(name)).filter(|_| is_name(name));
    }
    let is_retried = text.starts_with("Retrying ") && text.contains("; attempt ");
    is_retried.then_some(Marker::Retried { all: true })
}

/// Returns the name of the row that a test is of, `DISTRIBUTION-VERSION`, by the path of the test.
pub(crate) fn row_of_test(path: &str) -> Option<&str> {
    let (test, name) = path.rsplit_once(['#', '@'])?;
    let is_row = test != IMAGE_TEST && test_runner::image_of(path).is_none();
    (is_row && is_name(name) && name.contains('-')).then_some(name)
}

/// Returns the image whose test has a state directory of that name, in a path or a line.
pub(crate) fn image_of_path(text: &str) -> Option<&str> {
    let (_, after) = text.split_once(STATE_DIRECTORY)?;
    let end = after
        .find(|c: char| !is_name_char(c))
        .unwrap_or(after.len());
    let (image, hash) = after.get(..end)?.rsplit_once('-')?;
    let is_hash = hash.len() == 8 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    (is_hash && is_name(image)).then_some(image)
}

/// Returns the test that has a state directory of that name, where it is not that of an image: the path
/// of the test, or as much of it as the name tells.
pub(crate) fn test_of_path(text: &str) -> Option<SmolStr> {
    let mut components = text.split('/').rev().skip(1);
    let name = components.find_map(|component| component.strip_prefix("os-test-"))?;
    let is_hash = |hash: &str| hash.len() == 8 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    let Some((slug, hash)) = name.rsplit_once('-').filter(|(_, hash)| is_hash(hash)) else {
        // Before 2026 it is the name of the test.
        return name.contains('@').then(|| SmolStr::new(name));
    };
    // The name has lost what stood between the words of the path; its hash tells.
    let path = slug.replace("__", "/");
    let is_path = test_runner::state_directory(&path).ends_with(hash);
    Some(SmolStr::new(if is_path { &path } else { slug }))
}

/// Returns the image of a test, by its path.
pub(crate) fn image_of_test(path: &str) -> Option<&str> {
    let name = test_runner::image_of(path)?;
    let name = name.split('#').next().unwrap_or(name);
    is_name(name).then_some(name)
}
