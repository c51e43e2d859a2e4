//! Completion at the cursors of the checkouts in `completion/`, while their line is being typed:
//! the completions in the order in which they are offered.

use std::path::Path;

use analysis::Snapshot;
use fixture::cursors;
use ide::completion::{self, Completion};
use model::FileId;
use syntax::TextSize;

/// Limit of the completions that a fixture shows.
const SHOWN: usize = 14;

fn line(snapshot: &Snapshot, file: FileId, offset: TextSize, item: &Completion) -> String {
    let found = snapshot.tree.file(file).unwrap();
    let mut out = item.label.clone();
    if let Some(detail) = &item.detail {
        out.push_str(&format!(" ({detail})"));
    }
    let text = item.snippet.as_ref().unwrap_or(&item.insert_text);
    let written = found.slice(item.range);
    if *text != item.label || !written.is_empty() {
        out.push_str(&format!(": `{written}` -> `{}`", text.replace('\n', "\\n")));
    }
    if let Some((range, text)) = &item.additional_edit {
        let line = found.lines().line_of(range.start()) + 1;
        out.push_str(&format!(
            ", and in line {line} `{}`",
            text.replace('\n', "\\n")
        ));
    }
    // Editors refuse any other edit.
    assert_eq!(item.range.end(), offset);
    assert!(!written.contains('\n'));
    if let Some((also, _)) = &item.additional_edit {
        assert!(also.end() < item.range.start() || also.start() > item.range.end());
    }
    if let Some(doc) = &item.doc {
        let said = completion::documentation(&snapshot.view(), file, doc);
        assert!(said.is_none_or(|said| !said.is_empty()));
    }
    out
}

pub(crate) fn completion(path: &Path) {
    cursors::check_typing(path, |snapshot, file, offset| {
        let found = completion::completion(&snapshot.view(), file, offset);
        if found.is_empty() {
            return "nothing".to_owned();
        }
        let mut lines: Vec<String> = found
            .iter()
            .take(SHOWN)
            .map(|item| line(snapshot, file, offset, item))
            .collect();
        if found.len() > SHOWN {
            lines.push(format!("and {} more", found.len() - SHOWN));
        }
        lines.join("\n")
    });
}

/// A request at any offset succeeds, and completions replace the text before the cursor.
pub(crate) fn every_offset_of_a_whole_checkout() {
    let snapshot = fixture::checkout("contribution");
    let view = snapshot.view();
    let mut offered = 0;
    for (id, file) in snapshot.tree.files() {
        for offset in (0..=file.text.len()).step_by(11) {
            if !file.text.is_char_boundary(offset) {
                continue;
            }
            let offset = TextSize::try_from(offset).unwrap();
            let found = completion::completion(&view, id, offset);
            offered += usize::from(!found.is_empty());
            for item in found {
                assert_eq!(item.range.end(), offset, "{}", file.path);
            }
        }
    }
    assert!(offered > 100, "{offered}");
}
