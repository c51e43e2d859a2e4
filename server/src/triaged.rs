//! Tests that a log tells of, as the command line and editors ask for them.

use smol_str::SmolStr;

use triage::TestRun;

/// Keeps the tests of one image. A log that names none is about the one that the user names.
pub(crate) fn of_image(test_runs: &mut Vec<TestRun>, image: &str) {
    if let [only] = test_runs.as_mut_slice()
        && only.image.is_none()
    {
        only.image = Some(SmolStr::new(image));
    }
    test_runs.retain(|test_run| test_run.image.as_deref() == Some(image));
}
