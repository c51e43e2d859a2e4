//! `unset-name-field`.

use crate::{Context, Finding};
use edits::Fix;
use model::Directory;
use model::identity::{FieldOrigin, is_architecture};
use syntax::{TextRange, TextSize};

rule! {
    /// The image's name splits into an ARCH that is no architecture, and `config.sh` does not set
    /// ARCH.
    ///
    /// ## Why
    /// Names are split at `-` into DISTNAME, RELVER, ARCH, VENDOR and VARIANT: `centos-10-stream`
    /// is taken for release 10 on the architecture `stream`. Nothing complains; the image is
    /// published under the wrong name.
    ///
    /// ## How to fix it
    /// Set RELVER and ARCH in `config.sh`:
    /// ```bash
    /// RELVER=10-stream-$(date +%Y%m%d)
    /// ARCH=x86_64
    /// ```
    code: "unset-name-field",
    severity: Error,
    group: Images,
    checks: [Directory(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, directory: &Directory, out: &mut Vec<Finding>) {
    let Some(config) = directory.config else {
        return;
    };
    for image in cx.images_of(directory) {
        let field = &image.identity.arch;
        let Some(arch) = field.fixed() else { continue };
        if field.origin != FieldOrigin::Name || is_architecture(arch) {
            continue;
        }
        let Some(anchor) = cx.first_line_of(image) else {
            continue;
        };
        let relver = image
            .identity
            .relver
            .known()
            .map(|r| r.with_stamps_as("DATE"))
            .unwrap_or_default();
        let message = format!(
            "`{}` is read as release `{relver}` on the architecture `{arch}`: `config.sh` must set ARCH (and RELVER)",
            image.name
        );
        let mut finding = Finding::new(&RULE, anchor, message).image(&image.name);
        if let Some(file) = cx.tree.file(config) {
            let release = image.name.split_once('-').map_or("", |(_, rest)| rest);
            let mut lines = String::new();
            if !file.text.is_empty() && !file.text.ends_with('\n') {
                lines.push('\n');
            }
            if image.identity.relver.origin == FieldOrigin::Name {
                lines.push_str(&format!("RELVER={release}\n"));
            }
            lines.push_str("ARCH=x86_64\n");
            let end = TextRange::empty(TextSize::of(&*file.text));
            finding = finding.fix(Fix::replace("Set RELVER and ARCH", config, end, lines));
        }
        out.push(finding);
    }
}
