//! Finding the programs that are started: never one that a checkout brings along.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Folders that are searched after those of `PATH`: desktops start editors with a short one.
const FOLDERS: [&str; 4] = [
    "/bin",
    "/usr/bin",
    "/usr/local/bin",
    "/run/current-system/sw/bin",
];

/// Finds a program in the folders of `PATH`.
///
/// Only absolute folders count: an empty or relative one is that of whatever is open. A folder or
/// a program in one of `checkouts` does not count either, however links lead there.
pub fn find_program(name: &str, checkouts: &[&Path]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(FOLDERS.iter().map(PathBuf::from));
    find_in(folders, name, checkouts)
}

fn find_in(
    folders: impl Iterator<Item = PathBuf>,
    name: &str,
    checkouts: &[&Path],
) -> Option<PathBuf> {
    let checkouts: Vec<PathBuf> = checkouts
        .iter()
        .map(|checkout| fs::canonicalize(checkout).unwrap_or_else(|_| checkout.to_path_buf()))
        .collect();
    let outside = |path: &Path| {
        let real = fs::canonicalize(path);
        real.is_ok_and(|real| !checkouts.iter().any(|checkout| real.starts_with(checkout)))
    };
    folders
        .filter(|folder| folder.is_absolute() && outside(folder))
        .map(|folder| folder.join(name))
        .find(|program| is_executable(program) && outside(program))
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::process;

    use super::*;

    fn write(path: &Path, mode: u32) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn only_absolute_folders_outside_of_checkouts_are_searched() {
        let base = env::temp_dir().join(format!("image-scripts-ls-programs-{}", process::id()));
        let checkout = base.join("checkout");
        write(&checkout.join("bin/bash"), 0o755);
        write(&base.join("text/bash"), 0o644);
        fs::create_dir_all(base.join("folder/bash")).unwrap();
        fs::create_dir_all(base.join("linked")).unwrap();
        symlink(checkout.join("bin/bash"), base.join("linked/bash")).unwrap();
        symlink(checkout.join("bin"), base.join("bin")).unwrap();
        write(&base.join("good/bash"), 0o755);
        symlink(base.join("good/bash"), checkout.join("bin/other")).unwrap();
        let find = |folders: &[PathBuf], name: &str, checkouts: &[&Path]| {
            find_in(folders.iter().cloned(), name, checkouts)
        };
        let none = [
            PathBuf::new(),
            PathBuf::from("."),
            PathBuf::from("bin"),
            checkout.join("bin"),
            base.join("bin"),
            base.join("checkout/../checkout/bin"),
            base.join("text"),
            base.join("folder"),
            base.join("linked"),
            base.join("nothing"),
        ];
        for folder in &none {
            let found = find(std::slice::from_ref(folder), "bash", &[&checkout]);
            assert_eq!(found, None, "{}", folder.display());
        }
        let all = [&none[..], &[base.join("good")]].concat();
        let good = Some(base.join("good/bash"));
        assert_eq!(find(&all, "bash", &[&checkout]), good);
        // What leads out of a checkout is the checkout's choice.
        assert_eq!(find(&[checkout.join("bin")], "other", &[&checkout]), None);
        let elsewhere = find(&[checkout.join("bin")], "bash", &[&base.join("other")]);
        assert_eq!(elsewhere, Some(checkout.join("bin/bash")));
        fs::remove_dir_all(&base).unwrap();
    }
}
