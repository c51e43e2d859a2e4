//! What every other image of the family and systemd does to its container, and a new one does not.

use crate::Note;
use crate::apply::apply;
use crate::draft::Draft;
use container::BuildCache;
use container::policy::PolicyItem;
use model::Image;
use model::view::View;

/// Number of items that a note names.
const MAX_NAMED: usize = 6;

/// Returns a note on what an image lacks after a change, unless the one that it is made after lacks it
/// as well among its own neighbours.
pub(super) fn note(draft: &Draft<'_>, image: &Image, like: &Image) -> Option<Note> {
    let before = draft.view;
    let tree = apply(before.tree, draft.file_edits());
    let view = View {
        tree: &tree,
        model: &draft.model,
        ..before
    };
    let cache = BuildCache::default();
    let missing = cache.policy(&view, image)?.missing(&view, image, &cache);
    if missing.items.is_empty() {
        return None;
    }
    let known = cache.policy(&before, like)?.missing(&before, like, &cache);
    let is_new = |item: &&PolicyItem| {
        let mut known = known.items.iter();
        !known.any(|other| {
            (other.topic, other.action, &other.name) == (item.topic, item.action, &item.name)
        })
    };
    let items: Vec<&PolicyItem> = missing.items.iter().filter(is_new).collect();
    let named = items.iter().take(MAX_NAMED);
    let named: Vec<String> = named
        .map(|item| format!("{} `{}`", item.action, item.name))
        .collect();
    let more = match items.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let peers: Vec<String> = missing
        .peers
        .iter()
        .map(|peer| format!("`{peer}`"))
        .collect();
    (!named.is_empty()).then(|| {
        Note::general(format!(
            "it does not do what each of {} does: {}{more}; `image-scripts-ls policy {}` shows where",
            peers.join(", "),
            named.join(", "),
            image.name
        ))
    })
}
