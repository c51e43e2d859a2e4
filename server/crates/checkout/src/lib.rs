//! All input and output: finding checkouts, reading and watching their files, git, the programs that
//! are asked about scripts, and applying changes.

pub mod apply;
mod attributes;
pub mod bash;
pub mod beneath;
mod child;
mod containers;
mod deleted;
pub mod disk;
mod documents;
pub mod git;
pub mod logs;
mod page_cache;
pub mod process;
pub mod programs;
mod reader;
pub mod root;
pub mod shellcheck;
mod surroundings;
pub mod test_results;
mod text;
pub mod user_file;

pub use beneath::{EntryKind, OpenError, RootDir};
pub use containers::ContainerChecks;
pub use deleted::deleted_files;
pub use disk::{Overlay, inputs_of_this_machine, is_directory, read, read_text, refresh, today};
pub use documents::{documents, documents_at};
pub use page_cache::PageCache;
pub use root::{CHECKOUT_CONTENTS, Root, find};
pub use surroundings::surroundings;
pub use text::refused;
