//! Changes that a snapshot takes in: texts that are typed, texts on the disk, units that were read
//! again, another day.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use crate::snapshot::{Problem, Snapshot};
use model::{File, FileId, FileKind, Node};

impl Snapshot {
    /// Takes in a file's new text as it is being typed. Returns the files whose findings may differ,
    /// or be shown elsewhere.
    pub fn set_text(&mut self, id: FileId, text: Arc<str>) -> FxHashSet<FileId> {
        let Some(before) = self.tree.file(id).cloned() else {
            return FxHashSet::default();
        };
        if before.has_text(&text) {
            return FxHashSet::default();
        }
        let file = File::new(before.path.clone(), before.kind, text, Some(&before));
        self.replace(id, &before, file)
    }

    /// Takes in a file's text as it is on the disk. Returns the files whose findings may differ, or
    /// be shown elsewhere.
    pub fn set_saved_text(&mut self, id: FileId, text: Arc<str>) -> FxHashSet<FileId> {
        let Some(before) = self.tree.file(id).cloned() else {
            return FxHashSet::default();
        };
        if before.has_text(&text) && !before.has_older_facts() {
            return FxHashSet::default();
        }
        let file = File::saved(before.path.clone(), before.kind, text, Some(&before));
        self.replace(id, &before, file)
    }

    /// Adds a file that the editor has and the disk has not. [`Snapshot::rebuild`] has to follow.
    pub fn add_file(&mut self, path: &SmolStr, text: Arc<str>) {
        let kind = self.tree.layout.kind_of(path).unwrap_or(FileKind::Other);
        self.add_to_directory(Arc::new(File::new(path.clone(), kind, text, None)));
    }

    fn add_to_directory(&mut self, file: Arc<File>) {
        if let Some((parent, _)) = file.path.rsplit_once('/') {
            self.tree.insert(parent, Node::Directory);
        }
        self.tree.insert_file(file);
    }

    /// Takes over some units as a newer reading of the checkout has them, `read`. Files that `keep`
    /// accepts stay as they are here. Returns the files whose findings may differ.
    pub fn take_units(
        &mut self,
        read: &Snapshot,
        units: &[SmolStr],
        keep: &dyn Fn(&str) -> bool,
    ) -> FxHashSet<FileId> {
        for unit in units {
            let nodes = self.tree.at_or_below(unit).into_iter();
            let files = nodes.filter_map(|(path, node)| match node {
                Node::File(id) if keep(path) => self.tree.file(*id).cloned(),
                _ => None,
            });
            let kept: Vec<Arc<File>> = files.collect();
            self.tree.remove(unit);
            for (path, node) in read.tree.at_or_below(unit) {
                match node {
                    Node::File(id) => {
                        if let Some(file) = read.tree.file(*id)
                            && !kept.iter().any(|kept| kept.path == *path)
                        {
                            self.tree.insert_file(as_saved(file));
                        }
                    }
                    node => self.tree.insert(path, node.clone()),
                }
            }
            for file in kept {
                self.add_to_directory(file);
            }
        }
        // Whether `images` and `builders` can be read is found out with each of their directories.
        let mut parents: Vec<&str> = units
            .iter()
            .filter_map(|unit| Some(unit.rsplit_once('/')?.0))
            .filter(|parent| parent.ends_with("images") || parent.ends_with("builders"))
            .collect();
        parents.dedup();
        for parent in &parents {
            if let Some(node @ (Node::Directory | Node::Unreadable)) = read.tree.node(parent) {
                self.tree.insert(parent, node.clone());
            }
        }
        let is_within = |problem: &&Problem| {
            parents.contains(&problem.path.as_str())
                || units.iter().any(|unit| {
                    let rest = problem.path.strip_prefix(unit.as_str());
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                })
        };
        let before = self.problems.iter().filter(|problem| !is_within(problem));
        let problems = before.chain(read.problems.iter().filter(is_within));
        self.problems = problems.cloned().collect();
        self.rebuild()
    }

    /// Takes in that another day has begun. Returns the files whose findings may differ.
    pub fn set_today(&mut self, today: &str) -> FxHashSet<FileId> {
        if self.inputs.today == today {
            return FxHashSet::default();
        }
        self.inputs.today = SmolStr::new(today);
        self.revision += 1;
        self.run_all_rules()
    }

    /// Takes the facts of a file from its text even though that does not parse: it was saved like
    /// that. The grammar rejects some valid bash, and a fresh index knows no older text. Returns the
    /// files whose findings may differ.
    pub fn accept(&mut self, id: FileId) -> FxHashSet<FileId> {
        match self.tree.file(id) {
            Some(file) if file.has_older_facts() => self.set_saved_text(id, file.text.clone()),
            _ => FxHashSet::default(),
        }
    }
}

/// Returns a file with no facts of a text that was there before.
fn as_saved(file: &Arc<File>) -> Arc<File> {
    if !file.has_older_facts() {
        return file.clone();
    }
    let (path, text) = (file.path.clone(), file.text.clone());
    Arc::new(File::saved(path, file.kind, text, Some(file)))
}
