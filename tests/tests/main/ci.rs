//! What runs the program for others, in CI and before a commit: the files of `editors/ci` and
//! `.pre-commit-hooks.yaml`, carried out in git repositories.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use image_scripts_ls_tests::checkout::{Checkout, Folder, copy, fixture};
use image_scripts_ls_tests::command::{Output, git, output_of};
use image_scripts_ls_tests::program;
use image_scripts_ls_tests::upstream::{Response, Server};
use model::Layout;
use serde_json::Value;

/// One finding of the contribution.
const FINDING: &str = "images/ubuntu-26.10/config.sh";
const BRANCH: &str = "refs/remotes/origin/staging";

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(project().join(path)).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A clone of a repository with a fixture in it, and the program, as users have it in PATH.
struct Clone {
    checkout: Checkout,
    programs: Folder,
}

impl Clone {
    fn of(fixture: &str) -> Clone {
        let clone = Clone {
            checkout: Checkout::of(fixture),
            programs: Folder::new(),
        };
        symlink(program!(), clone.programs.path().join("image-scripts-ls")).unwrap();
        clone.git(&["init", "--quiet"]);
        clone.commit();
        clone.git(&["update-ref", BRANCH, "HEAD"]);
        clone
    }

    /// One in which the contribution was made to a clean tree.
    fn with_contribution() -> Clone {
        let clone = staged();
        clone.commit();
        clone
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(self.checkout.root(), arguments)
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--no-verify", "--message=Change"]);
    }

    fn output_of(&self, mut command: Command) -> Output {
        let programs = self.programs.path().display();
        let path = std::env::var("PATH").unwrap();
        command
            .current_dir(self.checkout.root())
            .env("PATH", format!("{programs}:{path}"))
            .env("HOME", self.programs.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null");
        for variable in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{variable}_NAME"), "Test")
                .env(format!("GIT_{variable}_EMAIL"), "test@example.org");
        }
        output_of(&mut command, "", "apt-get install bash git")
    }

    /// Carries out a step of a workflow as GitHub does, for a pull request to `base`, if not empty.
    fn step(&self, workflow: &str, name: &str, base: &str) -> Output {
        let workflow = yaml(&format!("editors/ci/{workflow}"));
        let step = steps(&workflow).iter().find(|step| step["name"] == name);
        let step = step.unwrap_or_else(|| panic!("no step `{name}`"));
        let mut command = Command::new("bash");
        command.args(["-e", "-c", step["run"].as_str().unwrap()]);
        for (variable, value) in step["env"].as_object().into_iter().flatten() {
            let value = value.as_str().unwrap();
            command.env(variable, value.replace("${{ github.base_ref }}", base));
        }
        self.output_of(command)
    }
}

/// The steps of the only job of a workflow.
fn steps(workflow: &Value) -> &[Value] {
    let jobs = workflow["jobs"].as_object().unwrap();
    assert_eq!(jobs.len(), 1);
    jobs.values().next().unwrap()["steps"].as_array().unwrap()
}

fn check_workflow(workflow: &str) {
    let workflow = yaml(&format!("editors/ci/{workflow}"));
    assert_eq!(workflow["permissions"]["contents"], "read");
    for step in steps(&workflow) {
        match (step["uses"].as_str(), step["run"].as_str()) {
            (Some(uses), None) => assert!(uses.contains("@v"), "{uses}: which version?"),
            // What GitHub puts into a script is run, whoever wrote it.
            (None, Some(run)) => assert!(!run.contains("${{"), "{run}"),
            _ => panic!("{step}"),
        }
    }
    let named = |name: &str| steps(&workflow).iter().position(|s| s["name"] == name);
    let install = named("Install").unwrap();
    let words = steps(&workflow)[install]["run"].as_str().unwrap();
    assert!(words.starts_with("cargo install --git \"$SOURCE\" --rev \"$REVISION\" --locked "));
    assert!(words.ends_with(" image-scripts-ls"));
    check_cache(&steps(&workflow)[install - 1..install + 2]);
    for variable in ["SOURCE", "REVISION"] {
        assert!(workflow["env"][variable].is_string());
    }
    let paths = workflow["on"]["pull_request"]["paths"].as_array().unwrap();
    let globs: Vec<&str> = paths.iter().map(|path| path.as_str().unwrap()).collect();
    check_globs(&globs);
}

