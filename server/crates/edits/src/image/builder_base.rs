//! Doubts about the image that a new image's builder starts from.

use smol_str::format_smolstr;

use super::script::{assignments, literal, range_at, read, slice};
use super::similar_builder;
use crate::Verify;
use crate::draft::Draft;
use model::family::{is_enterprise_linux, leading_number, major};
use model::identity::default_of;
use model::{Builder, Image};

/// Returns what is to be verified of the builder of a new image, where its script is new, too.
pub(super) fn builder_doubt(draft: &Draft<'_>, image: &Image) -> Option<Verify> {
    let builder = draft
        .view
        .model
        .builders
        .get(image.identity.builder.fixed()?)?;
    let why = not_published(draft, builder).or_else(|| older(builder, image))?;
    let path = format_smolstr!("{}/config.sh", draft.image_path(&image.name));
    let text = draft.created(&path)?;
    let assigned = assignments(&read(text)).into_iter();
    let own = assigned.filter(|a| a.name == "BUILDER");
    let range = own.map(|a| a.value).next_back()?;
    let written = slice(text, range);
    (literal(written) == Some(builder.name.as_str())).then(|| Verify {
        path,
        range,
        text: written.to_owned(),
        why,
    })
}

/// Returns what is to be verified of the builder that a half-made image names itself: that there is one.
pub(super) fn own_builder_doubt(draft: &Draft<'_>, image: &Image) -> Option<Verify> {
    let view = draft.view;
    let path = format_smolstr!("{}/config.sh", draft.image_path(&image.name));
    let file = view.tree.file(view.tree.id(&path)?)?;
    let mut assigned = assignments(file.script()?).into_iter();
    let own = assigned.rfind(|a| a.name == "BUILDER");
    let (range, why) = match own.map(|a| a.value) {
        None => (
            range_at(0, 0),
            "BUILDER is not set: no builder builds it".to_owned(),
        ),
        Some(range) => {
            let name = literal(file.slice(range))?;
            if view.model.builders.contains_key(name) {
                return None;
            }
            let similar = similar_builder(&view, name);
            (range, format!("there is no builder `{name}`{similar}"))
        }
    };
    Some(Verify {
        path,
        range,
        text: file.slice(range).to_owned(),
        why,
    })
}

/// Returns what is said of a builder that starts from something that is not published.
fn not_published(draft: &Draft<'_>, builder: &Builder) -> Option<String> {
    let base = &builder.base;
    let (distribution, release) = (base.distname.fixed()?, base.relver.fixed()?);
    let is_default = base.vendor.fixed() == default_of("VENDOR")
        && base.variant.fixed() == default_of("VARIANT");
    if distribution.is_empty() || release.is_empty() || !is_default {
        return None;
    }
    let is_gone = draft.with_joined(|registrations, _| {
        let found = registrations?.resolve(distribution, release)?;
        Some(found.is_empty())
    });
    (is_gone == Some(true)).then(|| {
        format!(
            "builder `{}` starts from {distribution} `{release}`, which is not published",
            builder.name
        )
    })
}

/// Returns what is said of a builder of an older major release than the image.
fn older(builder: &Builder, image: &Image) -> Option<String> {
    let (own, base) = (
        image.identity.distname.fixed()?,
        builder.base.distname.fixed()?,
    );
    if !is_enterprise_linux(own) || !is_enterprise_linux(base) {
        return None;
    }
    let (own, base) = (major(image)?, leading_number(builder.base.relver.fixed()?)?);
    (base < own).then(|| {
        let name = &builder.name;
        format!("builder `{name}` is of release {base}: its tools may be too old for {own}")
    })
}
