//! Links, symbols, lenses, hints and call hierarchy as clients of more and of less ability get
//! them.

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::{Client, Setup, everywhere};
use image_scripts_ls_tests::start;
use serde_json::{Value, json};

const CONFIG: &str = "image-scripts/images/debian-13/config.sh";
const BUILD: &str = "image-scripts/images/debian-13/build.sh";
const DEBIAN: &str = "image-scripts/include/debian.sh";
const REPOSITORY: &str = "os/configs/image-repository.nix";
const TABLE: &str = "tests/distributions.nix";

const REFRESH_LENSES: &str = "workspace/codeLens/refresh";
const REFRESH_HINTS: &str = "workspace/inlayHint/refresh";

/// Requests about a whole document.
fn of_document(client: &mut Client, method: &str, url: &str) -> Value {
    client.call(
        &format!("textDocument/{method}"),
        json!({ "textDocument": { "uri": url } }),
    )
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value:#}"))
}

#[test]
fn links() {
    let checkout = Checkout::of("clean-2026");
    for tooltips in [false, true] {
        let capabilities =
            json!({ "textDocument": { "documentLink": { "tooltipSupport": tooltips } } });
        let mut client = start!(Setup::at(&checkout).quiet().with(&capabilities));
        let url = client.open_file(&checkout, BUILD, 1);
        let links = of_document(&mut client, "documentLink", &url);
        let targets: Vec<&str> = array(&links)
            .iter()
            .map(|link| link["target"].as_str().unwrap())
            .collect();
        let expected = [
            checkout.url(CONFIG),
            "https://mirror.example.org/debian".to_owned(),
            checkout.url(DEBIAN),
            checkout.url("image-scripts/include/systemd.sh"),
        ];
        assert_eq!(targets, expected);
        for link in array(&links) {
            assert_eq!(link["tooltip"].is_string(), tooltips, "{link}");
        }
        // What is none of ours.
        let other = of_document(&mut client, "documentLink", "file:///nowhere");
        assert_eq!(other, Value::Null);
        client.finish();
    }
}

#[test]
fn symbols() {
    let checkout = Checkout::of("clean-2026");
    for nested in [false, true] {
        let support = json!({ "hierarchicalDocumentSymbolSupport": nested });
        let capabilities = json!({ "textDocument": { "documentSymbol": support } });
        let mut client = start!(Setup::at(&checkout).quiet().with(&capabilities));
        let url = client.open_file(&checkout, REPOSITORY, 1);
        let symbols = of_document(&mut client, "documentSymbol", &url);
        let debian = array(&symbols)
            .iter()
            .find(|symbol| symbol["name"] == "debian");
        let debian = debian.expect("a distribution");
        if nested {
            let children = array(&debian["children"]);
            assert!(children.iter().any(|child| child["name"] == "13"));
            assert!(debian.get("location").is_none());
        } else {
            assert_eq!(debian["location"]["uri"], json!(url));
            let entry = array(&symbols)
                .iter()
                .find(|symbol| symbol["name"] == "13" && symbol["containerName"] == "debian");
            assert!(entry.is_some());
        }
        let script = client.open_file(&checkout, BUILD, 1);
        let symbols = of_document(&mut client, "documentSymbol", &script);
        let mut names = array(&symbols).iter().map(|symbol| &symbol["name"]);
        assert!(names.any(|name| name == "RELNAME"));
        client.notify(
            "workspace/didChangeConfiguration",
            json!({ "settings": { "imageScripts": { "outline": "never" } } }),
        );
        assert_eq!(
            of_document(&mut client, "documentSymbol", &script),
            Value::Null
        );

        let found = client.call("workspace/symbol", json!({ "query": "debian-13" }));
        let best = &array(&found)[0];
        assert_eq!(best["name"], "debian-13");
        assert_eq!(best["containerName"], "image, published");
        assert_eq!(best["location"]["uri"], json!(script));
        let all = client.call("workspace/symbol", json!({ "query": "" }));
        assert!((100..=500).contains(&array(&all).len()));
        let none = client.call("workspace/symbol", json!({ "query": "nothing like it" }));
        assert_eq!(none, json!([]));
        client.finish();
    }
}

