//! New values as Nix text.

/// A value to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NewValue {
    /// A string.
    Str(String),
    /// Nix text that is written as it is: a number, a name.
    Verbatim(String),
    /// A set: keys as they are written, in order.
    Set(Vec<(String, NewValue)>),
    /// A list.
    List(Vec<NewValue>),
}

/// Style in which values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NixStyle {
    /// Sets with content stand on one line.
    pub(crate) inline_sets: bool,
    /// Lists of two and more stand on one line. Shorter ones always do.
    pub(crate) inline_lists: bool,
    /// The empty set is `{ }`, not `{}`.
    pub(crate) spaced_empty: bool,
}

impl NixStyle {
    /// The style of nixfmt, of RFC 166.
    pub(crate) const NIXFMT: NixStyle = NixStyle {
        inline_sets: false,
        inline_lists: false,
        spaced_empty: true,
    };

    /// The empty set.
    fn empty_set(self) -> &'static str {
        if self.spaced_empty { "{ }" } else { "{}" }
    }
}

impl NewValue {
    /// Returns the text of the value: lines joined by `\n`, indented as if it began in the first
    /// column.
    pub(crate) fn render(&self, style: NixStyle) -> String {
        match self {
            NewValue::Str(text) => quote(text),
            NewValue::Verbatim(text) => text.clone(),
            NewValue::Set(attrs) if attrs.is_empty() => style.empty_set().to_owned(),
            NewValue::Set(attrs) => {
                let lines = attrs
                    .iter()
                    .map(|(key, value)| attribute(key, value, style))
                    .collect::<Vec<_>>();
                if style.inline_sets && lines.iter().all(|line| !line.contains('\n')) {
                    format!("{{ {} }}", lines.join(" "))
                } else {
                    format!("{{\n{}\n}}", indented(&lines.join("\n")))
                }
            }
            NewValue::List(items) if items.is_empty() => "[ ]".to_owned(),
            NewValue::List(items) => {
                let items: Vec<String> = items.iter().map(|item| item.render(style)).collect();
                let flat = items.iter().all(|item| !item.contains('\n'));
                if flat && (style.inline_lists || items.len() == 1) {
                    format!("[ {} ]", items.join(" "))
                } else {
                    format!("[\n{}\n]", indented(&items.join("\n")))
                }
            }
        }
    }
}

/// Returns the text of an attribute: `key = value;`.
pub(crate) fn attribute(key: &str, value: &NewValue, style: NixStyle) -> String {
    format!("{key} = {};", value.render(style))
}

/// Indents all lines of a text by two blanks.
pub(crate) fn indented(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}

/// Returns a string in quotes, with everything escaped that Nix reads differently.
pub(crate) fn quote(text: &str) -> String {
    format!("\"{}\"", escape(text))
}

/// Returns the text of a string between its quotes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => out.push(c),
        }
    }
    out.replace("${", "\\${")
}

/// Returns a key as it is written: in quotes only where it needs them.
pub(crate) fn bare_or_quoted(key: &str) -> String {
    if is_identifier(key) {
        key.to_owned()
    } else {
        quote(key)
    }
}

/// Returns whether a key may stand without quotes.
pub(crate) fn is_identifier(key: &str) -> bool {
    const KEYWORDS: [&str; 9] = [
        "if", "then", "else", "assert", "with", "let", "in", "rec", "inherit",
    ];
    let mut chars = key.chars();
    chars
        .next()
        .is_some_and(|c| c == '_' || c.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || "_-'".contains(c))
        && !KEYWORDS.contains(&key)
        && key != "or"
}
