//! Every image and its state, for clients that list them: `imageScripts/images`,
//! `imageScripts/imagesAt` and `imageScripts/imagesChanged`.

use std::process::Command;

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::{Client, Setup, codes, on_line};
use image_scripts_ls_tests::command::output_of;
use image_scripts_ls_tests::{program, start};
use serde_json::{Value, json};

const CHANGED: &str = "imageScripts/imagesChanged";

/// The one checkout that is open.
fn checkout_of(client: &mut Client) -> Value {
    let mut answer = client.call("imageScripts/images", Value::Null);
    assert_eq!(answer["checkouts"].as_array().unwrap().len(), 1);
    answer["checkouts"][0].take()
}

fn named<'v>(list: &'v Value, key: &str, name: &str) -> &'v Value {
    let mut found = list
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one[key] == name);
    let one = found
        .next()
        .unwrap_or_else(|| panic!("no {name} in {list:#}"));
    assert!(found.next().is_none(), "two of {name}");
    one
}

fn images_at(client: &mut Client, url: &str, line: usize, character: usize) -> Value {
    let params = json!({
        "textDocument": { "uri": url },
        "range": on_line(line, character, character),
        "context": { "diagnostics": [] },
    });
    client.call("imageScripts/imagesAt", params)
}

#[test]
fn every_image_with_what_is_known_of_it() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(&Setup::at(&checkout).quiet());
    let all = checkout_of(&mut client);
    assert_eq!(all["root"], checkout.root().to_str().unwrap());

    let mut fedora = named(&all["images"], "image", "fedora-44").clone();
    let problems = fedora["problems"].take();
    // By what the test runner left on this machine.
    assert!(fedora["tested"].take().is_object());
    let expected = json!({
        "image": "fedora-44",
        "directory": "fedora-44",
        "uri": checkout.url("image-scripts/images/fedora-44/build.sh"),
        "builder": "fedora",
        "distribution": "fedora",
        "release": "44",
        "arch": "x86_64",
        "vendor": "vpsadminos",
        "variant": "minimal",
        "includes": ["redhat-family.sh", "systemd.sh"],
        "published": true,
        "declared": null,
        "tags": ["latest", "stable"],
        "rows": ["fedora_44"],
        "groups": ["cgroupv2", "systemd"],
        "findings": 2,
        "worst": "warning",
        "systemd": { "version": 259, "orNewer": false, "certain": true },
        "support": { "end": "2027-05-11", "over": false, "certain": false },
        "test": "image-scripts/test@fedora-44",
        "tested": null,
        "problems": null,
    });
    assert_eq!(fedora, expected);
    assert_eq!(
        codes(problems.as_array().unwrap()),
        ["competing-tag", "competing-tag"]
    );
    assert_eq!(problems[0]["severity"], "warning");
    let repository = checkout.url("os/configs/image-repository.nix");
    assert_eq!(problems[0]["uri"], repository);
    assert!(problems[0]["range"]["start"]["line"].is_u64());

    let alpine = named(&all["images"], "image", "alpine-3.24");
    assert_eq!(alpine["directory"], "alpine");
    let unpublished = named(&all["images"], "image", "ubuntu-26.10");
    assert_eq!(unpublished["published"], false);
    assert_eq!(unpublished["worst"], "error");

    let builder = named(&all["builders"], "name", "fedora");
    let config = "image-scripts/builders/fedora/config.sh";
    assert_eq!(builder["uri"], checkout.url(config));
    let include = named(&all["includes"], "name", "systemd.sh");
    let path = "image-scripts/include/systemd.sh";
    assert_eq!(include["uri"], checkout.url(path));
    client.finish();
}

/// A test's part for one row is called in another way since every image has a test.
#[test]
fn rows_have_the_tests_that_are_run_for_them() {
    for (fixture, key, tests) in [
        (
            "clean-2026",
            "fedora_44",
            json!([
                "dist-config/netif-routed#fedora-44",
                "dist-config/start-stop#fedora-44",
                "cgroups/mount-v2#fedora-44",
                "dist-config/systemd-rundir#fedora-44",
            ]),
        ),
        (
            "clean-2026",
            "alpine",
            json!([
                "dist-config/netif-routed#alpine-latest",
                "dist-config/start-stop#alpine-latest",
                "cgroups/mount-v1#alpine-latest",
                "cgroups/mount-v2#alpine-latest",
                "dist-config/nonsystemd-rundir#alpine-latest",
            ]),
        ),
        (
            "clean-2024",
            "debian_12",
            json!([
                "cgroups/mount-v2@debian-12",
                "dist-config/netif-routed@debian-12",
                "dist-config/start-stop@debian-12",
                "dist-config/systemd-rundir@debian-12",
            ]),
        ),
    ] {
        let checkout = Checkout::of(fixture);
        let mut client = start!(&Setup::at(&checkout).quiet());
        let all = checkout_of(&mut client);
        let row = named(&all["rows"], "key", key);
        assert_eq!(row["tests"], tests, "{fixture} {key}");
        let table = checkout.url("tests/distributions.nix");
        assert_eq!(row["uri"], table);
        assert!(row["range"]["start"]["line"].is_u64());
        let of_images = fixture == "clean-2026";
        assert_eq!(all["images"][0]["test"].is_string(), of_images, "{fixture}");
        client.finish();
    }
}

