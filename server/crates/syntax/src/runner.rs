//! Variables that the drivers in `bin/` give to scripts: one table, which every list of such
//! variables is a filter on.

/// A variable that the drivers in `bin/` know by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunnerVariable {
    /// The name of the variable.
    pub name: &'static str,
    /// Programs and helpers that give it its value before a script reads it.
    pub set_by: &'static [Setter],
    /// Use that scripts make of it.
    pub kind: RunnerVariableKind,
    /// One sentence that says what it means.
    pub doc: &'static str,
}

/// A program or helper that sets variables for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setter {
    /// `bin/config`, which sources `config.sh` to find out who an image is.
    Config,
    /// `bin/runner`, which runs `build.sh`.
    Runner,
    /// `bin/test`, which runs the scripts in `tests/`.
    Test,
    /// The helper `set-initcmd`, which `bin/runner` calls before `build.sh`.
    SetInitcmd,
}

impl Setter {
    /// The program that knows the variables by name, as a path below the scripts' directory.
    pub const fn program(self) -> &'static str {
        match self {
            Setter::Config => "bin/config",
            Setter::Runner | Setter::SetInitcmd => "bin/runner",
            Setter::Test => "bin/test",
        }
    }
}

/// Kinds of variables that the drivers know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunnerVariableKind {
    /// A directory of the checkout.
    CheckoutDirectory,
    /// A path or name that is made up for one build.
    Build,
    /// The path of the container's script.
    ContainerScript,
    /// The name of the image.
    ImageName,
    /// A field of the image's name, which `config.sh` may set differently.
    NameField,
    /// A statement of `config.sh` about the image that its name does not make.
    Declaration,
    /// A text that scripts add to.
    Text,
    /// An argument of a test.
    TestArgument,
}

use RunnerVariableKind::{
    Build, CheckoutDirectory, ContainerScript, Declaration, ImageName, NameField, TestArgument,
    Text,
};
use Setter::{Config, Runner, SetInitcmd, Test};

/// The variables that the drivers in `bin/` know, in the order in which completion offers them.
pub const RUNNER_VARIABLES: [RunnerVariable; 20] = [
    variable(
        "INSTALL",
        &[Runner],
        Build,
        "The root of the file system that is being made.",
    ),
    variable(
        "DOWNLOAD",
        &[Runner],
        Build,
        "A directory for what is downloaded: where the build script is run, and which goes away with the build.",
    ),
    variable(
        "IMAGEDIR",
        &[Runner],
        CheckoutDirectory,
        "The directory of the image that is being built.",
    ),
    variable(
        "INCLUDE",
        &[Runner, Test],
        CheckoutDirectory,
        "The directory of the shared functions, `$BASEDIR/include`.",
    ),
    variable(
        "BASEDIR",
        &[Config, Runner, Test],
        CheckoutDirectory,
        "The directory `image-scripts` of the checkout.",
    ),
    variable(
        "CONFIGURE",
        &[Runner],
        ContainerScript,
        "The script that `run-configure` runs inside of `$INSTALL`: what `configure-append` adds to.",
    ),
    variable(
        "BUILDER",
        &[Config, Test],
        Declaration,
        "The builder: the container that the image is built in. Every image has to say it.",
    ),
    variable(
        "DISTNAME",
        &[Config, Runner, Test],
        NameField,
        "The distribution of the image.",
    ),
    variable(
        "RELVER",
        &[Config, Runner, Test],
        NameField,
        "The release of the image.",
    ),
    variable(
        "ARCH",
        &[Config, Runner, Test],
        NameField,
        "The architecture of the image.",
    ),
    variable(
        "VENDOR",
        &[Config, Runner, Test],
        NameField,
        "Who makes the image.",
    ),
    variable(
        "VARIANT",
        &[Config, Runner, Test],
        NameField,
        "The variant of the image.",
    ),
    variable(
        "DATASETS",
        &[Config],
        Declaration,
        "Datasets that the container gets, `NAME=/MOUNTPOINT`, several separated by `:`.",
    ),
    variable(
        "IMAGE",
        &[Runner, Test],
        ImageName,
        "The name of the image that is being built.",
    ),
    variable(
        "BUILD_ID",
        &[Runner],
        Build,
        "The name of this build, which nothing else has.",
    ),
    variable(
        "CONFIGFILE",
        &[Runner],
        Build,
        "The file with the container configuration that goes with the image.",
    ),
    variable(
        "EXTRA_CONTAINER_CONFIG",
        &[Runner],
        Text,
        "Lines that are added to `$CONFIGFILE`.",
    ),
    variable(
        "INITCMD",
        &[SetInitcmd],
        Text,
        "The command that the container is started with; `set-initcmd` sets it.",
    ),
    variable("TEST", &[Test], TestArgument, "The name of the test."),
    variable(
        "CTID",
        &[Test],
        TestArgument,
        "The container that the test is run against.",
    ),
];

