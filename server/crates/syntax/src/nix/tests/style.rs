//! Facts that are places: where an edit would go.

use expect_test::{Expect, expect};

use super::at;

fn check(text: &str, expected: Expect) {
    let facts = super::super::repository(text).facts.unwrap_or_default();
    let mut out = String::new();
    for entry in facts
        .repositories
        .iter()
        .flat_map(|repository| &repository.entries)
    {
        let set = entry.set.map_or("none".to_owned(), |set| at(text, set));
        let list = entry
            .tags
            .list
            .map_or("none".to_owned(), |list| at(text, list));
        out += &format!("binding  {}\n", at(text, entry.binding));
        for more in &entry.more_bindings {
            out += &format!("more     {}\n", at(text, *more));
        }
        out += &format!(
            "value    {}\nset      {set}\nlist     {list}\n",
            at(text, entry.value)
        );
    }
    expected.assert_eq(&out);
}

#[test]
fn bindings_values_and_lists() {
    check(
        "{ services.osctl.image-repository.a.images = { x = { \"1\" = { tags = [ \"t\" ]; }; }; }; }",
        expect![[r#"
            binding  "1" = { tags = [ "t" ]; };
            value    { tags = [ "t" ]; }
            set      { tags = [ "t" ]; }
            list     [ "t" ]
        "#]],
    );
    check(
        "{ services.osctl.image-repository.a.images = { x.y = ({ tags = (with z; [ \"t\" ]); }); }; }",
        expect![[r#"
            binding  x.y = ({ tags = (with z; [ "t" ]); });
            value    ({ tags = (with z; [ "t" ]); })
            set      { tags = (with z; [ "t" ]); }
            list     [ "t" ]
        "#]],
    );
    check(
        "{ services.osctl.image-repository.a.images = { x.y.tags = [ ]; x.y = { name = \"z\"; }; }; }",
        expect![[r#"
            binding  x.y.tags = [ ];
            more     x.y = { name = "z"; };
            value    [ ]
            set      { name = "z"; }
            list     [ ]
        "#]],
    );
    // Shared by who knows how many entries: no place for an edit of this one.
    check(
        "let s = { tags = [ ]; }; in { services.osctl.image-repository.a.images.x = { y = s; }; }",
        expect![[r#"
            binding  y = s;
            value    s
            set      none
            list     none
        "#]],
    );
    check(
        "{ services.osctl.image-repository.a.images.x.y = { tags = [ \"a\" ] ++ [ \"b\" ]; }; }",
        expect![[r#"
            binding  services.osctl.image-repository.a.images.x.y = { tags = [ "a" ] ++ [ "b" ]; };
            value    { tags = [ "a" ] ++ [ "b" ]; }
            set      { tags = [ "a" ] ++ [ "b" ]; }
            list     none
        "#]],
    );
}
