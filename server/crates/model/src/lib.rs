//! The checkout as its users see it: images, builders, includes, the repository, the test table.
//!
//! Derived from all files' facts by [`Model::new`], and kept up to date file by file with
//! [`Model::file_changed`], which returns what has to be checked again.

pub mod collection;
pub mod condition;
pub mod console_getty;
pub mod data;
pub mod family;
mod file_range;
pub mod identity;
pub mod image;
pub mod interpreter;
pub mod order;
pub mod pattern;
pub mod registration;
pub mod repository;
pub mod settings;
pub mod spelling;
pub mod suite;
pub mod table;
pub mod test_runner;
pub mod trace;
pub mod track;
pub mod tree;
pub mod value;
pub mod view;

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::{SmolStr, format_smolstr};

pub use file_range::{FileRange, FileSpan};
pub use image::{Builder, Directory, Image};
pub use tree::{File, FileId, FileKind, Layout, Node, Tree};

use syntax::bash::{ScriptEffects, Step, Word};
pub use syntax::runner;

/// Images, builders and includes of a checkout.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// The directories of `images/`, by name.
    pub directories: BTreeMap<SmolStr, Arc<Directory>>,
    /// Every name that is an image: directories and aliases, by name.
    pub images: BTreeMap<SmolStr, Arc<Image>>,
    /// Names in `images/` that lead to no directory that is read, with the reason.
    pub broken_links: BTreeMap<SmolStr, tree::Broken>,
    /// The builders, by name.
    pub builders: BTreeMap<SmolStr, Arc<Builder>>,
    /// The files of `include/`, in order.
    pub includes: Vec<FileId>,
    /// The scripts of `image-scripts/tests`, in order.
    pub test_scripts: Vec<FileId>,
    /// Functions that includes define, and the includes that do.
    pub helpers: FxHashMap<SmolStr, Vec<FileId>>,
    /// Functions that append what they are given to the container's script.
    pub appenders: FxHashSet<SmolStr>,
    /// Variables that name files whose text is spliced into the container's script.
    pub spliced: FxHashSet<SmolStr>,
    /// `include/common.sh`.
    pub common: Option<FileId>,
}

/// Things that a change of one file may change.
#[derive(Debug, Default)]
pub struct Affected {
    /// Directories of images whose findings may change.
    pub directories: Vec<SmolStr>,
    /// Set when an image's identity changed, which the repository and the test table go by.
    pub identities: bool,
    /// Set when an image calls other functions than before.
    pub calls: bool,
    /// Set when the functions of includes changed, which other scripts may call.
    pub helpers: bool,
    /// Set when the effects of an include changed, which scripts outside of images may read.
    pub includes: bool,
    /// Files that were read, or are, by images that read other files than before, or of which not
    /// all is known, other than before.
    pub reached: FxHashSet<FileId>,
}

impl Model {
    /// Derives the model from a tree.
    pub fn new(tree: &Tree) -> Model {
        let mut model = Model::default();
        let scripts = tree.layout.prefix();
        let script_files = |directory: &str| -> Vec<FileId> {
            let directory = format_smolstr!("{scripts}{directory}");
            let names = tree
                .children(&directory)
                .filter(|(name, _)| name.ends_with(".sh"));
            names
                .filter_map(|(name, _)| tree.resolve_file(&format!("{directory}/{name}")))
                .collect()
        };
        model.includes = script_files("include");
        model.test_scripts = script_files("tests");
        model.common = tree.resolve_file(&format!("{scripts}include/common.sh"));
        model.collect_helpers(tree);
        model.builders = image::builders(tree);
        (model.directories, model.broken_links) = image::directories(tree);
        let jobs: Vec<(SmolStr, Arc<Directory>)> = model
            .directories
            .values()
            .flat_map(|d| d.names.iter().map(|name| (name.clone(), d.clone())))
            .collect();
        let images: Vec<(SmolStr, Arc<Image>)> = jobs
            .into_par_iter()
            .map(|(name, directory)| {
                let image = Arc::new(Image::read(tree, &model, &name, &directory));
                (name, image)
            })
            .collect();
        model.images = images.into_iter().collect();
        model
    }

    fn collect_helpers(&mut self, tree: &Tree) {
        self.helpers.clear();
        for id in &self.includes {
            let Some(facts) = tree.script(*id) else {
                continue;
            };
            for function in &facts.effects.functions {
                let definers = self.helpers.entry(function.name.clone()).or_default();
                if definers.last() != Some(id) {
                    definers.push(*id);
                }
            }
        }
        self.collect_appenders(tree);
    }

