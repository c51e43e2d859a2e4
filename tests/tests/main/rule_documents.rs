//! Documentation of rules in editors: the codes of findings lead to documents of the server.

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::{Client, Setup};
use image_scripts_ls_tests::start;
use serde_json::{Value, json};

const CONFIG: &str = "image-scripts/images/ubuntu-26.10/config.sh";

/// The links of the diagnostics of a file, for a client that declares some things.
fn links(options: &Value, supported: bool) -> Vec<Value> {
    let checkout = Checkout::of("contribution");
    let setup = Setup::at(&checkout).options(options.clone());
    let setup = setup.with(&json!({
        "textDocument": { "publishDiagnostics": { "codeDescriptionSupport": supported } },
    }));
    let mut client: Client = start!(&setup);
    let url = client.open_file(&checkout, CONFIG, 1);
    client.wait_for_codes(&url, &["missing-repository-entry", "unknown-builder"]);
    let diagnostics = client.diagnostics(&url).iter();
    let links = diagnostics
        .map(|diagnostic| diagnostic["codeDescription"].clone())
        .collect();
    client.finish();
    links
}

#[test]
fn codes_lead_to_documents_of_the_server() {
    let options = json!({ "bash": false, "ruleDocuments": true });
    let link = |code: &str| json!({ "href": format!("image-scripts-rule:/{code}.md") });
    assert_eq!(
        links(&options, true),
        [link("missing-repository-entry"), link("unknown-builder")]
    );
    // Who does not show them gets none.
    for (options, supported) in [(options, false), (json!({ "bash": false }), true)] {
        assert_eq!(links(&options, supported), [Value::Null, Value::Null]);
    }
}

/// The actions that explain a rule, for a client that carries out some commands.
fn explanations(commands: &[&str]) -> Vec<(Value, Value)> {
    let checkout = Checkout::of("contribution");
    let setup = Setup::at(&checkout).options(json!({ "bash": false, "commands": commands }));
    let mut client: Client = start!(&setup);
    let url = client.open_file(&checkout, CONFIG, 1);
    client.wait_for_codes(&url, &["missing-repository-entry", "unknown-builder"]);
    let line = json!({ "line": 0, "character": 9 });
    let params = json!({
        "textDocument": { "uri": url },
        "range": { "start": line, "end": line },
        "context": { "diagnostics": [] },
    });
    let actions = client.call("textDocument/codeAction", params);
    let actions = actions.as_array().into_iter().flatten();
    let found = actions
        .filter(|action| action["title"].as_str().unwrap().starts_with("Explain"))
        .map(|action| {
            (
                action["title"].clone(),
                action["command"]["arguments"].clone(),
            )
        })
        .collect();
    client.finish();
    found
}

#[test]
fn an_action_explains_each_finding() {
    let action = |code: &str| {
        (
            json!(format!("Explain `{code}`")),
            json!([{ "code": code }]),
        )
    };
    assert_eq!(
        explanations(&["imageScripts.explainRule"]),
        [
            action("missing-repository-entry"),
            action("unknown-builder")
        ]
    );
    // Who cannot show it gets none.
    assert_eq!(explanations(&[]), []);
}

#[test]
fn documents_are_what_explain_prints() {
    let checkout = Checkout::of("clean-2026");
    let mut client: Client = start!(&Setup::at(&checkout).quiet());
    let page = client.call(
        "imageScripts/ruleDocumentation",
        json!({ "code": "unknown-builder" }),
    );
    let page = page.as_str().unwrap();
    assert!(page.starts_with("# unknown-builder (error)\n"), "{page}");
    for part in [
        "## Why",
        "## How to fix it",
        "## Reported",
        "## Not reported",
    ] {
        assert!(page.contains(&format!("\n{part}\n")), "{part}: {page}");
    }
    let none = client.call(
        "imageScripts/ruleDocumentation",
        json!({ "code": "no-rule" }),
    );
    assert_eq!(none, Value::Null);
    client.finish();
}
