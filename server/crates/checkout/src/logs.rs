//! Logs that the user names: a file, standard input, or a state directory of the test runner. They are
//! read in pieces, whatever their size.

use std::io::{self, Read};
use std::path::Path;

use crate::beneath::{EntryKind, OpenError, OpenFile, RootDir};

/// The bytes of a piece.
const PIECE: usize = 256 * 1024;

/// The directories of tests in a state directory that are read at most.
const MAX_DIRECTORIES: usize = 1000;

/// Beginning of the names of the directories of tests.
const TEST_DIRECTORY: &str = "os-test-";

/// End of the names of logs that are not of the container, but the console of the virtual machine.
const CONSOLE: &str = "-console.log";

/// End of the name of the file with what was collected after a failure.
const COLLECTED: &str = "-failure-diagnostics.log";

/// Something of a log.
pub enum LogPiece<'p> {
    /// A file begins, of that name.
    File(&'p str),
    /// Bytes of the file.
    Bytes(&'p [u8]),
}

/// Reads a log: `-` is standard input. Of a state directory those files are read that tell of tests, of
/// one directory as well as of many; no link is followed in it.
///
/// # Errors
/// When it cannot be read.
pub fn read(path: &Path, each: &mut dyn FnMut(LogPiece<'_>)) -> Result<(), String> {
    let failed = |error: String| format!("{}: {error}", path.display());
    if path == Path::new("-") {
        return copy(io::stdin().lock(), each).map_err(|error| failed(error.to_string()));
    }
    if path.is_dir() {
        return directory(path, each).map_err(failed);
    }
    let opened = OpenFile::open(path).map_err(|error| failed(explained(&error)))?;
    each(LogPiece::File(&path.display().to_string()));
    copy(opened.file, each).map_err(|error| failed(error.to_string()))
}

fn explained(error: &OpenError) -> String {
    match error {
        OpenError::Unfit(kind) => format!("it is {}: give a file, a directory or `-`", kind.name()),
        OpenError::Io(error) => error.to_string(),
        OpenError::Outside | OpenError::TooMany => "it cannot be read".to_owned(),
    }
}

fn copy(mut from: impl Read, each: &mut dyn FnMut(LogPiece<'_>)) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => each(LogPiece::Bytes(buffer.get(..count).unwrap_or_default())),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reads a state directory, or the directory of one test in it.
fn directory(path: &Path, each: &mut dyn FnMut(LogPiece<'_>)) -> Result<(), String> {
    let path = path.canonicalize().map_err(|error| error.to_string())?;
    let root = RootDir::open(&path).map_err(|error| error.to_string())?;
    let own = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    files_in(&root, ".", &own.unwrap_or_default(), each)?;
    let mut tests = names_in(&root, ".", EntryKind::Directory)?;
    tests.retain(|name| name.starts_with(TEST_DIRECTORY));
    for name in tests.iter().take(MAX_DIRECTORIES) {
        files_in(&root, name, name, each)?;
    }
    Ok(())
}

/// Reads the logs of one directory: the verdict, what was executed, what was said of it, and what was
/// collected after a failure, which tells of what is known by then.
fn files_in(
    root: &RootDir,
    directory: &str,
    title: &str,
    each: &mut dyn FnMut(LogPiece<'_>),
) -> Result<(), String> {
    let mut names = names_in(root, directory, EntryKind::File)?;
    names.retain(|name| is_log(name));
    names.sort_by_key(|name| {
        let is_verdict = name == "test-result.txt";
        (
            name.ends_with(COLLECTED),
            !is_verdict,
            name == "test-runner.log",
        )
    });
    for name in names {
        // It may have gone since.
        let Ok(opened) = root.file(&format!("{directory}/{name}")) else {
            continue;
        };
        each(LogPiece::File(&format!("{title}/{name}")));
        copy(opened.file, each).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

fn is_log(name: &str) -> bool {
    // What shares files with the machine has `-fs-` in its name.
    let is_foreign = name.ends_with(CONSOLE) || name.contains("-fs-");
    name == "test-result.txt" || (name.ends_with(".log") && !is_foreign)
}

fn names_in(root: &RootDir, directory: &str, kind: EntryKind) -> Result<Vec<String>, String> {
    let opened = root.directory(directory);
    let entries = opened.and_then(|mut directory| directory.entries());
    let entries = entries.map_err(|error| explained(&error))?;
    let of_kind = entries.into_iter().filter(|entry| entry.kind == kind);
    let mut names: Vec<String> = of_kind
        .filter_map(|entry| entry.name.into_string().ok())
        .collect();
    names.sort();
    Ok(names)
}
