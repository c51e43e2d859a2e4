//! Settings that the user makes in the editor.

use std::path::Path;
use std::sync::Arc;

use lsp_types::MessageType;
use serde_json::{Map, Value};

use checkout::test_results::StateDirectory;
use ide::hints::InlayHintSettings;
use ide::lenses::LensSettings;

/// Setting. Editors offer these under `imageScripts`; a test compares what they say of them with
/// this list.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Key; `a.b` is `b` in the object `a`.
    pub key: &'static str,
    /// Possible values.
    pub values: Values,
    /// Effect, as editors describe it.
    pub description: &'static str,
}

/// Possible values of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// On or off; on by default.
    Switch,
    /// On or off; off by default.
    Option,
    /// One of these words; the first by default.
    Words(&'static [&'static str]),
    /// A path of this machine; empty by default. No workspace may set it.
    Path,
}

/// All settings.
pub const SETTINGS: [Setting; 16] = [
    Setting {
        key: "bash",
        values: Values::Switch,
        description: "Have `bash -n` look at a script when it is opened or saved. It parses and runs nothing.",
    },
    Setting {
        key: "shellcheck",
        values: Values::Option,
        description: "Ask ShellCheck, where it is installed, about the scripts that are executed in containers.",
    },
    Setting {
        key: "hints.identity",
        values: Values::Switch,
        description: "Show beside the first line of a `config.sh` who its image is, and beside RELVER what it comes to.",
    },
    Setting {
        key: "hints.rows",
        values: Values::Switch,
        description: "Show beside a row of the test table which image it reaches.",
    },
    Setting {
        key: "hints.members",
        values: Values::Switch,
        description: "Show beside a member of a group which image its row reaches.",
    },
    Setting {
        key: "hints.builder",
        values: Values::Switch,
        description: "Show beside a builder's RELVER which image it starts from.",
    },
    Setting {
        key: "lenses.users",
        values: Values::Switch,
        description: "Show above a helper how many images call it.",
    },
    Setting {
        key: "lenses.published",
        values: Values::Switch,
        description: "Show above the scripts of an image how it is published.",
    },
    Setting {
        key: "lenses.tested",
        values: Values::Switch,
        description: "Show above the scripts of an image which rows test it.",
    },
    Setting {
        key: "lenses.entries",
        values: Values::Switch,
        description: "Show above an entry of the repository which image it builds, where its key does not say so.",
    },
    Setting {
        key: "lenses.rows",
        values: Values::Switch,
        description: "Show above a row of the test table what it reaches, where that is not one image.",
    },
    Setting {
        key: "lenses.commands",
        values: Values::Switch,
        description: "Show above the scripts of an image commands that run its tests.",
    },
    Setting {
        key: "lenses.container",
        values: Values::Switch,
        description: "Show above `run-configure` a command that shows the script of the container.",
    },
    Setting {
        key: "outline",
        values: Values::Words(&["auto", "always", "never"]),
        description: "Show the variables, includes, calls of helpers and here-documents of a script in its outline. With `auto`, where no other extension for Bash shows one.",
    },
    Setting {
        key: "testStateDirectory",
        values: Values::Path,
        description: "State directory of the test runner, from which the results of tests are read. Empty for the one that it uses by itself, `$TMPDIR/os-test-runner`.",
    },
    Setting {
        key: "logLevel",
        values: Values::Words(&["info", "error", "warning", "debug"]),
        description: "How much the server writes to its log.",
    },
];

/// Severity of a line in the log, most important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LogLevel {
    /// Something of the server does not work.
    Error,
    /// Something is left out.
    Warning,
    /// Progress.
    Info,
    /// Everything.
    Debug,
}

impl LogLevel {
    fn from_name(name: &str) -> Option<LogLevel> {
        Some(match name {
            "error" => LogLevel::Error,
            "warning" => LogLevel::Warning,
            "info" => LogLevel::Info,
            "debug" => LogLevel::Debug,
            _ => return None,
        })
    }

    /// Returns the same in the protocol.
    pub(super) fn message_type(self) -> MessageType {
        match self {
            LogLevel::Error => MessageType::ERROR,
            LogLevel::Warning => MessageType::WARNING,
            LogLevel::Info => MessageType::INFO,
            LogLevel::Debug => MessageType::LOG,
        }
    }
}

/// Values of the settings.
#[derive(Debug, Clone)]
pub(super) struct EditorSettings {
    /// True if `bash -n` checks scripts.
    pub(super) bash: bool,
    /// Lowest severity of what goes to the log.
    pub(super) log_level: LogLevel,
    /// True if ShellCheck is asked.
    pub(super) shellcheck: bool,
    /// Kinds of hints that are shown.
    pub(super) hints: InlayHintSettings,
    /// Kinds of lenses that are shown.
    pub(super) lenses: LensSettings,
    /// True if scripts have an outline. Whether another server has one, only the client can know.
    pub(super) outline: bool,
    /// State directory of the test runner.
    pub(super) state_directory: Arc<StateDirectory>,
}

