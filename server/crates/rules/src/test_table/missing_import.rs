//! `missing-import`.

use std::collections::BTreeSet;

use crate::{Context, FileRange, Finding, Joined};
use edits::Fix;
use model::tree::{ALL_TESTS, Broken, Facts, MAX_SUITE_DEPTH, SUITE, TEST_TABLE, path_beside};

rule! {
    /// A test names a Nix file by a relative path, and there is none.
    ///
    /// Paths are judged where they lead into `tests/suite`, to `tests/all-tests.nix` or to
    /// `tests/distributions.nix`: other files are not read.
    ///
    /// ## Why
    /// The test cannot be evaluated, and with it no test that is listed beside it. It was moved to
    /// another directory, or copied from one.
    ///
    /// ## How to fix it
    /// Correct the path; a test one directory further down needs one more `../`.
    ///
    /// ## Example
    /// ```nix
    /// # in tests/suite/docker/debian.nix
    /// import ../make-test.nix (pkgs: { })
    /// ```
    /// `../../make-test.nix` is right there.
    code: "missing-import",
    severity: Error,
    group: TestTable,
    checks: [TestTable(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, _joined: &Joined<'_>, out: &mut Vec<Finding>) {
    for (id, file) in cx.tree.files() {
        let Facts::Suite(facts) = &file.facts else {
            continue;
        };
        for import in &facts.imports {
            let Some(path) = path_beside(&file.path, &import.value) else {
                continue;
            };
            if !is_missing(cx, &path) {
                continue;
            }
            let names = paths_of_same_name(cx, &file.path, &path);
            let hint = names
                .first()
                .map(|name| format!("; there is `{name}`"))
                .unwrap_or_default();
            let message = format!("there is no `{path}`: correct the path{hint}");
            let fixes = names.iter().map(|name| {
                Fix::replace(
                    format!("Change to `{name}`"),
                    id,
                    import.range,
                    name.as_str(),
                )
            });
            let at = FileRange::new(id, import.range);
            out.push(Finding::new(&RULE, at, message).fixes(fixes));
        }
    }
}

/// Returns whether a path would be known if something was there, and nothing is.
fn is_missing(cx: &Context<'_>, path: &str) -> bool {
    let inside = path
        .strip_prefix(SUITE)
        .and_then(|rest| rest.strip_prefix('/'));
    let is_read = match inside {
        Some(rest) => rest.matches('/').count() <= MAX_SUITE_DEPTH,
        None => [ALL_TESTS, TEST_TABLE].contains(&path),
    };
    is_read && cx.tree.resolve(path) == Err(Broken::Missing)
}

/// Returns the paths, from a test, of files of the same name that are there or that other tests use.
fn paths_of_same_name(cx: &Context<'_>, from: &str, missing: &str) -> BTreeSet<String> {
    let name = missing.rsplit('/').next();
    let mut found = BTreeSet::new();
    for (_, file) in cx.tree.files() {
        let imports = match &file.facts {
            Facts::Suite(facts) => facts.imports.as_slice(),
            Facts::TestTable(_) => &[],
            _ => continue,
        };
        let targets = imports
            .iter()
            .filter_map(|i| path_beside(&file.path, &i.value));
        let own = std::iter::once(file.path.clone());
        let same = targets
            .chain(own)
            .filter(|path| path.rsplit('/').next() == name);
        let other = same.filter(|path| path != from && !is_missing(cx, path));
        found.extend(other.map(|path| relative(from, &path)));
    }
    found
}

/// Returns the path from one file to another.
fn relative(from: &str, to: &str) -> String {
    let mut directories: Vec<&str> = from.split('/').collect();
    directories.pop();
    let parts: Vec<&str> = to.split('/').collect();
    let pairs = directories.iter().zip(&parts);
    let common = pairs.take_while(|(a, b)| a == b).count();
    let up = directories.len().saturating_sub(common);
    let start = if up == 0 {
        "./".to_owned()
    } else {
        "../".repeat(up)
    };
    let rest = parts.get(common..).unwrap_or_default();
    format!("{start}{}", rest.join("/"))
}
