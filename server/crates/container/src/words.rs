//! Words: quotes, expansions, and the fields that they are split into.

use std::sync::Arc;

use smol_str::SmolStr;

use super::commands::unknown;
use super::evaluator::{Evaluator, shortened};
use super::patterns::Pattern;
use super::shown::{MARK, MARK_END};
use super::source::Source;
use super::state::{Field, Variable};
use super::text::{Text, TextPiece, UnknownKind};
use model::FileRange;
use model::interpreter::is_shell_variable;
use syntax::shell::{
    Block, CommandKind, Operator, Parameter, PieceKind, RedirectKind, Word, WordPiece,
};

/// Fields that a command may have: where there are more, their number is not known.
const MAX_FIELDS: usize = 1_000;

/// A parameter's value.
enum Lookup {
    Unset,
    Set(Text),
}

/// Fields that are being put together.
#[derive(Default)]
struct Fields {
    done: Vec<Field>,
    text: Text,
    is_open: bool,
    /// Set when there is a field even if it is empty.
    exists: bool,
}

impl Fields {
    fn add(&mut self, text: &Text) {
        self.exists = true;
        self.text.append(text);
    }

    /// Ends the present field.
    fn end(&mut self) {
        let text = std::mem::take(&mut self.text);
        if self.exists && self.done.len() < MAX_FIELDS {
            self.done.push(Field {
                text,
                is_open: self.is_open,
            });
        } else if self.exists
            && let Some(last) = self.done.last_mut()
        {
            last.is_open = true;
        }
        self.is_open = false;
        self.exists = false;
    }

    /// Adds the fields that `"$@"` gives: the first one continues the present field.
    fn add_all(&mut self, fields: &[Field]) {
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                self.end();
            }
            self.add(&field.text);
            self.is_open |= field.is_open;
        }
    }

    /// Adds a value that is split at blanks.
    fn add_split(&mut self, text: &Text, splits_otherwise: bool) {
        for piece in text.pieces() {
            match piece {
                TextPiece::Known { text, .. } => {
                    self.is_open |= splits_otherwise;
                    for word in piece.split() {
                        match word {
                            Some(word) => {
                                self.exists = true;
                                self.text.push(word);
                            }
                            None => self.end(),
                        }
                    }
                    self.is_open |= self.exists && text.contains(['*', '?', '[']);
                }
                TextPiece::Unknown { kind, .. } => {
                    self.exists = true;
                    self.is_open |= *kind == UnknownKind::Any;
                    self.text.push(piece.clone());
                }
                TextPiece::Either { .. } | TextPiece::Repeated { .. } => {
                    self.exists = true;
                    self.is_open = true;
                    self.text.push(piece.clone());
                }
            }
        }
    }
}

