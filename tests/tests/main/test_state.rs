//! What the test runner left of the tests of images: `status`, the hover, the list of images, the page.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use image_scripts_ls_tests::checkout::{Checkout, Folder};
use image_scripts_ls_tests::client::{Client, Setup};
use image_scripts_ls_tests::command::{Output, commit_all, git, output_of};
use image_scripts_ls_tests::{program, start};
use model::test_runner;
use serde_json::{Value, json};

const IMAGE: &str = "debian-13";
const INCLUDE: &str = "image-scripts/include/debian.sh";

/// Returns the name of the directory that the runner leaves of the test of an image.
fn directory_of(image: &str) -> String {
    test_runner::state_directory(&test_runner::image_test(image))
}

/// A state directory, outside of any checkout.
struct State(Folder);

impl State {
    fn new() -> State {
        State(Folder::new())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn of(&self, image: &str) -> PathBuf {
        self.path().join(directory_of(image))
    }

    /// Leaves what the runner leaves of a test.
    fn leave(&self, image: &str, result: &str, log: &str) {
        fs::create_dir_all(self.of(image)).unwrap();
        fs::write(self.of(image).join("config.json"), "{}").unwrap();
        fs::write(self.of(image).join("test-runner.log"), log).unwrap();
        fs::write(self.of(image).join("test-result.txt"), result).unwrap();
    }
}

fn status(checkout: &Checkout, state: &State, arguments: &[&str]) -> Output {
    let mut command = Command::new(program!());
    command.current_dir(checkout.root()).arg("status");
    command.arg("--state-dir").arg(state.path()).args(arguments);
    output_of(&mut command, "", "cargo build")
}

/// What is said of the last test of an image.
fn tested(checkout: &Checkout, state: &State, image: &str) -> Value {
    let output = status(checkout, state, &["--format", "json"]).ok();
    let report: Value = serde_json::from_str(&output).unwrap();
    let images = report["images"].as_array().unwrap();
    let found = images.iter().find(|found| found["image"] == image);
    found.unwrap()["tested"].clone()
}

/// Waits until what is written from now on is newer than a file.
fn wait_to_be_newer(file: &Path) {
    let written = |path: &Path| path.metadata().unwrap().modified().unwrap();
    let folder = Folder::new();
    let probe = folder.path().join("probe");
    let newest = written(file);
    loop {
        fs::write(&probe, "").unwrap();
        if written(&probe) > newest {
            return;
        }
    }
}

/// A checkout, with a state directory in which a test of the image has ended.
fn ended(result: &str) -> (Checkout, State) {
    let (checkout, state) = (Checkout::of("clean-2026"), State::new());
    wait_to_be_newer(&checkout.root().join(INCLUDE));
    state.leave(IMAGE, result, "Running script default\n");
    (checkout, state)
}

#[test]
fn a_test_has_passed_or_failed_or_never_run() {
    for (result, said) in [
        ("expected_success\n", "passed"),
        ("unexpected_success\n", "passed"),
        ("unexpected_failure\n", "failed"),
        ("expected_failure\n", "failed"),
        ("flying colours\n", "unknown"),
        ("", "unknown"),
    ] {
        let (checkout, state) = ended(result);
        assert_eq!(tested(&checkout, &state, IMAGE)["state"], said, "{result}");
        assert_eq!(tested(&checkout, &state, "arch")["state"], "never");
        let table = status(&checkout, &state, &[]).ok();
        let heads = table.lines().next().unwrap();
        let column = heads.find("TEST  ").unwrap();
        let row = table.lines().find(|line| line.starts_with("debian-13 "));
        assert!(row.unwrap()[column..].starts_with(said), "{table}");
        let page = status(&checkout, &state, &["--format", "html"]).ok();
        assert!(page.contains(&format!(">{said}")), "{said}");
    }
}

#[test]
fn what_has_passed_is_not_called_untested() {
    const BUILD: &str = "image-scripts/images/debian-13/build.sh";
    let (checkout, state) = (Checkout::of("clean-2026"), State::new());
    commit_all(checkout.root(), "base");
    let describe = |arguments: &[&str]| {
        let mut command = Command::new(program!());
        command.current_dir(checkout.root()).arg("describe");
        command.arg("--state-dir").arg(state.path()).args(arguments);
        output_of(&mut command, "", "cargo build").ok()
    };
    let append = |line: &str| {
        let text = fs::read_to_string(checkout.root().join(BUILD)).unwrap();
        checkout.write(BUILD, text + line);
    };
    let is_untested = |message: &str| message.contains("Not tested: image-scripts/test@debian-13");
    append("configure-sshd UseDNS no\n");
    assert!(is_untested(&describe(&[])));
    wait_to_be_newer(&checkout.root().join(BUILD));
    state.leave(IMAGE, "expected_success\n", "Running script default\n");
    git(checkout.root(), &["add", "-A"]);
    assert!(!is_untested(&describe(&[])));
    assert!(!is_untested(&describe(&["--staged"])));
    wait_to_be_newer(&state.of(IMAGE).join("test-result.txt"));
    append("configure-sshd X11Forwarding no\n");
    assert!(is_untested(&describe(&[])));
    // The test was not of what is on the disk now, which tells nothing of what is staged.
    assert!(is_untested(&describe(&["--staged"])));
}

#[test]
fn a_test_is_older_than_what_was_changed_since() {
    for path in [
        INCLUDE,
        "image-scripts/include/common.sh",
        "image-scripts/images/debian-13/config.sh",
        "image-scripts/builders/debian/setup.sh",
        "image-scripts/bin/runner",
    ] {
        let (checkout, state) = ended("expected_success\n");
        if !checkout.root().join(path).exists() {
            continue;
        }
        assert_eq!(tested(&checkout, &state, IMAGE)["state"], "passed");
        wait_to_be_newer(&state.of(IMAGE).join("test-result.txt"));
        let text = fs::read_to_string(checkout.root().join(path)).unwrap();
        checkout.write(path, format!("{text}# more\n"));
        let tested = tested(&checkout, &state, IMAGE);
        assert_eq!(tested["state"], "older", "{path}");
        assert_eq!(tested["passed"], true);
        assert_eq!(tested["changed"], json!([path]));
    }
}

/// A link that leads elsewhere, and a file that is gone.
#[test]
fn what_is_not_there_any_more_was_changed() {
    let (checkout, state) = (Checkout::of("clean-2026"), State::new());
    let image = "alpine-3.24";
    wait_to_be_newer(&checkout.root().join(INCLUDE));
    state.leave(image, "expected_success\n", "Running script default\n");
    assert_eq!(tested(&checkout, &state, image)["state"], "passed");
    wait_to_be_newer(&state.of(image).join("test-result.txt"));
    let file = "image-scripts/images/alpine/cgroups-mount.initd";
    fs::remove_file(checkout.root().join(file)).unwrap();
    assert_eq!(tested(&checkout, &state, image)["changed"], json!([file]));
    let link = format!("image-scripts/images/{image}");
    fs::remove_file(checkout.root().join(&link)).unwrap();
    std::os::unix::fs::symlink("alpine", checkout.root().join(&link)).unwrap();
    let changed = tested(&checkout, &state, image)["changed"].take();
    assert!(
        changed.as_array().unwrap().contains(&json!(link)),
        "{changed}"
    );
}

/// Older checkouts have no test of an image.
#[test]
fn where_images_have_no_tests_nothing_is_said() {
    let (checkout, state) = (Checkout::of("clean-2024"), State::new());
    state.leave(
        "debian-12",
        "expected_success\n",
        "Running script default\n",
    );
    let output = status(&checkout, &state, &["--format", "json"]).ok();
    let report: Value = serde_json::from_str(&output).unwrap();
    let images = report["images"].as_array().unwrap();
    assert!(images.iter().all(|image| image["tested"].is_null()));
}

/// A copy keeps the time at which its text was written, which says nothing of when it came here.
#[test]
fn a_file_with_an_old_time_may_be_new() {
    let (checkout, state) = ended("expected_success\n");
    wait_to_be_newer(&state.of(IMAGE).join("test-result.txt"));
    let file = fs::File::options()
        .append(true)
        .open(checkout.root().join(INCLUDE))
        .unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH)
        .unwrap();
    assert_eq!(tested(&checkout, &state, IMAGE)["state"], "older");
}

