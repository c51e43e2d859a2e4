//! Where names lead. Shown by the tags of one entry, so that every case is one line.

use expect_test::{Expect, expect};

use super::super::repository;

/// Reads `tags` in `{ around ... tags ... }`.
fn check(text: &str, expected: Expect) {
    let facts = repository(text).facts.unwrap_or_default();
    let entries = facts
        .repositories
        .iter()
        .flat_map(|repository| &repository.entries);
    let tags = entries.map(|entry| {
        let tags = entry
            .tags
            .items
            .iter()
            .map(|tag| tag.value.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        if entry.tags.complete {
            tags
        } else {
            format!("{tags}?")
        }
    });
    expected.assert_eq(&tags.collect::<Vec<_>>().join("; "));
}

fn entry(tags: &str) -> String {
    format!("{{ services.osctl.image-repository.a.images.x.\"1\".tags = {tags}; }}")
}

#[test]
fn let_before_with_and_inner_before_outer() {
    check(
        &format!(
            "let t = [ \"let\" ]; in with {{ t = [ \"with\" ]; }}; {}",
            entry("t")
        ),
        expect!["let"],
    );
    check(
        &format!(
            "with {{ t = [ \"outer\" ]; }}; with {{ t = [ \"inner\" ]; }}; {}",
            entry("t")
        ),
        expect!["inner"],
    );
    check(
        &format!("with {{ t = [ \"outer\" ]; }}; with {{ }}; {}", entry("t")),
        expect!["outer"],
    );
    check(
        &format!(
            "with {{ t = [ \"outer\" ]; }}; with import ./x; {}",
            entry("t")
        ),
        expect!["?"],
    );
    check(
        &entry("let t = [ \"a\" ]; in let t = [ \"b\" ]; in t"),
        expect!["b"],
    );
    check(
        &format!("{{ t }}: with {{ t = [ \"with\" ]; }}; {}", entry("t")),
        expect!["?"],
    );
    check(&format!("t: {}", entry("t")), expect!["?"]);
}

#[test]
fn rec_and_selections() {
    check(&entry("(rec { t = [ u ]; u = \"x\"; }).t"), expect!["x"]);
    check(&entry("({ t = [ u ]; u = \"x\"; }).t"), expect!["?"]);
    check(&entry("({ a.b.c = [ \"x\" ]; }).a.\"b\".c"), expect!["x"]);
    check(&entry("({ a = [ \"x\" ]; }).b"), expect!["?"]);
    check(&entry("({ a = [ \"x\" ]; }).a or [ ]"), expect!["?"]);
    check(
        &entry("let s = { t = [ \"x\" ]; }; inherit (s) t; in t"),
        expect!["x"],
    );
    check(
        &entry("let t = [ \"x\" ]; in ({ inherit t; }).t"),
        expect!["x"],
    );
    check(
        &entry("({ t = [ \"old\" ]; } // { t = [ \"new\" ]; }).t"),
        expect!["new"],
    );
    check(&entry("({ t = [ \"old\" ]; } // x).t"), expect!["?"]);
    check(&entry("assert true; [ \"x\" ]"), expect!["x"]);
}

#[test]
fn circles_are_unknown() {
    check(&entry("let a = b; b = a; in a"), expect!["?"]);
    check(&entry("let a = [ \"x\" ] ++ a; in a"), expect!["x?"]);
    check(
        &entry("let a = a // { t = [ \"x\" ]; }; in a.t"),
        expect!["x"],
    );
    check(&entry("let a = a.a; in a"), expect!["?"]);
    check(&entry("let t = with t; t; in t"), expect!["?"]);
}
