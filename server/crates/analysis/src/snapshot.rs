//! The snapshot of a checkout: its files, the model and the findings at one moment; and how it follows
//! a change with work in proportion to what changed.

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
use model::{File, FileId, FileKind, Layout, Model, Node, Tree};
use rules::{Context, Finding, Scope};
use syntax::bash::{HereDoc, ScriptFacts, UnitAction};

/// The inputs that findings depend on, besides the checkout itself.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Today, `YYYY-MM-DD`.
    pub today: SmolStr,
    /// Releases that this machine knows, besides those that ship with the program.
    pub releases: Arc<[Release]>,
    /// Codes of rules that are off: for tests.
    pub disabled: Arc<FxHashSet<&'static str>>,
}

impl Inputs {
    /// A given date, and only the data that ship with the program.
    pub fn fixed(today: &str) -> Inputs {
        Inputs {
            today: SmolStr::new(today),
            releases: Arc::from([]),
            disabled: Arc::default(),
        }
    }
}

/// A path that could not be read. The rest of the checkout is not affected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The path from the root of the checkout.
    pub path: SmolStr,
    /// A message that says what is wrong with it, and what to do.
    pub message: String,
}

/// A checkout at one moment.
#[derive(Clone)]
pub struct Snapshot {
    /// The folder that it is in.
    pub root: PathBuf,
    /// A number that grows with each change.
    pub revision: u64,
    /// The files, with the facts of each.
    pub tree: Tree,
    /// The model: what the files mean together.
    pub model: Model,
    /// The settings of its `.image-scripts.toml`.
    pub settings: Arc<Settings>,
    /// The paths that could not be read.
    pub problems: Arc<[Problem]>,
    pub(crate) inputs: Inputs,
    /// Findings by scope, before suppressions. A scope without findings is not in it.
    pub(crate) found: FxHashMap<Scope, Arc<[Finding]>>,
    /// Findings by file, after suppressions. A file without findings is not in it.
    findings: FxHashMap<FileId, Arc<[Finding]>>,
}

/// The parts of a snapshot that have to be brought up to date after a change.
#[derive(Default)]
struct Stale {
    /// Scopes to run the rules on again.
    scopes: FxHashSet<Scope>,
    /// Run them on all scopes.
    everything: bool,
    /// Files whose findings may differ, or be shown elsewhere.
    files: FxHashSet<FileId>,
}

impl Snapshot {
    /// Derives the model of a tree and runs all rules.
    pub fn new(root: PathBuf, tree: Tree, problems: Vec<Problem>, inputs: Inputs) -> Snapshot {
        let mut snapshot = Snapshot {
            root,
            revision: 0,
            model: Model::default(),
            settings: Arc::default(),
            problems: problems.into(),
            inputs,
            found: FxHashMap::default(),
            findings: FxHashMap::default(),
            tree,
        };
        snapshot.rebuild();
        snapshot
    }

