//! All input and output: finding checkouts, reading and watching their files, git, `bash -n`, and
//! applying changes.

pub mod apply;
pub mod bash;
pub mod disk;
mod documents;
pub mod git;
pub mod root;

pub use disk::{Overlay, inputs_of_this_machine, read, refresh};
pub use documents::documents;
pub use root::{CHECKOUT_CONTENTS, Root, find};