#[test]
fn what_the_image_does_not_read_makes_it_no_older() {
    let (checkout, state) = ended("expected_success\n");
    wait_to_be_newer(&state.of(IMAGE).join("test-result.txt"));
    checkout.edit("image-scripts/images/arch/build.sh", ".", ".");
    checkout.write("image-scripts/images/arch/more.sh", "true\n");
    assert_eq!(tested(&checkout, &state, IMAGE)["state"], "passed");
}

/// What was changed while the test ran may not have been tested.
#[test]
fn a_test_is_as_old_as_its_beginning() {
    let (checkout, state) = ended("expected_success\n");
    let log = "[2026-01-01 10:00:00 +0100] Running script default\n";
    state.leave(IMAGE, "expected_success\n", log);
    assert_eq!(tested(&checkout, &state, IMAGE)["state"], "older");
    let log = "[2099-01-01 10:00:00 +0100] Running script default\n";
    state.leave(IMAGE, "expected_success\n", log);
    let tested = tested(&checkout, &state, IMAGE);
    assert_eq!(tested["state"], "unknown");
    assert_eq!(tested["why"], "another one has begun since");
}

/// Each attempt begins a new log: a failure in it beside a result that tells of none is of a later one.
#[test]
fn a_result_that_the_log_contradicts_says_nothing() {
    const FAILED: &str = "[2026-01-01 10:00:00 +0100] Running script default\n\
        [2026-01-01 10:00:09 +0100] Exception occurred while running script default in 9.1s\n";
    for (result, state_of_test) in [
        ("expected_success\n", "unknown"),
        ("expected_failure\n", "older"),
        ("unexpected_failure\n", "older"),
    ] {
        let (checkout, state) = ended(result);
        state.leave(IMAGE, result, FAILED);
        let tested = tested(&checkout, &state, IMAGE);
        assert_eq!(tested["state"], state_of_test, "{result}");
    }
    // What was collected after a failure says it, too; that of an earlier attempt does not.
    let (checkout, state) = ended("expected_success\n");
    let log = |year: u32| format!("[{year}-01-01 10:00:00 +0100] Running script default\n");
    let collected = state.of(IMAGE).join("machine-failure-diagnostics.log");
    fs::write(&collected, "machine: machine\nstatus: 1\n").unwrap();
    state.leave(IMAGE, "expected_success\n", &log(2020));
    let unclear = tested(&checkout, &state, IMAGE);
    assert_eq!(unclear["why"], "its log tells of a failure");
    let file = fs::File::options().append(true).open(&collected).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH)
        .unwrap();
    assert_eq!(tested(&checkout, &state, IMAGE)["state"], "older");
}

