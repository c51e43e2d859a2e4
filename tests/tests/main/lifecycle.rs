//! Beginning and end of a session, in order and out of order.

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::{
    Client, FileChange, LOG, PUBLISH_DIAGNOSTICS, Setup, everywhere, frame, notification,
};
use image_scripts_ls_tests::{program, start};
use serde_json::{Value, json};

const INVALID_REQUEST: i64 = -32600;
const NOT_INITIALIZED: i64 = -32002;

/// A request of which every server knows what it is.
fn code_action(url: &str) -> Value {
    json!({ "textDocument": { "uri": url }, "range": everywhere(), "context": { "diagnostics": [] } })
}

#[test]
fn in_order() {
    let checkout = Checkout::of("contribution");
    let mut client = Client::spawn(program!());
    let result = client.start(&Setup::at(&checkout).quiet());
    assert_eq!(result["serverInfo"]["name"], "image-scripts-ls");
    assert_eq!(result["capabilities"]["positionEncoding"], "utf-16");
    let capabilities = result["capabilities"].as_object().unwrap();
    // A guest does not format, fold or colour what other servers do.
    for other in [
        "documentFormattingProvider",
        "foldingRangeProvider",
        "semanticTokensProvider",
    ] {
        assert!(!capabilities.contains_key(other), "{other}");
    }
    assert!(
        client.infos().iter().any(|line| line.contains("images")),
        "{:?}",
        client.infos()
    );
    client.finish();
}

#[test]
fn requests_before_initialize_are_refused_and_notifications_dropped() {
    let checkout = Checkout::of("contribution");
    let mut client = Client::spawn(program!());
    assert_eq!(
        client.call_error("textDocument/codeAction", code_action("file:///x")),
        NOT_INITIALIZED
    );
    assert_eq!(client.call_error("shutdown", Value::Null), NOT_INITIALIZED);
    assert_eq!(
        client.call_error("no/such/method", Value::Null),
        NOT_INITIALIZED
    );
    let url = client.open_file(&checkout, "image-scripts/images/ubuntu-26.10/config.sh", 1);
    client.start(&Setup::at(&checkout).quiet());
    assert_eq!(client.text(&url), None);
    client.finish();
}

#[test]
fn a_second_initialize_is_refused() {
    let checkout = Checkout::of("clean-2024");
    let setup = Setup::at(&checkout).quiet();
    let mut client = start!(setup);
    assert_eq!(
        client.call_error("initialize", setup.params().clone()),
        INVALID_REQUEST
    );
    client.finish();
}

#[test]
fn nothing_is_said_before_initialized() {
    let checkout = Checkout::of("contribution");
    let mut client = Client::spawn(program!());
    // Reading the folders, a setting to complain of, the requests of a capable client.
    let capabilities = json!({
        "window": { "workDoneProgress": true },
        "workspace": {
            "configuration": true,
            "didChangeWatchedFiles": { "dynamicRegistration": true, "relativePatternSupport": true },
        },
    });
    let setup = Setup::at(&checkout)
        .with(&capabilities)
        .options(json!({ "bash": false, "nonsense": 1 }));
    client.call("initialize", setup.params().clone());
    client.barrier();
    assert!(client.take_published().is_empty());
    assert!(client.infos().is_empty());
    client.assert_nothing_left();
    client.notify("initialized", json!({}));
    client.warning(&["nonsense"]);
    client.barrier();
    assert!(!client.take_published().is_empty());
    let progress = client.server_request("window/workDoneProgress/create");
    client.respond(&progress, Value::Null);
    let settings = client.server_request("workspace/configuration");
    client.respond(&settings, json!([null]));
    let watch = client.server_request("client/registerCapability");
    client.respond(&watch, Value::Null);
    client.finish();
}

#[test]
fn what_is_pipelined_behind_initialize_is_not_lost() {
    let checkout = Checkout::of("contribution");
    let path = "image-scripts/images/ubuntu-26.10/config.sh";
    let (url, text) = (checkout.url(path), checkout.read(path));
    let mut client = Client::spawn(program!());
    let (hello, initialize) =
        client.make_request("initialize", Setup::at(&checkout).quiet().params().clone());
    let document = json!({ "uri": url, "languageId": "shellscript", "version": 1, "text": text });
    let change = json!({ "textDocument": { "uri": url, "version": 2 }, "contentChanges": [{ "text": "BUILDER=ubuntuu\n" }] });
    let (actions, code_action) = client.make_request("textDocument/codeAction", code_action(&url));
    let (text, get_text) = client.make_request("imageScripts/test/text", json!({ "uri": url }));
    let messages = [
        initialize,
        notification("initialized", json!({})),
        notification("textDocument/didOpen", json!({ "textDocument": document })),
        notification("textDocument/didChange", change),
        code_action,
        get_text,
    ];
    let bytes: Vec<u8> = messages
        .iter()
        .flat_map(|message| frame(message.to_string().as_bytes()))
        .collect();
    client.send_bytes(&bytes);
    assert!(client.response(hello).is_ok());
    let titles: Vec<Value> = client
        .actions_of(actions)
        .iter()
        .map(|action| action["title"].clone())
        .collect();
    assert!(titles.contains(&json!("Change to `ubuntu`")), "{titles:?}");
    assert_eq!(client.response(text), Ok(json!("BUILDER=ubuntuu\n")));
    assert!(
        client.codes(&url).contains(&"unknown-builder"),
        "{:?}",
        client.codes(&url)
    );
    client.finish();
}

