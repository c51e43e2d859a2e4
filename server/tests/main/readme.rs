//! What the README shows is what there is: its table of rules, the pages of rules.

const BEGIN: &str = "rewrites it -->\n";
const END: &str = "<!-- end of rules -->";

#[test]
fn the_readmes_table_is_what_the_rules_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(path).expect("the README");
    let (before, rest) = readme.split_once(BEGIN).expect("the mark before the rules");
    let (table, after) = rest.split_once(END).expect("the mark after the rules");
    let right = format!("\n{}\n", image_scripts_ls::cli::readme_tables());
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{right}{END}{after}"))
            .expect("to write the README");
    } else {
        assert_eq!(table, right, "run: UPDATE_README=1 cargo test readme");
    }
}

/// The page that editors and SARIF link to has a heading for each code.
#[test]
fn the_readmes_page_of_rules_is_what_the_rules_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../editors/RULES.md");
    let right = rules::all_pages();
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path, &right).expect("to write the page");
    }
    let page = std::fs::read_to_string(path).unwrap_or_default();
    assert!(page == right, "run: UPDATE_README=1 cargo test readme");
    for rule in rules::rules() {
        let heading = format!("\n### {}\n", rule.code);
        assert_eq!(page.matches(&heading).count(), 1, "{}", rule.code);
        // What servers say is in no checkout.
        if rule.group == rules::Group::Upstream {
            continue;
        }
        let (fires, near_miss) = rule.examples().expect("examples");
        // What the fixture expects: the tests of the rules hold both.
        // The code itself, or a case of it.
        let found = [format!(" {}: ", rule.code), format!(" {}/", rule.code)];
        let is_in = |text: &str| found.iter().any(|found| text.contains(found.as_str()));
        assert!(is_in(fires), "{}: {fires}", rule.code);
        assert!(!is_in(near_miss), "{}: {near_miss}", rule.code);
        assert!(near_miss.lines().count() > 2, "{}: {near_miss}", rule.code);
        for title in [
            "Why",
            "How to fix it",
            "Reported",
            "Not reported",
            "How to silence it",
        ] {
            let heading = format!("\n## {title}\n");
            assert_eq!(rule.page(1).matches(&heading).count(), 1, "{}", rule.code);
        }
    }
}
