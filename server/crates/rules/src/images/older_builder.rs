//! `older-builder`.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use crate::values::{is_enterprise_linux, leading_number, major};
use crate::{Context, FileRange, Finding};
use edits::Fix;
use model::Image;

rule! {
    /// The builder of an image of the Red Hat family starts from a lower major release than the
    /// builders of all other images of this major release, and there are two or more of those.
    ///
    /// ## Why
    /// The packages of a release are installed by the tools of its builder. Older ones may not know
    /// the format of its packages, and the build fails, or succeeds by luck. The builder is often
    /// left as the predecessor had it.
    ///
    /// ## How to fix it
    /// Use the builder that the others use.
    ///
    /// ## Example
    /// ```bash
    /// # images/rocky-10/config.sh, when almalinux-10 and centos-10-stream use almalinux-10
    /// BUILDER=almalinux-9
    /// ```
    code: "older-builder",
    severity: Information,
    group: Images,
    checks: [Identities(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let images = cx.model.images.values();
    let all: Vec<Built<'_>> = images.filter_map(|image| built(cx, image)).collect();
    for own in &all {
        let others: Vec<&Built<'_>> = all
            .iter()
            .filter(|other| other.release == own.release && other.image.name != own.image.name)
            .collect();
        if others.len() < 2 || others.iter().any(|other| other.base <= own.base) {
            continue;
        }
        let Some(range) = own.image.identity.builder_range else {
            continue;
        };
        let config = cx
            .model
            .directories
            .get(&own.image.directory)
            .and_then(|d| d.config);
        let Some(config) = config else { continue };
        let builders: BTreeSet<&SmolStr> = others.iter().map(|other| &other.builder).collect();
        let names: Vec<String> = builders.iter().map(|name| format!("`{name}`")).collect();
        let message = format!(
            "builder `{}` is of release {}, and all other images of release {} are built in newer ones: use {}",
            own.builder,
            own.base,
            own.release,
            names.join(" or ")
        );
        let fixes = builders
            .into_iter()
            .map(|name| Fix::replace(format!("Change to `{name}`"), config, range, name.as_str()));
        let anchor = FileRange::new(config, range);
        let finding = Finding::new(&RULE, anchor, message).image(&own.image.name);
        out.push(finding.fixes(fixes));
    }
}

/// Image with the major releases of itself and of its builder.
struct Built<'a> {
    image: &'a Image,
    builder: SmolStr,
    release: u64,
    base: u64,
}

fn built<'a>(cx: &Context<'a>, image: &'a Image) -> Option<Built<'a>> {
    if image.is_mistaken() || !is_enterprise_linux(image.identity.distname.fixed()?) {
        return None;
    }
    let builder = cx.model.builders.get(image.identity.builder.fixed()?)?;
    if !is_enterprise_linux(builder.base.distname.fixed()?) {
        return None;
    }
    Some(Built {
        image,
        builder: builder.name.clone(),
        release: major(image)?,
        base: leading_number(builder.base.relver.fixed()?)?,
    })
}
