//! The images of a checkout with the ranges that say what is said of them: one line for each.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::{ImageState, rows_by_entry, state};
use crate::lookup::{fact_range, has_image_tests, registrations_of};
use model::order::natural;
use model::table::{CGROUP_GROUPS, INIT_GROUPS, ResolvedRow};
use model::test_runner::image_test;
use model::view::{Joined, View};
use model::{FileId, FileRange, Image};
use rules::Finding;

/// A value, and the range that it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The value.
    pub text: SmolStr,
    /// The range in a file of the checkout.
    pub at: FileRange,
}

/// An image with the ranges that its state is from.
#[derive(Debug, Clone)]
pub struct ImageLine<'f> {
    /// The state.
    pub state: ImageState,
    /// `config.sh` of its directory, else another file of it.
    pub main_file: Option<FileId>,
    /// `config.sh` of its builder.
    pub builder_file: Option<FileId>,
    /// The keys of its entries.
    pub entries: Vec<Cell>,
    /// The tags of its entries.
    pub tags: Vec<Cell>,
    /// The keys of the rows that reach it.
    pub rows: Vec<Cell>,
    /// These rows in groups of the cgroup axis: the text is the name of the group.
    pub cgroups: Vec<Cell>,
    /// These rows in groups of the init axis.
    pub inits: Vec<Cell>,
    /// The findings about it, the worst first.
    pub findings: Vec<&'f Finding>,
}

/// Returns all images, by distribution, track and release, the oldest first. `findings` are those of
/// the whole checkout.
pub fn lines<'f>(
    view: &View<'_>,
    findings: impl IntoIterator<Item = &'f Finding>,
) -> Vec<ImageLine<'f>> {
    let mut by_image: BTreeMap<&str, Vec<&'f Finding>> = BTreeMap::new();
    for finding in findings {
        if let Some(image) = finding.image.as_deref() {
            by_image.entry(image).or_default().push(finding);
        }
    }
    let mut images: Vec<&Image> = view.model.images.values().map(|image| &**image).collect();
    // What has no release that can be read comes last.
    images.sort_by(|a, b| {
        let distributions = (a.identity.distname.fixed(), b.identity.distname.fixed());
        none_last(distributions.0, distributions.1)
            .then_with(|| none_last(a.track.as_ref(), b.track.as_ref()))
            .then_with(|| natural(&a.name, &b.name))
    });
    let has_tests = has_image_tests(view);
    view.with_joined(|joined| {
        let rows_of = rows_by_entry(joined);
        let line = |image: &Image| {
            let mut findings = by_image.remove(image.name.as_str()).unwrap_or_default();
            findings.sort_by_key(|finding| (Reverse(finding.severity), finding.at));
            let mut line = line(view, joined, &rows_of, image);
            line.state.findings = findings.len();
            line.state.worst = findings.first().map(|finding| finding.severity);
            line.state.test = has_tests.then(|| image_test(&image.name));
            line.findings = findings;
            line
        };
        images.into_iter().map(line).collect()
    })
}

/// Compares two values, of which one that is not known comes last.
fn none_last<T: Ord>(a: Option<T>, b: Option<T>) -> Ordering {
    a.is_none().cmp(&b.is_none()).then_with(|| a.cmp(&b))
}

fn line<'f>(
    view: &View<'_>,
    joined: &Joined<'_>,
    rows_of: &BTreeMap<usize, Vec<usize>>,
    image: &Image,
) -> ImageLine<'f> {
    let state = state(view, joined, rows_of, image);
    let directory = view.model.directories.get(&image.directory);
    let builder = image.identity.builder.fixed();
    let builder = builder.and_then(|name| view.model.builders.get(name));
    let registrations = registrations_of(joined, &image.name);
    let entries = registrations.iter().map(|registration| Cell {
        text: registration.entry.version.value.clone(),
        at: fact_range(view, registration.file, registration.entry.version.range),
    });
    let tags = registrations.iter().flat_map(|registration| {
        let tags = registration.entry.tags.items.iter();
        tags.map(|tag| Cell {
            text: tag.value.clone(),
            at: fact_range(view, registration.file, tag.range),
        })
    });
    let mut line = ImageLine {
        main_file: directory.and_then(|directory| directory.main_file()),
        builder_file: builder.and_then(|builder| builder.main_file()),
        entries: entries.collect(),
        tags: tags.collect(),
        rows: Vec::new(),
        cgroups: Vec::new(),
        inits: Vec::new(),
        findings: Vec::new(),
        state,
    };
    let Some(table) = &joined.table else {
        return line;
    };
    let rows = table.rows.iter();
    for row in rows.filter(|row| line.state.rows.contains(&row.row.key.value)) {
        line.rows.push(Cell {
            text: row.row.key.value.clone(),
            at: fact_range(view, table.file, row.row.key.range),
        });
        let groups = |axis: &[&str]| memberships(view, table.file, row, axis);
        line.cgroups.extend(groups(&CGROUP_GROUPS));
        line.inits.extend(groups(&INIT_GROUPS));
    }
    line
}

/// Returns the groups of an axis that a row is in, each at the row's membership.
fn memberships(view: &View<'_>, table: FileId, row: &ResolvedRow<'_>, axis: &[&str]) -> Vec<Cell> {
    let groups = row.of_axis(axis).into_iter();
    let cells = groups.map(|group| {
        let mut members = group.members.iter();
        let member = members.find(|member| member.key.value == row.row.key.value);
        let range = member.map_or(group.name.range, |member| member.element);
        Cell {
            text: group.name.value.clone(),
            at: fact_range(view, table, range),
        }
    });
    cells.collect()
}
