//! Files that a build reads and writes.

use smol_str::{SmolStr, format_smolstr};

use super::commands::unknown;
use super::evaluator::Evaluator;
use super::state::{FileState, FileStateKind};
use super::text::{Text, TextPiece, UnknownKind};
use model::tree::Broken;
use model::{File, FileKind, FileRange};
use syntax::TextRange;

/// The container's script, and beginnings of the paths of files that go into it: nobody makes them
/// but the scripts.
const CONTAINER_SCRIPT: &str = "$INSTALL/tmp/configure.sh";
/// The beginning of paths of the checkout.
const CHECKOUT: &str = "$BASEDIR";

impl Evaluator<'_> {
    /// A path that can be compared with others: from a root, without `.` and `..`.
    pub(crate) fn path(&self, text: &Text) -> SmolStr {
        let is_rooted = match text.pieces().first() {
            Some(TextPiece::Known { text, .. }) => text.starts_with('/'),
            Some(TextPiece::Unknown { kind, .. }) => *kind == UnknownKind::Runner,
            _ => false,
        };
        let mut written = String::new();
        if !is_rooted {
            push_path(&self.state.directory, &mut written);
            written.push('/');
        }
        push_path(text, &mut written);
        let is_absolute = written.starts_with('/');
        let mut names: Vec<&str> = Vec::new();
        for name in written.split('/') {
            match name {
                "" | "." => {}
                ".." if names.last().is_some_and(|name| !name.starts_with('$')) => {
                    names.pop();
                }
                name => names.push(name),
            }
        }
        let path = names.join("/");
        if is_absolute {
            format_smolstr!("/{path}")
        } else {
            SmolStr::new(path)
        }
    }

    /// The path from the root of the checkout, if it leads there.
    fn checkout_path(&self, path: &str) -> Option<String> {
        let rest = path.strip_prefix(CHECKOUT)?;
        let rest = rest
            .strip_prefix('/')
            .or(Some(rest).filter(|r| r.is_empty()))?;
        Some(format!("{}{rest}", self.tree.layout.prefix()))
    }

    /// The file of the checkout at a path.
    pub(crate) fn checkout_file(&self, text: &Text) -> Option<model::FileId> {
        let path = self.checkout_path(&self.path(text))?;
        self.reads.borrow_mut().add_path(self.tree, &path);
        self.tree.resolve_file(&path)
    }

    /// Tells whether a file exists; `None` where reading does not tell.
    pub(crate) fn exists(&self, text: &Text) -> Option<bool> {
        let path = self.path(text);
        if let Some(file) = self.state.files.get(&path) {
            let exists = file.kind != FileStateKind::Removed;
            let is_certain = file.conditions.is_empty() && !file.is_uncertain;
            return is_certain.then_some(exists);
        }
        if path.starts_with(CONTAINER_SCRIPT) {
            return Some(false);
        }
        let path = self.checkout_path(&path)?;
        self.reads.borrow_mut().add_path(self.tree, &path);
        match self.tree.resolve(&path) {
            Ok(_) => Some(true),
            Err(Broken::Missing) => Some(false),
            Err(_) => None,
        }
    }

    /// The content of a file. The status is whether it can be read.
    pub(crate) fn read(&mut self, path: &Text) -> Text {
        let key = self.path(path);
        let name = content_of(&key);
        if let Some(file) = self.state.files.get(&key) {
            let mut file = file.clone();
            file.fold_conditions();
            let exists = file.kind != FileStateKind::Removed;
            self.state.status = (!file.is_uncertain).then_some(exists);
            return match file.kind {
                FileStateKind::File => file.text,
                FileStateKind::Added => {
                    let mut all = unknown(&name);
                    all.append(&file.text);
                    all
                }
                FileStateKind::Removed => Text::default(),
                FileStateKind::Link | FileStateKind::Directory => unknown(&name),
            };
        }
        if key.starts_with(CONTAINER_SCRIPT) || key == "/dev/null" {
            self.state.status = Some(key == "/dev/null");
            return Text::default();
        }
        let file = self.checkout_file(path);
        if let Some(id) = file {
            self.reads.borrow_mut().add_file(self.tree, id);
        }
        let file = file.and_then(|id| Some((id, self.tree.file(id)?)));
        // The texts of other files are not read.
        let is_read = |file: &File| file.is_readable() && file.kind != FileKind::Other;
        match file.filter(|(_, file)| is_read(file)) {
            Some((id, file)) => {
                self.state.status = Some(true);
                let end = u32::try_from(file.text.len()).unwrap_or_default();
                let mut content = Text::default();
                content.push(TextPiece::Known {
                    text: SmolStr::new(&file.text),
                    source: Some(FileRange::new(id, TextRange::up_to(end.into()))),
                    expansion: None,
                });
                content
            }
            None => {
                self.state.status = None;
                unknown(&name)
            }
        }
    }

    /// Writes a file.
    pub(crate) fn write(&mut self, path: &Text, text: &Text, appends: bool, at: FileRange) {
        let key = self.path(path);
        if key.starts_with("/dev/") {
            return;
        }
        let is_ours = key.starts_with(CONTAINER_SCRIPT);
        match self.state.files.get_mut(&key) {
            Some(file) if appends && is_content(file.kind) => {
                file.fold_conditions();
                file.text.append(text);
                if file.is_uncertain && !is_ours {
                    file.kind = FileStateKind::Added;
                }
                file.is_uncertain = false;
                file.at = at;
            }
            _ => {
                let kind = match appends && !is_ours {
                    true => FileStateKind::Added,
                    false => FileStateKind::File,
                };
                self.put(key, text.clone(), kind, at);
            }
        }
    }

    /// Brings a file back that was copied elsewhere in the meantime: what was added to it before that, is
    /// all that is new. Returns whether it is one.
    pub(crate) fn put_back(&mut self, path: &Text, text: &Text, at: FileRange) -> bool {
        let key = self.path(path);
        let original = content_of(&key);
        let is_original = |piece: &TextPiece| matches!(piece, TextPiece::Unknown { name, .. } if *name == original);
        let Some((_, added)) = text
            .pieces()
            .split_first()
            .filter(|(first, _)| is_original(first))
        else {
            return false;
        };
        let is_known = |file: &FileState| {
            let is_plain = is_content(file.kind) || file.kind == FileStateKind::Removed;
            is_plain && file.conditions.is_empty()
        };
        if !self.state.files.get(&key).is_none_or(is_known) {
            return false;
        }
        let mut rest = Text::default();
        added.iter().for_each(|piece| rest.push(piece.clone()));
        let written_at = added.iter().find_map(|piece| match piece {
            TextPiece::Known {
                source, expansion, ..
            } => source.or(*expansion),
            _ => None,
        });
        match added.is_empty() {
            true => drop(self.state.files.remove(&key)),
            false => self.put(key, rest, FileStateKind::Added, written_at.unwrap_or(at)),
        }
        true
    }

    /// Takes a file away that is at another path from now on. Of one that the build has made, nothing is
    /// left to tell.
    pub(crate) fn move_away(&mut self, path: &Text, at: FileRange) {
        let key = self.path(path);
        let is_made = |file: &FileState| {
            let is_certain = file.conditions.is_empty() && !file.is_uncertain;
            file.kind == FileStateKind::File && is_certain && !key.starts_with(CHECKOUT)
        };
        if self.state.files.get(&key).is_some_and(is_made) {
            self.state.files.remove(&key);
        } else {
            self.put(key, Text::default(), FileStateKind::Removed, at);
        }
    }

    /// Puts something at a path.
    pub(crate) fn put(&mut self, path: SmolStr, text: Text, kind: FileStateKind, at: FileRange) {
        let file = FileState {
            text,
            kind,
            at,
            conditions: Vec::new(),
            is_uncertain: false,
        };
        self.state.files.insert(path, file);
    }

    /// A program that is not followed may have changed a file.
    pub(crate) fn disturb(&mut self, path: &str, name: &str, at: FileRange) {
        if let Some(file) = self.state.files.get_mut(path)
            && is_content(file.kind)
        {
            file.text = unknown(name);
            file.at = at;
        }
    }
}

/// The name of what a file contains, where only a build knows.
pub(crate) fn content_of(path: &str) -> String {
    format!("$(cat {path})")
}

fn is_content(kind: FileStateKind) -> bool {
    matches!(kind, FileStateKind::File | FileStateKind::Added)
}

/// Writes a path. What is not known is one name.
fn push_path(text: &Text, out: &mut String) {
    for piece in text.pieces() {
        match piece {
            TextPiece::Known { text, .. } => out.push_str(text),
            TextPiece::Unknown {
                name,
                kind: UnknownKind::Runner,
                ..
            } => out.push_str(name),
            piece => {
                let mut alone = Text::default();
                alone.push(piece.clone());
                out.push_str(&alone.shown().replace('/', "∕"));
            }
        }
    }
}