/// The lenses of a document, resolved.
fn lenses(client: &mut Client, url: &str) -> Vec<Value> {
    let lenses = of_document(client, "codeLens", url);
    let resolve = |lens: &Value| {
        assert!(lens.get("command").is_none(), "titles are for later");
        let resolved = client.call("codeLens/resolve", lens.clone());
        assert_eq!(resolved["range"], lens["range"]);
        resolved
    };
    array(&lenses).to_vec().iter().map(resolve).collect()
}

fn with_title<'l>(lenses: &'l [Value], title: &str) -> &'l Value {
    let found = lenses.iter().find(|lens| lens["command"]["title"] == title);
    found.unwrap_or_else(|| panic!("no `{title}` in {lenses:#?}"))
}

#[test]
fn lenses_of_clients_with_our_commands_and_without() {
    let checkout = Checkout::of("clean-2026");
    for commands in [
        json!([]),
        json!(["imageScripts.showReferences", "imageScripts.runTest"]),
    ] {
        let with = !array(&commands).is_empty();
        let options = json!({ "bash": false, "commands": commands });
        let mut client = start!(Setup::at(&checkout).options(options));
        let url = client.open_file(&checkout, BUILD, 1);
        let found = lenses(&mut client, &url);
        let published = with_title(&found, "published as debian 13: latest, stable");
        assert_eq!(published["range"]["start"]["line"], 0);
        let tested = found.iter().any(|lens| {
            let title = lens["command"]["title"].as_str().unwrap();
            title.starts_with("tested by ")
        });
        assert!(tested);
        if with {
            let command = &published["command"];
            assert_eq!(command["command"], "imageScripts.showReferences");
            let arguments = array(&command["arguments"]);
            assert_eq!(arguments[0], json!(url));
            assert_eq!(arguments[1], published["range"]["start"]);
            assert_eq!(arguments[2][0]["uri"], json!(checkout.url(REPOSITORY)));
            let run = with_title(&found, "run image-scripts/test@debian-13");
            assert_eq!(run["command"]["command"], "imageScripts.runTest");
            assert_eq!(
                run["command"]["arguments"],
                json!([["test", "image-scripts/test@debian-13"]])
            );
            let list = with_title(&found, "list its tests");
            assert_eq!(
                list["command"]["arguments"],
                json!([["ls", "image-scripts/test@debian-13"]])
            );
            let syntax = with_title(&found, "bash -n");
            assert_eq!(
                syntax["command"]["arguments"],
                json!([["bash", "-n", CONFIG, BUILD]])
            );
        } else {
            assert_eq!(found.len(), 2);
            for lens in &found {
                assert_eq!(lens["command"]["command"], "", "{lens}");
                assert!(lens["command"].get("arguments").is_none());
            }
        }
        let include = client.open_file(&checkout, DEBIAN, 1);
        let found = lenses(&mut client, &include);
        assert!(found.iter().any(|lens| {
            let title = lens["command"]["title"].as_str().unwrap();
            title.starts_with("used by ") && title.ends_with(" images")
        }));
        // A lens of a helper that has gone by then says nothing.
        let old = of_document(&mut client, "codeLens", &include);
        client.replace(&include, 2, "true\n");
        let resolved = client.call("codeLens/resolve", old[0].clone());
        assert_eq!(resolved["command"]["title"], "");
        client.finish();
    }
}

/// The labels of a document's hints.
fn hints(client: &mut Client, url: &str) -> Vec<String> {
    let params = json!({ "textDocument": { "uri": url }, "range": everywhere() });
    let hints = client.call("textDocument/inlayHint", params);
    let hints = hints.as_array().cloned().unwrap_or_default();
    let label = |hint: &Value| hint["label"].as_str().unwrap().to_owned();
    hints.iter().map(label).collect()
}

#[test]
fn hints_as_they_are_wanted() {
    let checkout = Checkout::of("clean-2026");
    for (setting, identity, rows) in [
        (Value::Null, true, true),
        (json!(true), true, true),
        (json!(false), false, false),
        (json!({ "rows": false, "members": false }), true, false),
        (json!({ "identity": false, "builder": false }), false, true),
    ] {
        let mut options = json!({ "bash": false });
        if !setting.is_null() {
            options["hints"] = setting;
        }
        let mut client = start!(Setup::at(&checkout).options(options));
        let url = client.open_file(&checkout, CONFIG, 1);
        let found = hints(&mut client, &url);
        assert_eq!(
            found.iter().any(|label| label == "debian 13 x86_64"),
            identity,
            "{found:?}"
        );
        let url = client.open_file(&checkout, TABLE, 1);
        let found = hints(&mut client, &url);
        assert_eq!(found.iter().any(|label| label == "-> alpine-3.24"), rows);
        client.finish();
    }
}

