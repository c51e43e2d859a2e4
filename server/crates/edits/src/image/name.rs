//! Names that an image may have.

use crate::Refusal;
use model::runner::NAME_FIELDS;

/// Longest name, in bytes: far below what file systems allow, with room for what is added to it.
const MAX_LENGTH: usize = 200;

/// Refuses a name that an image may not have. One that it may have is
/// `DISTNAME[-RELVER[-ARCH[-VENDOR[-VARIANT]]]]`, each field of letters, digits, `.`, `_` and `+`,
/// and so nothing that leads out of `images/`.
///
/// # Errors
/// When the name is not like that: says what is wrong with it.
pub(crate) fn check(name: &str) -> Result<(), Refusal> {
    let refuse = |why: &str| Err(Refusal::new(format!("`{name}` cannot be an image: {why}")));
    if name.is_empty() {
        return refuse("it has no name");
    }
    if name.len() > MAX_LENGTH {
        return refuse("the name is too long");
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    if let Some(c) = name.chars().find(|c| !fits(*c)) {
        return refuse(&format!(
            "`{}` is not allowed in a name: use letters, digits, `.`, `_`, `+` and `-`",
            c.escape_default()
        ));
    }
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return refuse("a name begins with a letter or digit");
    }
    let mut fields = name.splitn(NAME_FIELDS.len(), '-');
    if fields.any(str::is_empty) || name.ends_with('-') {
        return refuse(
            "a field between `-` is empty; a name is DISTNAME[-RELVER[-ARCH[-VENDOR[-VARIANT]]]]",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn names() {
        for name in [
            "arch",
            "debian-13",
            "centos-10-stream",
            "opensuse-leap-15.6",
            "nixos-25.11-impermanence",
            "a-1-b-c-d-e",
        ] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        for name in [
            "", ".", "..", "../x", "/etc", "a/b", "a\\b", "-a", "a-", "a--b", "a b", "a\n",
            "\u{e9}", "a\0", ".git", "a$b", "a;b",
        ] {
            assert!(check(name).is_err(), "{name}");
        }
        assert!(check(&"a".repeat(300)).is_err());
    }
}