/// Whether what is installed is there the next time, whatever is found this time: the action that
/// does both saves only what a job that succeeds leaves.
fn check_cache(steps: &[Value]) {
    let [cache, install, save] = steps else {
        panic!("{steps:?}")
    };
    let action = |step: &Value| {
        let uses = step["uses"].as_str().unwrap();
        uses.split_once('@').unwrap().0.to_owned()
    };
    assert_eq!(action(cache), "actions/cache/restore");
    assert_eq!(action(save), "actions/cache/save");
    assert_eq!(save["with"]["path"], cache["with"]["path"]);
    assert_eq!(cache["id"], "cache");
    let key = "${{ steps.cache.outputs.cache-primary-key }}";
    assert_eq!(save["with"]["key"], key);
    for step in [install, save] {
        assert_eq!(step["if"], "steps.cache.outputs.cache-hit != 'true'");
    }
}

/// Whether globs have every file of a checkout that the program reads, and leave other folders
/// alone.
fn check_globs(globs: &[&str]) {
    let clone = Clone::of("clean-2026");
    clone.checkout.write(".image-scripts.toml", "");
    for other in ["README.md", "os/modules/x.nix", "osctl/lib/x.rb"] {
        clone.checkout.write(other, "");
    }
    clone.commit();
    let pathspecs: Vec<String> = globs.iter().map(|glob| format!(":(glob){glob}")).collect();
    let mut arguments = vec!["ls-files", "--"];
    arguments.extend(pathspecs.iter().map(String::as_str));
    let found = clone.git(&arguments);
    let other = |path: &str| !path.starts_with("image-scripts/") && !path.starts_with("tests/");
    for path in clone.git(&["ls-files"]).lines() {
        let has = found.lines().any(|line| line == path);
        let read = Layout::Whole.kind_of(path).is_some();
        assert!(has || !read, "{path} is read, and not in {globs:?}");
        assert!(!has || read || !other(path), "{path} is in {globs:?}");
    }
}

/// The annotations in a log.
fn annotations(output: &Output) -> Vec<&str> {
    let lines = output.stdout.lines();
    lines.filter(|line| line.starts_with("::")).collect()
}

#[test]
fn workflows_are_as_github_has_them() {
    for workflow in ["github-annotations.yml", "github-sarif.yml"] {
        check_workflow(workflow);
    }
}

#[test]
fn annotations_of_a_branch_are_of_everything() {
    let check = |fixture: &str| Clone::of(fixture).step("github-annotations.yml", "Check", "");
    let clean = check("clean-2026");
    assert_eq!(clean.status, 0, "{clean:?}");
    let contribution = check("contribution");
    assert_eq!(contribution.status, 1);
    let mut found = annotations(&contribution).into_iter();
    let start = format!("::error file=image-scripts/{FINDING},line=1,col=9,");
    assert!(
        found.any(|line| line.starts_with(&start)),
        "{contribution:?}"
    );
}

#[test]
fn annotations_of_a_pull_request_are_of_what_it_brings() {
    let check = |clone: &Clone| clone.step("github-annotations.yml", "Check", "staging");
    let contribution = Clone::with_contribution();
    let output = check(&contribution);
    assert_eq!(output.status, 1);
    assert!(
        annotations(&output)
            .iter()
            .any(|line| line.contains(FINDING))
    );
    assert!(
        !output.stdout.contains("support of debian 11 ended"),
        "that was there before"
    );

    let old = Clone::of("contribution");
    old.checkout.write("README.md", "more\n");
    old.commit();
    let output = check(&old);
    assert_eq!((output.status, annotations(&output).len()), (0, 0));
}

/// What the workflow that finds affected images passes on, for a push after a commit, or for a pull request.
fn affected_pattern(clone: &Clone, base: &str, before: &str) -> String {
    let workflow = yaml("editors/ci/github-affected.yml");
    let steps = workflow["jobs"]["detect"]["steps"].as_array().unwrap();
    let step = steps
        .iter()
        .find(|step| step["name"] == "Affected")
        .unwrap();
    let variables = step["env"].as_object().unwrap();
    assert_eq!(variables["BASE"], "${{ github.base_ref }}");
    assert_eq!(variables["BEFORE"], "${{ github.event.before }}");
    let mut command = Command::new("bash");
    command
        .args(["-e", "-c", step["run"].as_str().unwrap()])
        .env("BASE", base)
        .env("BEFORE", before)
        .env("GITHUB_OUTPUT", clone.programs.path().join("output"));
    let output = clone.output_of(command);
    assert_eq!(output.status, 0, "{output:?}");
    let set = clone.programs.path().join("output");
    let text = fs::read_to_string(&set).unwrap();
    fs::remove_file(set).unwrap();
    text
}

