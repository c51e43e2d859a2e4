//! One file for each vendor: images, the pages of its servers after lines `#@ ADDRESS` (`#@ ADDRESS STATUS`
//! for those that have none; `RPM` is a package), and after `#= IMAGE` what is found, with the lines that the change
//! replaces; after `#= new` the releases that are not in the checkout.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use analysis::Snapshot;
use edits::PathRange;
use fixture::{Fixture, golden};
use upstream::{
    Beginning, Extent, ImageReview, ImageState, NewReleases, Probe, Reply, Upstream, new_releases,
    review_all,
};

/// What servers have, by address.
struct Pages(BTreeMap<String, Reply>);

impl Pages {
    fn read(blocks: &[&str]) -> Pages {
        let read = |block: &&str| {
            let (header, page) = block.split_once('\n').unwrap_or((block, ""));
            let (address, reply) = match header.split_once(' ') {
                None => (header, Reply::Text(page.to_owned())),
                Some((address, "404")) => (address, Reply::Gone),
                Some((address, reason)) => {
                    (address, Reply::Unknown(format!("{address}: {reason}")))
                }
            };
            (address.to_owned(), reply)
        };
        Pages(blocks.iter().map(read).collect())
    }
}

impl Upstream for Pages {
    fn get(&self, address: &str) -> Reply {
        let reply = self.0.get(address).cloned();
        reply.unwrap_or_else(|| panic!("{address} is not in the fixture"))
    }

    /// A package has `RPM` as its page. What a listing does not name is not there.
    fn probe(&self, address: &str) -> Probe {
        let (directory, name) = address.rsplit_once('/').unwrap();
        let listing = self.0.get(&format!("{directory}/"));
        match (self.0.get(address), listing) {
            (Some(Reply::Text(text)), _) if text.trim_end() == "RPM" => {
                Probe::Present(Beginning::of(b"\xed\xab\xee\xdb"))
            }
            (None, Some(Reply::Text(page))) if !page.contains(&format!("\"{name}\"")) => {
                Probe::Gone
            }
            _ => match self.get(address) {
                Reply::Text(text) => Probe::Present(Beginning::of(text.as_bytes())),
                Reply::Gone => Probe::Gone,
                Reply::Unknown(reason) => Probe::Unknown(reason),
            },
        }
    }
}

pub(super) fn check(path: &Path) {
    let read = |text: &str| {
        let mut blocks = text.split("\n#@ ");
        let checkout = format!("{}\n", blocks.next().unwrap());
        let pages = Pages::read(&blocks.collect::<Vec<_>>());
        (Fixture::parse(path, &checkout).snapshot(None), pages)
    };
    golden::check_commands(path, read, |(snapshot, pages), image| {
        if image == "new" {
            return shown_new(new_releases(&snapshot.view(), pages));
        }
        assert!(snapshot.model.images.contains_key(image), "{image}");
        let review = review_of(snapshot, image, pages);
        changes_lead_to_the_newest(snapshot, &review, pages);
        shown(snapshot, &review)
    });
}

fn review_of(snapshot: &Snapshot, image: &str, pages: &Pages) -> ImageReview {
    let mut reviews = review_all(
        &snapshot.view(),
        &[image.into()],
        Extent::Addresses,
        pages,
        &|_, _| {},
    );
    reviews.pop().unwrap()
}

/// What a change comes to is up to date.
fn changes_lead_to_the_newest(snapshot: &Snapshot, before: &ImageReview, pages: &Pages) {
    let changes = before.mismatches.iter().filter_map(|m| m.change.as_ref());
    for change in changes {
        let after = snapshot.with_edits(&change.edits);
        let after = review_of(&after, &before.image, pages);
        assert_ne!(after.state, ImageState::Update, "{}", change.title);
    }
}

fn shown_new(found: NewReleases) -> String {
    let mut out = String::new();
    for new in &found.releases {
        let command = new.command().map(|words| words.join(" "));
        out.push_str(&format!(
            "{} {} ({}) after {}, by {}: {}\n",
            new.distribution,
            new.release,
            new.codename.as_deref().unwrap_or("-"),
            new.like,
            new.source,
            command.as_deref().unwrap_or("wait")
        ));
        for url in &new.missing {
            out.push_str(&format!("missing: {url}\n"));
        }
    }
    for reason in &found.unknown {
        out.push_str(&format!("unknown: {reason}\n"));
    }
    out
}

fn shown(snapshot: &Snapshot, review: &ImageReview) -> String {
    let mut out = format!("{:?}\n", review.state);
    if let Some(command) = review.command() {
        out.push_str(&format!("command: {}\n", command.join(" ")));
    }
    for reason in &review.unknown {
        out.push_str(&format!("unknown: {reason}\n"));
    }
    for mismatch in &review.mismatches {
        let (name, line, written) = line_of(snapshot, &mismatch.at);
        out.push_str(&format!(
            "{} {name}:{line} {written:?}: {}\n",
            mismatch.kind.code(),
            mismatch.message
        ));
        if let Some(change) = &mismatch.change {
            let (path, after) = (&mismatch.at.path, snapshot.with_edits(&change.edits));
            let (text, after) = (text_of(snapshot, path), text_of(&after, path));
            assert_eq!(text.lines().count(), after.lines().count());
            for (old, new) in text
                .lines()
                .zip(after.lines())
                .filter(|(old, new)| old != new)
            {
                out.push_str(&format!("    -{old}\n    +{new}\n"));
            }
        }
    }
    out
}

/// Returns the name of the file that a range is in, its line, and what is written there.
pub(super) fn line_of(snapshot: &Snapshot, at: &PathRange) -> (String, usize, String) {
    let text = text_of(snapshot, &at.path);
    let before = &text[..usize::from(at.range.start())];
    let written = &text[Range::<usize>::from(at.range)];
    let name = at.path.rsplit('/').next().unwrap();
    let line = before.matches('\n').count() + 1;
    (name.to_owned(), line, written.to_owned())
}

fn text_of(snapshot: &Snapshot, path: &str) -> String {
    let file = snapshot.tree.id(path).and_then(|id| snapshot.tree.file(id));
    file.unwrap().text.to_string()
}
