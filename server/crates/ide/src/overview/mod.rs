//! State of every image and row of a checkout, for the lists and tables that show them.
//!
//! - `lines`: the images with the ranges that say so; `reach`: which includes and builders they use;
//! - `tracks`: which images succeed one another.

mod lines;
mod reach;
mod tracks;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use smol_str::SmolStr;

pub use lines::{Cell, ImageLine, lines};
pub use reach::{Source, SourceKind, sources};
pub use tracks::{TrackState, tracks};

pub use container::tested::{TestState, Tested};

use super::lookup::{build_script, fact_range, has_image_tests, includes_of, registrations_of};
use model::identity::IdentityField;
use model::order::natural;
use model::settings::Severity;
use model::suite::TestSuite;
use model::table::{CGROUP_GROUPS, INIT_GROUPS, ResolvedRow, Table};
use model::test_runner::image_test;
use model::view::{FIRST_WITHOUT_V1, Joined, Systemd, View};
use model::{FileId, FileRange, Image};
use rules::Finding;

/// State of an image. Values that are not known are `None`; dates in them are written `DATE`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageState {
    /// Name of the image.
    pub image: SmolStr,
    /// Name of the directory that it is built from: another image's, if it is an alias.
    pub directory: SmolStr,
    /// `BUILDER`.
    pub builder: Option<String>,
    /// `DISTNAME`.
    pub distribution: Option<String>,
    /// `RELVER`.
    pub release: Option<String>,
    /// `ARCH`.
    pub arch: Option<String>,
    /// `VENDOR`.
    pub vendor: Option<String>,
    /// `VARIANT`.
    pub variant: Option<String>,
    /// Includes that it reads, except `common.sh`, which every image reads.
    pub includes: Vec<SmolStr>,
    /// The repository has an entry that builds it.
    pub published: Option<bool>,
    /// Reason why it is not published, if the settings give one.
    pub declared: Option<Declared>,
    /// Tags of its entries.
    pub tags: Vec<SmolStr>,
    /// Keys of the rows that reach it.
    pub rows: Vec<SmolStr>,
    /// Groups of the cgroup and init axes that these rows are in.
    pub groups: Vec<SmolStr>,
    /// Number of findings about it.
    pub findings: usize,
    /// Severity of the worst finding.
    pub worst: Option<Severity>,
    /// Major version of its systemd.
    pub systemd: Option<SystemdState>,
    /// End of the standard support of its release.
    pub support: Option<SupportState>,
    /// Name of its VM test, if the checkout has one for every image.
    pub test: Option<String>,
    /// The last run of that test, where somebody has looked for it.
    pub tested: Option<Tested>,
    /// `build.sh` of the image.
    #[serde(skip)]
    pub build: Option<FileId>,
}

impl ImageState {
    /// Takes over the last run of its test, if it has one, from those of all images.
    pub fn take_tested(&mut self, tested: &mut BTreeMap<SmolStr, Tested>) {
        if self.test.is_some() {
            self.tested = tested.remove(&self.image);
        }
    }
}

/// Major version of the systemd that an image ships.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemdState {
    /// The version.
    pub version: u32,
    /// True for that version or a newer one: the release moves.
    pub or_newer: bool,
    /// False if the version is only likely.
    pub certain: bool,
}

/// End of the standard support of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SupportState {
    /// The last day, `YYYY-MM-DD`.
    pub end: String,
    /// True if that day is over.
    pub over: bool,
    /// False if the day is only likely.
    pub certain: bool,
}

/// Reason why an image is not published, as the settings give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Declared {
    /// No longer published.
    Retired,
    /// Not published yet, or never to be.
    Unpublished,
}

/// State of a row of the test table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowState {
    /// Key of the row.
    pub key: SmolStr,
    /// Distribution, as written.
    pub distribution: SmolStr,
    /// Version or tag, as written.
    pub version: SmolStr,
    /// Names of the VM tests that run for this row alone.
    pub tests: Vec<String>,
    /// Range of the key.
    #[serde(skip)]
    pub key_range: FileRange,
}