/// The hash of the path of a test tells it from others that are named alike; tests of rows use images that
/// are published.
#[test]
fn results_of_other_tests_are_not_of_the_image() {
    let (checkout, state) = ended("expected_success\n");
    assert_eq!(tested(&checkout, &state, IMAGE)["state"], "passed");
    for other in [
        format!("os-test-image-scripts__test__{IMAGE}-0a1b2c3d"),
        format!("os-test-image-scripts__test__{IMAGE}"),
        format!("os-test-dist-config-start-stop@{IMAGE}"),
        test_runner::state_directory(&format!("dist-config/start-stop#{IMAGE}")),
    ] {
        let (checkout, state) = ended("expected_success\n");
        fs::rename(state.of(IMAGE), state.path().join(&other)).unwrap();
        let tested = tested(&checkout, &state, IMAGE);
        assert_eq!(tested["state"], "never", "{other}");
    }
}

#[test]
fn a_test_that_goes_on_has_no_result() {
    let (checkout, state) = ended("expected_success\n");
    fs::remove_file(state.of(IMAGE).join("test-result.txt")).unwrap();
    let tested = tested(&checkout, &state, IMAGE);
    assert_eq!(tested["state"], "unknown");
    assert_eq!(tested["why"], "it has not come to an end");
}

/// Nothing is read through links that lead out of the state directory, and nothing without end.
#[test]
fn the_state_directory_is_not_trusted() {
    let (checkout, state) = ended("expected_success\n");
    let outside = Folder::new();
    let result = outside.path().join("result");
    fs::write(&result, "expected_success\n").unwrap();
    let file = state.of(IMAGE).join("test-result.txt");
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink(&result, &file).unwrap();
    assert_ne!(tested(&checkout, &state, IMAGE)["state"], "passed");
    fs::remove_file(&file).unwrap();
    fs::write(&file, "expected_success\n".repeat(100_000)).unwrap();
    assert_eq!(tested(&checkout, &state, IMAGE)["state"], "unknown");
    let moved = outside.path().join("moved");
    fs::rename(state.of(IMAGE), &moved).unwrap();
    std::os::unix::fs::symlink(&moved, state.of(IMAGE)).unwrap();
    assert_eq!(tested(&checkout, &state, IMAGE)["state"], "never");
}

