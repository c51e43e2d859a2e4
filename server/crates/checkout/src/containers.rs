//! Scripts that are executed in containers: the builds of all images are followed, and rules, bash
//! and ShellCheck are asked about what they generate.
//!
//! Nothing is done twice: an image is followed again when a file that it reads has another text, and
//! a program is asked once about a text.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::{bash, shellcheck};
use analysis::Snapshot;
use container::Build;
use model::{FileId, Image};
use rules::{
    Comment, ContainerScript, Finding, check_container_script, join_container_findings,
    shellcheck_finding,
};

/// Texts that are remembered, so that what is undone is known already.
const MAX_TEXTS: usize = 10_000;

/// What is known of the scripts of all images.
#[derive(Default)]
pub struct ContainerChecks {
    images: FxHashMap<SmolStr, Followed>,
    /// Texts that bash accepts.
    accepted: FxHashSet<Arc<str>>,
    /// What ShellCheck says, by text.
    comments: FxHashMap<Arc<str>, Arc<[Comment]>>,
}

/// An image whose build was followed.
struct Followed {
    /// The files that were read, with their texts.
    read: Vec<(FileId, Arc<str>)>,
    /// The files and links of the checkout: some are only asked for.
    paths: Arc<[SmolStr]>,
    scripts: Vec<(ContainerScript, Arc<str>)>,
}

impl Followed {
    fn new(snapshot: &Snapshot, image: &Image, paths: &Arc<[SmolStr]>) -> Followed {
        let build = Build::of(&snapshot.tree, &snapshot.model, image);
        let text_of = |id: &FileId| Some((*id, snapshot.tree.file(*id)?.text.clone()));
        let read = build.iter().flat_map(|build| &build.read);
        let scripts = build.iter().flat_map(|b| ContainerScript::all_of(image, b));
        Followed {
            read: read.filter_map(text_of).collect(),
            paths: paths.clone(),
            scripts: scripts
                .map(|script| {
                    let text = Arc::from(script.plain_text());
                    (script, text)
                })
                .collect(),
        }
    }

    fn is_current(&self, snapshot: &Snapshot, paths: &[SmolStr]) -> bool {
        let is_same = |(id, text): &(FileId, Arc<str>)| {
            let now = snapshot.tree.file(*id);
            now.is_some_and(|file| file.text == *text)
        };
        *self.paths == *paths && !self.read.is_empty() && self.read.iter().all(is_same)
    }
}

impl ContainerChecks {
    /// Follows the builds that may be others than before. Returns whether that came to an end.
    pub fn follow(
        &mut self,
        snapshot: &Snapshot,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> bool {
        let paths: Arc<[SmolStr]> = paths_of(snapshot).into();
        let images = &snapshot.model.images;
        self.images.retain(|name, followed| {
            images.contains_key(name) && followed.is_current(snapshot, &paths)
        });
        let missing = images
            .values()
            .filter(|image| !self.images.contains_key(&image.name));
        let missing: Vec<&Arc<Image>> = missing.collect();
        let follow = |image: &&Arc<Image>| {
            let name = image.name.clone();
            (!is_cancelled()).then(|| (name, Followed::new(snapshot, image, &paths)))
        };
        let followed: Vec<_> = missing.par_iter().filter_map(follow).collect();
        self.images.extend(followed);
        if self.accepted.len() + self.comments.len() > MAX_TEXTS {
            let known: FxHashSet<Arc<str>> = self.texts().cloned().collect();
            self.accepted.retain(|text| known.contains(text));
            self.comments.retain(|text, _| known.contains(text));
        }
        !is_cancelled()
    }

    fn texts(&self) -> impl Iterator<Item = &Arc<str>> {
        self.scripts().map(|(_, text)| text)
    }

    fn scripts(&self) -> impl Iterator<Item = &(ContainerScript, Arc<str>)> {
        self.images.values().flat_map(|followed| &followed.scripts)
    }

    /// Returns the scripts in the order of their images: the first one of those that share a line is
    /// named.
    fn sorted(&self) -> Vec<&(ContainerScript, Arc<str>)> {
        let mut scripts: Vec<_> = self.scripts().collect();
        scripts.sort_by(|(one, _), (other, _)| one.image.cmp(&other.image));
        scripts
    }

    /// Returns what the rules find in the scripts; with a bash, also what that refuses.
    pub fn findings(&mut self, snapshot: &Snapshot, bash: Option<&Path>) -> Vec<Finding> {
        let cx = snapshot.context();
        let scripts = self.sorted();
        let of_rules = scripts.iter().map(|(script, _)| {
            let found = check_container_script(&cx, script);
            (script, found)
        });
        let mut all: Vec<(&ContainerScript, Vec<Finding>)> = of_rules.collect();
        let bash = bash.filter(|_| cx.is_on(rules::SHELL_SYNTAX));
        let mut accepted = Vec::new();
        if let Some(bash) = bash {
            // A script with a condition in it is not one text.
            let is_new = |script: &ContainerScript, text: &Arc<str>| {
                !script.has_conditions && !self.accepted.contains(text)
            };
            let mut seen = FxHashSet::default();
            let asked: Vec<_> = scripts
                .iter()
                .filter(|(script, text)| is_new(script, text))
                .filter(|(_, text)| seen.insert(text.clone()))
                .collect();
            let said: Vec<_> = asked
                .par_iter()
                .map(|(script, text)| (text, bash::check_container(bash, script)))
                .collect();
            let said: FxHashMap<&Arc<str>, Option<Finding>> = said.into_iter().collect();
            for (script, text) in &scripts {
                match said.get(text) {
                    Some(Some(finding)) => all.push((script, vec![finding.clone()])),
                    Some(None) => accepted.push(text.clone()),
                    None => {}
                }
            }
        }
        let joined = join_container_findings(all);
        self.accepted.extend(accepted);
        joined
    }

    /// Asks ShellCheck about the scripts, several at once. Returns what it says of what somebody
    /// wrote; `None` if it was cancelled.
    pub fn shellcheck(
        &mut self,
        snapshot: &Snapshot,
        program: &Path,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Option<Vec<Finding>> {
        let texts: FxHashSet<&Arc<str>> = self.texts().collect();
        let asked: Vec<Arc<str>> = texts
            .into_iter()
            .filter(|text| !self.comments.contains_key(*text))
            .cloned()
            .collect();
        let said: Vec<(Arc<str>, Vec<Comment>)> = asked
            .into_par_iter()
            .filter(|_| !is_cancelled())
            .filter_map(|text| {
                let comments = shellcheck::check(program, &text, is_cancelled)?;
                Some((text, comments))
            })
            .collect();
        // What was said is true of its text, whatever came after.
        let said = said.into_iter();
        self.comments
            .extend(said.map(|(text, comments)| (text, comments.into())));
        if is_cancelled() {
            return None;
        }
        let cx = snapshot.context();
        let found = self.sorted().into_iter().map(|(script, text)| {
            let comments = self.comments.get(text).map_or(&[][..], |comments| comments);
            let found = comments
                .iter()
                .filter_map(|c| shellcheck_finding(script, c));
            (script, found.filter(|f| cx.is_on(f.rule)).collect())
        });
        Some(join_container_findings(found))
    }
}

/// The paths of the files and links of a checkout, and what the links lead to.
fn paths_of(snapshot: &Snapshot) -> Vec<SmolStr> {
    let tree = &snapshot.tree;
    let links = tree.links().flat_map(|(path, to)| [Some(path.clone()), to]);
    let files = tree.files().map(|(_, file)| file.path.clone());
    files.chain(links.flatten()).collect()
}
