//! From rnix's tree to [`Ir`], in one pass, finding attributes defined twice on the way.
//!
//! Sets are put together the way Nix's parser does it: `a.b = 1; a.c = 2;` and
//! `a = { b = 1; }; a = { c = 2; };` are one set each. Where both sides of such a merge have an
//! attribute, Nix rejects it even if that is a set on both sides (but `a = { b.c = 1; }; a.b.d = 2;`
//! is fine: there nothing is defined twice).

use rnix::{
    SyntaxKind::{self, *},
    SyntaxNode,
};
use smol_str::{SmolStr, format_smolstr};

use super::super::{Spanned, TextRange};
use super::Duplicate;
use super::ir::{Attr, Binder, Expr, ExprId, Ir, ScopeId, SetId};
use super::names;
use super::strings::{self, literal};

/// The expressions of a tree that parses, and the attributes defined twice in it.
///
/// # Errors
/// When names are written that Nix refuses although they parse: the first one.
pub(super) fn lower(root: &SyntaxNode) -> Result<(Ir, Vec<Duplicate>), Spanned<String>> {
    let mut lowering = Lowering {
        ir: Ir::default(),
        duplicates: Vec::new(),
        refused: Vec::new(),
    };
    lowering.ir.root = lowering.only_child(root, None);
    let refused = lowering.refused.into_iter();
    if let Some(first) = refused.min_by_key(|refused| refused.range.start()) {
        return Err(first);
    }
    lowering
        .duplicates
        .sort_by_key(|duplicate| duplicate.second.start());
    Ok((lowering.ir, lowering.duplicates))
}

struct Lowering {
    ir: Ir,
    duplicates: Vec<Duplicate>,
    /// Names that Nix refuses.
    refused: Vec<Spanned<String>>,
}

type Outer = Option<ScopeId>;

/// Binding that is being inserted into a set.
struct PendingBinding {
    /// All of `path = value;`.
    range: TextRange,
    value: ExprId,
    value_range: TextRange,
    open: Option<SetId>,
}

impl Lowering {
    fn expr(&mut self, node: &SyntaxNode, scope: Outer) -> ExprId {
        match node.kind() {
            NODE_PAREN => self.only_child(node, scope),
            NODE_STRING => self.string(node, scope),
            NODE_IDENT => self.name(node, scope),
            NODE_LIST => {
                let items = node
                    .children()
                    .map(|item| self.expr(&item, scope))
                    .collect();
                self.ir.add_expr(Expr::List(items), node.text_range())
            }
            NODE_ATTR_SET => self.attr_set(node, scope),
            NODE_LET_IN => self.let_in(node, scope),
            NODE_WITH => self.with(node, scope),
            NODE_ASSERT => self.last_child(node, scope),
            NODE_LAMBDA => self.lambda(node, scope),
            NODE_BIN_OP => self.operator(node, scope),
            NODE_SELECT => self.select(node, scope),
            NODE_LEGACY_LET => {
                self.attr_set(node, scope);
                self.ir.add_expr(Expr::Unknown, node.text_range())
            }
            kind => {
                self.children(node, scope);
                let expr = match kind {
                    NODE_PATH_REL if node.first_child().is_none() => {
                        Expr::Path(format_smolstr!("{}", node.text()))
                    }
                    NODE_LITERAL | NODE_PATH_ABS | NODE_PATH_REL | NODE_PATH_HOME
                    | NODE_PATH_SEARCH => Expr::Scalar,
                    _ => Expr::Unknown,
                };
                self.ir.add_expr(expr, node.text_range())
            }
        }
    }

    /// Lowers what is not understood itself, for the sets inside of it.
    fn children(&mut self, node: &SyntaxNode, scope: Outer) {
        for child in node.children() {
            self.expr(&child, scope);
        }
    }

    fn only_child(&mut self, node: &SyntaxNode, scope: Outer) -> ExprId {
        match node.first_child() {
            Some(child) => self.expr(&child, scope),
            None => self.ir.add_expr(Expr::Unknown, node.text_range()),
        }
    }