#[test]
fn requests_after_shutdown_are_refused() {
    let checkout = Checkout::of("clean-2024");
    let mut client = start!(Setup::at(&checkout).quiet());
    assert_eq!(client.call("shutdown", Value::Null), Value::Null);
    assert_eq!(
        client.call_error("textDocument/codeAction", code_action("file:///x")),
        INVALID_REQUEST
    );
    assert_eq!(client.call_error("shutdown", Value::Null), INVALID_REQUEST);
    client.files_changed(&[("file:///x", FileChange::Changed)]);
    client.notify("exit", Value::Null);
    assert_eq!(client.exit_status(), 0);
}

#[test]
fn exit_ends_the_process_while_its_input_is_open() {
    let checkout = Checkout::of("clean-2024");
    for (shutdown, status) in [(true, 0), (false, 1)] {
        let mut client = start!(Setup::at(&checkout).quiet());
        if shutdown {
            client.call("shutdown", Value::Null);
        }
        client.notify("exit", Value::Null);
        assert_eq!(client.exit_status(), status);
    }
}

#[test]
fn exit_before_initialize() {
    let mut client = Client::spawn(program!());
    client.notify("exit", Value::Null);
    assert_eq!(client.exit_status(), 1);
}

#[test]
fn the_end_of_input_ends_the_process() {
    let checkout = Checkout::of("clean-2024");
    for (shutdown, status) in [(true, 0), (false, 1)] {
        let mut client = start!(Setup::at(&checkout));
        let id = client.request("textDocument/codeAction", code_action("file:///x"));
        if shutdown {
            client.call("shutdown", Value::Null);
        }
        client.close_input();
        assert_eq!(client.exit_status(), status);
        // Earlier requests are answered all the same.
        assert!(client.response(id).is_ok());
    }
}

#[test]
fn answers_are_written_before_the_end() {
    let checkout = Checkout::of("contribution");
    let mut client = Client::spawn(program!());
    let (hello, initialize) =
        client.make_request("initialize", Setup::at(&checkout).quiet().params().clone());
    let (bye, shutdown) = client.make_request("shutdown", Value::Null);
    let messages = [
        initialize,
        notification("initialized", json!({})),
        shutdown,
        notification("exit", Value::Null),
    ];
    let bytes: Vec<u8> = messages
        .iter()
        .flat_map(|message| frame(message.to_string().as_bytes()))
        .collect();
    client.send_bytes(&bytes);
    assert!(client.response(hello).is_ok());
    assert_eq!(client.response(bye), Ok(Value::Null));
    assert_eq!(client.exit_status(), 0);
}

#[test]
fn a_client_without_folders_is_served() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(Setup::folders([]).quiet());
    assert!(client.with_findings().is_empty());
    // The checkout is found around the first document.
    let url = client.open_file(&checkout, "image-scripts/images/ubuntu-26.10/config.sh", 1);
    client.barrier();
    assert!(!client.codes(&url).is_empty());
    client.finish();
}

#[test]
fn the_root_of_older_clients() {
    let checkout = Checkout::of("contribution");
    let roots = [
        json!({ "rootUri": checkout.url("") }),
        json!({ "rootPath": checkout.root() }),
        json!({ "rootUri": checkout.url(""), "workspaceFolders": [] }),
    ];
    for mut params in roots {
        params["capabilities"] = json!({});
        params["initializationOptions"] = json!({ "bash": false });
        let mut client = Client::spawn(program!());
        client.call("initialize", params);
        client.notify("initialized", json!({}));
        client.barrier();
        assert!(!client.with_findings().is_empty());
        client.finish();
    }
}

#[test]
fn a_strict_client_notices_what_is_left_over() {
    let checkout = Checkout::of("clean-2024");
    let result = std::panic::catch_unwind(|| {
        let mut client =
            start!(Setup::at(&checkout).options(json!({ "bash": false, "nonsense": 1 })));
        client.allow(LOG);
        client.allow(PUBLISH_DIAGNOSTICS);
    });
    assert!(result.is_err(), "a warning was left over");
}

/// A process that waits, until it is killed.
fn waiting_process() -> std::process::Child {
    // Its input is a pipe that nobody writes to.
    let mut command = std::process::Command::new("cat");
    command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null());
    command.spawn().unwrap()
}

#[test]
fn a_client_whose_process_is_gone() {
    let checkout = Checkout::of("clean-2024");
    for is_reaped in [true, false] {
        let mut editor = waiting_process();
        let setup = Setup::at(&checkout).quiet().process(editor.id());
        let mut client = start!(setup);
        client.barrier();
        editor.kill().unwrap();
        if is_reaped {
            editor.wait().unwrap();
        }
        // The pipe to the server is open still.
        assert_eq!(client.exit_status(), 1);
        editor.wait().unwrap();
    }
    // It was gone before the server knew of it.
    let mut editor = waiting_process();
    let id = editor.id();
    editor.kill().unwrap();
    editor.wait().unwrap();
    let mut client = Client::spawn(program!());
    client.request(
        "initialize",
        Setup::at(&checkout).process(id).params().clone(),
    );
    assert_eq!(client.exit_status(), 1);
    client.forget_responses();
}

#[test]
fn a_client_whose_process_is_there() {
    let checkout = Checkout::of("clean-2024");
    let setup = Setup::at(&checkout).quiet().process(std::process::id());
    start!(setup).finish();
    // Numbers that no process can have say nothing.
    for id in [0, u32::MAX] {
        start!(Setup::at(&checkout).quiet().process(id)).finish();
    }
}
