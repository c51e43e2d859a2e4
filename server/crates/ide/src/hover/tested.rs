//! The last run of an image's VM test, in its hover.

use super::text;
use container::tested::{TestState, Tested};

/// Describes the last run of a test, on one line.
pub fn tested_line(tested: &Tested) -> String {
    let verb = match tested.passed {
        Some(true) => "passed",
        Some(false) => "failed",
        None => "ended",
    };
    let ended = tested.ended.as_deref().unwrap_or("a day that is not known");
    let says = match tested.state {
        TestState::Passed | TestState::Failed => {
            format!("{verb} on {ended}, with what the image reads now")
        }
        TestState::Older => format!(
            "{verb} on {ended}, before changes of {}",
            text::few(&text::in_order(&tested.changed))
        ),
        TestState::Never => "never".to_owned(),
        TestState::Unknown => match tested.why {
            Some(why) => format!("unknown: {why}"),
            None => "unknown".to_owned(),
        },
    };
    format!("Last test: {says}")
}
