//! An image compared with the releases that its vendor lists. Whether its addresses have something is
//! checked for all images alike, elsewhere.

use edits::PathRange;
use model::view::View;
use model::{FileRange, Image};

use super::{ImageReview, ImageState, Mismatch, MismatchKind, files};
use crate::index::{Context, Release, ReleaseState, Releases, field};
use crate::names::truncated;
use crate::server::Known;
use crate::{Address, AddressKind, Reply, Upstream, Vendor, addresses, rpm_order};

/// Compares an image of a release with what its vendor has.
pub(super) fn review(
    view: &View<'_>,
    image: &Image,
    vendor: &Vendor,
    release: &str,
    upstream: &dyn Upstream,
    found: &mut ImageReview,
) {
    let addresses = addresses(view, image);
    let Some(first) = addresses.first() else {
        let reason = "reading tells no address that its build asks for".to_owned();
        found.unknown.push(reason);
        return;
    };
    let reviewer = Reviewer {
        view,
        image,
        vendor,
        release,
        first,
        addresses: &addresses,
        upstream,
    };
    let listed = reviewer.listed(found);
    if let Some(stale) = listed.as_ref().and_then(|listed| reviewer.stale(listed)) {
        found.mismatches.push(stale);
        found.state = ImageState::Stale;
        return;
    }
    found.state = ImageState::UpToDate;
    for address in reviewer
        .addresses
        .iter()
        .filter(|address| address.kind == AddressKind::Release)
    {
        if let Some(message) = reviewer.other_release(address) {
            found.state = ImageState::Gone;
            found.mismatches.push(Mismatch {
                kind: MismatchKind::DeadUrl,
                at: address.at.clone(),
                message,
                change: None,
            });
        }
    }
    if vendor.tracks.is_empty() {
        files::check_lists(vendor, &addresses, upstream, found);
    }
    if files::check(view, image, vendor, &addresses, upstream, found) {
        found.state = ImageState::Update;
    }
}

/// The releases of an image's track, and the version of its own.
struct Listed {
    version: String,
    releases: Releases,
}

struct Reviewer<'r> {
    view: &'r View<'r>,
    image: &'r Image,
    vendor: &'r Vendor,
    release: &'r str,
    first: &'r Address,
    addresses: &'r [Address],
    upstream: &'r dyn Upstream,
}

impl Reviewer<'_> {
    /// Returns the releases of the image's track; `None` where the vendor lists none.
    fn listed(&self, found: &mut ImageReview) -> Option<Listed> {
        let (track, version) = self.vendor.track_of(self.release)?;
        let context = Context {
            addresses: self.addresses,
            version: &version,
            today: self.view.today,
            upstream: self.upstream,
        };
        match track.index.releases(&context) {
            Known::Present(releases) => Some(Listed { version, releases }),
            Known::Absent => None,
            Known::Unknown(reason) => {
                found.unknown.push(reason);
                None
            }
        }
    }

    /// Returns that the release has ended, or that it has gone while a later one is out.
    fn stale(&self, listed: &Listed) -> Option<Mismatch> {
        let Listed { version, releases } = listed;
        let named = format!("{} {}", self.vendor.distribution, self.release);
        let source = &releases.address;
        if let Some(Release {
            state: ReleaseState::Ended(day),
            ..
        }) = releases.of(version)
        {
            let on = day
                .as_ref()
                .map(|day| format!(" on {day}"))
                .unwrap_or_default();
            return Some(self.mismatch_of_release(format!(
                "{named} has ended{on}, says {source}; retire the image"
            )));
        }
        let is_later = |release: &Release| {
            release.state == ReleaseState::Out
                && rpm_order(&truncated(&release.version, version), version).is_gt()
        };
        if !releases.all.iter().any(is_later) {
            return None;
        }
        let is_listed = !releases.is_complete || releases.of(version).is_some();
        let where_it_is_not = match is_listed {
            true => format!("{} is not there", self.first_gone()?),
            false => format!("it is not in {source}"),
        };
        Some(self.mismatch_of_release(format!(
            "{named} has gone: {where_it_is_not}, and a later one is out; retire the image"
        )))
    }

    /// Returns the first address that can be read if there is nothing.
    fn first_gone(&self) -> Option<String> {
        let first = self.addresses.iter().find(|address| is_readable(address))?;
        let is_gone = self.upstream.get(&first.url) == Reply::Gone;
        is_gone.then(|| first.url.clone())
    }

    /// A mismatch of the whole release: where the image names it, else on the script that says who it is.
    fn mismatch_of_release(&self, message: String) -> Mismatch {
        let directory = self.view.model.directories.get(&self.image.directory);
        let is_own = |address: &&Address| {
            let mut own = directory
                .into_iter()
                .flat_map(|directory| directory.scripts());
            own.any(|id| self.view.tree.path(id) == Some(&address.at.path))
        };
        let named = Some(self.first)
            .filter(is_own)
            .map(|first| first.at.clone());
        let main = || {
            let file = directory?.main_file()?;
            Some(PathRange {
                path: self.view.tree.path(file)?.clone(),
                range: FileRange::first_line(self.view.tree, file).range,
            })
        };
        let at = named.or_else(main);
        Mismatch {
            kind: MismatchKind::StaleRelease,
            at: at.unwrap_or_else(|| self.first.at.clone()),
            message,
            change: None,
        }
    }

    /// Returns what is wrong with a suite that belongs to another release.
    fn other_release(&self, address: &Address) -> Option<String> {
        let (_, version) = self.vendor.track_of(self.release)?;
        let Reply::Text(text) = self.upstream.get(&address.url) else {
            return None;
        };
        let named = field(&text, "Version").filter(|_| address.kind.fits(text.as_bytes()))?;
        let is_number = named.starts_with(|c: char| c.is_ascii_digit());
        let is_other = is_number && truncated(named, &version) != version;
        is_other.then(|| {
            let Vendor { distribution, .. } = self.vendor;
            format!(
                "{} is of {distribution} {named}, not {}",
                address.url, self.release
            )
        })
    }
}

/// Returns whether what is at an address is text that says something.
fn is_readable(address: &Address) -> bool {
    let kinds = [
        AddressKind::Release,
        AddressKind::RpmRepository,
        AddressKind::Text,
    ];
    kinds.contains(&address.kind)
}
