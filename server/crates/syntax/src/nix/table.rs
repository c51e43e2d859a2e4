//! The test table, read off the evaluator: rows, and groups of references to rows.

use smol_str::SmolStr;

use super::super::Spanned;
use super::eval::{Evaluator, ListValue, Lookup, NameOrigin, NixValue, SetMember, SetValue};
use super::ir::{Expr, ExprId};
use super::{Member, NixField, Row, RowGroup, TableFacts};

/// Name of the table when no group refers to any.
const USUAL_NAME: &str = "table";

/// Reads the facts of a test table.
pub(super) fn read(eval: &mut Evaluator<'_>) -> TableFacts {
    let mut facts = TableFacts::default();
    let mut lists = Vec::new();
    if let NixValue::Set(root) = eval.root() {
        facts.groups_complete = root.complete;
        for member in eval.members(&root) {
            match eval.member(member) {
                NixValue::List(list) => lists.push((member, Some(list))),
                NixValue::Unknown => lists.push((member, None)),
                NixValue::Set(_) | NixValue::Str(_) | NixValue::Path(_) | NixValue::Scalar => {}
            }
        }
    }
    let table = find_table(eval, &lists);
    for (member, list) in lists {
        facts.groups.push(group(
            eval,
            member,
            list,
            table.as_ref().map(|(set, _)| set),
        ));
    }
    if let Some((set, name)) = table {
        facts.table_name = Some(name);
        facts.table_set = set.written;
        facts.rows_complete = set.complete;
        facts.rows = eval
            .members(&set)
            .into_iter()
            .map(|member| row(eval, member))
            .collect();
    }
    facts
}

type Lists<'a> = [(SetMember<'a>, Option<ListValue>)];

/// The set most members of the groups are taken from.
fn find_table(eval: &mut Evaluator<'_>, lists: &Lists<'_>) -> Option<(SetValue, SmolStr)> {
    let mut candidates: Vec<(SetValue, SmolStr, usize)> = Vec::new();
    for item in lists
        .iter()
        .filter_map(|(_, list)| list.as_ref())
        .flat_map(|list| list.items.iter())
    {
        let Some(reference) = reference(eval, *item) else {
            continue;
        };
        let mut sets =
            reference
                .namespaces
                .iter()
                .filter_map(|namespace| match eval.value(*namespace) {
                    NixValue::Set(set) => Some((*namespace, set)),
                    _ => None,
                });
        let Some((namespace, set)) = sets.next() else {
            continue;
        };
        // A handful at most, save in a text that is made to be slow to read.
        let room = candidates.len() < 16;
        match candidates.iter_mut().find(|(known, ..)| known.is(&set)) {
            Some((.., votes)) => *votes = votes.saturating_add(1),
            None if room => candidates.push((set, name_of(eval, namespace), 1)),
            None => {}
        }
    }
    let most = candidates.iter().map(|(.., votes)| *votes).max();
    let found = candidates
        .into_iter()
        .find(|(.., votes)| Some(*votes) == most);
    found
        .map(|(set, name, _)| (set, name))
        .or_else(|| table_by_name(eval))
}

fn table_by_name(eval: &mut Evaluator<'_>) -> Option<(SetValue, SmolStr)> {
    let ir = eval.ir;
    let bound = ir
        .lets
        .iter()
        .filter_map(|set| ir.set(*set)?.get(USUAL_NAME))
        .map(|attr| attr.value);
    let mut values = bound.map(|id| eval.value(id)).collect::<Vec<_>>();
    if let NixValue::Set(root) = eval.root() {
        values.extend(eval.attr(&root, USUAL_NAME));
    }
    let set = values.into_iter().find_map(|value| match value {
        NixValue::Set(set) => Some(set),
        _ => None,
    });
    Some((set?, SmolStr::new(USUAL_NAME)))
}

/// Returns the name that an expression gives the table it refers to.
fn name_of(eval: &Evaluator<'_>, namespace: ExprId) -> SmolStr {
    match eval.ir.expr(namespace) {
        Expr::Name(name, _) => name.clone(),
        Expr::Select(_, path) => path
            .last()
            .map(|(name, _)| name.clone())
            .unwrap_or_default(),
        _ => SmolStr::new(USUAL_NAME),
    }
}

/// A list element that names an attribute of some set.
struct Reference {
    member: Member,
    /// The expressions that may be that set, the most likely one first.
    namespaces: Vec<ExprId>,
}

fn reference(eval: &mut Evaluator<'_>, item: ExprId) -> Option<Reference> {
    let ir = eval.ir;
    let element = ir.range(item);
    match ir.expr(item) {
        Expr::Name(name, scope) => {
            let namespaces = match eval.origin(name, *scope) {
                NameOrigin::With(namespaces) => namespaces,
                // `inherit (table) x;`, as long as it keeps its name.
                NameOrigin::Bound(attr) => match ir.expr(attr.value) {
                    Expr::Select(base, path) if matches!(&**path, [(key, _)] if key == name) => {
                        vec![*base]
                    }
                    _ => return None,
                },
                NameOrigin::Argument => return None,
            };
            let key = Spanned::new(name.clone(), element);
            Some(Reference {
                member: Member { key, element },
                namespaces,
            })
        }
        Expr::Select(base, path) => match &**path {
            [(name, range)] => {
                let key = Spanned::new(name.clone(), *range);
                Some(Reference {
                    member: Member { key, element },
                    namespaces: vec![*base],
                })
            }
            _ => None,
        },
        _ => None,
    }
}

/// The member of the table that a list element is, if it is one.
fn member_of(eval: &mut Evaluator<'_>, item: ExprId, table: &SetValue) -> Option<Member> {
    let Reference { member, namespaces } = reference(eval, item)?;
    let in_table = matches!(eval.get(table, &member.key.value), Lookup::Found(_));
    for namespace in namespaces {
        match eval.value(namespace) {
            // A key that the table lacks is a mistake in the group, not a name from elsewhere.
            NixValue::Set(set) if set.is(table) => return Some(member),
            NixValue::Set(set) => match eval.get(&set, &member.key.value) {
                Lookup::Absent => {}
                Lookup::Found(_) | Lookup::Unknown => return None,
            },
            // `with table; with lib;`: `lib` does not have the table's keys.
            _ if in_table => {}
            _ => return None,
        }
    }
    None
}

fn group(
    eval: &mut Evaluator<'_>,
    attribute: SetMember<'_>,
    list: Option<ListValue>,
    table: Option<&SetValue>,
) -> RowGroup {
    let attr = attribute.attr;
    let name = Spanned::new(attr.name.clone(), attr.key);
    let mut group = RowGroup {
        name,
        members: Vec::new(),
        complete: false,
        list: None,
        binding: attr.binding,
    };
    let Some(list) = list else { return group };
    group.complete = list.complete;
    group.list = list.written.filter(|_| !list.shared);
    for item in list.items.iter() {
        match table.and_then(|table| member_of(eval, *item, table)) {
            Some(member) => group.members.push(member),
            None => group.complete = false,
        }
    }
    group
}

fn row(eval: &mut Evaluator<'_>, member: SetMember<'_>) -> Row {
    let attr = member.attr;
    let (distribution, version) = match eval.member(member) {
        NixValue::Set(set) => (
            eval.field(&set, "distribution"),
            eval.field(&set, "version"),
        ),
        _ => (NixField::Unknown, NixField::Unknown),
    };
    Row {
        key: Spanned::new(attr.name.clone(), attr.key),
        distribution,
        version,
        binding: attr.binding,
        more_bindings: attr.more.clone(),
    }
}
