//! `sibling-drift`.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::values::distribution_of;
use crate::{Context, FileRange, Finding};
use edits::Fix;
use model::{File, FileId};
use syntax::{TextRange, TextSize};

rule! {
    /// A script beside those of an image is nearly the same as the one of that name beside another
    /// image of the distribution: more than nine tenths of the lines are alike, and not all.
    ///
    /// ## Why
    /// Such a file is copied from release to release. What was corrected in one copy is still wrong
    /// in the others.
    ///
    /// ## How to fix it
    /// Make the files equal; or one of them a symbolic link to the other. Where they have to differ,
    /// say so in a comment that silences the rule.
    ///
    /// ## Example
    /// `slackware-15.0/rc.cgroups.sh` and `slackware-current/rc.cgroups.sh` differ in one line.
    code: "sibling-drift",
    severity: Information,
    confidence: Likely,
    group: Images,
    checks: [Images(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut siblings: BTreeMap<(SmolStr, &SmolStr), Vec<FileId>> = BTreeMap::new();
    let directories = cx.model.directories.values();
    for directory in directories.filter(|directory| !directory.extras.is_empty()) {
        let Some(distribution) = distribution_of(cx, directory) else {
            continue;
        };
        for (name, id) in &directory.extras {
            // Other files are not read.
            if cx.tree.script(*id).is_some_and(|facts| !facts.is_stale) {
                let key = (distribution.clone(), name);
                siblings.entry(key).or_default().push(*id);
            }
        }
    }
    for files in siblings.into_values().filter(|files| files.len() > 1) {
        compare(cx, &files, out);
    }
}

/// Compares files of one name: each text that is not the most frequent one with that.
fn compare(cx: &Context<'_>, files: &[FileId], out: &mut Vec<Finding>) {
    // Texts in the order of their first files.
    let mut texts: Vec<(&Arc<File>, Vec<FileId>)> = Vec::new();
    let mut numbers: FxHashMap<&str, usize> = FxHashMap::default();
    for id in files {
        let Some(file) = cx.tree.file(*id).filter(|file| file.is_readable()) else {
            continue;
        };
        let number = *numbers.entry(&file.text).or_insert(texts.len());
        match texts.get_mut(number) {
            // One file may be beside several images, by links.
            Some((_, same)) if same.contains(id) => {}
            Some((_, same)) => same.push(*id),
            None => texts.push((file, vec![*id])),
        }
    }
    let most = texts.iter().map(|(_, same)| same.len()).max();
    let usual = texts.iter().find(|(_, same)| Some(same.len()) == most);
    let Some((usual, [first, rest @ ..])) = usual.map(|(file, same)| (*file, same.as_slice()))
    else {
        return;
    };
    for (file, same) in &texts {
        if file.text == usual.text || !is_nearly(&file.text, &usual.text) {
            continue;
        }
        for id in same {
            out.push(finding((*id, file), (*first, usual), rest.is_empty()));
        }
    }
}

fn finding(
    (id, file): (FileId, &File),
    (other_id, other): (FileId, &File),
    is_one: bool,
) -> Finding {
    let message = format!(
        "all but a few lines are those of `{}`: make the files equal",
        other.path
    );
    let line = first_difference(&file.text, &other.text);
    let place = |id: FileId, file: &File| {
        let last = file.text.lines().count().saturating_sub(1);
        FileRange::new(id, file.lines().range(line.min(last), &file.text))
    };
    let whole = |file: &File| TextRange::up_to(TextSize::of(&*file.text));
    let take = Fix::replace(
        format!("Make it equal to `{}`", other.path),
        id,
        whole(file),
        &*other.text,
    );
    let mut finding = Finding::new(&RULE, place(id, file), message)
        .related(place(other_id, other), "differs here")
        .fix(take);
    // Of two files, the other one may be the one that is behind.
    if is_one {
        finding = finding.fix(Fix::replace(
            format!("Make `{}` equal to this file", other.path),
            other_id,
            whole(other),
            &*file.text,
        ));
    }
    finding
}

/// Returns the number of the first line in which two texts differ.
fn first_difference(one: &str, other: &str) -> usize {
    one.lines()
        .zip(other.lines())
        .take_while(|(one, other)| one == other)
        .count()
}

/// Returns whether more than nine tenths of the lines of two texts are alike, wherever they stand.
fn is_nearly(one: &str, other: &str) -> bool {
    let mut counts: FxHashMap<&str, isize> = FxHashMap::default();
    let (mut lines, mut common) = (0_usize, 0_usize);
    for line in one.lines() {
        lines += 1;
        *counts.entry(line).or_default() += 1;
    }
    for line in other.lines() {
        lines += 1;
        if let Some(count) = counts.get_mut(line).filter(|count| **count > 0) {
            *count -= 1;
            common += 1;
        }
    }
    20 * common > 9 * lines
}
