//! Checkouts: finding one, reading its files, watching them, and keeping what is known of it
//! up to date while they change.

pub mod apply;
pub mod bash;
pub mod disk;
pub mod fixing;
pub mod git;
pub mod root;
pub mod state;

pub use disk::Problem;
pub use root::{Root, find};
pub use state::{Inputs, Snapshot};
