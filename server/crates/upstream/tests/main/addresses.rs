//! Addresses of images: after `#= IMAGE` what its build asks for. A file that is called like one of our
//! checkouts has those of all its images.

use std::path::Path;

use analysis::Snapshot;
use fixture::{CHECKOUTS, Fixture, checkout, golden};
use upstream::addresses;

use crate::vendors::line_of;

pub(super) fn check(path: &Path) {
    let name = path.file_stem().unwrap().to_str().unwrap();
    if CHECKOUTS.contains(&name) {
        let snapshot = checkout(name);
        let names = snapshot.model.images.keys();
        let all = names.map(|name| format!("#= {name}\n{}", shown(&snapshot, name)));
        return golden::check(path, |_| all.collect());
    }
    let read = |text: &str| Fixture::parse(path, &format!("{text}\n")).snapshot(None);
    golden::check_commands(path, read, shown);
}

fn shown(snapshot: &Snapshot, name: &str) -> String {
    let image = snapshot.model.images.get(name).expect("an image");
    let found = addresses(&snapshot.view(), image);
    let shown = found.into_iter().map(|address| {
        let (file, line, written) = line_of(snapshot, &address.at);
        format!(
            "{:?} {} {file}:{line} {written:?}\n",
            address.kind, address.url
        )
    });
    shown.collect()
}
