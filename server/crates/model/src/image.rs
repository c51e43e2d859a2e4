//! Images, the directories they are built from, and builders.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use smol_str::{SmolStr, format_smolstr};

use super::identity::{FieldOrigin, Identity, IdentityField, default_of, name_field, split_name};
use super::interpreter::{Binding, Interpreter, Summary};
use super::trace::Trace;
use super::track::{self, Track, Version};
use super::tree::{Broken, FileId, Node, Tree};
use super::value::Value;
use super::{Model, identity};
use syntax::runner::{DECLARATIONS, NAME_FIELDS};

/// A directory of `images/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// Name of the directory.
    pub name: SmolStr,
    /// `config.sh`.
    pub config: Option<FileId>,
    /// `build.sh`.
    pub build: Option<FileId>,
    /// The file `abstract`.
    pub marker: Option<FileId>,
    /// The other files, by name.
    pub extras: Vec<(SmolStr, FileId)>,
    /// The images that are built from it: its own name, unless it is rightly `abstract`, and its
    /// aliases.
    pub names: Vec<SmolStr>,
    /// The links that lead to it.
    pub aliases: Vec<SmolStr>,
}

impl Directory {
    /// Returns the file on which findings about the whole image are shown.
    pub fn main_file(&self) -> Option<FileId> {
        self.config
            .or(self.build)
            .or_else(|| self.extras.first().map(|(_, id)| *id))
            .or(self.marker)
    }

    /// The scripts that are the image's own.
    pub fn scripts(&self) -> impl Iterator<Item = FileId> {
        self.config.into_iter().chain(self.build)
    }

    /// The scripts, and the files beside them.
    pub fn files(&self) -> impl Iterator<Item = FileId> {
        let extras = self.extras.iter().map(|(_, id)| *id);
        self.scripts().chain(extras)
    }

    /// Returns whether it is no image itself.
    pub fn is_abstract(&self) -> bool {
        self.marker.is_some()
    }
}

/// An image: a name that can be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Name of the image.
    pub name: SmolStr,
    /// The directory it is built from.
    pub directory: SmolStr,
    /// Set when the name is a link.
    pub alias: bool,
    /// Identity after `config.sh`.
    pub identity: Identity,
    /// Track, and version in it, where the identity is known.
    pub track: Option<(Track, Version)>,
    /// Effects of its scripts.
    pub summary: Summary,
    /// Files that its identity comes from: `config.sh`, and what that sources.
    pub identified_by: Vec<FileId>,
}

impl Image {
    /// Returns whether the repository and the test table cannot tell two versions of an image apart.
    pub fn publishes_like(&self, other: &Image) -> bool {
        self.identity.is_same_as(&other.identity) && self.summary.init == other.summary.init
    }

    /// Returns the distribution and the release without date stamp, by which data know it.
    pub fn release(&self) -> Option<(&str, String)> {
        let distribution = self.identity.distname.fixed()?;
        let release = self.identity.relver.known()?.with_stamps_as("");
        Some((distribution, release.trim_end_matches('-').to_owned()))
    }

    /// Returns whether it is surely not the image that its name stands for: `config.sh` sets a field
    /// wrongly, or lacks one. What else it says of releases is not to be relied on.
    pub fn is_mistaken(&self) -> bool {
        self.identity.has_stray_architecture()
            || (!self.alias && self.identity.agrees_with(&self.name) == Some(false))
    }

    /// Reads the identity of an image, and what its scripts do.
    pub fn read(tree: &Tree, model: &Model, name: &SmolStr, directory: &Directory) -> Image {
        let own: Vec<FileId> = directory.scripts().collect();
        let (identity, identified_by) = identity_of(tree, name, directory.config);
        Image {
            identified_by,
            name: name.clone(),
            directory: directory.name.clone(),
            alias: *name != directory.name,
            track: track::of(&identity),
            summary: summary_of(tree, model, name, directory, &own),
            identity,
        }
    }
}

