//! Programs: those that write texts and files, and all others.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::commands::unknown;
use super::evaluator::{Evaluator, Flow, INSTALL, shortened};
use super::format::{echoed, formatted};
use super::source::Source;
use super::state::{Execution, Field, FileStateKind, ProgramCall};
use super::text::{Text, TextPiece, UnknownKind};
use model::FileRange;
use syntax::shell::Command;

/// Programs that change no file that they are given.
const READERS: [&str; 24] = [
    "awk",
    "chgrp",
    "chmod",
    "chown",
    "cmp",
    "cut",
    "diff",
    "file",
    "find",
    "grep",
    "head",
    "ls",
    "md5sum",
    "mount",
    "realpath",
    "sha256sum",
    "sha512sum",
    "sort",
    "stat",
    "tail",
    "tar",
    "test",
    "umount",
    "wc",
];
/// Programs that print nothing, unless something is wrong.
const SILENT: [&str; 8] = [
    "chgrp", "chmod", "chown", "mount", "sleep", "sync", "umount", "usermod",
];
/// Shells that execute what they are given.
const SHELLS: [&str; 4] = ["sh", "bash", "/bin/sh", "/bin/bash"];

/// The arguments of a program that are no options.
fn operands(arguments: &[Field]) -> Vec<&Field> {
    let is_option = |field: &&Field| field.text.known_start().starts_with('-');
    arguments.iter().filter(|field| !is_option(field)).collect()
}

fn has_option(arguments: &[Field], short: char, long: &str) -> bool {
    arguments.iter().any(|field| {
        let option = field.text.known_start();
        option == long
            || (option.starts_with('-') && !option.starts_with("--") && option.contains(short))
    })
}

