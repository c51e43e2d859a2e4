//! `shell-syntax`: what bash says of a script that was opened or saved. And settings, of which the
//! switch for it is one.

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::{CONFIGURATION, Client, FileChange, Setup};
use image_scripts_ls_tests::start;
use serde_json::{Value, json};

const ONE: &str = "image-scripts/images/debian-12/build.sh";
const TWO: &str = "image-scripts/images/debian-13/build.sh";
const BROKEN: &str = "true\nif true ; then\n";

fn is_broken(client: &Client, url: &str) -> bool {
    client.codes(url).contains(&"shell-syntax")
}

fn until_broken(client: &mut Client, url: &str, broken: bool) {
    client.wait_until(&format!("bash's word on {url}"), |client| {
        is_broken(client, url) == broken
    });
}

/// Waits until bash has checked everything that was opened and saved before: it checks
/// about one file after the other.
fn bash_is_done(client: &mut Client, checkout: &Checkout) {
    let url = checkout.url("image-scripts/images/debian-11/build.sh");
    client.open(&url, 1, BROKEN);
    until_broken(client, &url, true);
    client.close(&url);
    until_broken(client, &url, false);
}

#[test]
fn when_opened_and_when_saved() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(Setup::at(&checkout));
    let url = checkout.url(ONE);
    client.open(&url, 1, BROKEN);
    until_broken(&mut client, &url, true);
    let finding = client
        .diagnostics(&url)
        .iter()
        .find(|d| d["code"] == "shell-syntax")
        .unwrap();
    assert_eq!(finding["severity"], 1);
    assert_eq!(finding["source"], "image-scripts");
    assert!(
        finding["message"].as_str().unwrap().contains("bash"),
        "{finding}"
    );
    client.replace(&url, 2, &checkout.read(ONE));
    client.save(&url);
    until_broken(&mut client, &url, false);
    client.replace(&url, 3, BROKEN);
    client.save(&url);
    until_broken(&mut client, &url, true);
    client.finish();
}

#[test]
fn not_while_typing() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(Setup::at(&checkout));
    let url = client.open_file(&checkout, ONE, 1);
    bash_is_done(&mut client, &checkout);
    client.replace(&url, 2, BROKEN);
    bash_is_done(&mut client, &checkout);
    assert!(!is_broken(&client, &url));
    client.save(&url);
    until_broken(&mut client, &url, true);
    client.finish();
}

#[test]
fn what_bash_accepts() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(Setup::at(&checkout));
    for path in checkout.files().iter().filter(|path| path.ends_with(".sh")) {
        client.open_file(&checkout, path, 1);
    }
    // A Nix file is none of its business.
    client.open_file(&checkout, "tests/distributions.nix", 1);
    bash_is_done(&mut client, &checkout);
    let broken: Vec<&str> = client
        .with_findings()
        .into_iter()
        .filter(|url| is_broken(&client, url))
        .collect();
    assert_eq!(broken, Vec::<&str>::new());
    client.finish();
}

#[test]
fn an_alias_is_asked_about_by_its_real_path() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(Setup::at(&checkout));
    let alias = checkout.url("image-scripts/images/alpine-3.24/build.sh");
    client.open(&alias, 1, BROKEN);
    until_broken(&mut client, &alias, true);
    until_broken(
        &mut client,
        &checkout.url("image-scripts/images/alpine/build.sh"),
        true,
    );
    client.close(&alias);
    until_broken(&mut client, &alias, false);
    until_broken(
        &mut client,
        &checkout.url("image-scripts/images/alpine/build.sh"),
        false,
    );
    client.finish();
}

#[test]
fn closed_without_saving() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(Setup::at(&checkout));
    let url = checkout.url(ONE);
    client.open(&url, 1, BROKEN);
    until_broken(&mut client, &url, true);
    client.close(&url);
    until_broken(&mut client, &url, false);
    client.finish();
}

#[test]
fn closed_without_saving_what_mended_it() {
    let checkout = Checkout::of("clean-2026");
    let good = checkout.read(ONE);
    checkout.write(ONE, BROKEN);
    let mut client = start!(Setup::at(&checkout));
    let url = client.open_file(&checkout, ONE, 1);
    until_broken(&mut client, &url, true);
    client.replace(&url, 2, &good);
    client.save(&url);
    until_broken(&mut client, &url, false);
    // The disk has the old text all the same.
    client.close(&url);
    until_broken(&mut client, &url, true);
    client.finish();
}

#[test]
fn mended_outside() {
    let checkout = Checkout::of("clean-2026");
    let good = checkout.read(ONE);
    checkout.write(ONE, BROKEN);
    let mut client = start!(Setup::at(&checkout));
    let url = client.open_file(&checkout, ONE, 1);
    until_broken(&mut client, &url, true);
    client.close(&url);
    client.barrier();
    assert!(is_broken(&client, &url), "it is broken on the disk, too");
    checkout.write(ONE, &good);
    client.files_changed(&[(&url, FileChange::Changed)]);
    until_broken(&mut client, &url, false);
    client.finish();
}