#[test]
fn affected_images_are_found_for_pushes_and_pull_requests() {
    let clone = Clone::of("clean-2026");
    clone.checkout.edit(
        "image-scripts/images/rocky-9/build.sh",
        "POINTVER=9.8",
        "POINTVER=9.9",
    );
    clone.commit();
    let rocky = "pattern=image-scripts/test@rocky-9\n";
    let none = "0000000000000000000000000000000000000000";
    let first = clone.git(&["rev-parse", "HEAD~1"]);
    assert_eq!(affected_pattern(&clone, "staging", ""), rocky);
    assert_eq!(affected_pattern(&clone, "", first.trim()), rocky);
    assert_eq!(affected_pattern(&clone, "", none), rocky);
    clone.checkout.edit(
        "image-scripts/images/rocky-9/build.sh",
        "POINTVER=9.9",
        "# More.\nPOINTVER=9.9",
    );
    clone.commit();
    let second = clone.git(&["rev-parse", "HEAD~1"]);
    assert_eq!(affected_pattern(&clone, "", second.trim()), "pattern=\n");
}

/// What a vendor's server says decides, and what it does not say fails nothing.
#[test]
fn upstream_is_asked() {
    let workflow = yaml("editors/ci/github-upstream.yml");
    let jobs = steps(&workflow);
    check_cache(&jobs[1..4]);
    let run = jobs.last().unwrap()["run"].as_str().unwrap();
    for (status, expected, state) in [(404, 1, "gone"), (403, 0, "unknown")] {
        let clone = Clone::of("clean-2026");
        // It plays the proxy of all servers.
        let server = Server::new(move |_| Response::status(status));
        for path in clone.checkout.files() {
            if path.starts_with("image-scripts/") && path.ends_with(".sh") {
                let text = clone.checkout.read(&path).replace("https://", "http://");
                clone.checkout.write(&path, text);
            }
        }
        let summary = clone.programs.path().join("summary");
        let mut command = Command::new("bash");
        command
            .args(["-e", "-c", run])
            .env("GITHUB_STEP_SUMMARY", &summary)
            .env("http_proxy", server.address(""))
            .env("XDG_CACHE_HOME", clone.programs.path());
        let output = clone.output_of(command);
        assert_eq!(output.status, expected, "{output:?}");
        let text = fs::read_to_string(summary).unwrap();
        assert_eq!(text, format!("```text\n{}```\n", output.stdout));
        let line = text.lines().find(|line| line.starts_with("almalinux-9 "));
        assert!(line.unwrap().contains(state), "{text}");
    }
}

#[test]
fn code_scanning_gets_all_findings() {
    for fixture in ["clean-2026", "contribution"] {
        let clone = Clone::of(fixture);
        let output = clone.step("github-sarif.yml", "Scan", "staging");
        assert_eq!(output.status, 0, "{output:?}");
        let file = steps(&yaml("editors/ci/github-sarif.yml"))
            .iter()
            .find_map(|step| step["with"]["sarif_file"].as_str().map(str::to_owned));
        let text = clone.checkout.read(&file.unwrap());
        let sarif: Value = serde_json::from_str(&text).unwrap();
        check_sarif(&clone, &sarif);
        let errors = sarif["runs"][0]["results"].as_array().unwrap().iter();
        let errors = errors.filter(|result| result["level"] == "error").count();
        assert_eq!(errors > 0, fixture == "contribution");
    }
}

#[test]
fn a_scan_that_cannot_be_made_fails() {
    let clone = Clone::of("clean-2026");
    clone.checkout.remove("image-scripts");
    let output = clone.step("github-sarif.yml", "Scan", "");
    assert_eq!(output.status, 1, "{output:?}");
    assert!(output.stderr.contains("no vpsAdminOS checkout"));
}

