//! Begin and end of a session.

use super::*;

#[test]
fn before_initialize() {
    let mut session = Session::new();
    session.request(1, "toy/read", Value::Null);
    session.expect_error(1, -32002);
    session.request(2, "no/such", Value::Null);
    session.expect_error(2, -32002);
    session.request(3, "shutdown", Value::Null);
    session.expect_error(3, -32002);
    session.notify("toy/add", json!([1]));
    session.notify("initialized", json!({}));
    session.start();
    session.request(4, "toy/read", Value::Null);
    session.expect_result(4, json!(0));
}

#[test]
fn nothing_is_lost_after_initialize_and_nothing_said_before_initialized() {
    let mut session = Session::new();
    let mut burst = frame(&call(
        Some(0),
        "initialize",
        json!({"capabilities":{},"initializationOptions":"wait"}),
    ));
    burst.extend(frame(&call(None, "toy/add", json!([1]))));
    burst.extend(frame(&call(Some(1), "toy/read", Value::Null)));
    burst.extend(frame(&call(Some(2), "toy/read", Value::Null)));
    burst.extend(frame(&call(None, "$/cancelRequest", json!({"id": 2}))));
    session.send_bytes(&burst);
    session.key.arrived();
    session.expect_error(2, -32800);
    session.key.open();
    session.expect_result(0, json!({"capabilities": {}}));
    session.expect_result(1, json!(1));
    session.expect_alive();
    session.notify("initialized", json!({}));
    session.greetings();
}

#[test]
fn initialize_can_be_cancelled() {
    let mut session = Session::new();
    session.request(
        0,
        "initialize",
        json!({"capabilities":{},"initializationOptions":"wait"}),
    );
    session.key.arrived();
    session.request(1, "toy/read", Value::Null);
    session.notify("$/cancelRequest", json!({"id": 0}));
    session.expect_error(0, -32800);
    session.expect_error(1, -32002);
    session.key.open();
    session.start();
}

#[test]
fn after_shutdown() {
    let mut session = Session::started();
    session.request(1, "shutdown", Value::Null);
    session.expect_result(1, Value::Null);
    session.request(2, "toy/read", Value::Null);
    session.expect_error(2, -32600);
    session.request(3, "shutdown", Value::Null);
    session.expect_error(3, -32600);
    session.request(4, "initialize", json!({"capabilities": {}}));
    session.expect_error(4, -32600);
    session.notify("toy/grind", Value::Null);
    // stdin stays open.
    let keep = session.to.as_ref().unwrap().try_clone().unwrap();
    session.notify("exit", Value::Null);
    assert_eq!(session.end(), (ExitStatus::Orderly, vec![]));
    drop(keep);
}

#[test]
fn all_at_once() {
    let mut session = Session::new();
    let mut burst = frame(&call(Some(0), "initialize", json!({"capabilities": {}})));
    burst.extend(frame(&call(None, "toy/add", json!([1]))));
    burst.extend(frame(&call(Some(1), "toy/read", Value::Null)));
    burst.extend(frame(&call(Some(2), "shutdown", Value::Null)));
    burst.extend(frame(&call(None, "exit", Value::Null)));
    session.send_bytes(&burst);
    let (status, mut said) = session.end();
    said.sort_by_key(|answer| answer["id"].as_i64());
    let said: Vec<_> = said.iter().map(|answer| &answer["result"]).collect();
    assert_eq!(
        said,
        [&json!({"capabilities": {}}), &json!(1), &Value::Null]
    );
    assert_eq!(status, ExitStatus::Orderly);
}

#[test]
fn exit_without_shutdown() {
    let mut session = Session::started();
    session.request(1, "toy/read", Value::Null);
    session.notify("exit", Value::Null);
    let (status, said) = session.end();
    assert_eq!(status, ExitStatus::Abrupt);
    assert_eq!(said, [json!({"jsonrpc":"2.0","id":1,"result":0})]);
    let mut session = Session::new();
    session.notify("exit", json!({}));
    assert_eq!(session.end(), (ExitStatus::Abrupt, vec![]));
}

