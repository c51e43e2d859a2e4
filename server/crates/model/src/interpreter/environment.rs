//! Variables with their values, and trials: changes that are taken back.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::value::Value;
use syntax::runner::{CHECKOUT_DIRECTORIES, CONTAINER_SCRIPT};

/// Variables that every shell has in its environment, or sets itself. Sorted.
const SHELL_VARIABLES: [&str; 63] = [
    "BASH",
    "BASHOPTS",
    "BASHPID",
    "BASH_ALIASES",
    "BASH_ARGC",
    "BASH_ARGV",
    "BASH_ARGV0",
    "BASH_CMDS",
    "BASH_COMMAND",
    "BASH_ENV",
    "BASH_EXECUTION_STRING",
    "BASH_LINENO",
    "BASH_REMATCH",
    "BASH_SOURCE",
    "BASH_SUBSHELL",
    "BASH_VERSINFO",
    "BASH_VERSION",
    "COLUMNS",
    "COPROC",
    "COPROC_PID",
    "DIRSTACK",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HISTCMD",
    "HOME",
    "HOSTNAME",
    "HOSTTYPE",
    "IFS",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LINENO",
    "LINES",
    "LOGNAME",
    "MACHTYPE",
    "MAIL",
    "OLDPWD",
    "OPTARG",
    "OPTERR",
    "OPTIND",
    "OSTYPE",
    "PATH",
    "PIPESTATUS",
    "PPID",
    "PS1",
    "PS4",
    "PWD",
    "RANDOM",
    "REPLY",
    "SECONDS",
    "SHELL",
    "SHELLOPTS",
    "SHLVL",
    "SRANDOM",
    "SUDO_USER",
    "TERM",
    "TMPDIR",
    "UID",
    "USER",
    "_",
];

/// Returns whether a variable has a value, most likely, that no script gives it: `HOME`, `OSTYPE`.
pub fn is_shell_variable(name: &str) -> bool {
    SHELL_VARIABLES.binary_search(&name).is_ok()
}

/// Knowledge of a variable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Binding<V = Value> {
    /// No value.
    #[default]
    Unset,
    /// Any value, or none.
    Unknown,
    /// This value.
    Known(V),
}

impl From<Option<Value>> for Binding {
    /// A value as far as reading tells: `None` is unknown.
    fn from(value: Option<Value>) -> Binding {
        value.map_or(Binding::Unknown, Binding::Known)
    }
}

/// Variables that a trial changed, with what they were at its end.
pub(super) type Changes = FxHashMap<SmolStr, Binding>;

/// State before a trial, to which [`Environment::revert`] goes back.
#[derive(Debug)]
#[must_use = "a trial that is begun has to be reverted"]
pub(super) struct Checkpoint(usize);

/// The variables of a script.
#[derive(Debug)]
pub(super) struct Environment {
    /// Variables that are known or unknown; one that is unset is not in here.
    bindings: FxHashMap<SmolStr, Binding>,
    /// `$#`, and the arguments `$1` to `$9`: each call of a function gives other ones.
    arguments: [Binding; 10],
    /// Set when a variable that is not in `bindings` may have been set elsewhere.
    unset_is_unknown: bool,
    /// Variables as they were before they changed, since the first trial began; newest last.
    journal: Vec<(SmolStr, Binding)>,
    trials: usize,
}

impl Environment {
    pub(super) fn with_capacity(capacity: usize) -> Environment {
        Environment {
            bindings: FxHashMap::with_capacity_and_hasher(capacity, Default::default()),
            arguments: Default::default(),
            unset_is_unknown: false,
            journal: Vec::new(),
            trials: 0,
        }
    }

    /// The variable as a script sees it.
    pub(super) fn get(&self, name: &str) -> Binding<&Value> {
        match self.assigned(name) {
            Binding::Known(value) => Binding::Known(value),
            // What the arguments of a script are, nobody knows but who runs it.
            Binding::Unset
                if !self.unset_is_unknown && !is_argument(name) && !is_shell_variable(name) =>
            {
                Binding::Unset
            }
            _ => Binding::Unknown,
        }
    }

    /// The variable as it was last assigned: [`Binding::Unset`] where it was not.
    pub(super) fn assigned(&self, name: &str) -> &Binding {
        let argument = argument_slot(name).and_then(|slot| self.arguments.get(slot));
        let binding = argument.or_else(|| self.bindings.get(name));
        binding.unwrap_or(&Binding::Unset)
    }

