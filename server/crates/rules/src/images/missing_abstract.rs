//! `missing-abstract`.

use smol_str::format_smolstr;

use crate::{Context, Finding};
use edits::{Edit, Fix};
use model::Directory;
use syntax::bash::{Piece, Word};

rule! {
    /// A directory has neither script, and other scripts read its files: it lacks `abstract`.
    ///
    /// ## Why
    /// Every directory of `images/` without a file `abstract` is taken for an image: it is listed,
    /// gets a VM test, and fails both.
    ///
    /// ## How to fix it
    /// Create an empty file `abstract` in it.
    code: "missing-abstract",
    severity: Error,
    group: Images,
    checks: [Identities(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for directory in cx.model.directories.values() {
        let scripts = directory.config.is_some() || directory.build.is_some();
        if scripts || directory.is_abstract() || directory.extras.is_empty() {
            continue;
        }
        if !is_read_by_others(cx, directory) {
            continue;
        }
        let Some(anchor) = cx.first_line_of_directory(directory) else {
            continue;
        };
        let message = format!(
            "`{}` only holds files for other scripts, but is taken for an image",
            directory.name
        );
        let path = format_smolstr!(
            "{}images/{}/abstract",
            cx.tree.layout.prefix(),
            directory.name
        );
        let create = Edit::Create {
            path,
            text: String::new(),
        };
        let fix = Fix::edit("Create `abstract`", create).safe();
        out.push(
            Finding::new(&RULE, anchor, message)
                .image(&directory.name)
                .fix(fix),
        );
    }
}

/// Returns whether a script that is not the directory's own names a file in it.
pub(super) fn is_read_by_others(cx: &Context<'_>, directory: &Directory) -> bool {
    let own = format_smolstr!("{}images/{}/", cx.tree.layout.prefix(), directory.name);
    let below = format_smolstr!("images/{}", directory.name);
    let beside = format_smolstr!("/../{}", directory.name);
    cx.tree
        .files()
        .filter(|(_, file)| !file.path.starts_with(own.as_str()))
        .any(|(_, file)| {
            let names = |word: &Word| {
                let from_image = word.leading_variable() == Some("IMAGEDIR");
                word.pieces.iter().enumerate().any(|(at, part)| match part {
                    Piece::Text(text) => {
                        let last = at + 1 == word.pieces.len();
                        leads_into(text, &below, last)
                            || (from_image && leads_into(text, &beside, last))
                    }
                    _ => false,
                })
            };
            file.script()
                .is_some_and(|facts| facts.paths.iter().any(names))
        })
}

/// Returns whether a piece of a path goes through a directory: a `/` follows its name, or nothing.
fn leads_into(text: &str, directory: &str, last: bool) -> bool {
    let mut ends = text
        .match_indices(directory)
        .map(|(at, found)| at + found.len());
    ends.any(|end| {
        text.get(end..)
            .is_some_and(|rest| rest.starts_with('/') || (last && rest.is_empty()))
    })
}
