//! Position of the cursor in a Nix file: the sets and lists around it and the names that lead to
//! it. Read off the text before the cursor alone, because a file seldom parses while one types.

use smol_str::SmolStr;

/// Position at the end of a Nix text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NixContext {
    /// Sets and lists around the position, outermost first.
    pub(super) levels: Vec<NixLevel>,
    /// Attribute names that lead to the position through all levels, including those of the
    /// binding that is being written.
    pub(super) path: Vec<SmolStr>,
    /// The position is after the `=` of a binding.
    pub(super) in_value: bool,
    /// Part of a name or string that stands before the position.
    pub(super) written: SmolStr,
    /// The position is inside of a string.
    pub(super) in_string: bool,
    /// Nothing is completed: the position is in a comment, in a string with `${}` or line breaks,
    /// or after something complete.
    opaque: bool,
}

impl NixContext {
    /// Reads the text before a position.
    pub(super) fn read(text: &str) -> NixContext {
        let mut context = NixContext::default();
        context.levels.push(NixLevel::default());
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            rest = context.token(c, rest);
        }
        let unwritten = text.strip_suffix(context.written.as_str()).unwrap_or(text);
        context.finish(unwritten.strip_suffix('"').unwrap_or(unwritten));
        context
    }

    /// Innermost set or list, or `None` where nothing is completed.
    pub(super) fn level(&self) -> Option<&NixLevel> {
        self.levels.last().filter(|_| !self.opaque)
    }

    /// Attribute names that lead to the position.
    pub(super) fn names(&self) -> Vec<&str> {
        self.path.iter().map(SmolStr::as_str).collect()
    }

    /// Tells whether a value is written: the position is after the `=` of a binding, and not in a
    /// list there.
    pub(super) fn is_value(&self) -> bool {
        self.in_value && self.level().is_some_and(|level| !level.is_list())
    }

    /// Tells whether the innermost set is itself an element of a list.
    pub(super) fn is_in_list_element(&self) -> bool {
        let parent = self.levels.iter().rev().nth(1);
        parent.is_some_and(NixLevel::is_list)
    }

    /// Reads one token, whose first character is given, and returns the text after it.
    fn token<'t>(&mut self, first: char, text: &'t str) -> &'t str {
        match first {
            '#' => self.skip_past(text, "\n"),
            '/' if text.starts_with("/*") => self.skip_past(text, "*/"),
            '\'' if text.starts_with("''") => {
                self.skip_past(text.get(2..).unwrap_or_default(), "''")
            }
            '"' => self.string(text),
            _ if is_name(first) => self.name(text),
            _ => {
                self.mark(first);
                text.get(first.len_utf8()..).unwrap_or_default()
            }
        }
    }

    /// Completes what is known of the position; `before` is the text before what is being written.
    fn finish(&mut self, before: &str) {
        let levels = self.levels.iter().filter(|level| !level.is_list());
        self.path = levels.flat_map(|level| level.key.clone()).collect();
        let Some(last) = self.levels.last() else {
            return;
        };
        self.in_value = last.in_value;
        // A complete name or value, after which only a mark can stand.
        let complete = match last.in_value {
            true => last.value.is_some(),
            false => !last.key.is_empty() && !before.ends_with('.'),
        };
        self.opaque |= !last.is_list() && complete;
    }

    fn skip_past<'t>(&mut self, text: &'t str, end: &str) -> &'t str {
        match text.split_once(end) {
            Some((_, rest)) => rest,
            None => {
                self.opaque = true;
                ""
            }
        }
    }

    fn string<'t>(&mut self, text: &'t str) -> &'t str {
        let body = text.get(1..).unwrap_or_default();
        let mut escaped = false;
        for (at, c) in body.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    if let Some(level) = self.levels.last_mut() {
                        level.string(body.get(..at).unwrap_or_default());
                    }
                    return body.get(at + 1..).unwrap_or_default();
                }
                _ => {}
            }
        }
        self.in_string = true;
        self.opaque = body.contains("${") || body.contains('\n');
        self.written = SmolStr::new(body);
        ""
    }

    fn name<'t>(&mut self, text: &'t str) -> &'t str {
        let end = text.find(|c| !is_name(c) && c != '\'');
        let end = end.unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(end).unwrap_or_default();
        if rest.is_empty() {
            self.written = SmolStr::new(name);
            return rest;
        }
        let last = self.levels.last_mut();
        match (name, last) {
            ("let", _) => self.levels.push(NixLevel::new(LevelKind::Let)),
            ("in", Some(level)) if level.kind == LevelKind::Let => {
                self.levels.pop();
            }
            ("in", _) | (_, None) => {}
            (_, Some(level)) => level.name(name),
        }
        rest
    }

    fn mark(&mut self, c: char) {
        match c {
            '{' | '[' | '(' => {
                let mut level = NixLevel::new(match c {
                    '[' => LevelKind::List,
                    _ => LevelKind::Set,
                });
                // Parentheses hold a value, not bindings.
                level.in_value = c == '(';
                level.with = self.levels.last().is_some_and(|parent| parent.with);
                self.levels.push(level);
            }
            '}' | ']' | ')' if self.levels.len() > 1 => {
                self.levels.pop();
            }
            '=' => {
                if let Some(level) = self.levels.last_mut() {
                    level.in_value = true;
                }
            }
            ';' => {
                if let Some(level) = self.levels.last_mut() {
                    level.end_binding();
                }
            }
            // `{ lib }:` or `x:`: the parameter of a function is no attribute.
            ':' => {
                if let Some(level) = self.levels.last_mut().filter(|level| !level.in_value) {
                    level.key.clear();
                }
            }
            _ => {}
        }
    }
}

