//! Messages take effect in the order of the wire: a request sees every edit before it and none
//! after it.

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::{Client, Response, Setup, everywhere, frame, notification};
use image_scripts_ls_tests::model::{Model, Unit, random_text};
use image_scripts_ls_tests::random::Random;
use image_scripts_ls_tests::start;
use serde_json::{Value, json};

/// Documents of every kind, one of them not on the disk.
const DOCUMENTS: [&str; 6] = [
    "image-scripts/images/debian-13/build.sh",
    "image-scripts/images/debian-13/config.sh",
    "image-scripts/images/new-1/config.sh",
    "os/configs/image-repository.nix",
    "tests/distributions.nix",
    ".image-scripts.toml",
];

const EDITS: usize = 2_000;

/// What a request in between must have seen.
enum Expected {
    Text(i64, String),
    Actions(i64),
}

fn edits_and_requests(unit: Unit, seed: u64) {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(Setup::at(&checkout).quiet().encoding(unit.name()));
    let mut random = Random::new(seed);
    let mut documents: Vec<(String, Model, i64)> = Vec::new();
    for path in DOCUMENTS {
        let url = checkout.url(path);
        let text = if checkout.path(path).exists() {
            checkout.read(path)
        } else {
            random_text(&mut random, 60)
        };
        client.open(&url, 1, &text);
        documents.push((url, Model::new(&text, unit), 1));
    }
    let mut expected = Vec::new();
    for _ in 0..EDITS {
        let at = random.below(documents.len());
        let (url, model, version) = &mut documents[at];
        *version += 1;
        let changes: Vec<Value> = (0..1 + random.below(3))
            .map(|_| model.change(&mut random))
            .collect();
        client.change(url, *version, json!(changes));
        match random.below(12) {
            0 | 1 => {
                let id = client.request("imageScripts/test/text", json!({ "uri": url }));
                expected.push(Expected::Text(id, model.text()));
            }
            2 => expected.push(Expected::Actions(
                client.request_actions(url, &everywhere()),
            )),
            _ => {}
        }
    }
    for expected in expected {
        match expected {
            Expected::Text(id, text) => assert_eq!(client.response(id), Ok(json!(text))),
            Expected::Actions(id) => drop(client.actions_of(id)),
        }
    }
    for (url, model, _) in &documents {
        assert_eq!(client.text(url).as_deref(), Some(&*model.text()), "{url}");
    }
    client.finish();
}

#[test]
fn thousands_of_edits_in_utf_8() {
    edits_and_requests(Unit::Utf8, 8);
}

#[test]
fn thousands_of_edits_in_utf_16() {
    edits_and_requests(Unit::Utf16, 16);
}

#[test]
fn thousands_of_edits_in_utf_32() {
    edits_and_requests(Unit::Utf32, 32);
}

