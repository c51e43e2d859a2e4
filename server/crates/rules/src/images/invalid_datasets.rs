//! `invalid-datasets`.

use crate::{Context, FileRange, Finding};
use model::Directory;

rule! {
    /// An item of `DATASETS` is not `NAME=/MOUNTPOINT`.
    ///
    /// ## Why
    /// The items are datasets that a container of the image gets, each with the path at which it is
    /// mounted. One of another form creates no dataset, or mounts it elsewhere.
    ///
    /// ## How to fix it
    /// Write `NAME=/MOUNTPOINT`, several separated by `:`.
    ///
    /// ## Example
    /// ```bash
    /// DATASETS=home=/home:srv
    /// ```
    /// `DATASETS=home=/home:srv=/srv` is right.
    code: "invalid-datasets",
    severity: Warning,
    group: Images,
    checks: [Directory(check)],
    fix: no,
}

fn check(cx: &Context<'_>, directory: &Directory, out: &mut Vec<Finding>) {
    let Some(config) = directory.config else {
        return;
    };
    for image in cx.images_of(directory) {
        let Some(datasets) = image.identity.datasets.known() else {
            continue;
        };
        let is_valid = |item: &str| {
            item.split_once('=')
                .is_some_and(|(name, path)| !name.is_empty() && path.starts_with('/'))
        };
        let items = datasets.sample().split(':').filter(|item| !item.is_empty());
        for item in items.filter(|item| !is_valid(item)) {
            let range = cx
                .tree
                .script(config)
                .and_then(|facts| facts.value_range("DATASETS"));
            let anchor = range.map_or_else(
                || FileRange::first_line(cx.tree, config),
                |range| FileRange::new(config, range),
            );
            let message = format!(
                "`{item}` in DATASETS is not `NAME=/MOUNTPOINT`: give it a name and a full path"
            );
            out.push(Finding::new(&RULE, anchor, message).image(&image.name));
        }
    }
}
