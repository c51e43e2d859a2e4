//! Rules on what servers say: images compared with their vendors. The command `verify` alone asks, so
//! no check is run here: each file has the documentation of one kind of mismatch.

mod dead_url;
mod newer_build;
mod newer_release;
mod stale_release;

use crate::Rule;

/// The rules of this group, in the order of `explain`.
pub(super) static RULES: &[&Rule] = &[
    &dead_url::RULE,
    &newer_release::RULE,
    &newer_build::RULE,
    &stale_release::RULE,
];
