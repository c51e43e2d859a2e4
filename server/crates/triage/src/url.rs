//! Addresses in the lines of a log.

/// Returns the first address in a text.
pub(crate) fn url_in(text: &str) -> Option<&str> {
    let starts = ["https://", "http://", "ftp://"]
        .iter()
        .filter_map(|scheme| text.find(scheme));
    let found = text.get(starts.min()?..)?;
    let end = found.find(|c: char| c.is_whitespace() || "'\"`<>|;,)]".contains(c));
    let url = found.get(..end.unwrap_or(found.len()))?;
    let url = url.trim_end_matches([':', '.']);
    host_of(url).map(|_| url)
}

/// Returns the host of an address.
pub(crate) fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let end = rest.find(['/', ':', '?']).unwrap_or(rest.len());
    rest.get(..end).filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found() {
        let line = "+ curl -fsS -O 'https://mirror.example.org/a/b.rpm' -O x";
        assert_eq!(url_in(line), Some("https://mirror.example.org/a/b.rpm"));
        assert_eq!(
            url_in("for URL: http://x.example/y."),
            Some("http://x.example/y")
        );
        assert_eq!(url_in("https://"), None);
        assert_eq!(host_of("https://x.example:8080/y"), Some("x.example"));
    }
}
