//! The editor and the command line say the same, and positions mean the same to every client.

use image_scripts_ls_tests::checkout::{Checkout, FIXTURES};
use image_scripts_ls_tests::client::{Client, Setup, codes, everywhere, on_line};
use image_scripts_ls_tests::model::Unit;
use image_scripts_ls_tests::report::{checked, published};
use image_scripts_ls_tests::{program, start};
use serde_json::json;

#[test]
fn check_and_the_editor_agree() {
    for fixture in FIXTURES {
        let checkout = Checkout::of(fixture);
        let client = start!(Setup::at(&checkout).quiet());
        assert_eq!(
            checked(program!(), &checkout),
            published(&client),
            "{fixture}"
        );
        client.finish();
    }
}

#[test]
fn they_agree_on_what_is_broken() {
    for fixture in FIXTURES {
        let checkout = Checkout::of(fixture);
        for path in checkout.files() {
            if path.ends_with("/config.sh") {
                checkout.write(
                    &path,
                    "# é😀\n: \"é😀\"; BUILDER=nonsense\nRELVER=1\r\nX=2\rY=3\n",
                );
            }
        }
        let client = start!(Setup::at(&checkout).quiet());
        let checked = checked(program!(), &checkout);
        assert!(
            checked
                .iter()
                .any(|entry| entry.code == "wrong-line-ending"),
            "{fixture}"
        );
        assert_eq!(checked, published(&client), "{fixture}");
        client.finish();
    }
}

#[test]
fn they_agree_after_edits_and_saving() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(Setup::at(&checkout).quiet());
    let edits = [
        (
            "image-scripts/images/ubuntu-26.10/config.sh",
            "ubunutu",
            "ubuntu",
        ),
        (
            "image-scripts/images/debian-13/config.sh",
            "BUILDER=",
            "BUILDER=x",
        ),
        (
            "os/configs/image-repository.nix",
            "fedora = {",
            "nosuch = { \"1\" = { }; };\n      fedora = {",
        ),
        (
            "tests/distributions.nix",
            "alma_8 = {",
            "alma_8 = { version = \"77\"; };\n    alma_7 = {",
        ),
        (
            "image-scripts/include/common.sh",
            "require_cmd",
            "require_cmdd",
        ),
        (
            "image-scripts/images/gentoo-musl-systemd/build.sh",
            "configure-systemd",
            "configure-systemdd",
        ),
    ];
    for (path, from, to) in edits {
        let url = client.open_file(&checkout, path, 1);
        checkout.edit(path, from, to);
        client.replace(&url, 2, &checkout.read(path));
        client.save(&url);
        client.barrier();
        assert_eq!(checked(program!(), &checkout), published(&client), "{path}");
    }
    for (path, ..) in edits {
        client.close(&checkout.url(path));
        client.barrier();
        assert_eq!(checked(program!(), &checkout), published(&client), "{path}");
    }
    client.finish();
}

/// Texts with a finding after characters of all widths: the file, the text before it on its line,
/// what is marked, the line, its code.
const WIDE: [(&str, &str, &str, usize, &str); 2] = [
    (
        "image-scripts/images/debian-13/config.sh",
        ": \"é汉😀𝒳\"; BUILDER=",
        "fedorra",
        1,
        "unknown-builder",
    ),
    (
        "os/configs/image-repository.nix",
        "  /* é汉😀𝒳 */ ",
        "\"77\"",
        2,
        "entry-without-image",
    ),
];

fn wide(number: usize) -> String {
    let (_, before, marked, ..) = WIDE[number];
    match number {
        0 => format!("# é\r\n{before}{marked}\n"),
        _ => format!(
            "{{ config, ... }}:\r{{\n  services.osctl.image-repository.x.images.debian = {{\r\n{before}{marked} = {{ }};\n  }};\n}}\n"
        ),
    }
}

#[test]
fn positions_behind_wide_characters() {
    let checkout = Checkout::of("clean-2026");
    for unit in Unit::ALL {
        let mut client = Client::spawn(program!());
        let hello = client.start(&Setup::at(&checkout).quiet().encoding(unit.name()));
        assert_eq!(hello["capabilities"]["positionEncoding"], unit.name());
        for (number, (path, before, marked, line, code)) in WIDE.into_iter().enumerate() {
            let url = checkout.url(path);
            client.open(&url, 1, &wide(number));
            client.barrier();
            let found = client.diagnostics(&url).iter().find(|d| d["code"] == code);
            let (from, to) = (unit.count(before), unit.count(before) + marked.len());
            let range = on_line(line, from, to);
            assert_eq!(found.unwrap()["range"], range, "{path} in {}", unit.name());
        }
        // Back from positions: the fix is offered there and nowhere before.
        let url = checkout.url(WIDE[0].0);
        let offered = |client: &mut Client, column: usize| {
            let range = on_line(1, column, column);
            client
                .actions(&url, &range)
                .iter()
                .any(|action| action["title"] == "Change to `fedora`")
        };
        let start = unit.count(WIDE[0].1);
        assert!(offered(&mut client, start) && !offered(&mut client, start - 1));
        client.finish();
    }
}

#[test]
fn the_encoding_is_one_that_the_client_has() {
    let cases = [
        (json!({}), "utf-16"),
        (json!({ "general": { "positionEncodings": [] } }), "utf-16"),
        (
            json!({ "general": { "positionEncodings": ["utf-7"] } }),
            "utf-16",
        ),
        (
            json!({ "general": { "positionEncodings": ["utf-32"] } }),
            "utf-32",
        ),
        (
            json!({ "general": { "positionEncodings": ["utf-16", "utf-8"] } }),
            "utf-8",
        ),
    ];
    for (capabilities, encoding) in cases {
        let mut client = Client::spawn(program!());
        let hello = client.call("initialize", json!({ "capabilities": capabilities }));
        assert_eq!(hello["capabilities"]["positionEncoding"], encoding);
        client.notify("initialized", json!({}));
        client.finish();
    }
}

