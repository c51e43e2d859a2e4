//! `foreign-token`.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::release_mismatch::vendor_of;
use crate::values::{OwnAssign, assignments, only_assignment};
use crate::{Context, FileRange, Finding};
use model::Directory;
use syntax::bash::Piece;
use syntax::{TextRange, TextSize};

rule! {
    /// A URL or a list of packages names another distribution, where other images of this
    /// distribution name their own.
    ///
    /// ## Why
    /// The image began as a copy of another distribution's, and installs that one's packages.
    ///
    /// ## When it is silent
    /// For the names of hosts, where the same URL names the own distribution, too, and where other
    /// images of the distribution name the other one as well. A package counts where the others have
    /// the same one with their own name.
    ///
    /// ## How to fix it
    /// Name the image's own distribution, and compare the rest of the value with that of the others.
    ///
    /// ## Example
    /// ```bash
    /// # in images/rocky-10/build.sh, when rocky-9 has https://ftp.example.org/rocky/9/BaseOS/
    /// BASEURL=https://ftp.example.org/almalinux/10/BaseOS/
    /// ```
    code: "foreign-token",
    severity: Warning,
    group: Images,
    checks: [Images(check)],
    fix: no,
}

/// Names of distributions that are also other words of URLs.
const OTHER_WORDS: [&str; 1] = ["arch"];

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let directories: Vec<(&Directory, &str)> = cx
        .model
        .directories
        .values()
        .filter_map(|directory| Some((&**directory, distribution_of(cx, directory)?)))
        .collect();
    let names: FxHashSet<&str> = directories
        .iter()
        .map(|(_, distribution)| *distribution)
        .filter(|name| !OTHER_WORDS.contains(name))
        .collect();
    let foreign: Vec<Mention<'_>> = directories
        .par_iter()
        .flat_map_iter(|(directory, own)| mentions(cx, directory, own, &names, false))
        .collect();
    // Nearly always there are none, and nothing is to be compared.
    let owners: FxHashSet<&str> = foreign.iter().map(|mention| mention.own).collect();
    let alike = directories.iter().filter(|(_, own)| owners.contains(own));
    let mentions: Vec<Mention<'_>> = alike
        .flat_map(|(directory, own)| mentions(cx, directory, own, &names, true))
        .collect();
    let mut usual: FxHashMap<(&str, &str), Usual<'_>> = FxHashMap::default();
    for mention in &mentions {
        let key = (mention.own, mention.assign.assign.name.as_str());
        let usual = usual.entry(key).or_default();
        match &mention.foreign {
            None => usual.words.push(mention.word),
            Some((name, _)) => usual.foreign.push((name, &mention.directory.name)),
        }
    }
    for mention in &mentions {
        let key = (mention.own, mention.assign.assign.name.as_str());
        let usual = usual.get(&key);
        out.extend(usual.and_then(|usual| finding(cx, mention, usual)));
    }
}

/// Returns the distribution of a directory's images, where it is known and only one.
fn distribution_of<'a>(cx: &Context<'a>, directory: &Directory) -> Option<&'a str> {
    let model = cx.model;
    let mut names = directory
        .names
        .iter()
        .filter_map(|name| model.images.get(name))
        .map(|image| {
            let name = image.identity.distname.fixed();
            name.filter(|_| !image.is_mistaken())
        });
    let first = names.next()??;
    names.all(|name| name == Some(first)).then_some(first)
}

/// Word of a value that names one distribution.
struct Mention<'a> {
    directory: &'a Directory,
    /// The distribution of the image.
    own: &'a str,
    assign: OwnAssign<'a>,
    word: &'a str,
    /// The distribution, where it is another one, and its name's range in the file.
    foreign: Option<(&'a str, TextRange)>,
}

/// What other images of a distribution have as the value of a variable.
#[derive(Default)]
struct Usual<'a> {
    /// Words that name the distribution.
    words: Vec<&'a str>,
    /// Distributions that are named instead, and the directories.
    foreign: Vec<(&'a str, &'a str)>,
}

