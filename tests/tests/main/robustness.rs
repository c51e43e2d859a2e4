//! What no client should send and no file should hold: it costs one answer, never the server.

use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::{Client, Setup, everywhere, frame, range};
use image_scripts_ls_tests::report::published;
use image_scripts_ls_tests::{program, start};
use serde_json::{Value, json};

const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const METHOD_NOT_FOUND: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;
const INTERNAL_ERROR: i64 = -32603;

const DEEP: usize = 100_000;

fn session(checkout: &Checkout) -> Client {
    start!(Setup::at(checkout).quiet())
}

#[test]
fn a_handler_that_panics() {
    let checkout = Checkout::of("clean-2024");
    let mut client = session(&checkout);
    client.allow_crashes();
    for _ in 0..3 {
        assert_eq!(
            client.call_error("imageScripts/test/panic", Value::Null),
            INTERNAL_ERROR
        );
        client.barrier();
    }
    assert!(client.stderr().contains("requested"));
    client.finish();
}

#[test]
fn bodies_that_are_no_messages() {
    let checkout = Checkout::of("clean-2024");
    let mut client = session(&checkout);
    let bodies: [(&[u8], i64); 14] = [
        (b"", PARSE_ERROR),
        (b"nonsense", PARSE_ERROR),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,", PARSE_ERROR),
        (b"\"\xff\xfe\"", PARSE_ERROR),
        (b"{}{}", PARSE_ERROR),
        (b"[]", INVALID_REQUEST),
        (b"[{\"jsonrpc\":\"2.0\",\"method\":\"x\"}]", INVALID_REQUEST),
        (b"17", INVALID_REQUEST),
        (b"null", INVALID_REQUEST),
        (b"{}", INVALID_REQUEST),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"x\"}",
            INVALID_REQUEST,
        ),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"x\"}",
            INVALID_REQUEST,
        ),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"x\"}",
            INVALID_REQUEST,
        ),
        (b"{\"jsonrpc\":\"1.0\",\"method\":\"x\"}", INVALID_REQUEST),
    ];
    for (body, code) in bodies {
        client.send_bytes(&frame(body));
        assert_eq!(
            client.error_without_id(),
            code,
            "{}",
            String::from_utf8_lossy(body)
        );
        client.barrier();
    }
    client.finish();
}

#[test]
fn requests_that_are_none() {
    let checkout = Checkout::of("clean-2024");
    let mut client = session(&checkout);
    let spoilt = [
        ("jsonrpc", json!("1.0")),
        ("jsonrpc", Value::Null),
        ("method", json!(7)),
        ("method", Value::Null),
        ("params", json!("a string")),
        ("params", json!(true)),
    ];
    for (member, value) in spoilt {
        let (id, mut message) = client.make_request("textDocument/codeAction", json!({}));
        message[member] = value;
        client.send(&message);
        assert_eq!(client.error_code(id), INVALID_REQUEST, "{message}");
    }
    let (id, mut message) = client.make_request("x", Value::Null);
    message.as_object_mut().unwrap().remove("method");
    client.send(&message);
    assert_eq!(client.error_code(id), INVALID_REQUEST);
    client.finish();
}

#[test]
fn methods_and_parameters_nobody_knows() {
    let checkout = Checkout::of("clean-2024");
    let mut client = session(&checkout);
    for method in ["no/such/method", "$/noSuchMethod", ""] {
        assert_eq!(
            client.call_error(method, json!({})),
            METHOD_NOT_FOUND,
            "{method}"
        );
    }
    // Known to every client, and not offered.
    let formatting = json!({ "textDocument": { "uri": "file:///x" }, "options": { "tabSize": 4, "insertSpaces": false } });
    assert_eq!(
        client.call_error("textDocument/formatting", formatting),
        METHOD_NOT_FOUND
    );
    for params in [
        json!({}),
        json!([]),
        json!({ "textDocument": { "uri": "no url" } }),
    ] {
        assert_eq!(
            client.call_error("textDocument/codeAction", params),
            INVALID_PARAMS
        );
    }
    // Notifications have no answer.
    for method in [
        "no/such/method",
        "$/setTrace",
        "textDocument/didOpen",
        "textDocument/didChange",
    ] {
        client.notify(method, json!({ "nothing": "of use" }));
        client.barrier();
    }
    client.finish();
}