/// Returns the identity that `bin/config image show NAME` would print, and the files it would read.
fn identity_of(tree: &Tree, name: &str, config: Option<FileId>) -> (Identity, Vec<FileId>) {
    let mut interpreter = Interpreter::new(tree, &(), &[]);
    interpreter.set_directories(Some(name));
    set_name_fields(&mut interpreter, name);
    for variable in DECLARATIONS {
        interpreter.set(variable, Value::default());
    }
    if let Some(config) = config {
        interpreter.file(config);
    }
    let assigned = |variable: &str| {
        config
            .and_then(|id| tree.script(id))
            .is_some_and(|facts| facts.assigns(variable))
    };
    let field = |variable: &str| -> IdentityField {
        let from_name = name_field(name, variable);
        match (interpreter.get(variable), default_of(variable)) {
            (Binding::Unknown, _) => IdentityField {
                value: None,
                origin: FieldOrigin::Script,
            },
            (Binding::Known(value), default) if !value.is_empty() => {
                let origin = match &from_name {
                    _ if assigned(variable) => FieldOrigin::Script,
                    Some(part) if value.fixed() == Some(part) => FieldOrigin::Name,
                    None if value.fixed() == default => FieldOrigin::Default,
                    _ => FieldOrigin::Script,
                };
                IdentityField {
                    value: Some(value.clone()),
                    origin,
                }
            }
            (Binding::Known(_) | Binding::Unset, Some(default)) => IdentityField {
                value: Some(Value::literal(default)),
                origin: FieldOrigin::Default,
            },
            (Binding::Known(_) | Binding::Unset, None) => IdentityField {
                value: Some(Value::default()),
                origin: FieldOrigin::Unset,
            },
        }
    };
    let identity = Identity {
        builder: field("BUILDER"),
        distname: field("DISTNAME"),
        relver: field("RELVER"),
        arch: field("ARCH"),
        vendor: field("VENDOR"),
        variant: field("VARIANT"),
        datasets: field("DATASETS"),
        builder_range: config.and_then(|id| tree.script(id)?.value_range("BUILDER")),
    };
    (identity, interpreter.finish().reach)
}

fn set_name_fields(interpreter: &mut Interpreter<'_>, name: &str) {
    for (field, value) in NAME_FIELDS.iter().zip(split_name(name)) {
        interpreter.set(field, Value::literal(value));
    }
    if identity::name_field(name, "ARCH").is_none() {
        interpreter.set("ARCH", Value::literal("x86_64"));
    }
}

/// Returns the effects that `bin/runner image build` would have.
fn summary_of(
    tree: &Tree,
    model: &Model,
    name: &str,
    directory: &Directory,
    own: &[FileId],
) -> Summary {
    let mut interpreter = Interpreter::new(tree, &model.helpers, own);
    build(&mut interpreter, model, name, directory);
    interpreter.finish()
}

/// Returns the steps that `bin/runner image build` would do.
pub fn trace_of(tree: &Tree, model: &Model, image: &Image) -> Trace {
    let Some(directory) = model.directories.get(&image.directory) else {
        return Trace::default();
    };
    let own: Vec<FileId> = directory.scripts().collect();
    let mut interpreter = Interpreter::new(tree, &model.helpers, &own);
    interpreter.keep_trace();
    build(&mut interpreter, model, &image.name, directory);
    interpreter.finish_trace()
}

/// Interprets what `bin/runner image build` does.
fn build(interpreter: &mut Interpreter<'_>, model: &Model, name: &str, directory: &Directory) {
    interpreter.set_directories(Some(name));
    set_name_fields(interpreter, name);
    interpreter.set("IMAGE", Value::literal(name));
    interpreter.set_build_variables();
    if let Some(common) = model.common {
        interpreter.file(common);
    }
    if let Some(build) = directory.build {
        interpreter.file(build);
    }
}

/// A builder: the container that images are built in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Builder {
    /// Name of the builder.
    pub name: SmolStr,
    /// `config.sh`, with the image it starts from.
    pub config: Option<FileId>,
    /// `setup.sh`, which installs tools into it.
    pub setup: Option<FileId>,
    /// The image it starts from, by `config.sh`.
    pub base: Identity,
    /// Files that this comes from.
    pub identified_by: Vec<FileId>,
}