impl Evaluator<'_> {
    /// Follows a program, as far as files are concerned.
    pub(crate) fn program(
        &mut self,
        source: &Arc<Source>,
        command: &Command,
        name: &str,
        arguments: &[Field],
    ) -> Flow {
        let at = source.at(command.range);
        self.state.status = None;
        match name {
            "date" => {
                let text = Text::unknown(
                    &format!("$({})", shortened(source.slice(command.range))),
                    UnknownKind::Date,
                );
                self.state.print(&text);
            }
            "tee" => self.tee(arguments, at),
            "touch" => self.touch(arguments, at),
            "mkdir" => self.make_directories(arguments, at),
            "rm" | "rmdir" | "unlink" => self.remove(arguments, at),
            "mv" => self.copy(&operands(arguments), at, true),
            "cp" => self.copy(&operands(arguments), at, false),
            "install" => self.install(arguments, at),
            "ln" => self.link(arguments, at),
            "basename" | "dirname" => self.path_name(name, source, command, arguments),
            "chroot" => self.chroot(source, command, arguments),
            _ => self.other_program(source, command, name, arguments),
        }
        Flow::Next
    }

    /// A program that is not followed: its output is unknown, and so is each file that it names.
    fn other_program(
        &mut self,
        source: &Arc<Source>,
        command: &Command,
        name: &str,
        arguments: &[Field],
    ) {
        if !SILENT.contains(&name) {
            self.print_unknown(source, command.range);
        }
        if self.state.input.is_some() {
            self.take_input();
        }
        if READERS.contains(&name) {
            return;
        }
        let mut words = vec![Field::plain(Text::literal(name))];
        words.extend(arguments.iter().cloned());
        let paths: Vec<SmolStr> = arguments
            .iter()
            .map(|field| self.path(&field.text))
            .collect();
        let given = paths.iter().filter_map(|path| self.state.files.get(path));
        let given = given.filter(|file| file.kind == FileStateKind::File);
        self.state.calls.push(ProgramCall {
            words,
            files: given.map(|file| file.text.clone()).collect(),
            at: source.at(command.range),
            conditions: Vec::new(),
        });
        let text = shortened(source.slice(command.range));
        for path in paths {
            self.disturb(&path, &format!("$({text})"), source.at(command.range));
        }
    }

    pub(crate) fn cat(&mut self, source: &Arc<Source>, command: &Command, arguments: &[Field]) {
        let mut text = Text::default();
        let mut status = Some(true);
        let files = operands(arguments);
        if files.len() < arguments.len() && arguments.iter().any(|f| is_text_option(&f.text)) {
            return self.other_program(source, command, "cat", arguments);
        }
        if files.is_empty() {
            text = self.take_input();
        }
        for field in files {
            if field.is_open {
                text.append(&unknown(&shortened(source.slice(command.range))));
                status = None;
            } else {
                text.append(&self.read(&field.text));
                status = match (status, self.state.status) {
                    (Some(one), Some(other)) => Some(one && other),
                    _ => None,
                };
            }
        }
        self.state.print(&text);
        self.state.status = status;
    }

    pub(crate) fn echo(&mut self, source: &Arc<Source>, command: &Command, arguments: &[Field]) {
        let at = source.at(command.range);
        let mut words = arguments;
        let (mut ends_line, mut decodes) = (true, false);
        while let Some((first, rest)) = words.split_first() {
            match first.text.known().as_deref() {
                Some("-n") => ends_line = false,
                Some("-e") => decodes = true,
                Some("-E") => {}
                Some("-ne" | "-en") => (ends_line, decodes) = (false, true),
                _ => break,
            }
            words = rest;
        }
        let text = echoed(words, at);
        let mut text = text.unwrap_or_else(|| unknown(&shortened(source.slice(command.range))));
        if decodes && text.known().is_none_or(|text| text.contains('\\')) {
            text = match text.known() {
                Some(known) => {
                    let all = known.replace("\\n", "\n").replace("\\t", "\t");
                    Text::literal(&all).expanded(at)
                }
                None => unknown(&shortened(source.slice(command.range))),
            };
        }
        if ends_line {
            text.append(&Text::literal("\n").expanded(at));
        }
        self.state.print(&text);
        self.state.status = Some(true);
    }

    pub(crate) fn printf(&mut self, source: &Arc<Source>, command: &Command, arguments: &[Field]) {
        let at = source.at(command.range);
        self.state.status = Some(true);
        let arguments = match arguments {
            [first, ..] if first.text.known().as_deref() == Some("-v") => {
                if let Some(name) = arguments.get(1).and_then(|field| field.text.known()) {
                    self.state.forget(&name);
                }
                return;
            }
            [first, rest @ ..] if first.text.known().as_deref() == Some("--") => rest,
            all => all,
        };
        let text = formatted(arguments, at);
        let text = text.unwrap_or_else(|| unknown(&shortened(source.slice(command.range))));
        self.state.print(&text);
    }

    fn tee(&mut self, arguments: &[Field], at: FileRange) {
        let text = self.take_input();
        let appends = has_option(arguments, 'a', "--append");
        for field in operands(arguments) {
            self.write(&field.text, &text, appends, at);
        }
        self.state.print(&text);
    }

    fn touch(&mut self, arguments: &[Field], at: FileRange) {
        for field in operands(arguments) {
            self.write(&field.text, &Text::default(), true, at);
        }
        self.state.status = Some(true);
    }

    fn make_directories(&mut self, arguments: &[Field], at: FileRange) {
        for field in operands(arguments)
            .into_iter()
            .filter(|field| !field.is_open)
        {
            let path = self.path(&field.text);
            if !self.state.files.contains_key(&path) {
                self.put(path, Text::default(), FileStateKind::Directory, at);
            }
        }
    }

    fn remove(&mut self, arguments: &[Field], at: FileRange) {
        for field in operands(arguments) {
            let path = self.path(&field.text);
            if field.is_open {
                let start = path
                    .split(['*', '?', '[', '{', '⟦'])
                    .next()
                    .unwrap_or_default();
                let hit = self.state.files.keys().filter(|key| key.starts_with(start));
                let hit: Vec<SmolStr> = hit.cloned().collect();
                for path in hit {
                    self.disturb(&path, "rm", at);
                }
                // What else there is of the kind.
                if field.text.known().is_some() && !self.state.files.contains_key(&path) {
                    self.put(path, Text::default(), FileStateKind::Removed, at);
                }
                continue;
            }
            let below = format!("{path}/");
            self.state.files.retain(|key, _| !key.starts_with(&below));
            self.put(path, Text::default(), FileStateKind::Removed, at);
        }
    }

    /// The path that a file gets: in a directory, it keeps its name.
    fn destination(&self, from: &Text, to: &Text, is_directory: bool) -> Text {
        let path = self.path(to);
        let below = format_smolstr!("{path}/");
        let known = self.state.files.get(&path);
        let is_directory = is_directory
            || to.shown().ends_with('/')
            || known.is_some_and(|file| file.kind == FileStateKind::Directory)
            || (known.is_none() && self.state.files.keys().any(|key| key.starts_with(&*below)));
        if !is_directory {
            return to.clone();
        }
        let name = from
            .rsplit('/')
            .map_or_else(|| from.clone(), |(_, name)| name);
        let mut path = to.clone();
        path.append(&Text::literal("/"));
        path.append(&name);
        path
    }

    fn copy(&mut self, operands: &[&Field], at: FileRange, moves: bool) {
        let Some((to, from)) = operands.split_last() else {
            return;
        };
        for field in from {
            let path = self.destination(&field.text, &to.text, from.len() > 1);
            let content = match field.is_open {
                true => unknown(&field.text.shown()),
                false => self.read(&field.text),
            };
            if !self.put_back(&path, &content, at) {
                self.write(&path, &content, false, at);
            }
            if moves && !field.is_open {
                self.move_away(&field.text, at);
            }
        }
        self.state.status = None;
    }

    fn install(&mut self, arguments: &[Field], at: FileRange) {
        let mut rest = Vec::new();
        let mut is_value = false;
        for field in arguments {
            let text = field.text.known_start();
            if !std::mem::take(&mut is_value) {
                // Their values are arguments.
                is_value = ["-m", "-o", "-g", "-S", "-t"].contains(&text.as_str());
                rest.push(field.clone());
            }
        }
        if has_option(&rest, 'd', "--directory") {
            return self.make_directories(&rest, at);
        }
        self.copy(&operands(&rest), at, false);
    }

    fn link(&mut self, arguments: &[Field], at: FileRange) {
        let operands = operands(arguments);
        let [leads_to, path] = operands.as_slice() else {
            return;
        };
        let path = self.destination(&leads_to.text, &path.text, false);
        let path = self.path(&path);
        self.put(path, leads_to.text.clone(), FileStateKind::Link, at);
    }

    fn path_name(
        &mut self,
        name: &str,
        source: &Arc<Source>,
        command: &Command,
        arguments: &[Field],
    ) {
        let [field] = arguments else {
            return self.print_unknown(source, command.range);
        };
        let split = field.text.rsplit('/');
        let part = match (name, split) {
            ("basename", Some((_, after))) => Some(after),
            ("dirname", Some((before, _))) => Some(before),
            _ => None,
        };
        match part.filter(|_| !field.is_open) {
            Some(mut text) => {
                text.append(&Text::literal("\n"));
                self.state.print(&text);
                self.state.status = Some(true);
            }
            None => self.print_unknown(source, command.range),
        }
    }

    /// A command that is executed inside of a new root.
    fn chroot(&mut self, source: &Arc<Source>, command: &Command, arguments: &[Field]) {
        let is_option = |field: &&Field| field.text.known_start().starts_with("--");
        let words: Vec<&Field> = arguments.iter().skip_while(is_option).collect();
        self.print_unknown(source, command.range);
        let Some((root, words)) = words.split_first() else {
            return;
        };
        let at = source.at(command.range);
        let (script, path, is_script) = self.executed(&root.text, words);
        let install = format!("${INSTALL}/");
        let files = self.state.files.iter();
        let files = files.filter(|(path, _)| is_install(&root.text) && path.starts_with(&*install));
        let written = files.map(|(path, file)| {
            let path = path.get(install.len() - 1..).unwrap_or_default();
            (SmolStr::new(path), file.at)
        });
        let written = written.collect();
        self.state.executions.push(Execution {
            written,
            root: root.text.clone(),
            script,
            path,
            is_script,
            at,
            called_at: self.called_at.first().copied().unwrap_or(at),
            conditions: Vec::new(),
        });
    }

    /// The text that is executed, its path in the root, and whether it is a script.
    fn executed(&mut self, root: &Text, words: &[&Field]) -> (Text, Option<SmolStr>, bool) {
        let known = |index: usize| words.get(index).and_then(|field| field.text.known());
        let is_shell = known(0).is_none_or(|name| SHELLS.contains(&&*name));
        if is_shell && words.len() <= 1 && self.state.input.is_some() {
            return (self.take_input(), None, true);
        }
        if is_shell && known(1).as_deref() == Some("-c") {
            return (
                words.get(2).map(|f| f.text.clone()).unwrap_or_default(),
                None,
                true,
            );
        }
        let script = if is_shell { known(1) } else { known(0) };
        if let Some(script) = script.filter(|script| script.starts_with('/')) {
            let mut path = root.clone();
            path.append(&Text::literal(&script));
            let key = self.path(&path);
            if self.state.files.contains_key(&key) {
                return (self.read(&path), Some(SmolStr::new(&*script)), true);
            }
        }
        let mut text = Text::default();
        for (index, field) in words.iter().enumerate() {
            if index > 0 {
                text.append(&Text::literal(" "));
            }
            text.append(&field.text);
        }
        text.append(&Text::literal("\n"));
        (text, None, false)
    }
}

/// Returns whether an option of `cat` changes the text.
fn is_text_option(text: &Text) -> bool {
    let option = text.known_start();
    option.starts_with('-') && option != "-" && option != "-u"
}

/// Returns whether a root is that of the new file system.
pub(crate) fn is_install(root: &Text) -> bool {
    matches!(root.pieces(), [only] if is_install_piece(only))
}

/// Returns whether a piece of a text is the root of the new file system.
pub(crate) fn is_install_piece(piece: &TextPiece) -> bool {
    let TextPiece::Unknown { name, .. } = piece else {
        return false;
    };
    name.strip_prefix('$') == Some(INSTALL)
}
