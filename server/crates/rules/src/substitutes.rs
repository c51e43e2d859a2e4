//! Published releases in place of one that is not published, or not said.

use model::registration::{Registration, Registrations};
use model::track;

/// Returns what can be named in place of a release of a distribution: the newest published one of the
/// same kind, and the tag that moves with it. An empty release is of the kind of plain numbers.
pub(crate) fn substitutes(
    registrations: &Registrations<'_>,
    distribution: &str,
    release: &str,
) -> Vec<String> {
    let (kind, _) = track::split(release);
    let is_published = |name: &str| {
        let found = registrations.resolve(distribution, name);
        found.is_some_and(|found| !found.is_empty())
    };
    let versions = |registration: &Registration<'_>| {
        let identity = &registration.image?.identity;
        let of_distribution = identity.distname.fixed() == Some(distribution);
        let name = identity.relver.fixed().filter(|_| of_distribution)?;
        let (other, version) = track::split(name);
        let fits = !version.is_empty() && is_published(name);
        fits.then(|| (other == kind, other.is_empty(), version, name.to_owned()))
    };
    let releases = registrations.published.iter().filter_map(versions);
    let newest = releases
        .filter(|(is_same, is_plain, ..)| *is_same || *is_plain)
        .max()
        .map(|(.., name)| name);
    let of_kind = format!("latest-{}", kind.trim_end_matches('-'));
    let tags = [of_kind.as_str(), "latest"].into_iter();
    let tag = tags.map(str::to_owned).find(|tag| is_published(tag));
    newest.into_iter().chain(tag).collect()
}
