//! The groups that an image's row belongs in.

use smol_str::SmolStr;

use super::test_row::RowRequest;
use model::Image;
use model::table::{CGROUP_GROUPS, INIT_GROUPS, ResolvedRow};
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

/// Init system of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitSystem {
    /// systemd.
    Systemd,
    /// Any other one.
    Other,
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
    /// The image runs systemd, or another init system, for all that is known.
    pub(super) systemd: Option<bool>,
    /// Reason why all of that may be different, where the row that it is made after is of another track.
    pub(super) likened: Option<String>,
}

/// Groups of a row.
#[derive(Debug)]
pub(super) struct RowGroups {
    /// The groups, in the order of the file.
    pub(super) groups: Vec<SmolStr>,
    /// Reason why the group of the cgroup axis is in doubt, if it is.
    pub(super) doubt: Option<String>,
    /// Groups of which the row should be in one, and is in none because nothing tells which.
    undecided: Vec<Undecided>,
}

/// An axis of groups that nothing decides on.
#[derive(Debug)]
struct Undecided {
    what: &'static str,
    option: &'static str,
    groups: Vec<SmolStr>,
}

impl RowGroups {
    /// Returns the groups of another row.
    pub(super) fn same_as(groups: &[SmolStr]) -> RowGroups {
        RowGroups {
            groups: groups.to_vec(),
            doubt: None,
            undecided: Vec::new(),
        }
    }

    /// Returns what of these groups a row is to be added to that is in some groups already, and whether
    /// the user asked for something that it is in another group for. What the user does not ask for is
    /// added where the row `is_own` of its release.
    pub(super) fn missing_from(
        self,
        own: &[SmolStr],
        request: &RowRequest<'_>,
        is_own: bool,
    ) -> (RowGroups, bool) {
        let is_in = |axis: &[&str]| own.iter().any(|group| axis.contains(&group.as_str()));
        // Without systemd a row may be in none, on purpose.
        let wants_hosts = is_own && !own.iter().any(|group| group == "non-systemd");
        let hosts = !is_in(&CGROUP_GROUPS) && (request.hosts.is_some() || wants_hosts);
        let init = !is_in(&INIT_GROUPS) && (request.init.is_some() || is_own);
        let is_missing = |group: &str| match group {
            group if CGROUP_GROUPS.contains(&group) => hosts,
            group if INIT_GROUPS.contains(&group) => init,
            _ => is_own && own.is_empty(),
        };
        let is_unused = (request.hosts.is_some() && !hosts) || (request.init.is_some() && !init);
        let groups = self.groups.into_iter().filter(|group| is_missing(group));
        let is_undecided = |axis: &Undecided| axis.groups.iter().any(|group| is_missing(group));
        let missing = RowGroups {
            groups: groups.collect(),
            doubt: self.doubt.filter(|_| hosts),
            undecided: self.undecided.into_iter().filter(is_undecided).collect(),
        };
        (missing, is_unused)
    }

    /// Returns what is said of the groups that a row is not in.
    pub(super) fn note(&self, key: &str) -> Option<String> {
        let undecided = || self.undecided.iter();
        if self.undecided.is_empty() {
            return None;
        }
        let join = |texts: Vec<String>, with: &str| texts.join(with);
        let what = undecided().map(|axis| axis.what.to_owned()).collect();
        let options = undecided().map(|axis| axis.option.to_owned()).collect();
        let groups = undecided().map(|axis| {
            let names = axis.groups.iter().map(|group| format!("`{group}`"));
            format!("in one of {}", names.collect::<Vec<_>>().join(", "))
        });
        Some(format!(
            "{} of `{key}` {} not known: say so with {}, or write the row by hand {}",
            join(what, " and "),
            if self.undecided.len() == 1 {
                "is"
            } else {
                "are"
            },
            join(options, " and "),
            join(groups.collect(), ", and "),
        ))
    }
}

/// Words in names of images that say the init system, and whether that is systemd.
const INIT_WORDS: [(&str, bool); 6] = [
    ("systemd", true),
    ("openrc", false),
    ("runit", false),
    ("s6", false),
    ("dinit", false),
    ("sysvinit", false),
];

