//! Names of the files that editors keep beside those that they edit: locks, backups, unsaved texts.

/// Marks of files that are there while an editor saves, or after it was killed.
const TEMPORARY: [&str; 4] = [
    "___jb_tmp___",
    "___jb_old___",
    ".kate-swp",
    // Vim asks with it whether a swap file can be made.
    ".swpx",
];

/// Returns whether a path is that of a file which an editor keeps for itself. Nothing there is part
/// of a checkout. A directory may have any name: this is for files and links.
pub fn is_editor_file(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    // Backups of Emacs, Vim, nano, Kate and others.
    (name.len() > 1 && name.ends_with('~'))
        // Locks of Emacs: links to nothing that name the user and the machine.
        || name.starts_with(".#")
        // Unsaved texts of Emacs.
        || (name.len() > 2 && name.starts_with('#') && name.ends_with('#'))
        || is_swap_file(name)
        || is_writing_test(name)
        || TEMPORARY.iter().any(|mark| name.ends_with(mark))
        || name.starts_with(".goutputstream-")
        || is_of_kakoune(name)
}

/// Returns whether a name is that of a swap file of Vim or nano: `.build.sh.swp`, the next ones
/// `.swo`, `.swn` and so on.
fn is_swap_file(name: &str) -> bool {
    let extension = name
        .strip_prefix('.')
        .and_then(|name| name.rsplit_once('.'))
        .map(|(_, extension)| extension.as_bytes());
    matches!(extension, Some([b's', b'w', b'a'..=b'z']))
}

/// Returns whether a name is that of the file with which Vim finds out whether a directory can be
/// written to: 4913, and if that is taken, 123 more, again and again.
fn is_writing_test(name: &str) -> bool {
    let number = name.parse::<u32>().ok();
    number.is_some_and(|n| name.len() <= 5 && n >= 4913 && (n - 4913).is_multiple_of(123))
}

/// Returns whether a name is that of a file which Kakoune writes before it renames it:
/// `.build.sh.kak.a1B2c3`.
fn is_of_kakoune(name: &str) -> bool {
    let rest = name.strip_prefix('.').and_then(|n| n.split_once(".kak."));
    rest.is_some_and(|(_, end)| end.len() == 6 && end.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::is_editor_file;

    #[test]
    fn files_of_editors() {
        for name in [
            ".#build.sh",
            "#build.sh#",
            "build.sh~",
            "build.sh.~1~",
            ".build.sh.un~",
            ".build.sh.swp",
            ".build.sh.swo",
            ".build.sh.swn",
            ".build.sh.swpx",
            "4913",
            "5036",
            ".build.sh.kate-swp",
            ".build.sh.kak.a1B2c3",
            "build.sh___jb_tmp___",
            ".goutputstream-XY12Z0",
        ] {
            assert!(is_editor_file(name), "{name}");
            assert!(
                is_editor_file(&format!("images/debian-13/{name}")),
                "{name}"
            );
            assert!(!is_editor_file(&format!("{name}/build.sh")), "{name}");
        }
    }

    #[test]
    fn other_files() {
        for name in [
            "build.sh",
            "~",
            "#",
            "##",
            "#x",
            "x#",
            "swp",
            "x.swp",
            ".swp",
            ".x.sh",
            "491",
            "4914",
            "49130",
            "0",
            "fedora-43",
            ".gitignore",
            "",
            "x~y",
            ".logo.svg",
            ".x.sed",
            ".x.kak.sh",
            ".image-scripts.toml",
        ] {
            assert!(!is_editor_file(name), "{name}");
        }
    }
}
