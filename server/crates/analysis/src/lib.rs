//! The snapshot: what is known of a checkout at one moment, and how it follows a change with work
//! in proportion to what changed. No input or output: what is read comes from `checkout`.

mod changes;
mod difference;
mod fixing;
mod outside;
mod snapshot;
mod verified;

pub use difference::{difference, text_edits, trim};
pub use fixing::{Fixed, FixedFinding, fix_all};
pub use snapshot::{Inputs, Problem, Snapshot, is_script};
