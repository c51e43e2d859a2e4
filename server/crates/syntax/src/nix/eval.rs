//! Values of expressions, as far as reading tells: a set, a list, a string, or unknown.
//!
//! Follows names through `let`, `rec`, `inherit` and `with`, selects attributes, joins with `//`
//! and `++`. Functions are not called. Every expression is evaluated once; a circle is unknown,
//! and so is everything once the fuel is spent (`let a = b ++ b; b = c ++ c; ...` doubles).

use std::rc::Rc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::super::{Spanned, TextRange};
use super::NixField;
use super::ir::{Attr, Binder, Expr, ExprId, Ir, ScopeId, Set, SetId};

/// Steps and copied items for one file, far beyond what the largest real one needs.
const FUEL: usize = 20_000_000;
/// Greatest number of names that are followed from one to the next.
const MAX_DEPTH: usize = 200;

/// Value of an expression.
#[derive(Debug, Clone)]
pub(super) enum NixValue {
    Unknown,
    /// A string, by the expression that writes it.
    Str(ExprId),
    /// A path from the file's own directory, by the expression that writes it.
    Path(ExprId),
    /// A number, another path or a function.
    Scalar,
    List(ListValue),
    Set(SetValue),
}

/// A list.
#[derive(Debug, Clone)]
pub(super) struct ListValue {
    pub(super) items: Rc<[ExprId]>,
    /// Set when these are all items.
    pub(super) complete: bool,
    /// The one `[ ... ]` it is written as.
    pub(super) written: Option<TextRange>,
    /// Set when it is written elsewhere, and named here.
    pub(super) shared: bool,
}

/// An attribute set.
#[derive(Debug, Clone)]
pub(super) struct SetValue {
    operands: SetOperands,
    /// Set when these are all attributes.
    pub(super) complete: bool,
    /// The one `{ ... }` it is written as.
    pub(super) written: Option<TextRange>,
    /// Set when it is written elsewhere, and named here.
    pub(super) shared: bool,
}

#[derive(Debug, Clone)]
enum SetOperands {
    One(SetId),
    Updated(Rc<UpdatedSet>),
}

/// The outcome of `//`.
#[derive(Debug, Default)]
struct UpdatedSet {
    attrs: Vec<(SetId, usize, bool)>,
    index: FxHashMap<SmolStr, usize>,
}

/// An attribute of a set.
#[derive(Debug, Clone, Copy)]
pub(super) struct SetMember<'a> {
    pub(super) attr: &'a Attr,
    /// Set when the value is this one for certain: something unknown after a `//` may replace it.
    pub(super) certain: bool,
}

/// Outcome of a search for an attribute.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lookup<'a> {
    Found(&'a Attr),
    Absent,
    Unknown,
}

/// Binding that a name refers to.
#[derive(Debug)]
pub(super) enum NameOrigin<'a> {
    /// An attribute of a `let` or `rec`.
    Bound(&'a Attr),
    /// An argument of a function.
    Argument,
    /// Nothing but, maybe, one of these sets of `with`, the innermost first.
    With(Vec<ExprId>),
}

/// Evaluates the expressions of one file.
pub(super) struct Evaluator<'a> {
    pub(super) ir: &'a Ir,
    /// `None` while an expression is being evaluated.
    known: FxHashMap<ExprId, Option<NixValue>>,
    fuel: usize,
    depth: usize,
}