#[test]
fn an_alias_is_known_by_the_name_it_was_opened_by() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(Setup::at(&checkout).quiet());
    for release in ["3.22", "3.23"] {
        let path = format!("image-scripts/images/alpine-{release}/config.sh");
        let url = client.open_file(&checkout, &path, 1);
        let found = hints(&mut client, &url);
        let expected = format!("alpine {release} x86_64");
        assert!(found.contains(&expected), "{found:?}");
        let found = lenses(&mut client, &url);
        let title = found[0]["command"]["title"].as_str().unwrap();
        let expected = format!("published as alpine {release}");
        assert!(title.starts_with(&expected), "{title}");
    }
    client.finish();
}

#[test]
fn wrong_settings_of_hints_are_logged() {
    let checkout = Checkout::of("clean-2026");
    let options = json!({ "bash": false, "hints": { "colour": true, "rows": 1 } });
    let mut client = start!(Setup::at(&checkout).options(options));
    client.warning(&["hints.colour"]);
    client.warning(&["hints.rows", "wrong type"]);
    client.finish();
}

#[test]
fn they_are_asked_for_again_when_another_file_says_something_else() {
    let checkout = Checkout::of("clean-2026");
    let support = json!({ "refreshSupport": true });
    let capabilities = json!({ "workspace": { "codeLens": support, "inlayHint": support } });
    let mut client = start!(Setup::at(&checkout).quiet().with(&capabilities));
    let config = client.open_file(&checkout, CONFIG, 1);
    let repository = client.open_file(&checkout, REPOSITORY, 1);
    let text = checkout.read(REPOSITORY).replace("\"13\" =", "\"14\" =");
    client.replace(&repository, 2, &text);
    // The second one is not sent before the first is answered.
    for method in [REFRESH_LENSES, REFRESH_HINTS] {
        let request = client.server_request(method);
        client.respond(&request, Value::Null);
    }
    let found = lenses(&mut client, &config);
    with_title(&found, "not published");
    client.close(&config);
    client.barrier();
    // Nobody else looks: nothing is requested.
    client.replace(&repository, 3, &checkout.read(REPOSITORY));
    client.sync(&repository);
    client.finish();
}

#[test]
fn a_client_that_cannot_is_never_asked_to_ask_again() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(Setup::at(&checkout).quiet());
    client.open_file(&checkout, CONFIG, 1);
    let repository = client.open_file(&checkout, REPOSITORY, 1);
    client.replace(&repository, 2, "{ }\n");
    client.sync(&repository);
    client.finish();
}

#[test]
fn calls() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(Setup::at(&checkout).quiet());
    let url = client.open_file(&checkout, BUILD, 1);
    let line = checkout.read(BUILD);
    let line = line.lines().position(|line| line == "bootstrap").unwrap();
    let params = json!({
        "textDocument": { "uri": url },
        "position": { "line": line, "character": 3 },
    });
    let items = client.call("textDocument/prepareCallHierarchy", params);
    let item = &array(&items)[0];
    assert_eq!(array(&items).len(), 1, "this family's alone: {items:#}");
    assert_eq!(item["name"], "bootstrap");
    assert_eq!(item["uri"], json!(checkout.url(DEBIAN)));
    assert_eq!(item["data"], json!({ "path": DEBIAN, "name": "bootstrap" }));

    let calls = client.call("callHierarchy/incomingCalls", json!({ "item": item }));
    let own = array(&calls)
        .iter()
        .find(|call| call["from"]["name"] == "debian-13")
        .expect("the image");
    assert_eq!(own["from"]["kind"], 1);
    assert_eq!(own["from"]["uri"], json!(url));
    assert_eq!(own["fromRanges"][0]["start"]["line"], json!(line));

    let script = json!({ "item": own["from"] });
    let none = client.call("callHierarchy/incomingCalls", script.clone());
    assert_eq!(none, json!([]));
    let calls = client.call("callHierarchy/outgoingCalls", script);
    let names: Vec<&str> = array(&calls)
        .iter()
        .map(|call| call["to"]["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"bootstrap") && names.contains(&"configure-debian"));
    client.finish();
}
