//! Panics and bytes, which must not end the server.

use super::*;

#[test]
fn a_panic_costs_one_request() {
    let mut session = Session::started();
    for (id, when) in (1..).zip(["now", "later", "compute"].repeat(3)) {
        session.request(id, "toy/panic", json!([when]));
        session.expect_error(id, -32603);
        // Its id is free again.
        session.request(id, "toy/read", Value::Null);
        session.expect_result(id, json!(0));
    }
    session.notify("toy/panicNotice", Value::Null);
    session.notify("toy/add", json!([1]));
    session.request(99, "toy/read", Value::Null);
    session.expect_result(99, json!(1));
}

#[test]
fn initialize_may_be_tried_again() {
    let mut session = Session::new();
    for (id, how) in [(1, "panic"), (2, "fail")] {
        // What follows it is refused, not lost.
        let mut burst = frame(&call(
            Some(id),
            "initialize",
            json!({"capabilities":{},"initializationOptions":how}),
        ));
        burst.extend(frame(&call(Some(id + 10), "toy/read", Value::Null)));
        session.send_bytes(&burst);
        session.expect_error(id, -32603);
        session.expect_error(id + 10, -32002);
    }
    session.request(3, "initialize", json!(["nonsense"]));
    session.expect_error(3, -32602);
    session.request(0, "initialize", json!({"capabilities": {}}));
    session.expect_result(0, json!({"capabilities": {}}));
    session.expect_alive();
}

#[test]
fn bad_messages_are_answered_and_the_stream_goes_on() {
    let mut session = Session::started();
    let frames: [(&[u8], i64); 12] = [
        (b"Content-Length: 5\r\n\r\n{\"a\":", -32700),
        (b"Content-Length: 0\r\n\r\n", -32700),
        (b"Content-Length: 10\r\n\r\n{\"a\":\"\xff\xff\"}", -32700),
        (b"Content-Length: 2\r\n\r\n[]", -32600),
        (b"Content-Length: 1\r\n\r\n1", -32600),
        (b"Content-Length: 2\r\n\r\n{}", -32600),
        (
            b"Content-Length: 2\r\nContent-Type: a/b; charset=utf-16\r\n\r\n{}",
            -32700,
        ),
        (b"Content-Length: x\r\n\r\n{}", -32700),
        (b"Content-Length: 10737418240\r\n\r\n{}", -32700),
        (b"X-Header: x\r\n\r\n{}", -32700),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", -32700),
        (b"\x00\x01\x02\xff\xfe\n\n\n", -32700),
    ];
    for (bytes, code) in frames {
        session.send_bytes(bytes);
        session.expect_error(Value::Null, code);
        session.expect_alive();
    }
    session.send_bytes(b"no line end");
    session.request(1, "toy/nothing", Value::Null);
    session.expect_error(Value::Null, -32700);
    session.expect_result(1, Value::Null);
}

#[test]
fn unknown_and_misused_methods() {
    let mut session = Session::started();
    for (id, method, code) in [
        (1, "no/such", -32601),
        (2, "$/such", -32601),
        (3, "toy/panicNotice", -32600),
        (4, "$/cancelRequest", -32600),
        (5, "initialize", -32600),
    ] {
        session.request(id, method, Value::Null);
        session.expect_error(id, code);
    }
    session.request(6, "toy/panic", json!({"wrong": 1}));
    session.expect_error(6, -32602);
    for method in [
        "no/such",
        "$/such",
        "toy/read",
        "initialize",
        "shutdown",
        "toy/add",
    ] {
        session.notify(method, Value::Null);
    }
    session.expect_alive();
}
