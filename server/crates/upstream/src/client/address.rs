//! Addresses of the web that may be asked: none of a private network, neither by its number nor by the
//! name that leads there, and none with the credentials that were written in it.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// An address of the web, without credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WebAddress {
    text: String,
    host: String,
}

impl WebAddress {
    /// Reads an address. The error is the reason why it is none.
    pub(super) fn parse(text: &str) -> Result<WebAddress, String> {
        let text = without_credentials(text);
        let none = || format!("{text}: not asked, because it is no address of the web");
        let uri: Uri = text.parse().map_err(|_| none())?;
        let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
        let host = uri.host().filter(|host| is_web && !host.is_empty());
        let host = host.map(str::to_ascii_lowercase).ok_or_else(none)?;
        Ok(WebAddress { text, host })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Returns whether the host is one of a private network, as far as its name tells: a proxy does not
    /// say which number it finds.
    pub(super) fn is_local(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(number) = bare.parse::<IpAddr>() {
            return !is_public(number);
        }
        let name = bare.trim_end_matches('.');
        let is_number = |label: &str| label.starts_with(|c: char| c.is_ascii_digit());
        let last = name.rsplit('.').next().unwrap_or_default();
        // `2130706433`, `127.1` and `0x7f.1` are numbers for some resolvers.
        let is_other_number = is_number(last);
        // The first ones are reserved (RFC 6761, 6762 and 8375), the others are what routers call their networks.
        let local = [
            "localhost",
            "localdomain",
            "local",
            "test",
            "invalid",
            "internal",
            "lan",
            "home",
            "intranet",
        ];
        is_other_number
            || !name.contains('.')
            || local.contains(&last)
            || name.ends_with(".home.arpa")
    }

    /// Returns the address that a redirect from this one leads to, by RFC 3986. None leads from `https` to `http`.
    pub(super) fn joined(&self, to: &str) -> Option<WebAddress> {
        let (scheme, rest) = self.text.split_once("://")?;
        let path_at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, own) = rest.split_at_checked(path_at)?;
        let own = own.split('#').next().unwrap_or_default();
        let own_path = own.split('?').next().unwrap_or_default();
        let to = to.split('#').next().unwrap_or_default();
        let (path, query) = match to.split_once('?') {
            Some((path, query)) => (path, format!("?{query}")),
            None => (to, String::new()),
        };
        let text = if let Some((other, rest)) = path.split_once(':').filter(|(s, _)| is_scheme(s)) {
            format!("{}:{rest}{query}", other.to_ascii_lowercase())
        } else if path.starts_with("//") {
            format!("{scheme}:{path}{query}")
        } else if path.starts_with('/') {
            format!("{scheme}://{authority}{}{query}", without_dots(path))
        } else if path.is_empty() && query.is_empty() {
            format!("{scheme}://{authority}{own}")
        } else if path.is_empty() {
            format!("{scheme}://{authority}{own_path}{query}")
        } else {
            let directory = own_path
                .rsplit_once('/')
                .map_or("", |(directory, _)| directory);
            let path = without_dots(&format!("{directory}/{path}"));
            format!("{scheme}://{authority}{path}{query}")
        };
        let next = WebAddress::parse(&text).ok()?;
        let is_downgrade = scheme == "https" && !next.text.starts_with("https://");
        (!is_downgrade).then_some(next)
    }
}

fn is_scheme(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_part)
}

/// Returns a path, which begins with `/`, in which no name is `.` or `..`.
fn without_dots(path: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    let mut is_directory = false;
    for name in path.split('/').skip(1) {
        is_directory = matches!(name, "." | "..");
        match name {
            "." => {}
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    if is_directory {
        names.push("");
    }
    format!("/{}", names.join("/"))
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Returns an address without a user's name and password.
pub(crate) fn without_credentials(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

/// Resolves names to numbers that are none of a private network. A connection is made to the number that was
/// looked at, so that a name cannot mean another one in between.
pub(super) struct GuardedResolver {
    allow_private: bool,
    resolver: DefaultResolver,
}

impl GuardedResolver {
    pub(super) fn new(allow_private: bool) -> GuardedResolver {
        GuardedResolver {
            allow_private,
            resolver: DefaultResolver::default(),
        }
    }
}

impl fmt::Debug for GuardedResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedResolver").finish_non_exhaustive()
    }
}

impl Resolver for GuardedResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.resolver.resolve(uri, config, timeout)?;
        // The user's proxy may be anywhere.
        let is_proxy = config.proxy().is_some_and(|proxy| {
            let own = proxy.uri();
            uri.host() == own.host() && uri.port_u16() == own.port_u16() && !proxy.is_no_proxy(uri)
        });
        // All of them: a name with one public number is no way in either.
        let is_allowed =
            self.allow_private || is_proxy || found.iter().all(|found| is_public(found.ip()));
        match is_allowed {
            true => Ok(found),
            false => Err(Error::Io(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "not asked, because it is an address of a private network",
            ))),
        }
    }
}

