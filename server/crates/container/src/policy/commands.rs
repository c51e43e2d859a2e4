//! Programs whose calls say what becomes of units, packages and users.

use super::super::state::ProgramCall;
use super::words::Words;
use super::{Collector, Topic};
use model::FileRange;

/// A program that installs and removes packages, with its words for it.
struct PackageManager {
    names: &'static [&'static str],
    installs: &'static [&'static str],
    removes: &'static [&'static str],
    /// Options whose value is the next argument.
    valued: &'static [&'static str],
}

const PACKAGE_MANAGERS: [PackageManager; 5] = [
    PackageManager {
        names: &["apt", "apt-get", "aptitude"],
        installs: &["install"],
        removes: &["purge", "remove"],
        valued: &["-o", "-t"],
    },
    PackageManager {
        names: &["dnf", "dnf5", "yum", "microdnf"],
        installs: &["install", "groupinstall"],
        removes: &["erase", "remove"],
        valued: &["-c"],
    },
    PackageManager {
        names: &["zypper"],
        installs: &["install", "in"],
        removes: &["remove", "rm"],
        valued: &["--root"],
    },
    PackageManager {
        names: &["apk", "apk.static"],
        installs: &["add"],
        removes: &["del"],
        valued: &["--root", "--arch", "--keys-dir"],
    },
    PackageManager {
        names: &["slackpkg"],
        installs: &["install"],
        removes: &["remove"],
        valued: &[],
    },
];

/// Programs whose arguments are packages alone, with what they do and the options that have values.
const INSTALLERS: [(&str, &str, &[&str]); 4] = [
    ("xbps-install", "install", &["-r", "-R"]),
    ("xbps-remove", "remove", &["-r"]),
    ("emerge", "install", &[]),
    ("pacstrap", "install", &["-C"]),
];

/// Programs that change users and groups.
const USER_PROGRAMS: [&str; 10] = [
    "adduser", "chpasswd", "chsh", "groupadd", "groupdel", "groupmod", "passwd", "useradd",
    "userdel", "usermod",
];

/// What a program changes.
fn topic_of(words: &Words) -> Option<Topic> {
    let name = words.name.as_str();
    let is_installer = INSTALLERS.iter().any(|(other, ..)| *other == name);
    let is_manager = PACKAGE_MANAGERS
        .iter()
        .any(|manager| manager.names.contains(&name));
    match name {
        "systemctl" | "rc-update" | "dinitctl" | "update-rc.d" => Some(Topic::Unit),
        "debootstrap" | "pacman" => Some(Topic::Package),
        "sed" => Some(Topic::File),
        _ if USER_PROGRAMS.contains(&name) => Some(Topic::User),
        _ => (is_installer || is_manager).then_some(Topic::Package),
    }
}

/// What `systemctl` does to units.
fn unit_action(verb: &str) -> Option<&'static str> {
    Some(match verb {
        "mask" => "mask",
        "unmask" => "unmask",
        "enable" => "enable",
        "disable" => "disable",
        "start" | "restart" => "start",
        "stop" => "stop",
        "set-default" => "set-default",
        _ => return None,
    })
}

/// The name of a unit with its kind, which `systemctl` adds.
pub(super) fn unit_name(name: &str) -> String {
    const KINDS: [&str; 11] = [
        "automount",
        "device",
        "mount",
        "path",
        "scope",
        "service",
        "slice",
        "socket",
        "swap",
        "target",
        "timer",
    ];
    let kind = name.rsplit_once('.').map(|(_, kind)| kind);
    match kind.filter(|kind| KINDS.contains(kind)) {
        Some(_) => name.to_owned(),
        None => format!("{name}.service"),
    }
}

