//! Kinds of what is at an address, and how to tell whether it is there.

/// The kind of what is at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddressKind {
    /// A package for `rpm`.
    Rpm,
    /// An archive: of files, packed or not, or a package that is one.
    Archive,
    /// Metadata of a repository for `dnf` and `zypper`: `repomd.xml`.
    RpmRepository,
    /// The `Release` file of a suite.
    Release,
    /// The list of references of a git repository.
    Git,
    /// A key that signatures are checked with, or a signature.
    Key,
    /// A text that is no page: checksums, an index.
    Text,
    /// Something else.
    Other,
}

/// Ends of the names of archives.
const ARCHIVES: [&str; 20] = [
    ".tar", ".tar.gz", ".tar.xz", ".tar.zst", ".tar.bz2", ".tar.lz", ".tgz", ".txz", ".tzst",
    ".tbz", ".apk", ".zip", ".cpio", ".xbps", ".deb", ".gz", ".xz", ".zst", ".bz2", ".lz",
];
/// Ends of the names of keys and of signatures.
const KEYS: [&str; 8] = [
    ".pub", ".asc", ".gpg", ".sig", ".minisig", ".sign", ".pem", ".key",
];
/// Ends of the names of texts.
const TEXTS: [&str; 10] = [
    ".txt", ".sha256", ".sha512", ".md5", ".digests", ".json", ".list", ".repo", ".yaml", ".conf",
];
/// What the texts of checksums are called, whole or at the beginning.
const SUMS: [&str; 5] = ["sha256sum", "sha512sum", "md5sum", "checksums", "filelist"];
/// How packed files begin.
const MAGIC: [&[u8]; 9] = [
    b"\x1f\x8b",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"BZh",
    b"LZIP",
    b"PK\x03\x04",
    b"0707",
    b"!<arch>",
    // Packages of version 3 of apk.
    b"ADB",
];

impl AddressKind {
    /// Returns the kind of what an address has, by its name.
    pub fn of(url: &str) -> AddressKind {
        let path = url.split_once("://").map_or(url, |(_, rest)| rest);
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let name = path.split_once('/').map_or("", |(_, path)| path);
        let name = name.rsplit('/').next().unwrap_or_default();
        let lower = name.to_ascii_lowercase();
        let ends = |ends: &[&str]| ends.iter().any(|end| lower.ends_with(end));
        match lower.as_str() {
            "repomd.xml" => AddressKind::RpmRepository,
            "release" | "inrelease" => AddressKind::Release,
            _ if ends(&[".rpm"]) => AddressKind::Rpm,
            _ if ends(&KEYS) || lower.starts_with("rpm-gpg-key") => AddressKind::Key,
            _ if ends(&ARCHIVES) => AddressKind::Archive,
            _ if ends(&TEXTS) || SUMS.iter().any(|sums| lower.starts_with(sums)) => {
                AddressKind::Text
            }
            _ => AddressKind::Other,
        }
    }

    /// Returns whether something may be of this kind, by its first bytes, of which 512 are enough: an error
    /// page may come with status 200.
    pub fn fits(self, start: &[u8]) -> bool {
        let text = String::from_utf8_lossy(start);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let is_page = is_page(text);
        match self {
            AddressKind::Rpm => start.starts_with(b"\xed\xab\xee\xdb"),
            AddressKind::Archive => {
                let is_tar = start.get(257..262) == Some(b"ustar");
                is_tar || MAGIC.iter().any(|magic| start.starts_with(magic))
            }
            AddressKind::RpmRepository => text.starts_with('<') && text.contains("<repomd"),
            AddressKind::Release => {
                let fields = [
                    "Architectures:",
                    "Origin:",
                    "Label:",
                    "Suite:",
                    "Codename:",
                    "Date:",
                    "-----BEGIN PGP SIGNED",
                ];
                let is_field = |line: &str| fields.iter().any(|field| line.starts_with(field));
                !is_page && text.lines().any(is_field)
            }
            AddressKind::Git => text.contains("git-upload-pack"),
            AddressKind::Key => !text.is_empty() && !is_page,
            AddressKind::Text => !text.is_empty() && !is_page && !start.contains(&0),
            AddressKind::Other => true,
        }
    }
}

