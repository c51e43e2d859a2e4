//! All requests of the protocol, about one position of one document.

use serde_json::{Value, json};

use super::{Client, everywhere};

/// Code of an error that is the server's fault.
const INTERNAL_ERROR: i64 = -32603;

/// Requests about a document as a whole.
const OF_DOCUMENTS: [&str; 6] = [
    "textDocument/documentSymbol",
    "textDocument/documentLink",
    "textDocument/codeLens",
    "textDocument/inlayHint",
    "textDocument/semanticTokens/full",
    "imageScripts/test/text",
];

/// Requests about a position.
const OF_POSITIONS: [&str; 10] = [
    "textDocument/hover",
    "textDocument/definition",
    "textDocument/declaration",
    "textDocument/references",
    "textDocument/documentHighlight",
    "textDocument/signatureHelp",
    "textDocument/completion",
    "textDocument/prepareRename",
    "textDocument/rename",
    "textDocument/prepareCallHierarchy",
];

/// Requests about a range.
const OF_RANGES: [&str; 3] = [
    "textDocument/codeAction",
    "textDocument/semanticTokens/range",
    "imageScripts/imagesAt",
];

/// Requests about an item of the result of another one.
const OF_ITEMS: [(&str, &str); 5] = [
    ("textDocument/completion", "completionItem/resolve"),
    ("textDocument/codeLens", "codeLens/resolve"),
    ("textDocument/codeAction", "codeAction/resolve"),
    (
        "textDocument/prepareCallHierarchy",
        "callHierarchy/incomingCalls",
    ),
    (
        "textDocument/prepareCallHierarchy",
        "callHierarchy/outgoingCalls",
    ),
];

/// A request: its method and parameters.
pub type RequestParams = (&'static str, Value);

/// Returns all requests about a position of a document, and about the checkout.
pub fn requests_at(url: &str, line: usize, character: usize) -> Vec<RequestParams> {
    let position = json!({ "line": line, "character": character });
    let params = json!({
        "textDocument": { "uri": url },
        "uri": url,
        "position": position,
        "range": everywhere(),
        "newName": "configure-renamed",
        "context": { "includeDeclaration": true, "diagnostics": [] },
    });
    let here = json!({ "start": position, "end": position });
    let files = json!({ "files": [{ "uri": url }] });
    let rename = json!({ "files": [{ "oldUri": url, "newUri": format!("{url}x") }] });
    let image = json!({ "name": "debian-14", "like": "debian-13", "dryRun": true });
    let new = json!({ "command": "imageScripts.newImage", "arguments": [image] });
    let mut requests: Vec<RequestParams> = Vec::new();
    let about = |methods: &[&'static str], params: &Value| -> Vec<RequestParams> {
        let methods = methods.iter();
        methods.map(|method| (*method, params.clone())).collect()
    };
    requests.extend(about(&OF_DOCUMENTS, &params));
    requests.extend(about(&OF_POSITIONS, &params));
    requests.extend(about(&OF_RANGES, &params));
    let mut at = params;
    at["range"] = here;
    requests.extend(about(&OF_RANGES, &at));
    requests.extend([
        ("workspace/symbol", json!({ "query": "deb" })),
        ("workspace/willCreateFiles", files.clone()),
        ("workspace/willDeleteFiles", files),
        ("workspace/willRenameFiles", rename),
        ("workspace/executeCommand", new),
        ("imageScripts/images", Value::Null),
    ]);
    requests
}

impl Client {
    /// Sends a request, and the requests about the first item of its result. A refusal is an answer,
    /// a mistake of the server is not.
    pub fn exercise(&mut self, (method, params): RequestParams) {
        let Some(result) = self.result_or_refusal(method, params) else {
            return;
        };
        let items = result.get("items").unwrap_or(&result);
        let Some(item) = items.get(0).cloned() else {
            return;
        };
        for (of, about) in OF_ITEMS {
            if of == method {
                let is_call = about.starts_with("callHierarchy");
                let params = if is_call {
                    json!({ "item": item })
                } else {
                    item.clone()
                };
                self.result_or_refusal(about, params);
            }
        }
    }

    fn result_or_refusal(&mut self, method: &str, params: Value) -> Option<Value> {
        let id = self.request(method, params);
        match self.response(id) {
            Ok(result) => Some(result),
            Err((code, message)) => {
                assert_ne!(code, INTERNAL_ERROR, "{method}: {message}");
                None
            }
        }
    }
}
