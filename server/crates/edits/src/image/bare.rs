//! An image that is like no other: the shortest scripts, with an include that its builder can run.

use smol_str::{SmolStr, format_smolstr};

use super::fields::{DATE_DOUBT, STAMP};
use super::new::NewImage;
use super::script::{self, slice, words};
use crate::draft::Draft;
use crate::{Edit, Note, Verify};
use model::FileId;
use model::identity::{is_architecture, split_name};
use model::view::View;
use syntax::bash::Tool;

/// Makes the scripts of an image that is like no other. Returns what is said of the include that they
/// source, if it is one of another family, and of what they lack.
pub(super) fn add_scripts(draft: &mut Draft<'_>, new: &NewImage) -> Vec<Note> {
    let path = draft.image_path(&new.name);
    let [distribution, ..] = split_name(&new.name);
    let builder = new.builder.as_deref().unwrap_or_default();
    let mut config = format!("BUILDER={builder}\n");
    config.push_str(&missing_fields(&new.name));
    let own = format_smolstr!("{distribution}.sh");
    let own_path = format!("{}include/{own}", draft.view.tree.layout.prefix());
    let (include, note) = match draft.view.tree.node(&own_path) {
        Some(_) => (Some(own), None),
        None => of_builder(&draft.view, builder),
    };
    let mut build = ". \"$IMAGEDIR/config.sh\"\n".to_owned();
    if let Some(include) = &include {
        build.push_str(&format!(". \"$INCLUDE/{include}\"\n"));
    }
    build.push('\n');
    let bootstraps = bootstraps(&draft.view, include.as_deref());
    if bootstraps {
        build.push_str("bootstrap\n");
    }
    build.push_str("configure-common\nrun-configure\n");
    for (file, text) in [("config.sh", config), ("build.sh", build)] {
        draft.add(Edit::Create {
            path: format_smolstr!("{path}/{file}"),
            text,
        });
    }
    let unmade = format!(
        "{path}/build.sh makes no file system yet: write what makes one in `$INSTALL`, or source an \
         include that defines `bootstrap` and call it"
    );
    let is_there = draft.view.tree.node(&format!("{path}/build.sh")).is_some();
    let unmade = (!bootstraps && !is_there).then(|| Note::general(unmade));
    note.into_iter().chain(unmade).collect()
}

/// Returns whether `bootstrap` is defined in a script that sources an include: there, or in one that
/// all images read.
fn bootstraps(view: &View<'_>, include: Option<&str>) -> bool {
    let prefix = view.tree.layout.prefix();
    let mut read = include.into_iter().chain(["common.sh"]);
    read.any(|name| {
        let id = view.tree.id(&format!("{prefix}include/{name}"));
        id.is_some_and(|id| defines_bootstrap(view, id))
    })
}

/// Returns whether a script defines `bootstrap`.
fn defines_bootstrap(view: &View<'_>, id: FileId) -> bool {
    let facts = view.tree.script(id);
    facts.is_some_and(|facts| facts.effects.function("bootstrap").is_some())
}

/// Returns what in the scripts of an image that is like no other only its maker can confirm: a release
/// with a date.
pub(super) fn doubts(draft: &Draft<'_>, name: &str) -> Vec<Verify> {
    let path = format_smolstr!("{}/config.sh", draft.image_path(name));
    let Some(text) = draft.created(&path) else {
        return Vec::new();
    };
    let assigned = script::assignments(&script::read(text)).into_iter();
    let dated = assigned.filter(|a| a.name == "RELVER" && slice(text, a.value).contains("$(date"));
    dated
        .map(|assigned| Verify {
            path: path.clone(),
            range: assigned.value,
            text: slice(text, assigned.value).to_owned(),
            why: DATE_DOUBT.to_owned(),
        })
        .collect()
}

/// Returns the lines that `config.sh` lacks for the name of an image that is like no other: RELVER and
/// ARCH where the third field is not an architecture; RELVER with a date where the release has no
/// number.
fn missing_fields(name: &str) -> String {
    let [_, release, arch, ..] = split_name(name);
    let rest = name.split_once('-').map_or(release, |(_, rest)| rest);
    let needs_arch = !arch.is_empty() && !is_architecture(arch);
    let rolls = !rest.contains(|c: char| c.is_ascii_digit());
    let mut lines = String::new();
    match (rolls, rest.is_empty()) {
        (true, true) => lines.push_str(&format!("RELVER={STAMP}\n")),
        (true, false) => lines.push_str(&format!("RELVER={rest}-{STAMP}\n")),
        (false, _) if needs_arch => lines.push_str(&format!("RELVER={rest}\n")),
        (false, _) => {}
    }
    if needs_arch {
        lines.push_str("ARCH=x86_64\n");
    }
    lines
}

/// Returns the one include that fits a builder, and what is said of that, or of several.
fn of_builder(view: &View<'_>, builder: &str) -> (Option<SmolStr>, Option<Note>) {
    let found = fitting(view, builder);
    match found.as_slice() {
        [] => (None, None),
        [include] => {
            let note = format!(
                "`{include}` is sourced: builder `{builder}` has what it requires; check that it is right"
            );
            (Some(include.clone()), Some(Note::general(note)))
        }
        several => {
            let names: Vec<String> = several.iter().map(|name| format!("`{name}`")).collect();
            let note = format!(
                "no include is sourced: builder `{builder}` has what each of {} requires; source the \
                 right one in `build.sh`",
                names.join(", ")
            );
            (None, Some(Note::general(note)))
        }
    }
}

/// Returns the includes with a `bootstrap` that fit a builder: those that require only tools that its
/// `setup.sh` names, and those that images read which are built in it already.
fn fitting(view: &View<'_>, builder: &str) -> Vec<SmolStr> {
    let setup = view.model.builders.get(builder).and_then(|b| b.setup);
    let setup = setup.and_then(|id| view.tree.file(id));
    let has = |tool: &Tool| setup.is_some_and(|setup| !words(&setup.text, &tool.name).is_empty());
    let is_read = |id: &FileId| {
        let mut images = view.model.images.values();
        images.any(|image| {
            image.identity.builder.fixed() == Some(builder) && image.summary.reach.contains(id)
        })
    };
    let includes = view.model.includes.iter().filter_map(|id| {
        let effects = &view.tree.script(*id)?.effects;
        let tools = &effects.required;
        let fits = (!tools.is_empty() && tools.iter().all(has)) || is_read(id);
        let name = view.tree.path(*id)?.rsplit('/').next()?;
        (defines_bootstrap(view, *id) && fits).then(|| SmolStr::new(name))
    });
    includes.collect()
}
