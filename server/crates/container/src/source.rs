//! Scripts with their commands, each read once for all builds that follow it.

use std::sync::{Arc, Mutex, PoisonError};

use super::evaluator::shortened;
use super::recent::Recent;
use super::text::Condition;
use model::{File, FileId, FileRange};
use syntax::TextRange;
use syntax::shell::{self, Script};

/// Scripts that are kept, at least: those that many images read are among them.
const MAX_SCRIPTS: usize = 64;

/// The file that a script has which no file is: it was generated.
pub(crate) const GENERATED: FileId = FileId(u32::MAX);

/// A script with its commands.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) file: FileId,
    pub(crate) text: Arc<str>,
    pub(crate) script: Script,
}

impl Source {
    /// Reads a text.
    pub(crate) fn new(file: FileId, text: Arc<str>) -> Source {
        let script = shell::parse(&text);
        Source { file, text, script }
    }

    pub(crate) fn slice(&self, range: TextRange) -> &str {
        self.text
            .get(std::ops::Range::<usize>::from(range))
            .unwrap_or_default()
    }

    pub(crate) fn at(&self, range: TextRange) -> FileRange {
        FileRange::new(self.file, range)
    }

    /// A condition or loop that is written there.
    pub(crate) fn condition(&self, range: TextRange) -> Condition {
        Condition {
            text: shortened(self.slice(range)),
            at: self.at(range),
        }
    }
}

/// Scripts that were read, for several builds of one checkout.
#[derive(Debug)]
pub(crate) struct Scripts(Mutex<Recent<FileId, Arc<Source>>>);

impl Default for Scripts {
    fn default() -> Scripts {
        Scripts(Mutex::new(Recent::new(MAX_SCRIPTS)))
    }
}

impl Scripts {
    /// The commands of a file.
    pub(crate) fn read(&self, id: FileId, file: &File) -> Arc<Source> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().get(&id);
        if let Some(source) = known.filter(|source| source.text == file.text) {
            return source;
        }
        let source = Arc::new(Source::new(id, file.text.clone()));
        lock().insert(id, source.clone());
        source
    }
}