impl Builder {
    /// Returns the script on which what concerns the whole builder is shown.
    pub fn main_file(&self) -> Option<FileId> {
        self.config.or(self.setup)
    }
}

/// Finds the builders.
pub fn builders(tree: &Tree) -> BTreeMap<SmolStr, Arc<Builder>> {
    let root = format_smolstr!("{}builders", tree.layout.prefix());
    let names = tree
        .children(&root)
        .filter(|(_, node)| !matches!(node, Node::File(_)));
    let mut found = BTreeMap::new();
    for (name, _) in names {
        if tree.resolve(&format!("{root}/{name}")).is_ok() {
            found.insert(SmolStr::new(name), Arc::new(read_builder(tree, name)));
        }
    }
    found
}

/// Reads one builder.
pub fn read_builder(tree: &Tree, name: &str) -> Builder {
    let file =
        |part: &str| tree.resolve_file(&format!("{}builders/{name}/{part}", tree.layout.prefix()));
    let config = file("config.sh");
    // A builder's name says nothing of its base: only what config.sh sets counts.
    let (base, identified_by) = identity_of(tree, "", config);
    Builder {
        name: SmolStr::new(name),
        config,
        setup: file("setup.sh"),
        base,
        identified_by,
    }
}

/// Finds the directories of `images/`, and the names there that lead to none that is read.
pub fn directories(tree: &Tree) -> (BTreeMap<SmolStr, Arc<Directory>>, BTreeMap<SmolStr, Broken>) {
    let root = format_smolstr!("{}images", tree.layout.prefix());
    let (mut names, mut links) = (Vec::new(), Vec::new());
    for (name, node) in tree.children(&root) {
        match node {
            Node::Directory => names.push(name),
            Node::Link(_) | Node::Unreadable => links.push(SmolStr::new(name)),
            Node::File(_) => {}
        }
    }
    let directories = names
        .into_par_iter()
        .map(|name| directory(tree, &root, name));
    let directories: Vec<Directory> = directories.collect();
    let directories = directories.into_iter();
    let mut found: BTreeMap<SmolStr, Directory> = directories
        .map(|directory| (directory.name.clone(), directory))
        .collect();
    let mut broken = BTreeMap::new();
    for link in links {
        match tree.resolve(&format!("{root}/{link}")) {
            Ok(real) => {
                let leads_to = real
                    .strip_prefix(root.as_str())
                    .and_then(|r| r.strip_prefix('/'));
                if let Some(directory) = leads_to.and_then(|name| found.get_mut(name)) {
                    directory.names.push(link.clone());
                    directory.aliases.push(link);
                }
            }
            Err(reason) => {
                broken.insert(link, reason);
            }
        }
    }
    for directory in found.values_mut() {
        // `abstract` in a directory that can be built and that nobody else uses is a mistake
        // (stray-abstract): everything else is done as if it was not there.
        let stray =
            directory.config.is_some() && directory.build.is_some() && directory.aliases.is_empty();
        if !directory.is_abstract() || stray {
            directory.names.insert(0, directory.name.clone());
        }
    }
    (
        found
            .into_iter()
            .map(|(name, directory)| (name, Arc::new(directory)))
            .collect(),
        broken,
    )
}

fn directory(tree: &Tree, root: &str, name: &str) -> Directory {
    let path = format_smolstr!("{root}/{name}");
    let mut directory = Directory {
        name: SmolStr::new(name),
        config: None,
        build: None,
        marker: None,
        extras: Vec::new(),
        names: Vec::new(),
        aliases: Vec::new(),
    };
    for (file, _) in tree.children(&path) {
        let Some(id) = tree.resolve_file(&format!("{path}/{file}")) else {
            continue;
        };
        match file {
            "config.sh" => directory.config = Some(id),
            "build.sh" => directory.build = Some(id),
            "abstract" => directory.marker = Some(id),
            _ => directory.extras.push((SmolStr::new(file), id)),
        }
    }
    directory
}
