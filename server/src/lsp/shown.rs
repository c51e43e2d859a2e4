//! Texts that a client shows. Names and contents of the checkout are in them; editors show messages
//! with links and icons, and some write them to a terminal.

use syntax::escape::{escape_control, escape_control_in_lines};

/// Returns a text of one line: a diagnostic, a title.
pub(super) fn line(text: &str) -> String {
    escape_control(text).into_owned()
}

/// Returns a message. VS Code makes a link of `[text](command:name)`, which runs the command.
pub(super) fn message(text: &str) -> String {
    escape_control_in_lines(text).replace("](", "] (")
}

/// Returns the title of a lens. VS Code shows an icon for `$(name)`.
pub(super) fn label(text: &str) -> String {
    escape_control(text).replace("$(", "\\$(")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_icons_are_text() {
        assert_eq!(line("a\n\u{1b}[31m"), r"a\n\u{1b}[31m");
        assert_eq!(
            message("a [b](command:c)\nd\u{1b}"),
            "a [b] (command:c)\nd\\u{1b}"
        );
        assert_eq!(label("run $(zap)\r"), r"run \$(zap)\r");
        for same in ["published as debian 13: latest, stable", "a `b`: c"] {
            assert_eq!([line(same), message(same), label(same)], [same, same, same]);
        }
    }
}
