//! What the user has set in the editor.

use serde_json::Value;

use super::session::{Level, Session};
use crate::features::hints::Wanted;

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
            ("server" | "trace" | "commands", _) => {}
            ("hints", Value::Bool(on)) => options.hints = Wanted::all(*on),
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
fn set_hints(session: &Session, hints: &mut Wanted, kinds: &serde_json::Map<String, Value>) {
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
