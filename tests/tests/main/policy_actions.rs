//! Actions on what an image does to its container: masking a unit as a neighbour does, comparing it
//! with that.

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::{Setup, on_line};
use image_scripts_ls_tests::edit;
use image_scripts_ls_tests::editor::{Editor, capable, range_of, titled, titles};
use serde_json::{Value, json};

const OWN: &str = "image-scripts/images/fedora-44/build.sh";
const NEIGHBOURS: &str = "image-scripts/images/fedora-43/build.sh";
const INCLUDE: &str = "image-scripts/include/redhat-family.sh";

/// A checkout in which Fedora 43 masks a unit that Fedora 44 does not.
fn checkout() -> Checkout {
    let checkout = Checkout::of("clean-2026");
    let masks = "configure-append <<EOF\nsystemctl mask lone.service\nEOF\nrun-configure";
    checkout.edit(NEIGHBOURS, "run-configure", masks);
    checkout
}

/// The actions that mask a unit, at a part of an open script.
fn masks(editor: &mut Editor<'_>, checkout: &Checkout, part: &str) -> Vec<Value> {
    let (url, at) = (checkout.url(OWN), range_of(&editor.text(OWN), part));
    let actions = editor.actions(&url, &at, &["refactor.rewrite"]).into_iter();
    let is_mask = |action: &Value| action["title"].as_str().unwrap().starts_with("Mask ");
    actions.filter(is_mask).collect()
}

#[test]
fn a_unit_is_masked_as_a_neighbour_does() {
    let checkout = checkout();
    let in_image = "Mask `lone.service` in build.sh, as `fedora-43` does";
    let in_include =
        "Mask `lone.service` in `configure-redhat-common` of redhat-family.sh, as `fedora-43` does";
    let after = "configure-append <<EOF\nsystemctl mask lone.service\nEOF\nrun-configure\n";
    for (title, path, masked) in [
        (in_image, OWN, after),
        (
            in_include,
            INCLUDE,
            "systemctl mask rngd.service\nsystemctl mask lone.service\n",
        ),
    ] {
        let mut editor = edit!(&checkout);
        editor.open(OWN);
        let found = masks(&mut editor, &checkout, "run-configure");
        let action = titled(&found, title);
        assert!(action.get("edit").is_none());
        let command = &action["command"];
        assert_eq!(command["command"], "imageScripts.maskUnit");
        editor.execute("imageScripts.maskUnit", command["arguments"][0].clone());
        assert!(editor.text(path).contains(masked), "{}", editor.text(path));
        if path == INCLUDE {
            let others = editor.message(3);
            assert!(others.contains("`rocky-10`"), "{others}");
            assert!(others.ends_with(" mask it as well from now on"), "{others}");
        }
        // It masks the unit now.
        let found = masks(&mut editor, &checkout, "run-configure");
        assert!(
            !titles(&found)
                .iter()
                .any(|title| title.contains("lone.service"))
        );
        editor.finish();
    }
}

#[test]
fn nothing_is_masked_elsewhere_than_at_the_script_of_the_container() {
    let checkout = checkout();
    let mut editor = edit!(&checkout);
    editor.open(OWN);
    assert!(masks(&mut editor, &checkout, "GROUPNAME").is_empty());
    assert!(!masks(&mut editor, &checkout, "run-configure").is_empty());
    editor.finish();
}

/// A client that applies no edits of the server's gets the edit with the action.
#[test]
fn a_client_that_only_edits_gets_the_edit() {
    let checkout = checkout();
    let mut editor = edit!(&checkout, Setup::at(&checkout).quiet());
    editor.client.allow_warning("files");
    editor.open(OWN);
    let found = masks(&mut editor, &checkout, "run-configure");
    let title = "Mask `lone.service` in build.sh, as `fedora-43` does";
    let action = titled(&found, title);
    assert!(action.get("command").is_none());
    editor.apply(&action["edit"]);
    assert!(editor.text(OWN).contains("systemctl mask lone.service\n"));
    editor.finish();
}

#[test]
fn a_policy_is_compared_by_clients_that_show_it() {
    let checkout = checkout();
    let compare = |commands: &[&str]| -> Vec<Value> {
        let options = json!({ "bash": false, "commands": commands });
        let setup = Setup::at(&checkout).options(options).with(&capable());
        let mut editor = edit!(&checkout, setup);
        let url = editor.open("image-scripts/images/fedora-44/config.sh");
        let actions = editor
            .actions(&url, &on_line(0, 0, 0), &["refactor"])
            .into_iter();
        let is_one = |action: &Value| action["title"].as_str().unwrap().starts_with("Compare ");
        let found = actions.filter(is_one).collect();
        editor.finish();
        found
    };
    assert_eq!(compare(&[]), [] as [Value; 0]);
    let found = compare(&["imageScripts.comparePolicy"]);
    assert_eq!(
        titles(&found),
        [
            "Compare policy with `fedora-43`",
            "Compare policy with `fedora-rawhide`",
            "Compare policy with `ubuntu-26.04`",
        ]
    );
    let command = &found[0]["command"];
    assert_eq!(command["command"], "imageScripts.comparePolicy");
    let arguments =
        json!([{ "root": checkout.root(), "image": "fedora-44", "other": "fedora-43" }]);
    assert_eq!(command["arguments"], arguments);
}

/// Another image, for whom the client has no text: the answer is of the edited documents.
#[test]
fn a_comparison_follows_edits() {
    let checkout = checkout();
    let mut editor = edit!(&checkout);
    let lone = |editor: &mut Editor<'_>| {
        let params = json!({ "image": "fedora-44", "other": "fedora-43" });
        let result = editor.client.call("imageScripts/policy", params);
        let other = result["report"]["difference"]["other"]
            .as_array()
            .unwrap()
            .clone();
        let names = other
            .iter()
            .map(|item| item["name"].as_str().unwrap().to_owned());
        names
            .filter(|name| name.contains("lone"))
            .collect::<Vec<_>>()
    };
    assert_eq!(lone(&mut editor), ["lone.service"]);
    let url = editor.open(NEIGHBOURS);
    let text = editor.text(NEIGHBOURS);
    editor.replace(&url, &text.replace("lone.service", "alone.service"));
    assert_eq!(lone(&mut editor), ["alone.service"]);
    editor.replace(&url, &text.replace("systemctl mask lone.service\n", ""));
    assert_eq!(lone(&mut editor), [] as [&str; 0]);
    editor.finish();
}
