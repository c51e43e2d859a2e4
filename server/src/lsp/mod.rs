//! The language server: the only code that knows tower-lsp, lsp-types, JSON-RPC and URLs.
//!
//! Nothing here uses a module that uses it; a test holds that. From the bottom up:
//!
//! - `protocol`: names of methods, commands and kinds; `limits`: waiting times;
//! - `shown`: texts that a client shows; `errors`;
//! - `position`: positions and ranges; `documents`: texts of open documents;
//! - `client_capabilities`, `server_capabilities`: what client and server declare of themselves;
//! - `editor_settings`: what the user has set;
//! - `convert`: findings and paths in terms of the protocol;
//! - `ingress`: messages, in order, to the server;
//! - `client_process`: the end of the client's process;
//! - `watch`: watching of files, where the client cannot; `registration`: where it can;
//! - `request_context`: what one request sees; `workspace_edit`: how the client gets edits;
//! - `verify_hints`: hints that a change leaves in files;
//! - `session`: open documents and checkouts from one request to the next;
//! - `refresh`: has the client request something again;
//! - `handlers`: one file per method of the protocol or family of them;
//! - `server`: passes messages on to session and handlers.

mod client_capabilities;
mod client_process;
mod convert;
mod documents;
pub mod editor_settings;
mod errors;
mod handlers;
pub mod ingress;
mod limits;
pub mod position;
mod protocol;
mod refresh;
mod registration;
mod request_context;
mod server;
mod server_capabilities;
mod session;
mod shown;
mod verify_hints;
mod watch;
mod workspace_edit;

use std::process::ExitCode;

use tower_lsp::LspService;

use ingress::{Ingress, IngressOptions};
use limits::THREAD_STACK;
use protocol::{
    BUMP_VALUES, CONFIRM_VALUE, IMAGES, IMAGES_AT, OPEN_VALUES, OVERVIEW, POLICY, RENDER,
    RULE_DOCUMENTATION, TRIAGE,
};
use server::Server;

/// Serves one client on standard input and output, until the client is done.
pub fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(8)
        .thread_stack_size(THREAD_STACK)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("image-scripts-ls: cannot start: {error}");
            return ExitCode::from(2);
        }
    };
    let status = runtime.block_on(async {
        let ingress = Ingress::new(IngressOptions::default());
        let (depth, outbox) = (ingress.depth(), ingress.outbox());
        let end = ingress.session_end();
        let builder = LspService::build(|client| Server::new(client, depth, outbox, end))
            .custom_method(IMAGES, Server::images)
            .custom_method(IMAGES_AT, Server::images_at)
            .custom_method(BUMP_VALUES, Server::bump_values)
            .custom_method(OVERVIEW, Server::overview)
            .custom_method(OPEN_VALUES, Server::open_values)
            .custom_method(CONFIRM_VALUE, Server::confirm_value)
            .custom_method(RENDER, Server::render)
            .custom_method(POLICY, Server::policy)
            .custom_method(TRIAGE, Server::triage)
            .custom_method(RULE_DOCUMENTATION, Server::rule_documentation);
        #[cfg(feature = "test-hooks")]
        let builder = builder
            .custom_method("imageScripts/test/panic", Server::test_panic)
            .custom_method("imageScripts/test/idle", Server::test_idle)
            .custom_method("imageScripts/test/hold", Server::test_hold)
            .custom_method("imageScripts/test/held", Server::test_held)
            .custom_method("imageScripts/test/today", Server::test_today)
            .custom_method("imageScripts/test/text", Server::test_text);
        let (service, socket) = builder.finish();
        ingress.serve(service, socket).await
    });
    // The thread that reads standard input may never end by itself.
    std::process::exit(status.code())
}
