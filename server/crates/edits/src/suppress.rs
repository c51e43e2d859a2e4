//! Silences a finding with a comment.

use crate::Edit;
use crate::image::script::range_at;
use crate::nix::line_end;
use model::{File, FileId, FileKind};
use syntax::directive::Covers;
use syntax::{TextRange, TextSize, bash, nix};

/// Returns the edit that silences a rule at a range of a file; `None` where no comment can stand.
///
/// A comment goes on the line before the range, or, where one silences something else there
/// already, the code is added to that. Where no line can be inserted (in the middle of a string,
/// before the first line's `#!`) the rule is silenced in the whole file.
pub fn suppress(file: &File, id: FileId, range: TextRange, code: &str) -> Option<Edit> {
    if file.kind == FileKind::Other {
        return None;
    }
    let replace = |range: TextRange, new_text: String| Edit::Text {
        file: id,
        range,
        new_text,
    };
    // One that is there already.
    let existing = file.directives.iter().find(|d| match d.covers {
        Covers::Line(line) => line.contains_inclusive(range.start()),
        Covers::File => false,
    });
    if let Some(last) = existing.and_then(|d| d.codes.last()) {
        let at = TextRange::empty(last.range.end());
        return Some(replace(at, format!(", {code}")));
    }
    let line = file.lines().line_of(range.start());
    let start = file.lines().start(line)?;
    let eol = line_end(&file.text);
    let text = &*file.text;
    let in_the_middle = match file.kind {
        FileKind::Script => bash::is_inside_word(text, start),
        FileKind::Repository | FileKind::TestTable | FileKind::Suite => {
            nix::is_inside_string(text, start)
        }
        FileKind::Settings | FileKind::Other => false,
    };
    let whole = file.lines().range(line, text);
    let is_shebang = line == 0 && text.starts_with("#!");
    if in_the_middle || is_shebang {
        let second = file.lines().start(1).filter(|_| text.starts_with("#!"));
        let (at, before) = match second {
            Some(second) => (second, ""),
            // A file of one line, which may have no end.
            None if text.starts_with("#!") => {
                let open = !text.ends_with('\n');
                (TextSize::of(text), if open { eol } else { "" })
            }
            None => (TextSize::default(), ""),
        };
        return Some(replace(
            TextRange::empty(at),
            format!("{before}# image-scripts: ignore-file[{code}]{eol}"),
        ));
    }
    let content = file.slice(whole);
    let indentation = content.len() - content.trim_start_matches([' ', '\t']).len();
    let indentation = content.get(..indentation).unwrap_or_default();
    Some(replace(
        range_at(usize::from(start), 0),
        format!("{indentation}# image-scripts: ignore[{code}]{eol}"),
    ))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::text_after;
    use model::{Layout, tree::Tree};

    /// The text with a rule silenced at the last `$`.
    fn silenced(text: &str) -> String {
        let mut tree = Tree::new(Layout::Whole);
        let path = "image-scripts/include/a.sh".into();
        let id = tree.insert_file(File::new(path, FileKind::Script, Arc::from(text), None));
        let at = range_at(text.rfind('$').unwrap(), 1);
        match suppress(tree.file(id).unwrap(), id, at, "x").unwrap() {
            Edit::Text {
                range, new_text, ..
            } => text_after(text, &[(range, &new_text)]),
            edit => panic!("{edit:?}"),
        }
    }

    #[test]
    fn no_comment_comes_into_a_line_that_goes_on() {
        let file = "# image-scripts: ignore-file[x]\n";
        for text in ["a \\\n  $b\n", "cat <<EOF\na \\\n  $b\nEOF\n"] {
            assert_eq!(silenced(text), format!("{file}{text}"));
        }
        let text = "cat <<EOF\na\n  $b\nEOF\n";
        let line = "  # image-scripts: ignore[x]\n  $b";
        assert_eq!(silenced(text), text.replace("  $b", line));
    }

    #[test]
    fn a_comment_comes_below_the_first_line() {
        let file = "# image-scripts: ignore-file[x]\n";
        assert_eq!(silenced("#!/bin/$x\na\n"), format!("#!/bin/$x\n{file}a\n"));
        assert_eq!(silenced("#!/bin/$x\n"), format!("#!/bin/$x\n{file}"));
        assert_eq!(silenced("#!/bin/$x"), format!("#!/bin/$x\n{file}"));
    }
}