/// Takes note of what is done to something, by its name and the range that it is written at.
type Push<'p> = &'p mut dyn FnMut(Topic, &'static str, &str, FileRange);

impl Collector<'_> {
    /// Adds what a program does.
    pub(super) fn call(&mut self, call: &ProgramCall) {
        let Some(words) = Words::of(call) else {
            return;
        };
        if words.name.is_empty() {
            // Whatever it is that is called.
            self.unclear.extend(Topic::ALL);
        } else if words.is_unclear {
            self.unclear.extend(topic_of(&words));
        }
        let push: Push<'_> = &mut |topic, action, name, at| {
            self.push(
                (topic, action),
                name,
                Vec::new(),
                (at, call.conditions.as_slice()),
            );
        };
        match words.name.as_str() {
            "systemctl" => systemctl(&words, push),
            "rc-update" | "dinitctl" | "update-rc.d" => service(&words, push),
            "debootstrap" => {
                for (option, action) in [("--include", "install"), ("--exclude", "exclude")] {
                    let packages = words.value_of(option).unwrap_or_default();
                    let packages = packages.split(',').filter(|package| !package.is_empty());
                    packages.for_each(|package| push(Topic::Package, action, package, call.at));
                }
            }
            "sed" if words.has("--in-place") || words.has_letter('i') => {
                let script = usize::from(!words.has_letter('e') && !words.has_letter('f'));
                let paths = words.operands(&["-e", "-f"]).into_iter().skip(script);
                let paths = paths.filter(|(path, _)| path.starts_with('/'));
                paths.for_each(|(path, at)| push(Topic::File, "edit", path, at));
            }
            name if USER_PROGRAMS.contains(&name) => {
                let known: Option<Vec<String>> = words.arguments.iter().cloned().collect();
                if let Some(arguments) = known {
                    let line = format!("{name} {}", arguments.join(" "));
                    push(Topic::User, "change", line.trim_end(), call.at);
                }
            }
            _ => packages(&words, push),
        }
    }
}

/// Adds the units that `systemctl` changes.
fn systemctl(words: &Words, push: Push<'_>) {
    let operands = words.operands(&["--root", "-t"]);
    let Some(((verb, _), units)) = operands.split_first() else {
        return;
    };
    let Some(action) = unit_action(verb) else {
        return;
    };
    let now = match action {
        "enable" => Some("start"),
        "disable" => Some("stop"),
        _ => None,
    };
    let now = now.filter(|_| words.has("--now"));
    for (unit, at) in units {
        for action in [Some(action), now].into_iter().flatten() {
            push(Topic::Unit, action, &unit_name(unit), *at);
        }
    }
}

/// Adds the service that a tool of another init switches on or off.
fn service(words: &Words, push: Push<'_>) {
    let operands = words.operands(&[]);
    let [(first, first_at), (second, second_at), ..] = operands.as_slice() else {
        return;
    };
    match (words.name.as_str(), *first, *second) {
        ("update-rc.d", service, "defaults" | "enable") => {
            push(Topic::Unit, "enable", service, *first_at);
        }
        ("update-rc.d", service, "disable" | "remove") => {
            push(Topic::Unit, "disable", service, *first_at);
        }
        (_, "add" | "enable", service) => push(Topic::Unit, "enable", service, *second_at),
        (_, "del" | "delete" | "disable", service) => {
            push(Topic::Unit, "disable", service, *second_at);
        }
        _ => {}
    }
}

/// Adds the packages that a program installs or removes.
fn packages(words: &Words, push: Push<'_>) {
    let name = words.name.as_str();
    if let Some((_, action, valued)) = INSTALLERS.iter().find(|(other, ..)| *other == name) {
        // A directory, and sets of packages, are none.
        for (package, at) in words.operands(valued) {
            if !package.starts_with(['/', '@', '$']) {
                push(Topic::Package, action, package, at);
            }
        }
        return;
    }
    let is_pacman = name == "pacman";
    let mut managers = PACKAGE_MANAGERS.iter();
    let manager = managers.find(|manager| manager.names.contains(&name));
    let operands = words.operands(manager.map_or(&[], |manager| manager.valued));
    let (verb, prefix, packages) = match operands.as_slice() {
        packages if is_pacman && words.has_letter('S') => ("install", "", packages),
        packages if is_pacman && words.has_letter('R') => ("remove", "", packages),
        [("group", _), (verb, _), packages @ ..] => (*verb, "@", packages),
        [(verb @ "groupinstall", _), packages @ ..] => (*verb, "@", packages),
        [(verb, _), packages @ ..] => (*verb, "", packages),
        [] => return,
    };
    let (installs, removes) = match manager {
        Some(manager) => (
            manager.installs.contains(&verb),
            manager.removes.contains(&verb),
        ),
        None => (
            is_pacman && verb == "install",
            is_pacman && verb == "remove",
        ),
    };
    let action = match (installs, removes) {
        (true, _) => "install",
        (_, true) => "remove",
        _ => return,
    };
    for (package, at) in packages {
        push(Topic::Package, action, &format!("{prefix}{package}"), *at);
    }
}