#[test]
fn end_of_input() {
    let mut session = Session::started();
    session.request(1, "toy/read", Value::Null);
    session.send_bytes(b"Content-Length: 100\r\n\r\n{");
    session.to = None;
    let (status, said) = session.end();
    assert_eq!(status, ExitStatus::Abrupt);
    assert_eq!(said, [json!({"jsonrpc":"2.0","id":1,"result":0})]);
}

#[test]
fn exit_does_not_wait_for_ever() {
    let short = Duration::from_millis(10);
    let options = IngressOptions {
        exit_timeout: short,
        flush_timeout: HANG_TIMEOUT,
        ..Default::default()
    };
    let mut session = Session::with(options);
    session.start();
    // One that computes, one that waits for the client, and a worker that is stuck.
    session.request(1, "toy/hang", Value::Null);
    session.expect_echo(7);
    session.request(2, "toy/ask", Value::Null);
    assert_eq!(session.next()["method"], "toy/number");
    session.notify("toy/grind", Value::Null);
    session.key.arrived();
    session.request(3, "shutdown", Value::Null);
    session.notify("exit", Value::Null);
    let status = session.runtime.block_on(&mut session.status).unwrap();
    assert_eq!(status, ExitStatus::Orderly);
    session.key.open();
}

#[test]
fn a_client_that_does_not_read() {
    let short = Duration::from_millis(10);
    let options = IngressOptions {
        exit_timeout: short,
        flush_timeout: short,
        ..Default::default()
    };
    let (stdin, mut to) = pipe().unwrap();
    let (unread, stdout) = pipe().unwrap();
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let ingress = Ingress::new(options);
    let outbox = ingress.outbox();
    let (service, socket) = LspService::new(|client| Toy {
        client,
        outbox,
        depth: QueueDepth::default(),
        value: AtomicI64::new(0),
        gate: Arc::new(gate().0),
    });
    let status = runtime.spawn(ingress.serve_on(service, socket, stdin, stdout));
    // More answers than a pipe takes.
    for id in 0..10_000 {
        to.write_all(&frame(&call(Some(id), "no/such", Value::Null)))
            .unwrap();
    }
    to.write_all(&frame(&call(None, "exit", Value::Null)))
        .unwrap();
    assert_eq!(runtime.block_on(status).unwrap(), ExitStatus::Abrupt);
    drop(unread);
}

#[test]
fn a_client_that_has_gone() {
    let (stdin, mut to) = pipe().unwrap();
    let (unread, stdout) = pipe().unwrap();
    drop(unread);
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let ingress = Ingress::new(IngressOptions::default());
    let outbox = ingress.outbox();
    let (service, socket) = LspService::new(|client| Toy {
        client,
        outbox,
        depth: QueueDepth::default(),
        value: AtomicI64::new(0),
        gate: Arc::new(gate().0),
    });
    let status = runtime.spawn(ingress.serve_on(service, socket, stdin, stdout));
    to.write_all(&frame(&call(Some(1), "no/such", Value::Null)))
        .unwrap();
    assert_eq!(runtime.block_on(status).unwrap(), ExitStatus::Abrupt);
}

#[test]
fn initialize_and_its_cancelling_at_once() {
    // Whether it is still in the queue when it is cancelled is left to chance; both must work.
    for _ in 0..20 {
        let mut session = Session::new();
        let mut burst = frame(&call(Some(0), "initialize", json!({"capabilities": {}})));
        burst.extend(frame(&call(None, "$/cancelRequest", json!({"id": 0}))));
        burst.extend(frame(&call(Some(1), "toy/read", Value::Null)));
        session.send_bytes(&burst);
        if session.next()["error"]["code"] == -32800 {
            session.expect_error(1, -32002);
            session.start();
        } else {
            session.expect_result(1, json!(0));
        }
        session.expect_alive();
    }
}
