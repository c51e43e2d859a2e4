//! Intermediate form of a Nix file: expressions, attribute sets and scopes, by number.
//!
//! Functions are never called, so every expression has exactly one environment, the one it is
//! written in. A name therefore carries the number of its scope, and evaluation needs no
//! environments.

use std::rc::Rc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::super::TextRange;

/// Number of an expression.
pub(super) type ExprId = u32;
/// Number of an attribute set.
pub(super) type SetId = u32;
/// Number of a scope.
pub(super) type ScopeId = u32;

/// An expression, as far as it can be understood. `let`, `with`, `assert` and parentheses leave no
/// trace but scopes: their body stands for them.
#[derive(Debug, Clone)]
pub(super) enum Expr {
    /// A string without interpolations: its value, and the range between the quotes.
    Str(SmolStr, TextRange),
    List(Rc<[ExprId]>),
    Set(SetId),
    Name(SmolStr, ScopeId),
    /// `base.a.b`, with the ranges of the names.
    Select(ExprId, Box<[(SmolStr, TextRange)]>),
    /// `left // right`
    Update(ExprId, ExprId),
    /// `left ++ right`
    Concat(ExprId, ExprId),
    /// A function, by its body: a file may be one.
    Lambda(ExprId),
    /// A path from the file's own directory, as written: `./x.nix`.
    Path(SmolStr),
    /// A number or another path: neither a set, nor a list, nor text.
    Scalar,
    /// Anything else.
    Unknown,
}

/// One attribute of a set.
#[derive(Debug, Clone)]
pub(super) struct Attr {
    pub(super) name: SmolStr,
    /// The name as written, with quotes.
    pub(super) key: TextRange,
    /// The attribute path it was first defined by, up to this name.
    pub(super) path: TextRange,
    /// `path = value;`, the whole of it.
    pub(super) binding: TextRange,
    /// Further bindings that add to the same set.
    pub(super) more: Vec<TextRange>,
    pub(super) value: ExprId,
    /// The value as it is written.
    pub(super) value_range: TextRange,
    /// The set it is, when it was written as one right here: others may be merged into it.
    pub(super) open: Option<SetId>,
}

/// An attribute set, or the bindings of a `let`.
#[derive(Debug, Clone, Default)]
pub(super) struct Set {
    pub(super) attrs: Vec<Attr>,
    /// Positions by name, kept once there are many.
    index: FxHashMap<SmolStr, usize>,
    /// Set when some names are computed.
    pub(super) dynamic: bool,
    /// The `{ ... }`; none for the sets between the names of an attribute path.
    pub(super) range: Option<TextRange>,
}

/// Number of attributes from which an index beats a search.
const INDEXED_FROM: usize = 8;

impl Set {
    /// The position of the attribute `name`.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        if self.attrs.len() < INDEXED_FROM {
            self.attrs.iter().position(|attr| attr.name == name)
        } else {
            self.index.get(name).copied()
        }
    }

    /// The attribute `name`.
    pub(super) fn get(&self, name: &str) -> Option<&Attr> {
        self.attrs.get(self.position(name)?)
    }

    /// Adds an attribute that is not there yet.
    pub(super) fn push(&mut self, attr: Attr) {
        let at = self.attrs.len();
        if at >= INDEXED_FROM {
            self.index.insert(attr.name.clone(), at);
        }
        self.attrs.push(attr);
        if at.saturating_add(1) == INDEXED_FROM {
            self.index = self
                .attrs
                .iter()
                .enumerate()
                .map(|(at, a)| (a.name.clone(), at))
                .collect();
        }
    }
}

/// Bindings among which names are looked up.
#[derive(Debug, Clone)]
pub(super) enum Binder {
    /// `let` or `rec`.
    Set(SetId),
    /// The arguments of a function.
    Arguments(Box<[SmolStr]>),
    /// `with`, which comes after all of the others.
    With(ExprId),
}

/// A scope and the one around it.
#[derive(Debug, Clone)]
pub(super) struct NameScope {
    pub(super) binder: Binder,
    pub(super) parent: Option<ScopeId>,
}

/// A whole file.
#[derive(Debug, Default)]
pub(super) struct Ir {
    exprs: Vec<(Expr, TextRange)>,
    pub(super) sets: Vec<Set>,
    scopes: Vec<NameScope>,
    /// The sets that are bindings of a `let`, in order.
    pub(super) lets: Vec<SetId>,
    pub(super) root: ExprId,
}

impl Ir {
    pub(super) fn add_expr(&mut self, expr: Expr, range: TextRange) -> ExprId {
        self.exprs.push((expr, range));
        last_of(&self.exprs)
    }

    pub(super) fn add_set(&mut self, range: Option<TextRange>) -> SetId {
        self.sets.push(Set {
            range,
            ..Set::default()
        });
        last_of(&self.sets)
    }

    pub(super) fn add_scope(&mut self, binder: Binder, parent: Option<ScopeId>) -> ScopeId {
        self.scopes.push(NameScope { binder, parent });
        last_of(&self.scopes)
    }

    pub(super) fn expr(&self, id: ExprId) -> &Expr {
        self.exprs
            .get(id as usize)
            .map_or(&Expr::Unknown, |(expr, _)| expr)
    }

    /// Returns the range of an expression, without what encloses it (`with`, parentheses).
    pub(super) fn range(&self, id: ExprId) -> TextRange {
        self.exprs
            .get(id as usize)
            .map(|(_, range)| *range)
            .unwrap_or_default()
    }

    pub(super) fn set(&self, id: SetId) -> Option<&Set> {
        self.sets.get(id as usize)
    }

    pub(super) fn set_mut(&mut self, id: SetId) -> Option<&mut Set> {
        self.sets.get_mut(id as usize)
    }

    pub(super) fn scope(&self, id: ScopeId) -> Option<&NameScope> {
        self.scopes.get(id as usize)
    }
}

/// The number of what was just added. There are fewer than 2^32 of anything in a file of 16 MiB.
fn last_of<T>(items: &[T]) -> u32 {
    u32::try_from(items.len().saturating_sub(1)).unwrap_or(u32::MAX)
}
