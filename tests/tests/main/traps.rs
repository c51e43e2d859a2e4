//! Checkouts that bring programs along, in the settings of git and in the folders where programs
//! are searched: none of them runs. That the traps work is shown with the real git and bash.

use std::fs;
use std::path::Path;
use std::process::Command;

use image_scripts_ls_tests::checkout::{Checkout, Folder};
use image_scripts_ls_tests::client::{Client, Setup};
use image_scripts_ls_tests::command::{Output, check_since, git, output_of};
use image_scripts_ls_tests::program;

const CONFIG: &str = "image-scripts/images/debian-13/config.sh";
const SCRIPT: &str = "image-scripts/images/debian-13/build.sh";

/// A checkout in a repository of one commit, and a program that leaves a mark when it runs.
struct Trap {
    checkout: Checkout,
    folder: Folder,
}

impl Trap {
    fn new() -> Trap {
        let checkout = Checkout::of("contribution");
        // A file like no other, so that its object is of that path alone.
        checkout.edit(CONFIG, "BUILDER=", "# One of its own.\nBUILDER=");
        let root = checkout.root();
        git(root, &["init", "--quiet"]);
        git(root, &["add", "--all"]);
        git(root, &["commit", "--quiet", "--message", "first"]);
        let trap = Trap {
            checkout,
            folder: Folder::new(),
        };
        trap.install(&trap.folder.path().join("program"));
        trap
    }

    fn root(&self) -> &Path {
        self.checkout.root()
    }

    fn marker(&self) -> String {
        self.folder.path().join("marker").display().to_string()
    }

    fn program(&self) -> String {
        self.folder.path().join("program").display().to_string()
    }

    /// Writes the program. Another process does, so that none that starts now has it open.
    fn install(&self, path: &Path) {
        let mut command = Command::new("install");
        command.args(["-D", "--mode=755", "/dev/stdin"]).arg(path);
        let text = format!("#!/bin/sh\necho ran >> '{}'\nexit 1\n", self.marker());
        output_of(&mut command, &text, "apt-get install coreutils").ok();
    }

    fn config(&self, settings: &[(&str, &str)]) {
        for (key, value) in settings {
            git(self.root(), &["config", "--add", key, value]);
        }
    }

    /// Makes the repository a partial clone that lacks an object.
    fn lose_object(&self) {
        let id = git(self.root(), &["rev-parse", &format!("HEAD:{CONFIG}")]);
        let (start, rest) = id.trim().split_at(2);
        let objects = self.checkout.path(".git/objects");
        fs::remove_file(objects.join(start).join(rest)).unwrap();
        self.config(&[
            ("core.repositoryFormatVersion", "1"),
            ("extensions.partialClone", "origin"),
            ("remote.origin.promisor", "true"),
            ("remote.origin.partialCloneFilter", "blob:none"),
        ]);
    }

    /// Shows that the trap works: git runs the program.
    fn assert_git_runs_it(&self, arguments: &[&str]) {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.root()).args(arguments);
        output_of(&mut command, "", "apt-get install git");
        let marker = self.marker();
        assert!(
            Path::new(&marker).exists(),
            "git {arguments:?} runs nothing"
        );
        fs::remove_file(marker).unwrap();
    }

    fn since(&self, revision: &str) -> Command {
        check_since(program!(), self.root(), revision)
    }

    fn assert_nothing_ran(&self, command: &mut Command) -> Output {
        let output = output_of(command, "", "cargo build");
        assert!(!Path::new(&self.marker()).exists(), "{command:?} ran it");
        output
    }

    /// Asserts that a revision is read, and that nothing is new since then.
    fn assert_reads(&self, command: &mut Command) {
        let output = self.assert_nothing_ran(command);
        let shown = (
            output.status,
            output.stdout.as_str(),
            output.stderr.as_str(),
        );
        assert_eq!(shown, (0, "", ""));
    }

    /// Asserts that the object is missing, and nothing is done about it.
    fn assert_missing(&self, command: &mut Command) {
        let output = self.assert_nothing_ran(command);
        assert_eq!((output.status, output.stdout.as_str()), (2, ""));
        let says = |part| output.stderr.contains(part);
        assert!(says(CONFIG) && says("is missing"), "{}", output.stderr);
    }
}

