//! System calls of a program, as `strace` sees them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::checkout::Folder;
use crate::command::{Output, output_of};

/// Calls that change something on the disk, or have it written there.
pub const CHANGING: &str = "mkdir,mkdirat,rename,renameat,renameat2,openat,openat2,write,pwrite64,writev,\
     copy_file_range,sendfile,unlink,unlinkat,rmdir,symlink,symlinkat,link,linkat,fchmod,fchmodat,\
     fchown,fchownat,fsetxattr,ftruncate,truncate,fsync,fdatasync,flock";

/// One system call that succeeded.
#[derive(Debug, Clone)]
pub struct Call {
    /// The name, as `renameat2`.
    pub name: String,
    /// The arguments as they are printed, with the paths of descriptors and strings in hexadecimal.
    pub arguments: Vec<String>,
    /// The value that was returned, with the path if it is a descriptor.
    pub returned: String,
    /// How often this thread had made this call before, with or without success.
    pub count: usize,
}

/// A program under `strace`, with the options that say which calls count.
pub fn traced(command: &Command, options: &[&str], log: &Path) -> Command {
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qq", "-y", "-xx", "-s", "1000000", "-o"])
        .arg(log)
        .args(options)
        .arg("--")
        .arg(command.get_program())
        .args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        strace.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            strace.env(name, value);
        }
    }
    strace
}

/// Runs a program and returns what it printed, with the calls that it made in the order of their ends.
pub fn calls(command: &Command, calls: &str) -> (Output, Vec<Call>) {
    let folder = Folder::new();
    let log = folder.path().join("log");
    let trace = format!("trace={calls}");
    let mut strace = traced(command, &["-e", &trace], &log);
    let output = output_of(&mut strace, "", "apt-get install strace");
    let log = std::fs::read_to_string(log).unwrap();
    (output, parse(&log))
}

/// Runs a program that gets a signal when it has made a call for the nth time, from 1. Returns what
/// it printed.
pub fn interrupted(command: &Command, call: &str, nth: usize, signal: &str) -> Output {
    let inject = format!("inject={call}:signal={signal}:when={nth}");
    let trace = format!("trace={call}");
    let mut strace = traced(
        command,
        &["-e", &trace, "-e", &inject],
        Path::new("/dev/null"),
    );
    output_of(&mut strace, "", "apt-get install strace")
}

fn parse(log: &str) -> Vec<Call> {
    let mut counts = std::collections::HashMap::new();
    let mut unfinished = std::collections::HashMap::new();
    let mut calls = Vec::new();
    for line in log.lines() {
        let Some((thread, line)) = line.split_once(' ') else {
            continue;
        };
        let line = line.trim_start();
        if let Some(start) = line.strip_suffix(" <unfinished ...>") {
            unfinished.insert(thread, start.to_owned());
            continue;
        }
        let line = match line.split_once(" resumed>") {
            Some((_, end)) => unfinished.remove(thread).unwrap() + end,
            None => line.to_owned(),
        };
        let Some((name, rest)) = line.split_once('(') else {
            continue;
        };
        let count = counts
            .entry((thread.to_owned(), name.to_owned()))
            .or_insert(0);
        *count += 1;
        let Some((arguments, returned)) = rest.rsplit_once(") = ").or_else(|| {
            let (arguments, returned) = rest.rsplit_once(" = ")?;
            Some((arguments.trim_end().strip_suffix(')')?, returned))
        }) else {
            continue;
        };
        if returned.starts_with('-') {
            continue;
        }
        calls.push(Call {
            name: name.to_owned(),
            arguments: arguments.split(", ").map(str::to_owned).collect(),
            returned: returned.trim().to_owned(),
            count: *count - 1,
        });
    }
    calls
}

impl Call {
    /// A string among the arguments.
    pub fn string(&self, index: usize) -> Vec<u8> {
        let quoted = self.arguments[index].trim_matches('"');
        let bytes = quoted.split("\\x").skip(1);
        bytes
            .map(|byte| u8::from_str_radix(byte, 16).unwrap())
            .collect()
    }

    /// The path of a descriptor among the arguments.
    pub fn descriptor(&self, index: usize) -> PathBuf {
        path_of(&self.arguments[index])
    }

    /// A path that two arguments make: a descriptor and a name.
    pub fn path(&self, index: usize) -> PathBuf {
        let name = String::from_utf8(self.string(index + 1)).unwrap();
        self.descriptor(index).join(name)
    }

    /// The path of the descriptor that was returned.
    pub fn opened(&self) -> PathBuf {
        path_of(&self.returned)
    }
}

/// The path in `5</tmp/x>`, which may be printed in hexadecimal as well.
fn path_of(descriptor: &str) -> PathBuf {
    let Some((_, path)) = descriptor.split_once('<') else {
        return PathBuf::new();
    };
    let path = path.strip_suffix('>').unwrap_or(path);
    let bytes: Vec<u8> = match path.contains("\\x") {
        true => path
            .split("\\x")
            .skip(1)
            .map(|byte| u8::from_str_radix(byte, 16).unwrap())
            .collect(),
        false => path.as_bytes().to_vec(),
    };
    PathBuf::from(String::from_utf8(bytes).unwrap())
}
