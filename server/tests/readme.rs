//! The README's table of rules is the rules' own documentation.

#![allow(clippy::unwrap_used, clippy::expect_used)]

const BEGIN: &str = "writes it anew -->\n";
const END: &str = "<!-- end of rules -->";

#[test]
fn the_table_is_what_the_rules_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(path).expect("the README");
    let (before, rest) = readme.split_once(BEGIN).expect("the mark before the rules");
    let (table, after) = rest.split_once(END).expect("the mark after the rules");
    let right = format!("\n{}\n", image_scripts_ls::cli::readme_tables());
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{right}{END}{after}"))
            .expect("to write the README");
    } else {
        assert_eq!(
            table, right,
            "run: UPDATE_README=1 cargo test --test readme"
        );
    }
}