#[test]
fn headers_that_are_none() {
    let checkout = Checkout::of("clean-2024");
    let mut client = session(&checkout);
    let headers: [&[u8]; 7] = [
        b"complete nonsense\r\n\r\n",
        b"Content-Length: many\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: 99999999999999999999999\r\n\r\n",
        b"Content-Type: application/vscode-jsonrpc\r\n\r\n",
        b"Content-Length:\r\n\r\n",
        b"\xff\xfe\x00\r\n\r\n",
    ];
    for header in headers {
        client.send_bytes(header);
        assert_eq!(
            client.error_without_id(),
            PARSE_ERROR,
            "{}",
            String::from_utf8_lossy(header)
        );
        client.barrier();
    }
    // Unusual, and fine.
    let (id, message) =
        client.make_request("imageScripts/test/text", json!({ "uri": "file:///x" }));
    let body = message.to_string();
    let header = format!(
        "content-length: {}\r\nContent-Type: application/x; charset=utf-8\r\n\r\n",
        body.len()
    );
    client.send_bytes(format!("{header}{body}").as_bytes());
    assert_eq!(client.response(id), Ok(Value::Null));
    client.finish();
}

#[test]
fn lengths_that_are_wrong() {
    let checkout = Checkout::of("clean-2024");
    let mut client = session(&checkout);
    // Too short: the rest of the body is no header.
    let body =
        json!({ "jsonrpc": "2.0", "method": "no/such/method", "params": { "some": "thing" } })
            .to_string();
    client.send_bytes(format!("Content-Length: {}\r\n\r\n{body}", body.len() - 5).as_bytes());
    client.send_bytes(b"\r\n\r\n");
    assert_eq!(client.error_without_id(), PARSE_ERROR);
    client.barrier();
    // Too long: it ends in the midst of the next message, which is not lost.
    let (id, next) = client.make_request("imageScripts/test/text", json!({ "uri": "file:///x" }));
    let next = String::from_utf8(frame(next.to_string().as_bytes())).unwrap();
    client
        .send_bytes(format!("Content-Length: {}\r\n\r\n{body}{next}", body.len() + 30).as_bytes());
    assert_eq!(client.error_without_id(), PARSE_ERROR);
    assert_eq!(client.response(id), Ok(Value::Null));
    client.barrier();
    client.finish();
}

#[test]
fn messages_in_pieces() {
    let checkout = Checkout::of("clean-2024");
    let mut client = session(&checkout);
    for _ in 0..3 {
        let (id, message) =
            client.make_request("imageScripts/test/text", json!({ "uri": "file:///ü" }));
        for byte in frame(message.to_string().as_bytes()) {
            client.send_bytes(&[byte]);
        }
        assert_eq!(client.response(id), Ok(Value::Null));
    }
    client.finish();
}

#[test]
fn changes_that_make_no_sense() {
    let checkout = Checkout::of("clean-2024");
    let mut client = session(&checkout);
    let url = client.open_file(&checkout, "image-scripts/images/arch/config.sh", 1);
    client.replace(&url, 2, "x😀y\né\n");
    let ranges = [
        // Within a character of two units, or of two bytes.
        range((0, 2), (0, 2)),
        range((0, 2), (1, 1)),
        // Backwards.
        range((1, 1), (0, 1)),
        // Nowhere.
        range((77, 0), (99, 9)),
        range((0, 4_294_967_295), (4_294_967_295, 4_294_967_295)),
    ];
    for (version, range) in (3..).zip(ranges) {
        client.change(&url, version, json!([{ "range": range, "text": "z" }]));
        assert!(client.text(&url).is_some());
    }
    // Of documents that are not open; no changes at all; a version that goes back.
    client.replace("file:///nowhere", 2, "x");
    client.change(&url, 9, json!([]));
    client.replace(&url, 1, "BUILDER=arch\n");
    client.save("file:///nowhere");
    client.close("file:///nowhere");
    assert_eq!(client.text(&url).as_deref(), Some("BUILDER=arch\n"));
    client.finish();
}

