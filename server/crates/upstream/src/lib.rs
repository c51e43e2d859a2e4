//! Upstream: what vendors have, compared with what the images of a checkout name.
//!
//! - `vendor`: what is known of each vendor, as data (`vendors/`);
//! - `addresses`: all addresses that an image's build asks for, with what is expected there;
//! - `check`: whether those addresses have it;
//! - `package`: what an image names: release packages, and the repositories they are from;
//! - `server`: [`Upstream`], what is asked of servers, and what they say;
//! - `client`: [`Client`], the only code of the program that connects to servers;
//! - `archive`: what servers said, to be asked again without a network;
//! - `listing`: the page of a directory to the names in it;
//! - `index`: the releases that a vendor lists, and `names` with versions in them;
//! - `months`: the months in their dates;
//! - `versions`: the order of versions, as the vendors' tools have it;
//! - `newest`: the newest release packages that a vendor has;
//! - `review`: one image compared with its vendor; `all`: several of them at the same time;
//! - `new_releases`: what is out, and not in the checkout.

mod addresses;
mod all;
mod archive;
mod check;
mod client;
mod index;
mod listing;
mod months;
mod names;
mod new_releases;
mod newest;
mod package;
mod review;
mod server;
mod vendor;
mod versions;

pub use addresses::{Address, AddressKind, addresses};
pub use all::{Extent, review_all};
pub use archive::{Archive, Recorder};
pub use check::confirms;
pub use client::{Client, Limits, PageStore};
pub use listing::Listing;
pub use new_releases::{NewRelease, NewReleases, new_releases};
pub use review::{ImageReview, ImageState, Mismatch, MismatchKind, review};
pub use server::{Beginning, Probe, Reply, Upstream};
pub use vendor::{Vendor, vendor_of, vendors};
pub use versions::{VersionOrder, apk_order, dpkg_order, rpm_order};
