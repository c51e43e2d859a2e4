//! The rules: one file each, in the order of `explain`. A rule's doc comment is its
//! documentation: `explain` prints it, the README's table is made from it, editors link to it.
//!
//! To add a rule: a file that declares it with `rule!` and checks it, a line in [`RULES`], and
//! fixtures in `server/tests/rules/CODE/`.

#[macro_use]
mod rule;
mod context;
mod finding;
mod spelling;

mod images;
mod repository;
mod suppressions;
mod table;

pub use context::Context;
pub use finding::{Finding, Related};
pub use model::FileRange;
pub use model::settings::Severity;
pub use model::view::Joined;
pub use rule::{Group, Rule};
pub use suppressions::{finalize, is_silenced};

use model::tree::Facts;
use model::{Directory, FileId};

pub use images::shell_syntax::{SHELL_SYNTAX, read_output as read_bash_output};

/// What a rule looks at, and so when it has to look again.
#[derive(Clone, Copy)]
pub enum Check {
    /// A directory of images: again when one of its scripts, or a file they read, changes.
    Directory(fn(&Context<'_>, &Directory, &mut Vec<Finding>)),
    /// A script that is no image's own: again when it, or an image that reads it, changes.
    Script(fn(&Context<'_>, FileId, &mut Vec<Finding>)),
    /// Everything that is published: again when who an image is, or the repository, changes.
    Checkout(fn(&Context<'_>, &Joined<'_>, &mut Vec<Finding>)),
    /// Everything that is tested, and what looks at the test table: again when those do, the test
    /// table or another test changes.
    Table(fn(&Context<'_>, &Joined<'_>, &mut Vec<Finding>)),
    /// Judged elsewhere, on one file's findings or by another program.
    Elsewhere,
}

/// Every rule with its checks, in the order of `explain`.
pub static RULES: &[(&Rule, &[Check])] = &[
    (
        &images::missing_config::MISSING_CONFIG,
        &[Check::Checkout(images::missing_config::check)],
    ),
    (
        &images::missing_build_script::MISSING_BUILD_SCRIPT,
        &[Check::Directory(images::missing_build_script::check)],
    ),
    (
        &images::missing_abstract::MISSING_ABSTRACT,
        &[Check::Checkout(images::missing_abstract::check)],
    ),
    (
        &images::stray_abstract::STRAY_ABSTRACT,
        &[Check::Checkout(images::stray_abstract::check)],
    ),
    (
        &images::missing_builder::MISSING_BUILDER,
        &[Check::Checkout(images::missing_builder::check)],
    ),
    (
        &images::unknown_builder::UNKNOWN_BUILDER,
        &[Check::Directory(images::unknown_builder::check)],
    ),
    (
        &images::unset_name_field::UNSET_NAME_FIELD,
        &[Check::Directory(images::unset_name_field::check)],
    ),
    (
        &images::unresolved_include::UNRESOLVED_INCLUDE,
        &[
            Check::Directory(images::unresolved_include::check),
            Check::Script(images::unresolved_include::check_script),
        ],
    ),
    (
        &images::undefined_helper::UNDEFINED_HELPER,
        &[
            Check::Directory(images::undefined_helper::check),
            Check::Script(images::undefined_helper::check_script),
        ],
    ),
    (
        &images::heredoc_expansion::HEREDOC_EXPANSION,
        &[
            Check::Directory(images::heredoc_expansion::check),
            Check::Script(images::heredoc_expansion::check_script),
        ],
    ),
    (
        &images::unreachable_configure::UNREACHABLE_CONFIGURE,
        &[Check::Directory(images::unreachable_configure::check)],
    ),
    (
        &images::builder_base_unpublished::BUILDER_BASE_UNPUBLISHED,
        &[Check::Checkout(images::builder_base_unpublished::check)],
    ),
    (&SHELL_SYNTAX, &[Check::Elsewhere]),
    (
        &repository::missing_repository_entry::MISSING_REPOSITORY_ENTRY,
        &[Check::Checkout(repository::missing_repository_entry::check)],
    ),
    (
        &repository::entry_without_image::ENTRY_WITHOUT_IMAGE,
        &[Check::Checkout(repository::entry_without_image::check)],
    ),
    (
        &repository::abstract_entry::ABSTRACT_ENTRY,
        &[Check::Checkout(repository::abstract_entry::check)],
    ),
    (
        &repository::end_of_life::END_OF_LIFE,
        &[Check::Checkout(repository::end_of_life::check)],
    ),
    (
        &repository::competing_tag::COMPETING_TAG,
        &[Check::Checkout(repository::competing_tag::check)],
    ),
    (
        &repository::missing_gc_entry::MISSING_GC_ENTRY,
        &[Check::Checkout(repository::missing_gc_entry::check)],
    ),
    (
        &repository::gc_overlap::GC_OVERLAP,
        &[Check::Checkout(repository::gc_overlap::check)],
    ),
    (
        &repository::unused_gc_entry::UNUSED_GC_ENTRY,
        &[Check::Checkout(repository::unused_gc_entry::check)],
    ),
    (
        &repository::invalid_gc_pattern::INVALID_GC_PATTERN,
        &[Check::Checkout(repository::invalid_gc_pattern::check)],
    ),
    (
        &repository::duplicate_attribute::DUPLICATE_ATTRIBUTE,
        &[Check::Table(repository::duplicate_attribute::check)],
    ),
    (
        &repository::nix_syntax::NIX_SYNTAX,
        &[Check::Table(repository::nix_syntax::check)],
    ),
    (
        &table::missing_test_entry::MISSING_TEST_ENTRY,
        &[Check::Table(table::missing_test_entry::check)],
    ),
    (
        &table::unresolved_test_entry::UNRESOLVED_TEST_ENTRY,
        &[Check::Table(table::unresolved_test_entry::check)],
    ),
    (
        &table::ambiguous_test_entry::AMBIGUOUS_TEST_ENTRY,
        &[Check::Table(table::ambiguous_test_entry::check)],
    ),
    (
        &table::unresolved_suite_test::UNRESOLVED_SUITE_TEST,
        &[Check::Table(table::unresolved_suite_test::check)],
    ),
    (
        &table::missing_cgroup_group::MISSING_CGROUP_GROUP,
        &[Check::Table(table::missing_cgroup_group::check)],
    ),
    (
        &table::conflicting_cgroup_groups::CONFLICTING_CGROUP_GROUPS,
        &[Check::Table(table::conflicting_cgroup_groups::check)],
    ),
    (
        &table::wrong_cgroup_group::WRONG_CGROUP_GROUP,
        &[Check::Table(table::wrong_cgroup_group::check)],
    ),
    (
        &table::missing_init_group::MISSING_INIT_GROUP,
        &[Check::Table(table::missing_init_group::check)],
    ),
    (
        &table::conflicting_init_groups::CONFLICTING_INIT_GROUPS,
        &[Check::Table(table::conflicting_init_groups::check)],
    ),
    (
        &table::wrong_init_group::WRONG_INIT_GROUP,
        &[Check::Table(table::wrong_init_group::check)],
    ),
    (
        &table::unknown_row::UNKNOWN_ROW,
        &[Check::Table(table::unknown_row::check)],
    ),
    (
        &table::duplicate_row::DUPLICATE_ROW,
        &[Check::Table(table::duplicate_row::check)],
    ),
    (
        &table::unordered_row::UNORDERED_ROW,
        &[Check::Table(table::unordered_row::check)],
    ),
    (&suppressions::UNKNOWN_SUPPRESSION, &[Check::Elsewhere]),
    (&suppressions::UNUSED_SUPPRESSION, &[Check::Elsewhere]),
    (
        &suppressions::UNKNOWN_SETTING,
        &[Check::Checkout(suppressions::unknown_setting)],
    ),
];

/// The rule of that code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    RULES
        .iter()
        .map(|(rule, _)| *rule)
        .find(|rule| rule.code == code)
}

/// The findings on a directory of images, before suppressions.
pub fn check_directory(cx: &Context<'_>, directory: &Directory) -> Vec<Finding> {
    let mut found = Vec::new();
    for (rule, checks) in RULES {
        for check in *checks {
            if let Check::Directory(check) = check
                && cx.is_on(rule)
            {
                check(cx, directory, &mut found);
            }
        }
    }
    finding::dedup(&mut found);
    found
}

/// The findings on a script that is no image's own, before suppressions.
pub fn check_script(cx: &Context<'_>, file: FileId) -> Vec<Finding> {
    let mut found = Vec::new();
    for (rule, checks) in RULES {
        for check in *checks {
            if let Check::Script(check) = check
                && cx.is_on(rule)
            {
                check(cx, file, &mut found);
            }
        }
    }
    finding::dedup(&mut found);
    found
}

/// The findings on everything that joins several files, before suppressions: those that the test
/// table has no part in, and the others.
pub fn check_checkout(cx: &Context<'_>) -> (Vec<Finding>, Vec<Finding>) {
    cx.with_joined(|joined| {
        (
            judge_joined(cx, joined, false),
            judge_joined(cx, joined, true),
        )
    })
}

/// The others alone.
pub fn check_table(cx: &Context<'_>) -> Vec<Finding> {
    cx.with_joined(|joined| judge_joined(cx, joined, true))
}

fn judge_joined(cx: &Context<'_>, joined: &Joined<'_>, table: bool) -> Vec<Finding> {
    let mut found = Vec::new();
    for (rule, checks) in RULES {
        for check in *checks {
            match check {
                Check::Checkout(check) if !table && cx.is_on(rule) => check(cx, joined, &mut found),
                Check::Table(check) if table && cx.is_on(rule) => check(cx, joined, &mut found),
                _ => {}
            }
        }
    }
    // What stands in a file that does not parse would stand in the wrong place.
    found.retain(|f| {
        f.rule.code == "nix-syntax" || !cx.tree.file(f.at.file).is_some_and(|file| file.is_stale())
    });
    finding::dedup(&mut found);
    found
}

/// Whether a file is a script whose findings are its own: no image's, but an include, a
/// builder's or a test.
pub fn is_own_script(cx: &Context<'_>, file: FileId) -> bool {
    let Some(found) = cx.tree.file(file) else {
        return false;
    };
    matches!(found.facts, Facts::Script(_)) && cx.model.directory_of(cx.tree, &found.path).is_none()
}
