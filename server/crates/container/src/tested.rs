//! The last test of an image: how it ended, and what the image reads, which tells whether that was of
//! what is there now. Who looks at the files and at what the test runner left is in the checkout crate.

use std::collections::BTreeSet;

use serde::Serialize;
use smol_str::{SmolStr, format_smolstr};

use super::cache::BuildCache;
use model::Image;
use model::view::View;

/// What is known of the last test of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TestState {
    /// It passed, with what the image reads now.
    Passed,
    /// It failed, with what the image reads now.
    Failed,
    /// Something that the image reads was changed since it began.
    Older,
    /// There is no result of a test.
    Never,
    /// There is one, which does not tell.
    Unknown,
}

/// The last test of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tested {
    /// What is known of it.
    pub state: TestState,
    /// True if it passed, false if it failed.
    pub passed: Option<bool>,
    /// When it ended, in UTC: `2026-11-27T21:18:03Z`.
    pub ended: Option<String>,
    /// Paths of what was changed since it began.
    pub changed: Vec<SmolStr>,
    /// The directory of its logs.
    pub directory: Option<String>,
    /// The reason why it does not tell.
    pub why: Option<&'static str>,
}

impl Tested {
    /// Returns a state of which nothing else is known.
    pub fn of(state: TestState) -> Tested {
        Tested {
            state,
            passed: None,
            ended: None,
            changed: Vec::new(),
            directory: None,
            why: None,
        }
    }

    /// Returns the state in a few words.
    pub fn label(&self) -> &'static str {
        match (self.state, self.passed) {
            (TestState::Passed, _) => "passed",
            (TestState::Failed, _) => "failed",
            (TestState::Older, Some(true)) => "older (passed)",
            (TestState::Older, Some(false)) => "older (failed)",
            (TestState::Older, None) => "older",
            (TestState::Never, _) => "never",
            (TestState::Unknown, _) => "unknown",
        }
    }
}

/// What a test of an image depends on, as paths of the checkout.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Dependencies {
    /// Files, and the link that an alias is.
    pub paths: BTreeSet<SmolStr>,
    /// What was looked for and is not there.
    pub missing: BTreeSet<SmolStr>,
}

impl Dependencies {
    /// Returns those of an image; `None` if it has no build script. These are the files that its build
    /// reads and those beside them, its builder, and the drivers and tests that every image shares.
    pub fn of(view: &View<'_>, image: &Image, builds: &BuildCache) -> Option<Dependencies> {
        let reads = builds.reads(view, image)?;
        let prefix = view.tree.layout.prefix();
        let directory = view.model.directories.get(&image.directory);
        let builder = image.identity.builder.fixed();
        let builder = builder.and_then(|name| view.model.builders.get(name));
        let of_builder = builder.map(|builder| format!("{prefix}builders/{}/", builder.name));
        let shared = [
            of_builder,
            Some(format!("{prefix}bin/")),
            Some(format!("{prefix}tests/")),
            Some("tests/suite/image-scripts/".to_owned()),
        ];
        let shared = shared.iter().flatten();
        let beside = shared.flat_map(|folder| {
            let below = view.tree.at_or_below(folder.trim_end_matches('/'));
            below.into_iter().filter_map(|(path, _)| view.tree.id(path))
        });
        let own = directory.into_iter().flat_map(|d| d.files());
        let files = reads.files().chain(own).chain(beside);
        let mut paths: BTreeSet<SmolStr> = files
            .filter_map(|file| view.tree.path(file).cloned())
            .collect();
        if image.alias {
            paths.insert(format!("{prefix}images/{}", image.name).into());
        }
        let mut missing: BTreeSet<SmolStr> = reads.missing().map(SmolStr::new).collect();
        // Commands that copy a file of the image may find that it is gone.
        let scripts = directory.into_iter().flat_map(|d| d.scripts());
        for script in scripts.filter_map(|id| view.tree.file(id)) {
            let beside = |name| format_smolstr!("{prefix}images/{}/{name}", image.directory);
            let named = names_beside(&script.text).map(beside);
            missing.extend(named.filter(|path| view.tree.node(path).is_none()));
        }
        Some(Dependencies { paths, missing })
    }
}

/// Returns the names after `$IMAGEDIR` in a script; `*` where it stands for all that is in the directory.
fn names_beside(script: &str) -> impl Iterator<Item = &str> {
    script.split("IMAGEDIR").skip(1).map(|after| {
        let name = after.trim_start_matches(['}', '"']).strip_prefix('/');
        let name = name.map_or("", |name| name.trim_start_matches('"'));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
        let end = name.find(|c| !is_plain(c)).unwrap_or(name.len());
        let is_whole = name.get(end..).is_some_and(|rest| {
            rest.is_empty()
                || rest.starts_with(|c: char| c.is_whitespace() || "\"';&|)".contains(c))
        });
        name.get(..end)
            .filter(|name| is_whole && !name.is_empty())
            .unwrap_or("*")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_beside_a_script_are_named_in_it() {
        let named = |script: &str| names_beside(script).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(named(". \"$IMAGEDIR/config.sh\"\n"), ["config.sh"]);
        assert_eq!(
            named("cp ${IMAGEDIR}/a \"$IMAGEDIR\"/b-1.0 x; cat $IMAGEDIR/c;"),
            ["a", "b-1.0", "c"]
        );
        assert_eq!(
            named("modules=\"$IMAGEDIR\"; ls $IMAGEDIR/*.scm $IMAGEDIR/$x $IMAGEDIR/a$x"),
            ["*", "*", "*", "*"]
        );
        assert_eq!(named("cat $IMAGEDIR/a/b"), ["*"]);
    }
}
