//! Addresses of an image's build, asked for what the build needs of them.

use edits::PathRange;
use model::view::View;

use crate::package::{is_address, plain_address};
use crate::{
    Address, AddressKind, Beginning, ImageReview, ImageState, Mismatch, MismatchKind, Probe, Reply,
    Upstream, addresses,
};

/// Asks for the addresses of an image, and adds those that have nothing, or something else, to what is found. What
/// has been found of an address already is not said again.
pub(crate) fn check_addresses(view: &View<'_>, upstream: &dyn Upstream, review: &mut ImageReview) {
    let Some(image) = view.model.images.get(&review.image) else {
        return;
    };
    // All of its addresses have gone with it.
    if review.state == ImageState::Stale {
        return;
    }
    let all = addresses(view, image);
    let said = already_said(&all, review);
    for address in &all {
        let what_is_there = match ask(upstream, &address.url, address.kind) {
            Probe::Present(beginning) if address.kind.fits(beginning.bytes()) => {
                // It may be of another release.
                if !said.contains(&address.url) {
                    review.confirmed.push(address.url.clone());
                }
                continue;
            }
            Probe::Present(_) => format!("{} is no {}", address.url, name_of(address.kind)),
            Probe::Gone => format!("{} is not there", address.url),
            Probe::Unknown(reason) => {
                if !review.unknown.contains(&reason) {
                    review.unknown.push(reason);
                }
                continue;
            }
        };
        if said.contains(&address.url) {
            continue;
        }
        review.mismatches.push(Mismatch {
            kind: MismatchKind::DeadUrl,
            at: address.at.clone(),
            message: what_is_there,
            change: None,
        });
        if review.state != ImageState::Update {
            review.state = ImageState::Gone;
        }
    }
    if review.state == ImageState::UpToDate && !review.unknown.is_empty() {
        review.state = ImageState::Unknown;
    }
}

/// Returns whether upstream has confirmed a value of an image: where it stands for addresses that the build asks for,
/// all of those have what they should have.
pub fn confirms(view: &View<'_>, review: &ImageReview, at: &PathRange, exact: &str) -> bool {
    let Some(image) = view.model.images.get(&review.image) else {
        return false;
    };
    let all = addresses(view, image);
    let are_there = |wanted: &dyn Fn(&Address) -> bool| {
        let mut wanted = all.iter().filter(|address| wanted(address)).peekable();
        wanted.peek().is_some() && wanted.all(|address| review.confirmed.contains(&address.url))
    };
    let is_below = |word: &str| {
        let word = plain_address(word);
        let directory = format!("{}/", word.trim_end_matches('/'));
        are_there(&|address| address.url == word || address.url.starts_with(&directory))
    };
    let mut words = exact.split_whitespace().peekable();
    match words.peek() {
        Some(word) if is_address(word) => words.all(|word| is_address(word) && is_below(word)),
        _ => are_there(&|address| overlap(&address.at, at)),
    }
}

/// Asks for the whole of what is short, and has been asked for by others, and for the beginning of the rest.
pub(crate) fn ask(upstream: &dyn Upstream, url: &str, kind: AddressKind) -> Probe {
    match kind {
        AddressKind::RpmRepository | AddressKind::Release => match upstream.get(url) {
            Reply::Text(text) => Probe::Present(Beginning::of(text.as_bytes())),
            Reply::Gone => Probe::Gone,
            Reply::Unknown(reason) => Probe::Unknown(reason),
        },
        _ => upstream.probe(url),
    }
}

/// Returns the addresses that what was found is about: those at the same range, and of packages those in the same
/// directory, which are reported together.
fn already_said(all: &[Address], review: &ImageReview) -> Vec<String> {
    let is_at = |address: &&Address| {
        let mut dead = review.mismatches.iter();
        dead.any(|m| m.kind == MismatchKind::DeadUrl && overlap(&m.at, &address.at))
    };
    let said: Vec<&Address> = all.iter().filter(is_at).collect();
    let directory = |address: &Address| {
        let directory = address
            .url
            .rsplit_once('/')
            .map(|(directory, _)| directory.to_owned());
        directory.filter(|_| address.kind == AddressKind::Rpm)
    };
    let is_beside = |address: &&Address| {
        let own = directory(address);
        own.is_some() && said.iter().any(|said| directory(said) == own)
    };
    let is_said = |address: &&Address| said.contains(address) || is_beside(address);
    all.iter()
        .filter(is_said)
        .map(|address| address.url.clone())
        .collect()
}

fn overlap(a: &PathRange, b: &PathRange) -> bool {
    a.path == b.path && a.range.intersect(b.range).is_some()
}

/// Returns the name of a kind for people, after "no".
fn name_of(kind: AddressKind) -> &'static str {
    match kind {
        AddressKind::Rpm => "RPM package",
        AddressKind::Archive => "archive",
        AddressKind::RpmRepository => "metadata of a repository",
        AddressKind::Release => "`Release` file",
        AddressKind::Git => "git repository",
        AddressKind::Key => "key or signature",
        AddressKind::Text => "text file",
        AddressKind::Other => "file",
    }
}
