//! Rows that mean another release after tags moved: their groups, and releases that none reaches
//! any more.

use std::sync::Arc;

use smol_str::SmolStr;

use super::doubts::{Doubt, DoubtedValue, Remarks};
use super::tag_rules::{bare_release, is_interim};
use super::test_row::{RowReason, RowRequest, add_test_row, proposed_row};
use crate::Refusal;
use crate::draft::Draft;
use crate::nix::bare_or_quoted;
use crate::test_table::{self, NewRow};
use model::Image;
use model::table::CGROUP_GROUPS;
use model::tree::TEST_TABLE;
use model::view::Systemd;

/// What is done for a release that no row reaches any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastRow {
    /// It is named, with the row that it would need.
    Named,
    /// It is named, and the option that adds the row.
    Offered,
    /// The row is added.
    Added,
}

/// The release that each row means.
#[derive(Debug)]
pub(crate) struct RowMeanings {
    rows: Vec<RowMeaning>,
}

/// A row that reaches images.
#[derive(Debug, Clone)]
struct RowMeaning {
    key: SmolStr,
    /// Version or tag.
    version: SmolStr,
    /// Names of the images: several where they share a tag, by mistake.
    images: Vec<SmolStr>,
    groups: Vec<SmolStr>,
}

impl RowMeaning {
    /// Returns the one image that the row means.
    fn only(&self) -> Option<&SmolStr> {
        match self.images.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Returns an image that the row reached before, and reaches no more.
    fn lost<'r>(&self, before: &'r RowMeaning) -> Option<&'r SmolStr> {
        let mut images = before.images.iter();
        images.find(|image| !self.images.contains(image))
    }

    fn axis(&self) -> Vec<&str> {
        let groups = self.groups.iter().map(SmolStr::as_str);
        groups.filter(|g| CGROUP_GROUPS.contains(g)).collect()
    }
}

impl RowMeanings {
    /// Returns what the rows of a checkout under change mean now.
    pub(crate) fn new(draft: &Draft<'_>) -> RowMeanings {
        draft.with_joined(|_, table| {
            let rows = table.iter().flat_map(|table| &table.rows);
            let rows = rows.filter_map(|row| {
                let images = row.published.iter().flatten();
                Some(RowMeaning {
                    key: row.row.key.value.clone(),
                    version: SmolStr::new(row.version()?),
                    images: images.filter_map(|r| Some(r.image?.name.clone())).collect(),
                    groups: row.groups.iter().map(|g| g.name.value.clone()).collect(),
                })
            });
            RowMeanings {
                rows: rows.collect(),
            }
        })
    }

    fn reaches(&self, image: &str) -> bool {
        let mut rows = self.rows.iter();
        rows.any(|row| row.images.iter().any(|own| own == image))
    }

    /// Moves each row that means another release now to the group of that release, and looks after
    /// the releases that lost their last row.
    ///
    /// # Errors
    /// When the test table is written in a way that cannot be changed.
    pub(crate) fn follow(
        &self,
        draft: &mut Draft<'_>,
        last_row: LastRow,
    ) -> Result<Remarks, Refusal> {
        let mut remarks = Remarks::default();
        let now = RowMeanings::new(draft);
        for row in &now.rows {
            let before = self.rows.iter().find(|before| before.key == row.key);
            let lost = before.and_then(|before| Some((before, row.lost(before)?)));
            if let (Some((before, was)), Some(image)) = (lost, row.only()) {
                remarks.notes.extend(narrowed_note(before, row));
                remarks.extend(regroup(draft, was, row, image)?);
            }
        }
        let mut lost: Vec<(&RowMeaning, &SmolStr)> = Vec::new();
        for row in &self.rows {
            for image in row.images.iter().filter(|image| !now.reaches(image)) {
                if lost.iter().all(|(_, known)| *known != image) {
                    lost.push((row, image));
                }
            }
        }
        for (row, image) in lost {
            remarks.extend(keep_tested(draft, row, image, last_row)?);
        }
        Ok(remarks)
    }
}

/// Returns what is said of a row that reached several releases, and means one of them now.
fn narrowed_note(before: &RowMeaning, now: &RowMeaning) -> Option<String> {
    let image = now.only().filter(|image| before.images.contains(image))?;
    let images = before.images.iter().map(|image| format!("`{image}`"));
    let images: Vec<String> = images.collect();
    Some(format!(
        "row `{}` reached {}, and means `{image}` alone now",
        now.key,
        images.join(" and ")
    ))
}

/// Moves the rows of an image that became another release by its new name to the groups of that
/// release, as far as they are certain.
///
/// # Errors
/// When the test table is written in a way that cannot be changed.
pub(super) fn follow_release(
    draft: &mut Draft<'_>,
    image: &Image,
    renamed: &Image,
) -> Result<Remarks, Refusal> {
    let mut remarks = Remarks::default();
    for row in RowMeanings::new(draft).rows {
        if row.only() == Some(&renamed.name) {
            remarks.extend(regroup(draft, &image.name, &row, &renamed.name)?);
        }
    }
    Ok(remarks)
}