impl Default for EditorSettings {
    fn default() -> Self {
        EditorSettings {
            bash: true,
            shellcheck: false,
            log_level: LogLevel::Info,
            hints: InlayHintSettings::ALL,
            lenses: LensSettings::ALL,
            outline: true,
            state_directory: Arc::default(),
        }
    }
}

impl EditorSettings {
    /// Takes over what a client sends. Returns a message for each setting that is not understood.
    pub(super) fn update(&mut self, value: &Value) -> Vec<String> {
        let Some(settings) = value.as_object() else {
            return vec!["settings are not an object: they are ignored".to_owned()];
        };
        let mut messages = Vec::new();
        for (key, value) in settings {
            match (key.as_str(), value) {
                ("bash", Value::Bool(on)) => self.bash = *on,
                ("shellcheck", Value::Bool(on)) => self.shellcheck = *on,
                ("logLevel", Value::String(name)) => match LogLevel::from_name(name) {
                    Some(level) => self.log_level = level,
                    None => {
                        messages.push(format!("setting `logLevel`: there is no level `{name}`"));
                    }
                },
                ("outline", Value::String(word)) => match word.as_str() {
                    "auto" | "always" => self.outline = true,
                    "never" => self.outline = false,
                    _ => messages.push(format!("setting `outline`: there is no word `{word}`")),
                },
                ("testStateDirectory", Value::String(path)) => match Path::new(path) {
                    path if path.is_absolute() => {
                        self.state_directory = Arc::new(StateDirectory::new(Some(path)));
                    }
                    _ if path.is_empty() => {
                        self.state_directory = Arc::new(StateDirectory::new(None));
                    }
                    _ => messages.push(format!(
                        "setting `testStateDirectory`: `{path}` is no absolute path"
                    )),
                },
                // The client's own.
                (
                    "server" | "trace" | "commands" | "imagesChanged" | "nixTokens"
                    | "ruleDocuments",
                    _,
                ) => {}
                ("hints", Value::Bool(true)) => self.hints = InlayHintSettings::ALL,
                ("hints", Value::Bool(false)) => self.hints = InlayHintSettings::NONE,
                ("hints", Value::Object(kinds)) => {
                    update_kinds(("hints", kinds), &mut messages, &mut self.hints, hint_kind);
                }
                ("lenses", Value::Bool(true)) => self.lenses = LensSettings::ALL,
                ("lenses", Value::Bool(false)) => self.lenses = LensSettings::NONE,
                ("lenses", Value::Object(kinds)) => {
                    update_kinds(
                        ("lenses", kinds),
                        &mut messages,
                        &mut self.lenses,
                        lens_kind,
                    );
                }
                (
                    "bash" | "shellcheck" | "logLevel" | "hints" | "lenses" | "outline"
                    | "testStateDirectory",
                    _,
                ) => messages.push(wrong_type(key, value)),
                _ => messages.push(format!("unknown setting `{key}`")),
            }
        }
        messages
    }
}

fn hint_kind<'s>(hints: &'s mut InlayHintSettings, kind: &str) -> Option<&'s mut bool> {
    Some(match kind {
        "identity" => &mut hints.identity,
        "rows" => &mut hints.rows,
        "members" => &mut hints.members,
        "builder" => &mut hints.builder,
        _ => return None,
    })
}

fn lens_kind<'s>(lenses: &'s mut LensSettings, kind: &str) -> Option<&'s mut bool> {
    Some(match kind {
        "users" => &mut lenses.users,
        "published" => &mut lenses.published,
        "tested" => &mut lenses.tested,
        "entries" => &mut lenses.entries,
        "rows" => &mut lenses.rows,
        "commands" => &mut lenses.commands,
        "container" => &mut lenses.container,
        _ => return None,
    })
}

/// Takes over which kinds of something are shown.
fn update_kinds<T>(
    (key, kinds): (&str, &Map<String, Value>),
    messages: &mut Vec<String>,
    settings: &mut T,
    switch: impl for<'s> Fn(&'s mut T, &str) -> Option<&'s mut bool>,
) {
    for (kind, value) in kinds {
        match (switch(settings, kind), value) {
            (Some(shown), Value::Bool(on)) => *shown = *on,
            (Some(_), _) => messages.push(wrong_type(&format!("{key}.{kind}"), value)),
            (None, _) => messages.push(format!("unknown setting `{key}.{kind}`")),
        }
    }
}

fn wrong_type(key: &str, value: &Value) -> String {
    format!("setting `{key}`: `{value}` has the wrong type")
}