impl SetValue {
    /// Returns whether both are the same set of the file.
    pub(super) fn is(&self, other: &SetValue) -> bool {
        match (&self.operands, &other.operands) {
            (SetOperands::One(a), SetOperands::One(b)) => a == b,
            (SetOperands::Updated(a), SetOperands::Updated(b)) => Rc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(ir: &'a Ir) -> Self {
        Evaluator {
            ir,
            known: FxHashMap::default(),
            fuel: FUEL,
            depth: 0,
        }
    }

    /// Returns the value of the file, or of its body when it is a function.
    pub(super) fn root(&mut self) -> NixValue {
        let mut id = self.ir.root;
        while let Expr::Lambda(body) = self.ir.expr(id) {
            id = *body;
        }
        self.value(id)
    }

    /// Returns the value of an expression.
    pub(super) fn value(&mut self, id: ExprId) -> NixValue {
        match self.ir.expr(id) {
            Expr::Unknown => return NixValue::Unknown,
            Expr::Scalar | Expr::Lambda(_) => return NixValue::Scalar,
            Expr::Str(..) => return NixValue::Str(id),
            Expr::Path(_) => return NixValue::Path(id),
            Expr::Set(set) => return self.literal_set(*set),
            Expr::List(items) => {
                let written = Some(self.ir.range(id));
                return NixValue::List(ListValue {
                    items: items.clone(),
                    complete: true,
                    written,
                    shared: false,
                });
            }
            Expr::Name(..) | Expr::Select(..) | Expr::Update(..) | Expr::Concat(..) => {}
        }
        if let Some(value) = self.known.get(&id) {
            return value.clone().unwrap_or(NixValue::Unknown);
        }
        if self.depth >= MAX_DEPTH || !self.spend(1) {
            return NixValue::Unknown;
        }
        self.known.insert(id, None);
        self.depth = self.depth.saturating_add(1);
        let value = self.compute(id);
        self.depth = self.depth.saturating_sub(1);
        self.known.insert(id, Some(value.clone()));
        value
    }

    fn compute(&mut self, id: ExprId) -> NixValue {
        let ir = self.ir;
        match ir.expr(id) {
            Expr::Name(name, scope) => shared(self.name(name, *scope)),
            Expr::Select(base, path) => {
                let mut value = self.value(*base);
                for (name, _) in path {
                    let NixValue::Set(set) = &value else {
                        return NixValue::Unknown;
                    };
                    let Lookup::Found(attr) = self.get(set, name) else {
                        return NixValue::Unknown;
                    };
                    value = self.value(attr.value);
                }
                shared(value)
            }
            Expr::Update(left, right) => self.update(*left, *right),
            Expr::Concat(..) => self.concat(id),
            _ => NixValue::Unknown,
        }
    }

    fn literal_set(&self, id: SetId) -> NixValue {
        let Some(set) = self.ir.set(id) else {
            return NixValue::Unknown;
        };
        NixValue::Set(SetValue {
            operands: SetOperands::One(id),
            complete: !set.dynamic,
            written: set.range,
            shared: false,
        })
    }

    fn name(&mut self, name: &str, scope: ScopeId) -> NixValue {
        match self.origin(name, scope) {
            NameOrigin::Argument => NixValue::Unknown,
            NameOrigin::Bound(attr) => self.value(attr.value),
            NameOrigin::With(namespaces) => {
                for namespace in namespaces {
                    let NixValue::Set(set) = self.value(namespace) else {
                        return NixValue::Unknown;
                    };
                    match self.get(&set, name) {
                        Lookup::Found(attr) => return self.value(attr.value),
                        Lookup::Absent => {}
                        Lookup::Unknown => return NixValue::Unknown,
                    }
                }
                NixValue::Unknown
            }
        }
    }

    /// Finds the binding that `name`, written in `scope`, refers to.
    pub(super) fn origin(&mut self, name: &str, scope: ScopeId) -> NameOrigin<'a> {
        let ir = self.ir;
        let mut namespaces = Vec::new();
        let mut next = Some(scope);
        while let Some(scope) = next.and_then(|id| ir.scope(id)) {
            if !self.spend(1) {
                return NameOrigin::Argument;
            }
            match &scope.binder {
                Binder::With(namespace) => namespaces.push(*namespace),
                Binder::Arguments(names) if names.iter().any(|argument| argument == name) => {
                    return NameOrigin::Argument;
                }
                Binder::Arguments(_) => {}
                Binder::Set(set) => {
                    if let Some(attr) = ir.set(*set).and_then(|set| set.get(name)) {
                        return NameOrigin::Bound(attr);
                    }
                }
            }
            next = scope.parent;
        }
        NameOrigin::With(namespaces)
    }

    fn update(&mut self, left: ExprId, right: ExprId) -> NixValue {
        let (left, right) = match (self.value(left), self.value(right)) {
            (NixValue::Set(left), NixValue::Set(right)) => (Some(left), Some(right)),
            (NixValue::Set(left), NixValue::Unknown) => (Some(left), None),
            (NixValue::Unknown, NixValue::Set(right)) => (None, Some(right)),
            _ => return NixValue::Unknown,
        };
        let complete = |side: &Option<SetValue>| side.as_ref().is_some_and(|set| set.complete);
        let keeps_left = complete(&right);
        let mut joined = UpdatedSet::default();
        for (side, keep) in [(&left, keeps_left), (&right, true)] {
            let Some(set) = side else { continue };
            for (set, at, certain) in self.attributes(set) {
                if !self.spend(1) {
                    return NixValue::Unknown;
                }
                let Some(attr) = self.ir.set(set).and_then(|set| set.attrs.get(at)) else {
                    continue;
                };
                let attribute = (set, at, certain && keep);
                let next = joined.attrs.len();
                let found = *joined.index.entry(attr.name.clone()).or_insert(next);
                match joined.attrs.get_mut(found) {
                    Some(old) => *old = attribute,
                    None => joined.attrs.push(attribute),
                }
            }
        }
        NixValue::Set(SetValue {
            operands: SetOperands::Updated(Rc::new(joined)),
            complete: keeps_left && complete(&left),
            written: None,
            shared: false,
        })
    }

    /// `++` nests to the right: `a ++ (b ++ (c ++ d))`.
    fn concat(&mut self, id: ExprId) -> NixValue {
        let mut items = Vec::new();
        let mut complete = true;
        let mut written = Vec::new();
        let mut rest = Some(id);
        while let Some(id) = rest {
            let part = match self.ir.expr(id) {
                Expr::Concat(left, right) => {
                    rest = Some(*right);
                    *left
                }
                _ => {
                    rest = None;
                    id
                }
            };
            match self.value(part) {
                NixValue::List(list) if self.spend(list.items.len()) => {
                    items.extend_from_slice(&list.items);
                    complete &= list.complete;
                    written.extend(list.written.filter(|_| !list.shared));
                }
                _ => complete = false,
            }
        }
        // Where to add something is clear only when one of the operands is written out.
        let written = if let [only] = written.as_slice() {
            Some(*only)
        } else {
            None
        };
        NixValue::List(ListValue {
            items: items.into(),
            complete,
            written,
            shared: false,
        })
    }

    /// Returns all attributes of a set, in the order they are written.
    pub(super) fn members(&self, set: &SetValue) -> Vec<SetMember<'a>> {
        let ir = self.ir;
        let member = |(id, at, certain)| {
            let attr = ir.set(id)?.attrs.get(at)?;
            Some(SetMember { attr, certain })
        };
        self.attributes(set).filter_map(member).collect()
    }