/// Moves a row to the group of the release that it means now (`name`), if that is certain. `before` is the
/// image that it meant.
fn regroup(
    draft: &mut Draft<'_>,
    before: &str,
    row: &RowMeaning,
    name: &SmolStr,
) -> Result<Remarks, Refusal> {
    let mut remarks = Remarks::default();
    let images = draft.model.images.clone();
    let axis = row.axis();
    let has_group =
        |name: &str| draft.with_joined(|_, table| table.is_some_and(|t| t.has_group(name)));
    let is_systemd = row.groups.iter().any(|group| group == "systemd");
    let Some(image) = images.get(name).filter(|_| is_systemd) else {
        return Ok(remarks);
    };
    let is_v2_only = axis == ["cgroupv2"];
    let systemd = draft.view.systemd(image);
    let why = match &systemd {
        Systemd::WithoutV1(why) => format!(": {why}"),
        _ => String::new(),
    };
    let groups: Vec<&str> = match systemd {
        Systemd::WithoutV1(_) if !is_v2_only && !axis.is_empty() && has_group("cgroupv2") => {
            vec!["cgroupv2"]
        }
        // It was there because of the systemd of the release that it meant before.
        Systemd::WithV1 if is_v2_only && is_without_v1(draft, before) => {
            if !has_group("cgroupAll") {
                // Without such a group, rows that boot on both are not always in both.
                remarks.doubts.push(Doubt {
                    about: DoubtedValue::Member {
                        group: SmolStr::new_static("cgroupv2"),
                        key: row.key.clone(),
                    },
                    why: format!(
                        "means `{}` now, which boots on hosts with cgroup v1, too: see whether it \
                         belongs in `cgroupv1` as well",
                        name
                    ),
                });
                return Ok(remarks);
            }
            vec!["cgroupAll"]
        }
        Systemd::Unknown(likely) if !is_v2_only => {
            let likely = likely.unwrap_or_else(|| "its systemd version is not known".to_owned());
            remarks.doubts.extend(axis.iter().map(|group| Doubt {
                about: DoubtedValue::Member {
                    group: SmolStr::new(group),
                    key: row.key.clone(),
                },
                why: format!(
                    "means `{}` now: {likely}; since 258 it belongs in `cgroupv2`: confirm its \
                     systemd version",
                    name
                ),
            }));
            return Ok(remarks);
        }
        _ => return Ok(remarks),
    };
    test_table::regroup(draft.table_mut()?, &row.key, &groups)
        .map_err(|why| why.by_hand(&format!("move the row `{}`", row.key)))?;
    let groups: Vec<String> = groups.iter().map(|group| format!("`{group}`")).collect();
    remarks.notes.push(format!(
        "row `{}` means `{}` now, and was moved to {}{why}",
        row.key,
        name,
        groups.join(" and ")
    ));
    Ok(remarks)
}

/// Returns whether the release that a row meant is certain to boot on cgroup v2 alone.
fn is_without_v1(draft: &Draft<'_>, before: &str) -> bool {
    // It may be retired.
    let was = draft.view.model.images.get(before);
    let image = was.or_else(|| draft.model.images.get(before));
    image.is_some_and(|image| matches!(draft.view.systemd(image), Systemd::WithoutV1(_)))
}

/// Looks after a release (`name`) that no row reaches any more, if it is still published. `before` is a row
/// that reached it.
fn keep_tested(
    draft: &mut Draft<'_>,
    before: &RowMeaning,
    name: &SmolStr,
    last_row: LastRow,
) -> Result<Remarks, Refusal> {
    let mut remarks = Remarks::default();
    let image: Option<Arc<Image>> = draft.model.images.get(name).cloned();
    let is_published = draft.with_joined(|registrations, _| {
        registrations.is_some_and(|r| r.of_image(name).next().is_some())
    });
    let Some(image) = image.filter(|_| is_published) else {
        return Ok(remarks);
    };
    let distribution = image.identity.distname.fixed().unwrap_or_default();
    if is_interim(distribution, &bare_release(&image)) {
        return Ok(remarks);
    }
    let request = RowRequest {
        like: None,
        hosts: None,
        reason: RowReason::Requested,
        init: None,
        groups: Some(&before.groups),
    };
    let lost = format!(
        "no row of {TEST_TABLE} reaches `{}` any more: `{}` says `{}`",
        image.name, before.key, before.version
    );
    let Some(row) = proposed_row(draft, &image, &request) else {
        remarks
            .notes
            .push(format!("{lost}, and nothing else names it"));
        return Ok(remarks);
    };
    let text = row_text(&row);
    remarks.notes.push(match last_row {
        LastRow::Added => format!("{lost}; `{text}` was added"),
        LastRow::Offered => format!("{lost}; `--keep-tested` adds `{text}`"),
        LastRow::Named => format!("{lost}; add `{text}` to test it again"),
    });
    if last_row == LastRow::Added {
        remarks.extend(add_test_row(draft, &image, &request)?);
    }
    Ok(remarks)
}

/// Returns a row as it would be written on one line.
fn row_text(row: &NewRow) -> String {
    format!(
        "{} = {{ distribution = \"{}\"; version = \"{}\"; }};",
        bare_or_quoted(&row.key),
        row.distribution,
        row.version
    )
}
