//! What one image does to its container and another does not.

use std::collections::BTreeSet;
use std::sync::Arc;

use smol_str::SmolStr;

use super::peers::peers;
use super::{Key, Policy, PolicyItem, Topic};
use crate::BuildCache;
use model::Image;
use model::view::View;

/// Items that two policies do not share.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PolicyDifference<'p> {
    /// Those of the first one.
    pub only: Vec<&'p PolicyItem>,
    /// Those of the other one.
    pub other: Vec<&'p PolicyItem>,
}

/// What every other image of the same family and systemd does, and one does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    /// The items, as one of the others has them.
    pub items: Vec<PolicyItem>,
    /// Names of the other images.
    pub peers: Vec<SmolStr>,
}

impl Policy {
    /// Compares it with another one.
    pub fn difference<'p>(&'p self, other: &'p Policy) -> PolicyDifference<'p> {
        PolicyDifference {
            only: self.without(other),
            other: other.without(self),
        }
    }

    /// The items that another policy has not.
    fn without(&self, other: &Policy) -> Vec<&PolicyItem> {
        let theirs: BTreeSet<Key<'_>> = other.items.iter().map(PolicyItem::key).collect();
        let items = self.items.iter();
        items.filter(|item| !theirs.contains(&item.key())).collect()
    }

    /// What every other image of the same family and systemd does, two or more, and this one does
    /// not.
    pub fn missing(&self, view: &View<'_>, image: &Image, cache: &BuildCache) -> Missing {
        let peers = peers(view, image);
        let policies = peers.iter().filter_map(|peer| cache.policy(view, peer));
        let policies: Vec<Arc<Policy>> = policies.collect();
        Missing {
            items: self.missing_of(&policies),
            peers: peers.iter().map(|peer| peer.name.clone()).collect(),
        }
    }

    /// What each of several policies has, two or more, and this one certainly has not.
    fn missing_of(&self, policies: &[Arc<Policy>]) -> Vec<PolicyItem> {
        let Some((first, others)) = policies.split_first().filter(|(_, rest)| !rest.is_empty())
        else {
            return Vec::new();
        };
        let items = first.items.iter();
        items
            .filter(|item| self.lacks(item))
            .filter(|item| others.iter().all(|other| other.has(item)))
            .cloned()
            .collect()
    }

    fn has(&self, item: &PolicyItem) -> bool {
        self.items.iter().any(|own| own.key() == item.key())
    }

    /// Returns whether the image certainly does nothing of the kind.
    pub fn lacks(&self, item: &PolicyItem) -> bool {
        let does = |own: &PolicyItem| {
            own.topic == item.topic
                && own.name == item.name
                && match item.topic {
                    // Whatever it does to the file, it takes care of it.
                    Topic::File => true,
                    _ => {
                        own.action == item.action
                            && (own.details == item.details || own.has_unknown_details())
                    }
                }
        };
        !self.unclear.contains(&item.topic) && !self.items.iter().any(does)
    }
}

impl PolicyItem {
    /// Returns whether its settings depend on the build.
    fn has_unknown_details(&self) -> bool {
        let mut details = self.details.iter();
        details.any(|detail| detail.contains('⟦'))
    }
}
