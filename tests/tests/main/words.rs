//! The words of ARCHITECTURE.md: names are the field's own terms, and no private ones.
//!
//! Rust is parsed, so that what is named by the standard library or another crate (the functions
//! of their traits) does not count. TypeScript and Lua are scanned for what they export.

use std::collections::BTreeSet;

use image_scripts_ls_tests::project::{files, read};
use syn::visit::{self, Visit};

/// Names that say nothing to a newcomer, each with what to say instead. Their plurals are none
/// either.
const NOT: [(&str, &str); 42] = [
    ("ability", "ClientCapabilities"),
    ("abilities", "ClientCapabilities"),
    ("question", "RequestContext"),
    ("asked", "RequestContext"),
    ("operation", "RequestContext"),
    ("target", "RequestContext, or what it is the target of"),
    ("office", "RequestContext"),
    ("answer", "handler, or what is answered"),
    ("told", "ChangeReport"),
    ("lane", "TaskQueue"),
    ("conclude", "Task"),
    ("patience", "a constant named after what is waited for"),
    ("calm", "a constant named after what is waited for"),
    ("place", "FileRange, FileSpan"),
    ("spot", "FileRange, FileSpan"),
    ("site", "SpanId"),
    ("location", "FileRange"),
    ("anchor", "FileRange"),
    ("plan", "Change, FixKind"),
    ("planned", "Change"),
    ("prepared", "Change"),
    ("part", "what it is a part of, and which"),
    ("round", "Batch"),
    ("object", "ChangeReport"),
    ("result", "ChangeReport, or what results"),
    ("walk", "Interpreter"),
    ("run", "Summary, Interpreter, or what is run"),
    ("happening", "EventKind"),
    ("pour", "FileWrite"),
    ("judge", "run_rules"),
    ("judged", "run_rules"),
    ("settle", "sync_documents"),
    ("settled", "sync_documents"),
    ("finalize", "apply_suppressions"),
    ("raw", "what was found"),
    ("publish", "register, except for diagnostics"),
    ("publication", "Registrations"),
    ("near", "suggest"),
    ("paper", "generate"),
    ("mend", "fix"),
    ("anew", "again"),
    ("behind", "after"),
];

/// The most private of them are in no longer name either.
const NOWHERE: [&str; 9] = [
    "abilities",
    "office",
    "happening",
    "patience",
    "calm",
    "papers",
    "conclude",
    "mend",
    "anew",
];

/// Names that are right where they are.
const PRESCRIBED: [(&str, &str); 8] = [
    // A key of JSON-RPC.
    ("server/benches/client.rs", "result"),
    ("tests/src/client/", "result"),
    // Diagnostics are published.
    ("server/src/lsp/", "publish"),
    // Keys of SARIF.
    ("server/src/cli/format.rs", "locations"),
    ("server/src/cli/format.rs", "results"),
    ("server/src/cli/format.rs", "runs"),
    // Keys of SARIF, and of the report that is printed like that.
    ("server/src/cli/triage/format.rs", "runs"),
    ("server/src/cli/triage/format.rs", "locations"),
];

