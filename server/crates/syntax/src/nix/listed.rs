//! The tests that `tests/all-tests.nix` lists, each with the groups of rows that it is made for; and the code of
//! a file, without comments.
//!
//! A list is read by its shape, because what it is given to is a function: `"boot"`, `{ template = "x"; instances =
//! distributions.all; }`, `map (onRows distributions.systemd) [ "x" ]`. What is no literal is left out.

use rnix::{NodeOrToken, SyntaxKind::*, SyntaxNode};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::super::{Spanned, TextRange, TextSize};
use super::strings::literal;
use super::{ListedTest, TestList, TestRows};

/// Attributes of a set that stands for a test, which have its name.
const NAMES: [&str; 2] = ["template", "test"];
/// Name of the test table's file.
const TEST_TABLE: &str = "distributions.nix";
/// Groups that one test is made for at most. There are a handful.
const MAX_GROUPS: usize = 32;

/// Groups of the test table that are selected somewhere, with the ranges that select them.
type Groups = Vec<(SmolStr, TextRange)>;

/// Reads the list of tests.
pub(super) fn read(root: &SyntaxNode) -> TestList {
    let tables = tables(root);
    let mut tests = Vec::new();
    // Ranges that say what is listed, and not how tests are made of it.
    let mut said = Vec::new();
    let mut known: FxHashMap<SyntaxNode, Groups> = FxHashMap::default();
    for node in root.descendants() {
        let Some((name, range)) = literal(&node).filter(|(name, _)| is_name(name)) else {
            continue;
        };
        let Some(listed) = Listed::around(&node) else {
            continue;
        };
        said.push(listed.range);
        let mut groups: Vec<SmolStr> = Vec::new();
        for node in listed.given {
            let found = known.entry(node).or_insert_with_key(|node| {
                let found = groups_in(node, &tables);
                said.extend(found.iter().map(|(_, range)| *range));
                found
            });
            for (group, _) in found {
                if !groups.contains(group) {
                    groups.push(group.clone());
                }
            }
        }
        tests.push(ListedTest {
            name: Spanned::new(name, range),
            rows: (!groups.is_empty()).then_some(TestRows {
                groups,
                is_template: listed.is_template,
            }),
        });
    }
    TestList {
        tests,
        rest: code(root, said),
    }
}

/// Returns the tokens of a file that are no comments, without those in some ranges.
pub(super) fn code(root: &SyntaxNode, mut without: Vec<TextRange>) -> String {
    without.sort_by_key(|range| range.start());
    let mut without = without.into_iter().peekable();
    let mut left_out_to = TextSize::default();
    let mut out = String::new();
    for token in root
        .descendants_with_tokens()
        .filter_map(NodeOrToken::into_token)
    {
        let start = token.text_range().start();
        while let Some(range) = without.next_if(|range| range.start() <= start) {
            left_out_to = left_out_to.max(range.end());
        }
        let is_code = !matches!(token.kind(), TOKEN_WHITESPACE | TOKEN_COMMENT);
        if is_code && start >= left_out_to {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(token.text());
        }
    }
    out
}

/// Returns whether a text may be the path of a test in the suite.
fn is_name(text: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "._+-/".contains(c);
    !text.is_empty() && !text.starts_with(['/', '.']) && text.chars().all(is_of_name)
}

/// A name of a test, and what stands around it.
struct Listed {
    /// The range of the element of the list.
    range: TextRange,
    /// What the test is given.
    given: Vec<SyntaxNode>,
    /// Set when it is called a template.
    is_template: bool,
}

impl Listed {
    /// Reads what is around a string; `None` for one that is no element of a list of tests.
    fn around(string: &SyntaxNode) -> Option<Listed> {
        let mut found = Listed {
            range: string.text_range(),
            given: Vec::new(),
            is_template: false,
        };
        let mut is_in_list = false;
        let mut inner = string.clone();
        for node in string.ancestors().skip(1) {
            match node.kind() {
                NODE_PAREN | NODE_BIN_OP => {}
                NODE_LIST => is_in_list = true,
                NODE_APPLY if is_in_list => {
                    let function = node.first_child()?;
                    // A function is no list.
                    if function != inner {
                        found.given.push(function);
                    }
                }
                NODE_ATTRPATH_VALUE if !is_in_list => {
                    found.of_set(&node)?;
                    inner = node.parent()?;
                    continue;
                }
                NODE_ATTR_SET if !is_in_list => {}
                NODE_ATTRPATH_VALUE => {
                    // A list that has a name, and is no attribute of a test.
                    return (node.parent()?.kind() == NODE_LET_IN).then_some(found);
                }
                _ => break,
            }
            inner = node;
        }
        is_in_list.then_some(found)
    }

    /// Reads the set that an attribute with the name of a test is in.
    fn of_set(&mut self, name: &SyntaxNode) -> Option<()> {
        let key = name.first_child()?.text().to_string();
        let set = name.parent().filter(|set| set.kind() == NODE_ATTR_SET)?;
        let known = NAMES.iter().find(|name| **name == key)?;
        self.is_template = *known == "template";
        self.range = set.text_range();
        self.given
            .extend(set.children().filter(|entry| entry != name));
        Some(())
    }
}

/// Returns the names that stand for the test table.
fn tables(root: &SyntaxNode) -> Vec<SmolStr> {
    let nodes = root.descendants();
    let bindings = nodes.filter(|node| node.kind() == NODE_ATTRPATH_VALUE);
    let name = |binding: SyntaxNode| {
        let value = binding.last_child()?;
        let mut tokens = value.descendants_with_tokens();
        let names_it = tokens.any(|token| {
            let token = token.into_token();
            let token = token.filter(|token| token.kind() == TOKEN_PATH_REL);
            token.is_some_and(|token| token.text().rsplit('/').next() == Some(TEST_TABLE))
        });
        let is_import = value.kind() == NODE_APPLY && names_it;
        let name = binding.first_child()?.text().to_string();
        is_import.then(|| SmolStr::new(name))
    };
    bindings.filter_map(name).collect()
}

/// Returns the groups of the test table that are selected in a node, with the ranges that say nothing else.
fn groups_in(node: &SyntaxNode, tables: &[SmolStr]) -> Groups {
    let nodes = node.descendants();
    let selects = nodes.filter(|node| is_group(node, tables));
    let group = |select: SyntaxNode| {
        let group = select.last_child()?.text().to_string();
        let mut whole = select;
        while let Some(parent) = whole.parent()
            && parent != *node
            && says_groups(&parent, tables)
        {
            whole = parent;
        }
        Some((SmolStr::new(group), whole.text_range()))
    };
    selects.filter_map(group).take(MAX_GROUPS).collect()
}

fn is_group(node: &SyntaxNode, tables: &[SmolStr]) -> bool {
    let name = || Some(node.first_child()?.text().to_string());
    node.kind() == NODE_SELECT
        && name().is_some_and(|name| tables.iter().any(|known| *known == name))
}

/// Returns whether a node is groups, one after the other: `(distributions.a ++ distributions.b)`.
fn says_groups(node: &SyntaxNode, tables: &[SmolStr]) -> bool {
    match node.kind() {
        NODE_PAREN | NODE_BIN_OP => node.children().all(|inner| says_groups(&inner, tables)),
        _ => is_group(node, tables),
    }
}
