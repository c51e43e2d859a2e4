//! What a marker says of the test that lines are about.

use smol_str::SmolStr;

use super::{Header, LineReader};
use crate::excerpt::EXCERPT_LINES;
use crate::markers::Marker;
use crate::phase::Phase;

impl LineReader {
    /// Takes note of a marker.
    pub(super) fn mark(&mut self, number: usize, marker: &Marker<'_>) {
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
            Marker::Chosen { image, status } => {
                self.switch_to(image);
                self.restart(Phase::Choose);
                let is_new = self.header.is_some();
                self.header = self.header.map(|_| Header::OfOsctlImage);
                if let Some(state) = self.state().filter(|_| is_new || status.is_some()) {
                    state.exit_status = status;
                }
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
            Marker::BlockBegan => {
                self.header = Some(Header::Other);
                self.advance(Phase::Vm);
            }
            Marker::Status(status) => {
                if self.header == Some(Header::OfOsctlImage)
                    && let Some(state) = self.state()
                {
                    state.exit_status = Some(status);
                }
            }
            Marker::OutputBegan => self.header = None,
            Marker::Began(phase) => self.advance(phase),
            Marker::Retried { all } => {
                if let Some(state) = self.state() {
                    state.try_again((!all).then_some(number));
                }
            }
            Marker::ScriptBegan(name) => self.enter_script(name),
            Marker::ScriptEnded(name) => self.end_script(name),
            Marker::ScriptFailed(name) => self.fail_script(name),
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
            Marker::TimedOut(image) => {
                self.switch_to(image);
                self.fail(None, 0);
            }
            Marker::Failed(phase) => {
                if let Some(phase) = phase {
                    self.advance(phase);
                }
                self.fail(phase, 0);
            }
            Marker::ContainerMade { container, test } => {
                self.enter_test(test, Phase::Container);
                if let Some(state) = self.state() {
                    state.use_container(container, test);
                }
            }
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
            state.pass();
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
