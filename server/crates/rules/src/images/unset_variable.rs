//! `unset-variable`.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::{Context, FileRange, Finding};
use model::interpreter::UnsetRead;
use model::{FileId, Image};
use syntax::bash::{ScriptFacts, VariableRead};

rule! {
    /// An include reads a variable that the image has not set before, and that all other images
    /// which get there set: two or more of them, or one where a command is given the variable as an
    /// argument in quotes.
    ///
    /// ## Why
    /// Bash takes it for empty and goes on: a URL or a path lacks a part, and the build fails later,
    /// or the image lacks something. The assignment was forgotten, or it comes after the include is
    /// sourced or the helper called.
    ///
    /// ## When it is silent
    /// Where other images leave the variable out, too, or may. Where the include sets it, has a
    /// default for it, asks whether it is set, or reads it only under some condition. Where it is a
    /// word by itself, as in `apt-get install $EXTRAPKGS`: that may be a list that is empty. In quotes
    /// it is not: `debootstrap "$RELNAME" "$INSTALL"` gets an empty argument.
    ///
    /// ## How to fix it
    /// Set the variable before the include is sourced or the helper called.
    ///
    /// ## Example
    /// ```bash
    /// . "$IMAGEDIR/config.sh"
    /// . "$INCLUDE/nixos.sh"
    /// CHANNEL=nixos-25.11 # nixos.sh has read it by now
    /// ```
    code: "unset-variable",
    severity: Warning,
    group: Images,
    checks: [Images(check)],
    fix: no,
}

/// A read: the include, and the index of the read there.
type ReadId = (FileId, u32);

/// A read of a variable that images of one directory have not set.
struct Lacking<'a> {
    image: &'a Image,
    unset: &'a UnsetRead,
    /// Directories of images that set it.
    others: [Option<&'a SmolStr>; 2],
    /// Set when an image leaves it out, too, or may.
    is_usual: bool,
}

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    // Each image is looked at by itself, and compared with none.
    let mut lacking: FxHashMap<ReadId, Lacking<'_>> = FxHashMap::default();
    for image in cx.model.images.values() {
        for unset in &image.summary.unset_reads {
            let found = lacking.entry((unset.file, unset.index)).or_insert(Lacking {
                image,
                unset,
                others: [None; 2],
                is_usual: false,
            });
            found.is_usual |= found.image.directory != image.directory;
        }
    }
    // Includes are few; scripts beside an image's own are as many as images.
    lacking.retain(|(file, _), found| {
        let summary = &found.image.summary;
        !found.is_usual
            && found.unset.is_certain
            && !summary.opaque
            && !summary.sets_any
            && cx.model.includes.contains(file)
    });
    if lacking.is_empty() {
        return;
    }
    let mut lacking: Vec<(Lacking<'_>, &ScriptFacts, &VariableRead)> = lacking
        .into_values()
        .filter_map(|found| {
            let facts = facts_of(cx, found.unset.file)?;
            let read = facts.effects.reads.get(found.unset.index as usize)?;
            Some((found, facts, read))
        })
        .collect();
    for image in cx.model.images.values() {
        for (found, _, read) in &mut lacking {
            found.compare(image, read.function);
        }
    }
    lacking.retain(|(found, _, read)| {
        !found.is_usual && found.is_told_by_others(read) && !may_be_set(cx, found, &read.name)
    });
    lacking.sort_by(|(a, _, read), (b, _, other)| {
        let names = (&a.image.name, &read.name).cmp(&(&b.image.name, &other.name));
        names.then_with(|| (a.unset.file, a.unset.index).cmp(&(b.unset.file, b.unset.index)))
    });
    // Where several functions read it, the first one is enough.
    lacking.dedup_by(|(later, _, next), (first, _, read)| {
        later.image.name == first.image.name && next.name == read.name
    });
    out.extend(lacking.iter().filter_map(|l| finding(cx, &l.0, l.1, l.2)));
}

impl<'a> Lacking<'a> {
    /// Returns whether enough others set it. A part of a word may well be empty; an argument of a
    /// command is not without a reason.
    fn is_told_by_others(&self, read: &VariableRead) -> bool {
        let count = self.others.iter().flatten().count();
        count >= if read.passed_to.is_some() { 1 } else { 2 }
    }

    /// Takes note of whether another image sets the variable.
    fn compare(&mut self, image: &'a Image, function: Option<u32>) {
        let (file, summary) = (self.unset.file, &image.summary);
        if self.is_usual || image.directory == self.image.directory {
            return;
        }
        let reads = match function {
            Some(function) => summary.called.binary_search(&(file, function)).is_ok(),
            None => summary.reach.contains(&file),
        };
        if !reads {
            return;
        }
        self.is_usual |= summary.opaque || summary.sets_any;
        let directory = Some(&image.directory);
        match &mut self.others {
            [first @ None, _] => *first = directory,
            [first, second @ None] if *first != directory => *second = directory,
            _ => {}
        }
    }
}

/// Returns the facts of a script that is read whole.
fn facts_of<'a>(cx: &Context<'a>, id: FileId) -> Option<&'a ScriptFacts> {
    let facts = cx.tree.script(id);
    facts.filter(|f| !f.has_errors && !f.is_stale && !f.is_unfinished)
}

/// Returns whether a file that an image reads may set a variable in a way that was not followed: in a
/// subshell, say. What the image's own files do counts in its order.
fn may_be_set(cx: &Context<'_>, found: &Lacking<'_>, name: &SmolStr) -> bool {
    let directory = cx.model.directories.get(&found.image.directory);
    let is_own = |id: FileId| {
        let mut own = directory.into_iter().flat_map(|d| d.scripts());
        own.any(|own| own == id)
    };
    found
        .image
        .summary
        .reach
        .iter()
        .any(|id| facts_of(cx, *id).is_none_or(|facts| !is_own(*id) && facts.assigns(name)))
}

fn finding(
    cx: &Context<'_>,
    found: &Lacking<'_>,
    facts: &ScriptFacts,
    read: &VariableRead,
) -> Option<Finding> {
    let UnsetRead { file, root, .. } = *found.unset;
    let include = cx.tree.file(file)?.path.rsplit('/').next()?;
    let name = &read.name;
    let message = format!(
        "`{name}` is not set here, where `{include}` reads it, and all other images that get there set it: set it before"
    );
    let finding = Finding::new(&RULE, root.file_range(cx.tree), message);
    let range = FileRange::new(file, facts.range(read.span));
    Some(finding.image(&found.image.name).related(range, "read here"))
}