    /// Gives a variable a value, or takes it away.
    pub(super) fn assign(&mut self, name: SmolStr, binding: Binding) {
        if self.trials > 0 {
            let old = self.replace(name.clone(), binding);
            self.journal.push((name, old));
        } else {
            self.replace(name, binding);
        }
    }

    fn replace(&mut self, name: SmolStr, binding: Binding) -> Binding {
        if let Some(slot) = argument_slot(&name)
            && let Some(argument) = self.arguments.get_mut(slot)
        {
            return std::mem::replace(argument, binding);
        }
        let old = match binding {
            Binding::Unset => self.bindings.remove(&name),
            binding => self.bindings.insert(name, binding),
        };
        old.unwrap_or_default()
    }

    /// Tells whether variables that are not set are taken for unknown.
    pub(super) fn is_unset_unknown(&self) -> bool {
        self.unset_is_unknown
    }

    /// Takes variables that are not set from here on for unknown, or not.
    pub(super) fn set_unset_unknown(&mut self, unknown: bool) {
        self.unset_is_unknown = unknown;
    }

    /// The number of trials that have begun and not ended.
    pub(super) fn trials(&self) -> usize {
        self.trials
    }

    /// Anything may have been set to anything. Nobody but the runner sets its own paths: they stay.
    pub(super) fn forget_all(&mut self) {
        self.unset_is_unknown = true;
        let stays = |name: &str| {
            CHECKOUT_DIRECTORIES.contains(&name)
                || name == CONTAINER_SCRIPT
                || name.starts_with('-')
        };
        let (journal, trials) = (&mut self.journal, self.trials);
        let mut forget = |name: SmolStr, binding: &mut Binding| {
            let old = std::mem::replace(binding, Binding::Unknown);
            if trials > 0 {
                journal.push((name, old));
            }
        };
        for (name, binding) in &mut self.bindings {
            if !stays(name) && *binding != Binding::Unknown {
                forget(name.clone(), binding);
            }
        }
        for (name, binding) in argument_names().zip(&mut self.arguments) {
            if matches!(binding, Binding::Known(_)) {
                forget(SmolStr::new_static(name), binding);
            }
        }
    }

    /// Begins a trial.
    pub(super) fn begin(&mut self) -> Checkpoint {
        self.trials += 1;
        Checkpoint(self.journal.len())
    }

    /// Takes back what was assigned since the trial began. Each variable is given to `changed` as
    /// often as it was assigned, and the first time with what it was at the end.
    pub(super) fn revert(
        &mut self,
        checkpoint: Checkpoint,
        mut changed: impl FnMut(SmolStr, Binding),
    ) {
        while self.journal.len() > checkpoint.0 {
            let Some((name, old)) = self.journal.pop() else {
                break;
            };
            let now = self.replace(name.clone(), old);
            changed(name, now);
        }
        self.trials -= 1;
    }

    /// Assigns what all outcomes of a branch agree on; the rest of what they change becomes
    /// unknown.
    pub(super) fn merge(&mut self, outcomes: &[&Changes]) {
        let mut names: Vec<&SmolStr> = outcomes.iter().flat_map(|o| o.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let before = self.assigned(name);
            let mut ends = outcomes.iter().map(|o| o.get(name).unwrap_or(before));
            let first = ends.next().unwrap_or(before);
            let merged = if ends.all(|end| end == first) {
                first.clone()
            } else {
                Binding::Unknown
            };
            self.assign(name.clone(), merged);
        }
    }
}

/// Names of the arguments of a function that are followed.
pub(super) const ARGUMENTS: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
/// Name of the number of arguments.
pub(super) const ARGUMENT_COUNT: &str = "#";

/// Names of the number of arguments, and of the arguments.
pub(super) fn argument_names() -> impl Iterator<Item = &'static str> {
    [ARGUMENT_COUNT].into_iter().chain(ARGUMENTS)
}

/// Returns the place of a variable among `Environment::arguments`.
fn argument_slot(name: &str) -> Option<usize> {
    match name.as_bytes() {
        [b'#'] => Some(0),
        [digit @ b'1'..=b'9'] => Some(usize::from(digit - b'0')),
        _ => None,
    }
}

/// Returns whether a name is that of an argument, `$1`, or of what bash sets, `$?`, rather than of a
/// variable.
fn is_argument(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_digit() || "@*#?!$".contains(c)) || name == "-"
}