/// What SARIF 2.1.0 asks for, and GitHub beyond it, of what the program writes.
fn check_sarif(clone: &Clone, sarif: &Value) {
    assert_eq!(sarif["version"], "2.1.0");
    assert!(
        sarif["$schema"]
            .as_str()
            .unwrap()
            .ends_with("sarif-2.1.0.json")
    );
    let [run] = sarif["runs"].as_array().unwrap().as_slice() else {
        panic!("one run")
    };
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "image-scripts-ls");
    assert_eq!(run["columnKind"], "utf16CodeUnits");
    let rules = driver["rules"].as_array().unwrap();
    for rule in rules {
        assert!(rule["id"].is_string());
        assert!(rule["shortDescription"]["text"].is_string(), "{rule}");
    }
    for result in run["results"].as_array().unwrap() {
        let known = rules.iter().any(|rule| rule["id"] == result["ruleId"]);
        assert!(known, "{}", result["ruleId"]);
        let level = result["level"].as_str().unwrap();
        assert!(["error", "warning", "note"].contains(&level), "{level}");
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let locations = result["locations"].as_array().unwrap();
        assert_eq!(locations.len(), 1);
        let related = result["relatedLocations"].as_array();
        for location in locations.iter().chain(related.into_iter().flatten()) {
            check_location(clone, run, &location["physicalLocation"]);
        }
    }
}

fn check_location(clone: &Clone, run: &Value, location: &Value) {
    let artifact = &location["artifactLocation"];
    let uri = artifact["uri"].as_str().unwrap();
    assert!(clone.checkout.path(uri).is_file(), "{uri}");
    let base = &run["originalUriBaseIds"][artifact["uriBaseId"].as_str().unwrap()]["uri"];
    let base = base.as_str().unwrap();
    assert!(
        base.starts_with("file:///") && base.ends_with('/'),
        "{base}"
    );
    let number = |key: &str| location["region"][key].as_u64().unwrap();
    let start = (number("startLine"), number("startColumn"));
    let end = (number("endLine"), number("endColumn"));
    assert!(start >= (1, 1) && end >= start, "{location}");
}

// Before a commit

/// A tree in which the contribution is staged.
fn staged() -> Clone {
    let clone = Clone::of("clean-2026");
    clone.git(&["rm", "-r", "--quiet", "."]);
    copy(&fixture("contribution"), clone.checkout.root());
    clone.git(&["add", "--all"]);
    clone
}

/// A tree with findings, in which something else is staged.
fn staged_in_an_old_tree() -> Clone {
    let clone = Clone::of("contribution");
    let path = "image-scripts/images/arch/build.sh";
    let text = clone.checkout.read(path);
    clone.checkout.write(path, format!("{text}\n# more\n"));
    clone.git(&["add", "--all"]);
    clone
}

/// A tree in which a good change is staged, and an image lies around that was only begun.
fn staged_beside_another_image() -> Clone {
    let clone = Clone::of("clean-2026");
    let path = "image-scripts/images/arch/build.sh";
    let text = clone.checkout.read(path);
    clone.checkout.write(path, format!("{text}\n# more\n"));
    clone.git(&["add", "--all"]);
    clone.checkout.write(&format!("{BEGUN}/build.sh"), "");
    clone
}

const BEGUN: &str = "image-scripts/images/fedora-99";

/// A way to have the program look at a commit, with what it prints and whether it lets it pass.
fn check_before_commit(look: impl Fn(&Clone) -> Output) {
    let output = look(&staged());
    assert_eq!(output.status, 1, "{output:?}");
    let text = format!("{}{}", output.stdout, output.stderr);
    assert!(text.contains(FINDING), "{text}");
    let output = look(&staged_in_an_old_tree());
    assert_eq!(output.status, 0, "{output:?}");
}

#[test]
fn overcommit_runs_the_program() {
    let settings = yaml("editors/ci/overcommit.yml");
    let hook = &settings["PreCommit"]["ImageScripts"];
    assert_eq!(hook["enabled"], true);
    let program = hook["required_executable"].as_str().unwrap();
    let strings = |key: &str| -> Vec<&str> {
        let values = hook[key].as_array().unwrap().iter();
        values.map(|value| value.as_str().unwrap()).collect()
    };
    check_globs(&strings("include"));
    // Deleted files are none to it, and no file would mean no run.
    assert_eq!(hook["requires_files"], false);
    // A hook that has no code of its own is run like this; nothing is added to it.
    let look = |clone: &Clone| {
        let mut command = Command::new(clone.programs.path().join(program));
        command.args(strings("flags"));
        clone.output_of(command)
    };
    check_before_commit(look);
    check_warns_of_untracked("editors/ci/overcommit.yml", |clone| {
        // What it puts aside.
        clone.git(&["stash", "save", "--keep-index", "--quiet"]);
        look(clone)
    });
}