#[test]
fn related_places_only_for_clients_that_show_them() {
    let checkout = Checkout::of("contribution");
    for shows in [true, false] {
        let capabilities =
            json!({ "textDocument": { "publishDiagnostics": { "relatedInformation": shows } } });
        let client = start!(Setup::at(&checkout).quiet().with(&capabilities));
        let all = client
            .with_findings()
            .into_iter()
            .flat_map(|url| client.diagnostics(url));
        assert_eq!(
            all.filter(|d| d.get("relatedInformation").is_some())
                .count()
                > 0,
            shows
        );
        client.finish();
    }
}

#[test]
fn settings_of_the_checkout_hold_at_once() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(Setup::at(&checkout).quiet());
    let url = checkout.url("image-scripts/images/ubuntu-26.10/config.sh");
    let severity = |client: &Client, code: &str| {
        client
            .diagnostics(&url)
            .iter()
            .find(|d| d["code"] == code)
            .map(|d| d["severity"].as_u64().unwrap())
    };
    assert_eq!(severity(&client, "unknown-builder"), Some(1));
    // The file is not on the disk.
    let settings = checkout.url(".image-scripts.toml");
    client.open(&settings, 1, "[rules]\nunknown-builder = \"hint\"\n");
    client.barrier();
    assert_eq!(severity(&client, "unknown-builder"), Some(4));
    client.replace(
        &settings,
        2,
        "[rules]\nunknown-builder = \"off\"\nno-such-rule = \"off\"\n",
    );
    client.barrier();
    assert_eq!(severity(&client, "unknown-builder"), None);
    assert_eq!(client.codes(&settings), ["unknown-setting"]);
    assert_eq!(severity(&client, "missing-repository-entry"), Some(2));
    client.replace(&settings, 3, "[images]\nunpublished = [\"ubuntu-26.10\"]\n");
    client.barrier();
    assert_eq!(severity(&client, "unknown-builder"), Some(1));
    assert_eq!(severity(&client, "missing-repository-entry"), None);
    client.close(&settings);
    client.barrier();
    assert_eq!(severity(&client, "missing-repository-entry"), Some(2));
    assert_eq!(client.codes(&settings), Vec::<&str>::new());
    client.finish();
}

#[test]
fn comments_silence_at_once() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(Setup::at(&checkout).quiet());
    let url = client.open_file(&checkout, "image-scripts/images/ubuntu-26.10/config.sh", 1);
    let text = checkout.read("image-scripts/images/ubuntu-26.10/config.sh");
    client.replace(
        &url,
        2,
        &format!("# image-scripts: ignore-file[unknown-builder] on purpose\n{text}"),
    );
    client.barrier();
    assert!(!client.codes(&url).contains(&"unknown-builder"));
    client.replace(
        &url,
        3,
        &text.replace(
            "ubunutu",
            "ubuntu # image-scripts: ignore[unknown-builder] fixed",
        ),
    );
    client.barrier();
    assert!(client.codes(&url).contains(&"unused-suppression"));
    client.finish();
}

#[test]
fn a_text_that_does_not_parse_is_spoken_for_by_the_last_that_did() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(Setup::at(&checkout).quiet());
    let elsewhere = checkout.url("image-scripts/images/ubuntu-26.10/config.sh");
    let before = client.diagnostics(&elsewhere).to_vec();
    let url = client.open_file(&checkout, "os/configs/image-repository.nix", 1);
    let text = checkout.read("os/configs/image-repository.nix");
    for (version, cut) in (2..).zip([text.len() / 3, text.len() / 2, text.len() - 3]) {
        client.replace(&url, version, &text[..cut]);
        client.barrier();
        assert_eq!(client.codes(&url), ["nix-syntax"]);
        assert_eq!(codes(client.diagnostics(&elsewhere)), codes(&before));
    }
    client.replace(&url, 9, &text);
    client.barrier();
    assert!(!client.codes(&url).contains(&"nix-syntax"));
    assert_eq!(client.diagnostics(&elsewhere), before);
    assert!(
        client
            .actions(&url, &everywhere())
            .iter()
            .all(|action| action["kind"] == "quickfix")
    );
    client.finish();
}

/// Some clients forget what they were told of a file that was not open.
#[test]
fn a_file_that_is_opened_has_its_findings_again() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(&Setup::at(&checkout).quiet());
    let path = "image-scripts/images/ubuntu-26.10/config.sh";
    let url = checkout.url(path);
    client.wait_for_codes(&url, &["missing-repository-entry", "unknown-builder"]);
    client.barrier();
    client.take_published();
    client.open_file(&checkout, path, 7);
    client.barrier();
    let all_published = client.take_published();
    assert_eq!(all_published.len(), 1, "{all_published:?}");
    assert_eq!(all_published[0].url, url);
    assert_eq!(all_published[0].version, Some(7));
    assert_eq!(all_published[0].diagnostics.len(), 2);
    client.finish();
}

/// An editor may open a file with a text that it kept, which is not the one on the disk.
#[test]
fn findings_of_a_file_go_when_it_is_opened_with_a_text_that_has_none() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(&Setup::at(&checkout).quiet());
    let url = checkout.url("image-scripts/images/ubuntu-26.10/build.sh");
    let all = [
        "release-mismatch",
        "unknown-helper",
        "heredoc-expansion",
        "heredoc-expansion",
    ];
    client.wait_for_codes(&url, &all);
    client.open(&url, 1, ". \"$IMAGEDIR/config.sh\"\n");
    client.wait_for_codes(&url, &[]);
    client.finish();
}
