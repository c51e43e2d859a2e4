//! Errors of requests.

use serde_json::json;
use tower_lsp::jsonrpc::{Error, ErrorCode};

use super::shown;
use edits::Refusal;

/// Returns the error of a change that is refused. Its data says whether the argument `force` makes it
/// all the same.
pub(super) fn refused(refusal: Refusal) -> Error {
    let data = refusal.yields_to_force().then(|| json!({ "force": true }));
    Error {
        data,
        ..request_failed(refusal.0)
    }
}

/// Returns an error of a request that is understood and cannot be met: `RequestFailed`.
pub(super) fn request_failed(message: impl Into<String>) -> Error {
    error(ErrorCode::ServerError(-32803), message)
}

/// Returns an error with a message.
pub(super) fn error(code: ErrorCode, message: impl Into<String>) -> Error {
    Error {
        code,
        message: shown::message(&message.into()).into(),
        data: None,
    }
}
