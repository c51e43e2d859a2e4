//! The sections of scripts that decide what the build of an image does, and what its tests do.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::{SmolStr, format_smolstr};

use crate::sections::{Section, SectionKind, Sections};
use model::runner::RUNNER_VARIABLES;
use model::view::View;
use model::{FileId, Image};

/// Variables that programs and Bash read wherever they are set.
const ENVIRONMENT: [&str; 22] = [
    "ALL_PROXY",
    "BASHOPTS",
    "BASH_ENV",
    "CDPATH",
    "ENV",
    "FTP_PROXY",
    "GLOBIGNORE",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "IFS",
    "LANG",
    "LANGUAGE",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "LOGNAME",
    "PATH",
    "PS4",
    "SHELL",
    "TERM",
    "TMPDIR",
    "USER",
];
/// Beginnings of the names of such variables.
const ENVIRONMENT_PREFIXES: [&str; 3] = ["LC_", "TZ", "POSIX"];

/// The scripts of a checkout in their sections.
pub(crate) struct Scripts<'a> {
    pub(crate) view: View<'a>,
    sections: FxHashMap<FileId, Sections>,
    /// What each builder executes.
    builders: FxHashMap<SmolStr, Slice>,
}

/// A section of a script of the checkout.
pub(crate) type SectionId = (FileId, usize);

/// The sections that decide on something.
#[derive(Debug, Default)]
pub(crate) struct Slice {
    /// The scripts that are read.
    pub(crate) files: BTreeSet<FileId>,
    /// Their sections that count.
    pub(crate) sections: BTreeSet<SectionId>,
}

