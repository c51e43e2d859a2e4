//! What a change of an include or of a builder would reach.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::lookup::include_name;
use model::FileId;
use model::order::natural;
use model::view::View;

/// Kinds of what images are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceKind {
    /// A file of `include/`.
    Include,
    /// A builder.
    Builder,
}

/// An include or a builder, with the images that it reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its kind.
    pub kind: SourceKind,
    /// Path of the include below `include/`, or name of the builder.
    pub name: SmolStr,
    /// The include; `config.sh` of the builder, else its `setup.sh`.
    pub file: Option<FileId>,
    /// Set for `common.sh`, which every image reads.
    pub is_common: bool,
    /// Names of the images, in their order.
    pub images: Vec<SmolStr>,
}

/// Returns all includes and builders, also those that reach nothing, by kind and name.
pub fn sources(view: &View<'_>) -> Vec<Source> {
    let mut found: BTreeMap<(SourceKind, SmolStr), Source> = BTreeMap::new();
    let mut add = |kind, name: &str, file, image: Option<&SmolStr>| {
        let source = || Source {
            kind,
            name: name.into(),
            file,
            is_common: file.is_some() && file == view.model.common,
            images: Vec::new(),
        };
        let source = found.entry((kind, name.into())).or_insert_with(source);
        source.images.extend(image.cloned());
    };
    for file in &view.model.includes {
        if let Some(name) = include_name(view, *file) {
            add(SourceKind::Include, name, Some(*file), None);
        }
    }
    for builder in view.model.builders.values() {
        let file = builder.main_file();
        add(SourceKind::Builder, &builder.name, file, None);
    }
    for image in view.model.images.values() {
        for file in &image.summary.reach {
            if let Some(name) = include_name(view, *file) {
                add(SourceKind::Include, name, Some(*file), Some(&image.name));
            }
        }
        let builder = image.identity.builder.fixed();
        if let Some(builder) = builder.and_then(|name| view.model.builders.get(name)) {
            let file = builder.main_file();
            add(SourceKind::Builder, &builder.name, file, Some(&image.name));
        }
    }
    let mut found: Vec<Source> = found.into_values().collect();
    for source in &mut found {
        source.images.sort_by(|a, b| natural(a, b));
    }
    found
}
