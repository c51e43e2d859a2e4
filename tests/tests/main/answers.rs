//! Hover, signature help and completion, for clients with different capabilities.

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::{Client, Setup};
use image_scripts_ls_tests::start;
use serde_json::{Value, json};

const BUILD: &str = "image-scripts/images/debian-13/build.sh";

/// A client that shows Markdown and goes through the places of snippets.
fn rich() -> Value {
    let formats = json!(["markdown", "plaintext"]);
    json!({ "textDocument": {
        "hover": { "contentFormat": formats },
        "signatureHelp": { "signatureInformation": { "documentationFormat": formats } },
        "completion": { "completionItem": { "snippetSupport": true, "documentationFormat": formats } },
    } })
}

/// A client at a script of the checkout that has one more line at its end, and the number of it.
fn with_line(checkout: &Checkout, setup: &Setup, line: &str) -> (Client, String, usize) {
    let mut client = start!(setup);
    let text = checkout.read(BUILD);
    let url = checkout.url(BUILD);
    client.open(&url, 1, &format!("{text}{line}\n"));
    (client, url, text.lines().count())
}

fn at(url: &str, line: usize, character: usize) -> Value {
    json!({
        "textDocument": { "uri": url },
        "position": { "line": line, "character": character },
    })
}

#[test]
fn hover_in_markdown_and_in_plain_text() {
    let checkout = Checkout::of("clean-2026");
    let line = "configure-sshd UsePAM no";
    for (setup, kind, mark) in [
        (
            Setup::at(&checkout).quiet().with(&rich()),
            "markdown",
            "```bash",
        ),
        (
            Setup::at(&checkout).quiet(),
            "plaintext",
            "configure-sshd option value",
        ),
    ] {
        let (mut client, url, last) = with_line(&checkout, &setup, line);
        let hover = client.call("textDocument/hover", at(&url, last, 3));
        assert_eq!(hover["contents"]["kind"], kind);
        let text = hover["contents"]["value"].as_str().unwrap();
        assert!(text.starts_with(mark), "{text}");
        assert!(text.contains("Sets one option of the SSH server"), "{text}");
        assert_eq!(text.contains('`'), kind == "markdown", "{text}");
        assert_eq!(hover["range"]["start"]["character"], 0);
        assert_eq!(hover["range"]["end"]["character"], 14);
        // What is not the checkout's is another server's.
        let other = client.call("textDocument/hover", at(&url, last, 20));
        assert_eq!(other, Value::Null);
        client.finish();
    }
}

#[test]
fn signature_help_follows_the_arguments() {
    let checkout = Checkout::of("clean-2026");
    let line = "configure-sshd UsePAM no";
    for (setup, kind) in [
        (Setup::at(&checkout).quiet().with(&rich()), "markdown"),
        (Setup::at(&checkout).quiet(), "plaintext"),
    ] {
        let (mut client, url, last) = with_line(&checkout, &setup, line);
        for (character, active) in [(15, 0), (21, 0), (22, 1), (24, 1)] {
            let help = client.call("textDocument/signatureHelp", at(&url, last, character));
            assert_eq!(help["activeParameter"], active, "{help:#}");
            let signature = &help["signatures"][0];
            assert_eq!(signature["label"], "configure-sshd option value");
            assert_eq!(signature["parameters"][1]["label"], "value");
            assert_eq!(signature["documentation"]["kind"], kind);
        }
        let none = client.call("textDocument/signatureHelp", at(&url, last, 5));
        assert_eq!(none, Value::Null);
        client.finish();
    }
}