/// The names that the actions on a document change the misspelt builder to.
fn offered(answer: Response) -> Vec<String> {
    let answer = answer.unwrap();
    let titles = answer
        .as_array()
        .into_iter()
        .flatten()
        .map(|action| action["title"].as_str().unwrap());
    titles
        .filter_map(|title| title.strip_prefix("Change to `")?.strip_suffix('`'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn actions_are_those_of_the_edits_before_them() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(Setup::at(&checkout).quiet());
    let url = client.open_file(&checkout, "image-scripts/images/debian-13/config.sh", 1);
    let builders = ["fedora", "ubuntu", "devuan", "nixos"];
    let mut bytes = Vec::new();
    let mut requests = Vec::new();
    // All in one piece: each request waits in the queue while the edits after it are there already.
    for version in 2..102 {
        let builder = builders[usize::try_from(version).unwrap() % builders.len()];
        let change = json!({
            "textDocument": { "uri": url, "version": version },
            "contentChanges": [{ "text": format!("BUILDER={builder}x\n") }],
        });
        let params = json!({ "textDocument": { "uri": url }, "range": everywhere(), "context": { "diagnostics": [] } });
        let (id, request) = client.make_request("textDocument/codeAction", params);
        for message in [notification("textDocument/didChange", change), request] {
            bytes.extend(frame(message.to_string().as_bytes()));
        }
        requests.push((id, version, builder));
    }
    client.send_bytes(&bytes);
    for (id, version, builder) in requests {
        let answer = client.response(id);
        for action in answer.as_ref().unwrap().as_array().unwrap() {
            let document = &action["edit"]["documentChanges"][0]["textDocument"];
            if document["uri"] == url.as_str() {
                assert_eq!(
                    document["version"], version,
                    "an edit for one text carries another's version"
                );
            }
        }
        assert!(
            offered(answer).contains(&builder.to_owned()),
            "version {version} has `{builder}x`"
        );
    }
    client.finish();
}

#[test]
fn four_hundred_requests_at_once_while_ours_wait() {
    let checkout = Checkout::of("contribution");
    let capabilities = json!({
        "window": { "workDoneProgress": true },
        // Edits are computed when they are requested: this is about order, not about work.
        "textDocument": {
            "codeAction": { "dataSupport": true, "resolveSupport": { "properties": ["edit"] } },
        },
        "workspace": {
            "configuration": true,
            "didChangeWatchedFiles": { "dynamicRegistration": true, "relativePatternSupport": true },
        },
    });
    let mut client = start!(Setup::at(&checkout).quiet().with(&capabilities));
    let url = client.open_file(&checkout, "image-scripts/images/ubuntu-26.10/config.sh", 1);
    let ids: Vec<i64> = (0..400)
        .map(|count| {
            if count % 10 == 0 {
                // Each has the settings requested again.
                client.notify(
                    "workspace/didChangeConfiguration",
                    json!({ "settings": null }),
                );
            }
            client.request_actions(&url, &everywhere())
        })
        .collect();
    let first = client.actions_of(ids[0]);
    assert!(!first.is_empty());
    for id in &ids[1..] {
        assert_eq!(client.actions_of(*id), first);
    }
    // And nobody is confused by late answers.
    for method in [
        "window/workDoneProgress/create",
        "client/registerCapability",
    ] {
        let request = client.server_request(method);
        client.respond(&request, Value::Null);
    }
    for _ in 0..41 {
        let request = client.server_request("workspace/configuration");
        client.respond(&request, json!([{ "bash": false }]));
    }
    assert_eq!(client.actions(&url, &everywhere()), first);
    client.finish();
}

#[test]
fn a_flood_of_edits() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(Setup::at(&checkout).quiet());
    let path = "image-scripts/include/common.sh";
    let url = client.open_file(&checkout, path, 1);
    let mut bytes = Vec::new();
    let mut typed = String::new();
    for version in 2..5_002 {
        let character = if version % 50 == 0 { "\n" } else { "#" };
        let line = typed.matches('\n').count();
        let column = typed.len() - typed.rfind('\n').map_or(0, |at| at + 1);
        let change = json!({
            "textDocument": { "uri": url, "version": version },
            "contentChanges": [{
                "range": { "start": { "line": line, "character": column }, "end": { "line": line, "character": column } },
                "text": character,
            }],
        });
        typed.push_str(character);
        bytes.extend(frame(
            notification("textDocument/didChange", change)
                .to_string()
                .as_bytes(),
        ));
    }
    client.send_bytes(&bytes);
    client.barrier();
    assert_eq!(client.text(&url), Some(typed + &checkout.read(path)));
    client.finish();
}

#[test]
fn the_last_edit_is_judged_without_anybody_asking() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(Setup::at(&checkout).quiet());
    let url = client.open_file(&checkout, "image-scripts/images/debian-13/config.sh", 1);
    client.take_published();
    for version in 2..200 {
        client.replace(&url, version, &format!("BUILDER=none{version}\n"));
    }
    client.replace(&url, 200, "BUILDER=fedoraa\n");
    client.wait_until("the findings of the last version", |client| {
        client
            .diagnostics(&url)
            .iter()
            .any(|d| d["message"].as_str().unwrap().contains("fedoraa"))
    });
    let all_published = client.take_published();
    let versions: Vec<i64> = all_published
        .iter()
        .filter(|p| p.url == url)
        .filter_map(|p| p.version)
        .collect();
    assert!(versions.is_sorted(), "{versions:?}");
    assert_eq!(versions.last(), Some(&200));
    client.finish();
}

#[test]
fn cancelled_requests_are_answered_and_the_rest_goes_on() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(Setup::at(&checkout).quiet());
    let url = client.open_file(&checkout, "image-scripts/images/ubuntu-26.10/config.sh", 1);
    let mut bytes = Vec::new();
    let mut ids = Vec::new();
    for _ in 0..50 {
        let params = json!({ "textDocument": { "uri": url }, "range": everywhere(), "context": { "diagnostics": [] } });
        let (id, request) = client.make_request("textDocument/codeAction", params);
        for message in [
            request,
            notification("$/cancelRequest", json!({ "id": id })),
        ] {
            bytes.extend(frame(message.to_string().as_bytes()));
        }
        ids.push(id);
    }
    client.send_bytes(&bytes);
    for id in ids {
        match client.response(id) {
            // It was too late to cancel it.
            Ok(_) => {}
            Err((code, _)) => assert_eq!(code, -32800),
        }
    }
    assert!(!client.actions(&url, &everywhere()).is_empty());
    client.finish();
}

#[test]
fn one_session_does_not_disturb_another() {
    let checkout = Checkout::of("clean-2024");
    let mut clients: Vec<Client> = (0..4)
        .map(|_| start!(Setup::at(&checkout).quiet()))
        .collect();
    let url = checkout.url("image-scripts/images/arch/config.sh");
    for (number, client) in clients.iter_mut().enumerate() {
        client.open(&url, 1, &format!("BUILDER={number}\n"));
    }
    for (number, client) in clients.iter_mut().enumerate() {
        assert_eq!(client.text(&url), Some(format!("BUILDER={number}\n")));
    }
}