/// Returns the states of all images, by name, as people count. `findings` are those of the whole checkout.
pub fn images<'f>(
    view: &View<'_>,
    findings: impl IntoIterator<Item = &'f Finding>,
) -> Vec<ImageState> {
    let mut by_image: BTreeMap<&str, FindingCount> = BTreeMap::new();
    for finding in findings {
        if let Some(image) = finding.image.as_deref() {
            by_image.entry(image).or_default().add(finding.severity);
        }
    }
    let has_tests = has_image_tests(view);
    view.with_joined(|joined| {
        let rows = rows_by_entry(joined);
        let state = |image: &Arc<Image>| {
            let mut state = state(view, joined, &rows, image);
            if let Some(count) = by_image.get(image.name.as_str()) {
                state.findings = count.findings;
                state.worst = count.worst;
            }
            state.test = has_tests.then(|| image_test(&image.name));
            state
        };
        let mut states: Vec<ImageState> = view.model.images.values().map(state).collect();
        states.sort_by(|a, b| natural(&a.image, &b.image));
        states
    })
}

/// Findings about one image.
#[derive(Default)]
struct FindingCount {
    findings: usize,
    worst: Option<Severity>,
}

impl FindingCount {
    fn add(&mut self, severity: Severity) {
        self.findings += 1;
        self.worst = self.worst.max(Some(severity));
    }
}

/// Returns the indices of the rows that reach an entry, by the index of the entry.
fn rows_by_entry(joined: &Joined<'_>) -> BTreeMap<usize, Vec<usize>> {
    let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let rows = joined.table.iter().flat_map(|t| &t.rows);
    for (number, row) in rows.enumerate() {
        for registration in row.published.iter().flatten() {
            found.entry(registration.index).or_default().push(number);
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
    let entries = registrations_of(joined, &image.name);
    let tags = entries.iter().flat_map(|entry| &entry.entry.tags.items);
    let reaching = entries.iter().filter_map(|entry| rows_of.get(&entry.index));
    let mut numbers: Vec<usize> = reaching.flatten().copied().collect();
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
        tags: tags.map(|tag| tag.value.clone()).collect(),
        rows,
        groups,
        findings: 0,
        worst: None,
        systemd: systemd(view, image),
        support: support(view, image),
        test: None,
        tested: None,
        build: build_script(view, &image.name),
    }
}

fn systemd(view: &View<'_>, image: &Image) -> Option<SystemdState> {
    let (distribution, release) = image.release()?;
    if let Some(known) = view.systemd_version(distribution, &release) {
        return Some(SystemdState {
            version: known.systemd,
            or_newer: false,
            certain: known.certain,
        });
    }
    matches!(view.systemd(image), Systemd::WithoutV1(_)).then_some(SystemdState {
        version: FIRST_WITHOUT_V1,
        or_newer: true,
        certain: true,
    })
}

fn support(view: &View<'_>, image: &Image) -> Option<SupportState> {
    let (distribution, release) = image.release()?;
    let support = view.support(distribution, &release)?;
    Some(SupportState {
        end: support.end.to_owned(),
        over: support.end < view.today,
        certain: support.certain,
    })
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

/// Returns the states of the rows that have a distribution and a version, in the order of the file.
pub fn rows(view: &View<'_>) -> Vec<RowState> {
    let suite = TestSuite::of(view.tree);
    view.with_joined(|joined| {
        let Some(table) = &joined.table else {
            return Vec::new();
        };
        let state = |row: &ResolvedRow<'_>| {
            let (distribution, version) = (row.distribution()?, row.version()?);
            Some(RowState {
                key: row.row.key.value.clone(),
                distribution: distribution.into(),
                version: version.into(),
                tests: suite.of_row(table, row),
                key_range: fact_range(view, table.file, row.row.key.range),
            })
        };
        table.rows.iter().filter_map(state).collect()
    })
}