/// The ways in which git runs a program to fetch an object.
#[test]
fn a_missing_object_is_not_fetched() {
    let trap = Trap::new();
    let (program, folder) = (trap.program(), trap.folder.path());
    let ext = format!("ext::{program}");
    git(folder, &["init", "--quiet", "--bare", "other"]);
    let other = folder.join("other").display().to_string();
    let attacks: [&[(&str, &str)]; 5] = [
        &[
            ("remote.origin.url", "ssh://x.example/x"),
            ("core.sshCommand", &program),
        ],
        &[
            ("remote.origin.url", &other),
            ("remote.origin.uploadpack", &program),
        ],
        &[
            ("remote.origin.url", &ext),
            ("protocol.ext.allow", "always"),
        ],
        &[
            ("remote.origin.url", &program),
            ("remote.origin.vcs", "ext"),
            ("protocol.ext.allow", "always"),
        ],
        &[
            ("remote.origin.url", "git://x.example/x"),
            ("core.gitProxy", &program),
        ],
    ];
    for attack in attacks {
        let trap = Trap {
            folder: Folder::new(),
            ..Trap::new()
        };
        trap.install(&trap.folder.path().join("program"));
        let own = trap.program();
        let settings: Vec<(&str, String)> = attack
            .iter()
            .map(|(key, value)| (*key, value.replace(&program, &own)))
            .collect();
        for (key, value) in &settings {
            trap.config(&[(key, value)]);
        }
        trap.lose_object();
        trap.assert_git_runs_it(&["cat-file", "blob", &format!("HEAD:{CONFIG}")]);
        trap.assert_missing(&mut trap.since("HEAD"));
    }
}

/// Programs that git runs when it reads a work tree, shows differences or does anything at all.
#[test]
fn programs_in_the_settings_do_not_run() {
    let trap = Trap::new();
    let program = trap.program();
    let bin = trap.folder.path().display().to_string();
    trap.install(&trap.folder.path().join("post-index-change"));
    trap.checkout
        .write(".gitattributes", "* diff=trap filter=trap merge=trap\n");
    trap.config(&[
        ("core.fsmonitor", &program),
        ("core.hooksPath", &bin),
        ("core.pager", &program),
        ("core.editor", &program),
        ("core.askPass", &program),
        ("core.alternateRefsCommand", &program),
        ("credential.helper", &program),
        ("diff.external", &program),
        ("diff.trap.textconv", &program),
        ("filter.trap.smudge", &program),
        ("filter.trap.process", &program),
        ("gpg.program", &program),
        ("alias.ls-tree", &format!("!{program}")),
    ]);
    trap.assert_git_runs_it(&["status"]);
    trap.assert_git_runs_it(&["diff"]);
    for revision in ["HEAD", "HEAD@{0}", "HEAD^{tree}", ":/first"] {
        trap.assert_reads(&mut trap.since(revision));
    }
}

#[test]
fn settings_of_elsewhere_do_not_count() {
    let trap = Trap::new();
    let elsewhere = trap.folder.path().join("config");
    fs::write(
        &elsewhere,
        "[extensions]\n\tfancy = true\n[core]\n\trepositoryFormatVersion = 9\n",
    )
    .unwrap();
    let fifo = trap.folder.path().join("fifo");
    output_of(
        Command::new("mkfifo").arg(&fifo),
        "",
        "apt-get install coreutils",
    )
    .ok();
    // Written by hand: git would wait for the FIFO.
    let (elsewhere, waits) = (elsewhere.display(), fifo.display());
    let config = trap.checkout.read(".git/config");
    let settings = format!(
        "{config}[include]\n\tpath = {elsewhere}\n\tpath = {waits}\n\
         [includeIf \"onbranch:**\"]\n\tpath = {waits}\n\
         [core]\n\tattributesFile = {waits}\n\texcludesFile = {waits}\n\tworktree = /\n\
         [gitoxide \"objects\"]\n\tallocLimit = 1\n"
    );
    trap.checkout.write(".git/config", &settings);
    trap.assert_reads(&mut trap.since("HEAD"));
    let mut command = trap.since("HEAD");
    for variable in [
        "GIT_DIR",
        "GIT_COMMON_DIR",
        "GIT_WORK_TREE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_INDEX_FILE",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_NAMESPACE",
        "GIT_SHALLOW_FILE",
        "GIT_CONFIG",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_SYSTEM",
        "HOME",
        "XDG_CONFIG_HOME",
        "GIT_REPLACE_REF_BASE",
    ] {
        command.env(variable, &fifo);
    }
    for variable in [
        "GIT_SSH_COMMAND",
        "GIT_PROXY_COMMAND",
        "GIT_EXTERNAL_DIFF",
        "GIT_ASKPASS",
    ] {
        command.env(variable, trap.program());
    }
    command
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "core.repositoryFormatVersion")
        .env("GIT_CONFIG_VALUE_0", "9")
        .env("GIT_CEILING_DIRECTORIES", trap.root().parent().unwrap())
        .env("GIT_TRACE", trap.marker());
    trap.assert_reads(&mut command);
}