/// Returns the words of a directory's values that name another distribution of some image, and
/// those that name its own if they are asked for.
fn mentions<'a>(
    cx: &Context<'a>,
    directory: &'a Directory,
    own: &'a str,
    names: &FxHashSet<&str>,
    with_own: bool,
) -> Vec<Mention<'a>> {
    let mut found = Vec::new();
    let is_clear = |id| {
        let facts = cx.tree.script(id);
        facts.is_some_and(|facts| !facts.is_stale && !facts.has_errors)
    };
    if !directory.scripts().all(is_clear) {
        return found;
    }
    for assign in assignments(cx, directory) {
        let pieces = assign.assign.value.pieces.iter();
        let is_read = |piece: &Piece| matches!(piece, Piece::Text(_) | Piece::Var { .. });
        if !pieces.clone().all(is_read) || Some(assign.file) == directory.config {
            continue;
        }
        let Some(file) = cx.tree.file(assign.file) else {
            continue;
        };
        let whole = assign.whole(cx);
        let mut offset = 0;
        for line in file.slice(whole).split_inclusive(char::is_whitespace) {
            let word = line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
            let start = offset + line.find(word).unwrap_or_default();
            offset += line.len();
            // Others are neither URLs nor names of packages.
            if !word.contains(['/', '-']) {
                continue;
            }
            let foreign = match named(word, own, names) {
                Named::Own if with_own => None,
                Named::Nothing | Named::Own => continue,
                Named::Other(at, name) => {
                    let Ok(at) = TextSize::try_from(start + at) else {
                        continue;
                    };
                    let range = TextRange::at(whole.start() + at, TextSize::of(name));
                    Some((name, range))
                }
            };
            found.push(Mention {
                directory,
                own,
                assign,
                word,
                foreign,
            });
        }
    }
    found
}

/// What a word names.
enum Named<'a> {
    Nothing,
    /// The image's own distribution.
    Own,
    /// Only another one, and where.
    Other(usize, &'a str),
}

fn named<'a>(word: &'a str, own: &str, names: &FxHashSet<&str>) -> Named<'a> {
    let path = match word.find("://") {
        Some(at) => {
            let host = word.get(at + 3..).unwrap_or_default();
            at + 3 + host.find('/').unwrap_or(host.len())
        }
        None => 0,
    };
    let mut found = Named::Nothing;
    let mut at = path;
    let rest = word.get(path..).unwrap_or_default();
    for token in rest.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
        let name = token.trim_end_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let before = word.get(..at).unwrap_or_default();
        let is_variable = before.ends_with('$') || before.ends_with("${");
        if name == own || (is_variable && name == "DISTNAME") {
            return Named::Own;
        }
        if !is_variable && matches!(found, Named::Nothing) && names.contains(name) {
            found = Named::Other(at, name);
        }
        at += token.len();
    }
    found
}

fn finding(cx: &Context<'_>, mention: &Mention<'_>, usual: &Usual<'_>) -> Option<Finding> {
    let (name, range) = mention.foreign?;
    let variable = mention.assign.assign.name.as_str();
    // What two images have is no slip of one.
    let is_shared =
        |(other, directory): &(&str, &str)| *other == name && *directory != mention.directory.name;
    if usual.words.is_empty() || usual.foreign.iter().any(is_shared) {
        return None;
    }
    // That is release-mismatch.
    if vendor_of(mention.word).is_some() {
        return None;
    }
    let is_url = mention.word.contains('/');
    let own_package = || mention.word.replacen(name, mention.own, 1);
    if !is_url && !usual.words.contains(&own_package().as_str()) {
        return None;
    }
    let only = only_assignment(cx, mention.directory, variable)?;
    if only.file != mention.assign.file {
        return None;
    }
    let own = mention.own;
    let message = format!(
        "`{name}` is another distribution, and other images of {own} name {own} in {variable}: name this image's own"
    );
    let anchor = FileRange::new(mention.assign.file, range);
    let image = mention.directory.names.first()?;
    Some(Finding::new(&RULE, anchor, message).image(image))
}