impl Evaluator<'_> {
    /// The text of a word, which is not split.
    pub(crate) fn text(&mut self, source: &Arc<Source>, word: &Word) -> Text {
        let mut text = Text::default();
        for piece in &word.pieces {
            let piece = self.piece(source, piece);
            text.append(&piece);
        }
        text
    }

    /// The text of a piece of a word.
    pub(crate) fn piece(&mut self, source: &Arc<Source>, piece: &WordPiece) -> Text {
        let at = source.at(piece.range);
        let known = |text: SmolStr| {
            let mut out = Text::default();
            if !text.is_empty() {
                out.push(TextPiece::Known {
                    text,
                    source: Some(at),
                    expansion: None,
                });
            }
            out
        };
        match &piece.kind {
            PieceKind::Literal => {
                let text = source.slice(piece.range);
                match text.contains(MARK) {
                    true => marked(text, at),
                    false => known(SmolStr::new(text)),
                }
            }
            PieceKind::Decoded(text) => known(text.clone()),
            PieceKind::Parameter(parameter) => {
                let name = || shortened(source.slice(piece.range));
                self.parameter(source, parameter, &name).expanded(at)
            }
            PieceKind::Substitution(block) => {
                let text = self.substitution(source, block);
                text.trimmed().expanded(at)
            }
            PieceKind::Sum(sum) => self.sum(source, piece, sum),
            PieceKind::Unread => unknown(&shortened(source.slice(piece.range))).expanded(at),
        }
    }

    /// What `$((...))` comes to.
    fn sum(&mut self, source: &Arc<Source>, piece: &WordPiece, sum: &Word) -> Text {
        let written = self.text(source, sum);
        let known = written.known();
        let text = known.as_deref().unwrap_or_else(|| source.slice(sum.range));
        if super::sums::assigns(text) {
            self.forget_in_sum(text);
        }
        let state = &self.state;
        let value = |name: &str| match state.variables.get(name) {
            Some(variable) => match variable.text().known()?.trim() {
                "" => Some(0),
                text => super::sums::number(text),
            },
            None => (!state.is_opaque && !is_shell_variable(name)).then_some(0),
        };
        let result = known
            .as_deref()
            .and_then(|text| super::sums::sum(text, &value));
        let at = source.at(piece.range);
        match result {
            Some(result) => Text::literal(&result.to_string()).expanded(at),
            None => unknown(&shortened(source.slice(piece.range))).expanded(at),
        }
    }

    fn substitution(&mut self, source: &Arc<Source>, block: &Block) -> Text {
        // `$(< file)`.
        if let [command] = block.as_slice()
            && let [redirect] = command.redirects.as_slice()
            && let (CommandKind::Simple(simple), RedirectKind::Read(path)) =
                (&command.kind, &redirect.kind)
            && simple.words.is_empty()
            && simple.assignments.is_empty()
        {
            let path = self.text(source, path);
            return self.read(&path);
        }
        self.captured(|evaluator| evaluator.block(source, block))
    }

    /// The fields that words are expanded to.
    pub(crate) fn fields(&mut self, source: &Arc<Source>, words: &[Word]) -> Vec<Field> {
        let mut fields = Fields::default();
        for word in words {
            match super::braces::expanded(&source.text, word) {
                Some(words) => {
                    for word in &words {
                        for piece in word {
                            self.field_piece(source, piece.piece(), &mut fields);
                        }
                        fields.end();
                    }
                }
                None => {
                    for piece in &word.pieces {
                        self.field_piece(source, piece, &mut fields);
                    }
                    fields.is_open = true;
                    fields.end();
                }
            }
        }
        fields.done
    }

    fn field_piece(&mut self, source: &Arc<Source>, piece: &WordPiece, fields: &mut Fields) {
        if let PieceKind::Parameter(parameter) = &piece.kind
            && let Some(all) = self.all_of(parameter, piece.quoted)
        {
            let at = source.at(piece.range);
            let all: Vec<Field> = all
                .into_iter()
                .map(|field| Field {
                    text: field.text.expanded(at),
                    is_open: field.is_open,
                })
                .collect();
            if piece.quoted {
                fields.add_all(&all);
            } else {
                for field in &all {
                    fields.add_split(&field.text, false);
                    fields.is_open |= field.is_open && fields.exists;
                    fields.end();
                }
            }
            return;
        }
        let text = self.piece(source, piece);
        let is_literal = matches!(piece.kind, PieceKind::Literal | PieceKind::Decoded(_));
        if piece.quoted || is_literal {
            fields.add(&text);
            if !piece.quoted {
                let written = source.slice(piece.range);
                fields.is_open |= written.contains(['*', '?', '[']);
                // A bracket alone is a command.
                fields.is_open &= written != "[" && written != "]";
                // What is marked may be several words.
                fields.is_open |= text.known().is_none();
            }
        } else {
            let splits_otherwise = self.state.variables.contains_key("IFS");
            fields.add_split(&text, splits_otherwise);
        }
    }

    /// The fields of `$@`, `$*`, `${a[@]}`; `None` for any other parameter.
    fn all_of(&self, parameter: &Parameter, quoted: bool) -> Option<Vec<Field>> {
        if parameter.operator != Operator::Plain {
            return None;
        }
        match (parameter.name.as_str(), parameter.index.as_deref()) {
            ("@", None) => Some(self.state.arguments.to_vec()),
            ("*", None) if !quoted => Some(self.state.arguments.to_vec()),
            (name, Some("@")) => match self.state.variables.get(name) {
                Some(Variable::Array(items)) => Some(items.clone()),
                Some(Variable::Text(text)) => Some(vec![Field::plain(text.clone())]),
                None if self.state.is_opaque => Some(vec![Field {
                    text: unknown(&format!("${{{name}[@]}}")),
                    is_open: true,
                }]),
                None => Some(Vec::new()),
            },
            _ => None,
        }
    }

    /// The value of a parameter, with what its operator makes of it.
    fn parameter(
        &mut self,
        source: &Arc<Source>,
        parameter: &Parameter,
        name: &dyn Fn() -> SmolStr,
    ) -> Text {
        let value = self.lookup(parameter);
        match &parameter.operator {
            Operator::Plain => value.text(),
            Operator::Otherwise {
                sign,
                if_empty,
                word,
            } => {
                let is_missing = match &value {
                    Lookup::Unset => Some(true),
                    Lookup::Set(text) if *if_empty => text.is_empty(),
                    // An unknown value may be none.
                    Lookup::Set(text) => text.is_empty().map(|_| false),
                };
                match (is_missing, sign) {
                    (Some(true), '+') => Text::default(),
                    (Some(false), '+') => self.text(source, word),
                    (Some(false), _) | (_, '?') => value.text(),
                    (Some(true), '=') => {
                        let text = self.text(source, word);
                        self.state.assign(&parameter.name, text.clone());
                        text
                    }
                    (Some(true), _) => self.text(source, word),
                    (None, '=') => {
                        self.state.forget(&parameter.name);
                        unknown(&name())
                    }
                    (None, _) => unknown(&name()),
                }
            }
            Operator::Length => match value.text().known() {
                Some(text) => Text::literal(&text.chars().count().to_string()),
                None => unknown(&name()),
            },
            Operator::Remove {
                suffix,
                longest,
                pattern,
            } => {
                let pattern = self.pattern(source, pattern);
                let removed = pattern.removed_from(&value.text(), *suffix, *longest);
                removed.unwrap_or_else(|| unknown(&name()))
            }
            Operator::Replace { all, pattern, word } => {
                let pattern = self.pattern(source, pattern);
                let word = self.text(source, word);
                let replaced = replaced(&value.text(), &pattern, &word, *all);
                replaced.unwrap_or_else(|| unknown(&name()))
            }
            Operator::Case { upper, all } => {
                let cased = value
                    .text()
                    .known()
                    .and_then(|text| cased(&text, *upper, *all));
                cased.unwrap_or_else(|| unknown(&name()))
            }
            Operator::Other => unknown(&name()),
        }
    }

    fn lookup(&self, parameter: &Parameter) -> Lookup {
        let name = parameter.name.as_str();
        let arguments = &self.state.arguments;
        let is_open = |count: usize| arguments.iter().take(count).any(|field| field.is_open);
        let joined = |fields: &[Field]| {
            let mut text = Text::default();
            for (index, field) in fields.iter().enumerate() {
                if index > 0 {
                    text.append(&Text::literal(" "));
                }
                text.append(&field.text);
            }
            text
        };
        match (name, parameter.index.as_deref()) {
            ("@" | "*", _) => Lookup::Set(joined(arguments)),
            ("#", _) if is_open(arguments.len()) => Lookup::Set(unknown("$#")),
            ("#", _) => Lookup::Set(Text::literal(&arguments.len().to_string())),
            ("?", _) if self.state.status == Some(true) => Lookup::Set(Text::literal("0")),
            ("?" | "$" | "!" | "-" | "0", _) => Lookup::Set(unknown(&format!("${name}"))),
            (_, None) if name.bytes().all(|b| b.is_ascii_digit()) => {
                let index: usize = name.parse().unwrap_or_default();
                match arguments.get(index.wrapping_sub(1)) {
                    _ if is_open(index) => Lookup::Set(unknown(&format!("${name}"))),
                    Some(field) => Lookup::Set(field.text.clone()),
                    None => Lookup::Unset,
                }
            }
            (_, index) => match (self.state.variables.get(name), index) {
                (Some(Variable::Array(items)), Some("@" | "*")) => Lookup::Set(joined(items)),
                (Some(variable), None | Some("0" | "@" | "*")) => Lookup::Set(variable.text()),
                (Some(Variable::Array(items)), Some(index)) => {
                    let item = index.parse().ok().and_then(|index: usize| items.get(index));
                    Lookup::Set(match item {
                        Some(item) if !items.iter().any(|item| item.is_open) => item.text.clone(),
                        _ => unknown(&format!("${{{name}[{index}]}}")),
                    })
                }
                (None, _) if !self.state.is_opaque && !is_shell_variable(name) => Lookup::Unset,
                _ => Lookup::Set(unknown(&format!("${name}"))),
            },
        }
    }
}

