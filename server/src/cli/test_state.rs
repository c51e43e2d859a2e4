//! The option that says where results of tests are, and these results.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use smol_str::SmolStr;

use analysis::Snapshot;
use checkout::test_results::{StateDirectory, TestResults};
use container::BuildCache;
use container::tested::Tested;

#[derive(Args)]
pub(super) struct TestStateOption {
    /// The state directory of the test runner, with the results of tests; by default the one that it
    /// uses by itself, `$TMPDIR/os-test-runner`.
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
}

impl TestStateOption {
    /// Returns the last test of each image that is wanted, by its name.
    pub(super) fn tested(
        &self,
        snapshot: &Snapshot,
        is_wanted: impl Fn(&SmolStr) -> bool,
    ) -> Result<BTreeMap<SmolStr, Tested>, String> {
        let chosen = self.state_dir.as_deref();
        if let Some(chosen) = chosen.filter(|chosen| !chosen.is_dir()) {
            return Err(format!("{}: no such directory", chosen.display()));
        }
        let (state, builds) = (StateDirectory::new(chosen), BuildCache::default());
        Ok(TestResults::read(&state, snapshot, &builds, &[]).of_images(is_wanted))
    }
}
