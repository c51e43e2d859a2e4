//! Tools of the black-box tests of image-scripts-ls.

pub mod checkout;
pub mod client;
pub mod command;
pub mod editor;
pub mod model;
pub mod project;
pub mod random;
pub mod report;
pub mod system_calls;
pub mod upstream;

/// The program under test.
#[macro_export]
macro_rules! program {
    () => {
        env!("CARGO_BIN_EXE_image-scripts-ls-under-test")
    };
}
