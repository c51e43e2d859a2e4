//! `image-scripts-ls`: reads a vpsAdminOS checkout as a whole and says what is wrong with its
//! container images, in an editor (Language Server Protocol) and on the command line.
//!
//! Two thin shells over one snapshot: [`lsp`] and [`cli`]. What they show is found by the crates
//! in `crates/`.

/// The version, and the commit where it is known.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), env!("IMAGE_SCRIPTS_LS_SUFFIX"));

pub mod base_checkout;
pub mod change_report;
pub mod changed_checkout;
pub mod cli;
mod documentation;
pub mod lsp;
mod overview_page;
pub mod policy_report;
mod policy_text;
pub mod render_report;
mod triaged;
