//! Several images compared with their vendors, at the same time: most of it is waiting.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use model::view::View;
use smol_str::SmolStr;

use crate::check::check_addresses;
use crate::{ImageReview, ImageState, Upstream, review};

/// How many images are compared at a time. How many requests a server gets, the client says.
const AT_A_TIME: usize = 16;

/// Compares images with their vendors. `done` is called after each, with the number of those that are done.
/// Those whose vendor is not known are unknown; the order is that of the names.
pub fn review_all(
    view: &View<'_>,
    images: &[SmolStr],
    upstream: &dyn Upstream,
    done: &(dyn Fn(usize, &str) + Sync),
) -> Vec<ImageReview> {
    let next = AtomicUsize::new(0);
    let count = AtomicUsize::new(0);
    let found: Mutex<Vec<(usize, ImageReview)>> = Mutex::default();
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(image) = images.get(index) else {
                return;
            };
            let mut review = review(view, image, upstream).unwrap_or_else(|| unknown(image));
            check_addresses(view, upstream, &mut review);
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.push((index, review));
            drop(found);
            done(count.fetch_add(1, Ordering::Relaxed) + 1, image);
        }
    };
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME.min(images.len()) {
            scope.spawn(work);
        }
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, review)| review).collect()
}

fn unknown(image: &SmolStr) -> ImageReview {
    ImageReview {
        image: image.clone(),
        state: ImageState::Unknown,
        mismatches: Vec::new(),
        unknown: vec!["nothing is known of its vendor's servers".to_owned()],
        confirmed: Vec::new(),
    }
}
