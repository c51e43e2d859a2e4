//! `end-of-life`.

use crate::{Context, FileRange, Finding, Joined};
use edits::Fix;

rule! {
    /// A published release is past the end of its standard support.
    ///
    /// ## Why
    /// It gets no security updates any more, apart from support that is sold. The dates are in the
    /// data that ships with the program and, where installed, in `/usr/share/distro-info`; the later
    /// one counts. `image-scripts-ls data` shows them with their sources. Nothing is said of
    /// dates that are only planned.
    ///
    /// ## How to fix it
    /// Retire the image, or declare a later date in `.image-scripts.toml`, or switch the rule off for a release that is kept on purpose.
    code: "end-of-life",
    severity: Hint,
    group: Repository,
    checks: [Repository(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(registrations) = joined.registrations else {
        return;
    };
    for published in &registrations.published {
        let Some(image) = published.image.filter(|i| !i.is_mistaken()) else {
            continue;
        };
        let Some((distribution, release)) = image.release() else {
            continue;
        };
        let support = cx.support(distribution, &release);
        let Some(support) = support.filter(|support| support.certain && support.end < cx.today)
        else {
            continue;
        };
        let end = support.end;
        let message = format!("standard support of {distribution} {release} ended on {end}");
        let anchor = FileRange::new(published.file, published.entry.version.range);
        out.push(
            Finding::new(&RULE, anchor, message)
                .image(&image.name)
                .fix(Fix::retire(&image.name)),
        );
    }
}
