//! Phases of a test, in the order in which they come.

/// Phase of the test of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Phase {
    /// Not known.
    #[default]
    Unknown,
    /// The virtual machine starts.
    Vm,
    /// The image and its tests are looked for.
    Choose,
    /// The builder's image is fetched.
    FetchBuilder,
    /// The builder waits for its network.
    BuilderNetwork,
    /// `setup.sh` of the builder.
    BuilderSetup,
    /// Datasets are made.
    Prepare,
    /// `build.sh` is read, up to its first step.
    Source,
    /// The root file system is made.
    Bootstrap,
    /// The container's script is executed in it.
    Configure,
    /// The configuration of the container is written.
    Finish,
    /// The image is packed.
    Export,
    /// A container is made of the image.
    Container,
    /// A test of the image.
    Test,
    /// What was made is removed.
    Cleanup,
}

impl Phase {
    /// Returns the name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Unknown => "unknown",
            Phase::Vm => "vm",
            Phase::Choose => "choose",
            Phase::FetchBuilder => "fetch-builder",
            Phase::BuilderNetwork => "builder-network",
            Phase::BuilderSetup => "builder-setup",
            Phase::Prepare => "prepare",
            Phase::Source => "source",
            Phase::Bootstrap => "bootstrap",
            Phase::Configure => "configure",
            Phase::Finish => "finish",
            Phase::Export => "export",
            Phase::Container => "container",
            Phase::Test => "test",
            Phase::Cleanup => "cleanup",
        }
    }

    /// Returns whether the image is built in it.
    pub(crate) fn is_build(self) -> bool {
        (Phase::Choose..=Phase::Export).contains(&self)
    }
}
