//! `image-scripts-ls`: reads a vpsAdminOS checkout as a whole and says what is wrong with its
//! container images, in an editor (Language Server Protocol) and on the command line.
//!
//! The layers, lowest first; a layer knows nothing of those behind it:
//!
//! [`syntax`] (one file's text -> facts) -> [`model`] (all files' facts -> images, repository,
//! test table) -> [`rules`], [`edits`], [`features`] -> [`checkout`] (files, open documents) ->
//! [`lsp`], [`cli`].

/// The version, and the commit where it is known.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), env!("IMAGE_SCRIPTS_LS_SUFFIX"));

pub mod checkout;
pub mod cli;
pub mod edits;
pub mod features;
pub mod lsp;
pub mod model;
pub mod rules;
pub mod syntax;
