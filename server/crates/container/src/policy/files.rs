//! Files of the container, and the units and drop-ins that some of them are.

use super::super::state::{FileState, FileStateKind};
use super::commands::unit_name;
use super::{Collector, Topic};

/// The directories of units that an administrator makes.
const UNITS: &str = "/etc/systemd/system/";
/// Directories whose links are the services that are started.
const SERVICES: [&str; 2] = ["/etc/runit/runsvdir/default/", "/var/service/"];

impl Collector<'_> {
    /// Adds a file that is written, by its path in the container.
    pub(super) fn file(&mut self, path: &str, file: &FileState) {
        if passes(path) {
            return;
        }
        if !is_known(path, file.kind) {
            self.unclear.insert(Topic::File);
            let start = path.split(UNKNOWN).next().unwrap_or_default();
            if UNITS.starts_with(start) || start.starts_with(UNITS) {
                self.unclear.insert(Topic::Unit);
            }
            let is_pattern = !path.contains(['⟦', '{', '$']);
            if file.kind == FileStateKind::File && is_pattern && path != WHOLE_SYSTEM {
                // Which files these are, only the container tells.
                let at = (file.at, file.is_uncertain || !file.conditions.is_empty());
                self.push_item((Topic::File, "write"), path, Vec::new(), at);
            }
            return;
        }
        let at = (file.at, file.is_uncertain || !file.conditions.is_empty());
        let leads_to = match file.kind {
            FileStateKind::Link => file.text.known(),
            _ => None,
        };
        if let Some(unit) = path.strip_prefix(UNITS)
            && self.unit_file(unit, file, leads_to.as_deref())
        {
            return;
        }
        let service = SERVICES.iter().find_map(|folder| path.strip_prefix(folder));
        if let Some(service) = service {
            let action = match file.kind {
                FileStateKind::Removed => "disable",
                _ => "enable",
            };
            return self.push_item((Topic::Unit, action), service, Vec::new(), at);
        }
        let action = match file.kind {
            FileStateKind::File => "write",
            FileStateKind::Added => "append",
            FileStateKind::Link => "link",
            FileStateKind::Directory => "make",
            FileStateKind::Removed => "remove",
        };
        let details = leads_to.map(|path| format!("-> {path}"));
        self.push_item(
            (Topic::File, action),
            path,
            details.into_iter().collect(),
            at,
        );
    }

    /// Adds a file in the directory of units. Returns whether that says it all.
    fn unit_file(&mut self, unit: &str, file: &FileState, leads_to: Option<&str>) -> bool {
        let at = (file.at, file.is_uncertain || !file.conditions.is_empty());
        if leads_to == Some("/dev/null") {
            self.push_item((Topic::Unit, "mask"), &unit_name(unit), Vec::new(), at);
            return true;
        }
        match unit.split_once('/') {
            Some((folder, name)) if folder.ends_with(".wants") || folder.ends_with(".requires") => {
                let action = match file.kind {
                    FileStateKind::Link => "enable",
                    FileStateKind::Removed => "disable",
                    _ => return false,
                };
                self.push_item((Topic::Unit, action), &unit_name(name), Vec::new(), at);
                true
            }
            Some((folder, _)) if file.kind != FileStateKind::Removed => {
                let Some(unit) = folder.strip_suffix(".d") else {
                    return false;
                };
                let details = settings(&file.text.shown());
                self.push_item((Topic::Unit, "drop-in"), &unit_name(unit), details, at);
                true
            }
            None if file.kind == FileStateKind::File => {
                self.push_item((Topic::Unit, "define"), &unit_name(unit), Vec::new(), at);
                true
            }
            _ => false,
        }
    }
}

/// What a system is unpacked to: it is what the image's policy is about.
const WHOLE_SYSTEM: &str = "/*";

/// Beginnings of what is not known of a path.
const UNKNOWN: [char; 6] = ['⟦', '*', '?', '[', '{', '$'];

/// Returns whether a path is one that does not stay in the container.
fn passes(path: &str) -> bool {
    let folders = ["/tmp", "/dev", "/proc", "/sys", "/run"];
    let mut below = folders
        .iter()
        .filter_map(|folder| path.strip_prefix(folder));
    below.any(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns whether a path is that of a file, or of the files of a pattern that are removed.
fn is_known(path: &str, kind: FileStateKind) -> bool {
    let is_unknown = |c: char| match kind {
        FileStateKind::Removed => ['⟦', '{', '$'].contains(&c),
        _ => UNKNOWN.contains(&c),
    };
    path.starts_with('/') && !path.contains(is_unknown)
}

/// The settings of a unit's file, each with its section.
fn settings(text: &str) -> Vec<String> {
    let mut section = "";
    let mut settings = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') && line.ends_with(']') {
            section = line;
        } else if !line.is_empty() && !line.starts_with(['#', ';']) {
            settings.push(format!("{section} {line}").trim_start().to_owned());
        }
    }
    settings
}
