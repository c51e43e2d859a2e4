//! Rules on scripts: an image's own files, includes, builders, tests.

mod builder_base_unpublished;
mod copied_value;
mod empty_capture;
mod foreign_token;
mod heredoc_delimiter;
mod heredoc_expansion;
mod heredoc_over_quoted;
mod incomplete_builder;
mod integer_test_on_version;
mod invalid_datasets;
mod masked_status;
mod missing_abstract;
mod missing_build_script;
mod missing_builder;
mod missing_config;
mod missing_console_getty;
mod missing_tool;
mod name_mismatch;
mod older_builder;
mod outlier_unit;
mod relative_path;
mod release_mismatch;
pub(crate) mod shell_syntax;
pub(crate) mod shellcheck;
mod sibling_drift;
mod stray_abstract;
mod test_bracket;
mod truncating_redirect;
mod unclosed_heredoc;
pub(crate) mod undefined_helper;
mod unknown_builder;
mod unknown_field;
mod unknown_helper;
mod unreachable_configure;
mod unresolved_include;
mod unset_name_field;
mod unset_variable;
mod unused_helper;
mod wrong_line_ending;

use crate::Rule;

/// The rules of this group, in the order of `explain`.
pub(super) static RULES: &[&Rule] = &[
    &missing_config::RULE,
    &missing_build_script::RULE,
    &missing_abstract::RULE,
    &stray_abstract::RULE,
    &missing_builder::RULE,
    &unknown_builder::RULE,
    &unset_name_field::RULE,
    &name_mismatch::RULE,
    &unknown_field::RULE,
    &invalid_datasets::RULE,
    &release_mismatch::RULE,
    &foreign_token::RULE,
    &copied_value::RULE,
    &unresolved_include::RULE,
    &undefined_helper::RULE,
    &unknown_helper::RULE,
    &unused_helper::RULE,
    &unset_variable::RULE,
    &missing_console_getty::RULE,
    &unclosed_heredoc::RULE,
    &heredoc_delimiter::RULE,
    &heredoc_expansion::RULE,
    &heredoc_over_quoted::RULE,
    &unreachable_configure::RULE,
    &incomplete_builder::RULE,
    &builder_base_unpublished::RULE,
    &older_builder::RULE,
    &outlier_unit::RULE,
    &sibling_drift::RULE,
    &missing_tool::RULE,
    &test_bracket::RULE,
    &integer_test_on_version::RULE,
    &masked_status::RULE,
    &truncating_redirect::RULE,
    &relative_path::RULE,
    &empty_capture::RULE,
    &wrong_line_ending::RULE,
    &shell_syntax::RULE,
    &shellcheck::RULE,
];