impl<'a> Scripts<'a> {
    pub(crate) fn new(view: View<'a>) -> Scripts<'a> {
        let scripts = view
            .tree
            .files()
            .filter(|(_, file)| file.script().is_some());
        let sections = scripts.map(|(id, file)| (id, Sections::read(&file.text)));
        let mut scripts = Scripts {
            sections: sections.collect(),
            builders: FxHashMap::default(),
            view,
        };
        let builders = view.model.builders.keys();
        scripts.builders = builders
            .map(|name| (name.clone(), scripts.read_builder(name)))
            .collect();
        scripts
    }

    pub(crate) fn sections_of(&self, id: FileId) -> Option<&Sections> {
        self.sections.get(&id)
    }

    pub(crate) fn section(&self, (id, index): SectionId) -> Option<&Section> {
        self.sections.get(&id)?.sections.get(index)
    }

    /// Returns what decides on the build of an image: its scripts, those that they read, and the drivers
    /// that run them.
    pub(crate) fn of_image(&self, image: &Image) -> Slice {
        let model = self.view.model;
        let directory = model.directories.get(&image.directory);
        let mut files: BTreeSet<FileId> = image.summary.reach.iter().copied().collect();
        files.extend(image.identified_by.iter().copied());
        files.extend(
            directory
                .into_iter()
                .flat_map(|directory| directory.scripts()),
        );
        files.extend(model.common);
        files.extend(
            self.driver("runner")
                .into_iter()
                .chain(self.driver("config")),
        );
        // A file may be sourced whose name is not known.
        if image.summary.opaque {
            files.extend(model.includes.iter().copied());
        }
        self.closed(files)
    }

    /// Returns what decides on the test of each image, beside its build.
    pub(crate) fn of_tests(&self) -> Slice {
        let model = self.view.model;
        let mut files: BTreeSet<FileId> = model.test_scripts.iter().copied().collect();
        files.extend(self.driver("test"));
        let own = self.closed(files.clone());
        let includes = model.includes.iter().copied();
        files.extend(includes.filter(|id| self.names_file(&own, *id)));
        self.closed(files)
    }

    /// Returns what a builder executes.
    pub(crate) fn of_builder(&self, name: &str) -> Option<&Slice> {
        self.builders.get(name)
    }

    fn read_builder(&self, name: &str) -> Slice {
        let Some(builder) = self.view.model.builders.get(name) else {
            return Slice::default();
        };
        let mut files: BTreeSet<FileId> = builder.identified_by.iter().copied().collect();
        files.extend(builder.config.into_iter().chain(builder.setup));
        let own = self.closed(files.clone());
        let includes = self.view.model.includes.iter().copied();
        files.extend(includes.filter(|id| self.names_file(&own, *id)));
        self.closed(files)
    }

    fn driver(&self, name: &str) -> Option<FileId> {
        let tree = self.view.tree;
        tree.resolve_file(&format_smolstr!("{}bin/{name}", tree.layout.prefix()))
    }

    /// Returns whether some sections name a file.
    fn names_file(&self, slice: &Slice, file: FileId) -> bool {
        let path = self.view.tree.path(file);
        let name = path.and_then(|path| path.rsplit('/').next());
        name.is_some_and(|name| self.says(slice, name))
    }

    /// Returns whether a name stands in some sections, and not as a piece of another one.
    pub(crate) fn names(&self, slice: &Slice, name: &str) -> bool {
        let finder = memchr::memmem::Finder::new(name.as_bytes());
        self.any_text(slice, |text| {
            finder.find_iter(text).any(|at| {
                let before = at.checked_sub(1).and_then(|at| text.get(at));
                !is_of_name(before) && !is_of_name(text.get(at + name.len()))
            })
        })
    }

    /// Returns whether some sections name a file by its path from a directory that they know, or a directory on the
    /// way to it: `a/b` is named by `a/b`, `a`, `a/`, `a/*` and `a/$X`, but not by `a/c` or `b`.
    pub(crate) fn names_path(&self, slice: &Slice, path: &str) -> bool {
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        let finder = memchr::memmem::Finder::new(first.as_bytes());
        self.any_text(slice, |text| {
            finder.find_iter(text).any(|at| {
                let before = at.checked_sub(1).and_then(|at| text.get(at));
                let after = text.get(at + first.len()..).unwrap_or_default();
                !is_of_name(before) && !is_of_name(after.first()) && may_lead_to(after, rest)
            })
        })
    }

    /// Returns whether a text is anywhere in some sections.
    pub(crate) fn says(&self, slice: &Slice, text: &str) -> bool {
        let finder = memchr::memmem::Finder::new(text.as_bytes());
        self.any_text(slice, |text| finder.find(text).is_some())
    }

    /// Returns whether a text of some sections is such a one.
    fn any_text(&self, slice: &Slice, is_it: impl Fn(&[u8]) -> bool) -> bool {
        let sections = slice.sections.iter();
        let mut sections = sections.filter_map(|section| self.section(*section));
        sections.any(|section| section.texts().any(|text| is_it(text.as_bytes())))
    }

    /// Returns the code of some scripts, with the functions and variables that it names, and so on.
    fn closed(&self, files: BTreeSet<FileId>) -> Slice {
        let mut named: FxHashMap<&str, Vec<SectionId>> = FxHashMap::default();
        let mut functions: Vec<(&SmolStr, SectionId)> = Vec::new();
        let mut pending: Vec<SectionId> = Vec::new();
        let mut all: Vec<SectionId> = Vec::new();
        for id in &files {
            let sections = self
                .sections
                .get(id)
                .into_iter()
                .flat_map(|sections| &sections.sections);
            for (index, section) in sections.enumerate() {
                let section_id = (*id, index);
                all.push(section_id);
                match &section.kind {
                    SectionKind::Code => pending.push(section_id),
                    SectionKind::Function(name) => {
                        functions.push((name, section_id));
                        named.entry(name.as_str()).or_default().push(section_id);
                    }
                    SectionKind::Variable(name) => {
                        if is_always_read(name) {
                            pending.push(section_id);
                        }
                        named.entry(name.as_str()).or_default().push(section_id);
                    }
                }
            }
        }
        let mut seen: FxHashSet<SectionId> = pending.iter().copied().collect();
        while let Some(section_id) = pending.pop() {
            let Some(section) = self.section(section_id) else {
                continue;
            };
            let words = section.names.words.iter();
            let mut next: Vec<SectionId> = words
                .filter_map(|word| named.get(word.as_str()))
                .flatten()
                .copied()
                .collect();
            let may_mean = functions
                .iter()
                .filter(|(name, _)| section.names.may_mean(name));
            next.extend(may_mean.map(|(_, section)| *section));
            if section.names.is_open {
                next.extend(all.iter().copied());
            }
            pending.extend(next.into_iter().filter(|section| seen.insert(*section)));
        }
        Slice {
            files,
            sections: seen.into_iter().collect(),
        }
    }
}

/// Returns whether a byte may be one of the name of a file.
fn is_of_name(byte: Option<&u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte))
}

/// Returns whether what is written after a directory may lead to a path below it, or to all that is.
fn may_lead_to(written: &[u8], path: &str) -> bool {
    // `"$D/a"/b` is one path.
    let written = without_start(written, b"\"'");
    if path.is_empty() || written.first() != Some(&b'/') {
        return true;
    }
    let written = without_start(written, b"\"'/");
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    let length = written.iter().take_while(|byte| is_of_name(Some(byte)));
    let (own, after) = written.split_at(length.count());
    match own {
        // Of a name that is not written out, nobody knows.
        b"" | b"." | b".." => true,
        own if own == name.as_bytes() => may_lead_to(after, rest),
        _ => after.first().is_some_and(|byte| b"$*?[{`\\".contains(byte)),
    }
}

/// Returns a text without those bytes at its start that are some of a few.
fn without_start<'t>(text: &'t [u8], bytes: &[u8]) -> &'t [u8] {
    let end = text.iter().position(|byte| !bytes.contains(byte));
    end.and_then(|end| text.get(end..)).unwrap_or_default()
}

/// Returns whether a variable is read by programs, or by the drivers, wherever it is set.
fn is_always_read(name: &str) -> bool {
    let mut prefixes = ENVIRONMENT_PREFIXES.iter();
    RUNNER_VARIABLES
        .iter()
        .any(|variable| variable.name == name)
        || ENVIRONMENT.contains(&name)
        || name.to_ascii_lowercase().ends_with("_proxy")
        || prefixes.any(|prefix| name.starts_with(prefix))
}
