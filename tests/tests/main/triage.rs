//! `triage` from the command line and for editors: formats, exit statuses, and logs that attack who reads them. What
//! lines mean is tested in the crate.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

use image_scripts_ls_tests::checkout::{Checkout, Folder};
use image_scripts_ls_tests::client::{Client, Setup};
use image_scripts_ls_tests::command::{Output, output_of};
use image_scripts_ls_tests::{program, start};
use model::test_runner;
use serde_json::{Value, json};

const FAILED: &str = "\
I, [2026-08-17T21:18:05.123456 #812]  INFO -- : [build fedora-43@fedora] Using builder fedora
+ . /build/basedir.1f2e3d4c/images/fedora-43/build.sh
++ bootstrap
++ curl -fO https://mirror.example.org/fedora/releases/43/Everything/x86_64/os/Packages/f/fedora-release-43-27.noarch.rpm
curl: (22) The requested URL returned error: 404
error: build of fedora-43 on fedora failed with exit status 22
";

const PASSED: &str = "\
I, [2026-08-17T21:18:05.123456 #812]  INFO -- : [build fedora-43@fedora] Using builder fedora
15 tests run, 15 succeeded, 0 failed
";

fn triage(checkout: &Checkout, log: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program!());
    command
        .current_dir(checkout.root())
        .args(["triage", "-"])
        .args(arguments)
        .env("NO_COLOR", "1");
    output_of(&mut command, log, "cargo build")
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[test]
fn the_cause_stands_at_its_place() {
    let checkout = Checkout::of("clean-2026");
    let output = triage(&checkout, FAILED, &[]);
    assert_eq!(output.status, 1);
    for line in [
        "fedora-43 (bootstrap): https://mirror.example.org/fedora/releases/43/Everything/x86_64/os/Packages/f/fedora-release-43-27.noarch.rpm: not found [triage/curl-not-found]",
        "  at: image-scripts/images/fedora-43/build.sh:6:1 (the address)",
        "  > 5 | curl: (22) The requested URL returned error: 404",
        "1 of 1 failed",
    ] {
        assert!(
            output.stdout.lines().any(|found| found == line),
            "{line}\n{}",
            output.stdout
        );
    }
    let report = json(&triage(&checkout, FAILED, &["--format", "json"]));
    let test_run = &report["runs"][0];
    assert_eq!(test_run["image"], "fedora-43");
    assert_eq!(test_run["phase"], "bootstrap");
    assert_eq!(test_run["verdict"], "upstream");
    let cause = &test_run["causes"][0];
    assert_eq!(cause["code"], "curl-not-found");
    assert_eq!(cause["log"]["line"], 5);
    assert_eq!(
        cause["related"][0]["path"],
        "image-scripts/images/fedora-43/build.sh"
    );
    let github = triage(&checkout, FAILED, &["--format", "github"]).stdout;
    let start = "::error file=image-scripts/images/fedora-43/build.sh,line=6,col=1,title=triage/curl-not-found::fedora-43: ";
    assert!(github.starts_with(start), "{github}");
    let sarif = json(&triage(&checkout, FAILED, &["--format", "sarif"]));
    let found = &sarif["runs"][0]["results"][0];
    assert_eq!(found["ruleId"], "triage/curl-not-found");
    assert_eq!(
        found["locations"][0]["physicalLocation"]["region"]["startLine"],
        6
    );
}

#[test]
fn the_exit_status_says_what_became_of_it() {
    let checkout = Checkout::of("clean-2026");
    assert_eq!(triage(&checkout, PASSED, &[]).status, 0);
    let unknown = "15 tests run, 14 succeeded, 1 failed\n1) Test start on arch:\n    \n";
    assert_eq!(triage(&checkout, unknown, &[]).status, 1);
    for (log, arguments, message) in [
        ("", vec![], "this is no log of a test"),
        ("root:x:0:0\n", vec![], "this is no log of a test"),
        (
            FAILED,
            vec!["--image", "arch"],
            "there is nothing of `arch` in it",
        ),
    ] {
        let output = triage(&checkout, log, &arguments);
        assert_eq!(output.status, 2, "{output:?}");
        assert!(output.stderr.contains(message), "{output:?}");
    }
}

