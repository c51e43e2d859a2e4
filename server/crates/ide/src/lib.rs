//! The editor's requests: hover, completion, navigation, rename, symbols, links, lenses and hints.
//!
//! Each module answers one kind of request from a [`View`](model::view::View), by pure functions.
//! Offsets and ranges are in bytes. Where a name is not one of the checkout's, nothing is
//! returned: a language server for bash or Nix may know it.
//!
//! - `occurrences`: the names of a file with the [`Symbol`]s that they stand for, over bash and
//!   Nix alike. Everything else reads this list; a new kind of name is added there;
//! - `resolve`: functions, files and variables that names in scripts stand for, image by image;
//!   `function`: signature and effects of a function; `lookup`: lookups that several modules share;
//! - `navigate`: definition, references, highlight; `rename`, and `unclear`: what it cannot follow;
//!   `calls`: call hierarchy;
//! - `links`; `symbol_search`: symbols of the workspace; `outline`: symbols of a Nix
//!   file; `script_outline`: those of a script;
//! - `heredocs`: here-documents as what their readers get, and the names of the container's script;
//!   `semantic_tokens`: their colours, and those of Nix;
//! - `lenses` and `hints`: text above and within lines; `overview`: state of every image;
//! - `hover`; `signature_help`; `completion`; `markdown` writes texts of the checkout for them.

pub mod calls;
pub mod completion;
mod function;
mod heredocs;
pub mod hints;
pub mod hover;
pub mod lenses;
pub mod links;
mod lookup;
pub mod markdown;
pub mod navigate;
mod occurrences;
pub mod outline;
pub mod overview;
pub mod rename;
mod resolve;
mod script_outline;
pub mod semantic_tokens;
pub mod signature_help;
pub mod symbol_search;
mod unclear;

pub use lookup::{has_image_tests, include_name};
pub use occurrences::{Occurrence, Role, Symbol, occurrence_at, occurrences};
