//! Silences a finding with a comment.

use std::cell::OnceCell;

use crate::Edit;
use crate::image::script::range_at;
use crate::nix::line_end;
use model::{File, FileId, FileKind};
use syntax::directive::Covers;
use syntax::strings::Strings;
use syntax::{TextRange, TextSize, bash, nix};

/// Silences findings of one file: the file is read once for all of them.
pub struct Suppressor<'f> {
    file: &'f File,
    id: FileId,
    strings: OnceCell<Strings>,
    /// Lines that a comment covers, in order, each with the end of the last code of the first such
    /// comment.
    covered: Vec<(TextRange, Option<TextSize>)>,
}

impl<'f> Suppressor<'f> {
    /// Makes one for a file.
    pub fn new(file: &'f File, id: FileId) -> Suppressor<'f> {
        let lines = file.directives.iter().filter_map(|d| match d.covers {
            Covers::Line(line) => Some((line, d.codes.last().map(|code| code.range.end()))),
            Covers::File => None,
        });
        let mut covered: Vec<_> = lines.collect();
        // Stable: the first comment that covers a line stays the first.
        covered.sort_by_key(|(line, _)| line.start());
        covered.dedup_by_key(|(line, _)| *line);
        Suppressor {
            file,
            id,
            strings: OnceCell::new(),
            covered,
        }
    }

    /// Returns the edit that silences a rule at a range of the file; `None` where no comment can
    /// stand.
    ///
    /// A comment goes on the line before the range, or, where one silences something else there
    /// already, the code is added to that. Where no line can be inserted (in the middle of a string,
    /// before the first line's `#!`) the rule is silenced in the whole file.
    pub fn suppress(&self, range: TextRange, code: &str) -> Option<Edit> {
        let (file, text) = (self.file, &*self.file.text);
        if file.kind == FileKind::Other {
            return None;
        }
        let replace = |range: TextRange, new_text: String| Edit::Text {
            file: self.id,
            range,
            new_text,
        };
        if let Some(at) = self.last_code_for(range.start()) {
            return Some(replace(TextRange::empty(at), format!(", {code}")));
        }
        let line = file.lines().line_of(range.start());
        let start = file.lines().start(line)?;
        let eol = line_end(text);
        let whole = file.lines().range(line, text);
        let is_shebang = line == 0 && text.starts_with("#!");
        if self.goes_on_at(start) || is_shebang {
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

    /// Returns the end of the last code of the comment that covers an offset.
    fn last_code_for(&self, offset: TextSize) -> Option<TextSize> {
        let after = self
            .covered
            .partition_point(|(line, _)| line.start() <= offset);
        let before = self.covered.get(..after)?.iter().rev();
        let around = before.take_while(|(line, _)| line.contains_inclusive(offset));
        // The first one of the text, where an empty line follows the last one.
        around.last().and_then(|(_, last)| *last)
    }

    /// Returns whether a comment that is inserted at the beginning of a line would be none.
    fn goes_on_at(&self, start: TextSize) -> bool {
        let text = &*self.file.text;
        let strings = || match self.file.kind {
            FileKind::Script => bash::strings(text),
            FileKind::Repository
            | FileKind::RepositoryModule
            | FileKind::TestTable
            | FileKind::Suite => nix::strings(text),
            FileKind::Settings | FileKind::Other => Strings::default(),
        };
        let strings = self.strings.get_or_init(strings);
        self.file.kind != FileKind::Settings && strings.goes_on_at(text, start)
    }
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
        match Suppressor::new(tree.file(id).unwrap(), id)
            .suppress(at, "x")
            .unwrap()
        {
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