/// A state directory is read whole; no link in it is followed, and nothing else is opened.
#[test]
fn a_state_directory_is_read() {
    let checkout = Checkout::of("clean-2026");
    let folder = Folder::new();
    let test = folder
        .path()
        .join("os-test-image-scripts__test__fedora-43-72629bda");
    fs::create_dir(&test).unwrap();
    fs::write(test.join("test-result.txt"), "unexpected_failure\n").unwrap();
    fs::write(test.join("test-runner.log"), FAILED).unwrap();
    let other = folder
        .path()
        .join("os-test-image-scripts__test__arch-0a1b2c3d");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("test-result.txt"), "expected_success\n").unwrap();
    fs::write(other.join("test-runner.log"), "nothing\n").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", other.join("forged.log")).unwrap();
    let mut command = Command::new(program!());
    command
        .current_dir(checkout.root())
        .args(["triage", "--format", "json"])
        .arg(folder.path());
    let report = json(&output_of(&mut command, "", "cargo build"));
    let verdicts: Vec<&Value> = report["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|test_run| &test_run["verdict"])
        .collect();
    assert_eq!(verdicts, ["passed", "upstream"]);
    let files: Vec<&Value> = report["runs"][1]["causes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["file"])
        .collect();
    assert_eq!(
        files,
        ["os-test-image-scripts__test__fedora-43-72629bda/test-runner.log"]
    );
}

/// What was collected after a failure is read last, and the test of a row leads to the row.
#[test]
fn what_was_collected_and_tests_of_rows_are_read() {
    let (checkout, folder) = (Checkout::of("clean-2026"), Folder::new());
    let leave = |test: &str, name: &str, text: &str| {
        let directory = folder.path().join(test_runner::state_directory(test));
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(name), text).unwrap();
    };
    let image = test_runner::image_test("fedora-43");
    let killed = "+ . /build/basedir.1f2e3d4c/images/fedora-43/build.sh\n\
        error: build of fedora-43 on fedora failed with exit status 137\n";
    leave(&image, "test-runner.log", killed);
    let collected = "===== dmesg =====\n[ 9.1] Out of memory: Killed process 7 (dnf)\n";
    leave(&image, "machine-failure-diagnostics.log", collected);
    let row = "[2026-08-17 21:20:03 +0200] Exception occurred while running script debian-13 in 6.2s\n\
        error: image not found in searched repositories\n";
    leave("dist-config/start-stop", "test-runner.log", row);
    let mut command = Command::new(program!());
    command.current_dir(checkout.root());
    command
        .args(["triage", "--format", "json"])
        .arg(folder.path());
    let report = json(&output_of(&mut command, "", "cargo build"));
    let runs = report["runs"].as_array().unwrap();
    let found: Vec<Value> = runs
        .iter()
        .map(|run| {
            json!([
                run["test"],
                run["row"],
                run["image"],
                run["causes"][0]["code"]
            ])
        })
        .collect();
    let test = "dist-config/start-stop#debian-13";
    let expected = [
        json!([null, null, "fedora-43", "out-of-memory"]),
        json!([test, "debian_13", "debian-13", "base-not-published"]),
    ];
    assert_eq!(found, expected, "{report:#}");
    let related = &runs[1]["causes"][0]["related"][0]["path"];
    assert_eq!(related, "tests/distributions.nix");
}

/// What a log contains stays text: no command of a terminal or a CI, no path, no script.
#[test]
fn nothing_of_a_log_is_obeyed() {
    let checkout = Checkout::of("clean-2026");
    let log = "\
+ . /build/basedir.1f2e3d4c/images/ubuntu-24.04/build.sh
::error::forged
##[add-mask]forged \u{1b}]52;c;ZWNobyBoaQ==\u{7}
E: Unable to locate package ::error::forged\u{202e}
/build/basedir.1f2e3d4c/../../../etc/passwd: line 1: x: command not found
$(touch forged);x not found in PATH
error: build of ubuntu-24.04 on ubuntu failed with exit status 1
";
    for format in ["text", "json", "github", "sarif"] {
        let output = triage(&checkout, log, &["--format", format]);
        assert_eq!(output.status, 1, "{output:?}");
        let own = |line: &&str| format == "github" && line.starts_with("::error file=");
        let forged = |line: &str| {
            line.trim_start().starts_with("::")
                || line.contains("##[")
                || line.contains(['\u{1b}', '\u{202e}'])
        };
        let found: Vec<&str> = output
            .stdout
            .lines()
            .filter(|l| forged(l) && !own(l))
            .collect();
        assert!(
            found.is_empty()
                || (format == "github" && found.iter().all(|l| l.starts_with("::error title="))),
            "{found:?}"
        );
        assert!(!output.stdout.contains("etc/passwd:1"), "{}", output.stdout);
    }
}

