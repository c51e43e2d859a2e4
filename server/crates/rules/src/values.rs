//! Values that images give to variables in their own scripts, as they are written there.

use memchr::memmem;
use smol_str::SmolStr;

use crate::{Context, FileRange};
pub(super) use model::family::{is_enterprise_linux, leading_number, major};
use model::{Directory, FileId, Image};
use syntax::bash::{Assign, Piece, Step, Word};
use syntax::{TextRange, TextSize};

/// Assignment in a script of an image.
#[derive(Clone, Copy)]
pub(super) struct OwnAssign<'a> {
    /// The script.
    pub file: FileId,
    /// The assignment.
    pub assign: &'a Assign,
}

impl<'a> OwnAssign<'a> {
    /// Returns the range of the first occurrence of a text in the value as it is written; the whole
    /// value where it is not written like that.
    pub(super) fn range_of(&self, cx: &Context<'_>, text: &str) -> FileRange {
        self.find(cx, text)
            .unwrap_or_else(|| FileRange::new(self.file, self.whole(cx)))
    }

    /// Finds a text in the value as it is written.
    pub(super) fn find(&self, cx: &Context<'_>, text: &str) -> Option<FileRange> {
        let whole = self.whole(cx);
        let written = cx.tree.file(self.file)?.slice(whole);
        let at = memmem::find(written.as_bytes(), text.as_bytes())?;
        let start = whole.start() + TextSize::try_from(at).ok()?;
        let range = TextRange::at(start, TextSize::of(text));
        Some(FileRange::new(self.file, range))
    }

    /// Returns the range of the value, quotes included.
    pub(super) fn whole(&self, cx: &Context<'_>) -> TextRange {
        let facts = cx.tree.script(self.file);
        facts.map_or_else(TextRange::default, |facts| {
            facts.range(self.assign.value.span)
        })
    }

    /// Returns the value if it is all literal.
    pub(super) fn literal(&self) -> Option<&'a str> {
        self.assign.value.literal()
    }
}

/// The number of releases of a distribution, the newest ones, whose values are compared: older ones are
/// right, or nobody will notice.
pub(super) const COMPARED: usize = 12;

/// Returns the assignments outside of functions and branches in the scripts of a directory, in the
/// order in which they are done.
pub(super) fn assignments<'a>(
    cx: &Context<'a>,
    directory: &Directory,
) -> impl Iterator<Item = OwnAssign<'a>> + use<'a> {
    let tree = cx.tree;
    let scripts: Vec<FileId> = directory.scripts().collect();
    scripts.into_iter().flat_map(move |file| {
        let body = tree.script(file).map(|facts| &facts.effects.body);
        let steps = body.into_iter().flatten();
        steps.filter_map(move |step| match step {
            Step::Assign(assign) => Some(OwnAssign { file, assign }),
            _ => None,
        })
    })
}

/// Returns the one assignment to a variable in the scripts of a directory; `None` where there are
/// several, or where a branch decides.
pub(super) fn only_assignment<'a>(
    cx: &Context<'a>,
    directory: &Directory,
    name: &str,
) -> Option<OwnAssign<'a>> {
    let is_it = |step: &&Step| matches!(step, Step::Assign(assign) if assign.name.as_str() == name);
    let scripts = directory.scripts().filter_map(|id| cx.tree.script(id));
    let count: usize = scripts
        .map(|facts| facts.effects.steps().filter(is_it).count())
        .sum();
    if count != 1 {
        return None;
    }
    assignments(cx, directory).find(|own| own.assign.name == name)
}

/// Returns a word as it might be written: variables as `$NAME`, unless `value_of` knows them.
pub(super) fn written(word: &Word, value_of: &impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    for piece in &word.pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Var { name, .. } => match value_of(name) {
                Some(value) => out.push_str(&value),
                None => {
                    out.push('$');
                    out.push_str(name);
                }
            },
            Piece::Date(_) | Piece::Unknown => out.push('$'),
        }
    }
    out
}

/// Returns the distribution of the first image of a directory that is what its name says, where it is
/// known.
pub(super) fn distribution_of(cx: &Context<'_>, directory: &Directory) -> Option<SmolStr> {
    let image = cx.images_of(directory).find(|image| !image.is_mistaken());
    distribution(image?)
}

/// Returns the distribution of an image, where it is known.
pub(super) fn distribution(image: &Image) -> Option<SmolStr> {
    image.identity.distname.fixed().map(SmolStr::new)
}
