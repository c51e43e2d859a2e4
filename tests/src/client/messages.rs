//! Sorting of received messages.

use serde_json::{Value, json};

use super::diagnostics::PublishedDiagnostics;
use super::{Client, LOG, PUBLISH_DIAGNOSTICS, ServerRequest};

impl Client {
    /// Puts a message where the test looks for it, and responds to automatic requests.
    pub(super) fn take(&mut self, message: Value) {
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        let id = message.get("id").cloned();
        match (message.get("method").and_then(Value::as_str), id) {
            (Some(method), Some(id)) => {
                let request = ServerRequest {
                    id,
                    params: message["params"].clone(),
                };
                match self.automatic_results.get(method).cloned() {
                    Some(result) => self.respond(&request, result),
                    None => self.server_requests.push_back((method.to_owned(), request)),
                }
            }
            (Some(method), None) => {
                self.take_notification(method.to_owned(), message["params"].clone())
            }
            (None, Some(id)) => self.take_response(&id, &message),
            (None, None) => panic!("neither method nor id: {message}"),
        }
    }

    fn take_response(&mut self, id: &Value, message: &Value) {
        let (result, error) = (message.get("result"), message.get("error"));
        assert!(
            result.is_some() != error.is_some(),
            "either a result or an error: {message}"
        );
        let error = error.map(|e| {
            (
                e["code"].as_i64().unwrap(),
                e["message"].as_str().unwrap().to_owned(),
            )
        });
        match (id.as_i64(), error) {
            (Some(id), error) => {
                assert!(
                    self.pending.remove(&id),
                    "nobody request for this: {message}"
                );
                self.responses
                    .insert(id, error.map_or_else(|| Ok(result.cloned().unwrap()), Err));
            }
            (None, Some((code, _))) if id.is_null() => self.errors_without_id.push_back(code),
            _ => panic!("nobody request for this: {message}"),
        }
    }

    fn take_notification(&mut self, method: String, params: Value) {
        match method.as_str() {
            PUBLISH_DIAGNOSTICS => self.take_diagnostics(&params),
            LOG => {
                let line = params["message"].as_str().unwrap().to_owned();
                match params["type"].as_i64().unwrap() {
                    1 | 2 if self.allowed_warnings.iter().any(|part| line.contains(part)) => {}
                    1 | 2 => self.warnings.push_back(line),
                    _ => self.infos.push(line),
                }
                return;
            }
            _ => {}
        }
        if !self.allowed.contains(&method) {
            self.notifications.push_back((method, params));
        }
    }

    fn take_diagnostics(&mut self, params: &Value) {
        let publication = PublishedDiagnostics {
            url: params["uri"].as_str().unwrap().to_owned(),
            version: params.get("version").and_then(Value::as_i64),
            diagnostics: params["diagnostics"].as_array().unwrap().clone(),
        };
        for diagnostic in &publication.diagnostics {
            assert_eq!(diagnostic["source"], "image-scripts", "{diagnostic}");
            assert!(
                diagnostic["code"].is_string() && diagnostic["severity"].is_u64(),
                "{diagnostic}"
            );
        }
        self.all_published.push(publication.clone());
        self.published.insert(publication.url.clone(), publication);
    }
}

/// Returns a notification.
pub fn notification(method: &str, params: Value) -> Value {
    let mut message = json!({ "jsonrpc": "2.0", "method": method });
    if !params.is_null() {
        message["params"] = params;
    }
    message
}