/// The words of a name: `RequestContext` and `request_context` have the same.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = '_';
    for letter in name.chars() {
        let starts = letter.is_uppercase() && before.is_lowercase();
        if starts || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if letter.is_alphanumeric() {
            let word = words.last_mut().unwrap();
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What is wrong with a name of a file.
fn complaint(path: &str, name: &str) -> Option<String> {
    let prescribed = |(folder, word): &(&str, &str)| path.starts_with(folder) && *word == name;
    if PRESCRIBED.iter().any(prescribed) {
        return None;
    }
    let words = words(name);
    let whole = words.join("");
    for (not, instead) in NOT {
        if whole == not || whole == format!("{not}s") {
            return Some(format!("{path}: `{name}`: say {instead}"));
        }
    }
    let private = NOWHERE.iter().find(|word| words.iter().any(|w| w == *word));
    private.map(|word| format!("{path}: `{name}`: `{word}` is a private word"))
}

/// The names that a Rust file gives: of items, fields, variants, methods of its own types, and
/// keys of JSON.
#[derive(Default)]
struct Names {
    found: BTreeSet<String>,
    /// First words of doc comments.
    docs: Vec<String>,
    /// Lines of blocks that are there only to call a method on: `{ expression }.method()`.
    blocks: Vec<usize>,
}

impl Names {
    fn add(&mut self, name: &syn::Ident) {
        self.found.insert(name.to_string());
    }

    /// Notes how a doc comment begins.
    fn document(&mut self, attributes: &[syn::Attribute]) {
        let first = attributes.iter().find_map(|attribute| {
            let syn::Meta::NameValue(pair) = &attribute.meta else {
                return None;
            };
            let syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) = &pair.value
            else {
                return None;
            };
            pair.path.is_ident("doc").then(|| text.value())
        });
        if let Some(word) = first
            .as_deref()
            .and_then(|text| text.split_whitespace().next())
        {
            self.docs.push(word.to_owned());
        }
    }

    /// The keys in the text of a macro: `json!({ "key": 1 })`.
    fn keys(&mut self, tokens: &str) {
        let mut rest = tokens;
        while let Some((_, after)) = rest.split_once('"') {
            let Some((text, after)) = after.split_once('"') else {
                return;
            };
            if after.trim_start().starts_with(':') && !text.contains(' ') {
                self.found.insert(text.to_owned());
            }
            rest = after;
        }
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if item.attrs.iter().any(|a| a.path().is_ident("test")) {
            return;
        }
        self.document(&item.attrs);
        self.add(&item.sig.ident);
        visit::visit_item_fn(self, item);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.document(&item.attrs);
        self.add(&item.ident);
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.document(&item.attrs);
        self.add(&item.ident);
        visit::visit_item_enum(self, item);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.document(&item.attrs);
        self.add(&item.ident);
        visit::visit_item_trait(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.document(&item.attrs);
        self.add(&item.sig.ident);
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.document(&item.attrs);
        self.add(&item.ident);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.document(&item.attrs);
        self.add(&item.ident);
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.document(&item.attrs);
        self.add(&item.ident);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let test = item.attrs.iter().any(|attribute| {
            attribute
                .meta
                .require_list()
                .is_ok_and(|list| list.tokens.to_string() == "test")
        });
        if !test {
            self.add(&item.ident);
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        self.document(&variant.attrs);
        self.add(&variant.ident);
        visit::visit_variant(self, variant);
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        self.document(&field.attrs);
        if let Some(name) = &field.ident {
            self.add(name);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        // The functions of a trait are named by it.
        if item.trait_.is_none() {
            for function in &item.items {
                if let syn::ImplItem::Fn(function) = function {
                    self.document(&function.attrs);
                    self.add(&function.sig.ident);
                }
            }
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if let syn::Expr::Block(block) = &*call.receiver {
            let brace = block.block.brace_token.span.open();
            self.blocks.push(brace.start().line);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        if item.path.is_ident("json") {
            self.keys(&item.tokens.to_string());
        }
    }
}

/// All Rust files of the project, by path.
fn rust() -> Vec<(String, Names)> {
    let paths = files().into_iter();
    let paths = paths.filter(|path| path.ends_with(".rs"));
    let read = |path: String| {
        let file = syn::parse_file(&read(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut names = Names::default();
        names.visit_file(&file);
        (path, names)
    };
    paths.map(read).collect()
}

/// Whether a file is part of what is shipped or used by tests, and no test itself.
fn is_source(path: &str) -> bool {
    let tests = path.contains("/tests/") && !path.starts_with("tests/src/");
    !tests && !path.ends_with("/tests.rs")
}

/// The names that a TypeScript file exports and the members of its interfaces.
fn typescript(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut in_interface = false;
    for line in text.lines() {
        let words: Vec<&str> = line
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .collect();
        if line.starts_with("export ") {
            let kinds = ["const", "function", "class", "interface", "type", "enum"];
            let kind = words.iter().position(|word| kinds.contains(word));
            found.extend(
                kind.and_then(|at| words.get(at + 1))
                    .map(|w| (*w).to_owned()),
            );
        }
        in_interface |= line.contains("interface ");
        in_interface &= !line.starts_with('}');
        if let Some((name, _)) = line.trim().split_once(':')
            && in_interface
        {
            found.insert(name.trim_end_matches('?').to_owned());
        }
    }
    found
}

/// The names that a Lua module exports, and the fields of its types.
fn lua(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in text.lines() {
        for start in ["function M.", "---@field ", "---@class ", "M."] {
            if let Some(rest) = line.strip_prefix(start) {
                let name = rest
                    .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                    .next();
                found.extend(name.map(str::to_owned));
            }
        }
    }
    found
}

#[test]
fn names_are_the_fields_own() {
    let sources = rust().into_iter().filter(|(path, _)| is_source(path));
    let mut names: Vec<(String, BTreeSet<String>)> =
        sources.map(|(path, names)| (path, names.found)).collect();
    for path in files() {
        let editors = path.starts_with("editors/");
        if editors && path.ends_with(".ts") {
            names.push((path.clone(), typescript(&read(&path))));
        } else if editors && path.ends_with(".lua") {
            names.push((path.clone(), lua(&read(&path))));
        }
    }
    let mut wrong = BTreeSet::new();
    for (path, names) in names {
        wrong.extend(names.iter().filter_map(|name| complaint(&path, name)));
        let file = path.rsplit('/').next().unwrap();
        let stem = file.split('.').next().unwrap();
        wrong.extend(complaint(&path, stem));
    }
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

/// Doc comments begin with what something is or does.
#[test]
fn doc_comments_begin_with_a_noun_or_a_verb() {
    let sources = rust().into_iter();
    let server = sources.filter(|(path, _)| {
        is_source(path) && path.starts_with("server/") && !path.contains("/benches/")
    });
    let docs: Vec<String> = server.flat_map(|(_, names)| names.docs).collect();
    let weak = ["What", "Where", "Its", "Whether", "How", "They"];
    let count = docs
        .iter()
        .filter(|word| weak.contains(&word.trim_end_matches(',')))
        .count();
    let share = count as f64 / docs.len() as f64;
    assert!(
        share <= 0.05,
        "{count} of {} doc comments begin with one of {weak:?}",
        docs.len()
    );
}

/// A value that needs a name gets one by `let`, not a block around it.
#[test]
fn blocks_are_not_there_to_call_a_method() {
    let mut found = Vec::new();
    for (path, names) in rust() {
        found.extend(names.blocks.iter().map(|line| format!("{path}:{line}")));
    }
    assert!(found.is_empty(), "{}\n{}", found.len(), found.join("\n"));
}

#[test]
fn words_of_names() {
    assert_eq!(words("RequestContext"), ["request", "context"]);
    assert_eq!(words("request_context"), ["request", "context"]);
    assert_eq!(words("MAX_IMAGES"), ["max", "images"]);
}