const fn variable(
    name: &'static str,
    set_by: &'static [Setter],
    kind: RunnerVariableKind,
    doc: &'static str,
) -> RunnerVariable {
    RunnerVariable {
        name,
        set_by,
        kind,
        doc,
    }
}

/// The five fields of an image's name, in the order of `bin/config`'s `read`.
pub const NAME_FIELDS: [&str; 5] = names_of(NameField);
/// The variables that hold a directory of the checkout.
pub const CHECKOUT_DIRECTORIES: [&str; 3] = names_of(CheckoutDirectory);
/// The variables whose values are made up for one build.
pub const BUILD_VARIABLES: [&str; 4] = names_of(Build);
/// The variables that `config.sh` sets beside the fields of the name.
pub const DECLARATIONS: [&str; 2] = names_of(Declaration);
/// The variable that holds the path of the container's script.
pub const CONTAINER_SCRIPT: &str = {
    let [name] = names_of(ContainerScript);
    name
};

/// The names of all variables of a kind. Does not compile where there are not just `N`.
#[expect(
    clippy::indexing_slicing,
    reason = "done by the compiler, which refuses a wrong index"
)]
const fn names_of<const N: usize>(kind: RunnerVariableKind) -> [&'static str; N] {
    let mut names = [""; N];
    let (mut at, mut found) = (0, 0);
    while at < RUNNER_VARIABLES.len() {
        if RUNNER_VARIABLES[at].kind as u8 == kind as u8 {
            names[found] = RUNNER_VARIABLES[at].name;
            found += 1;
        }
        at += 1;
    }
    assert!(found == N, "not as many variables of that kind");
    names
}

impl RunnerVariable {
    /// Finds the variable of that name, if the drivers know it.
    pub fn find(name: &str) -> Option<&'static RunnerVariable> {
        RUNNER_VARIABLES
            .iter()
            .find(|variable| variable.name == name)
    }

    /// Returns whether a program or helper gives the variable its value.
    pub fn is_set_by(&self, setter: Setter) -> bool {
        self.set_by.contains(&setter)
    }

    /// Returns whether it has a value when `build.sh` begins.
    pub fn is_set_for_build(&self) -> bool {
        self.is_set_by(Runner) || self.is_set_by(SetInitcmd)
    }

    /// Returns whether it is a part of an image's identity, which `config.sh` may set.
    pub fn is_identity(&self) -> bool {
        matches!(self.kind, NameField | Declaration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_is_there_once() {
        for (at, variable) in RUNNER_VARIABLES.iter().enumerate() {
            let same = RUNNER_VARIABLES
                .iter()
                .position(|v| v.name == variable.name);
            assert_eq!(same, Some(at), "{}", variable.name);
            assert!(!variable.set_by.is_empty(), "{}", variable.name);
            assert!(variable.doc.ends_with('.'), "{}", variable.name);
        }
    }

    #[test]
    fn lists_are_filters_on_the_table() {
        assert_eq!(
            NAME_FIELDS,
            ["DISTNAME", "RELVER", "ARCH", "VENDOR", "VARIANT"]
        );
        assert_eq!(CHECKOUT_DIRECTORIES, ["IMAGEDIR", "INCLUDE", "BASEDIR"]);
        assert_eq!(CONTAINER_SCRIPT, "CONFIGURE");
    }
}
