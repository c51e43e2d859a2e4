//! Every image and its state: what lists, trees and tables of a checkout show.

use std::collections::BTreeMap;

use serde::Serialize;
use smol_str::SmolStr;

use super::includes_of;
use super::lenses::entries_of;
use super::links::build_script;
use model::identity::IdentityField;
use model::settings::Severity;
use model::table::{CGROUP_GROUPS, INIT_GROUPS, Table};
use model::tree::{ALL_TESTS, SUITE};
use model::view::{Joined, View};
use model::{FileId, Image};
use rules::Finding;

/// An image and its state. What is not known is `None`; date stamps are written `DATE`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageState {
    /// Its name.
    pub image: SmolStr,
    /// The directory it is built from, by name: another one's, if it is a link.
    pub directory: SmolStr,
    /// The builder it is built in.
    pub builder: Option<String>,
    /// DISTNAME.
    pub distribution: Option<String>,
    /// RELVER.
    pub release: Option<String>,
    /// ARCH.
    pub arch: Option<String>,
    /// VENDOR.
    pub vendor: Option<String>,
    /// VARIANT.
    pub variant: Option<String>,
    /// Includes that it reads, save `common.sh`, which all do.
    pub includes: Vec<SmolStr>,
    /// Whether the repository has an entry that builds it.
    pub published: Option<bool>,
    /// What the settings say of it, if it is not published on purpose.
    pub declared: Option<Declared>,
    /// The tags it is published with.
    pub tags: Vec<SmolStr>,
    /// The keys of the rows that reach it.
    pub rows: Vec<SmolStr>,
    /// The groups of the cgroup and init axes that these are in.
    pub groups: Vec<SmolStr>,
    /// How many findings are about it.
    pub findings: usize,
    /// The severity of the worst of them.
    pub worst: Option<Severity>,
    /// The VM test of it, where the checkout makes one for every image.
    pub test: Option<String>,
    /// `build.sh`.
    #[serde(skip)]
    pub build: Option<FileId>,
}

/// Why an image is not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Declared {
    /// Its time is over.
    Retired,
    /// Its time has not come.
    Unpublished,
}

/// A row of the test table, with the VM tests that are run for it alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowState {
    /// Its key.
    pub key: SmolStr,
    /// Its distribution, as written.
    pub distribution: SmolStr,
    /// Its version, as written.
    pub version: SmolStr,
    /// The tests, as the test runner calls them.
    pub tests: Vec<String>,
    /// Where its key stands.
    #[serde(skip)]
    pub place: model::FileRange,
}

/// Every image of a checkout, by name. `findings` are all there are.
pub fn images<'f>(
    view: &View<'_>,
    findings: impl IntoIterator<Item = &'f Finding>,
) -> Vec<ImageState> {
    let mut judged: BTreeMap<&str, (usize, Severity)> = BTreeMap::new();
    for finding in findings {
        if let Some(image) = finding.image.as_deref() {
            let so_far = judged.entry(image).or_insert((0, finding.severity));
            so_far.0 += 1;
            so_far.1 = so_far.1.max(finding.severity);
        }
    }
    let tests = has_image_tests(view);
    view.with_joined(|joined| {
        let rows = rows_by_entry(joined);
        let images = view.model.images.values();
        images
            .map(|image| {
                let mut state = state(view, joined, &rows, image);
                if let Some((count, worst)) = judged.get(image.name.as_str()) {
                    (state.findings, state.worst) = (*count, Some(*worst));
                }
                state.test = tests.then(|| test_of_image(&image.name));
                state
            })
            .collect()
    })
}

/// The numbers of the rows that reach an entry, by the entry's number.
fn rows_by_entry(joined: &Joined<'_>) -> BTreeMap<usize, Vec<usize>> {
    let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let rows = joined.table.iter().flat_map(|t| &t.rows);
    for (number, row) in rows.enumerate() {
        for published in row.published.iter().flatten() {
            found.entry(published.index).or_default().push(number);
        }
    }
    found
}

