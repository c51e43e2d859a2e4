//! What a marker says of the test that lines are about.

use smol_str::SmolStr;

use super::LineReader;
use crate::excerpt::EXCERPT_LINES;
use crate::markers::Marker;
use crate::phase::Phase;

impl LineReader {
    /// Takes note of a marker.
    pub(super) fn mark(&mut self, marker: &Marker<'_>) {
        match *marker {
            Marker::TestBegan(path) => {
                self.state_of(path);
            }
            Marker::TestRetried(path) => {
                if let Some(state) = self.state_of(path) {
                    state.retry();
                }
                self.open.clear();
            }
            Marker::TestEnded { path, is_expected } => {
                if let Some(state) = self.state_of(path) {
                    state.is_expected = Some(is_expected);
                }
            }
            Marker::StateDirectory(image) => self.switch_to(image),
            Marker::Chosen(image) => {
                self.switch_to(image);
                self.restart(Phase::Choose);
            }
            Marker::Builds {
                image,
                builder,
                phase,
            } => {
                self.switch_to(image);
                if let Some(state) = self.state() {
                    state.builder = Some(SmolStr::new(builder));
                }
                match phase {
                    Some(Phase::Choose) => self.restart(Phase::Choose),
                    Some(phase) => self.advance(phase),
                    None => {}
                }
            }
            Marker::Sourced(image) => {
                self.switch_to(image);
                self.advance(Phase::Source);
            }
            Marker::BlockBegan => self.advance(Phase::Vm),
            Marker::Began(phase) => self.advance(phase),
            _ => self.mark_end(marker),
        }
    }

    /// Takes note of how a build or a test of the image ended.
    fn mark_end(&mut self, marker: &Marker<'_>) {
        match *marker {
            Marker::BuildFailed(image) => {
                self.switch_to(image);
                let phase = self.state().map(|state| {
                    state.image_test = None;
                    state.build_phase
                });
                self.fail(phase, 0);
            }
            Marker::BuildSucceeded(image) => {
                self.switch_to(image);
                self.pass();
            }
            Marker::Failed(phase) => {
                if let Some(phase) = phase {
                    self.advance(phase);
                }
                self.fail(phase, 0);
            }
            Marker::ContainerMade(test) => self.enter_test(test, Phase::Container),
            Marker::ImageTestBegan => {
                if let Some(state) = self.state().filter(|state| state.image_test.is_some()) {
                    state.enter(Phase::Test);
                }
            }
            Marker::ImageTestFailed(test) => self.fail_test(test),
            Marker::FailedTest { image_test, image } => {
                self.switch_to(image);
                self.in_summary = true;
                self.fail_test(image_test);
            }
            Marker::ImageTestSucceeded(test) => {
                if let Some(state) = self.state() {
                    state.forget_test(test);
                    state.image_test = None;
                    state.enter(Phase::Cleanup);
                }
            }
            Marker::ImageTestCleanup => {
                if let Some(state) = self.state().filter(|state| state.phase == Phase::Test) {
                    state.enter(Phase::Cleanup);
                    state.image_test = None;
                }
            }
            Marker::Summary { failed } => {
                if let Some(state) = self.state() {
                    state.image_test = None;
                }
                if !failed {
                    self.pass();
                }
            }
            _ => {}
        }
    }

    fn pass(&mut self) {
        if let Some(state) = self.state() {
            state.is_passed = true;
        }
    }

    fn enter_test(&mut self, test: &str, phase: Phase) {
        if let Some(state) = self.state() {
            state.image_test = Some(SmolStr::new(test));
            state.enter(phase);
        }
    }

    fn fail_test(&mut self, test: &str) {
        self.enter_test(test, Phase::Test);
        self.fail(None, EXCERPT_LINES - 4);
    }

    /// Begins the build again: a log repeats it where the exception quotes the output.
    fn restart(&mut self, phase: Phase) {
        self.in_summary = false;
        if let Some(state) = self.state() {
            state.image_test = None;
            state.enter(phase);
        }
    }

    fn advance(&mut self, phase: Phase) {
        if let Some(state) = self.state() {
            state.advance(phase);
        }
    }
}
