//! Files of an image that was made, beside those that its maintainers wrote.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use similar::{DiffOp, TextDiff};

use super::said::{Cover, Said};

/// Files of an image by their paths in its folder; an alias is one link without a path.
pub(super) type ImageFiles = BTreeMap<String, FileContent>;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum FileContent {
    Link(String),
    Text(String),
}

/// A line that one of both has.
#[derive(Debug)]
pub(super) struct Difference {
    pub(super) file: String,
    /// Number of the line that was made, or of the one that the written one stands before, from 1.
    pub(super) line: usize,
    /// `-` where it was made, `+` where maintainers wrote it.
    pub(super) sign: char,
    pub(super) text: String,
    pub(super) cover: Option<Cover>,
}

/// Returns the files of an image.
pub(super) fn image_files(folder: &Path) -> ImageFiles {
    let mut files = ImageFiles::new();
    collect(folder, "", &mut files);
    files
}

fn collect(path: &Path, name: &str, files: &mut ImageFiles) {
    let content = if let Ok(link) = fs::read_link(path) {
        FileContent::Link(link.display().to_string())
    } else if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            let inner = entry.file_name().into_string().unwrap();
            let inner = format!("{name}/{inner}");
            collect(&entry.path(), inner.trim_start_matches('/'), files);
        }
        return;
    } else {
        FileContent::Text(String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned())
    };
    files.insert(name.to_owned(), content);
}

/// Returns the lines that only one of both has, each with what covers it. A file that only one has is
/// one line.
pub(super) fn differences(made: &ImageFiles, real: &ImageFiles, said: &Said) -> Vec<Difference> {
    let mut found = Vec::new();
    let only = |sign: char, file: &str| Difference {
        file: file.to_owned(),
        line: 0,
        sign,
        text: "(the whole file)".to_owned(),
        cover: said.of_file(file),
    };
    for (file, content) in made {
        match (content, real.get(file)) {
            (_, None) => found.push(only('-', file)),
            (FileContent::Text(made), Some(FileContent::Text(real))) => {
                found.extend(line_differences(file, made, real, said));
            }
            (content, Some(other)) if content != other => {
                found.extend([only('-', file), only('+', file)]);
            }
            _ => {}
        }
    }
    let missing = real.keys().filter(|file| !made.contains_key(*file));
    found.extend(missing.map(|file| only('+', file)));
    found
}

/// Differences of the lines of one file.
struct FileComparison<'c> {
    file: &'c str,
    /// Lines that were made, and those that maintainers wrote.
    made: Vec<&'c str>,
    real: Vec<&'c str>,
    said: &'c Said,
}

fn line_differences(file: &str, made: &str, real: &str, said: &Said) -> Vec<Difference> {
    let comparison = FileComparison {
        file,
        made: made.split_inclusive('\n').collect(),
        real: real.split_inclusive('\n').collect(),
        said,
    };
    let diff = TextDiff::from_lines(made, real);
    let ops = diff.ops().iter();
    ops.filter(|op| !matches!(op, DiffOp::Equal { .. }))
        .flat_map(|op| comparison.of_lines(op.old_range(), op.new_range()))
        .collect()
}

impl FileComparison<'_> {
    /// Returns the lines of two ranges of which one took the place of the other.
    fn of_lines(&self, made: Range<usize>, real: Range<usize>) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut add = |sign, line: usize, text: &str, cover| {
            found.push(Difference {
                file: self.file.to_owned(),
                line: line + 1,
                sign,
                text: text.trim_end().to_owned(),
                cover,
            });
        };
        for line in made.clone() {
            add('-', line, self.made[line], self.of_made(line));
        }
        for (index, line) in real.enumerate() {
            let text = self.real[line];
            let (at, cover) = match made.is_empty() {
                true => (made.start, self.of_inserted(made.start)),
                false => {
                    let at = (made.start + index).min(made.end - 1);
                    (at, self.of_made(at))
                }
            };
            add('+', at, text, cover.or_else(|| self.said.of_text(text)));
        }
        found
    }

    /// Returns what covers a line that was made. A blank line is covered by those around it.
    fn of_made(&self, line: usize) -> Option<Cover> {
        let own = self.said.of_line(self.file, line);
        let own = own.or_else(|| self.said.of_file(self.file));
        let text = self.made[line];
        let around = match text.trim().is_empty() {
            true => self
                .of_inserted(line)
                .or_else(|| self.of_inserted(line + 1)),
            false => None,
        };
        own.or_else(|| self.said.of_text(text)).or(around)
    }

    /// Returns what covers a line that was inserted before one.
    fn of_inserted(&self, before: usize) -> Option<Cover> {
        let own = self.said.of_inserted(self.file, before);
        own.or_else(|| self.said.of_file(self.file))
    }
}