impl GroupBasis {
    /// Returns the basis of an image's row that is made after that of another track: what the name says
    /// of the init system comes first, and all is in doubt. `name` is that of the image.
    pub(super) fn of_other_track(self, like: Option<&ResolvedRow<'_>>, name: &str) -> GroupBasis {
        let Some(like) = like.filter(|_| !self.like.is_empty()) else {
            return self;
        };
        let said = INIT_WORDS
            .iter()
            .find(|(word, _)| name.split('-').any(|field| field == *word));
        let said = said.map(|(_, is_systemd)| *is_systemd);
        let is_other = said.is_some() && said != self.systemd;
        let key = &like.row.key.value;
        let likened = match is_other {
            true => format!("by its name: `{key}` has another init system; confirm its groups"),
            false => format!("as `{key}`, which is of another track: confirm its groups"),
        };
        GroupBasis {
            // Those of another init system say nothing.
            like: if is_other { Vec::new() } else { self.like },
            systemd: said.or(self.systemd),
            likened: Some(likened),
            ..self
        }
    }

    /// Decides on the groups of a row.
    pub(super) fn decide(
        &self,
        view: &View<'_>,
        image: &Image,
        request: &RowRequest<'_>,
    ) -> RowGroups {
        let is_axis = |name: &SmolStr| CGROUP_GROUPS.contains(&name.as_str());
        let is_init = |name: &SmolStr| INIT_GROUPS.contains(&name.as_str());
        let (like_axis, mut others): (Vec<SmolStr>, Vec<SmolStr>) =
            self.like.iter().cloned().partition(is_axis);
        let given = request.init.map(|init| init == InitSystem::Systemd);
        let systemd = given.or(self.systemd);
        if given.is_some() {
            others.retain(|group| !is_init(group));
        }
        let mut undecided = Vec::new();
        if !others.iter().any(is_init) {
            match systemd {
                Some(true) => others.extend(self.existing(&["systemd"])),
                Some(false) => others.extend(self.existing(&["non-systemd"])),
                None => undecided.push(Undecided {
                    what: "the init system",
                    option: "`--init`",
                    groups: self.existing(&INIT_GROUPS),
                }),
            }
        }
        let (axis, doubt) = match request.hosts {
            Some(hosts) => (self.hosts(hosts), None),
            None => self.likely_hosts(view, image, systemd, like_axis),
        };
        // Without systemd a row may be in none, on purpose.
        if axis.is_empty() && systemd != Some(false) && request.hosts.is_none() {
            undecided.push(Undecided {
                what: "the systemd version",
                option: "`--cgroup`",
                groups: self.existing(&CGROUP_GROUPS),
            });
        }
        undecided.retain(|axis| !axis.groups.is_empty());
        let wanted = |g: &&SmolStr| axis.contains(g) || others.contains(g);
        let is_given = request.hosts.is_some() && request.init.is_some();
        let likened = self.likened.clone().filter(|_| !is_given);
        RowGroups {
            groups: self.all.iter().filter(wanted).cloned().collect(),
            doubt: doubt.or(likened),
            undecided,
        }
    }

    /// Returns those of some groups that the file has.
    fn existing(&self, names: &[&'static str]) -> Vec<SmolStr> {
        let known = names.iter().filter(|name| self.has(name));
        known.map(|name| SmolStr::new_static(name)).collect()
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
        self.existing(names)
    }

    /// Returns the groups of the cgroup axis that an image most likely belongs in, and why they are
    /// in doubt; none where nothing tells. `like` are those of the row that its row is made after.
    fn likely_hosts(
        &self,
        view: &View<'_>,
        image: &Image,
        systemd: Option<bool>,
        like: Vec<SmolStr>,
    ) -> (Vec<SmolStr>, Option<String>) {
        let like_or_all = |like: Vec<SmolStr>| {
            if like.is_empty() {
                self.hosts(HostCgroups::All)
            } else {
                like
            }
        };
        if systemd == Some(false) {
            return (like_or_all(like), None);
        }
        match view.systemd(image) {
            Systemd::WithoutV1(_) => (self.hosts(HostCgroups::V2), None),
            // Where the release before it is of version 2 only, there was another reason.
            Systemd::WithV1 => (like_or_all(like), None),
            Systemd::Unknown(_) if like.is_empty() => (like, None),
            // What a later release has is no older.
            Systemd::Unknown(_) if like == ["cgroupv2"] => (like, None),
            Systemd::Unknown(likely) => {
                let why = match likely {
                    Some(likely) => format!(
                        "{likely}; since 258 it belongs in `cgroupv2`: confirm its systemd version"
                    ),
                    None => "its systemd version is not known: since 258 it belongs in `cgroupv2`"
                        .to_owned(),
                };
                (like, Some(why))
            }
        }
    }
}