    /// Lowers all children; the last one stands for the node.
    fn last_child(&mut self, node: &SyntaxNode, scope: Outer) -> ExprId {
        let mut last = None;
        for child in node.children() {
            last = Some(self.expr(&child, scope));
        }
        last.unwrap_or_else(|| self.ir.add_expr(Expr::Unknown, node.text_range()))
    }

    fn string(&mut self, node: &SyntaxNode, scope: Outer) -> ExprId {
        let expr = match literal(node) {
            Some((value, inner)) => Expr::Str(value, inner),
            None => {
                self.children(node, scope);
                Expr::Unknown
            }
        };
        self.ir.add_expr(expr, node.text_range())
    }

    fn name(&mut self, node: &SyntaxNode, scope: Outer) -> ExprId {
        let expr = match (strings::ident(node), scope) {
            (Some(name), Some(scope)) => Expr::Name(name, scope),
            _ => Expr::Unknown,
        };
        self.ir.add_expr(expr, node.text_range())
    }

    fn let_in(&mut self, node: &SyntaxNode, outer: Outer) -> ExprId {
        let set = self.ir.add_set(None);
        self.ir.lets.push(set);
        let scope = Some(self.ir.add_scope(Binder::Set(set), outer));
        let mut body = None;
        for child in node.children() {
            self.refused.extend(names::computed_in_let(&child));
            if !self.binding(&child, set, scope, outer) {
                body = Some(self.expr(&child, scope));
            }
        }
        body.unwrap_or_else(|| self.ir.add_expr(Expr::Unknown, node.text_range()))
    }

    fn with(&mut self, node: &SyntaxNode, outer: Outer) -> ExprId {
        let mut children = node.children();
        let (Some(namespace), Some(body)) = (children.next(), children.next()) else {
            return self.ir.add_expr(Expr::Unknown, node.text_range());
        };
        let namespace = self.expr(&namespace, outer);
        let scope = self.ir.add_scope(Binder::With(namespace), outer);
        self.expr(&body, Some(scope))
    }

    fn lambda(&mut self, node: &SyntaxNode, outer: Outer) -> ExprId {
        self.refused.extend(names::argument_twice(node));
        let mut names = Vec::new();
        let mut defaults = Vec::new();
        let mut body = None;
        for child in node.children() {
            match child.kind() {
                NODE_IDENT_PARAM => names.extend(child.children().find_map(|n| strings::ident(&n))),
                NODE_PATTERN => {
                    for entry in child.children() {
                        let mut children = entry.children();
                        names.extend(children.next().and_then(|n| strings::ident(&n)));
                        defaults.extend(children);
                    }
                }
                _ => body = Some(child),
            }
        }
        let scope = Some(
            self.ir
                .add_scope(Binder::Arguments(names.into_boxed_slice()), outer),
        );
        for default in defaults {
            self.expr(&default, scope);
        }
        let body = match body {
            Some(body) => self.expr(&body, scope),
            None => self.ir.add_expr(Expr::Unknown, node.text_range()),
        };
        self.ir.add_expr(Expr::Lambda(body), node.text_range())
    }

    fn operator(&mut self, node: &SyntaxNode, scope: Outer) -> ExprId {
        let operator = token_kind(node, |kind| matches!(kind, TOKEN_UPDATE | TOKEN_CONCAT));
        let mut children = node.children();
        let expr = match (operator, children.next(), children.next()) {
            (Some(kind), Some(left), Some(right)) => {
                let (left, right) = (self.expr(&left, scope), self.expr(&right, scope));
                if kind == TOKEN_UPDATE {
                    Expr::Update(left, right)
                } else {
                    Expr::Concat(left, right)
                }
            }
            _ => {
                self.children(node, scope);
                Expr::Unknown
            }
        };
        self.ir.add_expr(expr, node.text_range())
    }

    fn select(&mut self, node: &SyntaxNode, scope: Outer) -> ExprId {
        let mut children = node.children();
        let base = children.next().map(|base| self.expr(&base, scope));
        let path = children.next();
        let mut names = Some(Vec::new());
        for attr in path.iter().flat_map(SyntaxNode::children) {
            match (self.attr_name(&attr, scope), &mut names) {
                (Some(name), Some(names)) => names.push((name, attr.text_range())),
                _ => names = None,
            }
        }
        let default = children.next().map(|default| self.expr(&default, scope));
        let expr = match (base, names, default) {
            (Some(base), Some(names), None) => Expr::Select(base, names.into_boxed_slice()),
            _ => Expr::Unknown,
        };
        self.ir.add_expr(expr, node.text_range())
    }

