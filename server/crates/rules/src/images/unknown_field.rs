//! `unknown-field`.

use crate::values::assignments;
use crate::{Context, FileRange, Finding};
use edits::Fix;
use model::runner::{DECLARATIONS, NAME_FIELDS};
use model::{Directory, FileId};
use syntax::bash::{NameKind, Role};

rule! {
    /// `config.sh` sets a variable that nothing reads and whose name is one edit away from a field
    /// of an image.
    ///
    /// ## Why
    /// A field whose name is misspelt is not set: the image takes what its name says, or the
    /// default, and nothing complains.
    ///
    /// ## How to fix it
    /// Correct the name.
    ///
    /// ## Example
    /// ```bash
    /// VARIENT=impermanence
    /// ```
    code: "unknown-field",
    severity: Information,
    group: Images,
    checks: [Directory(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, directory: &Directory, out: &mut Vec<Finding>) {
    let Some(config) = directory.config else {
        return;
    };
    for own in assignments(cx, directory).filter(|own| own.file == config) {
        let name = own.assign.name.as_str();
        let mut fields = NAME_FIELDS.iter().chain(DECLARATIONS.iter());
        let is_near = |field: &str| {
            // All but the place of one mistake is the same.
            let prefix = common(name.bytes(), field.bytes());
            let suffix = common(name.bytes().rev(), field.bytes().rev());
            prefix + suffix + 2 >= name.len().max(field.len())
                && strsim::damerau_levenshtein(name, field) == 1
        };
        if fields.clone().any(|field| *field == name) {
            continue;
        }
        let Some(field) = fields.find(|field| is_near(field)) else {
            continue;
        };
        if is_read(cx, directory, name) {
            continue;
        }
        let Some(facts) = cx.tree.script(config) else {
            continue;
        };
        let range = facts.range(own.assign.name_span);
        let message =
            format!("nothing reads `{name}`: if the field `{field}` is meant, correct the name");
        let fix = Fix::replace(format!("Change to `{field}`"), config, range, *field);
        let anchor = FileRange::new(config, range);
        out.push(Finding::new(&RULE, anchor, message).fix(fix));
    }
}

/// Returns how many of the first bytes are the same.
fn common(one: impl Iterator<Item = u8>, other: impl Iterator<Item = u8>) -> usize {
    one.zip(other)
        .take_while(|(one, other)| one == other)
        .count()
}

/// Returns whether a script that an image of the directory reads, or one of its own files, reads a
/// variable.
fn is_read(cx: &Context<'_>, directory: &Directory, name: &str) -> bool {
    let images = || cx.images_of(directory);
    // What is not known may read it.
    if images().any(|image| image.summary.opaque) {
        return true;
    }
    let reached = images().flat_map(|image| image.summary.reach.iter().copied());
    let files: Vec<FileId> = directory.scripts().chain(reached).collect();
    files.into_iter().any(|id| {
        let file = cx.tree.file(id);
        file.is_none_or(|file| {
            file.script().is_none_or(|facts| {
                facts.has_errors
                    || facts.occurrences.iter().any(|o| {
                        o.kind == NameKind::Variable
                            && o.role == Role::Reference
                            && file.slice(o.range) == name
                    })
            })
        })
    })
}
