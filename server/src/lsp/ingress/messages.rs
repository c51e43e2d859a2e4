//! From the body of a message to its kind: a call, a response to us, or an error to respond with.
//!
//! tower-lsp's own types refuse too little (a request without a method) and too much (an error
//! object with a member more); here the rules are those of JSON-RPC and of the LSP.

use std::borrow::Cow;

use serde_json::{Map, Value};
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request, Response};

/// Message of the client, or the error to respond with.
#[derive(Debug, PartialEq)]
pub(super) enum Incoming {
    /// Request or notification.
    Call(Request),
    /// Response of the client to a request of ours.
    Response(Response),
    /// JSON, but no message: the error to respond with.
    Invalid(Response),
    /// Nothing anyone could respond to or use.
    Useless,
}

/// Reads a body.
///
/// # Errors
/// The response to a body that is not JSON at all.
pub(super) fn read(body: &[u8]) -> Result<Incoming, Response> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(classify(members)),
        Ok(Value::Array(_)) => Ok(invalid(Id::Null, "batches are not part of the LSP")),
        Ok(_) => Ok(invalid(Id::Null, "a message is an object")),
        Err(error) => Err(unreadable(error)),
    }
}

/// Returns the response to something that could not be read.
pub(super) fn unreadable(why: impl std::fmt::Display) -> Response {
    Response::from_error(
        Id::Null,
        error(ErrorCode::ParseError, format!("Parse error: {why}")),
    )
}

/// Returns an error with a message of our own.
pub(super) fn error(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Error {
    Error {
        code,
        message: message.into(),
        data: None,
    }
}

/// Returns the response to a request which comes at the wrong time or is none.
pub(super) fn invalid_request(id: Id, why: &str) -> Response {
    Response::from_error(
        id,
        error(ErrorCode::InvalidRequest, format!("Invalid request: {why}")),
    )
}

fn invalid(id: Id, why: &str) -> Incoming {
    Incoming::Invalid(invalid_request(id, why))
}

fn classify(mut members: Map<String, Value>) -> Incoming {
    let (has_id, id) = match members.remove("id") {
        None => (false, None),
        Some(id) => (true, readable_id(id)),
    };
    let Some(method) = members.remove("method") else {
        return response(id, members);
    };
    let reply_to = || id.clone().unwrap_or(Id::Null);
    if members.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return invalid(reply_to(), "`jsonrpc` is not \"2.0\"");
    }
    let Value::String(method) = method else {
        return invalid(reply_to(), "`method` is not a string");
    };
    if has_id && id.is_none() {
        return invalid(Id::Null, "`id` is neither an integer nor a string");
    }
    let params = match members.remove("params") {
        params @ (None | Some(Value::Object(_) | Value::Array(_))) => params,
        // Not allowed, but several clients send it: the same as none.
        Some(Value::Null) => None,
        Some(_) => return invalid(reply_to(), "`params` is neither an object nor an array"),
    };
    Incoming::Call(call(method, id, params))
}

fn call(method: String, id: Option<Id>, params: Option<Value>) -> Request {
    let params = match (method.as_str(), params) {
        // tower-lsp refuses to shut down when there are any.
        ("shutdown" | "exit", _) => None,
        // tower-lsp drops it when there are none, and the server would never begin.
        ("initialized", None) => Some(Value::Object(Map::new())),
        (_, params) => params,
    };
    let mut request = Request::build(method);
    if let Some(id) = id {
        request = request.id(id);
    }
    if let Some(params) = params {
        request = request.params(params);
    }
    request.finish()
}

/// Reads a message without a method: a response, if it has a result or an error.
fn response(id: Option<Id>, mut members: Map<String, Value>) -> Incoming {
    let result = match (members.remove("error"), members.remove("result")) {
        (None, None) => return invalid(id.unwrap_or(Id::Null), "no `method`"),
        (None | Some(Value::Null), result) => Ok(result.unwrap_or_default()),
        (Some(error), _) => Err(client_error(&error)),
    };
    // An error with the id `null` is the client's complaint about something of ours.
    id.map_or(Incoming::Useless, |id| {
        Incoming::Response(Response::from_parts(id, result))
    })
}

/// Reads an error of the client, however it writes it: somebody is waiting for the response.
fn client_error(value: &Value) -> Error {
    let code = value.get("code").and_then(Value::as_i64);
    let message = value
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or("unknown error");
    Error {
        code: code.map_or(ErrorCode::InternalError, ErrorCode::from),
        message: message.to_owned().into(),
        data: value.get("data").cloned(),
    }
}

/// Reads an id that LSP allows. `null` is not among them: no response to it would find its request.
pub(super) fn readable_id(value: Value) -> Option<Id> {
    match value {
        Value::Number(number) => number.as_i64().map(Id::Number),
        Value::String(string) => Some(Id::String(string)),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#[path = "tests/messages.rs"]
mod tests;
