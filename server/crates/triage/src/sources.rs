//! The scripts of a checkout that a cause may come from: those of the image, as far as its build gets to them,
//! or those of its builder.

use smol_str::SmolStr;

use crate::phase::Phase;
use crate::report::{Cause, TestRun};
use edits::bare_unit;
use model::view::View;
use model::{Builder, File, FileId, FileRange, Image};
use syntax::bash::{ScriptFacts, UnitVerb};

/// The image, its builder and its files, as far as the checkout has them.
pub(crate) struct Sources<'v> {
    pub(crate) view: View<'v>,
    pub(crate) image: Option<&'v Image>,
    pub(crate) builder: Option<&'v Builder>,
    /// Files that it may be about: those that the image reads, its own ones first; of a builder that
    /// could not be set up its `setup.sh`.
    pub(crate) files: Vec<FileId>,
    /// The row whose test it is.
    pub(crate) row: Option<SmolStr>,
    /// Set if it is about the test of a row.
    pub(crate) is_of_row: bool,
}

impl<'v> Sources<'v> {
    pub(crate) fn of(view: View<'v>, test_run: &TestRun, cause: &Cause) -> Sources<'v> {
        let image = test_run
            .image
            .as_ref()
            .and_then(|name| view.model.images.get(name));
        let image = image.map(|image| &**image);
        let named = image.and_then(|image| image.identity.builder.fixed());
        let builder = test_run.builder.as_deref().or(named);
        let builder = builder
            .and_then(|name| view.model.builders.get(name))
            .map(|b| &**b);
        let directory = image.and_then(|image| view.model.directories.get(&image.directory));
        let mut files: Vec<FileId> = Vec::new();
        let own = directory
            .into_iter()
            .flat_map(|directory| directory.scripts());
        let reach = image
            .into_iter()
            .flat_map(|image| image.summary.reach.iter().copied());
        for file in own.chain(reach) {
            if !files.contains(&file) {
                files.push(file);
            }
        }
        if cause.phase == Phase::BuilderSetup {
            let files_of = |builder: &Builder| [builder.setup, builder.config];
            files = builder.into_iter().flat_map(files_of).flatten().collect();
        }
        Sources {
            view,
            image,
            builder,
            files,
            row: test_run.row.clone(),
            is_of_row: test_run.is_of_row(),
        }
    }

    pub(crate) fn texts(&self) -> impl Iterator<Item = (FileId, &'v File)> {
        let tree = self.view.tree;
        self.files
            .iter()
            .filter_map(move |id| Some((*id, &**tree.file(*id)?)))
    }

    /// Returns whether the build of the image gets to a range: it is in no function that it does not call.
    pub(crate) fn is_reached(&self, at: FileRange) -> bool {
        let facts = self.view.tree.script(at.file);
        let Some((image, facts)) = self.image.zip(facts).filter(|(i, _)| !i.summary.opaque) else {
            return true;
        };
        // A builder's script is none that the image reads.
        if !image.summary.reach.contains(&at.file) && self.build_script() != Some(at.file) {
            return true;
        }
        let mut around = (0u32..)
            .zip(&facts.effects.functions)
            .filter(|(_, function)| {
                facts
                    .range(function.definition_span)
                    .contains_range(at.range)
            });
        let is_called = |index: u32| image.summary.called.contains(&(at.file, index));
        around.all(|(index, _)| is_called(index))
    }

    /// Returns whether the scripts of the image mask a unit.
    pub(crate) fn masks(&self, unit: &str) -> bool {
        self.files.iter().any(|id| {
            units_of(self.view, *id)
                .into_iter()
                .any(|(verb, name, at)| {
                    verb == UnitVerb::Mask
                        && bare_unit(&name) == bare_unit(unit)
                        && self.is_reached(at)
                })
        })
    }

    pub(crate) fn build_script(&self) -> Option<FileId> {
        let image = self.image?;
        let directory = self.view.model.directories.get(&image.directory)?;
        directory.build.or(directory.main_file())
    }
}

/// The units that a script masks, enables, disables or gives a drop-in.
pub(crate) fn units_of(view: View<'_>, id: FileId) -> Vec<(UnitVerb, SmolStr, FileRange)> {
    let facts = view.tree.script(id).filter(|facts| !facts.is_stale);
    let units = facts.into_iter().flat_map(ScriptFacts::units);
    units
        .map(|(_, unit)| (unit.verb, unit.unit.clone(), FileRange::new(id, unit.range)))
        .collect()
}
