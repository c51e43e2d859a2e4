//! Causes of failed test runs, from what was logged.
//!
//! A [`Reader`] is fed with a log in pieces of any size and keeps little of it. Its layers, from the
//! outside in:
//! - `lines`: pieces to lines of bounded length, without what a CI, a terminal or a serial console
//!   put around them;
//! - `markers`: the lines by which the test runner, osctl-image and the image tests say what they
//!   are doing;
//! - `state`: for each test, the phase it is in, and the lines that may be causes;
//! - `matcher`: lines to entries of the catalogue;
//! - `choice`: of these lines the first cause, never one that only follows from another.
//!
//! The catalogue is data: `catalogue/*.json`, one file for each tool. [`explain`] leads from a cause to
//! the ranges in the checkout that it comes from, [`fixes_of`] to what can be changed there.
//!
//! Nothing of a log is trusted: it is text to compare, never a path to open.

mod catalogue;
mod choice;
mod excerpt;
mod explanation;
mod lines;
mod markers;
mod matcher;
mod origin;
mod page;
mod phase;
mod reader;
mod remedy;
mod report;
mod sieve;
mod sources;
mod state;
mod url;

pub use catalogue::{Entry, Role, Verdict, catalogue, entry};
pub use explanation::{Explanation, explain, fit_to_checkout};
pub use matcher::{matches_of, required_text};
pub use origin::Origin;
pub use page::all_pages;
pub use phase::Phase;
pub use reader::Reader;
pub use remedy::fixes_of;
pub use report::{Cause, LogLine, SharedCause, TestRun, shared_causes};
