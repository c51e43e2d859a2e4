//! Settings that the user makes in the editor.

use lsp_types::MessageType;
use serde_json::{Map, Value};

use ide::hints::InlayHintSettings;

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
    /// One of these words; the first by default.
    Words(&'static [&'static str]),
}

/// All settings.
pub const SETTINGS: [Setting; 6] = [
    Setting {
        key: "bash",
        values: Values::Switch,
        description: "Have `bash -n` look at a script when it is opened or saved. It parses and runs nothing.",
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
#[derive(Debug, Clone, Copy)]
pub(super) struct EditorSettings {
    /// True if `bash -n` checks scripts.
    pub(super) bash: bool,
    /// Lowest severity of what goes to the log.
    pub(super) log_level: LogLevel,
    /// Kinds of hints that are shown.
    pub(super) hints: InlayHintSettings,
}

impl Default for EditorSettings {
    fn default() -> Self {
        EditorSettings {
            bash: true,
            log_level: LogLevel::Info,
            hints: InlayHintSettings::ALL,
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
                ("logLevel", Value::String(name)) => match LogLevel::from_name(name) {
                    Some(level) => self.log_level = level,
                    None => {
                        messages.push(format!("setting `logLevel`: there is no level `{name}`"));
                    }
                },
                // The client's own.
                ("server" | "trace" | "commands" | "imagesChanged" | "ruleDocuments", _) => {}
                ("hints", Value::Bool(true)) => self.hints = InlayHintSettings::ALL,
                ("hints", Value::Bool(false)) => self.hints = InlayHintSettings::NONE,
                ("hints", Value::Object(kinds)) => {
                    update_hints(&mut self.hints, kinds, &mut messages);
                }
                ("bash" | "logLevel" | "hints", _) => messages.push(wrong_type(key, value)),
                _ => messages.push(format!("unknown setting `{key}`")),
            }
        }
        messages
    }
}

/// Takes over which kinds of hints are shown.
fn update_hints(
    hints: &mut InlayHintSettings,
    kinds: &Map<String, Value>,
    messages: &mut Vec<String>,
) {
    for (kind, value) in kinds {
        let shown = match kind.as_str() {
            "identity" => &mut hints.identity,
            "rows" => &mut hints.rows,
            "members" => &mut hints.members,
            "builder" => &mut hints.builder,
            _ => {
                messages.push(format!("unknown setting `hints.{kind}`"));
                continue;
            }
        };
        match value {
            Value::Bool(on) => *shown = *on,
            _ => messages.push(wrong_type(&format!("hints.{kind}"), value)),
        }
    }
}

fn wrong_type(key: &str, value: &Value) -> String {
    format!("setting `{key}`: `{value}` has the wrong type")
}
