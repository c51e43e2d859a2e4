//! Addresses that the build of an image asks for: what its commands fetch, and the repositories in what it
//! writes. Only those that reading tells to the end; of others nothing is said.

mod fetchers;
mod flat;
mod kind;
mod repositories;

use std::ops::Range;

use container::{Build, ProgramCall, Text};
use edits::PathRange;
use model::view::View;
use model::{FileRange, Image};
use syntax::{TextRange, TextSize};

use crate::package::plain_address;
use crate::server::metadata_of;
use fetchers::{FETCHERS, fetched};
use flat::Flat;

pub use kind::AddressKind;

/// An address that the build of an image asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The address to ask, without credentials.
    pub url: String,
    /// The kind of what is there.
    pub kind: AddressKind,
    /// The word that says so in the scripts of the image, or in an include: the one that it ends with.
    pub at: PathRange,
}

/// Programs that read the repository for `rpm` that they are given the address of.
const RPM_TOOLS: [&str; 3] = ["zypper", "dnf", "yum"];

/// Returns the addresses that the build of an image asks for, each once, in the order in which they are
/// asked for.
pub fn addresses(view: &View<'_>, image: &Image) -> Vec<Address> {
    let mut found = Found {
        view,
        addresses: Vec::new(),
    };
    let Some(build) = Build::of(view.tree, view.model, image) else {
        return Vec::new();
    };
    for call in &build.calls {
        found.call(call);
        call.files.iter().for_each(|text| found.written(text));
    }
    let files = build.files.values();
    files.for_each(|file| found.written(&file.text));
    let scripts = build.executions.iter();
    scripts.for_each(|execution| found.written(&execution.script));
    found.addresses
}

/// Addresses that were found so far.
struct Found<'v> {
    view: &'v View<'v>,
    addresses: Vec<Address>,
}

impl Found<'_> {
    /// Adds the addresses that a program is given.
    fn call(&mut self, call: &ProgramCall) {
        let mut words = call.words.iter();
        let name = words.next().and_then(|word| word.text.known());
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            return;
        };
        let name = name.rsplit('/').next().unwrap_or_default();
        let arguments: Vec<Flat> = words.map(|word| Flat::of(&word.text)).collect();
        let texts: Vec<&str> = arguments.iter().map(|flat| flat.text.as_str()).collect();
        let is_fetched = fetched(name, &texts);
        for (index, argument) in arguments.iter().enumerate() {
            let value = argument.text.trim_start_matches("--url=");
            let before = argument.text.len() - value.len();
            let Some(url) = flat::address_at(value, 0) else {
                continue;
            };
            let range = before..before + url.len();
            if range.end != argument.text.len() {
                continue;
            }
            match name {
                _ if FETCHERS.contains(&name) && is_fetched.get(index) == Some(&true) => {
                    self.add(url, AddressKind::of(url), argument, range);
                }
                "rpm" => self.add(url, AddressKind::of(url), argument, range),
                _ if RPM_TOOLS.contains(&name) => {
                    match url.ends_with(".rpm") || url.ends_with(".repo") {
                        true => self.add(url, AddressKind::of(url), argument, range),
                        false => self.add(
                            &metadata_of(url),
                            AddressKind::RpmRepository,
                            argument,
                            range,
                        ),
                    }
                }
                "git" => {
                    let refs = "info/refs?service=git-upload-pack";
                    let url = format!("{}/{refs}", url.trim_end_matches('/'));
                    self.add(&url, AddressKind::Git, argument, range);
                }
                // `debootstrap [OPTIONS] SUITE TARGET MIRROR`.
                "debootstrap" => {
                    let suite = index.checked_sub(2).and_then(|index| arguments.get(index));
                    let suite = suite.filter(|suite| suite.is_known());
                    if let Some(suite) = suite {
                        let release = repositories::release_of(url, &suite.text);
                        self.add(&release, AddressKind::Release, suite, 0..suite.text.len());
                    }
                }
                _ => {}
            }
        }
    }

    /// Adds the repositories that a text names which is written into a file, or executed.
    fn written(&mut self, text: &Text) {
        for flat in Flat::all_of(text) {
            for named in repositories::named_in(&flat.text) {
                self.add(&named.url, named.kind, &flat, named.at);
            }
        }
    }

    fn add(&mut self, url: &str, kind: AddressKind, flat: &Flat, range: Range<usize>) {
        let url = plain_address(url);
        if self.addresses.iter().any(|known| known.url == url) {
            return;
        }
        let at = flat.written_at(range);
        if let Some(at) = at.and_then(|at| self.word_of(at)) {
            self.addresses.push(Address { url, kind, at });
        }
    }

    /// Returns the word that a literal is in.
    fn word_of(&self, at: FileRange) -> Option<PathRange> {
        let file = self.view.tree.file(at.file)?;
        let before = file.text.get(..usize::from(at.range.start()))?;
        let after = file.text.get(usize::from(at.range.end())..)?;
        let is_part = |c: &char| !c.is_whitespace() && !"\"'`=();|<>".contains(*c);
        let length = |part: usize| TextSize::try_from(part).unwrap_or_default();
        let before = before.chars().rev().take_while(is_part);
        let after = after.chars().take_while(is_part);
        let start = length(before.map(char::len_utf8).sum());
        let end = length(after.map(char::len_utf8).sum());
        Some(PathRange {
            path: file.path.clone(),
            range: TextRange::new(at.range.start() - start, at.range.end() + end),
        })
    }
}
