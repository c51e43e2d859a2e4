//! Builds that were followed, for as long as what they were read from stays as it is.

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::Build;
use super::evaluator::Evaluator;
use super::policy::Policy;
use super::reads::Reads;
use super::recent::Recent;
use super::source::Scripts;
use model::Image;
use model::view::View;

/// Builds that are kept, at least, and their policies without limit: those are small.
const MAX_BUILDS: usize = 32;

/// Builds of one checkout, with their policies, by image. An edit costs nothing: what it makes stale is
/// seen when it is asked for.
#[derive(Debug)]
pub struct BuildCache {
    scripts: Scripts,
    builds: Mutex<Recent<SmolStr, Arc<Build>>>,
    policies: Mutex<FxHashMap<SmolStr, KnownPolicy>>,
}

/// A policy, with what its build was read from.
#[derive(Debug)]
struct KnownPolicy {
    reads: Arc<Reads>,
    policy: Arc<Policy>,
}

impl Default for BuildCache {
    fn default() -> BuildCache {
        BuildCache::keeping(MAX_BUILDS)
    }
}

impl BuildCache {
    /// A cache that keeps so many builds, at least. Of one that keeps none, who asks about each image once
    /// has the scripts that several read.
    pub fn keeping(builds: usize) -> BuildCache {
        BuildCache {
            scripts: Scripts::default(),
            builds: Mutex::new(Recent::new(builds)),
            policies: Mutex::default(),
        }
    }

    /// The build of an image; `None` if it has no build script.
    pub fn build(&self, view: &View<'_>, image: &Image) -> Option<Arc<Build>> {
        let known = lock(&self.builds).get(&image.name);
        if let Some(build) = known.filter(|build| build.reads.are_current(view, image)) {
            return Some(build);
        }
        let build = Evaluator::new(view.tree, &self.scripts).build(view.model, image)?;
        let build = Arc::new(build);
        lock(&self.builds).insert(image.name.clone(), build.clone());
        Some(build)
    }

    /// What the build of an image was read from; `None` if it has no build script.
    pub(crate) fn reads(&self, view: &View<'_>, image: &Image) -> Option<Arc<Reads>> {
        if let Some(known) = lock(&self.policies).get(&image.name)
            && known.reads.are_current(view, image)
        {
            return Some(known.reads.clone());
        }
        Some(self.build(view, image)?.reads.clone())
    }

    /// The policy of an image; `None` if it has no build script.
    pub fn policy(&self, view: &View<'_>, image: &Image) -> Option<Arc<Policy>> {
        if let Some(known) = lock(&self.policies).get(&image.name)
            && known.reads.are_current(view, image)
        {
            return Some(known.policy.clone());
        }
        let build = self.build(view, image)?;
        let policy = Arc::new(Policy::of(view.tree, &build));
        let known = KnownPolicy {
            reads: build.reads.clone(),
            policy: policy.clone(),
        };
        let mut policies = lock(&self.policies);
        policies.retain(|name, _| view.model.images.contains_key(name));
        policies.insert(image.name.clone(), known);
        Some(policy)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
