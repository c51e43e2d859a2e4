//! Handlers: each file answers one method of the protocol, or a family of them.
//!
//! - `navigation`: definition, references, highlights, rename;
//! - `hover`: hover and signature help; `completion`;
//! - `outline`: symbols and links; `calls`: call hierarchy;
//! - `lenses_and_hints`: code lenses and inlay hints;
//! - `actions`: code actions; `commands`: `workspace/executeCommand`;
//! - `file_operations`: `workspace/will*Files`;
//! - `images`, `open_values`: requests of our own for clients that list images, and values to verify;
//!   `triage`: for those that run tests; `render`, `policy`: for those that show what a build generates, and does to its container;
//! - `semantic_tokens`.

pub(super) mod actions;
pub(super) mod calls;
pub(super) mod commands;
pub(super) mod completion;
pub(super) mod file_operations;
pub(super) mod hover;
pub(super) mod images;
pub(super) mod lenses_and_hints;
mod markup;
pub(super) mod navigation;
mod notes;
pub(super) mod open_values;
pub(super) mod outline;
pub(super) mod policy;
pub(super) mod render;
pub(super) mod semantic_tokens;
pub(super) mod triage;
