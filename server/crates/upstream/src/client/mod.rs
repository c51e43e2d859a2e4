//! The HTTP client. What it is asked for comes from a checkout, which is not trusted, and what it gets
//! comes from anybody: only the web is asked, no private address (`address`), no more than a few requests at a
//! time of one host (`turns`), and whatever comes is bounded in size and in time.
//!
//! - `attempt`: one request; `retry_after`: when a busy server wants the next one;
//! - `budget`: how many attempts an address gets, and how much time;
//! - `silent_hosts`: hosts that are asked no more, because they do not answer;
//! - `store`: pages that are kept from one run to the next.

mod address;
mod attempt;
mod budget;
mod retry_after;
mod silent_hosts;
mod store;
#[cfg(test)]
mod tests;
mod turns;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ureq::config::AutoHeaderValue;
use ureq::http::Response;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Proxy};

use crate::{Beginning, Probe, Reply, Upstream};
use address::{GuardedResolver, WebAddress};
use attempt::{Attempt, Outcome, RequestKind};
use budget::Budget;
use silent_hosts::SilentHosts;
use turns::Turns;

pub(crate) use address::without_credentials;
pub use store::PageStore;

/// The bounds of what a client does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Set where loopback, private and link-local addresses may be asked, too.
    pub allow_private: bool,
    /// The longest time that an attempt takes, from the name of the host to the end of the page.
    pub attempt: Duration,
    /// The longest time that an address takes, with all redirects and waits.
    pub address: Duration,
    /// The longest time that is lost with a host: with attempts that fail, waits, and whatever else is slow.
    pub host: Duration,
    /// The length of the longest page in bytes, after it is decompressed.
    pub page: u64,
    /// The length of all pages in bytes that are kept in memory. Above it they are asked for again.
    pub pages: usize,
    /// The number of attempts for an address where servers are busy or fail, over all redirects.
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
            address: Duration::from_secs(180),
            host: Duration::from_secs(600),
            page: 8 << 20,
            pages: 64 << 20,
            attempts: 3,
            pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(30),
        }
    }
}

/// How many addresses a redirect may lead through.
const REDIRECTS: usize = 5;

/// The time that an answer may take without being counted as lost.
const QUICK: Duration = Duration::from_secs(5);

/// The time to connect to a host.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// What is known of addresses, each worked out once, by whoever is first.
type Known<T> = Mutex<HashMap<String, Arc<OnceLock<T>>>>;

/// A client that asks servers, each address once.
pub struct Client {
    agent: Agent,
    limits: Limits,
    turns: Turns,
    silent: SilentHosts,
    store: Option<Box<dyn PageStore>>,
    pages: Known<Reply>,
    /// The length of all pages that are kept.
    kept: AtomicUsize,
    probes: Known<Probe>,
}

impl Client {
    /// A client that calls itself by a name and version, such as `image-scripts-ls/1.0`. It uses the proxy of the
    /// environment.
    pub fn new(name: &str, limits: Limits) -> Client {
        Client::with_proxy(name, limits, Proxy::try_from_env())
    }