/// What runs the program where files lie around that are not for the commit: its users are told
/// that those count, and what to use where they should not.
fn check_warns_of_untracked(file: &str, look: impl Fn(&Clone) -> Output) {
    let clone = staged_beside_another_image();
    let output = look(&clone);
    assert_eq!(output.status, 1, "{output:?}");
    assert!(clone.checkout.path(BEGUN).is_dir());
    for file in [file, "editors/README.md"] {
        let text = fs::read_to_string(project().join(file)).unwrap();
        let words: Vec<&str> = text.split([' ', '\n']).filter(|w| *w != "#").collect();
        let text = words.join(" ");
        for hint in ["untracked files", "HEAD`, too", "lain hook"] {
            assert!(text.contains(hint), "{file}: nothing of `{hint}`");
        }
    }
}

/// A clone that gets our hook.
fn install_hook(clone: &Clone) -> PathBuf {
    let hook = clone.checkout.path(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::copy(project().join("editors/ci/pre-commit"), &hook).unwrap();
    hook
}

/// A clone that has our hook, and a commit made in it.
fn commit(clone: &Clone, arguments: &[&str]) -> Output {
    install_hook(clone);
    let mut command = Command::new("git");
    command.args(["commit", "--quiet", "--message=Change"]);
    command.args(arguments);
    clone.output_of(command)
}

#[test]
fn the_git_hook_looks_at_what_a_commit_brings() {
    check_before_commit(|clone| commit(clone, &[]));
}

#[test]
fn the_git_hook_looks_at_what_is_staged() {
    let config = "image-scripts/images/arch/config.sh";
    let clone = Clone::of("clean-2026");
    let good = clone.checkout.read(config);
    let bad = "BUILDER=nowhere\n";
    clone.checkout.write(config, bad);
    clone.git(&["add", config]);
    clone.checkout.write(config, &good);
    let output = commit(&clone, &[]);
    assert_eq!(
        output.status, 1,
        "the file is good, what is committed is not"
    );
    assert!(
        output.stdout.contains("no builder `nowhere`")
            || output.stderr.contains("no builder `nowhere`")
    );

    clone.checkout.write(config, format!("{good}\n"));
    clone.git(&["add", config]);
    clone.checkout.write(config, bad);
    assert_eq!(commit(&clone, &[]).status, 0);
    assert_eq!(clone.checkout.read(config), bad, "it stays as it is");

    // What a commit takes beside the index counts, too.
    assert_eq!(commit(&clone, &["--all"]).status, 1);
}

#[test]
fn the_git_hook_leaves_out_what_is_not_for_the_commit() {
    let clone = staged_beside_another_image();
    let output = commit(&clone, &[]);
    assert_eq!(output.status, 0, "untracked: {output:?}");

    let clone = staged_beside_another_image();
    clone.git(&["add", "--intent-to-add", BEGUN]);
    let output = commit(&clone, &[]);
    assert_eq!(output.status, 0, "promised: {output:?}");
    let status = clone.git(&["status", "--short"]);
    assert_eq!(status.trim(), format!("A {BEGUN}/build.sh"), "still so");

    clone.git(&["add", BEGUN]);
    assert_eq!(commit(&clone, &[]).status, 1, "staged");
}

/// A tree of which something is missing is not what the commit will be.
#[test]
fn the_git_hook_fails_with_git() {
    let clone = staged_beside_another_image();
    let hook = install_hook(&clone);
    let check = || clone.output_of(Command::new(&hook));
    assert_eq!(check().status, 0);
    let real = std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .map(|folder| folder.join("git"))
        .find(|git| git.is_file())
        .unwrap();
    let git = clone.programs.path().join("git");
    for command in ["write-tree", "read-tree", "ls-files", "checkout-index"] {
        let script = format!(
            "#!/bin/sh\n[ \"$1\" != {command} ] || exit 77\nexec {} \"$@\"\n",
            real.display()
        );
        fs::write(&git, script).unwrap();
        fs::set_permissions(&git, fs::Permissions::from_mode(0o755)).unwrap();
        let output = check();
        assert_eq!(output.status, 77, "{command}: {output:?}");
    }
}

#[test]
fn the_git_hook_begins_with_the_first_commit() {
    for (fixture, status) in [("clean-2026", 0), ("clean-2024", 0), ("contribution", 1)] {
        let clone = Clone::of(fixture);
        clone.git(&["update-ref", "-d", "HEAD"]);
        let output = commit(&clone, &[]);
        assert_eq!(output.status, status, "{fixture}: {output:?}");
    }
}

#[test]
fn the_git_hook_leaves_other_commits_alone() {
    let clone = Clone::of("contribution");
    fs::remove_file(clone.programs.path().join("image-scripts-ls")).unwrap();
    clone.checkout.write("README.md", "more\n");
    clone.git(&["add", "README.md"]);
    assert_eq!(commit(&clone, &[]).status, 0);
    clone
        .checkout
        .write("image-scripts/images/arch/x", "more\n");
    clone.git(&["add", "--all"]);
    let output = commit(&clone, &[]);
    assert_eq!(output.status, 1);
    assert!(output.stderr.contains("not in PATH"), "{output:?}");
}

/// A repository with our hooks, which is where the framework gets them from.
fn hooks() -> Folder {
    let folder = Folder::new();
    let name = ".pre-commit-hooks.yaml";
    fs::copy(project().join(name), folder.path().join(name)).unwrap();
    git(folder.path(), &["init", "--quiet"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "--quiet", "--message=Begin"]);
    folder
}

/// Runs the framework in a clone, on what is staged.
fn pre_commit(clone: &Clone, more: &str) -> Output {
    let hooks = hooks();
    let revision = git(hooks.path(), &["rev-parse", "HEAD"]);
    let config = format!(
        "repos:\n  - repo: {}\n    rev: {}\n    hooks:\n      - id: image-scripts\n{more}",
        hooks.path().display(),
        revision.trim(),
    );
    clone.checkout.write(".pre-commit-config.yaml", config);
    clone.git(&["add", ".pre-commit-config.yaml"]);
    let framework = std::env::var_os("PRE_COMMIT").map_or(
        project().join("target/tools/pre-commit/bin/pre-commit"),
        PathBuf::from,
    );
    assert!(
        framework.exists(),
        "`{}` is missing; get it with: python3 -m venv target/tools/pre-commit && \
         target/tools/pre-commit/bin/pip install pre-commit==4.7.0",
        framework.display()
    );
    let mut command = Command::new(framework);
    command.args(["run", "--color=never", "--verbose"]);
    clone.output_of(command)
}

#[test]
fn pre_commit_runs_the_program() {
    check_before_commit(|clone| pre_commit(clone, "        args: [--since, HEAD]\n"));
    let output = pre_commit(&staged_in_an_old_tree(), "");
    assert_eq!(output.status, 1, "without `--since`, all findings count");
    check_warns_of_untracked(".pre-commit-hooks.yaml", |clone| {
        pre_commit(clone, "        args: [--since, HEAD]\n")
    });
}

#[test]
fn pre_commit_goes_by_the_files() {
    // A link and an entry, as in a new release of Alpine.
    let clone = Clone::of("clean-2026");
    clone
        .checkout
        .link("image-scripts/images/alpine-9.99", "alpine");
    clone.git(&["add", "--all"]);
    let output = pre_commit(&clone, "");
    assert_eq!(output.status, 1, "{output:?}");
    assert!(output.stdout.contains("missing-repository-entry"));

    // A commit that only deletes has no files, as the framework counts them.
    for deleted in [
        "image-scripts/images/debian-13",
        "image-scripts/builders/debian",
    ] {
        let clone = Clone::of("clean-2026");
        clone.git(&["rm", "-r", "--quiet", deleted]);
        let output = pre_commit(&clone, "");
        assert_eq!(output.status, 1, "{deleted}: {output:?}");
    }

    let clone = Clone::of("contribution");
    clone.checkout.write("README.md", "more\n");
    clone.git(&["add", "--all"]);
    let output = pre_commit(&clone, "");
    assert_eq!(output.status, 0, "{output:?}");
    assert!(output.stdout.contains("(no files to check)"), "{output:?}");
}
