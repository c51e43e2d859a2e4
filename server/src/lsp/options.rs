//! What the user has set in the editor.

use serde_json::Value;

use super::session::{Level, Session};
use ide::hints::InlayHintSettings;

/// A setting. Editors offer these under `imageScripts`; what they say of them is checked against
/// this list.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its key; `a.b` is `b` in the object `a`.
    pub key: &'static str,
    /// What it may be; the first is the default.
    pub values: Values,
    /// What it does.
    pub description: &'static str,
}

/// What a setting may be.
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

/// Takes over settings, telling of those that are not understood.
pub(super) fn set_options(session: &Session, value: &Value) {
    let mut options = session.options();
    let Some(settings) = value.as_object() else {
        return session.log(
            Level::Warning,
            "settings are not an object: they are left out",
        );
    };
    for (key, value) in settings {
        match (key.as_str(), value) {
            ("bash", Value::Bool(on)) => options.bash = *on,
            ("logLevel", Value::String(level)) => match level.as_str() {
                "error" => options.level = Level::Error,
                "warning" => options.level = Level::Warning,
                "info" => options.level = Level::Info,
                "debug" => options.level = Level::Debug,
                other => session.log(
                    Level::Warning,
                    format!("setting `logLevel`: there is no level `{other}`"),
                ),
            },
            // The client's own.
            ("server" | "trace" | "commands" | "imagesChanged", _) => {}
            ("hints", Value::Bool(true)) => options.hints = InlayHintSettings::ALL,
            ("hints", Value::Bool(false)) => options.hints = InlayHintSettings::NONE,
            ("hints", Value::Object(kinds)) => set_hints(session, &mut options.hints, kinds),
            ("bash" | "logLevel" | "hints", _) => session.log(
                Level::Warning,
                format!("setting `{key}`: `{value}` is of the wrong kind"),
            ),
            _ => session.log(Level::Warning, format!("unknown setting `{key}`")),
        }
    }
    session.set_options(options);
}

/// Takes over which kinds of hints are wanted.
fn set_hints(
    session: &Session,
    hints: &mut InlayHintSettings,
    kinds: &serde_json::Map<String, Value>,
) {
    for (kind, value) in kinds {
        let wanted = match kind.as_str() {
            "identity" => &mut hints.identity,
            "rows" => &mut hints.rows,
            "members" => &mut hints.members,
            "builder" => &mut hints.builder,
            _ => {
                session.log(Level::Warning, format!("unknown setting `hints.{kind}`"));
                continue;
            }
        };
        match value {
            Value::Bool(on) => *wanted = *on,
            _ => session.log(
                Level::Warning,
                format!("setting `hints.{kind}`: `{value}` is of the wrong kind"),
            ),
        }
    }
}
