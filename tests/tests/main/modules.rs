//! No module of the language server uses one that uses it, directly or through others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, ItemMod, ItemUse, UseTree, Visibility};

/// Path of a module from the root of the server's library: `["lsp", "session"]`.
type Module = Vec<String>;

fn source_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/src")
}

/// Collects the files of the modules below a folder.
fn collect_modules(folder: &Path, modules: &mut BTreeMap<Module, PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // Unit tests may use whatever they test.
            if !path.ends_with("tests") {
                collect_modules(&path, modules);
            }
            continue;
        }
        let relative = path.strip_prefix(source_root()).unwrap();
        let module = relative.with_extension("");
        let mut module: Module = module
            .iter()
            .map(|name| name.to_str().unwrap().to_owned())
            .collect();
        if module.last().is_some_and(|name| name == "mod") {
            module.pop();
        }
        modules.insert(module, path);
    }
}

/// Paths that a file mentions, in `use` and anywhere else.
#[derive(Default)]
struct Paths(Vec<Vec<String>>);

impl Paths {
    fn add_tree(&mut self, prefix: &[String], tree: &UseTree) {
        let with = |name: String| [prefix, &[name]].concat();
        match tree {
            UseTree::Path(path) => self.add_tree(&with(path.ident.to_string()), &path.tree),
            UseTree::Name(name) => self.0.push(with(name.ident.to_string())),
            UseTree::Rename(rename) => self.0.push(with(rename.ident.to_string())),
            UseTree::Glob(_) => self.0.push(prefix.to_vec()),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_tree(prefix, tree);
                }
            }
        }
    }
}

fn is_test(attribute: &Attribute) -> bool {
    let is_cfg = attribute.path().is_ident("cfg");
    is_cfg
        && attribute
            .parse_args::<syn::Path>()
            .is_ok_and(|cfg| cfg.is_ident("test"))
}

impl<'a> Visit<'a> for Paths {
    fn visit_item_mod(&mut self, item: &'a ItemMod) {
        if !item.attrs.iter().any(is_test) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        self.add_tree(&[], &item.tree);
    }

    // `pub(in crate::lsp)` uses nothing.
    fn visit_visibility(&mut self, _: &'a Visibility) {}

    fn visit_path(&mut self, path: &'a syn::Path) {
        // One name alone is a variable, or was brought in by `use`.
        if path.segments.len() > 1 {
            let segments = path.segments.iter();
            self.0
                .push(segments.map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }
}

/// Returns the module in which a path of another one ends, if that is one of the library's.
fn resolve(
    modules: &BTreeMap<Module, PathBuf>,
    from: &[String],
    path: &[String],
) -> Option<Module> {
    let (first, _) = path.split_first()?;
    let mut base = from.to_vec();
    let mut rest = path;
    match first.as_str() {
        "crate" => {
            base.clear();
            rest = &path[1..];
        }
        "self" | "super" => {
            while let Some((name, after)) = rest.split_first()
                && matches!(name.as_str(), "self" | "super")
            {
                if name == "super" {
                    base.pop();
                }
                rest = after;
            }
        }
        // A child of this module; else an item, or another crate.
        child if modules.contains_key(&[from, &[child.to_owned()]].concat()) => {}
        _ => return None,
    }
    base.extend_from_slice(rest);
    while !base.is_empty() && !modules.contains_key(&base) {
        base.pop();
    }
    (!base.is_empty()).then_some(base)
}

type Uses = BTreeMap<Module, BTreeSet<Module>>;

fn uses() -> Uses {
    let mut modules = BTreeMap::new();
    collect_modules(&source_root().join("lsp"), &mut modules);
    let uses_of = |module: &Module, path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        let mut paths = Paths::default();
        paths.visit_file(&syn::parse_file(&text).unwrap());
        let used = paths.0.iter();
        let used = used.filter_map(|path| resolve(&modules, module, path));
        used.filter(|used| used != module).collect()
    };
    let modules = modules.iter();
    modules
        .map(|(module, path)| (module.clone(), uses_of(module, path)))
        .collect()
}

/// Returns a circle through a module, if there is one.
fn circle(uses: &Uses, path: &mut Vec<Module>, done: &mut BTreeSet<Module>) -> Option<Vec<Module>> {
    let module = path.last().unwrap().clone();
    for used in &uses[&module] {
        if let Some(start) = path.iter().position(|module| module == used) {
            return Some([&path[start..], std::slice::from_ref(used)].concat());
        }
        if !done.contains(used) {
            path.push(used.clone());
            if let Some(found) = circle(uses, path, done) {
                return Some(found);
            }
            path.pop();
        }
    }
    done.insert(module);
    None
}

#[test]
fn no_circles() {
    let uses = uses();
    assert!(uses.len() > 30, "only {} modules were found", uses.len());
    let count: usize = uses.values().map(BTreeSet::len).sum();
    assert!(count > 100, "only {count} uses were found");
    let mut done = BTreeSet::new();
    for module in uses.keys() {
        if let Some(circle) = circle(&uses, &mut vec![module.clone()], &mut done) {
            let circle: Vec<String> = circle.iter().map(|module| module.join("::")).collect();
            panic!("modules use each other: {}", circle.join(" -> "));
        }
    }
}
