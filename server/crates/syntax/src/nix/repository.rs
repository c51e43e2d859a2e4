//! The image repository, read off the evaluator: entries, tags, garbage collection.

use smol_str::SmolStr;

use super::super::Spanned;
use super::eval::{Evaluator, ListValue, Lookup, NixValue, SetMember, SetValue};
use super::ir::{Attr, Expr, ExprId};
use super::{DistributionSet, Entry, EntryTags, GcEntry, NixField, Repository, RepositoryFacts};

/// Attribute path of the repositories in the file's module. `config.` before it changes nothing.
const PATH: [&str; 3] = ["services", "osctl", "image-repository"];

/// Reads the facts of a repository file.
pub(super) fn read(eval: &mut Evaluator<'_>) -> RepositoryFacts {
    let mut facts = RepositoryFacts {
        complete: true,
        ..RepositoryFacts::default()
    };
    let root = eval.root();
    read_imports(eval, &root, &mut facts);
    let config = match &root {
        NixValue::Set(set) => eval.attr(set, "config"),
        _ => None,
    };
    for module in [Some(root), config].into_iter().flatten() {
        match descend(eval, module) {
            Descent::Reached(set) => {
                facts.complete &= set.complete;
                for member in eval.members(&set) {
                    let repository = repository(eval, member);
                    facts.repositories.push(repository);
                }
            }
            Descent::Absent => {}
            Descent::Unknown => facts.complete = false,
        }
    }
    facts
}

/// Reads which files a module imports. `require` is the older name; with `disabledModules`, some of
/// them may not count.
fn read_imports(eval: &mut Evaluator<'_>, module: &NixValue, facts: &mut RepositoryFacts) {
    facts.imports_complete = true;
    let NixValue::Set(set) = module else {
        return;
    };
    for name in ["imports", "require"] {
        let list = match eval.attr(set, name) {
            None => continue,
            Some(NixValue::List(list)) => list,
            Some(_) => {
                facts.imports_complete = false;
                continue;
            }
        };
        facts.imports_complete &= list.complete;
        for item in list.items.iter() {
            let path = match eval.value(*item) {
                NixValue::Path(id) => match eval.ir.expr(id) {
                    Expr::Path(path) => Some(Spanned::new(path.clone(), eval.ir.range(id))),
                    _ => None,
                },
                _ => None,
            };
            facts.imports_complete &= path.is_some();
            facts.imports.extend(path);
        }
    }
    if eval.attr(set, "disabledModules").is_some() {
        facts.imports_complete = false;
    }
}

enum Descent {
    Reached(SetValue),
    Absent,
    Unknown,
}

fn descend(eval: &mut Evaluator<'_>, mut value: NixValue) -> Descent {
    for name in PATH {
        let NixValue::Set(set) = &value else {
            return Descent::Unknown;
        };
        match eval.attr(set, name) {
            Some(next) => value = next,
            None => return Descent::Absent,
        }
    }
    match value {
        NixValue::Set(set) => Descent::Reached(set),
        _ => Descent::Unknown,
    }
}

fn repository(eval: &mut Evaluator<'_>, member: SetMember<'_>) -> Repository {
    let mut repository = unread(key(member.attr));
    let NixValue::Set(set) = eval.member(member) else {
        return repository;
    };
    repository.set = set.written;
    read_defaults(eval, &set, &mut repository);
    match eval.attr(&set, "images") {
        None => repository.entries_complete = true,
        Some(NixValue::Set(images)) => read_images(eval, &images, &mut repository),
        Some(_) => {}
    }
    match eval.attr(&set, "garbageCollection") {
        None => repository.collections_complete = true,
        Some(NixValue::List(list)) => {
            repository.collections_complete = list.complete;
            repository.collections_list = list.written;
            repository.collections = list
                .items
                .iter()
                .map(|item| collection(eval, *item))
                .collect();
        }
        Some(_) => {}
    }
    repository
}

/// A repository of which nothing is known but its name.
fn unread(name: Spanned<SmolStr>) -> Repository {
    Repository {
        name,
        default_vendor: None,
        default_variants: Vec::new(),
        defaults_complete: false,
        entries: Vec::new(),
        entries_complete: false,
        incomplete_distributions: Vec::new(),
        distributions: Vec::new(),
        collections: Vec::new(),
        collections_complete: false,
        collections_list: None,
        images_set: None,
        set: None,
    }
}

