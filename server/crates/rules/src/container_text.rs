//! Texts that containers execute: many containers execute the same one, and it is read once.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

use syntax::bash::{self, ScriptFacts};

/// The text of a script that containers execute, with its facts.
#[derive(Debug)]
pub struct ContainerText {
    /// Facts of the text.
    pub facts: ScriptFacts,
    /// The text as another program can read it: with a plain word in place of what only a build knows.
    pub plain: Arc<str>,
}

/// Texts that were read.
#[derive(Debug, Default)]
pub struct ContainerTexts(Mutex<FxHashMap<String, Shared>>);

/// A text that one of those who want it reads.
type Shared = Arc<OnceLock<Arc<ContainerText>>>;

impl ContainerText {
    fn new(code: &str) -> ContainerText {
        ContainerText {
            facts: bash::read(code),
            // As long, so that what is said of the text is said of the code.
            plain: code.replace('⟦', "hid").replace('⟧', "den").into(),
        }
    }
}

impl ContainerTexts {
    /// The text of a code.
    pub(crate) fn read(&self, code: &str) -> Arc<ContainerText> {
        let known = self.lock().get(code).cloned();
        let shared = known.unwrap_or_else(|| {
            let mut texts = self.lock();
            texts.entry(code.to_owned()).or_default().clone()
        });
        shared
            .get_or_init(|| Arc::new(ContainerText::new(code)))
            .clone()
    }

    /// Forgets the texts that no script has.
    pub fn forget_unused(&self) {
        let is_used = |text: &Shared| text.get().is_some_and(|text| Arc::strong_count(text) > 1);
        self.lock().retain(|_, text| is_used(text));
    }

    fn lock(&self) -> MutexGuard<'_, FxHashMap<String, Shared>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
