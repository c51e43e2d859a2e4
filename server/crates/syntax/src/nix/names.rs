//! Names that the grammar takes and Nix refuses: arguments of one name, and names in `let` and after
//! `inherit` that are computed.

use rnix::{SyntaxKind::*, SyntaxNode};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::super::Spanned;
use super::strings::{self, literal};

/// Finds the argument of a function that has the name of one before it: `{ a, a }: ...`.
pub(super) fn argument_twice(lambda: &SyntaxNode) -> Option<Spanned<String>> {
    let pattern = lambda
        .children()
        .find(|child| child.kind() == NODE_PATTERN)?;
    let mut known: FxHashSet<SmolStr> = FxHashSet::default();
    let mut twice = None;
    // `a@{ a }` counts, too.
    for entry in pattern.children() {
        let Some(argument) = entry.first_child() else {
            continue;
        };
        let Some(name) = strings::ident(&argument) else {
            continue;
        };
        if !known.insert(name.clone()) {
            let message = format!("the argument `{name}` is there already");
            let found = Spanned::new(message, argument.text_range());
            twice = twice.or(Some(found));
        }
    }
    twice
}

/// Finds the computed name of a binding of a `let`: `let ${a} = 1; in ...`. Further names of its path
/// may be computed.
pub(super) fn computed_in_let(binding: &SyntaxNode) -> Option<Spanned<String>> {
    if binding.kind() != NODE_ATTRPATH_VALUE {
        return None;
    }
    let name = binding.first_child()?.first_child()?;
    is_computed(&name).then(|| refused(&name, "`let`"))
}

/// Finds the computed name in an `inherit`: `inherit ${a};`.
pub(super) fn computed_in_inherit(inherit: &SyntaxNode) -> Option<Spanned<String>> {
    let mut names = inherit
        .children()
        .filter(|child| child.kind() != NODE_INHERIT_FROM);
    let name = names.find(is_computed)?;
    Some(refused(&name, "`inherit`"))
}

fn refused(name: &SyntaxNode, keyword: &str) -> Spanned<String> {
    let message = format!("a name in {keyword} cannot be computed");
    Spanned::new(message, name.text_range())
}

/// Returns whether an attribute's name is computed. `${"a"}` is as good as `a`.
fn is_computed(name: &SyntaxNode) -> bool {
    match name.kind() {
        NODE_STRING => literal(name).is_none(),
        NODE_DYNAMIC => {
            let mut inner = name.first_child();
            while let Some(paren) = inner.as_ref().filter(|node| node.kind() == NODE_PAREN) {
                inner = paren.first_child();
            }
            inner.is_none_or(|inner| literal(&inner).is_none())
        }
        _ => false,
    }
}