fn state(
    view: &View<'_>,
    joined: &Joined<'_>,
    rows_of: &BTreeMap<usize, Vec<usize>>,
    image: &Image,
) -> ImageState {
    let identity = &image.identity;
    let text = |field: &IdentityField| field.known().map(|value| value.with_stamps_as("DATE"));
    let entries = entries_of(joined, &image.name);
    let mut numbers: Vec<usize> = { entries.iter() }
        .filter_map(|entry| rows_of.get(&entry.index))
        .flatten()
        .copied()
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let (mut rows, mut groups) = (Vec::new(), Vec::new());
    let table: Option<&Table<'_>> = joined.table.as_ref();
    for row in numbers.iter().filter_map(|number| table?.rows.get(*number)) {
        rows.push(row.row.key.value.clone());
        for axis in [CGROUP_GROUPS.as_slice(), INIT_GROUPS.as_slice()] {
            groups.extend(row.of_axis(axis).iter().map(|g| g.name.value.clone()));
        }
    }
    groups.sort();
    groups.dedup();
    ImageState {
        image: image.name.clone(),
        directory: image.directory.clone(),
        builder: text(&identity.builder),
        distribution: text(&identity.distname),
        release: text(&identity.relver),
        arch: text(&identity.arch),
        vendor: text(&identity.vendor),
        variant: text(&identity.variant),
        includes: includes_of(view, image).map(SmolStr::new).collect(),
        published: joined.registrations.and_then(|p| p.publishes(&image.name)),
        declared: declared(view, &image.name),
        tags: { entries.iter() }
            .flat_map(|p| &p.entry.tags.items)
            .map(|t| t.value.clone())
            .collect(),
        rows,
        groups,
        findings: 0,
        worst: None,
        test: None,
        build: build_script(view, &image.name),
    }
}

fn declared(view: &View<'_>, name: &str) -> Option<Declared> {
    if view.settings.retired.contains(name) {
        Some(Declared::Retired)
    } else {
        view.settings
            .unpublished
            .contains(name)
            .then_some(Declared::Unpublished)
    }
}

/// The text of the list of VM tests.
fn list_of_tests<'v>(view: &View<'v>) -> Option<&'v str> {
    let file = view.tree.file(view.tree.id(ALL_TESTS)?)?;
    Some(&file.text)
}

/// Whether every image has a VM test of its own: in older trees none has.
pub(super) fn has_image_tests(view: &View<'_>) -> bool {
    list_of_tests(view).is_some_and(|text| text.contains("image-scripts/test"))
}

/// How the test runner calls the VM test of an image.
pub(super) fn test_of_image(name: &str) -> String {
    format!("image-scripts/test@{name}")
}

/// The tests of `tests/suite/dist-config` that are run for every row, or for every row of a group.
const OF_ROWS: [(&str, Option<&str>); 4] = [
    ("netif-routed", None),
    ("start-stop", None),
    ("systemd-rundir", Some("systemd")),
    ("nonsystemd-rundir", Some("non-systemd")),
];

/// The rows of the test table that name a distribution and version, in the order of the file.
pub fn rows(view: &View<'_>) -> Vec<RowState> {
    // Trees that test every image call a test's part for one row its script.
    let joint = if has_image_tests(view) { '#' } else { '@' };
    let list = list_of_tests(view).unwrap_or_default();
    let exists = |name: &str| {
        let path = format!("{SUITE}/dist-config/{name}.nix");
        view.tree.id(&path).is_some() || list.contains(&format!("\"dist-config/{name}\""))
    };
    let tests: Vec<_> = OF_ROWS.iter().filter(|(name, _)| exists(name)).collect();
    view.with_joined(|joined| {
        let Some(table) = &joined.table else {
            return Vec::new();
        };
        let state = |row: &model::table::ResolvedRow<'_>| {
            let (distribution, version) = (row.distribution()?, row.version()?);
            let of_row = { tests.iter() }
                .filter(|(_, group)| group.is_none_or(|group| row.is_in(group)))
                .map(|(name, _)| format!("dist-config/{name}{joint}{distribution}-{version}"));
            Some(RowState {
                key: row.row.key.value.clone(),
                distribution: distribution.into(),
                version: version.into(),
                tests: of_row.collect(),
                place: super::place_in(view, table.file, row.row.key.range),
            })
        };
        table.rows.iter().filter_map(state).collect()
    })
}
