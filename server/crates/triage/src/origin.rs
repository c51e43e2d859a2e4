//! From a cause to the ranges in the checkout that it comes from.
//!
//! The catalogue names kinds of ranges; here they are looked for, in the scripts that the image
//! reads. Where there is none, nothing is said.

use memchr::memmem;
use smol_str::SmolStr;

use crate::phase::Phase;
use crate::report::{Cause, TestRun};
use crate::sources::{Sources, units_of};
use edits::bare_unit;
use model::data::is_needed_unit;
use model::view::View;
use model::{Builder, File, FileId, FileRange};
use syntax::bash::UnitVerb;
use syntax::{TextRange, TextSize};

/// A range in the checkout that a cause comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The range.
    pub at: FileRange,
    /// A message that says what is there.
    pub message: String,
}

/// The most ranges that are named beside the first one.
const MAX_RELATED: usize = 5;
/// The least bytes that a range has in common with an address.
const LEAST_IN_COMMON: usize = 6;
/// The least bytes of a name that is looked for as it stands.
const LEAST_NAME: usize = 2;

/// Returns the ranges in a checkout that a cause of a test's failure comes from, the best one first.
pub(crate) fn origins_of(view: View<'_>, test_run: &TestRun, cause: &Cause) -> Vec<Origin> {
    let sources = Sources::of(view, test_run, cause);
    let kinds = std::iter::once("trace").chain(cause.entry.leads_to.iter().map(SmolStr::as_str));
    let is_of_builder = cause.phase == Phase::BuilderSetup;
    let kinds = kinds.chain(is_of_builder.then_some("release-of-builder"));
    let mut found: Vec<Origin> = Vec::new();
    for kind in kinds {
        for origin in of_kind(&sources, kind, cause) {
            if found.len() <= MAX_RELATED && found.iter().all(|known| known.at != origin.at) {
                found.push(origin);
            }
        }
    }
    found
}

