//! Addresses of the documentation of rules.

/// The address of the project, in its manifest.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// The pages on ShellCheck's codes.
const SHELLCHECK_WIKI: &str = "https://www.shellcheck.net/wiki";

/// Returns the address of a rule's documentation of this version; `None` as long as the project has
/// no home, and its address is a placeholder.
pub(crate) fn address(code: &str) -> Option<String> {
    match code.strip_prefix("shellcheck/") {
        Some(code) => Some(format!("{SHELLCHECK_WIKI}/{code}")),
        None => address_at(REPOSITORY, code),
    }
}

fn address_at(repository: &str, code: &str) -> Option<String> {
    let version = env!("CARGO_PKG_VERSION");
    let is_placeholder = repository.is_empty() || repository.starts_with("https://example.org/");
    (!is_placeholder).then(|| format!("{repository}/blob/v{version}/editors/RULES.md#{code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_has_no_documentation() {
        assert_eq!(address_at("https://example.org/x", "unknown-row"), None);
        let address = address_at("https://git.example.net/x", "unknown-row").unwrap();
        assert!(address.starts_with("https://git.example.net/x/blob/v"));
        assert!(address.ends_with("/editors/RULES.md#unknown-row"));
    }
}
