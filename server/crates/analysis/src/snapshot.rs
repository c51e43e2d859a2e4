//! What is known of a checkout at one moment: its files, the model, the findings; and how it
//! follows a change with work in proportion to what changed.

use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use edits::{self, Edit};
use model::data::Release;
use model::image::read_builder;
use model::settings::Settings;
use model::tree::{Facts, SETTINGS};
use model::view::View;
use model::{File, FileId, Kind, Layout, Model, Node, Tree};
use rules::{self, Context, Finding, SHELL_SYNTAX};

/// What findings depend on beside the checkout itself.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Today, `YYYY-MM-DD`.
    pub today: SmolStr,
    /// What this machine knows of releases.
    pub releases: Arc<[Release]>,
    /// Rules that are switched off, by code: for tests.
    pub disabled: Arc<FxHashSet<&'static str>>,
}

impl Inputs {
    /// A given date and only what ships with the program.
    pub fn fixed(today: &str) -> Inputs {
        Inputs {
            today: SmolStr::new(today),
            releases: Arc::from([]),
            disabled: Arc::default(),
        }
    }
}

/// Something that could not be read. The rest of the checkout is not affected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The path from the root of the checkout.
    pub path: SmolStr,
    /// What is wrong with it, and what to do.
    pub message: String,
}

/// A checkout at one moment.
#[derive(Clone)]
pub struct Snapshot {
    /// Where it is.
    pub root: PathBuf,
    /// Counts the changes.
    pub revision: u64,
    /// Its files.
    pub tree: Tree,
    /// What they mean together.
    pub model: Model,
    /// What it says of its findings.
    pub settings: Arc<Settings>,
    /// What could not be read.
    pub problems: Arc<[Problem]>,
    inputs: Inputs,
    of_directories: FxHashMap<SmolStr, Vec<Finding>>,
    of_scripts: FxHashMap<FileId, Vec<Finding>>,
    of_checkout: FxHashMap<FileId, Vec<Finding>>,
    of_table: FxHashMap<FileId, Vec<Finding>>,
    of_bash: FxHashMap<FileId, Finding>,
    findings: FxHashMap<FileId, Arc<[Finding]>>,
}

/// What has to be judged again.
#[derive(Default)]
struct Dirty {
    directories: Vec<SmolStr>,
    scripts: Vec<FileId>,
    checkout: bool,
    table: bool,
    everything: bool,
    files: FxHashSet<FileId>,
}

impl Snapshot {
    /// Judges a tree.
    pub fn new(root: PathBuf, tree: Tree, problems: Vec<Problem>, inputs: Inputs) -> Snapshot {
        let mut snapshot = Snapshot {
            root,
            revision: 0,
            model: Model::default(),
            settings: Arc::default(),
            problems: problems.into(),
            inputs,
            of_directories: FxHashMap::default(),
            of_scripts: FxHashMap::default(),
            of_checkout: FxHashMap::default(),
            of_table: FxHashMap::default(),
            of_bash: FxHashMap::default(),
            findings: FxHashMap::default(),
            tree,
        };
        snapshot.rebuild();
        snapshot
    }