fn of_kind(sources: &Sources<'_>, kind: &str, cause: &Cause) -> Vec<Origin> {
    let one = |at: Option<FileRange>, message: &str| -> Vec<Origin> {
        let origin = at.map(|at| Origin {
            at,
            message: message.to_owned(),
        });
        origin.into_iter().collect()
    };
    let first_line =
        |file: Option<FileId>| file.map(|id| FileRange::first_line(sources.view.tree, id));
    let (kind, argument) = kind.split_once(':').unwrap_or((kind, ""));
    match kind {
        "trace" => one(line_of_trace(sources, cause), "the line that the log names"),
        "url" => one(
            cause
                .capture("url")
                .and_then(|url| url_written(sources, url)),
            "the address",
        ),
        "package" => of_name(sources, cause.capture("package"), "the package"),
        "name" => of_name(sources, cause.capture("name"), "the name"),
        "text" => of_name(sources, Some(argument), "this decides it"),
        "unit" => of_unit(sources, cause.capture("unit").unwrap_or(argument)),
        "variable" => one(assignment(sources, argument), "the value"),
        "tool" => one(packages_of(sources), "the packages of the builder"),
        // The test of a row has no builder.
        "builder" if !sources.is_of_row => one(
            first_line(sources.builder.and_then(Builder::main_file)),
            "the builder",
        ),
        "release-of-builder" => one(
            assignment(sources, "RELVER").filter(|_| cause.entry.advice_in_builder.is_some()),
            "the release of the builder",
        ),
        "file" => of_name(sources, cause.capture("file").map(file_name), "the file"),
        "builder-name" => one(builder_name(sources), "the builder's name"),
        "row-of-test" if sources.is_of_row => of_rows(sources),
        "row" => of_rows(sources),
        "image" => of_script(sources).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The line that the log itself names. The path is compared with those of the checkout.
fn line_of_trace(sources: &Sources<'_>, cause: &Cause) -> Option<FileRange> {
    let (script, line) = cause.script_line()?;
    let (_, relative) = script.split_once("/build/basedir.")?;
    let (_, relative) = relative.split_once('/')?;
    let tree = sources.view.tree;
    let path = format!("{}{relative}", tree.layout.prefix());
    let id = tree.resolve_file(&path)?;
    let file = tree.file(id)?;
    let index = line
        .checked_sub(1)
        .filter(|index| *index < file.lines().count())?;
    Some(FileRange::new(
        id,
        trimmed(file, file.lines().range(index, &file.text)),
    ))
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A range without the blanks at its ends.
fn trimmed(file: &File, range: TextRange) -> TextRange {
    let text = file.slice(range);
    let start = text.len() - text.trim_start().len();
    let length = text.trim().len();
    let start = range.start() + size(start);
    TextRange::new(start, start + size(length))
}

fn size(length: usize) -> TextSize {
    TextSize::from(u32::try_from(length).unwrap_or(u32::MAX))
}

fn of_name(sources: &Sources<'_>, name: Option<&str>, message: &str) -> Vec<Origin> {
    let Some(name) = name.filter(|name| name.len() >= LEAST_NAME) else {
        return Vec::new();
    };
    let ranges = sources.texts().flat_map(|(id, file)| {
        words_in(file, name)
            .into_iter()
            .map(move |range| FileRange::new(id, range))
    });
    let ranges = ranges.filter(|at| sources.is_reached(*at));
    let origins = ranges.map(|at| Origin {
        at,
        message: message.to_owned(),
    });
    origins.take(MAX_RELATED).collect()
}

/// Returns the ranges of a word in a script, those in comments left out.
fn words_in(file: &File, word: &str) -> Vec<TextRange> {
    let is_word = |c: char| c.is_alphanumeric() || "._-+".contains(c);
    let text = &*file.text;
    let found = memmem::find_iter(text.as_bytes(), word.as_bytes());
    let found = found.filter(|at| {
        let before = text.get(..*at).unwrap_or_default();
        let after = text.get(at + word.len()..).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        !before.ends_with(is_word)
            && !after.starts_with(is_word)
            && !line.trim_start().starts_with('#')
    });
    found
        .map(|at| TextRange::at(size(at), size(word.len())))
        .collect()
}

/// Returns the word of a script that an address is written by: one with a file's name before one with
/// its beginning, one with more text before one with less.
fn url_written(sources: &Sources<'_>, url: &str) -> Option<FileRange> {
    let setup = sources.builder.and_then(|builder| builder.setup);
    let setup = setup.and_then(|id| Some((id, &**sources.view.tree.file(id)?)));
    let mut best: Option<(usize, FileRange)> = None;
    for (id, file) in sources.texts().chain(setup) {
        for (index, line) in file.text.lines().enumerate() {
            if line.trim_start().starts_with('#') {
                continue;
            }
            for word in line.split(|c: char| c.is_whitespace() || "\"'=;()<>|`".contains(c)) {
                let score = in_common(word, url);
                if score >= LEAST_IN_COMMON
                    && best.as_ref().is_none_or(|(known, _)| score > *known)
                    && let Some(range) = range_in_line(file, index, line, word)
                {
                    best = Some((score, FileRange::new(id, range)));
                }
            }
        }
    }
    best.map(|(_, at)| at)
}

/// The range of a piece of a line.
fn range_in_line(file: &File, index: usize, line: &str, piece: &str) -> Option<TextRange> {
    let column = piece.as_ptr().addr().checked_sub(line.as_ptr().addr())?;
    let start = file.lines().start(index)?;
    Some(TextRange::at(start + size(column), size(piece.len())))
}

/// Returns how many bytes of an address a word of a script stands for, variables in it being any text;
/// 0 if it is not a part of it. A word that reaches the end of the address counts double: it names the
/// file.
fn in_common(word: &str, url: &str) -> usize {
    if !word.contains('/') {
        return 0;
    }
    let mut left = url;
    let mut length = 0;
    let mut is_first = true;
    let pieces = literal_pieces(word);
    let ends_literally = word.ends_with(pieces.last().copied().unwrap_or("\0"));
    for piece in pieces {
        let Some(at) = left.find(piece) else {
            return 0;
        };
        if is_first && word.starts_with(piece) && at > 0 {
            return 0;
        }
        is_first = false;
        length += piece.len();
        left = left.get(at + piece.len()..).unwrap_or_default();
    }
    if length > 0 && left.is_empty() && ends_literally {
        length * 2
    } else {
        length
    }
}

/// Returns the pieces of a word between its variables.
fn literal_pieces(word: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut left = word;
    while let Some((before, after)) = left.split_once('$') {
        pieces.push(before);
        left = match after.strip_prefix('{') {
            Some(braced) => braced.split_once('}').map_or("", |(_, rest)| rest),
            None => after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_'),
        };
    }
    pieces.push(left);
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// Where a unit is named in the image's scripts; else where they mask units, with the scripts of others
/// that mask this one.
fn of_unit(sources: &Sources<'_>, unit: &str) -> Vec<Origin> {
    if unit.is_empty() {
        return Vec::new();
    }
    let is_it = |other: &str| bare_unit(other) == bare_unit(unit);
    let mut found = Vec::new();
    let mut last_mask = None;
    for id in &sources.files {
        let units = units_of(sources.view, *id).into_iter();
        for (verb, name, at) in units.filter(|(_, _, at)| sources.is_reached(*at)) {
            if is_it(&name) {
                found.push(Origin {
                    at,
                    message: "the unit".to_owned(),
                });
            }
            if verb == UnitVerb::Mask {
                last_mask.get_or_insert(at);
            }
        }
    }
    // A unit that is needed is not to be masked, whoever does it.
    if is_needed_unit(unit) {
        if found.is_empty() {
            found.extend(of_script(sources));
        }
        return found;
    }
    if found.is_empty() {
        let masked = last_mask.map(|at| Origin {
            at,
            message: "units are masked here".to_owned(),
        });
        found.extend(masked.or_else(|| of_script(sources)));
    }
    found.extend(neighbours(sources, is_it));
    found
}

/// The beginning of the image's own script.
fn of_script(sources: &Sources<'_>) -> Option<Origin> {
    let build = sources.build_script()?;
    Some(Origin {
        at: FileRange::first_line(sources.view.tree, build),
        message: "the image's script".to_owned(),
    })
}

/// Where scripts that the image does not read mask a unit.
fn neighbours(sources: &Sources<'_>, is_it: impl Fn(&str) -> bool) -> Vec<Origin> {
    let model = sources.view.model;
    let directories = model
        .directories
        .values()
        .flat_map(|directory| directory.scripts());
    let others = model.includes.iter().copied().chain(directories);
    let mut found = Vec::new();
    for id in others {
        let is_own = sources.files.contains(&id);
        for (verb, name, at) in units_of(sources.view, id) {
            let is_other = !is_own || !sources.is_reached(at);
            if is_other && verb == UnitVerb::Mask && is_it(&name) && found.len() < MAX_RELATED {
                found.push(Origin {
                    at,
                    message: "a neighbour masks it".to_owned(),
                });
            }
        }
    }
    found
}

/// The value that a variable is given in the scripts; where that depends on a condition, the first one.
fn assignment(sources: &Sources<'_>, variable: &str) -> Option<FileRange> {
    let certain = sources.files.iter().find_map(|id| {
        let range = sources.view.tree.script(*id)?.value_range(variable)?;
        Some(FileRange::new(*id, range))
    });
    certain.or_else(|| {
        sources.texts().find_map(|(id, file)| {
            let assigns = |line: &str| {
                line.trim_start()
                    .strip_prefix(variable)?
                    .strip_prefix('=')
                    .map(|_| ())
            };
            let index = file.text.lines().position(|line| assigns(line).is_some())?;
            Some(FileRange::new(
                id,
                trimmed(file, file.lines().range(index, &file.text)),
            ))
        })
    })
}

/// The last package that the builder installs; else the beginning of its `setup.sh`.
fn packages_of(sources: &Sources<'_>) -> Option<FileRange> {
    let setup = sources.builder?.setup?;
    let facts = sources.view.tree.script(setup)?;
    let last = facts.effects.installed.last();
    let last = last.map(|package| FileRange::new(setup, facts.range(package.span)));
    Some(last.unwrap_or_else(|| FileRange::first_line(sources.view.tree, setup)))
}

fn builder_name(sources: &Sources<'_>) -> Option<FileRange> {
    let image = sources.image?;
    let directory = sources.view.model.directories.get(&image.directory)?;
    Some(FileRange::new(
        directory.config?,
        image.identity.builder_range?,
    ))
}

/// The rows of the test table that mean the image.
fn of_rows(sources: &Sources<'_>) -> Vec<Origin> {
    let rows = rows_of(sources).into_iter();
    rows.map(|(_, at)| Origin {
        at,
        message: "the row of the image".to_owned(),
    })
    .collect()
}

/// The keys of the rows that mean the image and nothing else; of the test of a row that row's.
pub(crate) fn rows_of(sources: &Sources<'_>) -> Vec<(SmolStr, FileRange)> {
    sources.view.with_joined(|joined| {
        let Some(table) = &joined.table else {
            return Vec::new();
        };
        let rows = table.rows.iter().filter(|row| {
            if let Some(known) = &sources.row {
                return row.row.key.value == *known;
            }
            let meant = row.only().and_then(|registration| registration.image);
            let image = meant.zip(sources.image);
            image.is_some_and(|(meant, image)| meant.name == image.name)
        });
        let key = |key: &syntax::Spanned<SmolStr>| {
            (key.value.clone(), FileRange::new(table.file, key.range))
        };
        rows.map(|row| key(&row.row.key)).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_for_addresses() {
        let url = "https://m.example/fedora/43/os/Packages/f/fedora-release-43-27.noarch.rpm";
        let score = |word: &str| in_common(word, url);
        assert_eq!(
            score("$BASEURL/Packages/f/fedora-release-common-$RELVER-27.noarch.rpm"),
            0
        );
        let whole = score("$BASEURL/Packages/f/fedora-release-$RELVER-27.noarch.rpm");
        assert!(
            whole > score("https://m.example/fedora/$RELVER/os"),
            "{whole}"
        );
        assert!(score("https://m.example/fedora/$RELVER/os") > LEAST_IN_COMMON);
        assert_eq!(score("https://m.example/fedora/$RELVER/source"), 0);
        assert_eq!(score("fedora"), 0);
        assert_eq!(score("$X"), 0);
    }
}
