//! Changes of images, and what they have in common.
//!
//! - `new`, `retire`, `rename`, `bump`: what a user asks for by name;
//! - `predecessor`: the image that a new one is made after, and the name of the next one;
//! - `register`: an image's entry in the repository; `tags`: which release has which tag;
//!   `tag_rules`: the conventions about them; `old_tags`: `oldstable` and others that follow;
//!   `tag_choice`: those that a user asks for; `first_tags`: those of the first image on a track; `renamed_tags`: those of one under another
//!   name; `renamed_mentions`: what else names that;
//! - `test_row`: an image's row in the test table; `row_groups`: the groups that it is in;
//!   `moved_rows`: rows that mean another release after tags moved;
//! - `siblings`: variants of one release, which come and go together;
//! - `doubts`: what only upstream can confirm, found again in the changed files;
//! - `expansion`: values as scripts expand them, and addresses in includes and commands;
//! - `difference`: what differs between two releases; `rewrite`: a script of one made into that of the
//!   other; `rewrite_doubts`: what only upstream can confirm in it; `console_getty`: the helper that
//!   newer ones need; `fields`: what its `config.sh` says of who it is; `leftovers` and `commands`: what still names the older one; `script`: values in bash;
//! - `packages`: lists of packages; `security_suite`: Debian's security updates; `peers`: what others
//!   that call a helper do; `workarounds`: commands made for one release; `compared`: values that includes compare; `own_steps`: what no helper does;
//!   `mentions`: comments about other distributions, and the init command;
//! - `foreign`: what is still of another distribution; `distribution`: what a new one needs elsewhere;
//! - `bare`: the scripts of an image that is like no other; `copied`: those of one that is;
//! - `mask`: a unit that a neighbour masks; `policy_notes`: what a new one does not do and all others do;
//! - `builder_base`: what a new image's builder starts from;
//! - `bump_check`: versions that may be bumped to; `build_variable`: build numbers in variables;
//! - `existing`: what is there already of a new image; `name`: what an image may be called;
//!   `shape`: which releases fit beside the others;
//! - `unread_entries`: entries that cannot be read; `untracked`: files that git does not know and a change would delete.

pub(crate) mod bare;
pub(crate) mod build_variable;
mod builder_base;
pub(crate) mod bump;
pub(crate) mod bump_check;
mod commands;
mod compared;
pub(crate) mod console_getty;
mod copied;
pub(crate) mod difference;
pub(crate) mod distribution;
pub(crate) mod doubts;
mod existing;
pub(crate) mod expansion;
pub(crate) mod fields;
pub(crate) mod file_rename;
mod first_tags;
pub(crate) mod foreign;
mod leftovers;
pub(crate) mod mask;
mod mentions;
pub(crate) mod moved_rows;
mod moving;
pub(crate) mod name;
pub(crate) mod new;
mod old_tags;
mod own_steps;
mod packages;
mod peers;
mod policy_notes;
pub(crate) mod predecessor;
pub(crate) mod register;
pub(crate) mod rename;
mod renamed_mentions;
mod renamed_tags;
pub(crate) mod retire;
pub(crate) mod rewrite;
mod rewrite_doubts;
pub(crate) mod row_groups;
pub(crate) mod script;
mod security_suite;
pub(crate) mod shape;
mod siblings;
pub(crate) mod tag_choice;
mod tag_rules;
pub(crate) mod tags;
pub(crate) mod test_row;
mod unread_entries;
pub(crate) mod untracked;
mod workarounds;

use std::sync::Arc;

use crate::Refusal;
use model::Image;
use model::identity::split_name;
use model::spelling::{did_you_mean, suggest};
use model::view::View;
use smol_str::SmolStr;

/// Returns the image of a name.
pub(crate) fn image_of<'a>(view: &View<'a>, name: &str) -> Result<&'a Arc<Image>, Refusal> {
    let found = view.model.images.get(name);
    found.ok_or_else(|| {
        let similar = similar_image(view, name);
        Refusal::new(format!("there is no image `{name}`{similar}"))
    })
}

/// Returns `; did you mean ...?` for a name that no image has, or nothing. The name of a distribution
/// may stand for any of its images.
pub(super) fn similar_image(view: &View<'_>, name: &str) -> String {
    let similar = suggest(name, view.model.images.keys().map(SmolStr::as_str));
    let images = view.model.images.values();
    let of_distribution = images.filter(|image| {
        let [distribution, ..] = split_name(&image.name);
        distribution == name
    });
    let mut of_distribution: Vec<&Arc<Image>> = of_distribution.collect();
    of_distribution.sort_by_key(|image| image.track.as_ref().map(|(_, version)| version));
    let names: Vec<&str> = of_distribution.iter().map(|image| &*image.name).collect();
    match names.as_slice() {
        [first, second, rest @ ..] if similar.is_empty() => {
            let more = if rest.is_empty() {
                ""
            } else {
                ", or another of them"
            };
            format!("; did you mean `{first}`, `{second}`{more}?")
        }
        [only] if similar.is_empty() => did_you_mean(&[only]),
        _ => did_you_mean(&similar),
    }
}

/// Returns `; did you mean ...?` for a name that no builder has, or nothing.
pub(super) fn similar_builder(view: &View<'_>, name: &str) -> String {
    did_you_mean(&suggest(
        name,
        view.model.builders.keys().map(SmolStr::as_str),
    ))
}

/// Returns whether the release of an image has the date of its build in it.
pub(crate) fn is_dated(image: &Image) -> bool {
    let release = image.identity.relver.known();
    release.is_some_and(|release| release.is_dated())
}
