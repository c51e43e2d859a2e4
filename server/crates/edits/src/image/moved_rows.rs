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

/// A row that means one image.
#[derive(Debug, Clone)]
struct RowMeaning {
    key: SmolStr,
    /// Version or tag.
    version: SmolStr,
    /// Name of the image.
    image: SmolStr,
    groups: Vec<SmolStr>,
}

impl RowMeaning {
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
                Some(RowMeaning {
                    key: row.row.key.value.clone(),
                    version: SmolStr::new(row.version()?),
                    image: row.only()?.image?.name.clone(),
                    groups: row.groups.iter().map(|g| g.name.value.clone()).collect(),
                })
            });
            RowMeanings {
                rows: rows.collect(),
            }
        })
    }

    fn reaches(&self, image: &str) -> bool {
        self.rows.iter().any(|row| row.image == image)
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
            if let Some(before) = before.filter(|before| before.image != row.image) {
                remarks.extend(regroup(draft, before, row)?);
            }
        }
        let mut lost: Vec<&RowMeaning> = Vec::new();
        for row in self.rows.iter().filter(|row| !now.reaches(&row.image)) {
            if lost.iter().all(|known| known.image != row.image) {
                lost.push(row);
            }
        }
        for row in lost {
            remarks.extend(keep_tested(draft, row, last_row)?);
        }
        Ok(remarks)
    }
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
        if row.image == renamed.name {
            let before = RowMeaning {
                image: image.name.clone(),
                ..row.clone()
            };
            remarks.extend(regroup(draft, &before, &row)?);
        }
    }
    Ok(remarks)
}

/// Moves a row to the group of the release that it means now, if that is certain.
fn regroup(
    draft: &mut Draft<'_>,
    before: &RowMeaning,
    row: &RowMeaning,
) -> Result<Remarks, Refusal> {
    let mut remarks = Remarks::default();
    let images = draft.model.images.clone();
    let axis = row.axis();
    let has_group =
        |name: &str| draft.with_joined(|_, table| table.is_some_and(|t| t.has_group(name)));
    let is_systemd = row.groups.iter().any(|group| group == "systemd");
    let Some(image) = images.get(&row.image).filter(|_| is_systemd) else {
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
                        row.image
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
                    row.image
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
        row.image,
        groups.join(" and ")
    ));
    Ok(remarks)
}

/// Returns whether the release that a row meant is certain to boot on cgroup v2 alone.
fn is_without_v1(draft: &Draft<'_>, before: &RowMeaning) -> bool {
    // It may be retired.
    let was = draft.view.model.images.get(&before.image);
    let image = was.or_else(|| draft.model.images.get(&before.image));
    image.is_some_and(|image| matches!(draft.view.systemd(image), Systemd::WithoutV1(_)))
}

/// Looks after a release that no row reaches any more, if it is still published.
fn keep_tested(
    draft: &mut Draft<'_>,
    before: &RowMeaning,
    last_row: LastRow,
) -> Result<Remarks, Refusal> {
    let mut remarks = Remarks::default();
    let image: Option<Arc<Image>> = draft.model.images.get(&before.image).cloned();
    let is_published = draft.with_joined(|registrations, _| {
        registrations.is_some_and(|r| r.of_image(&before.image).next().is_some())
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
