//! Tells the program which commit it is built from: `--version` says it.
//!
//! Only of releases, so that a commit does not have everything built again while it is worked on.

use std::env;
use std::path::Path;
use std::process::Command;

/// Whoever builds from something else than a clone says the commit here.
const GIVEN: &str = "IMAGE_SCRIPTS_LS_COMMIT";

fn main() {
    println!("cargo::rerun-if-env-changed={GIVEN}");
    let given = env::var(GIVEN).ok().filter(|commit| !commit.is_empty());
    let release = env::var("PROFILE").as_deref() == Ok("release");
    let commit = given.or_else(|| release.then(of_clone).flatten());
    let suffix = commit
        .map(|commit| format!(" ({commit})"))
        .unwrap_or_default();
    println!("cargo::rustc-env=IMAGE_SCRIPTS_LS_SUFFIX={suffix}");
}

/// The commit and its date, if this is a clone of the project and not a folder in another one.
fn of_clone() -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    if !root.join(".git").exists() {
        return None;
    }
    // It changes with every commit and checkout; with the path of a folder that is not there, this
    // would be run every time.
    let log = git(root, &["rev-parse", "--git-path", "logs/HEAD"])?;
    let log = root.join(log);
    if log.exists() {
        println!("cargo::rerun-if-changed={}", log.display());
    }
    git(
        root,
        &["log", "-1", "--format=%h %cs", "--abbrev=9", "--no-color"],
    )
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    // Not those of another repository, from a hook of which this may be run.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(variable);
    }
    let output = command
        // As nobody has configured it.
        .args(["-c", "log.showSignature=false"])
        .args(arguments)
        .current_dir(root)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}