#[test]
fn documents_that_are_no_files_of_the_checkout() {
    let checkout = Checkout::of("contribution");
    let mut client = session(&checkout);
    let path = checkout.path("image-scripts/images/ubuntu-26.10/config.sh");
    let path = path.to_str().unwrap();
    let before = client.take_published();
    assert!(!before.is_empty());
    let urls = [
        // As editors show what git has of a file: the path is the file's.
        format!("git:{path}?%7B%22ref%22%3A%22HEAD%22%7D"),
        format!("fugitive://{path}"),
        format!("untitled:{path}"),
        "untitled:Untitled-1".to_owned(),
        "file:///".to_owned(),
        "file://elsewhere/share/config.sh".to_owned(),
        checkout.url("README"),
        checkout.url("image-scripts/images"),
        checkout.url("image-scripts/bin/config"),
        checkout.url("image-scripts/images/a/b/c.sh"),
    ];
    for url in &urls {
        client.open(url, 1, "BUILDER=nonsense\n");
        client.replace(url, 2, "BUILDER=more\n");
        client.save(url);
        assert!(client.actions(url, &everywhere()).is_empty(), "{url}");
        client.close(url);
    }
    client.barrier();
    assert_eq!(client.take_published(), []);
    client.finish();
}

/// Texts of a hundred thousand nested brackets, of each kind that a language has.
fn deep(openings: &[&str]) -> Vec<String> {
    openings
        .iter()
        .map(|opening| opening.repeat(DEEP))
        .collect()
}

fn deep_scripts() -> Vec<String> {
    let mut texts = deep(&[
        "(",
        "{ ",
        "[",
        "[[ ",
        "((",
        "$(",
        "${",
        "${x:-",
        "`",
        "\"$(",
        "<(",
        "$((",
        "'",
        "\"",
        "<<EOF\n",
        "cat <<A;",
        "if ",
        "while ",
        "case x in x) ",
        "f() {",
        "! ",
        "x=(",
        "a|",
        "a&&",
        "time ",
        "((x[",
        "!(",
        "function f { ",
        "for x in ",
    ]);
    texts.push(format!("{}true{}", "(".repeat(DEEP), ")".repeat(DEEP)));
    texts.push(format!("x={}y{}", "$(echo ".repeat(DEEP), ")".repeat(DEEP)));
    texts.push(format!("x={}y{}", "$(date ".repeat(DEEP), ")".repeat(DEEP)));
    texts.push(format!("x={}y{}", "${a:-".repeat(DEEP), "}".repeat(DEEP)));
    texts.push(format!(
        "x={}y{}",
        "\"${a:-".repeat(DEEP),
        "}\"".repeat(DEEP)
    ));
    texts.push(format!("{}:;{}", "{ ".repeat(DEEP), "};".repeat(DEEP)));
    texts
}

fn deep_nix() -> Vec<String> {
    let mut texts = deep(&[
        "[",
        "{",
        "(",
        "{a=",
        "''${",
        "\"${",
        "x: ",
        "{x}: ",
        "let a=",
        "let in ",
        "with x; ",
        "assert x; ",
        "if ",
        "if a then b else ",
        "!",
        "-",
        "a.",
        "a ++ ",
        "a // ",
        "a -> ",
        "rec {",
        "inherit ",
        "/*",
        "a ? ",
        "a or ",
        "f ",
        "${",
        "a.b.c = ",
    ]);
    texts.push(format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP)));
    texts.push(format!("{}1{}", "{a=".repeat(DEEP), ";}".repeat(DEEP)));
    texts.push(format!("{}1{}", "(".repeat(DEEP), ")".repeat(DEEP)));
    texts.push(format!("{{ {} = 1; }}", vec!["a"; DEEP].join(".")));
    texts
}