    fn attributes<'s>(
        &self,
        set: &'s SetValue,
    ) -> impl Iterator<Item = (SetId, usize, bool)> + use<'s> {
        let (one, joined) = match &set.operands {
            SetOperands::One(id) => (
                Some((*id, self.ir.set(*id).map_or(0, |set| set.attrs.len()))),
                [].as_slice(),
            ),
            SetOperands::Updated(joined) => (None, joined.attrs.as_slice()),
        };
        let one = one
            .into_iter()
            .flat_map(|(id, count)| (0..count).map(move |at| (id, at, true)));
        one.chain(joined.iter().copied())
    }

    /// Looks up the attribute `name` of a set.
    pub(super) fn get(&self, set: &SetValue, name: &str) -> Lookup<'a> {
        let ir = self.ir;
        let found = match &set.operands {
            SetOperands::One(id) => ir
                .set(*id)
                .and_then(|set: &Set| set.get(name))
                .map(|attr| (attr, true)),
            SetOperands::Updated(joined) => joined
                .index
                .get(name)
                .and_then(|at| joined.attrs.get(*at))
                .and_then(|(set, at, certain)| Some((ir.set(*set)?.attrs.get(*at)?, *certain))),
        };
        match found {
            Some((attr, true)) => Lookup::Found(attr),
            None if set.complete => Lookup::Absent,
            _ => Lookup::Unknown,
        }
    }

    /// The value of an attribute of a set.
    pub(super) fn attr(&mut self, set: &SetValue, name: &str) -> Option<NixValue> {
        match self.get(set, name) {
            Lookup::Found(attr) => Some(self.value(attr.value)),
            Lookup::Absent => None,
            Lookup::Unknown => Some(NixValue::Unknown),
        }
    }

    /// The value of a member.
    pub(super) fn member(&mut self, member: SetMember<'_>) -> NixValue {
        if member.certain {
            self.value(member.attr.value)
        } else {
            NixValue::Unknown
        }
    }

    /// An attribute that should be a string.
    pub(super) fn field(&mut self, set: &SetValue, name: &str) -> NixField<SmolStr> {
        match self.attr(set, name) {
            None => NixField::Absent,
            Some(NixValue::Str(id)) => match self.ir.expr(id) {
                Expr::Str(value, inner) => NixField::Known(Spanned::new(value.clone(), *inner)),
                _ => NixField::Unknown,
            },
            Some(_) => NixField::Unknown,
        }
    }

    fn spend(&mut self, amount: usize) -> bool {
        match self.fuel.checked_sub(amount) {
            Some(rest) => {
                self.fuel = rest;
                true
            }
            None => {
                self.fuel = 0;
                false
            }
        }
    }
}

fn shared(value: NixValue) -> NixValue {
    match value {
        NixValue::List(list) => NixValue::List(ListValue {
            shared: true,
            ..list
        }),
        NixValue::Set(set) => NixValue::Set(SetValue {
            shared: true,
            ..set
        }),
        other => other,
    }
}
