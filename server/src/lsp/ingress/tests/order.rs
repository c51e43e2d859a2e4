//! Order of edits, requests, cancelling, and requests to the client.

use super::*;

#[test]
fn a_request_sees_the_edits_before_it_and_no_other() {
    let mut session = Session::started();
    let mut burst = Vec::new();
    for id in 1..=200 {
        burst.extend(frame(&call(None, "toy/add", json!([1]))));
        burst.extend(frame(&call(Some(id), "toy/read", Value::Null)));
    }
    session.send_bytes(&burst);
    let mut answers: Vec<_> = (0..200).map(|_| session.next()).collect();
    answers.sort_by_key(|answer| answer["id"].as_i64());
    for (answer, id) in answers.iter().zip(1..) {
        assert_eq!(answer, &json!({"jsonrpc":"2.0","id":id,"result":id}));
    }
}

#[test]
fn a_busy_worker_holds_up_neither_reading_nor_cancelling_nor_writing() {
    let mut session = Session::started();
    session.request(1, "toy/hang", Value::Null);
    session.expect_echo(7);
    session.notify("toy/grind", Value::Null);
    session.key.arrived();
    // One that waits for its turn, one that runs, and a message that is none.
    session.request(2, "toy/hang", Value::Null);
    session.request(3, "toy/read", Value::Null);
    session.notify("$/cancelRequest", json!({"id": 2}));
    session.expect_error(2, -32800);
    session.notify("$/cancelRequest", json!({"id": 1}));
    session.expect_error(1, -32800);
    session.send(&json!([]));
    session.expect_error(Value::Null, -32600);
    // A cancelled id may be used again, and takes its turn by its new place.
    session.notify("toy/add", json!([5]));
    session.request(2, "toy/read", Value::Null);
    session.send(&json!([]));
    session.expect_error(Value::Null, -32600);
    session.key.open();
    // After it: request 2 (cancelled, but its entry is there), 3, an edit, 2 again.
    session.expect_echo(4);
    let mut answers = [session.next(), session.next()];
    answers.sort_by_key(|answer| answer["id"].as_i64());
    assert_eq!(
        (&answers[0]["result"], &answers[1]["result"]),
        (&json!(5), &json!(0))
    );
}

#[test]
fn an_id_in_use_is_refused() {
    let mut session = Session::started();
    session.notify("toy/grind", Value::Null);
    session.key.arrived();
    session.request(1, "toy/hang", Value::Null);
    session.request(1, "toy/read", Value::Null);
    session.expect_error(1, -32600);
    session.key.open();
    session.expect_echo(1);
    session.expect_echo(7);
    session.request(1, "toy/read", Value::Null);
    session.expect_error(1, -32600);
    session.expect_alive();
}

#[test]
fn cancelling_reaches_a_computation() {
    let mut session = Session::started();
    session.request(1, "toy/work", Value::Null);
    session.key.arrived();
    session.notify("$/cancelRequest", json!({"id": 1}));
    session.expect_error(1, -32800);
    session.key.open();
    session.key.arrived();
    // Not for what is not cancelled, nor for what is done, nor for what never was.
    session.request(2, "toy/work", Value::Null);
    session.key.arrived();
    session.key.open();
    session.expect_result(2, json!(false));
    for id in [json!(2), json!("x"), json!(null), json!(1i64 << 40)] {
        session.notify("$/cancelRequest", json!({ "id": id }));
    }
    session.notify("$/cancelRequest", Value::Null);
    session.expect_alive();
}

#[test]
fn what_is_said_keeps_its_order() {
    let mut session = Session::started();
    for _ in 0..3 {
        session.notify("toy/grind", Value::Null);
    }
    for left in (0..3).rev() {
        session.key.arrived();
        if left == 2 {
            // Until the whole burst has been read.
            session.send(&json!([]));
            session.expect_error(Value::Null, -32600);
        }
        session.key.open();
        session.expect_echo(left);
    }
}

#[test]
fn four_hundred_requests_wait_for_a_client_that_does_not_answer() {
    let mut session = Session::started();
    let mut burst = Vec::new();
    for id in 1..=400 {
        burst.extend(frame(&call(Some(id), "toy/ask", Value::Null)));
    }
    session.send_bytes(&burst);
    let questions: Vec<_> = (0..400).map(|_| session.next()).collect();
    assert!(
        questions
            .iter()
            .all(|question| question["method"] == "toy/number")
    );
    // All else works.
    session.notify("toy/add", json!([1]));
    session.request(401, "toy/read", Value::Null);
    session.expect_result(401, json!(1));
    session.notify("$/cancelRequest", json!({"id": 17}));
    session.expect_error(17, -32800);
    // And then it answers, the cancelled one's question too.
    for question in &questions {
        session.send(&json!({"jsonrpc":"2.0","id":question["id"],"result":3}));
    }
    let mut ids: Vec<_> = (0..399)
        .map(|_| session.next())
        .inspect(|answer| assert_eq!(answer["result"], 3))
        .map(|answer| answer["id"].as_i64().unwrap())
        .collect();
    ids.sort_unstable();
    assert!(ids.into_iter().eq((1..=400).filter(|id| *id != 17)));
}

#[test]
fn late_odd_and_unknown_answers() {
    let mut session = Session::started();
    session.request(1, "toy/askLate", Value::Null);
    let messages = [session.next(), session.next()];
    let question = messages
        .iter()
        .find(|message| message["method"] == "toy/number")
        .unwrap();
    assert!(messages.iter().any(|message| message["result"] == true));
    session.send(&json!({"jsonrpc":"2.0","id":question["id"],"result":3}));
    session.send(&json!({"jsonrpc":"2.0","id":question["id"],"result":3}));
    session.send(&json!({"jsonrpc":"2.0","id":12345,"result":3}));
    session.send(&json!({"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"?"}}));
    session.request(2, "toy/ask", Value::Null);
    let question = session.next();
    session.send(
        &json!({"jsonrpc":"2.0","id":question["id"],"error":{"code":1,"message":"?","more":2}}),
    );
    session.expect_error(2, -32800);
    session.expect_alive();
}
