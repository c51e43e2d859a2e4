//! `integer-test-on-version`.

use smol_str::SmolStr;

use crate::{Context, FileRange, Finding};
use model::interpreter::NotInteger;
use model::{Directory, FileId, FileSpan, Image};
use syntax::bash::is_version_checked;

rule! {
    /// A version is compared as a number, and is none for an image that gets there: `24.04`,
    /// `testing-DATE`.
    ///
    /// ## Why
    /// `[` says `integer expression expected` and fails, so that the script takes the other branch,
    /// whatever the version is. In a here-document without quotes the value of the builder stands in
    /// the text, and the container's shell says so.
    ///
    /// ## When it is silent
    /// Where a test before it, joined by `&&`, excludes such versions, where the script looks at the
    /// characters of the version, and where it hides the error.
    ///
    /// ## How to fix it
    /// Compare a part of the version that is a number, or ask for the other versions first:
    /// ```bash
    /// if [ "$DISTNAME" = ubuntu ] && [ "${RELVER%%.*}" -ge 24 ] ; then
    /// ```
    code: "integer-test-on-version",
    severity: Warning,
    group: Images,
    checks: [Directory(check), Script(check_script)],
    fix: no,
}

fn check(cx: &Context<'_>, directory: &Directory, out: &mut Vec<Finding>) {
    let images: Vec<&Image> = cx.images_of(directory).map(|image| &**image).collect();
    let compares = |image: &&Image| !image.summary.not_integers.is_empty();
    if !images.iter().any(compares) {
        return;
    }
    for file in directory.scripts() {
        check_file(cx, file, images.iter().copied(), out);
    }
}

fn check_script(cx: &Context<'_>, file: FileId, out: &mut Vec<Finding>) {
    // Few includes compare a version: only for these, all images are looked at.
    let compares = |id: FileId| {
        let facts = cx.tree.script(id);
        facts.is_some_and(|facts| facts.effects.compares_versions)
    };
    if compares(file) {
        let images = cx.model.images.values().map(|image| &**image);
        check_file(cx, file, images, out);
    }
}

/// A version with the first image for which it is no number, and the number of others.
struct Compared<'a> {
    version: &'a NotInteger,
    image: &'a Image,
    others: usize,
}

fn check_file<'a>(
    cx: &Context<'_>,
    file: FileId,
    images: impl Iterator<Item = &'a Image>,
    out: &mut Vec<Finding>,
) {
    let mut found: Vec<(FileSpan, Compared<'a>)> = Vec::new();
    for image in images.filter(|image| !image.is_mistaken()) {
        let versions = image.summary.not_integers.iter();
        for version in versions.filter(|version| version.at.file == file) {
            match found.iter_mut().find(|(at, _)| *at == version.at) {
                Some((_, compared)) => compared.others += 1,
                None => {
                    let compared = Compared {
                        version,
                        image,
                        others: 0,
                    };
                    found.push((version.at, compared));
                }
            }
        }
    }
    for (at, compared) in found {
        let at = at.file_range(cx.tree);
        if !is_checked(cx, at, &compared.version.name) {
            out.push(finding(at, &compared));
        }
    }
}

fn is_checked(cx: &Context<'_>, at: FileRange, name: &SmolStr) -> bool {
    let is_unclear = cx.whole_script(at.file).is_none();
    let text = cx.tree.file(at.file).map(|file| &*file.text);
    is_unclear || text.is_none_or(|text| is_version_checked(text, name, at.range))
}

fn finding(at: FileRange, compared: &Compared<'_>) -> Finding {
    let NotInteger { name, value, .. } = compared.version;
    let others = match compared.others {
        0 => String::new(),
        1 => " and in another image".to_owned(),
        others => format!(" and in {others} others"),
    };
    let image = &compared.image.name;
    let message = format!(
        "`{name}` is compared as a number, and is `{value}` in `{image}`{others}: compare a part that is a number, or ask for such versions first"
    );
    let finding = Finding::new(&RULE, at, message);
    match compared.others {
        0 => finding.image(image),
        _ => finding,
    }
}