#[test]
fn kinds_of_failure_are_explained() {
    let checkout = Checkout::of("clean-2026");
    let explain = |code: &str| {
        let mut command = Command::new(program!());
        command.current_dir(checkout.root()).args(["explain", code]);
        output_of(&mut command, "", "cargo build")
    };
    let page = explain("triage/curl-not-found");
    assert_eq!(page.status, 0);
    assert!(
        page.stdout.starts_with("# curl-not-found\n"),
        "{}",
        page.stdout
    );
    let unknown = explain("triage/curl-not-fuond");
    assert_eq!(unknown.status, 2);
    assert!(
        unknown.stderr.contains("did you mean `curl-not-found`"),
        "{}",
        unknown.stderr
    );
}

/// Answers a number of requests with the status that a file is not there.
fn serve_nothing(requests: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(requests) {
            let mut stream = stream.unwrap();
            let mut request = [0; 1024];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            );
        }
    });
    format!("http://{address}")
}

/// What tools of this machine really print when they fail is understood.
#[test]
fn real_tools_are_understood() {
    let checkout = Checkout::of("clean-2026");
    let folder = Folder::new();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("page.tar.gz", "<html>not found</html>\n");
    write("quote.sh", "echo \"a\n");
    write("fi.sh", "if true; fi\n");
    write("file", "abc\n");
    write(
        "file.patch",
        "--- file\n+++ file\n@@ -1 +1 @@\n-xyz\n+zzz\n",
    );
    write("sums", &format!("{}  file\n", "0".repeat(64)));
    for directory in [
        "bad/DEBIAN",
        "root/var/lib/dpkg/updates",
        "root/var/lib/dpkg/info",
        "lists/partial",
        "archives/partial",
    ] {
        fs::create_dir_all(folder.path().join(directory)).unwrap();
    }
    write(
        "bad/DEBIAN/control",
        "Package: bad\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n",
    );
    write("bad/DEBIAN/postinst", "#!/bin/sh\nexit 3\n");
    write("root/var/lib/dpkg/status", "");
    write("root/var/lib/dpkg/available", "");
    let server = serve_nothing(1);
    let mirror = serve_nothing(8);
    write("sources.list", &format!("deb {mirror} trixi main\n"));
    let apt = "apt-get -o Dir::Etc::sourcelist=$PWD/sources.list -o Dir::Etc::sourceparts=- \
               -o Dir::State::lists=$PWD/lists -o Dir::Cache=$PWD -o APT::Sandbox::User=root \
               -o Acquire::http::Proxy=false -o Acquire::Retries=0";
    for (command, code) in [
        (
            ". /build/basedir.0a1b2c3d/include/x.sh",
            "include-not-found",
        ),
        ("configure-nothing", "helper-not-found"),
        ("nosuchtool", "tool-not-found"),
        ("set -u; echo $BASEURL", "unbound-variable"),
        ("[ 24.04 -ge 22 ]", "not-an-integer"),
        (". ./quote.sh", "shell-syntax"),
        (". ./fi.sh", "shell-syntax"),
        ("echo > /build/installdir.0a1b2c3d/etc/x", "no-such-file"),
        ("tar -xzf page.tar.gz", "not-an-archive"),
        ("tar -xf page.tar.gz", "not-an-archive"),
        ("sha256sum -c sums", "checksum-mismatch"),
        ("patch -p0 < file.patch", "patch-failed"),
        ("curl -fsS http://127.0.0.1:1/", "curl-unreachable"),
        (&format!("curl -fsS {server}/release.rpm"), "curl-not-found"),
        ("apt-get -s install no-such-package", "apt-no-package"),
        (&format!("{apt} update"), "apt-no-release-file"),
        (
            "chmod 755 bad bad/DEBIAN bad/DEBIAN/postinst; dpkg-deb -b bad bad.deb; dpkg --root=$PWD/root \
             --log=$PWD/log --force-not-root --force-script-chrootless -i bad.deb",
            "dpkg-script-failed",
        ),
    ] {
        let mut bash = Command::new("bash");
        bash.current_dir(folder.path())
            .env("LC_ALL", "C")
            .args(["-c", &format!("exec 2>&1; set -x; {command}")]);
        let printed = output_of(&mut bash, "", "bash").stdout;
        let log = format!(
            "COMMAND: osctl-image test arch\n+ . /build/basedir.0a1b2c3d/images/arch/build.sh\n{printed}"
        );
        let report = json(&triage(&checkout, &log, &["--format", "json"]));
        assert_eq!(report["runs"][0]["causes"][0]["code"], code, "{log}");
    }
}

/// A log of a helper that no script defines.
const HELPER: &str = "\
+ . /build/basedir.1f2e3d4c/images/almalinux-9/build.sh
/build/basedir.1f2e3d4c/images/almalinux-9/build.sh: line 17: configure-systemd: command not found
error: build of almalinux-9 on almalinux failed with exit status 127
";