#[test]
fn completion_and_what_is_said_of_an_item() {
    let checkout = Checkout::of("clean-2026");
    for (setup, snippets) in [
        (Setup::at(&checkout).quiet().with(&rich()), true),
        (Setup::at(&checkout).quiet(), false),
    ] {
        let (mut client, url, last) = with_line(&checkout, &setup, "configure-ap");
        let list = client.call("textDocument/completion", at(&url, last, 12));
        assert_eq!(list["isIncomplete"], false);
        let items = list["items"].as_array().unwrap();
        let found = items
            .iter()
            .find(|item| item["label"] == "configure-append");
        let item = found.expect("it is offered").clone();
        let edit = &item["textEdit"];
        assert_eq!(edit["range"]["start"]["character"], 0);
        let text = edit["newText"].as_str().unwrap();
        match snippets {
            true => {
                assert_eq!(item["insertTextFormat"], 2);
                assert_eq!(text, "configure-append <<EOF\n$0\nEOF");
            }
            false => {
                assert!(item.get("insertTextFormat").is_none(), "{item:#}");
                assert_eq!(text, "configure-append");
            }
        }
        // What is said of it comes later.
        assert!(item.get("documentation").is_none());
        let resolved = client.call("completionItem/resolve", item);
        let documentation = &resolved["documentation"];
        assert_eq!(
            documentation["kind"],
            if snippets { "markdown" } else { "plaintext" }
        );
        let said = documentation["value"].as_str().unwrap();
        assert!(said.contains("Adds standard input"), "{said}");
        assert_eq!(said.contains('`'), snippets, "{said}");
        client.finish();
    }
}

#[test]
fn a_function_of_another_include_brings_the_line_that_sources_it() {
    let checkout = Checkout::of("clean-2026");
    let setup = Setup::at(&checkout).quiet();
    let (mut client, url, last) = with_line(&checkout, &setup, "configure-");
    let list = client.call("textDocument/completion", at(&url, last, 10));
    let items = list["items"].as_array().unwrap();
    let also = items
        .iter()
        .find(|item| item["detail"] == "nixos.sh" && item.get("additionalTextEdits").is_some())
        .map(|item| item["additionalTextEdits"][0]["newText"].clone());
    let also = also.expect("nixos.sh is not sourced here");
    assert!(
        also.as_str().unwrap().contains("$INCLUDE/nixos.sh"),
        "{also}"
    );
    // Sorted as they are ranked: what is defined here comes before.
    let sort = |detail: &str| {
        let item = items.iter().find(|item| item["detail"] == detail);
        item.unwrap()["sortText"].as_str().unwrap().to_owned()
    };
    assert!(sort("common.sh") < sort("nixos.sh"));
    client.finish();
}

#[test]
fn hover_of_a_builder_leads_to_the_readme_where_it_speaks_of_builders() {
    let checkout = Checkout::of("clean-2026");
    let hover = |text: &str| {
        checkout.write("image-scripts/README.md", text);
        let mut client = start!(&Setup::at(&checkout).quiet().with(&rich()));
        let url = checkout.url("image-scripts/images/debian-13/config.sh");
        let hover = client.call("textDocument/hover", at(&url, 0, 10));
        client.finish();
        hover["contents"]["value"].as_str().unwrap().to_owned()
    };
    let url = checkout.url("image-scripts/README.md");
    let link = format!("\n\n[Builders, in image-scripts/README.md]({url}#L4)");
    let text = hover("# Images\n\nBuilders\n### Builders\nAre containers.\n");
    assert!(text.ends_with(&link), "{text}");
    let text = hover("# Images\n\nBuilders\n");
    assert!(
        text.contains("Builder `debian`") && !text.contains("README"),
        "{text}"
    );
}

#[test]
fn hover_says_what_is_wrong_with_an_image_and_what_its_marker_means() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(Setup::at(&checkout).quiet());
    let text = checkout.read("os/configs/image-repository.nix");
    let line = text
        .lines()
        .position(|line| line.contains("\"musl-systemd\" = {"))
        .unwrap();
    let column = text.lines().nth(line).unwrap().find("musl-").unwrap();
    let url = checkout.url("os/configs/image-repository.nix");
    client.open(&url, 1, &text);
    let hover = client.call("textDocument/hover", at(&url, line, column));
    let said = hover["contents"]["value"].as_str().unwrap();
    assert!(
        said.contains("Findings: ") && said.contains("stray-abstract"),
        "{said}"
    );

    let url = checkout.url("image-scripts/images/gentoo-musl-systemd/abstract");
    client.open(&url, 1, "");
    let hover = client.call("textDocument/hover", at(&url, 0, 0));
    let said = hover["contents"]["value"].as_str().unwrap();
    assert!(said.contains("not an image itself"), "{said}");
    client.finish();
}
