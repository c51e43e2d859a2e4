//! One body in, one meaning out.

use serde_json::json;

use super::*;

fn incoming(value: &Value) -> Incoming {
    read(value.to_string().as_bytes()).unwrap()
}

/// The code and id of the complaint.
fn complaint(value: &Value) -> (i64, Id) {
    match incoming(value) {
        Incoming::Invalid(response) => {
            (response.error().unwrap().code.code(), response.id().clone())
        }
        other => panic!("{value} is {other:?}"),
    }
}

#[test]
fn calls() {
    let request = Request::build("m").id("x").params(json!([1])).finish();
    assert_eq!(
        incoming(&json!({"jsonrpc":"2.0","id":"x","method":"m","params":[1]})),
        Incoming::Call(request)
    );
    let notification = Request::build("m").finish();
    assert_eq!(
        incoming(&json!({"jsonrpc":"2.0","method":"m"})),
        Incoming::Call(notification.clone())
    );
    assert_eq!(
        incoming(&json!({"jsonrpc":"2.0","method":"m","params":null})),
        Incoming::Call(notification)
    );
}

#[test]
fn what_tower_lsp_is_picky_about() {
    let shutdown = Request::build("shutdown").id(1).finish();
    assert_eq!(
        incoming(&json!({"jsonrpc":"2.0","id":1,"method":"shutdown","params":{}})),
        Incoming::Call(shutdown)
    );
    let initialized = Request::build("initialized").params(json!({})).finish();
    assert_eq!(
        incoming(&json!({"jsonrpc":"2.0","method":"initialized"})),
        Incoming::Call(initialized)
    );
}

#[test]
fn not_calls() {
    let null = (-32600, Id::Null);
    assert_eq!(complaint(&json!([])), null);
    assert_eq!(
        complaint(&json!([{"jsonrpc":"2.0","id":1,"method":"m"}])),
        null
    );
    assert_eq!(complaint(&json!(1)), null);
    assert_eq!(complaint(&json!({})), null);
    assert_eq!(complaint(&json!({"jsonrpc":"2.0"})), null);
    assert_eq!(complaint(&json!({"jsonrpc":"2.0","method":1})), null);
    assert_eq!(
        complaint(&json!({"jsonrpc":"2.0","method":"m","params":"p"})),
        null
    );
    for id in [
        json!(null),
        json!(true),
        json!(1.5),
        json!({}),
        json!(u64::MAX),
    ] {
        assert_eq!(
            complaint(&json!({"jsonrpc":"2.0","id":id,"method":"m"})),
            null
        );
    }
    let seven = (-32600, Id::Number(7));
    assert_eq!(complaint(&json!({"jsonrpc":"2.0","id":7})), seven);
    assert_eq!(
        complaint(&json!({"jsonrpc":"2.0","id":7,"method":1})),
        seven
    );
    assert_eq!(
        complaint(&json!({"jsonrpc":"2.0","id":7,"method":"m","params":1})),
        seven
    );
    assert_eq!(
        complaint(&json!({"jsonrpc":"1.0","id":7,"method":"m"})),
        seven
    );
    assert_eq!(complaint(&json!({"id":7,"method":"m"})), seven);
}

#[test]
fn answers() {
    let answer = |result| Incoming::Response(Response::from_parts(Id::Number(1), result));
    assert_eq!(
        incoming(&json!({"jsonrpc":"2.0","id":1,"result":null})),
        answer(Ok(Value::Null))
    );
    assert_eq!(
        incoming(&json!({"id":1,"result":[2],"error":null})),
        answer(Ok(json!([2])))
    );
    let refused = error(ErrorCode::MethodNotFound, "no");
    let value = json!({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no","extra":1}});
    assert_eq!(incoming(&value), answer(Err(refused)));
    let vague = error(ErrorCode::InternalError, "unknown error");
    assert_eq!(
        incoming(&json!({"jsonrpc":"2.0","id":1,"error":"?"})),
        answer(Err(vague))
    );
    assert_eq!(
        incoming(&json!({"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}})),
        Incoming::Useless
    );
}

#[test]
fn not_json() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in [
        &b""[..],
        b"{",
        b"{}{}",
        b"{\"a\":\"\xff\"}",
        b"\xff\xfe{}",
        b"nonsense",
        deep.as_bytes(),
    ] {
        let response = read(body).unwrap_err();
        assert_eq!(response.error().unwrap().code, ErrorCode::ParseError);
        assert_eq!(response.id(), &Id::Null);
    }
}
