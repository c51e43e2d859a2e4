//! `wrong-cgroup-group`.

use super::{member_range, row_anchor, row_runs_systemd};
use crate::model::data::is_moving;
use crate::model::table::CGROUP_GROUPS;
use crate::model::{Image, track};
use crate::rules::{Anchor, Context, Finding, Joined};

rule! {
    /// The image ships systemd 258 or newer, and its row is in another group than `cgroupv2`.
    ///
    /// ## Why
    /// systemd 258 removed cgroup v1: the container does not boot on a v1 host, and its tests
    /// there fail. The version is known for certain from data that ships with the program, or from
    /// `.image-scripts.toml`:
    /// ```toml
    /// [systemd]
    /// debian."14" = 261
    /// ```
    /// Arch, Debian testing and unstable, Fedora rawhide, openSUSE Tumbleweed and NixOS unstable
    /// have passed 258 and count as newer than any number.
    ///
    /// ## How to fix it
    /// Move the row's key to `cgroupv2`.
    WRONG_CGROUP_GROUP, "wrong-cgroup-group", Warning, TestTable
}

/// The first systemd without cgroup v1.
const FIRST_WITHOUT_V1: u32 = 258;

pub(crate) fn check(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(table) = joined.table.as_ref().filter(|t| t.has_group("cgroupv2")) else {
        return;
    };
    for row in &table.rows {
        let Some(image) = row.only().and_then(|p| p.image) else {
            continue;
        };
        if row_runs_systemd(row) != Some(true) {
            continue;
        }
        let Some(reason) = reason(cx, image) else {
            continue;
        };
        for group in row
            .of_axis(&CGROUP_GROUPS)
            .into_iter()
            .filter(|g| g.name.value != "cgroupv2")
        {
            let key = &row.row.key.value;
            let range = member_range(table, &group.name.value, key);
            let anchor = range.map_or_else(
                || row_anchor(table.file, row),
                |r| Anchor::range(table.file, r),
            );
            let message = format!(
                "`{key}` belongs in `cgroupv2`, not in `{}`: {reason}",
                group.name.value
            );
            let finding = Finding::new(&WRONG_CGROUP_GROUP, anchor, message).image(&image.name);
            out.push(finding.related(row_anchor(table.file, row), "the row"));
        }
    }
}

/// Why an image cannot boot on a cgroup v1 host, if that is certain.
fn reason(cx: &Context<'_>, image: &Image) -> Option<String> {
    let distribution = image.identity.distname.fixed()?;
    let release = image.identity.relver.known()?;
    let bare = release.with_stamps_as("");
    let bare = bare.trim_end_matches('-');
    if release.is_dated() && is_moving(distribution, bare) {
        let (name, _) = track::split(bare);
        let name = if name.is_empty() {
            distribution.to_owned()
        } else {
            format!("{distribution} {name}")
        };
        return Some(format!(
            "{name} moves, and has passed systemd {FIRST_WITHOUT_V1}, which has no cgroup v1"
        ));
    }
    let known = cx
        .systemd_version(distribution, bare)
        .filter(|v| v.certain && v.systemd >= FIRST_WITHOUT_V1)?;
    let source = match known.remark.as_deref() {
        Some(".image-scripts.toml") => "by .image-scripts.toml",
        _ => "by the data that ships with image-scripts-ls",
    };
    Some(format!(
        "{distribution} {bare} ships systemd {} ({source}), which has no cgroup v1",
        known.systemd
    ))
}
