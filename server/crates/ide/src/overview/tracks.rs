//! Tracks: releases that succeed one another, and the one that would come next.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use smol_str::SmolStr;

use model::Image;
use model::track::Track;
use model::view::View;

/// Images of one track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrackState {
    /// `DISTNAME`.
    pub distribution: SmolStr,
    /// Names of the images, the oldest first.
    pub images: Vec<SmolStr>,
    /// Name that the next release most likely has.
    pub next: Option<SmolStr>,
}

/// Returns the tracks of a checkout by distribution, with the main one of each first: that of the
/// shortest names, and of these the longest.
pub fn tracks(view: &View<'_>) -> Vec<TrackState> {
    let mut by_track: BTreeMap<&Track, Vec<&Arc<Image>>> = BTreeMap::new();
    for image in view.model.images.values() {
        if let Some((track, _)) = &image.track {
            by_track.entry(track).or_default().push(image);
        }
    }
    let mut tracks: Vec<TrackState> = by_track
        .into_iter()
        .map(|(track, mut images)| {
            images.sort_by_key(|image| image.track.as_ref().map(|(_, version)| version));
            let newest = images.last();
            TrackState {
                distribution: track.distribution.clone(),
                next: newest.and_then(|image| edits::proposal(view, &image.name)),
                images: images.iter().map(|image| image.name.clone()).collect(),
            }
        })
        .collect();
    tracks.sort_by_cached_key(|track| {
        let newest = track.images.last().map_or("", |name| name.as_str());
        let fields = newest.split('-').count();
        let length = Reverse(track.images.len());
        (track.distribution.clone(), fields, length)
    });
    tracks
}
