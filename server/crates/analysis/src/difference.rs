//! The edits that turn one state of a checkout, or of a text, into another.

use similar::{Algorithm, DiffTag, capture_diff_slices};

use edits::Edit;
use model::File;
use model::tree::{Node, Tree};
use syntax::{TextRange, TextSize, common_affixes};

/// Returns the edits that turn one state of a checkout's files into another: the smallest text
/// edits, files that came and went. `structure` has the edits in between that changed no text: they
/// tell of links and directories.
pub fn difference(before: &Tree, after: &Tree, structure: &[Edit]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (_, new) in after.files().filter(|(id, _)| before.file(*id).is_none()) {
        edits.push(arrival(new, structure, before));
    }
    for edit in structure {
        if let Edit::Symlink { path, .. } = edit
            && matches!(after.node(path), Some(Node::Link(_)))
            && before.node(path).is_none()
        {
            edits.push(edit.clone());
        }
    }
    for (id, old) in before.files() {
        if let Some(new) = after.file(id).filter(|new| new.text != old.text) {
            let texts = text_edits(&old.text, &new.text).into_iter();
            edits.extend(texts.map(|(range, new_text)| Edit::Text {
                file: id,
                range,
                new_text,
            }));
        }
    }
    let mut whole: Vec<&str> = Vec::new();
    for edit in structure {
        if let Edit::DeleteDirectory { path } | Edit::Unlink { path } = edit
            && after.node(path).is_none()
            && before.node(path).is_some()
        {
            edits.push(edit.clone());
            whole.push(path);
        }
    }
    for (id, old) in before.files().filter(|(id, _)| after.file(*id).is_none()) {
        let within = |directory: &&str| {
            let rest = old.path.strip_prefix(*directory);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        if !whole.iter().any(within)
            && let Some(path) = before.path(id)
        {
            edits.push(Edit::Delete { path: path.clone() });
        }
    }
    edits
}

/// Returns the edit that made a new file.
fn arrival(new: &File, structure: &[Edit], before: &Tree) -> Edit {
    let copied = structure.iter().find_map(|edit| match edit {
        Edit::Copy { from, to } if *to == new.path => Some((from, to)),
        _ => None,
    });
    // A copied file may not be one whose text is read.
    match copied.filter(|(from, _)| before.node(from).is_some()) {
        Some((from, to)) => Edit::Copy {
            from: from.clone(),
            to: to.clone(),
        },
        None => Edit::Create {
            path: new.path.clone(),
            text: new.text.to_string(),
        },
    }
}

/// Returns the smallest changes, line by line, that turn one text into another.
pub fn text_edits(old: &str, new: &str) -> Vec<(TextRange, String)> {
    let (before, after) = (Split::new(old), Split::new(new));
    let operations = capture_diff_slices(Algorithm::Patience, &before.lines, &after.lines);
    let mut edits = Vec::new();
    for operation in operations {
        let (tag, a, b) = operation.as_tag_tuple();
        if tag == DiffTag::Equal {
            continue;
        }
        // As many lines as before: each is the one that it was, changed.
        let pairs: Vec<_> = if a.len() == b.len() {
            a.clone()
                .zip(b)
                .map(|(x, y)| (x..x + 1, y..y + 1))
                .collect()
        } else {
            vec![(a, b)]
        };
        for (a, b) in pairs {
            let (start, part) = before.lines(old, a);
            let (_, new_part) = after.lines(new, b);
            let (skipped, removed, added) = trim(part, new_part);
            if removed > 0 || !added.is_empty() {
                edits.push((start + skipped, removed, added.to_owned()));
            }
        }
    }
    let size = |at: usize| TextSize::try_from(at).unwrap_or_default();
    edits
        .into_iter()
        .map(|(start, length, text)| (TextRange::at(size(start), size(length)), text))
        .collect()
}

/// A text in lines.
struct Split<'t> {
    lines: Vec<&'t str>,
    starts: Vec<usize>,
}

impl<'t> Split<'t> {
    fn new(text: &'t str) -> Split<'t> {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let mut starts = Vec::with_capacity(lines.len());
        let mut at = 0;
        for line in &lines {
            starts.push(at);
            at += line.len();
        }
        Split { lines, starts }
    }

    /// Returns the byte offset at which some lines begin, and their text.
    fn lines(&self, text: &'t str, lines: std::ops::Range<usize>) -> (usize, &'t str) {
        let at = |line: usize| self.starts.get(line).copied().unwrap_or(text.len());
        let (start, end) = (at(lines.start), at(lines.end));
        (start, text.get(start..end).unwrap_or_default())
    }
}

/// Returns where two texts differ: the length of their common beginning, the number of bytes that go
/// after it, and the text that replaces them.
pub fn trim<'t>(old: &str, new: &'t str) -> (usize, usize, &'t str) {
    let (before, after) = common_affixes(old, new);
    let added = new.get(before..new.len() - after).unwrap_or_default();
    (before, old.len() - after - before, added)
}

#[cfg(test)]
mod tests {
    use super::*;
    use edits::text_after;

    fn changes(old: &str, new: &str) -> Vec<(u32, u32, String)> {
        let edits = text_edits(old, new);
        let borrowed: Vec<(TextRange, &str)> =
            edits.iter().map(|(r, text)| (*r, text.as_str())).collect();
        assert_eq!(text_after(old, &borrowed), new);
        let plain = |(r, text): (TextRange, String)| (r.start().into(), r.end().into(), text);
        edits.into_iter().map(plain).collect()
    }

    #[test]
    fn changes_are_small() {
        let change = |start, end, text: &str| (start, end, text.to_owned());
        assert_eq!(changes("a\n", "a\n"), []);
        assert_eq!(
            changes("x $a\ny $b\n", "x \\$a\ny \\$b\n"),
            [change(2, 2, "\\"), change(7, 7, "\\")]
        );
        assert_eq!(changes("a\nc\n", "a\nb\nc\n"), [change(2, 2, "b\n")]);
        assert_eq!(changes("a\nb\nc\n", "a\nc\n"), [change(2, 4, "")]);
        assert_eq!(changes("", "a"), [change(0, 0, "a")]);
        assert_eq!(changes("é", "è"), [change(0, 2, "è")]);
        assert_eq!(changes("aa", "a"), [change(1, 2, "")]);
    }

    #[test]
    fn every_text_becomes_every_other() {
        let texts = [
            "",
            "a",
            "a\n",
            "a\nb",
            "b\na\n",
            "a\n\n\nb\n",
            "é\r\nü\n",
            "a\nb\nc\na\n",
        ];
        for old in texts {
            for new in texts {
                changes(old, new);
            }
        }
    }
}
