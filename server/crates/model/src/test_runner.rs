//! Names that the test runner gives to what it leaves of a test.

use sha2::{Digest, Sha256};

use crate::suite::IMAGE_TEST;

/// Beginning of the name of a directory that it leaves.
const PREFIX: &str = "os-test-";

/// Returns the path of the test of an image.
pub fn image_test(image: &str) -> String {
    format!("{IMAGE_TEST}@{image}")
}

/// Returns the image of a test, by its path, with what follows it.
pub fn image_of(test: &str) -> Option<&str> {
    test.strip_prefix(IMAGE_TEST)?.strip_prefix('@')
}

/// Returns the name of the directory of a test: its path without what has a meaning in names of files,
/// and the beginning of a hash of the path, which tells it from others.
pub fn state_directory(test: &str) -> String {
    let hash = Sha256::digest(test.as_bytes());
    let hash = hash.iter().take(4).map(|byte| format!("{byte:02x}"));
    format!("{PREFIX}{}-{}", slug(test), hash.collect::<String>())
}

fn slug(test: &str) -> String {
    let mut out = String::new();
    let mut is_replaced = false;
    for c in test.chars() {
        let is_plain = c.is_ascii_alphanumeric() || "_.-".contains(c);
        match (is_plain, is_replaced) {
            (true, _) => out.push(c),
            (false, false) => out.push_str("__"),
            (false, true) => {}
        }
        is_replaced = !is_plain;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_named_after_tests() {
        assert_eq!(
            state_directory(&image_test("rocky-8")),
            "os-test-image-scripts__test__rocky-8-631cd284"
        );
        let (dotted, spaced) = (state_directory("a.b/c_d"), state_directory("a .. b"));
        assert!(dotted.starts_with("os-test-a.b__c_d-"), "{dotted}");
        assert!(spaced.starts_with("os-test-a__..__b-"), "{spaced}");
    }
}