    /// What rules see.
    pub fn context(&self) -> Context<'_> {
        Context {
            view: self.view(),
            settings_file: self.tree.id(SETTINGS),
            disabled: &self.inputs.disabled,
        }
    }

    /// What edits and features see.
    pub fn view(&self) -> View<'_> {
        View {
            tree: &self.tree,
            model: &self.model,
            settings: &self.settings,
            releases: &self.inputs.releases,
            today: &self.inputs.today,
        }
    }

    /// The findings that stand on a file, in the order of its text.
    pub fn findings_of(&self, id: FileId) -> &[Finding] {
        self.findings.get(&id).map(|f| &**f).unwrap_or_default()
    }

    /// All findings, by file in the order of their paths.
    pub fn findings(&self) -> Vec<(&Arc<File>, FileId, &[Finding])> {
        let mut all: Vec<_> = self
            .findings
            .iter()
            .filter_map(|(id, findings)| Some((self.tree.file(*id)?, *id, &**findings)))
            .collect();
        all.sort_by(|a, b| a.0.path.cmp(&b.0.path));
        all
    }

    /// Derives and judges everything again: files came or went. Gives the files whose findings
    /// may be other ones now.
    pub fn rebuild(&mut self) -> FxHashSet<FileId> {
        self.revision += 1;
        self.read_settings();
        self.model = Model::new(&self.tree);
        self.judge_everything()
    }

    fn read_settings(&mut self) {
        let text = self
            .tree
            .id(SETTINGS)
            .and_then(|id| self.tree.file(id))
            .map(|f| f.text.clone());
        let settings = text.map(|text| Settings::read(&text, &|code| rules::rule(code).is_some()));
        self.settings = Arc::new(settings.unwrap_or_default());
    }

    fn judge_everything(&mut self) -> FxHashSet<FileId> {
        let cx = self.context();
        let directories: Vec<_> = self.model.directories.values().collect();
        let scripts: Vec<FileId> = self
            .tree
            .files()
            .map(|(id, _)| id)
            .filter(|id| rules::is_own_script(&cx, *id))
            .collect();
        let ((of_directories, of_scripts), of_checkout) = rayon::join(
            || {
                let of_directories: FxHashMap<SmolStr, Vec<Finding>> = directories
                    .into_par_iter()
                    .map(|d| (d.name.clone(), rules::check_directory(&cx, d)))
                    .filter(|(_, found)| !found.is_empty())
                    .collect();
                let of_scripts: FxHashMap<FileId, Vec<Finding>> = scripts
                    .into_par_iter()
                    .map(|id| (id, rules::check_script(&cx, id)))
                    .filter(|(_, found)| !found.is_empty())
                    .collect();
                (of_directories, of_scripts)
            },
            || rules::check_checkout(&cx),
        );
        self.of_directories = of_directories;
        self.of_scripts = of_scripts;
        self.of_checkout = by_file(of_checkout.0);
        self.of_table = by_file(of_checkout.1);
        self.of_bash.retain(|id, _| self.tree.file(*id).is_some());
        let mut raw: FxHashMap<FileId, Vec<Finding>> = FxHashMap::default();
        for finding in self.raw_findings() {
            raw.entry(finding.at.file)
                .or_default()
                .push(finding.clone());
        }
        for (id, _) in self
            .tree
            .files()
            .filter(|(_, file)| !file.directives.is_empty())
        {
            raw.entry(id).or_default();
        }
        let cx = self.context();
        let findings: FxHashMap<FileId, Arc<[Finding]>> = raw
            .into_par_iter()
            .map(|(id, raw)| (id, Arc::from(rules::finalize(&cx, id, raw))))
            .filter(|(_, findings): &(FileId, Arc<[Finding]>)| !findings.is_empty())
            .collect();
        let mut touched: FxHashSet<FileId> = self.findings.keys().copied().collect();
        touched.extend(findings.keys());
        self.findings = findings;
        touched
    }

    /// The same checkout after some edits, judged.
    pub fn with_edits(&self, edits: &[Edit]) -> Snapshot {
        let mut after = self.clone();
        after.tree = edits::apply(&self.tree, edits);
        after.rebuild();
        after
    }

    /// Takes in a file's new text. Gives the files whose findings may be other ones now, or
    /// stand elsewhere.
    pub fn set_text(&mut self, id: FileId, text: Arc<str>) -> FxHashSet<FileId> {
        let Some(before) = self.tree.file(id).cloned() else {
            return FxHashSet::default();
        };
        if before.text == text {
            return FxHashSet::default();
        }
        let file = File::new(before.path.clone(), before.kind, text, Some(&before));
        self.replace(id, &before, file)
    }

    /// Takes a script for what it says, though it does not parse: it was saved like that. The
    /// grammar rejects some valid bash, and a checkout that is read anew has nothing else.
    pub fn accept(&mut self, id: FileId) -> FxHashSet<FileId> {
        let Some(before) = self.tree.file(id).cloned() else {
            return FxHashSet::default();
        };
        if !before.script().is_some_and(|facts| facts.is_stale) {
            return FxHashSet::default();
        }
        let file = File::new(before.path.clone(), before.kind, before.text.clone(), None);
        self.replace(id, &before, file)
    }

    fn replace(&mut self, id: FileId, before: &File, file: File) -> FxHashSet<FileId> {
        self.revision += 1;
        // Bash saw another text.
        self.of_bash.remove(&id);
        // What concerns a whole file is shown on its first line.
        let first_line_moved = file.first_line() != before.first_line();
        let same =
            file.facts == before.facts && file.directives == before.directives && !first_line_moved;
        let text_matters = file.kind == Kind::Settings;
        self.tree.insert_file(file);
        let mut dirty = Dirty::default();
        dirty.files.insert(id);
        if !same || text_matters {
            self.derive(id, before, &mut dirty);
        }
        dirty.checkout |= first_line_moved && self.of_checkout.contains_key(&id);
        dirty.table |= first_line_moved && self.of_table.contains_key(&id);
        self.judge(dirty)
    }

    /// Finds out what a changed file means for the rest.
    fn derive(&mut self, id: FileId, before: &File, dirty: &mut Dirty) {
        match before.kind {
            Kind::Script => self.derive_script(id, before, dirty),
            Kind::Repository => dirty.checkout = true,
            Kind::TestTable | Kind::Suite => dirty.table = true,
            Kind::Settings => {
                self.read_settings();
                dirty.everything = true;
            }
            Kind::Other => {}
        }
    }

    fn derive_script(&mut self, id: FileId, before: &File, dirty: &mut Dirty) {
        let (reach_before, opaque_before) = (self.includes_near(id), self.is_opaque(id));
        let affected = self.model.file_changed(&self.tree, id, before);
        let now = self.tree.file(id).cloned();
        let facts = now.as_ref().and_then(|f| f.script()).zip(before.script());
        let (Some((new, old)), Some(now)) = (facts, now.as_ref()) else {
            return;
        };
        dirty.everything = affected.helpers;
        dirty.checkout |= affected.identities || paths_differ(old, new);
        let named = self
            .model
            .builders
            .values()
            .filter(|b| b.identified_by.contains(&id))
            .map(|b| b.name.clone());
        let own = builder_of(&now.path, self.tree.layout).map(SmolStr::new);
        let builders: Vec<SmolStr> = named.chain(own).collect();
        for builder in builders {
            let builder = read_builder(&self.tree, &builder);
            self.model
                .builders
                .insert(builder.name.clone(), Arc::new(builder));
            dirty.checkout = true;
        }
        let cx = self.context();
        if affected.includes {
            dirty.scripts.extend(
                self.tree
                    .files()
                    .map(|(id, _)| id)
                    .filter(|id| rules::is_own_script(&cx, *id)),
            );
        } else if rules::is_own_script(&cx, id) {
            dirty.scripts.push(id);
        }
        // What an include may expand depends on what its readers set.
        let reach_now = self.includes_near(id);
        if old.assigned != new.assigned
            || reach_before != reach_now
            || opaque_before != self.is_opaque(id)
        {
            dirty
                .scripts
                .extend(reach_before.into_iter().chain(reach_now));
        }
        dirty.directories = affected.directories;
        // Findings elsewhere point here.
        let pointing = |found: &Vec<Finding>| {
            found
                .iter()
                .any(|f| f.at.file == id || f.related.iter().any(|r| r.at.file == id))
        };
        let others = self
            .of_directories
            .iter()
            .filter(|(_, found)| pointing(found));
        dirty
            .directories
            .extend(others.map(|(name, _)| name.clone()));
        let others = self.of_scripts.iter().filter(|(_, found)| pointing(found));
        dirty.scripts.extend(others.map(|(script, _)| *script));
    }

    /// Which images of a file's directory source something of which nothing is known.
    fn is_opaque(&self, id: FileId) -> Vec<bool> {
        let directory = self
            .tree
            .file(id)
            .and_then(|f| self.model.directory_of(&self.tree, &f.path));
        directory
            .into_iter()
            .flat_map(|d| self.model.images_of(d))
            .map(|i| i.summary.opaque)
            .collect()
    }

    /// The includes that the images of a file's directory read.
    fn includes_near(&self, id: FileId) -> Vec<FileId> {
        let directory = self
            .tree
            .file(id)
            .and_then(|f| self.model.directory_of(&self.tree, &f.path));
        let images = directory.into_iter().flat_map(|d| self.model.images_of(d));
        let mut near: Vec<FileId> = images
            .flat_map(|i| &i.summary.reach)
            .copied()
            .filter(|id| self.model.includes.contains(id))
            .collect();
        near.sort_unstable();
        near.dedup();
        near
    }

    fn judge(&mut self, mut dirty: Dirty) -> FxHashSet<FileId> {
        if dirty.everything {
            let mut touched = self.judge_everything();
            touched.extend(dirty.files);
            return touched;
        }
        dirty.directories.sort_unstable();
        dirty.directories.dedup();
        dirty.scripts.sort_unstable();
        dirty.scripts.dedup();
        let cx = self.context();
        let of_directory = |name: &SmolStr| {
            let found = cx
                .model
                .directories
                .get(name)
                .map(|d| rules::check_directory(&cx, d));
            (name.clone(), found.unwrap_or_default())
        };
        let directories: Vec<_> = if dirty.directories.len() > 16 {
            dirty.directories.par_iter().map(of_directory).collect()
        } else {
            dirty.directories.iter().map(of_directory).collect()
        };
        let scripts: Vec<_> = dirty
            .scripts
            .iter()
            .map(|id| (*id, rules::check_script(&cx, *id)))
            .collect();
        let (checkout, table) = match (dirty.checkout, dirty.table) {
            (true, _) => {
                let (checkout, table) = rules::check_checkout(&cx);
                (Some(by_file(checkout)), Some(by_file(table)))
            }
            (false, true) => (None, Some(by_file(rules::check_table(&cx)))),
            (false, false) => (None, None),
        };
        let mut touched = dirty.files;
        for (name, found) in directories {
            replace(&mut self.of_directories, name, found, &mut touched);
        }
        for (id, found) in scripts {
            replace(&mut self.of_scripts, id, found, &mut touched);
        }
        for (before, now) in [
            (&mut self.of_checkout, checkout),
            (&mut self.of_table, table),
        ] {
            let Some(now) = now else { continue };
            touched.extend(
                now.iter()
                    .filter(|(id, found)| before.get(id) != Some(*found))
                    .map(|(id, _)| *id),
            );
            touched.extend(before.keys().filter(|id| !now.contains_key(id)));
            *before = now;
        }
        self.refinalize(&touched);
        touched
    }

    /// All findings, before suppressions.
    fn raw_findings(&self) -> impl Iterator<Item = &Finding> {
        let joined = self.of_checkout.values().chain(self.of_table.values());
        let units = self
            .of_directories
            .values()
            .chain(self.of_scripts.values())
            .chain(joined);
        units.flatten().chain(self.of_bash.values())
    }

    /// Puts the findings of some files together again.
    fn refinalize(&mut self, files: &FxHashSet<FileId>) {
        let mut raw: FxHashMap<FileId, Vec<Finding>> =
            files.iter().map(|id| (*id, Vec::new())).collect();
        for finding in self.raw_findings() {
            if let Some(raw) = raw.get_mut(&finding.at.file) {
                raw.push(finding.clone());
            }
        }
        for (id, raw) in raw {
            let findings = rules::finalize(&self.context(), id, raw);
            if findings.is_empty() {
                self.findings.remove(&id);
            } else {
                self.findings.insert(id, findings.into());
            }
        }
    }

    /// Takes in what `bash -n` says of a file's text as it is now; `None`: nothing is wrong.
    pub fn set_shell_syntax(&mut self, id: FileId, finding: Option<Finding>) -> FxHashSet<FileId> {
        let finding = finding.filter(|_| self.context().is_on(&SHELL_SYNTAX));
        let before = match finding {
            Some(finding) => self.of_bash.insert(id, finding),
            None => self.of_bash.remove(&id),
        };
        if before.as_ref() == self.of_bash.get(&id) {
            return FxHashSet::default();
        }
        self.revision += 1;
        let touched = FxHashSet::from_iter([id]);
        self.refinalize(&touched);
        touched
    }

    /// Whether a path is one that is read, or a directory on the way to one.
    pub fn knows(&self, path: &str) -> bool {
        self.tree.layout.kind_of(path).is_some()
            || self
                .tree
                .node(path)
                .is_some_and(|n| !matches!(n, Node::File(_)))
    }
}