    /// Finds the functions that append to the container's script, and the files that are spliced
    /// into it. Each may show another one: a family's appender writes into a file that only a
    /// here-document of the family says is part of the script.
    fn collect_appenders(&mut self, tree: &Tree) {
        self.appenders.clear();
        self.spliced.clear();
        let includes: Vec<&ScriptEffects> = self
            .includes
            .iter()
            .filter_map(|id| tree.script(*id))
            .map(|facts| &facts.effects)
            .collect();
        loop {
            let known = self.appenders.len() + self.spliced.len();
            for effects in &includes {
                for function in &effects.functions {
                    if !self.appenders.contains(&function.name) && self.appends(&function.body) {
                        self.appenders.insert(function.name.clone());
                    }
                }
                for index in self.container_heredocs(effects) {
                    let splices = effects
                        .heredocs
                        .get(index as usize)
                        .into_iter()
                        .flat_map(|h| &h.splices);
                    self.spliced.extend(splices.cloned());
                }
            }
            if self.appenders.len() + self.spliced.len() == known {
                return;
            }
        }
    }

    /// Returns whether a function appends its standard input to the container's script.
    fn appends(&self, body: &[Step]) -> bool {
        body.iter().any(|step| match step {
            Step::Write(file_write) => {
                file_write.heredoc.is_none() && self.is_part_of_container(&file_write.path)
            }
            Step::Call(call) => call.heredoc.is_none() && self.appenders.contains(&call.name),
            _ => false,
        })
    }

    /// Returns whether a file that is written becomes part of the container's script.
    fn is_part_of_container(&self, path: &Word) -> bool {
        path.leading_variable()
            .is_some_and(|v| is_container_script(v) || self.spliced.contains(v))
    }

    /// The here-documents of a file that become part of the container's script.
    pub fn container_heredocs(&self, effects: &ScriptEffects) -> Vec<u32> {
        let appends = |name: &str| {
            let own = || {
                effects
                    .function(name)
                    .is_some_and(|f| self.appends(&f.body))
            };
            self.appenders.contains(name) || own()
        };
        let heredocs = effects.steps().filter_map(|step| match step {
            Step::Call(call) => call.heredoc.filter(|_| appends(&call.name)),
            Step::Write(file_write) => file_write
                .heredoc
                .filter(|_| self.is_part_of_container(&file_write.path)),
            _ => None,
        });
        heredocs.collect()
    }

    /// The includes with helpers that lines name which two texts do not share; all of them where such a
    /// line makes a name of pieces.
    pub fn helpers_named(&self, old: &str, new: &str) -> Vec<FileId> {
        const JOINTS: [&str; 8] = ["-$", "-\"$", "_$", "_\"$", "}-", "}\"-", "}_", "}\"_"];
        let (prefix, suffix) = syntax::common_affixes(old, new);
        let lines = |text: &str| {
            let start = text.get(..prefix).and_then(|before| before.rfind('\n'));
            let end = text.len() - suffix;
            let after = text.get(end..).and_then(|after| after.find('\n'));
            let end = after.map_or(text.len(), |at| end + at);
            let lines = text.get(start.unwrap_or_default()..end);
            lines.unwrap_or_default().to_owned()
        };
        let lines = lines(old) + &lines(new);
        let has = |name: &str| memchr::memmem::find(lines.as_bytes(), name.as_bytes()).is_some();
        if JOINTS.iter().any(|joint| has(joint)) {
            return self.includes.clone();
        }
        let named = self.helpers.iter().filter(|(name, _)| has(name));
        named.flat_map(|(_, definers)| definers).copied().collect()
    }

