//! Pages that are kept from one run to the next: a server is asked whether its page is still the same, and sends it
//! only where it is not.

use serde::{Deserialize, Serialize};
use ureq::http::Response;

use super::header;

/// A place where texts are kept by address. One that is lost, or is no longer what it was, is asked for again.
pub trait PageStore: Send + Sync {
    /// Returns the text that was kept for an address.
    fn load(&self, address: &str) -> Option<String>;

    /// Keeps a text for an address.
    fn keep(&self, address: &str, text: &str);
}

/// The version of the format.
const VERSION: u32 = 1;

/// The length of the longest page that is kept.
const MAX_LENGTH: usize = 8 << 20;

/// A page with what its server tells it from others by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeptPage {
    version: u32,
    address: String,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    pub(super) text: String,
}

impl KeptPage {
    /// Returns the page that is kept for an address.
    pub(super) fn load(store: &dyn PageStore, address: &str) -> Option<KeptPage> {
        let text = store.load(address)?;
        let kept: KeptPage = serde_json::from_str(&text).ok()?;
        let of_header = |value: &Option<String>| {
            let is_plain = |text: &String| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
            value.as_ref().is_none_or(is_plain)
        };
        let is_own = kept.version == VERSION && kept.address == address;
        (is_own && of_header(&kept.etag) && of_header(&kept.last_modified)).then_some(kept)
    }

    /// Keeps a page, if its server will say later whether it is still the same.
    pub(super) fn keep<B>(
        store: &dyn PageStore,
        address: &str,
        response: &Response<B>,
        text: &str,
    ) {
        let value = |name: &str| header(response, name).map(str::to_owned);
        let kept = KeptPage {
            version: VERSION,
            address: address.to_owned(),
            etag: value("etag"),
            last_modified: value("last-modified"),
            text: text.to_owned(),
        };
        let is_known_again = kept.etag.is_some() || kept.last_modified.is_some();
        if is_known_again
            && text.len() <= MAX_LENGTH
            && let Ok(kept) = serde_json::to_string(&kept)
        {
            store.keep(address, &kept);
        }
    }
}