    /// The snapshot as rules see it.
    pub fn context(&self) -> Context<'_> {
        Context::new(self.view(), self.tree.id(SETTINGS), &self.inputs.disabled)
    }

    /// The snapshot as edits and `ide` see it.
    pub fn view(&self) -> View<'_> {
        View {
            tree: &self.tree,
            model: &self.model,
            settings: &self.settings,
            releases: &self.inputs.releases,
            today: &self.inputs.today,
        }
    }

    /// Returns the findings in a file, in the order of its text.
    pub fn findings_of(&self, id: FileId) -> &[Finding] {
        self.findings.get(&id).map(|f| &**f).unwrap_or_default()
    }

    /// Returns all findings: files in the order of their paths.
    pub fn findings(&self) -> Vec<(&Arc<File>, FileId, &[Finding])> {
        let mut all: Vec<_> = self
            .findings
            .iter()
            .filter_map(|(id, findings)| Some((self.tree.file(*id)?, *id, &**findings)))
            .collect();
        all.sort_by(|a, b| a.0.path.cmp(&b.0.path));
        all
    }

    /// Derives everything again and runs all rules: files came or went. Returns the files whose
    /// findings may differ.
    pub fn rebuild(&mut self) -> FxHashSet<FileId> {
        self.revision += 1;
        self.read_settings();
        self.model = Model::new(&self.tree);
        self.run_all_rules()
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

    pub(crate) fn run_all_rules(&mut self) -> FxHashSet<FileId> {
        let cx = self.context();
        let found = rules::run_rules(&cx, Scope::all(&cx));
        let tree = &self.tree;
        self.found
            .retain(|scope, _| matches!(scope, Scope::Bash(id) if tree.file(*id).is_some()));
        let found = found.into_iter().filter(|(_, found)| !found.is_empty());
        self.found.extend(found);
        let commented = self.tree.files();
        let commented = commented.filter(|(_, file)| !file.directives.is_empty());
        let mut by_file: FxHashMap<FileId, Vec<Finding>> =
            commented.map(|(id, _)| (id, Vec::new())).collect();
        for finding in self.all_found() {
            let found = by_file.entry(finding.at.file).or_default();
            found.push(finding.clone());
        }
        let cx = self.context();
        let findings: FxHashMap<FileId, Arc<[Finding]>> = by_file
            .into_par_iter()
            .map(|(id, found)| (id, Arc::from(rules::apply_suppressions(&cx, id, found))))
            .filter(|(_, findings): &(FileId, Arc<[Finding]>)| !findings.is_empty())
            .collect();
        let mut touched: FxHashSet<FileId> = self.findings.keys().copied().collect();
        touched.extend(findings.keys());
        self.findings = findings;
        touched
    }

    /// Returns the same checkout after some edits.
    pub fn with_edits(&self, edits: &[Edit]) -> Snapshot {
        let mut after = self.clone();
        after.tree = edits::apply(&self.tree, edits);
        after.rebuild();
        after
    }

    pub(crate) fn replace(&mut self, id: FileId, before: &File, file: File) -> FxHashSet<FileId> {
        self.revision += 1;
        // Bash saw another text.
        self.found.remove(&Scope::Bash(id));
        self.move_container_findings(id, before, &file);
        // What concerns a whole file is shown on its first line.
        let first_line_moved = file.first_line() != before.first_line();
        let same = file.facts == before.facts && file.directives == before.directives;
        let text_matters = file.kind == FileKind::Settings || self.is_compared(&file);
        // A text that is not known may name anything.
        let is_known_now = file.is_readable() != before.is_readable();
        self.tree.insert_file(file);
        let mut stale = Stale {
            everything: is_known_now,
            ..Stale::default()
        };
        stale.files.insert(id);
        stale.files.extend(self.files_referring_to(id));
        if !same || text_matters {
            self.derive(id, before, &mut stale);
        }
        if !same || first_line_moved {
            stale.scopes.extend(self.scopes_pointing_at(id));
        }
        self.update(stale)
    }

    /// Returns the files that have a finding which refers to a file: its lines may be others, where
    /// its bytes are not.
    fn files_referring_to(&self, id: FileId) -> Vec<FileId> {
        let refers = |finding: &Finding| finding.related.iter().any(|r| r.at.file == id);
        let files = self.findings.iter();
        let files = files.filter(|(_, findings)| findings.iter().any(refers));
        files.map(|(file, _)| *file).collect()
    }

    /// Returns the scopes that have a finding in a file, or one that refers to it.
    fn scopes_pointing_at(&self, id: FileId) -> Vec<Scope> {
        let points = |finding: &Finding| {
            finding.at.file == id || finding.related.iter().any(|r| r.at.file == id)
        };
        let scopes = self
            .found
            .iter()
            .filter(|(scope, found)| !scope.is_outside() && found.iter().any(points));
        scopes.map(|(scope, _)| scope.clone()).collect()
    }

    /// Returns whether a file is compared as a text with others: a script beside an image's own.
    fn is_compared(&self, file: &File) -> bool {
        file.kind == FileKind::Script
            && !file.path.ends_with("/build.sh")
            && !file.path.ends_with("/config.sh")
            && self.model.directory_of(&self.tree, &file.path).is_some()
    }

    /// Adds what a changed file makes stale.
    fn derive(&mut self, id: FileId, before: &File, stale: &mut Stale) {
        match before.kind {
            FileKind::Script => self.derive_script(id, before, stale),
            FileKind::Repository | FileKind::RepositoryModule => {
                stale.scopes.extend(JOINED);
                // Comments count in the modules that are imported.
                let modules = self.tree.files();
                let modules = modules.filter(|(_, f)| f.kind == FileKind::RepositoryModule);
                stale.files.extend(modules.map(|(id, _)| id));
            }
            FileKind::TestTable | FileKind::Suite => stale.scopes.extend([Scope::TestTable]),
            FileKind::Settings => {
                self.read_settings();
                stale.everything = true;
            }
            FileKind::Other => {}
        }
    }

    fn derive_script(&mut self, id: FileId, before: &File, stale: &mut Stale) {
        let affected = self.model.file_changed(&self.tree, id, before);
        let now = self.tree.file(id).cloned();
        let facts = now.as_ref().and_then(|f| f.script()).zip(before.script());
        let (Some((new, old)), Some(now)) = (facts, now.as_ref()) else {
            return;
        };
        stale.everything |= affected.helpers || functions_differ(old, new);
        let builders = self.read_builders(id, &now.path);
        if builders
            || affected.identities
            || affected.calls
            || old.effects.services != new.effects.services
            || paths_differ(old, new)
        {
            stale.scopes.extend(JOINED);
            stale.scopes.insert(Scope::Identities);
        }
        if builders || self.is_compared(now) || compares_differently(old, new) {
            stale.scopes.insert(Scope::Images);
        }
        if self.model.test_scripts.contains(&id) {
            stale.scopes.insert(Scope::TestTable);
        }
        let cx = self.context();
        if affected.includes {
            stale.scopes.extend(Scope::scripts(&cx));
        } else {
            stale.scopes.extend(Scope::of_script(&cx, id));
        }
        // What an include may expand or call depends on the images that read it.
        let mut reached = affected.reached;
        if old.effects.assigned != new.effects.assigned {
            let directories = affected.directories.iter();
            let directories = directories.filter_map(|name| self.model.directories.get(name));
            let images = directories.flat_map(|directory| self.model.images_of(directory));
            reached.extend(images.flat_map(|image| &image.summary.reach));
        }
        if affected.calls {
            // A helper that is called nowhere is reported.
            reached.extend(self.model.includes.iter().copied());
        }
        reached.extend(self.model.helpers_named(&before.text, &now.text));
        let includes = reached.into_iter();
        let includes = includes.filter(|id| self.model.includes.contains(id));
        stale.scopes.extend(includes.map(Scope::Script));
        let directories = affected.directories.into_iter();
        stale.scopes.extend(directories.map(Scope::Directory));
    }

    /// Reads the builders again that a script identifies. Returns whether there are any.
    fn read_builders(&mut self, id: FileId, path: &str) -> bool {
        let builders = self.model.builders.values();
        let named = builders
            .filter(|b| b.identified_by.contains(&id))
            .map(|b| b.name.clone());
        let own = builder_of(path, self.tree.layout).map(SmolStr::new);
        let names: Vec<SmolStr> = named.chain(own).collect();
        for name in &names {
            let builder = Arc::new(read_builder(&self.tree, name));
            self.model.builders.insert(builder.name.clone(), builder);
        }
        !names.is_empty()
    }

    /// Runs the rules again on what is stale. Returns the files whose findings may differ.
    fn update(&mut self, stale: Stale) -> FxHashSet<FileId> {
        let mut touched = stale.files;
        if stale.everything {
            touched.extend(self.run_all_rules());
            return touched;
        }
        let scopes = stale.scopes.into_iter().collect();
        for (scope, found) in rules::run_rules(&self.context(), scopes) {
            self.put(scope, found, &mut touched);
        }
        self.collect_findings(&touched);
        touched
    }

    /// Puts a scope's findings in place of those it had, and notes the files where they differ.
    pub(crate) fn put(
        &mut self,
        scope: Scope,
        found: Arc<[Finding]>,
        touched: &mut FxHashSet<FileId>,
    ) {
        let before = if found.is_empty() {
            self.found.remove(&scope)
        } else {
            self.found.insert(scope, found.clone())
        };
        let (before, now) = (
            by_file(before.as_deref().unwrap_or_default()),
            by_file(&found),
        );
        for (id, found) in &now {
            if before.get(id) != Some(found) {
                touched.insert(*id);
            }
        }
        touched.extend(before.keys().filter(|id| !now.contains_key(id)));
    }

    /// All findings, before suppressions.
    fn all_found(&self) -> impl Iterator<Item = &Finding> {
        self.found.values().flat_map(|found| found.iter())
    }

    /// Collects the findings of some files from those of all scopes.
    pub(crate) fn collect_findings(&mut self, files: &FxHashSet<FileId>) {
        let mut by_file: FxHashMap<FileId, Vec<Finding>> =
            files.iter().map(|id| (*id, Vec::new())).collect();
        for finding in self.all_found() {
            if let Some(found) = by_file.get_mut(&finding.at.file) {
                found.push(finding.clone());
            }
        }
        for (id, found) in by_file {
            let findings = rules::apply_suppressions(&self.context(), id, found);
            if findings.is_empty() {
                self.findings.remove(&id);
            } else {
                self.findings.insert(id, findings.into());
            }
        }
    }

    /// Returns whether a path is one that is read, or a directory on the way to one.
    pub fn knows(&self, path: &str) -> bool {
        self.tree.layout.kind_of(path).is_some()
            || self
                .tree
                .node(path)
                .is_some_and(|n| !matches!(n, Node::File(_)))
    }
}

