//! Finding the repository that holds a checkout, without its settings.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::inspect;

/// The folders of a repository that holds a checkout.
#[derive(Debug)]
pub(super) struct Repository {
    /// The folder of `HEAD`: of a linked worktree, its own.
    pub(super) git_dir: PathBuf,
    /// The folder of `objects` and `refs`.
    pub(super) common_dir: PathBuf,
    /// The path of the checkout in the repository, without a `/` at its end.
    pub(super) prefix: String,
}

impl Repository {
    /// Finds the repository of a folder: the first above it that has a `.git`, as git does. Where
    /// its settings name another folder, that does not count: what is read belongs to the checkout.
    /// Whoever runs the program may say that a folder is the work tree of a repository elsewhere.
    pub(super) fn find(root: &Path) -> Result<Repository, String> {
        Repository::look(root)?.ok_or_else(|| {
            format!(
                "`{}` is in no git repository; pass `--baseline FILE` instead",
                root.display()
            )
        })
    }

    /// Finds the repository of a folder, if it is in one.
    pub(super) fn look(root: &Path) -> Result<Option<Repository>, String> {
        if let Some(found) = Repository::of_environment(root) {
            return found.map(Some);
        }
        for top in root.ancestors() {
            let dot_git = top.join(".git");
            let git_dir = match fs::metadata(&dot_git) {
                Ok(meta) if meta.is_dir() => {
                    // Git does not take an empty folder for a repository either.
                    if fs::symlink_metadata(dot_git.join("HEAD")).is_err() {
                        continue;
                    }
                    dot_git.clone()
                }
                Ok(meta) if meta.is_file() => top.join(linked(&dot_git, "gitdir: ")?),
                Ok(meta) => return Err(inspect::complaint(&dot_git, meta.file_type())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(inspect::unreadable(&dot_git, &error)),
            };
            return Repository::of(&dot_git, git_dir, top, root).map(Some);
        }
        Ok(None)
    }

    /// Returns the repository that the environment names for a folder: a git hook that writes the
    /// staged files elsewhere sets both variables. Where they are about another folder, as in the
    /// hooks of another repository, they do not count.
    fn of_environment(root: &Path) -> Option<Result<Repository, String>> {
        let named = |variable| fs::canonicalize(std::env::var_os(variable)?).ok();
        let (git_dir, top) = (named("GIT_DIR")?, named("GIT_WORK_TREE")?);
        let is_about_it = git_dir.is_dir() && root.starts_with(&top);
        is_about_it.then(|| Repository::of(&git_dir, git_dir.clone(), &top, root))
    }

    /// Returns a repository whose work tree is a folder around the checkout.
    fn of(dot_git: &Path, git_dir: PathBuf, top: &Path, root: &Path) -> Result<Repository, String> {
        let common_dir = common_dir(dot_git, &git_dir)?;
        let prefix = root.strip_prefix(top).ok().and_then(Path::to_str);
        let prefix = prefix.ok_or_else(|| {
            let root = root.display();
            format!("the path `{root}` is not UTF-8; rename its folders")
        })?;
        Ok(Repository {
            git_dir,
            common_dir,
            prefix: prefix.to_owned(),
        })
    }
}

/// Returns the folder that a linked worktree shares with others; of others, their own.
fn common_dir(dot_git: &Path, git_dir: &Path) -> Result<PathBuf, String> {
    let is_folder = |folder: &Path| match fs::metadata(folder) {
        Ok(meta) if meta.is_dir() => Ok(()),
        _ => {
            let (dot_git, folder) = (dot_git.display(), folder.display());
            Err(format!(
                "`{dot_git}` leads to `{folder}`, which is no folder; see what `git worktree \
                 repair` does"
            ))
        }
    };
    is_folder(git_dir)?;
    let link = git_dir.join("commondir");
    let folder = match fs::metadata(&link) {
        Ok(_) => git_dir.join(linked(&link, "")?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => git_dir.to_path_buf(),
        Err(error) => return Err(inspect::unreadable(&link, &error)),
    };
    is_folder(&folder)?;
    Ok(folder)
}

/// Reads a file that holds the path of a folder.
fn linked(file: &Path, before: &str) -> Result<PathBuf, String> {
    let bytes = inspect::read_small(file)?;
    let path = bytes
        .strip_prefix(before.as_bytes())
        .map(<[u8]>::trim_ascii_end);
    let path = path.filter(|path| !path.is_empty()).ok_or_else(|| {
        let file = file.display();
        format!("`{file}` names no folder; see what `git worktree repair` does")
    })?;
    Ok(PathBuf::from(OsStr::from_bytes(path)))
}