#[test]
fn the_images_at_a_place_and_what_comes_after() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(&Setup::at(&checkout).quiet());
    let build = checkout.url("image-scripts/images/fedora-44/build.sh");
    let expected = json!({
        "root": checkout.root(), "images": ["fedora-44"], "proposal": "fedora-45",
    });
    assert_eq!(images_at(&mut client, &build, 0, 0), expected);
    // All that share a directory, the newest first; the one by whose name it was opened.
    let shared = checkout.url("image-scripts/images/alpine/build.sh");
    let at = images_at(&mut client, &shared, 0, 0);
    assert_eq!(at["images"][0], "alpine-3.24");
    assert_eq!(at["proposal"], "alpine-3.25");
    let opened = checkout.url("image-scripts/images/alpine-3.22/build.sh");
    let at = images_at(&mut client, &opened, 0, 0);
    assert_eq!(at["images"], json!(["alpine-3.22"]));
    // A file that is about no image, and one that is nobody's.
    let include = checkout.url("image-scripts/include/common.sh");
    assert_eq!(images_at(&mut client, &include, 0, 0)["images"], json!([]));
    let other = checkout.url("README.md");
    assert_eq!(images_at(&mut client, &other, 0, 0), Value::Null);
    client.finish();
}

/// The plain release of a distribution comes before its variants and what is beside it.
#[test]
fn what_comes_next_on_each_track() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(&Setup::at(&checkout).quiet());
    let all = checkout_of(&mut client);
    let tracks = |distribution: &str| -> Vec<String> {
        let all = all["tracks"].as_array().unwrap().iter();
        let own = all.filter(|track| track["distribution"] == distribution);
        own.map(|track| format!("{} -> {}", track["images"], track["next"]))
            .collect()
    };
    assert_eq!(
        tracks("fedora"),
        [
            r#"["fedora-43","fedora-44"] -> "fedora-45""#,
            r#"["fedora-rawhide"] -> null"#,
        ]
    );
    assert_eq!(
        tracks("almalinux"),
        [
            r#"["almalinux-8","almalinux-9","almalinux-10"] -> "almalinux-11""#,
            r#"["almalinux-10-kitten"] -> "almalinux-11-kitten""#,
        ]
    );
    client.finish();
}

#[test]
fn the_values_that_can_be_bumped() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(&Setup::at(&checkout).quiet());
    let mut values = |name: &str| client.call("imageScripts/bumpValues", json!({ "name": name }));
    let expected = json!({ "pointver": "10.2", "build": "1", "set": {} });
    assert_eq!(values("almalinux-10"), expected);
    let expected = json!({ "pointver": null, "build": "15", "set": {} });
    assert_eq!(values("fedora-44"), expected);
    let leap = values("opensuse-leap-16.0");
    assert_eq!(leap["set"]["SPINVER"], "16.0");
    let code = client.call_error("imageScripts/bumpValues", json!({ "name": "fedora-99" }));
    assert_eq!(code, -32803);
    client.finish();
}

#[test]
fn a_client_that_wants_to_is_notified_of_changes() {
    let checkout = Checkout::of("clean-2026");
    let setup = Setup::at(&checkout).options(json!({ "bash": false, "imagesChanged": true }));
    let mut client = start!(&setup);
    assert_eq!(client.notification(CHANGED), Value::Null);
    let config = "image-scripts/images/fedora-44/config.sh";
    let url = client.open_file(&checkout, config, 1);
    client.replace(&url, 2, "BUILDER=fedorra\n");
    client.wait_for_codes(&url, &["unknown-builder"]);
    client.notification(CHANGED);
    let all = checkout_of(&mut client);
    let image = named(&all["images"], "image", "fedora-44");
    assert_eq!(image["builder"], "fedorra");
    assert_eq!(image["worst"], "error");
    // It may be report again of what it has seen.
    client.allow(CHANGED);
    client.finish();
}

