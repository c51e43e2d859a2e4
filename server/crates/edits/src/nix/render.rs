//! New values as Nix text.

/// A value to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A string.
    Str(String),
    /// Anything that is written as it stands: a number, a name.
    Raw(String),
    /// A set: keys as they are written, in order.
    Set(Vec<(String, Value)>),
    /// A list.
    List(Vec<Value>),
}

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// Sets with content on one line.
    pub(crate) inline_sets: bool,
    /// Lists of two and more on one line. Shorter ones always are.
    pub(crate) inline_lists: bool,
    /// `{ }`, not `{}`.
    pub(crate) spaced_empty: bool,
}

impl Style {
    /// nixfmt's, of RFC 166.
    pub(crate) const NIXFMT: Style = Style {
        inline_sets: false,
        inline_lists: false,
        spaced_empty: true,
    };

    /// A set without content.
    pub(crate) fn empty_set(self) -> &'static str {
        if self.spaced_empty { "{ }" } else { "{}" }
    }
}

impl Value {
    /// Its text: lines joined by `\n`, indented as if it began at the first column.
    pub(crate) fn render(&self, style: Style) -> String {
        match self {
            Value::Str(text) => quote(text),
            Value::Raw(text) => text.clone(),
            Value::Set(attrs) if attrs.is_empty() => style.empty_set().to_owned(),
            Value::Set(attrs) => {
                let lines = attrs
                    .iter()
                    .map(|(key, value)| attr(key, value, style))
                    .collect::<Vec<_>>();
                if style.inline_sets && lines.iter().all(|line| !line.contains('\n')) {
                    format!("{{ {} }}", lines.join(" "))
                } else {
                    format!("{{\n{}\n}}", indented(&lines.join("\n")))
                }
            }
            Value::List(items) if items.is_empty() => "[ ]".to_owned(),
            Value::List(items) => {
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

/// `key = value;`
pub(crate) fn attr(key: &str, value: &Value, style: Style) -> String {
    format!("{key} = {};", value.render(style))
}

fn indented(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}

/// A string in quotes, with what Nix reads differently escaped.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
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
    out.push('"');
    out.replace("${", "\\${")
}

/// Whether a key may stand without quotes.
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