#[test]
fn what_replaces_an_object_does_not_count() {
    let trap = Trap::new();
    let broken = trap.checkout.read(CONFIG).replace("BUILDER=", "BUILDER=x");
    trap.checkout.write(CONFIG, &broken);
    let before = git(trap.root(), &["rev-parse", &format!("HEAD:{CONFIG}")]);
    let after = git(trap.root(), &["hash-object", "-w", CONFIG]);
    git(trap.root(), &["replace", before.trim(), after.trim()]);
    assert_eq!(
        git(trap.root(), &["show", &format!("HEAD:{CONFIG}")]),
        broken
    );
    let output = trap.assert_nothing_ran(&mut trap.since("HEAD"));
    assert_eq!(output.stdout.lines().count(), 1, "{output:?}");
    assert!(output.stdout.contains("[unknown-builder]"), "{output:?}");
}

/// What the kernel is asked for: no program but ours, and nothing of the network.
#[test]
fn under_strace_there_is_one_program_and_no_socket() {
    let trap = Trap::new();
    let program = trap.program();
    trap.config(&[
        ("core.fsmonitor", &program),
        ("core.sshCommand", &program),
        ("remote.origin.url", "ssh://x.example/x"),
    ]);
    let traced = |folder: &Path, revision: &str| {
        let log = trap.folder.path().join("log");
        let mut command = Command::new("strace");
        command
            .args(["-f", "-qq", "-e", "trace=execve,execveat,network", "-o"])
            .arg(&log)
            .arg(trap.since(revision).get_program())
            .args(trap.since(revision).get_args())
            .current_dir(folder);
        let output = output_of(&mut command, "", "apt-get install strace");
        let log = fs::read_to_string(log).unwrap();
        // A thread that is gone before strace knows its call has a line of its own: `???( <detached ...>`.
        let is_call = |line: &&str| line.contains('(') && !line.contains("???(");
        let calls: Vec<&str> = log.lines().filter(is_call).collect();
        assert_eq!(calls.len(), 1, "{log}");
        assert!(
            calls[0].contains("execve(") && calls[0].contains(program!()),
            "{log}"
        );
        output.status
    };
    assert_eq!(traced(trap.root(), "HEAD"), 0);
    trap.lose_object();
    assert_eq!(traced(trap.root(), "HEAD"), 2);
    assert!(!Path::new(&trap.marker()).exists());
}

/// An environment that means something to bash, and folders of the checkout in front of `PATH`. The
/// relative ones lead there from `/`, where bash is started.
fn hostile(command: &mut Command, trap: &Trap) {
    let program = trap.program();
    let bin = trap.checkout.path("bin").display().to_string();
    let linked = trap.folder.path().join("linked").display().to_string();
    let relative = bin.trim_start_matches('/');
    let path = format!("{relative}:{bin}:{linked}::.:/no/such/folder:/usr/bin:/bin");
    command
        .current_dir("/")
        .env("PATH", path)
        .env("BASH_ENV", &program)
        .env("ENV", &program)
        .env("PROMPT_COMMAND", &program)
        .env("PS4", format!("$({program})"))
        .env("SHELLOPTS", "xtrace:braceexpand:histexpand")
        .env("BASH_XTRACEFD", "1")
        .env("BASHOPTS", "extdebug:expand_aliases")
        .env("BASH_FUNC_true%%", format!("() {{ {program}; }}"))
        .env("BASH_FUNC_if%%", format!("() {{ {program}; }}; {program}"))
        .env("LC_ALL", "de_DE.UTF-8");
}