/// The directory that the test runner uses by itself is the same for all checkouts of a user.
#[test]
fn a_test_of_another_checkout_says_nothing() {
    let (checkout, other) = (Checkout::of("clean-2026"), Checkout::of("clean-2026"));
    let temporary = Folder::new();
    wait_to_be_newer(&checkout.root().join(INCLUDE));
    let directory = temporary
        .path()
        .join("os-test-runner")
        .join(directory_of(IMAGE));
    fs::create_dir_all(&directory).unwrap();
    let configuration = |root: &Path| {
        let machine = json!({ "sharedFileSystems": { "vpsadminos": root } });
        json!({ "machines": { "machine": machine } }).to_string()
    };
    let say = |configuration: &str| {
        fs::write(directory.join("config.json"), configuration).unwrap();
        fs::write(directory.join("test-runner.log"), "Running script\n").unwrap();
        fs::write(directory.join("test-result.txt"), "expected_success\n").unwrap();
        let mut command = Command::new(program!());
        command.current_dir(checkout.root()).args(["status"]);
        command.env("TMPDIR", temporary.path());
        let table = output_of(&mut command, "", "cargo build").ok();
        let row = table.lines().find(|line| line.starts_with("debian-13 "));
        row.unwrap().to_owned()
    };
    assert!(say(&configuration(checkout.root())).contains(" passed"));
    assert!(say("{}").contains(" unknown"));
    assert!(say(&configuration(other.root())).contains(" unknown"));
    let hidden = "[".repeat(100_000);
    assert!(say(&hidden).contains(" unknown"));
}

#[test]
fn a_state_directory_that_is_not_there_is_said() {
    let checkout = Checkout::of("clean-2026");
    let mut command = Command::new(program!());
    command.current_dir(checkout.root());
    command.args(["status", "--state-dir", "nowhere"]);
    let output = output_of(&mut command, "", "cargo build");
    assert_eq!(output.status, 2);
    assert!(
        output.stderr.contains("nowhere: no such directory"),
        "{output:?}"
    );
}

/// What editors are told of the image.
fn tested_in(client: &mut Client) -> Value {
    let result = client.call("imageScripts/images", Value::Null);
    let images = result["checkouts"][0]["images"].as_array().unwrap();
    images.iter().find(|image| image["image"] == IMAGE).unwrap()["tested"].clone()
}

#[test]
fn editors_are_told_when_a_test_has_ended() {
    let (checkout, state) = ended("unexpected_failure\n");
    let options = json!({ "imagesChanged": true, "testStateDirectory": state.path() });
    let mut client = start!(&Setup::at(&checkout).quiet().options(options));
    assert_eq!(tested_in(&mut client)["state"], "failed");
    state.leave(IMAGE, "expected_success\n", "Running script default\n");
    while tested_in(&mut client)["state"] != "passed" {
        client.notification("imageScripts/imagesChanged");
    }
    client.allow("imageScripts/imagesChanged");
    // Text that is not on the disk was not tested.
    let config = "image-scripts/images/debian-13/config.sh";
    let (url, text) = (checkout.url(config), checkout.read(config));
    client.open(&url, 1, &text);
    assert_eq!(tested_in(&mut client)["state"], "passed");
    let hover = hover_of_image(&mut client, &checkout);
    assert!(hover.contains("Last test: passed on "), "{hover}");
    client.replace(&url, 2, &format!("{text}# more\n"));
    assert_eq!(tested_in(&mut client)["state"], "older");
    let hover = hover_of_image(&mut client, &checkout);
    assert!(
        hover.contains(&format!("before changes of {config}")),
        "{hover}"
    );
    client.finish();
}

/// The hover of the image, where the repository names it.
fn hover_of_image(client: &mut Client, checkout: &Checkout) -> String {
    let path = "os/configs/image-repository.nix";
    let text = checkout.read(path);
    let mut lines = text.lines().enumerate();
    let mut lines = lines
        .by_ref()
        .skip_while(|(_, line)| !line.ends_with("debian = {"));
    let (line, found) = lines.find(|(_, line)| line.contains("\"13\" = {")).unwrap();
    let position = json!({ "line": line, "character": found.find("13").unwrap() });
    let document = json!({ "uri": checkout.url(path) });
    let params = json!({ "textDocument": document, "position": position });
    let hover = client.call("textDocument/hover", params);
    hover["contents"]["value"].as_str().unwrap().to_owned()
}