fn by_file(findings: Vec<Finding>) -> FxHashMap<FileId, Vec<Finding>> {
    let mut map: FxHashMap<FileId, Vec<Finding>> = FxHashMap::default();
    for finding in findings {
        map.entry(finding.at.file).or_default().push(finding);
    }
    map
}

/// Replaces a unit's findings, noting the files that had or have one.
fn replace<K: std::hash::Hash + Eq>(
    units: &mut FxHashMap<K, Vec<Finding>>,
    key: K,
    found: Vec<Finding>,
    touched: &mut FxHashSet<FileId>,
) {
    let before = if found.is_empty() {
        units.remove(&key)
    } else {
        units.insert(key, found.clone())
    };
    if before.as_ref() == Some(&found) {
        return;
    }
    touched.extend(before.iter().flatten().chain(&found).map(|f| f.at.file));
}

fn builder_of(path: &str, layout: Layout) -> Option<&str> {
    let rest = path
        .strip_prefix(layout.prefix())?
        .strip_prefix("builders/")?;
    rest.strip_suffix("/config.sh")
}

fn paths_differ(old: &syntax::bash::ScriptFacts, new: &syntax::bash::ScriptFacts) -> bool {
    let texts = |facts: &syntax::bash::ScriptFacts| {
        facts
            .paths
            .iter()
            .map(|w| w.pieces.clone())
            .collect::<Vec<_>>()
    };
    texts(old) != texts(new)
}

/// Whether a file is a script that `bash -n` can judge.
pub fn is_script(file: &File) -> bool {
    matches!(file.facts, Facts::Script(_))
}
