//! Files that an image names by their version, compared with those beside them.

use model::Image;
use model::view::View;

use super::new_version::NewVersion;
use super::{ImageReview, Mismatch, MismatchKind};
use crate::server::{Known, listing};
use crate::vendor::VendorFile;
use crate::{Address, AddressKind, Reply, Upstream, Vendor};

/// Adds what is newer than the files that an image names. Returns whether there is something.
pub(super) fn check(
    view: &View<'_>,
    image: &Image,
    vendor: &Vendor,
    addresses: &[Address],
    upstream: &dyn Upstream,
    found: &mut ImageReview,
) -> bool {
    let before = found.mismatches.len();
    for (address, rule, own) in named(vendor, addresses) {
        let Some((directory, name)) = address.url.rsplit_once('/') else {
            continue;
        };
        // Many servers list nothing; then there is nothing to say.
        let Known::Present(listing) = listing(upstream, &format!("{directory}/")) else {
            continue;
        };
        let around = rule.name.around(name);
        let versions = listing
            .files()
            .filter(|file| rule.name.around(file) == around);
        let versions = versions.filter_map(|file| rule.name.version_in(file));
        let newest = versions.max_by(|a, b| rule.order.compare(a, b));
        let Some(newest) = newest.filter(|newest| rule.order.compare(newest, own).is_gt()) else {
            continue;
        };
        let change = NewVersion {
            view,
            image,
            addresses,
            directory,
            before: around.map_or("", |(before, _)| before),
            own,
            new: newest,
        };
        found.mismatches.push(Mismatch {
            kind: MismatchKind::NewerBuild,
            at: address.at.clone(),
            message: format!("the newest after `{name}` in {directory}/ is {newest}"),
            change: change.change(),
        });
    }
    found.mismatches.len() > before
}

/// Adds the lists of files in which builds look for the newest one, and that have none of those that the vendor
/// is known for: they have other names by now.
pub(super) fn check_lists(
    vendor: &Vendor,
    addresses: &[Address],
    upstream: &dyn Upstream,
    found: &mut ImageReview,
) {
    let lists = addresses
        .iter()
        .filter(|address| address.kind == AddressKind::Text);
    for address in lists.filter(|_| !vendor.files.is_empty()) {
        let Reply::Text(text) = upstream.get(&address.url) else {
            continue;
        };
        let is_delimiter = |c: char| c.is_whitespace() || "/()*".contains(c);
        let mut names = text.split(is_delimiter);
        let is_known = |name: &str| {
            vendor
                .files
                .iter()
                .any(|rule| rule.name.version_in(name).is_some())
        };
        if address.kind.fits(text.as_bytes()) && !names.any(is_known) {
            let reason = format!(
                "{} names no file of those that are known of {}",
                address.url, vendor.distribution
            );
            found.unknown.push(reason);
        }
    }
}

/// Returns the addresses that name a file by its version, with these.
fn named<'a>(
    vendor: &'a Vendor,
    addresses: &'a [Address],
) -> impl Iterator<Item = (&'a Address, &'a VendorFile, &'a str)> {
    addresses.iter().filter_map(|address| {
        let name = address.url.rsplit('/').next()?;
        let mut rules = vendor.files.iter();
        rules.find_map(|rule| Some((address, rule, rule.name.version_in(name)?)))
    })
}