    /// Has the client keep pages from one run to the next.
    #[must_use]
    pub fn keeping_pages(self, store: Box<dyn PageStore>) -> Client {
        Client {
            store: Some(store),
            ..self
        }
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
            silent: SilentHosts::default(),
            store: None,
            pages: Known::default(),
            kept: AtomicUsize::default(),
            probes: Known::default(),
        }
    }

    fn ask(&self, address: &str, kind: RequestKind) -> Outcome {
        let mut address = match WebAddress::parse(address) {
            Ok(address) => address,
            Err(reason) => return Outcome::Silent(reason),
        };
        let mut budget = Budget::new(&self.limits);
        for _ in 0..=REDIRECTS {
            if !self.limits.allow_private && address.is_local() {
                return Outcome::Silent(format!(
                    "{address}: not asked, because it is an address of a private network"
                ));
            }
            if self.silent.has(address.host()) {
                return Outcome::Silent(format!(
                    "{address}: not asked, because {} has not answered before",
                    address.host()
                ));
            }
            if self.silent.cost_of(address.host()) > self.limits.host {
                return Outcome::Silent(format!(
                    "{address}: not asked, because {} has taken too much time",
                    address.host()
                ));
            }
            match self.ask_with_retries(&address, kind, &mut budget) {
                Attempt::Elsewhere(next) => address = next,
                Attempt::Done(answer) => {
                    let has_answered = !matches!(answer, Outcome::Silent(_));
                    self.silent.note(address.host(), has_answered);
                    return answer;
                }
                Attempt::Again(reason, _) => return Outcome::Unclear(reason),
            }
        }
        Outcome::Unclear(format!("{address}: too many redirects"))
    }

    fn ask_with_retries(
        &self,
        address: &WebAddress,
        kind: RequestKind,
        budget: &mut Budget,
    ) -> Attempt {
        loop {
            let Some(time) = budget.time_for_attempt() else {
                let reason = format!("{address}: it takes too much time");
                return Attempt::Done(Outcome::Silent(reason));
            };
            let started = Instant::now();
            let attempt = self.attempt(address, kind, time);
            let wait = match &attempt {
                Attempt::Again(_, wanted) => budget.wait(*wanted),
                _ => None,
            };
            let has_failed = matches!(
                attempt,
                Attempt::Again(..) | Attempt::Done(Outcome::Silent(_))
            );
            let free = if has_failed { Duration::ZERO } else { QUICK };
            let lost = started.elapsed().saturating_sub(free);
            let cost = lost.saturating_add(wait.unwrap_or_default());
            self.silent.note_cost(address.host(), cost);
            let Some(wait) = wait else {
                return attempt;
            };
            thread::sleep(wait);
        }
    }

    fn page(&self, address: &str) -> Reply {
        match self.ask(address, RequestKind::Page) {
            Outcome::Bytes(bytes) => Reply::Text(match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            }),
            Outcome::Gone => Reply::Gone,
            Outcome::Unclear(reason) | Outcome::Silent(reason) => Reply::Unknown(reason),
        }
    }

    /// Asks for the head, which costs little, and then for the beginning. A server that has no head of
    /// something may have it all the same.
    fn beginning(&self, address: &str) -> Probe {
        if let Outcome::Silent(reason) = self.ask(address, RequestKind::Head) {
            return Probe::Unknown(reason);
        }
        match self.ask(address, RequestKind::Beginning) {
            Outcome::Bytes(bytes) => Probe::Present(Beginning::of(&bytes)),
            Outcome::Gone => Probe::Gone,
            Outcome::Unclear(reason) | Outcome::Silent(reason) => Probe::Unknown(reason),
        }
    }
}

impl Upstream for Client {
    fn get(&self, address: &str) -> Reply {
        let reply = known(&self.pages, address, || {
            let reply = self.page(address);
            if let Reply::Text(text) = &reply {
                self.kept.fetch_add(text.len(), Ordering::Relaxed);
            }
            reply
        });
        if let Reply::Text(text) = &reply
            && self.kept.load(Ordering::Relaxed) > self.limits.pages
        {
            let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
            if pages.remove(address).is_some() {
                self.kept.fetch_sub(text.len(), Ordering::Relaxed);
            }
        }
        reply
    }

    fn probe(&self, address: &str) -> Probe {
        known(&self.probes, address, || self.beginning(address))
    }
}

/// Returns what is known of an address. Others that want the same wait for the first one.
fn known<T: Clone>(all: &Known<T>, address: &str, ask: impl FnOnce() -> T) -> T {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = all.entry(address.to_owned()).or_default().clone();
    drop(all);
    answer.get_or_init(ask).clone()
}

fn header<'r, B>(response: &'r Response<B>, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}