/// Kind of a [`NixLevel`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum LevelKind {
    /// `{ ... }`, `( ... )`, or the file itself.
    #[default]
    Set,
    /// `[ ... ]`.
    List,
    /// `let ... in`.
    Let,
}

/// One level of nesting in a Nix text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NixLevel {
    kind: LevelKind,
    /// The level is, or is going to be, within `with ...;`.
    pub(super) with: bool,
    /// Names of the complete bindings, with their values where these are plain strings.
    pub(super) bindings: Vec<(SmolStr, Option<SmolStr>)>,
    /// Elements of a list.
    pub(super) elements: Vec<SmolStr>,
    /// Names of the binding that is being written.
    key: Vec<SmolStr>,
    /// The `=` of that binding has been read.
    in_value: bool,
    /// Value of that binding, if it is a plain string.
    value: Option<SmolStr>,
    /// `with` has been read, and not its `;`.
    with_pending: bool,
}

impl NixLevel {
    fn new(kind: LevelKind) -> NixLevel {
        NixLevel {
            kind,
            ..NixLevel::default()
        }
    }

    /// Tells whether this is a list.
    pub(super) fn is_list(&self) -> bool {
        self.kind == LevelKind::List
    }

    /// Tells whether the set has a complete binding of a name.
    pub(super) fn binds(&self, name: &str) -> bool {
        self.bindings.iter().any(|(known, _)| known == name)
    }

    /// Value of a complete binding, if it is a plain string.
    pub(super) fn value_of(&self, name: &str) -> Option<&str> {
        let binding = self.bindings.iter().find(|(known, _)| known == name)?;
        binding.1.as_deref()
    }

    fn end_binding(&mut self) {
        if self.with_pending {
            self.with_pending = false;
            self.with = true;
            return;
        }
        if let Some(name) = self.key.first().cloned() {
            self.bindings.push((name, self.value.take()));
        }
        self.key.clear();
        self.in_value = false;
        self.value = None;
        self.with = false;
    }

    fn name(&mut self, name: &str) {
        if self.is_list() {
            self.elements.push(SmolStr::new(name));
        } else if !self.in_value {
            self.key.push(SmolStr::new(name));
        } else if name == "with" {
            self.with_pending = true;
        }
    }

    fn string(&mut self, text: &str) {
        if self.is_list() || !self.in_value {
            self.name(text);
        } else {
            self.value = Some(SmolStr::new(text));
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

#[cfg(test)]
mod tests {
    use super::NixContext;

    #[test]
    fn contexts() {
        let read = NixContext::read;
        let context = read("{ a.b = { \"c\" = [ \"x\" \"y");
        assert_eq!(context.path.join("."), "a.b.c");
        assert!(context.in_string && context.written == "y");
        assert!(context.levels.last().is_some_and(|l| l.elements == ["x"]));
        let context = read("{ lib }: let t = { a = { }; }; in { g = with t; [ a b");
        assert_eq!(context.path.join("."), "g");
        let last = context.levels.last();
        assert!(last.is_some_and(|l| l.with && l.is_list()));
        assert_eq!(context.written, "b");
        let context = read("{ a = { x = \"1\"; ");
        assert!(!context.in_value && context.path.join(".") == "a");
        assert!(read("{ # a").opaque);
        assert!(read("{ a = { \"1\" ").opaque);
        assert!(!read("{ a.\"1").opaque);
    }
}
