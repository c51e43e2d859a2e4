//! What else a policy says at a glance: of the network and of cgroups.

use super::{Policy, PolicyItem};

/// An arrangement of a container that units, packages and files are parts of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrangement {
    /// The network: addresses, routes, names.
    Network,
    /// Cgroups.
    Cgroups,
}

/// Parts of the names of what configures the network.
const NETWORK: [&str; 8] = [
    "connman", "dhcp", "ifup", "netifrc", "netplan", "network", "resolv", "wicked",
];
const CGROUPS: [&str; 1] = ["cgroup"];

impl PolicyItem {
    /// The arrangement that it is a part of.
    pub fn arrangement(&self) -> Option<Arrangement> {
        let name = self.name.to_ascii_lowercase();
        let is_part = |words: &[&str]| words.iter().any(|word| name.contains(word));
        if is_part(&NETWORK) {
            Some(Arrangement::Network)
        } else {
            is_part(&CGROUPS).then_some(Arrangement::Cgroups)
        }
    }
}

impl Policy {
    /// The items that are parts of an arrangement.
    pub fn parts_of(&self, arrangement: Arrangement) -> impl Iterator<Item = &PolicyItem> {
        let items = self.items.iter();
        items.filter(move |item| item.arrangement() == Some(arrangement))
    }
}
