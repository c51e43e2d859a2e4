//! Bytes in, bodies and faults out: the same however the bytes are cut.

use super::*;

/// Returns the items of a stream as text: bodies, and faults in angle brackets. Bodies that are not JSON are
/// rejected, as the reader does.
fn said(stream: &str, step: usize) -> Vec<String> {
    let mut frames = FrameReader::new(1000);
    let mut said = Vec::new();
    for bytes in stream.as_bytes().chunks(step) {
        frames.feed(bytes);
        while let Some(frame) = frames.next() {
            match frame {
                MessageFrame::Malformed(fault) => said.push(format!("<{fault:?}>")),
                MessageFrame::Body(range) => {
                    let body = String::from_utf8(frames.body(&range).to_vec()).unwrap();
                    if serde_json::from_str::<serde_json::Value>(&body).is_ok() {
                        said.push(body);
                    } else {
                        said.push("<Json>".to_owned());
                        frames.reject(&range);
                    }
                }
            }
        }
    }
    said
}

fn check(stream: &str, expected: &[&str]) {
    for step in [1, 2, 7, 64, 100_000] {
        assert_eq!(
            said(stream, step),
            expected,
            "{stream:?} in pieces of {step}"
        );
    }
}

const A: &str = "Content-Length: 7\r\n\r\n{\"a\":1}";
const B: &str = "Content-Length: 7\r\n\r\n{\"b\":2}";

#[test]
fn plain() {
    check(&format!("{A}{B}"), &["{\"a\":1}", "{\"b\":2}"]);
    check(
        &format!("\r\n{A}\r\n\r\n{B}\r\n"),
        &["{\"a\":1}", "{\"b\":2}"],
    );
    check("content-length:2\n\n{}", &["{}"]);
    check(
        "Content-Type: application/vscode-jsonrpc; charset=utf8\r\nX: y\r\nContent-Length: 2\r\n\r\n{}",
        &["{}"],
    );
    check(
        "Content-Length: 2\r\nContent-Type: application/json\r\n\r\n{}",
        &["{}"],
    );
}

#[test]
fn garbage_costs_itself_only() {
    for garbage in [
        "hello\r\n",
        "hello\r\n\r\nworld\r\n",
        "hello",
        "\u{feff}",
        "{\"x\":[\n1\n]}\n",
        "hello\r\nfoo: bar\r\n\r\n",
    ] {
        check(
            &format!("{garbage}{A}{B}"),
            &["<Garbage>", "{\"a\":1}", "{\"b\":2}"],
        );
        check(
            &format!("{A}{garbage}{B}"),
            &["{\"a\":1}", "<Garbage>", "{\"b\":2}"],
        );
    }
    let long = "x".repeat(100_000);
    check(
        &format!("{long}{A}{B}"),
        &["<Garbage>", "{\"a\":1}", "{\"b\":2}"],
    );
}

#[test]
fn no_use_without_a_length() {
    check(
        &format!("Foo: bar\r\n\r\n{{\"x\":1}}{A}"),
        &["<NoLength>", "{\"a\":1}"],
    );
    check(
        &format!("Content-Type: x\r\n\r\n{{\"x\":1}}\r\n{A}"),
        &["<NoLength>", "{\"a\":1}"],
    );
    for length in ["", "abc", "-7", "+7", "7.0", "0x7", "7 7"] {
        check(
            &format!("Content-Length: {length}\r\n\r\n{{\"x\":1}}{A}"),
            &["<BadLength>", "{\"a\":1}"],
        );
    }
    for length in ["1001", "10737418240", "99999999999999999999999999"] {
        check(
            &format!("Content-Length: {length}\r\n\r\n{{\"x\":1}}{A}{B}"),
            &["<TooLong>", "{\"a\":1}", "{\"b\":2}"],
        );
    }
}

#[test]
fn torn_headers() {
    check(
        &format!("Content-Length: abc\r\n{A}{B}"),
        &["<BadLength>", "{\"a\":1}", "{\"b\":2}"],
    );
    check(
        &format!("Content-Length: 50\r\nConte{A}{B}"),
        &["<Garbage>", "{\"a\":1}", "{\"b\":2}"],
    );
    check(
        &format!("Content-Length: 50\r\ngarbage\r\n\r\n{{\"x\":1}}{A}"),
        &["<Garbage>", "{\"a\":1}"],
    );
}

#[test]
fn charset() {
    let latin = "Content-Length: 7\r\nContent-Type: text/plain; charset=latin1\r\n\r\n{\"x\":1}";
    check(
        &format!("{latin}{A}{latin}{B}"),
        &["<Charset>", "{\"a\":1}", "<Charset>", "{\"b\":2}"],
    );
    check(
        "Content-Type: x; charset=\"UTF-8\"\r\nContent-Length: 2\r\n\r\n{}",
        &["{}"],
    );
}

#[test]
fn too_small_a_length() {
    check(
        &format!("Content-Length: 3\r\n\r\n{{\"x\":1}}{A}{B}"),
        &["<Json>", "{\"a\":1}", "{\"b\":2}"],
    );
    check(
        &format!("Content-Length: 0\r\n\r\n{{\"x\":1}}{A}{B}"),
        &["<Json>", "{\"a\":1}", "{\"b\":2}"],
    );
}

#[test]
fn too_large_a_length() {
    // The excess ends everywhere in what follows.
    for excess in 1..A.len() {
        let length = 7 + excess;
        check(
            &format!("Content-Length: {length}\r\n\r\n{{\"x\":1}}{A}{B}"),
            &["<Json>", "{\"a\":1}", "{\"b\":2}"],
        );
    }
    // An object that is never closed swallows what follows.
    check(
        &format!("Content-Length: {}\r\n\r\n{{\"x\":{A}{B}", 5 + A.len()),
        &["<Json>", "{\"a\":1}", "{\"b\":2}"],
    );
}

#[test]
fn a_body_is_not_searched_for_headers() {
    let text = r#"{"text":"Content-Length: 7\r\n\r\n{}"}"#;
    check(
        &format!("Content-Length: {}\r\n\r\n{text}{A}", text.len()),
        &[text, "{\"a\":1}"],
    );
}

#[test]
fn memory_follows_what_has_arrived() {
    let mut frames = FrameReader::new(usize::MAX);
    frames.feed(b"Content-Length: 10737418240\r\n\r\n{");
    assert_eq!(frames.next(), None);
    assert!(frames.buffer.capacity() < 1000);
    let mut frames = FrameReader::new(1000);
    for _ in 0..1000 {
        frames.feed(&[b'x'; 1000]);
        while frames.next().is_some() {}
    }
    assert!(frames.buffer.capacity() < 100_000);
}
