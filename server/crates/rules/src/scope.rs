//! Scopes: parts of a checkout that are checked again together, and running the rules on them.

use std::sync::Arc;

use model::tree::Facts;
use model::{FileId, Model};
use rayon::prelude::*;
use smol_str::SmolStr;

use crate::rule::{Check, Rule};
use crate::{Context, Finding, Joined, finding, rules};

/// A part of a checkout whose findings are found again together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// A directory of images: again when one of its scripts, or a file they read, changes.
    Directory(SmolStr),
    /// A script that is no image's own: again when it, or an image that reads it, changes.
    Script(FileId),
    /// Images that are compared with one another: again when one of their scripts, or a file they
    /// read, changes in more than its remarks, and when a builder changes.
    Images,
    /// Who images are, and what they are built in: again when that changes, but not when the
    /// repository does.
    Identities,
    /// Everything that is published: again when who an image is, or the repository, changes.
    Repository,
    /// Everything that is tested, and what looks at the test table: again when those do, the test
    /// table or another test changes.
    TestTable,
    /// The finding of `bash -n` on a script.
    Bash(FileId),
    /// The scripts that are executed in containers, with what `bash -n` says of them.
    Containers,
    /// What ShellCheck says of those.
    ShellCheck,
    /// What servers say: in no snapshot but that of the command `verify`.
    Upstream,
}

impl Scope {
    /// The scopes of a whole checkout, except those that are [outside](Self::is_outside).
    pub fn all(cx: &Context<'_>) -> Vec<Scope> {
        let directories = cx.model.directories.keys().cloned().map(Scope::Directory);
        // The one that takes longest comes first.
        let mut all = vec![Scope::Images, Scope::Identities];
        all.extend(directories);
        all.extend(Scope::scripts(cx));
        all.extend([Scope::Repository, Scope::TestTable]);
        all
    }

    /// The scopes of all scripts that are no image's own.
    pub fn scripts(cx: &Context<'_>) -> Vec<Scope> {
        let ids: Vec<FileId> = cx.tree.files().map(|(id, _)| id).collect();
        ids.into_par_iter()
            .filter(|id| is_own_script(cx, *id))
            .map(Scope::Script)
            .collect()
    }

    /// The scope of a script: its own, if it is no image's.
    pub fn of_script(cx: &Context<'_>, id: FileId) -> Option<Scope> {
        is_own_script(cx, id).then_some(Scope::Script(id))
    }

    /// Returns whether its findings come from elsewhere, when there is time: no rule is run on it.
    pub fn is_outside(&self) -> bool {
        matches!(
            self,
            Scope::Bash(_) | Scope::Containers | Scope::ShellCheck | Scope::Upstream
        )
    }

    /// Joins all files: published images with rows of the test table.
    fn is_joined(&self) -> bool {
        matches!(self, Scope::Repository | Scope::TestTable)
    }
}

/// The number of scopes that is worth more than one thread.
const MANY: usize = 16;

/// The number of images whose rules are worth more than one thread.
const MANY_IMAGES: usize = 500;

/// Runs the rules on some scopes. Returns the findings of each, before suppressions.
pub fn run_rules(cx: &Context<'_>, scopes: Vec<Scope>) -> Vec<(Scope, Arc<[Finding]>)> {
    let (joined, separate): (Vec<Scope>, Vec<Scope>) =
        scopes.into_iter().partition(Scope::is_joined);
    let rules: Vec<&Rule> = rules().filter(|rule| cx.is_on(rule)).collect();
    let run_separate = |separate: Vec<Scope>| -> Vec<(Scope, Arc<[Finding]>)> {
        let run = |scope: Scope| {
            let found = run_on(cx, &rules, &scope, None);
            (scope, found)
        };
        if separate.len() > MANY {
            separate.into_par_iter().map(run).collect()
        } else {
            separate.into_iter().map(run).collect()
        }
    };
    if joined.is_empty() {
        return run_separate(separate);
    }
    let run_joined = || {
        cx.with_joined_as_saved(|view| {
            let run = |scope: Scope| {
                let found = run_on(cx, &rules, &scope, Some(view));
                (scope, found)
            };
            joined.into_iter().map(run).collect::<Vec<_>>()
        })
    };
    let (mut found, joined) = if separate.len() > MANY {
        rayon::join(|| run_separate(separate), run_joined)
    } else {
        (run_separate(separate), run_joined())
    };
    found.extend(joined);
    found
}

/// Runs the rules on one scope.
fn run_on(
    cx: &Context<'_>,
    rules: &[&Rule],
    scope: &Scope,
    joined: Option<&Joined<'_>>,
) -> Arc<[Finding]> {
    let directory = match scope {
        Scope::Directory(name) => cx.model.directories.get(name),
        _ => None,
    };
    let images = directory.map(|directory| cx.model.images_of(directory).collect::<Vec<_>>());
    let own = directory
        .map(|directory| &**directory)
        .zip(images.as_deref());
    let cx = &Context { own, ..*cx };
    let files = || {
        directory
            .into_iter()
            .flat_map(|directory| directory.files())
    };
    let run = |rule: &Rule, found: &mut Vec<Finding>| {
        for check in rule.checks {
            match (check, scope, joined) {
                (Check::Directory(check), Scope::Directory(_), _) => {
                    if let Some(directory) = directory {
                        check(cx, directory, found);
                    }
                }
                (Check::AnyScript(check), Scope::Directory(_), _) => {
                    files().for_each(|id| check(cx, id, found));
                }
                (Check::Facts(check), Scope::Directory(_), _) => {
                    let facts = files().filter_map(|id| cx.clear_facts(id));
                    facts.for_each(|facts| check(&facts, found));
                }
                (Check::Facts(check), Scope::Script(id), _) => {
                    cx.clear_facts(*id)
                        .iter()
                        .for_each(|facts| check(facts, found));
                }
                (Check::Script(check) | Check::AnyScript(check), Scope::Script(id), _) => {
                    check(cx, *id, found);
                }
                (Check::Images(check), Scope::Images, _)
                | (Check::Identities(check), Scope::Identities, _) => check(cx, found),
                (Check::Repository(check), Scope::Repository, Some(joined))
                | (Check::TestTable(check), Scope::TestTable, Some(joined)) => {
                    check(cx, joined, found);
                }
                _ => {}
            }
        }
    };
    // Those that look at everything look at much, where there are many images.
    let many = joined.is_some() && cx.model.images.len() > MANY_IMAGES;
    let mut found = Vec::new();
    if many {
        let of_rule = |rule: &&Rule| {
            let mut found = Vec::new();
            run(rule, &mut found);
            found
        };
        found = rules.par_iter().flat_map_iter(of_rule).collect();
    } else {
        rules.iter().for_each(|rule| run(rule, &mut found));
    }
    if scope.is_joined() {
        // What stands in a file that does not parse would stand in the wrong place.
        found.retain(|f| {
            f.rule.code == "nix-syntax" || !cx.tree.file(f.at.file).is_some_and(|f| f.is_stale())
        });
    }
    finding::dedup(&mut found);
    found.into()
}

/// Returns whether a file is a script whose findings are its own: no image's, but an include, a
/// builder's or a test.
fn is_own_script(cx: &Context<'_>, file: FileId) -> bool {
    let model: &Model = cx.model;
    cx.tree.file(file).is_some_and(|file| {
        matches!(file.facts, Facts::Script(_)) && model.directory_of(cx.tree, &file.path).is_none()
    })
}
