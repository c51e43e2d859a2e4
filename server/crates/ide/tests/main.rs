//! Tests of the requests: every file of a folder here is a fixture and a test of its own, called
//! `FOLDER::FILE`. The docs of the crate `fixture` say how one is written.

#![cfg(test)]
#![allow(clippy::string_slice, reason = "clippy.toml cannot allow it in tests")]

mod checks {
    pub(crate) mod completion;
    pub(crate) mod hover;
    pub(crate) mod navigation;
    pub(crate) mod overview;
    pub(crate) mod tokens;
    pub(crate) mod variables;
}

use checks::{completion, hover, navigation, overview, tokens, variables};
use fixture::Suite;

fn main() {
    Suite::new(env!("CARGO_MANIFEST_DIR"))
        .group("hover", hover::hover)
        .group("policies", hover::policies)
        .group("signature", hover::signature)
        .group("completion", completion::completion)
        .group("navigation", navigation::navigation)
        .group("links", overview::links)
        .group("symbols", overview::symbols)
        .group("lenses", overview::lenses)
        .group("hints", overview::hints)
        .group("calls", overview::calls)
        .group("tokens", tokens::tokens)
        .test(
            "tokens::every_token_of_whole_checkouts",
            tokens::every_token_of_whole_checkouts,
        )
        .test(
            "hover::every_name_of_whole_checkouts",
            hover::every_name_of_whole_checkouts,
        )
        .test(
            "completion::every_offset_of_a_whole_checkout",
            completion::every_offset_of_a_whole_checkout,
        )
        .test(
            "navigation::variables_of_the_runner_keep_their_names",
            navigation::variables_of_the_runner_keep_their_names,
        )
        .test(
            "navigation::only_scripts_of_tests_have_a_tests_arguments",
            navigation::only_scripts_of_tests_have_a_tests_arguments,
        )
        .test("variables::uses_are_renamed", variables::uses_are_renamed)
        .test(
            "variables::what_is_not_followed_is_refused",
            variables::what_is_not_followed_is_refused,
        )
        .test(
            "every_range_is_in_its_text",
            overview::every_range_is_in_its_text,
        )
        .test(
            "nothing_points_into_a_text_that_does_not_parse",
            overview::nothing_points_into_a_text_that_does_not_parse,
        )
        .test(
            "calls_are_the_same_from_both_ends",
            overview::calls_are_the_same_from_both_ends,
        )
        .execute()
}
