//! The diagnostics: one rule per file, in a folder per group. A rule's doc comment is its
//! documentation: `explain` prints it, the README's table is made from it, editors link to it.
//!
//! To add a rule: a file that declares it with `rule!` and checks it, its line in the `RULES` of
//! its group (`images/mod.rs`, ...), and fixtures in `tests/rules/NAME/`.

#[macro_use]
mod rule;
mod container_script;
mod container_text;
mod context;
mod documentation;
mod exported_functions;
mod finding;
mod scope;
mod substitutes;
mod values;

mod images;
mod repository;
mod suppressions;
mod test_table;
mod upstream;

pub use container_script::{
    ContainerScript, LocatedFacts, check_container_script, join_container_findings,
};
pub use container_text::{ContainerText, ContainerTexts};
pub use context::Context;
pub use documentation::all_pages;
pub use finding::{Confidence, Finding, Related};
pub use images::shell_syntax::{
    may_match_extended, read_container_output, read_output as read_bash_output,
};
pub use images::shellcheck::{Comment, Level, finding as shellcheck_finding};
pub use model::FileRange;
pub use model::settings::Severity;
pub use model::view::Joined;
pub use rule::{Check, Group, Rule};
pub use scope::{Scope, run_rules};
pub use suppressions::apply_suppressions;

/// The rule that `bash -n` is run for.
pub static SHELL_SYNTAX: &Rule = &images::shell_syntax::RULE;

/// The rule that ShellCheck is run for.
pub static SHELLCHECK: &Rule = &images::shellcheck::RULE;

/// Every rule, in the order of `explain`.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let groups = [
        images::RULES,
        repository::RULES,
        test_table::RULES,
        upstream::RULES,
        suppressions::RULES,
    ];
    groups.into_iter().flatten().copied()
}

/// The rule of that code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    rules()
        .find(|rule| rule.code == code)
        .or_else(|| images::shellcheck::rule(code))
}