impl Lookup {
    fn text(&self) -> Text {
        match self {
            Lookup::Unset => Text::default(),
            Lookup::Set(text) => text.clone(),
        }
    }
}

/// A literal of a script that was generated: what is marked in it is not known.
fn marked(text: &str, at: FileRange) -> Text {
    let mut out = Text::default();
    for (index, piece) in text.split([MARK, MARK_END]).enumerate() {
        if index % 2 == 1 {
            out.append(&unknown(piece));
        } else if !piece.is_empty() {
            out.push(TextPiece::Known {
                text: SmolStr::new(piece),
                source: Some(at),
                expansion: None,
            });
        }
    }
    out
}

/// A text in upper or lower case, all of it or its first letter. What letters are beside those of
/// ASCII, depends on the builder.
fn cased(text: &str, upper: bool, all: bool) -> Option<Text> {
    if !text.is_ascii() {
        return None;
    }
    let mut cased = text.to_owned();
    let end = if all { text.len() } else { text.len().min(1) };
    let changed = cased.get_mut(..end)?;
    match upper {
        true => changed.make_ascii_uppercase(),
        false => changed.make_ascii_lowercase(),
    }
    Some(Text::literal(&cased))
}

/// A text with what matches a pattern replaced.
fn replaced(text: &Text, pattern: &Pattern, word: &Text, all: bool) -> Option<Text> {
    let (text, pattern, word) = (text.known()?, pattern.literal()?, word.known()?);
    if pattern.is_empty() {
        return Some(Text::literal(&text));
    }
    Some(Text::literal(&match all {
        true => text.replace(&*pattern, &word),
        false => text.replacen(&*pattern, &word, 1),
    }))
}