#[test]
fn a_flood_of_saving() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(Setup::at(&checkout));
    let (one, two) = (
        client.open_file(&checkout, ONE, 1),
        client.open_file(&checkout, TWO, 1),
    );
    for version in 2..42 {
        client.replace(&one, version, &format!("{BROKEN}# {version}\n"));
        client.save(&one);
        client.save(&two);
    }
    client.replace(&one, 42, &checkout.read(ONE));
    client.save(&one);
    bash_is_done(&mut client, &checkout);
    assert!(!is_broken(&client, &one) && !is_broken(&client, &two));
    client.finish();
}

#[test]
fn switched_off() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(Setup::at(&checkout).options(json!({ "bash": false })));
    let url = checkout.url(ONE);
    client.open(&url, 1, BROKEN);
    client.save(&url);
    // Switched on it checks at once; its findings are removed when it is switched off.
    for on in [true, false, true] {
        client.notify(
            "workspace/didChangeConfiguration",
            json!({ "settings": { "imageScripts": { "bash": on } } }),
        );
        until_broken(&mut client, &url, on);
    }
    client.finish();
}

#[test]
fn switched_off_by_the_checkout() {
    let checkout = Checkout::of("clean-2026");
    checkout.write(".image-scripts.toml", "[rules]\nshell-syntax = \"off\"\n");
    let mut client = start!(Setup::at(&checkout));
    let url = checkout.url(ONE);
    client.open(&url, 1, BROKEN);
    client.barrier();
    let settings = client.open_file(&checkout, ".image-scripts.toml", 1);
    client.replace(&settings, 2, "[rules]\nshell-syntax = \"hint\"\n");
    client.save(&url);
    until_broken(&mut client, &url, true);
    let finding = client
        .diagnostics(&url)
        .iter()
        .find(|d| d["code"] == "shell-syntax")
        .unwrap();
    assert_eq!(finding["severity"], 4);
    client.finish();
}

#[test]
fn settings_that_are_not_understood() {
    let checkout = Checkout::of("clean-2026");
    let options = json!({ "bash": false, "nonsense": 1, "logLevel": "loud", "hints": true, "server": {}, "trace": "off" });
    let mut client = start!(Setup::at(&checkout).options(options));
    client.warning(&["unknown setting", "`nonsense`"]);
    client.warning(&["`logLevel`", "`loud`"]);
    let url = checkout.url(ONE);
    client.open(&url, 1, BROKEN);
    client.save(&url);
    client.notify(
        "workspace/didChangeConfiguration",
        json!({ "settings": { "imageScripts": { "bash": "perhaps" } } }),
    );
    client.warning(&["`bash`", "perhaps"]);
    client.notify(
        "workspace/didChangeConfiguration",
        json!({ "settings": { "imageScripts": ["bash"] } }),
    );
    client.warning(&["not an object"]);
    for settings in [json!({ "other": {} }), Value::Null, json!(7)] {
        client.notify(
            "workspace/didChangeConfiguration",
            json!({ "settings": settings }),
        );
    }
    client.barrier();
    assert!(
        !is_broken(&client, &url),
        "the valid setting beside them holds"
    );
    client.finish();
}

#[test]
fn how_much_is_logged() {
    let checkout = Checkout::of("clean-2026");
    for (level, lines) in [("error", 0), ("warning", 0), ("info", 1), ("debug", 1)] {
        let client =
            start!(Setup::at(&checkout).options(json!({ "bash": false, "logLevel": level })));
        assert_eq!(client.infos().len(), lines, "{level}: {:?}", client.infos());
        client.finish();
    }
}

#[test]
fn settings_that_the_client_is_asked_for() {
    let checkout = Checkout::of("clean-2026");
    let mut client =
        start!(Setup::at(&checkout).with(&json!({ "workspace": { "configuration": true } })));
    let url = checkout.url(ONE);
    client.open(&url, 1, BROKEN);
    until_broken(&mut client, &url, true);
    // The answer comes late, and holds from then on.
    let request = client.server_request(CONFIGURATION);
    assert_eq!(
        request.params,
        json!({ "items": [{ "section": "imageScripts" }] })
    );
    client.respond(&request, json!([{ "bash": false, "nonsense": 1 }]));
    client.warning(&["unknown setting", "`nonsense`"]);
    until_broken(&mut client, &url, false);
    // What a notification says is not what counts.
    client.notify(
        "workspace/didChangeConfiguration",
        json!({ "settings": { "imageScripts": { "bash": false } } }),
    );
    let request = client.server_request(CONFIGURATION);
    client.respond(&request, json!([{ "bash": true }]));
    until_broken(&mut client, &url, true);
    for odd in [
        json!([null]),
        json!([]),
        json!(null),
        json!([{}]),
        json!({ "bash": false }),
    ] {
        client.notify(
            "workspace/didChangeConfiguration",
            json!({ "settings": null }),
        );
        let request = client.server_request(CONFIGURATION);
        client.respond(&request, odd);
        client.barrier();
    }
    client.notify(
        "workspace/didChangeConfiguration",
        json!({ "settings": null }),
    );
    let request = client.server_request(CONFIGURATION);
    client.send(
        &json!({ "jsonrpc": "2.0", "id": request.id, "error": { "code": 1, "message": "no" } }),
    );
    client.barrier();
    assert!(is_broken(&client, &url));
    client.finish();
}