/// The scopes that join all files.
const JOINED: [Scope; 2] = [Scope::Repository, Scope::TestTable];

fn by_file(findings: &[Finding]) -> FxHashMap<FileId, Vec<&Finding>> {
    let mut map: FxHashMap<FileId, Vec<&Finding>> = FxHashMap::default();
    for finding in findings {
        map.entry(finding.at.file).or_default().push(finding);
    }
    map
}

fn builder_of(path: &str, layout: Layout) -> Option<&str> {
    let rest = path
        .strip_prefix(layout.prefix())?
        .strip_prefix("builders/")?;
    rest.strip_suffix("/config.sh")
}

fn paths_differ(old: &ScriptFacts, new: &ScriptFacts) -> bool {
    let (old, new) = (&old.paths, &new.paths);
    old.iter()
        .map(|w| &w.pieces)
        .ne(new.iter().map(|w| &w.pieces))
}

/// Returns whether two versions of a script define other functions: a call anywhere may be one of them.
fn functions_differ(old: &ScriptFacts, new: &ScriptFacts) -> bool {
    let (old, new) = (&old.effects.functions, &new.effects.functions);
    old.iter().map(|f| &f.name).ne(new.iter().map(|f| &f.name))
}

/// Returns whether two versions of a script may be told apart where images are compared: by what
/// they do, or by the units of the container.
fn compares_differently(old: &ScriptFacts, new: &ScriptFacts) -> bool {
    let told = |facts: &ScriptFacts| (facts.is_stale, facts.has_errors);
    let what = |(_, unit): (&HereDoc, &UnitAction)| (unit.verb, unit.unit.clone());
    let has_other_units = || old.units().map(what).ne(new.units().map(what));
    told(old) != told(new) || old.effects != new.effects || has_other_units()
}

/// Returns whether a file is a script that `bash -n` can check.
pub fn is_script(file: &File) -> bool {
    matches!(file.facts, Facts::Script(_))
}
