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
use container::{BuildCache, Reads};
use model::Image;
use rules::{
    Comment, ContainerScript, ContainerTexts, Finding, check_container_script,
    join_container_findings, shellcheck_finding,
};

/// Texts that are remembered, so that what is undone is known already.
const MAX_TEXTS: usize = 10_000;

/// What is known of the scripts of all images.
#[derive(Default)]
pub struct ContainerChecks {
    images: FxHashMap<SmolStr, Followed>,
    texts: ContainerTexts,
    /// Texts that bash accepts.
    accepted: FxHashSet<Arc<str>>,
    /// What ShellCheck says, by text.
    comments: FxHashMap<Arc<str>, Arc<[Comment]>>,
}

/// An image whose build was followed.
struct Followed {
    reads: Arc<Reads>,
    scripts: Vec<ContainerScript>,
}

impl ContainerChecks {
    /// Follows the builds that may be others than before. Returns whether that came to an end.
    pub fn follow(
        &mut self,
        snapshot: &Snapshot,
        builds: &BuildCache,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> bool {
        let view = snapshot.view();
        let images = &snapshot.model.images;
        self.images.retain(|name, followed| {
            let image = images.get(name);
            image.is_some_and(|image| followed.reads.are_current(&view, image))
        });
        let missing = images
            .values()
            .filter(|image| !self.images.contains_key(&image.name));
        let missing: Vec<&Arc<Image>> = missing.collect();
        let follow = |image: &&Arc<Image>| {
            let build = (!is_cancelled()).then(|| builds.build(&view, image))??;
            let followed = Followed {
                reads: build.reads.clone(),
                scripts: ContainerScript::all_of(image, &build, &self.texts),
            };
            Some((image.name.clone(), followed))
        };
        let followed: Vec<_> = missing.par_iter().filter_map(follow).collect();
        self.images.extend(followed);
        self.texts.forget_unused();
        if self.accepted.len() + self.comments.len() > MAX_TEXTS {
            let known: FxHashSet<Arc<str>> = self.texts().cloned().collect();
            self.accepted.retain(|text| known.contains(text));
            self.comments.retain(|text, _| known.contains(text));
        }
        !is_cancelled()
    }

    fn texts(&self) -> impl Iterator<Item = &Arc<str>> {
        self.scripts().map(|script| &script.text.plain)
    }

    fn scripts(&self) -> impl Iterator<Item = &ContainerScript> {
        self.images.values().flat_map(|followed| &followed.scripts)
    }

    /// Returns the scripts in the order of their images: the first one of those that share a line is
    /// named.
    fn sorted(&self) -> Vec<&ContainerScript> {
        let mut scripts: Vec<_> = self.scripts().collect();
        scripts.sort_by(|one, other| one.image.cmp(&other.image));
        scripts
    }

    /// Returns what the rules find in the scripts; with a bash, also what that refuses.
    pub fn findings(&mut self, snapshot: &Snapshot, bash: Option<&Path>) -> Vec<Finding> {
        let cx = snapshot.context();
        let scripts = self.sorted();
        let of_rules = scripts.iter().map(|script| {
            let found = check_container_script(&cx, script);
            (*script, found)
        });
        let mut all: Vec<(&ContainerScript, Vec<Finding>)> = of_rules.collect();
        let mut accepted = Vec::new();
        if let Some(bash) = bash.filter(|_| cx.is_on(rules::SHELL_SYNTAX)) {
            // A script with a condition in it is not one text.
            let asked = scripts.iter().filter(|script| !script.has_conditions);
            let asked = asked.map(|script| &script.text.plain);
            let asked: FxHashSet<&Arc<str>> = asked
                .filter(|text| !self.accepted.contains(*text))
                .collect();
            let said: FxHashMap<&Arc<str>, Option<String>> = asked
                .into_par_iter()
                .map(|text| (text, bash::refusal(bash, text)))
                .collect();
            for script in scripts.iter().filter(|script| !script.has_conditions) {
                if let Some(Some(said)) = said.get(&script.text.plain) {
                    let found = rules::read_container_output(script, said);
                    all.push((*script, found.into_iter().collect()));
                }
            }
            let said = said.into_iter().filter(|(_, said)| said.is_none());
            accepted.extend(said.map(|(text, _)| text.clone()));
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
        let found = self.sorted().into_iter().map(|script| {
            let comments = self.comments.get(&script.text.plain);
            let comments = comments.map_or(&[][..], |comments| comments);
            let found = comments
                .iter()
                .filter_map(|c| shellcheck_finding(script, c));
            (script, found.filter(|f| cx.is_on(f.rule)).collect())
        });
        Some(join_container_findings(found))
    }
}
