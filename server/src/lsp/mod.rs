//! The language server: the only code that knows tower-lsp, lsp-types, JSON, URLs and UTF-16.
//!
//! - `ingress`: messages, in order, to handlers;
//! - `server`: the handlers; `registration`: what the client is asked for; `options`: settings;
//! - `session`: open documents and checkouts between them;
//! - `abilities`: what client and server say of themselves;
//! - `actions`, `commands`, `file_operations`: changes; `workspace_edit`: how the client gets them;
//! - `answers`: what a client asks about a place; `refresh`: has it ask again;
//! - `verify`: hints that a change left behind;
//! - `convert`: findings and paths as the protocol has them; `position`: places;
//! - `watch`: files, where the client cannot watch them.

mod abilities;
mod actions;
mod answers;
mod commands;
mod convert;
mod documents;
mod file_operations;
pub mod ingress;
pub mod options;
pub mod position;
mod refresh;
mod registration;
mod server;
mod session;
mod verify;
mod watch;
mod workspace_edit;

use std::process::ExitCode;

use tower_lsp::LspService;

use answers::overview;
use ingress::{Ingress, IngressOptions};
use server::Server;

/// Parsers and the walk over scripts recurse, within limits that need some stack.
const STACK: usize = 16 << 20;

/// Serves one client on standard input and output. Does not return while the client is there.
pub fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(8)
        .thread_stack_size(STACK)
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
        let builder = LspService::build(|client| Server::new(client, depth, outbox))
            .custom_method(overview::IMAGES, Server::images)
            .custom_method(overview::IMAGES_AT, Server::images_at);
        #[cfg(feature = "test-hooks")]
        let builder = builder
            .custom_method("imageScripts/test/panic", Server::test_panic)
            .custom_method("imageScripts/test/text", Server::test_text);
        let (service, socket) = builder.finish();
        ingress.serve(service, socket).await
    });
    // The thread that reads standard input may never end by itself.
    std::process::exit(status.code())
}
