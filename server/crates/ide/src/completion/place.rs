//! Where in a Nix file a place is, read off the text before it: it need not parse.

use smol_str::SmolStr;

/// A place in a Nix text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The sets and lists around it, outermost first.
    pub frames: Vec<Frame>,
    /// The names that lead to it through all of them, those of the binding it is in included.
    pub path: Vec<SmolStr>,
    /// It is behind the `=` of a binding.
    pub in_value: bool,
    /// What is written of a name or of a string up to it.
    pub written: SmolStr,
    /// It is inside of a string.
    pub in_string: bool,
    /// It is in a comment, or in a string that has expressions in it.
    pub elsewhere: bool,
}

impl Place {
    /// The set or list that something may be written into there; `None` where nothing is completed.
    pub(super) fn frame(&self) -> Option<&Frame> {
        self.frames.last().filter(|_| !self.elsewhere)
    }

    /// The names that lead to it.
    pub(super) fn names(&self) -> Vec<&str> {
        self.path.iter().map(SmolStr::as_str).collect()
    }

    /// Behind the `=` of a binding, and in no list there.
    pub(super) fn is_value(&self) -> bool {
        self.in_value && self.frame().is_some_and(|frame| !frame.list)
    }
}

/// A set or a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Frame {
    /// A list.
    pub list: bool,
    /// `let ... in`.
    is_let: bool,
    /// It is (or will be) within `with ...;`.
    pub with: bool,
    /// The names of the bindings in it that are complete, with their values where those are plain
    /// strings.
    pub bindings: Vec<(SmolStr, Option<SmolStr>)>,
    /// The elements in it, if it is a list.
    pub elements: Vec<SmolStr>,
    /// The binding that is being written: its names, and whether the `=` was there.
    key: Vec<SmolStr>,
    in_value: bool,
    value: Option<SmolStr>,
    with_pending: bool,
}

impl Frame {
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
        if self.list {
            self.elements.push(SmolStr::new(name));
        } else if !self.in_value {
            self.key.push(SmolStr::new(name));
        } else if name == "with" {
            self.with_pending = true;
        }
    }

    fn string(&mut self, text: &str) {
        if self.list || !self.in_value {
            self.name(text);
        } else {
            self.value = Some(SmolStr::new(text));
        }
    }
}

/// Reads the text before a place.
pub(super) fn read(text: &str) -> Place {
    let mut place = Place::default();
    place.frames.push(Frame::default());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = match c {
            '#' => skip_past(rest, "\n", &mut place),
            '/' if rest.starts_with("/*") => skip_past(rest, "*/", &mut place),
            '\'' if rest.starts_with("''") => {
                skip_past(rest.get(2..).unwrap_or_default(), "''", &mut place)
            }
            '"' => string(rest, &mut place),
            _ if is_name(c) => name(rest, &mut place),
            _ => {
                mark(c, &mut place);
                rest.get(c.len_utf8()..).unwrap_or_default()
            }
        };
    }
    let unwritten = text.strip_suffix(place.written.as_str()).unwrap_or(text);
    finish(place, unwritten.strip_suffix('"').unwrap_or(unwritten))
}

/// `before` is the text before what is being written.
fn finish(mut place: Place, before: &str) -> Place {
    for frame in &place.frames {
        if frame.list {
            continue;
        }
        place.path.extend(frame.key.iter().cloned());
    }
    if let Some(last) = place.frames.last() {
        place.in_value = last.in_value;
        // A name or a value is complete, and nothing says that it goes on.
        let complete = match last.in_value {
            true => last.value.is_some(),
            false => !last.key.is_empty() && !before.ends_with('.'),
        };
        place.elsewhere |= !last.list && complete;
    }
    place
}

fn skip_past<'t>(rest: &'t str, end: &str, place: &mut Place) -> &'t str {
    match rest.split_once(end) {
        Some((_, rest)) => rest,
        None => {
            place.elsewhere = true;
            ""
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

fn string<'t>(rest: &'t str, place: &mut Place) -> &'t str {
    let body = rest.get(1..).unwrap_or_default();
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let text = body.get(..at).unwrap_or_default();
                if let Some(frame) = place.frames.last_mut() {
                    frame.string(text);
                }
                return body.get(at + 1..).unwrap_or_default();
            }
            _ => {}
        }
    }
    place.in_string = true;
    place.elsewhere = body.contains("${") || body.contains('\n');
    place.written = SmolStr::new(body);
    ""
}

fn name<'t>(rest: &'t str, place: &mut Place) -> &'t str {
    let end = rest
        .find(|c| !is_name(c) && c != '\'')
        .unwrap_or(rest.len());
    let (name, rest) = rest.split_at_checked(end).unwrap_or_default();
    if rest.is_empty() {
        place.written = SmolStr::new(name);
        return rest;
    }
    match name {
        "let" => place.frames.push(Frame {
            is_let: true,
            ..Frame::default()
        }),
        "in" => {
            if place.frames.last().is_some_and(|f| f.is_let) {
                place.frames.pop();
            }
        }
        _ => {
            if let Some(frame) = place.frames.last_mut() {
                frame.name(name);
            }
        }
    }
    rest
}

fn mark(c: char, place: &mut Place) {
    match c {
        '{' | '[' | '(' => {
            let with = place.frames.last().is_some_and(|frame| frame.with);
            place.frames.push(Frame {
                list: c == '[',
                // In brackets stands what is a value.
                in_value: c == '(',
                with,
                ..Frame::default()
            });
        }
        '}' | ']' | ')' if place.frames.len() > 1 => {
            place.frames.pop();
        }
        '=' => {
            if let Some(frame) = place.frames.last_mut() {
                frame.in_value = true;
            }
        }
        ';' => {
            if let Some(frame) = place.frames.last_mut() {
                frame.end_binding();
            }
        }
        // `{ lib }:`, `x:`: what is in front of a function is no name.
        ':' => {
            if let Some(frame) = place.frames.last_mut().filter(|f| !f.in_value) {
                frame.key.clear();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn places() {
        let place = read("{ a.b = { \"c\" = [ \"x\" \"y");
        assert_eq!(place.path.join("."), "a.b.c");
        assert!(place.in_string && place.written == "y");
        assert!(place.frames.last().is_some_and(|f| f.elements == ["x"]));
        let place = read("{ lib }: let t = { a = { }; }; in { g = with t; [ a b");
        assert_eq!(place.path.join("."), "g");
        assert!(place.frames.last().is_some_and(|f| f.with && f.list));
        assert_eq!(place.written, "b");
        let place = read("{ a = { x = \"1\"; ");
        assert!(!place.in_value && place.path.join(".") == "a");
        assert!(read("{ # a").elsewhere);
        assert!(read("{ a = { \"1\" ").elsewhere);
        assert!(!read("{ a.\"1").elsewhere);
    }
}
