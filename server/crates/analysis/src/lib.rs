//! The snapshot: what is known of a checkout at one moment, and how it follows a change with work
//! in proportion to what changed. No input or output: what is read comes from `checkout`.

pub mod fixing;
pub mod snapshot;

pub use snapshot::{Inputs, Problem, Snapshot};