/// Reads the vendor and variants that a container gets when it asks for none.
fn read_defaults(eval: &mut Evaluator<'_>, set: &SetValue, repository: &mut Repository) {
    let vendor = eval.field(set, "defaultVendor");
    repository.defaults_complete = vendor != NixField::Unknown;
    if let NixField::Known(vendor) = vendor {
        repository.default_vendor = Some(vendor.value);
    }
    let vendors = match eval.attr(set, "vendors") {
        None => return,
        Some(NixValue::Set(vendors)) => vendors,
        Some(_) => {
            repository.defaults_complete = false;
            return;
        }
    };
    repository.defaults_complete &= vendors.complete;
    for member in eval.members(&vendors) {
        let variant = match eval.member(member) {
            NixValue::Set(vendor) => eval.field(&vendor, "defaultVariant"),
            _ => NixField::Unknown,
        };
        repository.defaults_complete &= variant != NixField::Unknown;
        if let NixField::Known(variant) = variant {
            let name = member.attr.name.clone();
            repository.default_variants.push((name, variant.value));
        }
    }
}

fn read_images(eval: &mut Evaluator<'_>, images: &SetValue, repository: &mut Repository) {
    repository.images_set = images.written;
    repository.entries_complete = images.complete;
    for member in eval.members(images) {
        let distribution = key(member.attr);
        let value = eval.member(member);
        let (set, complete) = match &value {
            NixValue::Set(versions) => (versions.written, versions.complete),
            _ => (None, false),
        };
        if !complete {
            repository
                .incomplete_distributions
                .push(distribution.value.clone());
            repository.entries_complete = false;
        }
        if let NixValue::Set(versions) = &value {
            for member in eval.members(versions) {
                let entry = entry(eval, &distribution, member);
                repository.entries.push(entry);
            }
        }
        let Attr { binding, more, .. } = member.attr;
        let more_bindings = more.clone();
        repository.distributions.push(DistributionSet {
            name: distribution,
            set,
            binding: *binding,
            more_bindings,
        });
    }
}

fn entry(
    eval: &mut Evaluator<'_>,
    distribution: &Spanned<SmolStr>,
    member: SetMember<'_>,
) -> Entry {
    let attr = member.attr;
    let value = eval.member(member);
    let (name, tags, set) = match &value {
        NixValue::Set(set) => {
            let written = set.written.filter(|_| !set.shared);
            (eval.field(set, "name"), tags(eval, set), written)
        }
        _ => (NixField::Unknown, EntryTags::default(), None),
    };
    Entry {
        distribution: distribution.clone(),
        version: key(attr),
        name,
        tags,
        binding: attr.binding,
        more_bindings: attr.more.clone(),
        value: attr.value_range,
        set,
    }
}

fn tags(eval: &mut Evaluator<'_>, entry: &SetValue) -> EntryTags {
    let ListValue {
        items,
        complete,
        written,
        shared,
    } = match eval.attr(entry, "tags") {
        None => {
            return EntryTags {
                complete: true,
                ..EntryTags::default()
            };
        }
        Some(NixValue::List(list)) => list,
        Some(_) => return EntryTags::default(),
    };
    let mut tags = EntryTags {
        items: Vec::with_capacity(items.len()),
        complete,
        list: written.filter(|_| !shared && !entry.shared),
    };
    for item in items.iter() {
        match eval.value(*item) {
            NixValue::Str(id) => {
                if let Expr::Str(tag, _) = eval.ir.expr(id) {
                    tags.items
                        .push(Spanned::new(tag.clone(), eval.ir.range(id)));
                }
            }
            _ => tags.complete = false,
        }
    }
    tags
}

fn collection(eval: &mut Evaluator<'_>, item: ExprId) -> GcEntry {
    let range = eval.ir.range(item);
    let NixValue::Set(set) = eval.value(item) else {
        return GcEntry {
            range,
            unknown: true,
            ..GcEntry::default()
        };
    };
    GcEntry {
        distribution: eval.field(&set, "distribution"),
        version: eval.field(&set, "version"),
        variant: eval.field(&set, "variant"),
        arch: eval.field(&set, "arch"),
        vendor: eval.field(&set, "vendor"),
        keep: !matches!(eval.get(&set, "keep"), Lookup::Absent),
        range,
        unknown: false,
    }
}

fn key(attr: &Attr) -> Spanned<SmolStr> {
    Spanned::new(attr.name.clone(), attr.key)
}
