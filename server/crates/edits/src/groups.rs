//! The groups that a row belongs in.

use smol_str::SmolStr;

use model::Image;
use model::table::{CGROUP_GROUPS, INIT_GROUPS};
use model::view::{Systemd, View};

/// A group of the cgroup axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cgroup {
    /// Hosts of both versions.
    All,
    /// Hosts of version 2.
    V2,
    /// Hosts of version 1.
    V1,
}

/// Distributions that are known to have another init: asked only where neither the scripts nor
/// another row tell.
pub(super) const WITHOUT_SYSTEMD: [&str; 7] = [
    "alpine",
    "artix",
    "chimera",
    "devuan",
    "guix",
    "slackware",
    "void",
];

/// What a row's groups are decided by.
#[derive(Debug)]
pub(super) struct Membership {
    /// The groups of the row that it is made after.
    pub(super) like: Vec<SmolStr>,
    /// All groups of the file, in order.
    pub(super) all: Vec<SmolStr>,
    /// Whether its image runs systemd, where that is known.
    pub(super) systemd: Option<bool>,
}

impl Membership {
    /// The groups that the row belongs in, in the order of the file, and why the one of the cgroup
    /// axis is in doubt, if it is.
    pub(super) fn decide(
        &self,
        view: &View<'_>,
        image: &Image,
        cgroup: Option<Cgroup>,
    ) -> (Vec<SmolStr>, Option<String>) {
        let has = |name: &str| self.all.iter().any(|g| g == name);
        let is_axis = |name: &SmolStr| CGROUP_GROUPS.contains(&name.as_str());
        let (like_axis, mut others): (Vec<SmolStr>, Vec<SmolStr>) =
            self.like.iter().cloned().partition(is_axis);
        if !others.iter().any(|g| INIT_GROUPS.contains(&g.as_str())) {
            let group = match self.systemd {
                Some(true) => Some("systemd"),
                Some(false) => Some("non-systemd"),
                None => None,
            };
            others.extend(group.filter(|g| has(g)).map(SmolStr::new_static));
        }
        let (axis, why) = cgroup_for(view, image, self.systemd, like_axis, cgroup, &has);
        let wanted = |g: &&SmolStr| axis.contains(g) || others.contains(g);
        (self.all.iter().filter(wanted).cloned().collect(), why)
    }
}

/// The groups of the cgroup axis that an image belongs in.
fn cgroup_for(
    view: &View<'_>,
    image: &Image,
    systemd: Option<bool>,
    like: Vec<SmolStr>,
    asked: Option<Cgroup>,
    has: &dyn Fn(&str) -> bool,
) -> (Vec<SmolStr>, Option<String>) {
    let both: Vec<SmolStr> = if has("cgroupAll") {
        vec![SmolStr::new_static("cgroupAll")]
    } else {
        ["cgroupv1", "cgroupv2"]
            .into_iter()
            .filter(|g| has(g))
            .map(SmolStr::new_static)
            .collect()
    };
    let only = |name: &'static str| {
        if has(name) {
            vec![SmolStr::new_static(name)]
        } else {
            Vec::new()
        }
    };
    match asked {
        Some(Cgroup::All) => return (both, None),
        Some(Cgroup::V2) => return (only("cgroupv2"), None),
        Some(Cgroup::V1) => return (only("cgroupv1"), None),
        None => {}
    }
    let fallback = if like.is_empty() { both } else { like };
    if systemd == Some(false) {
        return (fallback, None);
    }
    match view.systemd(image) {
        Systemd::WithoutV1(_) => (only("cgroupv2"), None),
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
