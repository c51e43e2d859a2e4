//! `foreign-token`.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::release_mismatch::vendor_of;
use crate::values::{COMPARED, OwnAssign, assignments, only_assignment};
use crate::{Context, FileRange, Finding};
use model::Directory;
use model::track::Version;
use syntax::bash::{Piece, Step};
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
    let mut families: BTreeMap<&str, Vec<&Directory>> = BTreeMap::new();
    for directory in cx.model.directories.values() {
        if let Some(own) = distribution_of(cx, directory) {
            families.entry(own).or_default().push(directory);
        }
    }
    for family in families.values_mut().filter(|f| f.len() > COMPARED) {
        // Those without a number, such as `testing`, are compared, too.
        let mut numbered = family.clone();
        numbered.retain(|directory| version_of(cx, directory).is_some());
        numbered.sort_by_key(|directory| version_of(cx, directory));
        numbered.truncate(numbered.len().saturating_sub(COMPARED));
        let older: FxHashSet<&str> = numbered.iter().map(|d| d.name.as_str()).collect();
        family.retain(|directory| !older.contains(directory.name.as_str()));
    }
    let directories: Vec<(&Directory, &str)> = families
        .iter()
        .flat_map(|(own, family)| family.iter().map(|directory| (*directory, *own)))
        .collect();
    let names: FxHashSet<&str> = families
        .keys()
        .copied()
        .filter(|name| !OTHER_WORDS.contains(name))
        .collect();
    // Few distributions have an image that does: the values of others are not compared.
    let lengths = lengths_of(&names);
    let suspected: FxHashSet<&str> = directories
        .par_iter()
        .filter(|(directory, own)| may_name_another(cx, directory, own, &names, &lengths))
        .map(|(_, own)| *own)
        .collect();
    let compared = directories
        .par_iter()
        .filter(|(_, own)| suspected.contains(own));
    let mentions: Vec<Mention<'_>> = compared
        .flat_map_iter(|(directory, own)| mentions(cx, directory, own, &names))
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

/// Returns the number of the release that a directory is.
fn version_of<'a>(cx: &Context<'a>, directory: &Directory) -> Option<&'a Version> {
    let image = cx.model.images.get(directory.names.first()?)?;
    image.track.as_ref().map(|(_, version)| version)
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

/// Returns whether a value in a directory's scripts has the name of another distribution.
fn may_name_another(
    cx: &Context<'_>,
    directory: &Directory,
    own: &str,
    names: &FxHashSet<&str>,
    lengths: &[u32],
) -> bool {
    // By bytes, and few tokens are looked up: all values of all images are looked at.
    let is_other = |token: &[u8]| {
        let first = token.first().map(|first| usize::from(*first));
        let lengths = first.and_then(|first| lengths.get(first));
        lengths.is_some_and(|lengths| lengths & length_bit(token) != 0)
            && token != own.as_bytes()
            && str::from_utf8(token).is_ok_and(|token| names.contains(token))
    };
    let has_name = |text: &str| {
        let mut tokens = text.as_bytes().split(|byte| !is_of_name((*byte).into()));
        tokens.any(is_other)
    };
    for file in directory
        .scripts()
        .filter(|id| Some(*id) != directory.config)
    {
        let Some(facts) = cx.tree.script(file) else {
            continue;
        };
        for step in &facts.effects.body {
            let Step::Assign(assign) = step else { continue };
            for piece in &assign.value.pieces {
                if matches!(piece, Piece::Text(text) if has_name(text)) {
                    return true;
                }
            }
        }
    }
    false
}

/// Returns the lengths of names by their first bytes, as sets of bits.
fn lengths_of(names: &FxHashSet<&str>) -> Vec<u32> {
    let mut lengths = vec![0; 1 << u8::BITS];
    for name in names {
        let first = name.bytes().next().map(usize::from);
        if let Some(lengths) = first.and_then(|first| lengths.get_mut(first)) {
            *lengths |= length_bit(name.as_bytes());
        }
    }
    lengths
}

/// Returns the bit for a length; long ones share one.
fn length_bit(name: &[u8]) -> u32 {
    1 << name.len().min(31)
}

/// Returns whether a character may be a part of the name of a distribution or a variable.
fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Returns the words of a directory's values that name a distribution of some image.
fn mentions<'a>(
    cx: &Context<'a>,
    directory: &'a Directory,
    own: &'a str,
    names: &FxHashSet<&str>,
) -> Vec<Mention<'a>> {
    let mut found = Vec::new();
    if !directory.scripts().all(|id| cx.clear_script(id).is_some()) {
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
                Named::Nothing => continue,
                Named::Own => None,
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
    for token in rest.split_inclusive(|c: char| !is_of_name(c)) {
        let name = token.trim_end_matches(|c: char| !is_of_name(c));
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