/// A dry run shows the texts where they are requested.
#[test]
fn a_change_can_be_looked_at() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(&Setup::at(&checkout).quiet());
    let mut execute = |request: Value| {
        let params = json!({ "command": "imageScripts.newImage", "arguments": [request] });
        client.call("workspace/executeCommand", params)
    };
    let request = json!({ "name": "alpine-3.25", "dryRun": true });
    let report = execute(request);
    assert_eq!(report["texts"], Value::Null);
    let request =
        json!({ "name": "fedora-45", "replace": "fedora-43", "dryRun": true, "texts": true });
    let report = execute(request);
    let image = |path: &str| format!("image-scripts/images/{path}");
    let (table, repository) = ("tests/distributions.nix", "os/configs/image-repository.nix");
    let texts = report["texts"].as_array().unwrap();
    let paths: Vec<&str> = texts.iter().map(|t| t["path"].as_str().unwrap()).collect();
    let expected = [
        &*image("fedora-43/build.sh"),
        &*image("fedora-43/config.sh"),
        &*image("fedora-45/build.sh"),
        &*image("fedora-45/config.sh"),
        repository,
        table,
    ];
    assert_eq!(paths, expected);
    let of = |path: &str| named(&report["texts"], "path", path);
    assert_eq!(of(expected[0])["after"], Value::Null);
    assert_eq!(of(expected[3])["before"], Value::Null);
    assert_eq!(of(expected[3])["after"], "BUILDER=fedora\n");
    assert_eq!(of(table)["before"], checkout.read(table));
    assert!(of(table)["after"].as_str().unwrap().contains("fedora_45"));
    client.finish();
}

/// What a client completes itself is no command of the server's: some would have two of one name.
#[test]
fn commands_of_the_client_are_left_to_it() {
    let checkout = Checkout::of("clean-2026");
    let options = json!({ "bash": false, "commands": ["imageScripts.newImage"] });
    let mut client = Client::spawn(image_scripts_ls_tests::program!());
    let result = client.start(&Setup::at(&checkout).options(options));
    assert_eq!(
        result["capabilities"]["executeCommandProvider"]["commands"],
        json!([
            "imageScripts.retireImage",
            "imageScripts.renameImage",
            "imageScripts.bumpImage",
            "imageScripts.newBuilder",
            "imageScripts.maskUnit",
            "imageScripts.openAddress"
        ])
    );
    client.finish();
}

/// Returns the overview of a checkout, as HTML.
fn page_of(checkout: &Checkout) -> String {
    let mut command = Command::new(program!());
    command.current_dir(checkout.root());
    command.args(["status", "--format", "html"]);
    output_of(&mut command, "", "cargo build").ok()
}

#[test]
fn the_page_is_one_for_the_command_line_and_for_editors() {
    let checkout = Checkout::of("contribution");
    let printed = page_of(&checkout);
    let mut client = start!(&Setup::at(&checkout).quiet());
    let page = client.call("imageScripts/overview", json!({ "nonce": "abc" }));
    let page = page.as_str().unwrap();
    assert!(page.contains("script-src 'nonce-abc'"));
    let table = |page: &str| {
        let (_, table) = page.split_once("<table>").unwrap();
        table.split_once("</main>").unwrap().0.to_owned()
    };
    assert_eq!(table(page), table(&printed));
    client.finish();
}

#[test]
fn the_page_wants_nothing_from_elsewhere() {
    let page = page_of(&Checkout::of("clean-2026"));
    for element in ["<link", "<img", "src=", "@import", "url("] {
        assert!(!page.contains(element), "{element}");
    }
}

#[test]
fn names_of_a_checkout_are_no_html_and_no_commands_of_a_log() {
    let checkout = Checkout::of("clean-2026");
    let name = "x-</script><img src=a>##vso[task.complete]";
    let directory = format!("image-scripts/images/{}", name.replace('/', ""));
    checkout.write(&format!("{directory}/config.sh"), "BUILDER='<b>'\n");
    checkout.write(
        &format!("{directory}/build.sh"),
        ". \"$INCLUDE/common.sh\"\n",
    );
    let page = page_of(&checkout);
    assert!(page.contains("&lt;b&gt;"));
    for text in ["<img", "<b>", "##vso["] {
        assert!(!page.contains(text), "{text}");
    }
    assert_eq!(page.matches("</script>").count(), 3);
}
