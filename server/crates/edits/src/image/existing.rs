//! What is there already of an image that is to be made: it is completed, and nothing of it touched.

use smol_str::{SmolStr, format_smolstr};

use super::new::taken;
use crate::draft::Draft;
use crate::{Edit, Note, Refusal};
use model::tree::{Node, REPOSITORY};

/// What is there already of an image.
#[derive(Debug, Default)]
pub(super) struct Existing {
    /// Its directory or link is there.
    pub(super) is_there: bool,
    /// It is a link to another image's directory.
    pub(super) is_link: bool,
    /// Path of the directory.
    path: SmolStr,
    /// Names of the files and directories in it.
    names: Vec<SmolStr>,
}

impl Existing {
    /// Looks at what is there of an image.
    ///
    /// # Errors
    /// When it is something that no image can be made of.
    pub(super) fn of(draft: &Draft<'_>, name: &str) -> Result<Existing, Refusal> {
        let path = draft.image_path(name);
        let view = draft.view;
        let is_image = view.model.images.contains_key(name);
        let found = |is_link: bool, names: Vec<SmolStr>| Existing {
            is_there: true,
            is_link,
            path: path.clone(),
            names,
        };
        match view.tree.node(&path) {
            None => Ok(Existing::default()),
            Some(Node::Link(_)) if is_image => Ok(found(true, Vec::new())),
            Some(Node::Directory) => {
                let children = view.tree.children(&path).map(|(name, _)| name);
                let names: Vec<SmolStr> = children.map(SmolStr::new).collect();
                match names.iter().any(|name| name == "abstract") {
                    true => Err(taken(draft, name)),
                    false => Ok(found(false, names)),
                }
            }
            Some(_) => Err(taken(draft, name)),
        }
    }

    /// Returns whether it has both of the scripts that an image needs.
    pub(super) fn has_scripts(&self) -> bool {
        let has = |name: &str| self.names.iter().any(|own| own == name);
        self.is_link || (has("config.sh") && has("build.sh"))
    }

    /// Returns whether an edit would make what is there already.
    pub(super) fn has(&self, edit: &Edit) -> bool {
        let (Edit::Create { path, .. } | Edit::Copy { to: path, .. } | Edit::Symlink { path, .. }) =
            edit
        else {
            return false;
        };
        let mut own = self.names.iter();
        own.any(|name| format_smolstr!("{}/{name}", self.path) == *path)
    }

    /// Returns what is said of what was there; `is_registered` if its entry was.
    pub(super) fn notes(&self, is_registered: bool) -> Vec<Note> {
        if !self.is_there {
            return Vec::new();
        }
        let names: Vec<String> = self.names.iter().map(|name| format!("`{name}`")).collect();
        let files = (!names.is_empty()).then(|| {
            let names = names.join(", ");
            format!("{}: left as it was: {names}", self.path)
        });
        let link = self
            .is_link
            .then(|| format!("{}: left as it was: the link", self.path));
        let entry = is_registered.then(|| format!("{REPOSITORY}: left as it was: the entry"));
        let all = files.into_iter().chain(link).chain(entry);
        all.map(Note::general).collect()
    }
}
