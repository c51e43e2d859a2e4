//! Applies fixes until none is left: one may uncover another.

use similar::{Algorithm, DiffTag, capture_diff_slices};
use smol_str::SmolStr;

use super::snapshot::Snapshot;
use edits::Edit;
use model::tree::{Node, Tree};
use model::{File, FileId};
use rules::Finding;
use syntax::{TextRange, TextSize};

/// How often everything is judged anew, at most.
const ROUNDS: usize = 50;

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fixed {
    /// The changes, all together, as edits of the checkout as it was.
    pub edits: Vec<Edit>,
    /// What was fixed, in that order.
    pub fixes: Vec<Done>,
}

/// A finding that was fixed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The file that it stood on, from the root of the checkout.
    pub path: SmolStr,
    /// The rule that found it.
    pub code: &'static str,
    /// What the fix did.
    pub title: String,
}

/// What makes two findings the same although the text around them has changed.
type Key = (FileId, &'static str, String);

/// Applies fixes: `wanted` says which of a finding's, by its number, if any.
///
/// Fixes that touch each other's places take their turns; one that refuses is left out, and one
/// whose finding does not go away with it is not tried again.
pub fn fix_all(snapshot: &Snapshot, wanted: &dyn Fn(FileId, &Finding) -> Option<usize>) -> Fixed {
    let mut now = snapshot.clone();
    let mut fixes = Vec::new();
    let mut in_vain: Vec<Key> = Vec::new();
    let mut rounds: Vec<Vec<Edit>> = Vec::new();
    for _ in 0..ROUNDS {
        let mut round = Round::default();
        for (file, id, findings) in now.findings() {
            for finding in findings {
                let key = key(id, finding);
                let fix = wanted(id, finding).and_then(|at| finding.fixes.get(at));
                let Some(fix) = fix.filter(|_| !in_vain.contains(&key)) else {
                    continue;
                };
                let Ok(edits) = fix.edits(&now.view()) else {
                    continue;
                };
                if !edits.is_empty() && round.take(edits) {
                    round.keys.push(key);
                    fixes.push(Done {
                        path: file.path.clone(),
                        code: finding.rule.code,
                        title: fix.title.clone(),
                    });
                }
            }
        }
        if round.keys.is_empty() {
            break;
        }
        let after = now.with_edits(&round.edits);
        in_vain.extend(round.keys.into_iter().filter(|key| {
            let count = |snapshot: &Snapshot| count(snapshot, key);
            count(&after) >= count(&now)
        }));
        rounds.push(round.edits);
        now = after;
    }
    let edits = match <[Vec<Edit>; 1]>::try_from(rounds) {
        // They are edits of the checkout as it was, and nobody knows better what is to be changed.
        Ok([edits]) => edits,
        Err(rounds) => {
            let is_text = |edit: &Edit| matches!(edit, Edit::Text { .. });
            let all = rounds.into_iter().flatten();
            let structure: Vec<Edit> = all.filter(|edit| !is_text(edit)).collect();
            difference(&snapshot.tree, &now.tree, &structure)
        }
    };
    Fixed { edits, fixes }
}

fn key(id: FileId, finding: &Finding) -> Key {
    (id, finding.rule.code, finding.message.clone())
}

/// How many findings of that kind a file has.
fn count(snapshot: &Snapshot, (id, code, message): &Key) -> usize {
    let same = |f: &&Finding| f.rule.code == *code && f.message == *message;
    snapshot.findings_of(*id).iter().filter(same).count()
}

/// Edits that can be applied together.
#[derive(Default)]
struct Round {
    edits: Vec<Edit>,
    keys: Vec<Key>,
}

impl Round {
    /// Takes all of a fix's edits, unless one of them is in the way of another one's. What another
    /// fix does as well is done once.
    fn take(&mut self, edits: Vec<Edit>) -> bool {
        let new: Vec<Edit> = edits
            .into_iter()
            .filter(|edit| !self.edits.contains(edit))
            .collect();
        let fits = |edit: &Edit| !self.edits.iter().any(|other| collide(edit, other));
        let fits = new.iter().all(fits);
        if fits {
            self.edits.extend(new);
        }
        fits
    }
}

/// Whether two edits touch the same place.
fn collide(a: &Edit, b: &Edit) -> bool {
    match (a, b) {
        (
            Edit::Text { file, range, .. },
            Edit::Text {
                file: other,
                range: place,
                ..
            },
        ) => file == other && range.start() <= place.end() && place.start() <= range.end(),
        (Edit::Text { .. }, _) | (_, Edit::Text { .. }) => false,
        (a, b) => a.path() == b.path(),
    }
}

/// The edits that make one state of a checkout's files of another: text edits as small as they
/// get, files that came and went. `structure` are the edits in between that were none of text:
/// what is no file is known by them.
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

/// The edit that a new file came by.
fn arrival(new: &File, structure: &[Edit], before: &Tree) -> Edit {
    let copied = structure.iter().find_map(|edit| match edit {
        Edit::Copy { from, to } if *to == new.path => Some((from, to)),
        _ => None,
    });
    // A file that nobody reads has a text all the same.
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

/// The smallest changes, line by line, that make one text of another.
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
            let (start, part) = before.part(old, a);
            let (_, new_part) = after.part(new, b);
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

    /// Where some lines begin, and their text.
    fn part(&self, text: &'t str, lines: std::ops::Range<usize>) -> (usize, &'t str) {
        let at = |line: usize| self.starts.get(line).copied().unwrap_or(text.len());
        let (start, end) = (at(lines.start), at(lines.end));
        (start, text.get(start..end).unwrap_or_default())
    }
}

/// What differs between two texts: how much of the first comes before that, how much of it goes,
/// and what comes in its place.
pub fn trim<'t>(old: &str, new: &'t str) -> (usize, usize, &'t str) {
    let same = |pair: &(char, char)| pair.0 == pair.1;
    let length = |pair: (char, char)| pair.0.len_utf8();
    let before: usize = { old.chars().zip(new.chars()) }
        .take_while(same)
        .map(length)
        .sum();
    let (rest, new_rest) = (
        old.get(before..).unwrap_or_default(),
        new.get(before..).unwrap_or_default(),
    );
    let behind: usize = { rest.chars().rev().zip(new_rest.chars().rev()) }
        .take_while(same)
        .map(length)
        .sum();
    let added = new_rest.get(..new_rest.len() - behind).unwrap_or_default();
    (before, rest.len() - behind, added)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
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
