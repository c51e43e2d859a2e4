//! Contents of files, told by their first bytes: an error page that is answered with status 200 is no
//! package, whatever the server calls it.

use serde::{Deserialize, Serialize};

/// How many bytes of a file tell what it is.
pub(crate) const BEGINNING: u64 = 1024;

/// The kind of a file, as far as its first bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// A package for `rpm`.
    Rpm,
    /// A package for `dpkg`, or another archive of `ar`.
    Ar,
    /// Data that gzip has compressed.
    Gzip,
    /// Data that xz has compressed.
    Xz,
    /// Data that zstd has compressed.
    Zstd,
    /// Data that bzip2 has compressed.
    Bzip2,
    /// An archive of `tar` without compression.
    Tar,
    /// Metadata of a repository for `dnf` or `zypper`.
    RepositoryMetadata,
    /// A page for a browser: a listing, a login, an error.
    Html,
    /// A key or a signature of OpenPGP.
    Pgp,
    /// Other text.
    Text,
    /// Other data.
    Data,
    /// Nothing at all.
    Empty,
}

impl Content {
    /// Returns the kind of a file that begins with some bytes.
    pub fn of(beginning: &[u8]) -> Content {
        let magic: [(&[u8], Content); 6] = [
            (b"\xed\xab\xee\xdb", Content::Rpm),
            (b"!<arch>\n", Content::Ar),
            (b"\x1f\x8b", Content::Gzip),
            (b"\xfd7zXZ\0", Content::Xz),
            (b"\x28\xb5\x2f\xfd", Content::Zstd),
            (b"BZh", Content::Bzip2),
        ];
        if let Some((_, content)) = magic.iter().find(|(m, _)| beginning.starts_with(m)) {
            return *content;
        }
        match beginning {
            [] => Content::Empty,
            _ if beginning.get(257..262) == Some(b"ustar") => Content::Tar,
            _ => text_or_data(beginning),
        }
    }

    /// Returns the name for people.
    pub fn name(self) -> &'static str {
        match self {
            Content::Rpm => "an RPM package",
            Content::Ar => "an archive of ar",
            Content::Gzip => "data in gzip",
            Content::Xz => "data in xz",
            Content::Zstd => "data in zstd",
            Content::Bzip2 => "data in bzip2",
            Content::Tar => "a tarball without compression",
            Content::RepositoryMetadata => "metadata of a repository",
            Content::Html => "a page in HTML",
            Content::Pgp => "a key or signature of OpenPGP",
            Content::Text => "text",
            Content::Data => "data of an unknown kind",
            Content::Empty => "empty",
        }
    }
}

/// Tells kinds of text apart. The bytes may end in the middle of a character.
fn text_or_data(beginning: &[u8]) -> Content {
    let text = match std::str::from_utf8(beginning) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            let valid = beginning.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(valid).unwrap_or_default()
        }
        // The tags of keys and signatures of OpenPGP without armor; a text that is not UTF-8 has them in
        // the middle only.
        Err(_) => {
            return match beginning.first() {
                Some(0x88..=0x89 | 0x98..=0x99 | 0xc2 | 0xc6) => Content::Pgp,
                _ => Content::Data,
            };
        }
    };
    let is_binary = |c: char| c.is_control() && !"\t\n\r\u{c}\u{1b}".contains(c);
    if text.contains(is_binary) {
        return Content::Data;
    }
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with("-----BEGIN PGP ") {
        return Content::Pgp;
    }
    let lower = text.to_ascii_lowercase();
    let is_page = lower.starts_with("<!doctype html") || lower.starts_with("<html");
    match () {
        () if lower.starts_with('<') && lower.contains("<repomd") => Content::RepositoryMetadata,
        // A prologue of XML and comments may come first.
        () if is_page || (lower.starts_with('<') && has_tag(&lower)) => Content::Html,
        () => Content::Text,
    }
}

/// Returns whether a text has a tag that only pages have.
fn has_tag(lower: &str) -> bool {
    let tags = ["<html", "<head>", "<body", "<title>", "<h1"];
    tags.iter().any(|tag| lower.contains(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell() {
        let mut tar = vec![0; 512];
        tar[..2].copy_from_slice(b"./");
        tar[257..262].copy_from_slice(b"ustar");
        let table: [(&[u8], Content); 19] = [
            (b"\xed\xab\xee\xdb\x03\x00", Content::Rpm),
            (b"!<arch>\ndebian-binary", Content::Ar),
            (b"\x1f\x8b\x08\x00", Content::Gzip),
            (b"\xfd7zXZ\x00\x00", Content::Xz),
            (b"\x28\xb5\x2f\xfd\x04", Content::Zstd),
            (b"BZh91AY", Content::Bzip2),
            (&tar, Content::Tar),
            (
                b"<?xml version=\"1.0\"?>\n<repomd xmlns=\"x\">",
                Content::RepositoryMetadata,
            ),
            (b"\n<!DOCTYPE html><p>x", Content::Html),
            (b"<HTML><BODY>not found", Content::Html),
            (b"<!-- cache --><html>", Content::Html),
            (b"<?xml version=\"1.0\"?><metalink>", Content::Text),
            (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n", Content::Pgp),
            (b"\x99\x01\xa2\x04\xff", Content::Pgp),
            (b"abc  file\n", Content::Text),
            ("# \u{17e}".as_bytes().split_last().unwrap().1, Content::Text),
            (b"\x00\x01\x02", Content::Data),
            (b"\xff\xfe\x00", Content::Data),
            (b"", Content::Empty),
        ];
        for (bytes, expected) in table {
            assert_eq!(Content::of(bytes), expected, "{bytes:?}");
        }
    }
}
