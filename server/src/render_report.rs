//! What an image's build generates, for people and programs: the command line prints it with
//! `render --format json`, and the server answers `imageScripts/render` with it.
//!
//! Within a version, keys are only added. Ranges count from 0, in the encoding of positions that
//! the client has; on the command line that is UTF-16.

use lsp_types::Range;
use serde::Serialize;
use smol_str::SmolStr;

use crate::lsp::position::{Encoding, position, range};
use container::{Build, Condition, FileStateKind, SegmentKind, ShownText, Text};
use model::{FileRange, Tree};
use syntax::TextSize;
use syntax::lines::Lines;

/// Version of the format.
const VERSION: u32 = 1;

/// What an image's build generates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RenderReport {
    /// Version of the format.
    pub version: u32,
    /// Name of the image.
    pub image: SmolStr,
    /// Scripts and commands that are executed inside of a new root, in order.
    pub scripts: Vec<RenderedScript>,
    /// Files that are written below the new root.
    pub files: Vec<RenderedFile>,
    /// Commands that may do anything: what comes after them may be something else.
    pub opaque: Vec<SourceRange>,
}

/// A script that is executed inside of a new root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RenderedScript {
    /// The root: `$INSTALL`, where it is that of the new file system.
    pub root: String,
    /// Path of the script in the root; null for a command.
    pub path: Option<SmolStr>,
    /// The command of the build that executes it.
    pub at: SourceRange,
    /// Conditions that reading cannot tell, under which it is executed.
    pub conditions: Vec<RenderedCondition>,
    /// The text, with a mark in place of what is not known.
    pub text: String,
    /// Segments of the text, in order and without gaps.
    pub segments: Vec<RenderedSegment>,
}

/// A file that is written below the new root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RenderedFile {
    /// Path in the root.
    pub path: String,
    /// `file`, `added` to what is there, `link`, `directory` or `removed`.
    pub kind: &'static str,
    /// The command that writes it, or did last.
    pub at: SourceRange,
    /// Conditions that reading cannot tell, under which it is written.
    pub conditions: Vec<RenderedCondition>,
    /// The text; of a link, the path that it leads to.
    pub text: String,
    /// Segments of the text, in order and without gaps.
    pub segments: Vec<RenderedSegment>,
}

/// A condition that reading cannot tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RenderedCondition {
    /// The commands, on one line.
    pub text: SmolStr,
    /// Their range.
    pub at: SourceRange,
    /// True if they have to succeed.
    pub holds: bool,
}

/// A segment of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RenderedSegment {
    /// `literal`, `value`, or a mark: `unknown`, `condition`.
    pub kind: &'static str,
    /// Range in the text.
    pub range: Range,
    /// Range that it is written at; a copy of it, where both are as long.
    pub source: Option<SourceRange>,
    /// The expansion or command by which it got here.
    pub expansion: Option<SourceRange>,
}

/// Range in a file of the checkout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceRange {
    /// Path of the file.
    pub path: SmolStr,
    /// Range in it.
    pub range: Range,
}

impl RenderReport {
    /// Reports what a build generates.
    pub fn new(tree: &Tree, image: &str, build: &Build, encoding: Encoding) -> RenderReport {
        let reporter = Reporter { tree, encoding };
        let scripts = build.executions.iter().map(|execution| {
            let (text, segments) = reporter.text(&execution.script);
            RenderedScript {
                root: shown_path(&execution.root),
                path: execution.path.clone(),
                at: reporter.source(execution.at),
                conditions: reporter.conditions(&execution.conditions),
                text,
                segments,
            }
        });
        let files = build.container_files().map(|(path, file)| {
            let (text, segments) = reporter.text(&file.text);
            RenderedFile {
                path: path.to_owned(),
                kind: kind_name(file.kind),
                at: reporter.source(file.at),
                conditions: reporter.conditions(&file.conditions),
                text,
                segments,
            }
        });
        RenderReport {
            version: VERSION,
            image: SmolStr::new(image),
            scripts: scripts.collect(),
            files: files.collect(),
            opaque: build.opaque.iter().map(|at| reporter.source(*at)).collect(),
        }
    }
}

/// A path without the marks around what the runner makes up: `$INSTALL`.
pub(crate) fn shown_path(path: &Text) -> String {
    path.shown().replace(['⟦', '⟧'], "")
}

/// The name of a kind of file.
pub(crate) fn kind_name(kind: FileStateKind) -> &'static str {
    match kind {
        FileStateKind::File => "file",
        FileStateKind::Added => "added",
        FileStateKind::Link => "link",
        FileStateKind::Directory => "directory",
        FileStateKind::Removed => "removed",
    }
}

/// Converts ranges.
pub(crate) struct Reporter<'t> {
    pub(crate) tree: &'t Tree,
    pub(crate) encoding: Encoding,
}

impl Reporter<'_> {
    /// Converts a range of the checkout.
    pub(crate) fn source(&self, at: FileRange) -> SourceRange {
        let file = self.tree.file(at.file);
        SourceRange {
            path: self.tree.path(at.file).cloned().unwrap_or_default(),
            range: file.map_or_else(Range::default, |file| range(file, at.range, self.encoding)),
        }
    }

    fn conditions(&self, conditions: &[(Condition, bool)]) -> Vec<RenderedCondition> {
        let reported = conditions
            .iter()
            .map(|(condition, holds)| RenderedCondition {
                text: condition.text.clone(),
                at: self.source(condition.at),
                holds: *holds,
            });
        reported.collect()
    }

    fn text(&self, text: &Text) -> (String, Vec<RenderedSegment>) {
        let ShownText { text, segments } = text.with_sources();
        let lines = Lines::new(&text);
        let at = |offset: TextSize| position(&text, &lines, offset, self.encoding);
        let segments = segments.iter().map(|segment| RenderedSegment {
            kind: match segment.kind {
                SegmentKind::Literal => "literal",
                SegmentKind::Value => "value",
                SegmentKind::Unknown => "unknown",
                SegmentKind::Condition => "condition",
            },
            range: Range {
                start: at(segment.range.start()),
                end: at(segment.range.end()),
            },
            source: segment.source.map(|at| self.source(at)),
            expansion: segment.expansion.map(|at| self.source(at)),
        });
        let segments = segments.collect();
        (text, segments)
    }
}
