//! Policies that were worked out, for as long as what they were read from stays as it is.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::super::Build;
use super::super::reads::Reads;
use super::Policy;
use model::Image;
use model::view::View;

/// Policies of one checkout, by image. An edit costs nothing: what it makes stale is seen when it is asked for.
#[derive(Debug, Default)]
pub struct PolicyCache {
    policies: Mutex<FxHashMap<SmolStr, Known>>,
}

/// A policy, with what it was read from.
#[derive(Debug, Clone)]
struct Known {
    reads: Arc<Reads>,
    policy: Arc<Policy>,
}

impl PolicyCache {
    /// The policy of an image; `None` if it has no build script.
    pub fn of_image(&self, view: &View<'_>, image: &Image) -> Option<Arc<Policy>> {
        self.known(view, image).map(|known| known.policy)
    }

    /// What the build of an image was read from; `None` if it has no build script.
    pub(crate) fn reads_of(&self, view: &View<'_>, image: &Image) -> Option<Arc<Reads>> {
        self.known(view, image).map(|known| known.reads)
    }

    fn known(&self, view: &View<'_>, image: &Image) -> Option<Known> {
        let lock = || self.policies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&image.name)
            && known.reads.are_current(view, image)
        {
            return Some(known.clone());
        }
        let build = Build::of(view.tree, view.model, image)?;
        let policy = Arc::new(Policy::of(view.tree, &build));
        let known = Known {
            reads: Arc::new(build.reads),
            policy,
        };
        let mut policies = lock();
        policies.retain(|name, _| view.model.images.contains_key(name));
        policies.insert(image.name.clone(), known.clone());
        Some(known)
    }
}
