//! Silences a finding where it stands, with a comment.

use super::Edit;
use super::nix::line_end;
use super::scripts::range_at;
use crate::model::{File, FileId, Kind};
use crate::syntax::directive::Scope;
use crate::syntax::{TextRange, TextSize, bash, nix};

/// The edit that silences a rule at a place of a file; `None` where no comment can stand.
///
/// A comment goes on the line before the place, or, where there is one that silences something
/// else there already, the code into that. Where no line can come in between (in the middle of a
/// string, behind the first line's `#!`) the whole file is told.
pub fn suppress(file: &File, id: FileId, range: TextRange, code: &str) -> Option<Edit> {
    if file.kind == Kind::Other {
        return None;
    }
    let replace = |range: TextRange, new_text: String| Edit::Text {
        file: id,
        range,
        new_text,
    };
    // One that is there already.
    let existing = file.directives.iter().find(|d| match d.scope {
        Scope::Line(line) => line.contains_inclusive(range.start()),
        Scope::File => false,
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
        Kind::Script => bash::is_inside_word(text, start),
        Kind::Repository | Kind::TestTable | Kind::Suite => nix::is_inside_string(text, start),
        Kind::Settings | Kind::Other => false,
    };
    let whole = file.lines().range(line, text);
    let is_shebang = line == 0 && text.starts_with("#!");
    if in_the_middle || is_shebang {
        let at = if text.starts_with("#!") {
            file.lines().start(1).unwrap_or_else(|| TextSize::of(text))
        } else {
            TextSize::default()
        };
        return Some(replace(
            TextRange::empty(at),
            format!("# image-scripts: ignore-file[{code}]{eol}"),
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
