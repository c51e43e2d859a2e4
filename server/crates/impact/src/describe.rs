//! The commit message of a change: what it does, by which pattern, what is open, what was not tested.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use smol_str::SmolStr;

use crate::nix_subject::row_keys;
use crate::subject::{Named, listed, listed_up_to, point_release, release_build, subject, without};
use crate::warnings::{foreign_by, is_leftover, leftover, unrelated, warnings};
use crate::{Affected, Changed, is_known, is_repository_known};
use edits::{OpenValue, open_values};
use model::Image;
use model::console_getty::HELPER;
use model::order::natural;
use model::test_runner::image_test;
use model::tree::{ChangedFile, TEST_TABLE};
use model::view::View;
use syntax::escape::escape_control;

/// Columns of a line of the body.
const WIDTH: usize = 72;
/// Columns that no line has more of.
const MAX_WIDTH: usize = 80;
/// Names in a sentence at most; more are counted.
const MAX_NAMES: usize = 10;

/// A commit message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The first line.
    pub subject: String,
    /// The paragraphs after it.
    pub body: Vec<String>,
    /// What may not belong into the commit, or is missing from it: for the user, not for the message.
    pub warnings: Vec<String>,
}

impl Message {
    /// Returns the text of the message, no line longer than 80 columns.
    pub fn text(&self) -> String {
        let mut out = format!("{}\n", self.subject);
        for paragraph in &self.body {
            out.push('\n');
            for line in paragraph.lines() {
                out.push_str(&wrapped(line));
            }
        }
        out
    }
}

/// The changed files of a commit, and what does not belong into it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sorted {
    /// The files that belong into it.
    pub files: Vec<ChangedFile>,
    /// What does not, and what to do with it.
    pub warnings: Vec<String>,
}

/// Sorts changed files by whether they belong into a commit about images; `foreign` are further ones that do not.
pub fn sorted(changed: &Changed<'_>, foreign: &[SmolStr]) -> Sorted {
    let mut found = Sorted::default();
    for file in changed.files {
        match foreign_by(changed, &file.path) {
            Some(warning) => found.warnings.push(warning),
            None => found.files.push(file.clone()),
        }
    }
    let foreign = foreign.iter();
    let warnings = foreign.map(|path| match is_leftover(path) {
        true => leftover(path),
        false => unrelated(path),
    });
    found.warnings.extend(warnings);
    found
}

/// Describes a change; `None` where nothing of the checkout has changed.
pub fn describe(changed: &Changed<'_>, affected: &Affected) -> Option<Message> {
    let before = changed.before.as_ref()?;
    if changed.files.is_empty() {
        return None;
    }
    let named = Named::of(before, changed);
    let mut body = Vec::new();
    for name in named.added.iter().take(MAX_NAMES) {
        if let Some(image) = changed.after.model.images.get(name) {
            body.push(added(before, &changed.after, image, &named));
        }
    }
    body.extend(removed(before, &changed.after, &named));
    body.extend(builders(before, &changed.after, &named));
    body.extend(values(before, changed, &named));
    body.extend(reached(affected, &named));
    body.extend(rows(before, &changed.after, affected));
    body.extend(open(before, changed, &named));
    body.extend(not_tested(affected));
    Some(Message {
        subject: escape_control(&subject(before, changed, &named)).into_owned(),
        body,
        warnings: warnings(changed, &named),
    })
}

/// Describes a new image.
fn added(before: &View<'_>, after: &View<'_>, image: &Image, named: &Named) -> String {
    let name = &image.name;
    let source = edits::source_of(before, after, image);
    let like = source
        .as_ref()
        .and_then(|name| before.model.images.get(name));
    let is_next = like.is_some_and(|like| follows(like, image));
    let mut text = match (&source, image.alias) {
        (Some(like), true) => format!("{name} is a link to {}, as {like} is", image.directory),
        (None, true) => format!("{name} is a link to {}", image.directory),
        (Some(like), false) if is_next => format!("{name} follows {like}"),
        (Some(like), false) => format!("{name} is made after {like}"),
        (None, false) => format!("{name} is the first of its kind"),
    };
    let builder = |image: &Image| {
        let name = image.identity.builder.fixed();
        name.filter(|name| !name.is_empty()).map(str::to_owned)
    };
    if let Some(own) = builder(image) {
        let theirs = like.and_then(|like| builder(like));
        let _ = match (&source, theirs) {
            _ if named.builders_added.iter().any(|added| *added == own) => {
                write!(text, ", and is built on the new builder {own}")
            }
            (Some(_), Some(theirs)) if theirs == own => {
                write!(text, ", and is built on {own}, too")
            }
            (Some(like), Some(theirs)) => {
                write!(
                    text,
                    ", and is built on {own}, where {like} is built on {theirs}"
                )
            }
            _ => write!(text, ", and is built on {own}"),
        };
    }
    text.push('.');
    text.push_str(&tags(before, after, name));
    text
}