/// Returns whether a text is the beginning of a page in HTML, after a declaration of XML and comments.
fn is_page(text: &str) -> bool {
    let mut text = text;
    while let Some((_, after)) = [("<?", "?>"), ("<!--", "-->")]
        .iter()
        .find_map(|(start, end)| text.strip_prefix(start)?.split_once(end))
    {
        text = after.trim_start();
    }
    let start: String = text.chars().take(15).collect();
    let start = start.to_ascii_lowercase();
    ["<!doctype", "<html", "<head", "<body"]
        .iter()
        .any(|tag| start.starts_with(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_kinds() {
        for (url, kind) in [
            (
                "https://a.example.org/x/fedora-release-44-1.noarch.rpm",
                AddressKind::Rpm,
            ),
            (
                "https://a.example.org/iso/latest/sha256sums.txt",
                AddressKind::Text,
            ),
            ("https://a.example.org/SHA256SUMS", AddressKind::Text),
            (
                "https://a.example.org/v3.24/main/x86_64/APKINDEX.tar.gz",
                AddressKind::Archive,
            ),
            (
                "https://a.example.org/channels/nixos-26.05/nixexprs.tar.xz",
                AddressKind::Archive,
            ),
            (
                "https://a.example.org/sha256sums.txt.minisig",
                AddressKind::Key,
            ),
            (
                "https://a.example.org/RPM-GPG-KEY-Rocky-9",
                AddressKind::Key,
            ),
            (
                "https://a.example.org/os/repodata/repomd.xml",
                AddressKind::RpmRepository,
            ),
            (
                "https://a.example.org/debian/dists/trixie/Release",
                AddressKind::Release,
            ),
            ("https://a.example.org/get?file=x.rpm", AddressKind::Other),
            ("https://a.example.org.zip", AddressKind::Other),
            ("https://a.example.org/", AddressKind::Other),
        ] {
            assert_eq!(AddressKind::of(url), kind, "{url}");
        }
    }

    #[test]
    fn beginnings_tell_whether_it_is_one() {
        let page: &[u8] = b"\n<!DOCTYPE html><html><title>404</title>";
        let mut tar = vec![b'a'; 512];
        tar.splice(257..262, *b"ustar");
        for (kind, start) in [
            (AddressKind::Rpm, &b"\xed\xab\xee\xdb\x03"[..]),
            (AddressKind::Archive, b"\x1f\x8b\x08"),
            (AddressKind::Archive, &tar),
            (
                AddressKind::RpmRepository,
                b"<?xml version=\"1.0\"?>\n<repomd xmlns=\"x\">",
            ),
            (AddressKind::Release, b"Origin: Debian\n"),
            (AddressKind::Release, b"Architectures: amd64\nX: y\n"),
            (
                AddressKind::Release,
                b"Acquire-By-Hash: yes\nSuite: stable\n",
            ),
            (AddressKind::Git, b"001e# service=git-upload-pack\n"),
            (AddressKind::Key, b"-----BEGIN PUBLIC KEY-----"),
            (AddressKind::Text, b"0123  a.tar.xz\n"),
        ] {
            assert!(kind.fits(start), "{kind:?}");
            assert!(!kind.fits(page), "{kind:?}");
            for other in [
                &b"<?xml version=\"1.0\"?>\n<!-- busy --><!DOCTYPE html>\nDate: x"[..],
                b"<!-- a --> <html>",
                b"",
                b"\n",
            ] {
                assert!(!kind.fits(other), "{kind:?}");
            }
        }
        assert!(!AddressKind::Rpm.fits(b""));
        assert!(AddressKind::Other.fits(page));
    }
}