/// A script that bash does not take, beside programs that are called like bash.
fn broken_script() -> Trap {
    let trap = Trap::new();
    trap.checkout.write(SCRIPT, "true\nif true; then\n");
    for path in ["bash", "bin/bash", "shellcheck", "bin/shellcheck"] {
        trap.install(&trap.checkout.path(path));
    }
    let linked = trap.folder.path().join("linked");
    std::os::unix::fs::symlink(trap.checkout.path("bin"), linked).unwrap();
    let mut command = Command::new("bash");
    command.args(["-c", "true"]).env("BASH_ENV", trap.program());
    output_of(&mut command, "", "apt-get install bash");
    fs::remove_file(trap.marker()).expect("bash runs BASH_ENV");
    trap
}

#[test]
fn bash_is_not_one_of_the_checkout_and_runs_nothing() {
    let trap = broken_script();
    let mut command = Command::new(program!());
    command
        .args(["check", "--format", "concise"])
        .arg(trap.root());
    hostile(&mut command, &trap);
    let output = trap.assert_nothing_ran(&mut command);
    let finding = output
        .stdout
        .lines()
        .find(|line| line.contains("[shell-syntax]"));
    let finding = finding.unwrap_or_else(|| panic!("{output:?}"));
    assert!(
        finding.contains(SCRIPT) && finding.contains("bash"),
        "{finding}"
    );
}

/// What a bash sees that stands outside of the checkout, and first in `PATH`.
#[test]
fn bash_is_given_the_script_and_nothing_else() {
    let trap = broken_script();
    let (folder, log) = (
        trap.folder.path().join("first"),
        trap.folder.path().join("log"),
    );
    let mut install = Command::new("install");
    install
        .args(["-D", "--mode=755", "/dev/stdin"])
        .arg(folder.join("bash"));
    let dump = "{ echo \"arguments: $*\"; echo \"in: $(pwd)\"; /usr/bin/env; }";
    let text = format!(
        "#!/bin/sh\n{dump} >> '{}'\nwhile read -r _; do :; done\n",
        log.display()
    );
    output_of(&mut install, &text, "apt-get install coreutils").ok();
    let mut command = Command::new(program!());
    command.arg("check").arg(trap.root());
    hostile(&mut command, &trap);
    command.env("PATH", &folder);
    trap.assert_nothing_ran(&mut command);
    let log = fs::read_to_string(log).unwrap();
    let seen: std::collections::BTreeSet<&str> = log.lines().collect();
    assert!(
        seen.contains("arguments: --norc --noprofile -n") && seen.contains("in: /"),
        "{log}"
    );
    // Those of the shell that writes the log.
    let own = ["arguments: ", "in: ", "PWD=", "OLDPWD=", "SHLVL=", "_="];
    let foreign = seen
        .iter()
        .find(|line| !own.iter().any(|own| line.starts_with(own)));
    assert_eq!(foreign, None, "{log}");
}

#[test]
fn the_server_runs_no_bash_of_the_checkout() {
    let trap = broken_script();
    // The client starts a program without arguments: this one sets the environment.
    let wrapper = trap.folder.path().join("wrapper");
    let mut command = Command::new("env");
    hostile(&mut command, &trap);
    let variables: Vec<String> = command
        .get_envs()
        .map(|(key, value)| {
            let (key, value) = (key.to_str().unwrap(), value.unwrap().to_str().unwrap());
            format!("'{key}={value}'")
        })
        .collect();
    let variables = variables.join(" ");
    let text = format!("#!/bin/sh\ncd / && exec env {variables} '{}'\n", program!());
    let mut install = Command::new("install");
    install.args(["--mode=755", "/dev/stdin"]).arg(&wrapper);
    output_of(&mut install, &text, "apt-get install coreutils").ok();
    let mut client = Client::spawn(wrapper.to_str().unwrap());
    client.start(&Setup::at(&trap.checkout));
    let url = client.open_file(&trap.checkout, SCRIPT, 1);
    client.wait_for_codes(&url, &["shell-syntax"]);
    client.finish();
    assert!(!Path::new(&trap.marker()).exists());
}