/// Returns whether an image is a release of the same track as another one.
fn follows(like: &Image, image: &Image) -> bool {
    let track = |image: &Image| image.track.as_ref().map(|(track, _)| track.clone());
    track(image).is_some() && track(like) == track(image)
}

/// Says which tags a new image has, and which images had them.
fn tags(before: &View<'_>, after: &View<'_>, image: &str) -> String {
    if !is_repository_known(after) {
        return String::new();
    }
    let Some(own) = tags_of(after, image) else {
        return match after.repository_files() {
            Some(_) => " It has no entry in the repository yet.".to_owned(),
            None => String::new(),
        };
    };
    if own.is_empty() {
        return " It has no tags.".to_owned();
    }
    let mut by_holder: Vec<(Option<SmolStr>, Vec<SmolStr>)> = Vec::new();
    for tag in own {
        let holder = holder_of(before, after, image, &tag);
        match by_holder.iter_mut().find(|(known, _)| *known == holder) {
            Some((_, tags)) => tags.push(tag),
            None => by_holder.push((holder, vec![tag])),
        }
    }
    let mut text = String::new();
    for (holder, tags) in by_holder {
        let noun = if tags.len() == 1 { "tag" } else { "tags" };
        let tags = listed(&tags);
        let _ = match holder {
            Some(holder) => write!(text, " It takes the {noun} {tags} from {holder}."),
            None => write!(text, " It has the {noun} {tags}."),
        };
    }
    text
}

/// Returns the tags of an image; `None` where it has no entry.
fn tags_of(view: &View<'_>, image: &str) -> Option<Vec<SmolStr>> {
    view.with_joined(|joined| {
        let mut entries = joined.registrations?.of_image(image).peekable();
        entries.peek()?;
        let tags = entries.flat_map(|registration| &registration.entry.tags.items);
        Some(tags.map(|tag| tag.value.clone()).collect())
    })
}

/// Returns the image that had a tag before, of the same distribution, and has it no more.
fn holder_of(before: &View<'_>, after: &View<'_>, image: &str, tag: &str) -> Option<SmolStr> {
    let distribution = |view: &View<'_>, name: &str| {
        let image = view.model.images.get(name)?;
        Some((
            image.identity.distname.fixed()?.to_owned(),
            image.identity.variant.fixed()?.to_owned(),
        ))
    };
    let own = distribution(after, image)?;
    let mut others = before.model.images.keys();
    let holder = others.find(|name| {
        let has = |view: &View<'_>| {
            let tags = tags_of(view, name);
            tags.is_some_and(|tags| tags.iter().any(|other| other == tag))
        };
        distribution(before, name).as_ref() == Some(&own) && has(before) && !has(after)
    });
    holder.cloned()
}