    /// The name an attribute has, unless it is computed.
    fn attr_name(&mut self, attr: &SyntaxNode, scope: Outer) -> Option<SmolStr> {
        let name = match attr.kind() {
            NODE_IDENT => strings::ident(attr),
            NODE_STRING => literal(attr).map(|(value, _)| value),
            // `${"a"}` is as good as `a`.
            NODE_DYNAMIC => attr
                .first_child()
                .and_then(|inner| literal(&inner))
                .map(|(value, _)| value),
            _ => None,
        };
        if name.is_none() {
            self.children(attr, scope);
        }
        name
    }

    fn attr_set(&mut self, node: &SyntaxNode, outer: Outer) -> ExprId {
        let set = self.ir.add_set(Some(node.text_range()));
        let recursive = token_kind(node, |kind| matches!(kind, TOKEN_REC | TOKEN_LET)).is_some();
        let scope = if recursive {
            Some(self.ir.add_scope(Binder::Set(set), outer))
        } else {
            outer
        };
        for child in node.children() {
            self.binding(&child, set, scope, outer);
        }
        self.ir.add_expr(Expr::Set(set), node.text_range())
    }

    /// Takes `node` into `set` when it is a binding.
    fn binding(&mut self, node: &SyntaxNode, set: SetId, scope: Outer, outer: Outer) -> bool {
        match node.kind() {
            NODE_ATTRPATH_VALUE => self.define(node, set, scope),
            NODE_INHERIT => self.inherit(node, set, scope, outer),
            _ => return false,
        }
        true
    }

    fn define(&mut self, node: &SyntaxNode, set: SetId, scope: Outer) {
        let mut children = node.children();
        let (Some(path), Some(value)) = (children.next(), children.next()) else {
            return;
        };
        let mut names = Vec::with_capacity(1);
        for attr in path.children() {
            names.push((self.attr_name(&attr, scope), attr.text_range()));
        }
        let id = self.expr(&value, scope);
        let open = match self.ir.expr(id) {
            Expr::Set(set) if is_set(&value) => Some(*set),
            _ => None,
        };
        let binding = PendingBinding {
            range: node.text_range(),
            value: id,
            value_range: value.text_range(),
            open,
        };
        self.insert(set, &names, &binding);
    }

    fn inherit(&mut self, node: &SyntaxNode, set: SetId, scope: Outer, outer: Outer) {
        self.refused.extend(names::computed_in_inherit(node));
        let mut base = None;
        for child in node.children() {
            if child.kind() == NODE_INHERIT_FROM {
                base = Some(self.only_child(&child, scope));
                continue;
            }
            let range = child.text_range();
            let name = self.attr_name(&child, scope);
            let expr = match (&name, base, outer) {
                (Some(name), Some(base), _) => {
                    Expr::Select(base, Box::new([(name.clone(), range)]))
                }
                (Some(name), None, Some(outer)) => Expr::Name(name.clone(), outer),
                _ => Expr::Unknown,
            };
            let value = self.ir.add_expr(expr, range);
            let binding = PendingBinding {
                range,
                value,
                value_range: range,
                open: None,
            };
            self.insert(set, &[(name, range)], &binding);
        }
    }