    /// The images that are built from a directory.
    pub fn images_of<'m>(
        &'m self,
        directory: &'m Directory,
    ) -> impl Iterator<Item = &'m Arc<Image>> {
        directory
            .names
            .iter()
            .filter_map(|name| self.images.get(name))
    }

    /// The directory of images that a file belongs to, by its path.
    pub fn directory_of(&self, tree: &Tree, path: &str) -> Option<&Arc<Directory>> {
        let rest = path
            .strip_prefix(tree.layout.prefix())?
            .strip_prefix("images/")?;
        self.directories.get(rest.split_once('/')?.0)
    }

    /// Updates the model after a file's text changed; `before` is the file as it was. The new one is
    /// in the tree already, and no file came or went.
    pub fn file_changed(&mut self, tree: &Tree, id: FileId, before: &File) -> Affected {
        let mut affected = Affected::default();
        let (Some(file), Some(old)) = (tree.file(id), before.script()) else {
            return affected;
        };
        let Some(new) = file.script() else {
            return affected;
        };
        // Those that have it by a link, too: what their findings depend on is not its effects alone.
        let own = self.directory_of(tree, &file.path);
        let linked = self.directories.values();
        let linked = linked.filter(|directory| directory.files().any(|file| file == id));
        let mut stale: Vec<SmolStr> = own
            .into_iter()
            .chain(linked)
            .map(|d| d.name.clone())
            .collect();
        if old.effects != new.effects {
            stale.extend(self.readers(id));
            if self.includes.contains(&id) {
                affected.includes = !old.effects.acts_like(&new.effects);
                let effects = (&old.effects, &new.effects);
                stale.extend(self.helpers_changed(tree, effects, &mut affected));
            }
        }
        stale.sort_unstable();
        stale.dedup();
        self.refresh(tree, &stale, &mut affected);
        affected.directories = stale;
        affected
    }

    /// The newest image before `image` in its track.
    pub fn predecessor(&self, image: &Image) -> Option<&Arc<Image>> {
        let (track, version) = image.track.as_ref()?;
        let older = self.images.values().filter(|i| {
            i.track
                .as_ref()
                .is_some_and(|(t, v)| t == track && v < version)
        });
        older.max_by(|a, b| {
            a.track
                .as_ref()
                .map(|t| &t.1)
                .cmp(&b.track.as_ref().map(|t| &t.1))
        })
    }

    /// The newest image of an image's track; itself, if there is no newer one.
    pub fn newest_of_track(&self, image: &Image) -> Option<&Arc<Image>> {
        let (track, _) = image.track.as_ref()?;
        let same = self
            .images
            .values()
            .filter(|i| i.track.as_ref().is_some_and(|(t, _)| t == track));
        same.max_by(|a, b| {
            a.track
                .as_ref()
                .map(|t| &t.1)
                .cmp(&b.track.as_ref().map(|t| &t.1))
        })
    }

    /// Returns the effects of a script that is no image's own: a builder's, a test's, a driver, an
    /// include by itself.
    pub fn summary_of_script(&self, tree: &Tree, id: FileId) -> interpreter::Summary {
        let own = [id];
        let mut interpreter = interpreter::Interpreter::new(tree, &self.helpers, &own);
        interpreter.unset_is_unknown();
        interpreter.set_directories(None);
        let path = tree.file(id).map_or("", |file| &file.path);
        if tree.layout.is_driver(path) {
            // It finds out where it is.
            interpreter.keep_base_directory();
        } else if !path.contains("builders/")
            && let Some(common) = self.common.filter(|common| *common != id)
        {
            interpreter.file(common);
        }
        interpreter.file(id);
        interpreter.finish()
    }

    /// The directories whose images read a file.
    pub fn readers(&self, id: FileId) -> impl Iterator<Item = SmolStr> + '_ {
        let reads = move |image: &Image| {
            image.summary.reach.contains(&id) || image.identified_by.contains(&id)
        };
        self.images
            .values()
            .filter(move |image| reads(image))
            .map(|i| i.directory.clone())
    }

    /// Updates the functions of includes. Returns the directories whose scripts name those that came
    /// or went.
    fn helpers_changed(
        &mut self,
        tree: &Tree,
        (old, new): (&ScriptEffects, &ScriptEffects),
        affected: &mut Affected,
    ) -> Vec<SmolStr> {
        let names = |effects: &ScriptEffects| -> FxHashSet<SmolStr> {
            effects.functions.iter().map(|f| f.name.clone()).collect()
        };
        let (before, after) = (names(old), names(new));
        let changed: Vec<&SmolStr> = before.symmetric_difference(&after).collect();
        let appending = (self.appenders.clone(), self.spliced.clone());
        self.collect_helpers(tree);
        affected.helpers =
            !changed.is_empty() || appending.0 != self.appenders || appending.1 != self.spliced;
        if changed.is_empty() {
            return Vec::new();
        }
        let mentions = |id: FileId| {
            tree.file(id).is_some_and(|f| {
                changed
                    .iter()
                    .any(|name| memchr::memmem::find(f.text.as_bytes(), name.as_bytes()).is_some())
            })
        };
        let images = self
            .images
            .values()
            .filter(|i| i.summary.reach.iter().any(|id| mentions(*id)));
        images.map(|i| i.directory.clone()).collect()
    }

    /// Reads the images of some directories again.
    fn refresh(&mut self, tree: &Tree, directories: &[SmolStr], affected: &mut Affected) {
        let jobs: Vec<(SmolStr, Arc<Directory>)> = directories
            .iter()
            .filter_map(|name| self.directories.get(name))
            .flat_map(|d| d.names.iter().map(|name| (name.clone(), d.clone())))
            .collect();
        let read = |(name, directory): (SmolStr, Arc<Directory>)| {
            let image = Image::read(tree, self, &name, &directory);
            (name, image)
        };
        let images: Vec<(SmolStr, Image)> = if jobs.len() > 8 {
            jobs.into_par_iter().map(read).collect()
        } else {
            jobs.into_iter().map(read).collect()
        };
        for (name, image) in images {
            let same = self
                .images
                .get(&name)
                .is_some_and(|old| old.publishes_like(&image));
            let before = self.images.get(&name).map(|old| &old.summary);
            let now = &image.summary;
            let is_same = |old: &interpreter::Summary| {
                (old.opaque, old.exits_on_error, &old.reach)
                    == (now.opaque, now.exits_on_error, &now.reach)
            };
            if !before.is_some_and(is_same) {
                let reached = before.into_iter().chain([now]).flat_map(|s| &s.reach);
                affected.reached.extend(reached.copied());
            }
            affected.identities |= !same;
            let calls = |image: &Image| image.summary.called.clone();
            let before = self.images.get(&name).map(|old| calls(old));
            affected.calls |= before != Some(calls(&image));
            self.images.insert(name, Arc::new(image));
        }
    }
}

/// Returns whether a variable names the container's script, or a file that is spliced into it.
pub fn is_container_script(variable: &str) -> bool {
    variable.starts_with("CONFIGURE") && variable != "CONFIGFILE"
}
