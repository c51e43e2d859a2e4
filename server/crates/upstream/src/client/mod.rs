//! The HTTP client. What it is asked for comes from a checkout, which is not trusted, and what it gets
//! comes from anybody: only the web is asked, no private address (`address`), no more than a few requests at a
//! time of one host (`turns`), and whatever comes is bounded in size and in time.

mod address;
#[cfg(test)]
mod tests;
mod turns;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use ureq::config::AutoHeaderValue;
use ureq::http::{Response, StatusCode};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, Error, Proxy};

use crate::{Reply, Upstream};
use address::{GuardedResolver, WebAddress};
use turns::Turns;

pub(crate) use address::without_credentials;

/// The bounds of what a client does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Set where loopback, private and link-local addresses may be asked, too.
    pub allow_private: bool,
    /// The longest time that an attempt takes, from the name of the host to the end of the page.
    pub attempt: Duration,
    /// The length of the longest page in bytes, after it is decompressed.
    pub page: u64,
    /// The number of attempts where a server is busy or fails.
    pub attempts: u32,
    /// The time to wait before the second attempt. It doubles for the next ones.
    pub pause: Duration,
    /// The longest time that a server may ask to wait.
    pub longest_pause: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            allow_private: false,
            attempt: Duration::from_secs(60),
            page: 32 << 20,
            attempts: 3,
            pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(30),
        }
    }
}

/// How many addresses a redirect may lead through.
const REDIRECTS: usize = 5;

/// The time to connect to a host.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// A client that asks servers, each address once.
pub struct Client {
    agent: Agent,
    limits: Limits,
    turns: Turns,
    known: Mutex<HashMap<String, Arc<OnceLock<Reply>>>>,
}

/// What comes of an attempt that need not be the last one.
enum Attempt {
    Done(Reply),
    /// The server is busy or fails, or the connection was cut, with the reason and the time that the server
    /// asks to wait.
    Again(String, Option<Duration>),
    /// It is elsewhere.
    Elsewhere(WebAddress),
}

impl Client {
    /// A client that calls itself by a name and version, such as `image-scripts-ls/1.0`. It uses the proxy of the
    /// environment.
    pub fn new(name: &str, limits: Limits) -> Client {
        Client::with_proxy(name, limits, Proxy::try_from_env())
    }

    fn with_proxy(name: &str, limits: Limits, proxy: Option<Proxy>) -> Client {
        let guard = GuardedResolver::new(limits.allow_private);
        let config = Agent::config_builder()
            .proxy(proxy)
            .user_agent(AutoHeaderValue::Provided(Arc::new(name.to_owned())))
            .http_status_as_error(false)
            // We follow redirects ourselves, to look at each address first.
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_TIMEOUT.min(limits.attempt)))
            .timeout_global(Some(limits.attempt))
            .build();
        Client {
            agent: Agent::with_parts(config, DefaultConnector::default(), guard),
            limits,
            turns: Turns::default(),
            known: Mutex::default(),
        }
    }

    fn ask(&self, address: &str) -> Reply {
        let mut address = match WebAddress::parse(address) {
            Ok(address) => address,
            Err(reason) => return Reply::Unknown(reason),
        };
        for _ in 0..=REDIRECTS {
            if !self.limits.allow_private && address.is_local() {
                return Reply::Unknown(format!(
                    "{address}: not asked, because it is an address of a private network"
                ));
            }
            match self.ask_with_retries(&address) {
                Attempt::Elsewhere(next) => address = next,
                Attempt::Done(reply) => return reply,
                Attempt::Again(reason, _) => return Reply::Unknown(reason),
            }
        }
        Reply::Unknown(format!("{address}: too many redirects"))
    }

    fn ask_with_retries(&self, address: &WebAddress) -> Attempt {
        let mut pause = self.limits.pause;
        for _ in 1..self.limits.attempts {
            match self.attempt(address) {
                Attempt::Again(reason, wanted) => {
                    let wait = wanted.unwrap_or(pause);
                    if wait > self.limits.longest_pause {
                        return Attempt::Done(Reply::Unknown(reason));
                    }
                    thread::sleep(wait);
                    pause = pause.saturating_mul(2);
                }
                attempt => return attempt,
            }
        }
        self.attempt(address)
    }

    fn attempt(&self, address: &WebAddress) -> Attempt {
        let _turn = self.turns.wait(address.host());
        let unknown = |reason: &dyn std::fmt::Display| {
            Attempt::Done(Reply::Unknown(format!("{address}: {reason}")))
        };
        let response = match self.agent.get(address.as_str()).call() {
            Ok(response) => response,
            Err(error) if is_cut(&error) => {
                return Attempt::Again(format!("{address}: {error}"), None);
            }
            Err(error) => return unknown(&error),
        };
        match response.status() {
            StatusCode::OK => match page(response, self.limits.page) {
                Ok(text) => Attempt::Done(Reply::Text(text)),
                Err(Error::BodyExceedsLimit(_)) => unknown(&"the page is too long"),
                Err(error) => unknown(&error),
            },
            StatusCode::NOT_FOUND | StatusCode::GONE => Attempt::Done(Reply::Gone),
            status if status.is_redirection() => {
                let next = header(&response, "location").and_then(|to| address.joined(to));
                match next {
                    Some(next) => Attempt::Elsewhere(next),
                    None => unknown(&format_args!("status {}", status.as_u16())),
                }
            }
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                let seconds = header(&response, "retry-after").and_then(|text| text.parse().ok());
                let reason = format!("{address}: status {}", status.as_u16());
                Attempt::Again(reason, seconds.map(Duration::from_secs))
            }
            status => unknown(&format_args!("status {}", status.as_u16())),
        }
    }
}

impl Upstream for Client {
    fn get(&self, address: &str) -> Reply {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = known.entry(address.to_owned()).or_default().clone();
        drop(known);
        reply.get_or_init(|| self.ask(address)).clone()
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

fn header<'r>(response: &'r Response<Body>, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

/// Returns the text of a response. Bytes that are no text stay out of what is found in it.
fn page(mut response: Response<Body>, limit: u64) -> Result<String, Error> {
    let body = response.body_mut().with_config().limit(limit);
    let bytes = body.read_to_vec()?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
