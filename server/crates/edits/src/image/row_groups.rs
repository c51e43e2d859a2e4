//! The groups that an image's row belongs in.

use smol_str::SmolStr;

use model::Image;
use model::table::{CGROUP_GROUPS, INIT_GROUPS};
use model::view::{Systemd, View};

/// Cgroup versions of the hosts that an image is tested on: a group of the cgroup axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostCgroups {
    /// Hosts of both versions.
    All,
    /// Hosts of version 2.
    V2,
    /// Hosts of version 1.
    V1,
}

/// Distributions that are known to have another init system: looked up only where neither the
/// scripts nor another row tell.
pub(super) const WITHOUT_SYSTEMD: [&str; 7] = [
    "alpine",
    "artix",
    "chimera",
    "devuan",
    "guix",
    "slackware",
    "void",
];

/// Facts that decide on a row's groups.
#[derive(Debug)]
pub(super) struct GroupBasis {
    /// Groups of the row that it is made after.
    pub(super) like: Vec<SmolStr>,
    /// All groups of the file, in order.
    pub(super) all: Vec<SmolStr>,
    /// The image runs systemd, for all that is known.
    pub(super) systemd: bool,
}

/// Groups of a row.
#[derive(Debug)]
pub(super) struct RowGroups {
    /// The groups, in the order of the file.
    pub(super) groups: Vec<SmolStr>,
    /// Reason why the group of the cgroup axis is in doubt, if it is.
    pub(super) doubt: Option<String>,
}

impl GroupBasis {
    /// Decides on the groups of a row. `hosts` is what the user asked for.
    pub(super) fn decide(
        &self,
        view: &View<'_>,
        image: &Image,
        hosts: Option<HostCgroups>,
    ) -> RowGroups {
        let is_axis = |name: &SmolStr| CGROUP_GROUPS.contains(&name.as_str());
        let (like_axis, mut others): (Vec<SmolStr>, Vec<SmolStr>) =
            self.like.iter().cloned().partition(is_axis);
        if !others.iter().any(|g| INIT_GROUPS.contains(&g.as_str())) {
            let group = if self.systemd {
                "systemd"
            } else {
                "non-systemd"
            };
            if self.has(group) {
                others.push(SmolStr::new_static(group));
            }
        }
        let (axis, doubt) = match hosts {
            Some(hosts) => (self.hosts(hosts), None),
            None => self.likely_hosts(view, image, like_axis),
        };
        let wanted = |g: &&SmolStr| axis.contains(g) || others.contains(g);
        RowGroups {
            groups: self.all.iter().filter(wanted).cloned().collect(),
            doubt,
        }
    }

    fn has(&self, name: &str) -> bool {
        self.all.iter().any(|group| group == name)
    }

    /// Returns the groups of the cgroup axis for some hosts, as far as the file has them.
    fn hosts(&self, hosts: HostCgroups) -> Vec<SmolStr> {
        let names: &[&'static str] = match hosts {
            HostCgroups::All if self.has("cgroupAll") => &["cgroupAll"],
            HostCgroups::All => &["cgroupv1", "cgroupv2"],
            HostCgroups::V2 => &["cgroupv2"],
            HostCgroups::V1 => &["cgroupv1"],
        };
        let known = names.iter().filter(|name| self.has(name));
        known.map(|name| SmolStr::new_static(name)).collect()
    }

    /// Returns the groups of the cgroup axis that an image most likely belongs in, and why they are
    /// in doubt. `like` are those of the row that its row is made after.
    fn likely_hosts(
        &self,
        view: &View<'_>,
        image: &Image,
        like: Vec<SmolStr>,
    ) -> (Vec<SmolStr>, Option<String>) {
        let fallback = if like.is_empty() {
            self.hosts(HostCgroups::All)
        } else {
            like
        };
        if !self.systemd {
            return (fallback, None);
        }
        match view.systemd(image) {
            Systemd::WithoutV1(_) => (self.hosts(HostCgroups::V2), None),
            // Where the release before it is of version 2 only, there was another reason.
            Systemd::WithV1 => (fallback, None),
            Systemd::Unknown(likely) => {
                let why = match likely {
                    Some(likely) => format!(
                        "{likely}; since 258 it belongs in `cgroupv2`: confirm its systemd version"
                    ),
                    None => "its systemd version is not known: since 258 it belongs in `cgroupv2`"
                        .to_owned(),
                };
                (fallback, Some(why))
            }
        }
    }
}
