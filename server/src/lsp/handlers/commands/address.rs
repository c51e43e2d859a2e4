//! Opening an address in a browser.

use lsp_types::request::ShowDocument;
use lsp_types::{ExecuteCommandParams, ShowDocumentParams, Url};
use tower_lsp::jsonrpc::{ErrorCode, Result};

use super::CommandRunner;
use crate::lsp::errors::error;
use crate::lsp::ingress::send_request;
use crate::lsp::limits::CLIENT_TIMEOUT;

impl CommandRunner {
    /// Has the client open an address of the web in a browser.
    ///
    /// # Errors
    /// When the argument is no such address.
    pub(in crate::lsp) fn open_address(&self, params: ExecuteCommandParams) -> Result<()> {
        let argument = params.arguments.first();
        let address = argument.and_then(|argument| argument.get("address")?.as_str());
        let url = address.and_then(|address| Url::parse(address).ok());
        let uri = url.filter(|url| ["http", "https"].contains(&url.scheme()));
        let uri = uri.ok_or_else(|| {
            let message = format!(
                "{}: it takes one object with `address`, an address of the web",
                params.command
            );
            error(ErrorCode::InvalidParams, message)
        })?;
        let params = ShowDocumentParams {
            uri,
            external: Some(true),
            take_focus: None,
            selection: None,
        };
        // Nothing depends on the response.
        drop(send_request::<ShowDocument>(
            &self.client,
            params,
            CLIENT_TIMEOUT,
        ));
        Ok(())
    }
}
