//! The login on the console of containers with systemd 258 and later, and the helper that sets it up.

use super::tree::Tree;
use super::view::{FIRST_WITHOUT_V1, Systemd, View};
use super::{FileId, Image, Model};

/// The helper.
pub const HELPER: &str = "configure-systemd-console-getty";

/// How the names of units that it is about begin.
const UNIT: &str = "console-getty";

/// The first systemd that needs it: the first one without cgroup v1, too.
pub const FIRST_WITH_IT: u32 = FIRST_WITHOUT_V1;

/// Returns whether an image calls the helper.
pub fn calls_it(tree: &Tree, image: &Image) -> bool {
    let mut called = image.summary.called.iter();
    called.any(|(file, index)| {
        let function = tree.script(*file);
        let function = function.and_then(|f| f.effects.functions.get(*index as usize));
        function.is_some_and(|function| function.name == HELPER)
    })
}

/// Returns whether an image that does not call the helper is of a kind that could need it: numbered,
/// read to its end, with systemd, and not with a unit of its own. Its systemd version is another
/// matter.
pub fn lacks_it(tree: &Tree, model: &Model, image: &Image) -> bool {
    let moves = image.identity.relver.known().is_none_or(|v| v.is_dated());
    let is_other = image.summary.init.is_systemd() == Some(false);
    let is_unclear = image.summary.opaque || image.is_mistaken();
    let has_it = || calls_it(tree, image) || has_own_unit(tree, model, image);
    !(moves || is_other || is_unclear || has_it())
}

/// Returns the images whose systemd certainly needs the helper, with the reason.
pub fn in_need<'a>(view: &View<'a>) -> impl Iterator<Item = (&'a Image, String)> {
    let view = *view;
    let images = view.model.images.values();
    images.filter_map(move |image| match view.systemd(image) {
        Systemd::WithoutV1(reason) => Some((&**image, reason)),
        _ => None,
    })
}

/// Returns whether an image does something with the unit itself.
fn has_own_unit(tree: &Tree, model: &Model, image: &Image) -> bool {
    let definers = definers(model);
    let directory = model.directories.get(&image.directory);
    let extras = directory
        .into_iter()
        .flat_map(|d| d.extras.iter().map(|(_, id)| *id));
    let files = image.summary.reach.iter().copied().chain(extras);
    files.filter(|id| !definers.contains(id)).any(|id| {
        tree.script(id).is_none_or(|facts| {
            let mut names = facts.effects.services.iter();
            let mut units = facts.units();
            names.any(|name| name == UNIT) || units.any(|(_, unit)| unit.unit.starts_with(UNIT))
        })
    })
}

/// Returns the files that define the helper.
pub fn definers(model: &Model) -> &[FileId] {
    model.helpers.get(HELPER).map_or(&[], |ids| ids.as_slice())
}
