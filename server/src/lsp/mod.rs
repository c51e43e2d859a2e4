//! The language server: the only code that knows tower-lsp, lsp-types, JSON, URLs and UTF-16.

pub mod ingress;
pub mod position;
/// Stub.
pub fn main() -> std::process::ExitCode { std::process::ExitCode::SUCCESS }
