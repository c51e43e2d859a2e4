//! `end-of-life`.

use crate::{Context, FileRange, Finding, Joined};
use edits::{Fix, FixKind};

rule! {
    /// A published release is past the end of its standard support.
    ///
    /// ## Why
    /// It gets no security updates any more. Known for Debian and Ubuntu, from the data that ships
    /// with the program and, where installed, `/usr/share/distro-info`.
    ///
    /// ## How to fix it
    /// Retire the image, or switch the rule off for a release that is kept on purpose.
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
    let distributions = cx.distributions_with_support();
    for published in &registrations.published {
        let Some(image) = published.image else {
            continue;
        };
        let identity = &image.identity;
        let Some(distribution) = identity
            .distname
            .fixed()
            .filter(|d| distributions.contains(d))
        else {
            continue;
        };
        let Some(release) = identity.relver.fixed() else {
            continue;
        };
        let Some(end) = cx
            .end_of_support(distribution, release)
            .filter(|end| *end < cx.today)
        else {
            continue;
        };
        let message = format!("support of {distribution} {release} ended on {end}");
        let anchor = FileRange::new(registrations.file, published.entry.version.range);
        let plan = FixKind::Retire {
            image: image.name.clone(),
        };
        let fix = Fix::new(format!("Retire `{}`", image.name), plan);
        out.push(
            Finding::new(&RULE, anchor, message)
                .image(&image.name)
                .fix(fix),
        );
    }
}
