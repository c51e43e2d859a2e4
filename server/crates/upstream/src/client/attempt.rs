//! One request of a server, and what comes of it.

use std::fmt::Display;
use std::io::{self, Read};
use std::time::Duration;

use ureq::http::{Response, StatusCode};
use ureq::{Body, Error};

use super::address::WebAddress;
use super::retry_after::retry_after;
use super::store::KeptPage;
use super::{Client, header};
use crate::Beginning;

/// What is asked of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestKind {
    /// The whole of what is there.
    Page,
    /// Only whether something is there.
    Head,
    /// Its first bytes.
    Beginning,
}

/// What a server says in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It has this. For a request of its head, nothing.
    Bytes(Vec<u8>),
    /// There is nothing.
    Gone,
    /// It says something that tells nothing, with the reason.
    Unclear(String),
    /// It says nothing: it is not reached, too slow, or another than it should be. With the reason.
    Silent(String),
}

/// What comes of an attempt that need not be the last one.
pub(super) enum Attempt {
    Done(Outcome),
    /// The server is busy or fails, or the connection was cut, with the reason and the time that the server
    /// asks to wait.
    Again(String, Option<Duration>),
    /// It is elsewhere.
    Elsewhere(WebAddress),
}

impl Client {
    /// Asks once.
    pub(super) fn attempt(
        &self,
        address: &WebAddress,
        kind: RequestKind,
        time: Duration,
    ) -> Attempt {
        let _turn = self.turns.wait(address.host());
        let store = self.store.as_deref().filter(|_| kind == RequestKind::Page);
        let kept = store.and_then(|store| KeptPage::load(store, address.as_str()));
        let response = match self.send(address, kind, time, kept.as_ref()) {
            Ok(response) => response,
            Err(error) if is_cut(&error) => {
                return Attempt::Again(format!("{address}: {error}"), None);
            }
            Err(error) => return Attempt::Done(Outcome::Silent(format!("{address}: {error}"))),
        };
        let status = response.status();
        let unclear = || {
            let reason = format!("{address}: status {}", status.as_u16());
            Attempt::Done(Outcome::Unclear(reason))
        };
        match (status, kept) {
            (StatusCode::OK, _) => Attempt::Done(self.read(address, kind, response)),
            (StatusCode::PARTIAL_CONTENT, _) if kind == RequestKind::Beginning => {
                Attempt::Done(self.read(address, kind, response))
            }
            (StatusCode::NOT_MODIFIED, Some(kept)) => {
                Attempt::Done(Outcome::Bytes(kept.text.into_bytes()))
            }
            (StatusCode::NOT_FOUND | StatusCode::GONE, _) => Attempt::Done(Outcome::Gone),
            // Nothing is there that could begin.
            (StatusCode::RANGE_NOT_SATISFIABLE, _) if kind == RequestKind::Beginning => {
                Attempt::Done(Outcome::Bytes(Vec::new()))
            }
            (status, _) if status.is_redirection() => {
                let next = header(&response, "location").and_then(|to| address.joined(to));
                next.map_or_else(unclear, Attempt::Elsewhere)
            }
            (status, _) if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                let date = header(&response, "date");
                let wait =
                    header(&response, "retry-after").and_then(|text| retry_after(text, date));
                Attempt::Again(format!("{address}: status {}", status.as_u16()), wait)
            }
            _ => unclear(),
        }
    }

    fn send(
        &self,
        address: &WebAddress,
        kind: RequestKind,
        time: Duration,
        kept: Option<&KeptPage>,
    ) -> Result<Response<Body>, Error> {
        let address = address.as_str();
        let mut request = match kind {
            RequestKind::Head => self.agent.head(address),
            RequestKind::Page | RequestKind::Beginning => self.agent.get(address),
        };
        request = request.config().timeout_global(Some(time)).build();
        if kind == RequestKind::Beginning {
            // What is compressed on the way begins otherwise.
            let range = format!("bytes=0-{}", Beginning::LENGTH - 1);
            request = request
                .header("range", range)
                .header("accept-encoding", "identity");
        }
        if let Some(etag) = kept.and_then(|kept| kept.etag.as_deref()) {
            request = request.header("if-none-match", etag);
        }
        if let Some(date) = kept.and_then(|kept| kept.last_modified.as_deref()) {
            request = request.header("if-modified-since", date);
        }
        request.call()
    }

    /// Reads what a server has.
    fn read(&self, address: &WebAddress, kind: RequestKind, response: Response<Body>) -> Outcome {
        let too_long = || Outcome::Unclear(format!("{address}: the page is too long"));
        let silent = |reason: &dyn Display| Outcome::Silent(format!("{address}: {reason}"));
        match kind {
            RequestKind::Head => Outcome::Bytes(Vec::new()),
            RequestKind::Beginning => match beginning(response) {
                Ok(bytes) => Outcome::Bytes(bytes),
                Err(error) => silent(&error),
            },
            RequestKind::Page => {
                let (head, body) = response.into_parts();
                match page(body, self.limits.page) {
                    // Bytes that are no text become longer.
                    Ok(text)
                        if u64::try_from(text.len())
                            .is_ok_and(|length| length > self.limits.page) =>
                    {
                        too_long()
                    }
                    Ok(text) => {
                        if let Some(store) = &self.store {
                            let head = Response::from_parts(head, ());
                            KeptPage::keep(&**store, address.as_str(), &head, &text);
                        }
                        Outcome::Bytes(text.into_bytes())
                    }
                    Err(Error::BodyExceedsLimit(_)) => too_long(),
                    Err(error) => silent(&error),
                }
            }
        }
    }
}

/// Returns whether a connection was cut: a server closes one that it has kept open just when it is used again.
fn is_cut(error: &Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let kinds = [
        BrokenPipe,
        ConnectionAborted,
        ConnectionReset,
        UnexpectedEof,
    ];
    matches!(error, Error::Io(error) if kinds.contains(&error.kind()))
}

/// Returns the text of a page. Bytes that are no text stay out of what is found in it.
fn page(mut body: Body, limit: u64) -> Result<String, Error> {
    let bytes = body.with_config().limit(limit).read_to_vec()?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the first bytes of what a server sends: some send all of it, whatever they are asked for.
fn beginning(response: Response<Body>) -> Result<Vec<u8>, Error> {
    let length = u64::try_from(Beginning::LENGTH).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let reader = response.into_body().into_reader();
    reader.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}