    /// Nix's `addAttr`.
    fn insert(
        &mut self,
        set: SetId,
        names: &[(Option<SmolStr>, TextRange)],
        binding: &PendingBinding,
    ) {
        let Some((last, before)) = names.split_last() else {
            return;
        };
        let begin = before.first().unwrap_or(last).1;
        let mut within = set;
        for (name, key) in before {
            let Some(name) = name else {
                return self.computed(within);
            };
            let found = self.ir.set_mut(within).and_then(|set| {
                let at = set.position(name)?;
                set.attrs.get_mut(at)
            });
            within = match found {
                Some(Attr {
                    open: Some(open),
                    more,
                    ..
                }) => {
                    more.push(binding.range);
                    *open
                }
                Some(Attr { path, .. }) => {
                    let first = *path;
                    return self.duplicate(names, None, first, begin.cover(last.1));
                }
                None => self.implied(within, name.clone(), *key, begin.cover(*key), binding),
            };
        }
        let (Some(name), key) = last else {
            return self.computed(within);
        };
        let path = begin.cover(*key);
        let existing = self
            .ir
            .set(within)
            .and_then(|set| set.get(name))
            .map(|attr| (attr.path, attr.open));
        match (existing, binding.open) {
            (None, _) => {
                let attr = new_attr(name.clone(), *key, path, binding);
                if let Some(set) = self.ir.set_mut(within) {
                    set.push(attr);
                }
            }
            (Some((_, Some(into))), Some(from)) => {
                self.merge(into, from, names);
                let set = self.ir.set_mut(within);
                let at = set.as_ref().and_then(|set| set.position(name));
                if let Some(attr) = set.zip(at).and_then(|(set, at)| set.attrs.get_mut(at)) {
                    attr.more.push(binding.range);
                }
            }
            (Some((first, _)), _) => self.duplicate(names, None, first, path),
        }
    }

    /// Notes that `set` has attributes whose names are not known.
    fn computed(&mut self, set: SetId) {
        if let Some(set) = self.ir.set_mut(set) {
            set.dynamic = true;
        }
    }

    /// A set that exists only because a path goes through it.
    fn implied(
        &mut self,
        within: SetId,
        name: SmolStr,
        key: TextRange,
        path: TextRange,
        binding: &PendingBinding,
    ) -> SetId {
        let new = self.ir.add_set(None);
        let value = self.ir.add_expr(Expr::Set(new), binding.range);
        let binding = PendingBinding {
            value,
            open: Some(new),
            ..*binding
        };
        if let Some(set) = self.ir.set_mut(within) {
            set.push(new_attr(name, key, path, &binding));
        }
        new
    }

    /// Adds the attributes of the set `from`, which was written at `names`, to those of `into`.
    fn merge(&mut self, into: SetId, from: SetId, names: &[(Option<SmolStr>, TextRange)]) {
        let Some(source) = self.ir.set(from).cloned() else {
            return;
        };
        let mut twice = Vec::new();
        if let Some(whole) = self.ir.set_mut(into) {
            whole.dynamic |= source.dynamic;
            whole.range = whole.range.or(source.range);
            for attr in source.attrs {
                match whole.get(&attr.name) {
                    Some(first) => twice.push((attr.name, first.path, attr.path)),
                    None => whole.push(attr),
                }
            }
        }
        for (name, first, second) in twice {
            self.duplicate(names, Some(&name), first, second);
        }
    }

    fn duplicate(
        &mut self,
        names: &[(Option<SmolStr>, TextRange)],
        inner: Option<&SmolStr>,
        first: TextRange,
        second: TextRange,
    ) {
        let names = names
            .iter()
            .filter_map(|(name, _)| name.as_ref())
            .chain(inner);
        let path = names
            .map(|name| strings::as_key(name))
            .collect::<Vec<_>>()
            .join(".");
        self.duplicates.push(Duplicate {
            path,
            first,
            second,
        });
    }
}

fn new_attr(name: SmolStr, key: TextRange, path: TextRange, binding: &PendingBinding) -> Attr {
    Attr {
        name,
        key,
        path,
        binding: binding.range,
        more: Vec::new(),
        value: binding.value,
        value_range: binding.value_range,
        open: binding.open,
    }
}

/// Returns whether a value is written as a set. Parentheses do not count.
fn is_set(value: &SyntaxNode) -> bool {
    let mut node = value.clone();
    while node.kind() == NODE_PAREN {
        match node.first_child() {
            Some(child) => node = child,
            None => return false,
        }
    }
    node.kind() == NODE_ATTR_SET
}

fn token_kind(node: &SyntaxNode, wanted: impl Fn(SyntaxKind) -> bool) -> Option<SyntaxKind> {
    node.children_with_tokens()
        .filter_map(|child| child.into_token())
        .map(|token| token.kind())
        .find(|kind| wanted(*kind))
}
