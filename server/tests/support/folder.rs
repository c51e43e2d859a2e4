//! Folders of fixtures that say themselves what comes of them. With `UPDATE_FIXTURES=1` in the
//! environment they are rewritten to it.

use std::path::Path;

/// Holds every fixture of a folder below `tests` to what `actual` makes of its text.
pub fn check(folder: &str, actual: impl Fn(&Path, &str) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let mut paths: Vec<_> = { std::fs::read_dir(folder).unwrap().flatten() }
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    let mut wrong = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let actual = actual(&path, &text);
        if actual != text && std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::write(&path, &actual).unwrap();
        } else if actual != text {
            let diff = similar::TextDiff::from_lines(&text, &actual)
                .unified_diff()
                .to_string();
            wrong.push(format!(
                "{} (UPDATE_FIXTURES=1 rewrites it)\n{diff}",
                path.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