/// Describes the images that are gone.
fn removed(before: &View<'_>, after: &View<'_>, named: &Named) -> Option<String> {
    if named.removed.is_empty() {
        return None;
    }
    // Of a change that only removes images, the subject says which.
    let mut text = match named.added.is_empty() && named.removed.len() <= 4 {
        true => String::new(),
        false => {
            let verb = if named.removed.len() == 1 {
                "is"
            } else {
                "are"
            };
            format!("{} {verb} removed.", images(&named.removed))
        }
    };
    for name in named.removed.iter().take(MAX_NAMES) {
        let image = before.model.images.get(name);
        let release = image.and_then(|image| image.release());
        let support = release
            .as_ref()
            .and_then(|(distribution, release)| after.support(distribution, release));
        if let Some(support) = support.filter(|s| s.certain && s.end < after.today) {
            let _ = write!(text, " The support of {name} ended on {}.", support.end);
        }
    }
    let text = text.trim_start();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Describes the builders that are new, gone, or start from something else, and which images moved.
fn builders(before: &View<'_>, after: &View<'_>, named: &Named) -> Option<String> {
    let base = |view: &View<'_>, name: &str| {
        let builder = view.model.builders.get(name)?;
        let distribution = builder.base.distname.fixed()?.to_owned();
        let release = builder.base.relver.fixed()?;
        Some(format!("{distribution} {release}"))
    };
    let mut sentences = Vec::new();
    for name in &named.builders_added {
        if let Some(base) = base(after, name) {
            sentences.push(format!("The new builder {name} starts from {base}."));
        }
    }
    for name in &named.builders_changed {
        let (old, new) = (base(before, name), base(after, name));
        if let (Some(old), Some(new)) = (old, new)
            && old != new
        {
            sentences.push(format!(
                "The builder {name} starts from {new} instead of {old}."
            ));
        }
    }
    // Of a change that only removes builders, the subject says which.
    let is_said = named.added.is_empty() && named.removed.is_empty();
    for name in named.builders_removed.iter().filter(|_| !is_said) {
        sentences.push(format!("The builder {name} is removed."));
    }
    sentences.extend(moved(before, after));
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// Says which images that stay are built on another builder.
fn moved(before: &View<'_>, after: &View<'_>) -> Vec<String> {
    let mut moves: BTreeMap<(String, String), Vec<SmolStr>> = BTreeMap::new();
    for (name, image) in &after.model.images {
        let builder = |image: &Image| image.identity.builder.fixed().map(str::to_owned);
        let old = before.model.images.get(name).and_then(|old| builder(old));
        if let (Some(old), Some(new)) = (old, builder(image))
            && old != new
            && !old.is_empty()
            && !new.is_empty()
        {
            moves.entry((new, old)).or_default().push(name.clone());
        }
    }
    let sentence = |((new, old), mut names): ((String, String), Vec<SmolStr>)| {
        names.sort_by(|a, b| natural(a, b));
        let are = if names.len() == 1 { "is" } else { "are" };
        format!("{} {are} built on {new} instead of {old}.", images(&names))
    };
    moves.into_iter().map(sentence).collect()
}

/// Lists the values that images have instead of others.
fn values(before: &View<'_>, changed: &Changed<'_>, named: &Named) -> Option<String> {
    let mut lines = Vec::new();
    for name in &named.changed {
        let point = |view: &View<'_>| point_release(view, name);
        let build = |view: &View<'_>| release_build(view, name);
        let mut changes = Vec::new();
        for (what, old, new) in [
            ("POINTVER", point(before), point(&changed.after)),
            ("release package", build(before), build(&changed.after)),
        ] {
            if let (Some(old), Some(new)) = (old, new)
                && old != new
            {
                changes.push(format!("{what} {old} -> {new}"));
            }
        }
        if !changes.is_empty() {
            lines.push(format!("{name}: {}", changes.join(", ")));
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Says which images a change of shared files reaches.
fn reached(affected: &Affected, named: &Named) -> Option<String> {
    let own = [&named.added, &named.changed, &named.redirected];
    let is_own = |name: &SmolStr| own.iter().any(|names| names.contains(name));
    let all = affected.images.iter().map(|image| image.image.clone());
    let others: Vec<SmolStr> = all.filter(|name| !is_own(name)).collect();
    (!others.is_empty())
        .then(|| format!("It changes the build or the test of {}.", images(&others)))
}

/// Says which rows of the test table are new, gone, or mean something else.
fn rows(before: &View<'_>, after: &View<'_>, affected: &Affected) -> Option<String> {
    if !is_known(before, TEST_TABLE) || !is_known(after, TEST_TABLE) {
        return None;
    }
    let (old, new) = (row_keys(before), row_keys(after));
    let only =
        |keys: &[SmolStr], others: &[SmolStr]| without(keys.iter(), |key| others.contains(key));
    let mut sentences = Vec::new();
    for (verb, keys) in [("new", only(&new, &old)), ("gone", only(&old, &new))] {
        if !keys.is_empty() {
            let (noun, is) = if keys.len() == 1 {
                ("row", "is")
            } else {
                ("rows", "are")
            };
            let keys = listed_up_to(MAX_NAMES, &keys, "rows");
            sentences.push(format!("The test {noun} {keys} {is} {verb}."));
        }
    }
    // Of a repository that does not parse, nobody knows what a row means.
    let is_meant = is_repository_known(before) && is_repository_known(after);
    for row in affected.rows.iter().filter(|_| is_meant).take(MAX_NAMES) {
        let meant = row.because.iter().map(|reason| &reason.message);
        let is_certain = |message: &&String| !message.contains("not certain");
        for message in meant.filter(is_certain).filter(|_| old.contains(&row.key)) {
            if let Some(rest) = message.strip_prefix("it ") {
                sentences.push(format!("The test row {} {rest}.", row.key).replace('`', ""));
            }
        }
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// Lists the values that only upstream can confirm.
fn open(before: &View<'_>, changed: &Changed<'_>, named: &Named) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    let owners = named
        .added
        .iter()
        .chain(&named.changed)
        .chain(&named.builders_added);
    // Of many, nobody reads them here: `verify --list` has them.
    for owner in owners.take(MAX_NAMES) {
        for open in open_values(before, &changed.after, Some(owner)) {
            let (line, name) = open_line(&changed.after, &open);
            // What stands in it is said in short elsewhere, or will be.
            let is_said = |other: &String| *other == line || other.starts_with(&format!("{line}:"));
            if !names.iter().any(is_said) {
                names.retain(|other| *other != name);
                names.push(line);
            }
        }
    }
    let lines: Vec<String> = names.iter().map(|name| format!("- {name}")).collect();
    (!lines.is_empty()).then(|| {
        format!(
            "Still to be checked against upstream:\n{}",
            lines.join("\n")
        )
    })
}

/// Returns the line of what is open, and what it begins with.
fn open_line(view: &View<'_>, open: &OpenValue) -> (String, String) {
    let text = open.verify.text.trim();
    let mut name = format!("{}/{}", open.image, open.named.name);
    // A call is no value, and a call before which something may be missing is not the one in doubt.
    if open.verify.is_call() || view.model.helpers.contains_key(text) {
        let helper = if open.verify.is_call() { HELPER } else { text };
        return (format!("{}: whether it needs {helper}", open.image), name);
    }
    if !text.is_empty() && !text.contains('\n') && name.len() + text.len() < WIDTH - 4 {
        return (format!("{name}: {text}"), name);
    }
    let file = view
        .tree
        .id(&open.verify.path)
        .and_then(|id| view.tree.file(id));
    if let Some(file) = file.filter(|_| !open.named.is_variable) {
        let line = file.lines().line_of(open.verify.range.start());
        name = format!("{name}:{}", line + 1);
    }
    (name.clone(), name)
}

/// Says which tests the change asks for.
fn not_tested(affected: &Affected) -> Option<String> {
    let with_test = affected.images.iter().filter(|image| image.test.is_some());
    let names: Vec<SmolStr> = with_test.map(|image| image.image.clone()).collect();
    (!names.is_empty()).then(|| match names.as_slice() {
        [only] => format!("Not tested: {}", image_test(only)),
        names => format!("Not tested: {}.", images(names)),
    })
}

/// Returns images in a sentence, or how many they are.
pub(crate) fn images(names: &[SmolStr]) -> String {
    listed_up_to(MAX_NAMES, names, "images")
}

/// Returns a line in lines, each ended.
fn wrapped(line: &str) -> String {
    let mut out = String::new();
    let indent = if line.starts_with("- ") { "  " } else { "" };
    let mut current = String::new();
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        let word = shortened(word, MAX_WIDTH - 4);
        let width = current.chars().count() + 1 + word.chars().count();
        if !current.trim().is_empty() && width > WIDTH {
            out.push_str(current.trim_end());
            out.push('\n');
            current = indent.to_owned();
        } else if !current.trim().is_empty() {
            current.push(' ');
        }
        current.push_str(&word);
    }
    out.push_str(&current);
    out.push('\n');
    out
}

/// Returns a text of so many columns at most, in which no control character is.
fn shortened(text: &str, width: usize) -> String {
    let text = escape_control(text);
    match text.chars().count() > width {
        true => text.chars().take(width - 1).chain(['…']).collect(),
        false => text.into_owned(),
    }
}
