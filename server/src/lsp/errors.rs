//! Errors of requests.

use tower_lsp::jsonrpc::{Error, ErrorCode};

use super::shown;

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