/// Returns whether an address is one of the public internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_reserved = a == 0 || a >= 240 || (a, b, c) == (192, 0, 0);
    let is_benchmark = a == 198 && (18..20).contains(&b);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || is_shared
        || is_reserved
        || is_benchmark)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let [first, second, .., high, low] = segments;
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        // Addresses of IPv4 in other clothes: mapped, compatible, translated, 6to4.
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] => embedded(high, low),
        [0x64, 0xff9b, ..] => embedded(high, low),
        [0x2002, a, b, ..] => embedded(a, b),
        // Only this part of the space is given out; Teredo and documentation are in it.
        _ => (0x2000..0x4000).contains(&first) && !(first == 0x2001 && matches!(second, 0 | 0xdb8)),
    }
}

#[cfg(test)]
mod tests {
    use ureq::unversioned::transport::time::Duration;

    use super::*;

    #[test]
    fn private_addresses() {
        for address in [
            "127.0.0.1",
            "127.1.2.3",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "1.1.1.1",
            "172.15.0.1",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn names_of_private_networks() {
        let is_local = |text: &str| WebAddress::parse(text).unwrap().is_local();
        for text in [
            "http://localhost/",
            "http://LOCALHOST:8080/",
            "http://a.localhost./x",
            "http://printer/",
            "http://router.lan",
            "http://localhost.localdomain/",
            "http://printer.localdomain.",
            "http://a.test/",
            "http://a.invalid/",
            "http://nas.home.arpa/",
            "http://metadata.google.internal/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://0x7f000001/",
            "http://[::1]:80/",
            "http://user@10.0.0.1/",
        ] {
            assert!(is_local(text), "{text}");
        }
        for text in [
            "https://a.example.org/",
            "http://1.1.1.1/",
            "http://4.example.org:81/",
        ] {
            assert!(!is_local(text), "{text}");
        }
    }

    /// A name that looks like any other one, and leads here.
    #[test]
    fn names_that_lead_to_private_addresses() {
        let resolve = |allow_private| {
            let timeout = NextTimeout {
                after: Duration::NotHappening,
                reason: ureq::Timeout::Resolve,
                ..NextTimeout::default()
            };
            let uri: Uri = "http://localhost:80/".parse().unwrap();
            GuardedResolver::new(allow_private).resolve(&uri, &Config::default(), timeout)
        };
        assert!(resolve(true).is_ok());
        let error = resolve(false).unwrap_err().to_string();
        assert!(error.contains("private network"), "{error}");
    }

    #[test]
    fn other_addresses_are_none_of_the_web() {
        for text in [
            "",
            "x",
            "/etc/passwd",
            "file:///etc/passwd",
            "ftp://a.example.org/",
            "gopher://a.example.org/",
            "http://",
            "http:///x",
            "http://a.example.org/\r\nHost: x",
            "http://a b.example.org/",
        ] {
            assert!(WebAddress::parse(text).is_err(), "{text}");
        }
        let error = WebAddress::parse("ftp://me:secret@a.example.org/").unwrap_err();
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn credentials_stay_here() {
        for (text, expected) in [
            (
                "https://me:secret@a.example.org/x",
                "https://a.example.org/x",
            ),
            ("https://me:se@cret@a.example.org", "https://a.example.org"),
            ("https://a.example.org/@x", "https://a.example.org/@x"),
            ("https://a.example.org?q=@x", "https://a.example.org?q=@x"),
        ] {
            assert_eq!(WebAddress::parse(text).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn redirects() {
        let from = |text: &str, to: &str| {
            let next = WebAddress::parse(text).unwrap().joined(to);
            next.map(|next| next.to_string())
        };
        let page = "https://a.example.org/x/y?q=/z";
        for (to, expected) in [
            ("https://b.example.org/", "https://b.example.org/"),
            ("https://me:secret@b.example.org/", "https://b.example.org/"),
            ("//b.example.org/z", "https://b.example.org/z"),
            ("/z", "https://a.example.org/z"),
            ("z", "https://a.example.org/x/z"),
            ("?p=1", "https://a.example.org/x/y?p=1"),
            ("#top", "https://a.example.org/x/y?q=/z"),
            ("../z", "https://a.example.org/z"),
            ("../../../z/./w/..", "https://a.example.org/z/"),
            (".", "https://a.example.org/x/"),
            (
                "/a/../z?from=http://b.example.org/../y",
                "https://a.example.org/z?from=http://b.example.org/../y",
            ),
            (
                "z?from=http://b.example.org/",
                "https://a.example.org/x/z?from=http://b.example.org/",
            ),
            ("HTTPS://b.example.org/", "https://b.example.org/"),
        ] {
            assert_eq!(from(page, to).as_deref(), Some(expected), "{to}");
        }
        assert_eq!(from(page, "http://a.example.org/x/y/"), None);
        assert_eq!(from(page, "file:///etc/passwd"), None);
        assert_eq!(from(page, "javascript:x"), None);
        assert_eq!(
            from("http://a.example.org", "z").as_deref(),
            Some("http://a.example.org/z")
        );
    }
}