const BUILD: &str = "image-scripts/images/almalinux-9/build.sh";

/// Starts a server, with the build script open in which an include was taken out and not saved.
fn editor(checkout: &Checkout, options: Value) -> (Client, String) {
    let setup = Setup::at(checkout).quiet().options(options);
    let capabilities = json!({ "workspace": { "workspaceEdit": { "documentChanges": true } } });
    let mut client: Client = start!(&setup.with(&capabilities));
    let url = checkout.url(BUILD);
    let text = checkout.read(BUILD);
    client.open(&url, 7, &text.replace(". $INCLUDE/systemd.sh\n", ""));
    (client, url)
}

#[test]
fn an_editor_gets_edits_of_what_it_has_open() {
    let checkout = Checkout::of("clean-2026");
    let (mut client, url) = editor(&checkout, json!({}));
    let params = json!({ "text": HELPER, "image": "almalinux-9" });
    let result = client.call("imageScripts/triage", params);
    let test = &result["tests"][0];
    assert_eq!(test["verdict"], "image");
    let cause = &test["causes"][0];
    assert_eq!(cause["code"], "helper-not-found");
    assert_eq!(cause["origins"][0]["uri"], url);
    assert_eq!(cause["origins"][0]["range"]["start"]["line"], 16);
    let fix = &cause["fixes"][0];
    assert_eq!(fix["title"], "Source `systemd.sh`");
    let edit = &fix["edit"]["documentChanges"][0];
    assert_eq!(edit["textDocument"], json!({ "uri": url, "version": 7 }));
    // What is done already is not offered again.
    client.replace(&url, 8, &checkout.read(BUILD));
    let params = json!({ "text": HELPER, "image": "almalinux-9" });
    let result = client.call("imageScripts/triage", params);
    assert_eq!(result["tests"][0]["causes"][0]["fixes"], json!([]));
    client.finish();
}

/// The test runner prints little of a failure: the rest is in its state directory.
#[test]
fn an_editor_is_told_of_what_the_runner_left() {
    let (checkout, state) = (Checkout::of("clean-2026"), Folder::new());
    let test = "os-test-image-scripts__test__almalinux-9-1e2163ff";
    fs::create_dir(state.path().join(test)).unwrap();
    fs::write(state.path().join(test).join("test-runner.log"), HELPER).unwrap();
    let options = json!({ "testStateDirectory": state.path() });
    let (mut client, url) = editor(&checkout, options);
    let printed = "[2026-08-17 21:18:03 +0200] [1/1] Test 'image-scripts/test@almalinux-9' failed after 3 seconds, see /etc\n";
    let params = |since: u64| json!({ "text": printed, "image": "almalinux-9", "since": since });
    let result = client.call("imageScripts/triage", params(0));
    let cause = &result["tests"][0]["causes"][0];
    assert_eq!(cause["origins"][0]["uri"], url);
    assert_eq!(cause["log"], format!("{test}/test-runner.log"));
    // That of an earlier run says nothing of this one.
    let result = client.call("imageScripts/triage", params(u64::from(u32::MAX) * 1000));
    assert_eq!(result["tests"][0]["causes"], json!([]));
    client.finish();
}

#[test]
fn an_editor_is_told_why_a_log_is_not_read() {
    let (checkout, folder) = (Checkout::of("clean-2026"), Folder::new());
    let (mut client, _) = editor(&checkout, json!({}));
    let no_log = client.call("imageScripts/triage", json!({ "text": "hello\n" }));
    assert_eq!(no_log, Value::Null);
    for log in [
        "relative.log".to_owned(),
        folder.path().join("x").display().to_string(),
    ] {
        let code = client.call_error("imageScripts/triage", json!({ "log": log }));
        assert_eq!(code, -32803, "{log}");
    }
    let saved = folder.path().join("saved.log");
    fs::write(&saved, HELPER).unwrap();
    let result = client.call("imageScripts/triage", json!({ "log": saved }));
    assert_eq!(result["tests"][0]["image"], "almalinux-9");
    client.finish();
}

/// Control characters and links of a log do nothing in an editor.
#[test]
fn an_editor_is_sent_text() {
    let checkout = Checkout::of("clean-2026");
    let (mut client, _) = editor(&checkout, json!({}));
    let text = format!("+ x \u{1b}]8;;http://evil\u{7}\u{202e}\n{HELPER}");
    let result = client.call("imageScripts/triage", json!({ "text": text }));
    let sent = result.to_string();
    for hidden in ["\u{1b}", "\\u001b", "\\u0007", "\u{202e}"] {
        assert!(!sent.contains(hidden), "{sent}");
    }
    client.finish();
}