fn deep_toml() -> Vec<String> {
    let mut texts = deep(&[
        "[", "a=[", "a={", "a={a=", "[[", "a.", "\"\"\"", "'''", "a.b=", "[",
    ]);
    texts.push(format!("a={}{}", "[".repeat(DEEP), "]".repeat(DEEP)));
    texts.push(format!("[{}]\nx = 1\n", vec!["a"; DEEP].join(".")));
    texts
}

fn places_of_deep_texts() -> [(&'static str, Vec<String>); 7] {
    [
        ("image-scripts/images/debian-13/config.sh", deep_scripts()),
        ("image-scripts/images/debian-13/build.sh", deep_scripts()),
        ("image-scripts/include/common.sh", deep_scripts()),
        ("os/configs/image-repository.nix", deep_nix()),
        ("tests/distributions.nix", deep_nix()),
        ("tests/suite/docker/base.nix", deep_nix()),
        (".image-scripts.toml", deep_toml()),
    ]
}

#[test]
fn deep_nesting_in_documents() {
    let checkout = Checkout::of("clean-2026");
    let mut client = session(&checkout);
    client.barrier();
    let before = published(&client);
    for (path, texts) in places_of_deep_texts() {
        let url = checkout.url(path);
        client.open(&url, 1, "");
        for (version, text) in (2..).zip(&texts) {
            client.replace(&url, version, text);
            client.barrier();
        }
        client.close(&url);
        client.barrier();
    }
    assert_eq!(published(&client), before);
    client.finish();
}

#[test]
fn deep_nesting_in_files() {
    let checkout = Checkout::of("clean-2026");
    for (path, texts) in places_of_deep_texts() {
        let good = checkout.path(path).exists().then(|| checkout.read(path));
        // A few of each: a session has to be begun for each.
        for text in texts.iter().step_by(9) {
            checkout.write(path, text);
            let mut client = session(&checkout);
            client.barrier();
            client.finish();
        }
        match good {
            Some(good) => checkout.write(path, good),
            None => checkout.remove(path),
        }
    }
}

#[test]
fn deep_nesting_for_bash() {
    let checkout = Checkout::of("clean-2026");
    let mut client = start!(Setup::at(&checkout));
    let deep = client.open_file(&checkout, "image-scripts/images/debian-13/config.sh", 1);
    for (version, text) in (2..).zip(["(", "{ ", "$(", "`", "\"$("]) {
        client.replace(&deep, version, &text.repeat(DEEP));
        client.save(&deep);
    }
    // Bash checks one file at a time: when this is checked, so were those before.
    let broken = client.open_file(&checkout, "image-scripts/images/debian-12/config.sh", 1);
    client.replace(&broken, 2, "if\n");
    client.save(&broken);
    client.wait_until("bash's word on a broken script", |client| {
        client.codes(&broken).contains(&"shell-syntax")
    });
    client.finish();
}

#[test]
fn deep_nesting_in_messages() {
    let checkout = Checkout::of("clean-2024");
    let mut client = session(&checkout);
    client.send_bytes(&frame("[".repeat(DEEP).as_bytes()));
    assert_eq!(client.error_without_id(), PARSE_ERROR);
    client.send_bytes(&frame("{\"a\":".repeat(DEEP).as_bytes()));
    assert_eq!(client.error_without_id(), PARSE_ERROR);
    client.barrier();
    client.finish();
}

#[test]
fn a_client_that_says_nothing_of_itself() {
    let mut client = Client::spawn(program!());
    client.call("initialize", json!({ "capabilities": {} }));
    client.notify("initialized", json!({}));
    client.barrier();
    client.finish();
}
