//! What an image does to its container, in its hover: in short, and what its peers do.

use super::text;
use container::BuildCache;
use container::policy::{Arrangement, Missing, PolicyItem, Topic};
use model::Image;
use model::view::View;

/// Describes the policy of an image, as a table; `None` if it has no build script.
pub fn policy_section(view: &View<'_>, image: &Image, cache: &BuildCache) -> Option<String> {
    let policy = cache.policy(view, image)?;
    let missing = policy.missing(view, image, cache);
    let mut rows = Vec::new();
    let units = [("Masks", "mask"), ("Disables", "disable")];
    for (title, action) in units {
        let of_action = |item: &&PolicyItem| item.topic == Topic::Unit && item.action == action;
        rows.extend(row(title, policy.items.iter().filter(of_action)));
    }
    let is_left_out = |item: &&PolicyItem| {
        item.topic == Topic::Package && ["exclude", "remove"].contains(&item.action)
    };
    rows.extend(row(
        "Leaves out packages",
        policy.items.iter().filter(is_left_out),
    ));
    if let Some((command, _)) = &policy.init {
        rows.push(["Init command".to_owned(), text::code(&text::cut(command))]);
    }
    for (title, arrangement) in [
        ("Network", Arrangement::Network),
        ("Cgroups", Arrangement::Cgroups),
    ] {
        let parts = policy.parts_of(arrangement);
        let parts = parts.map(|item| format!("{} {}", item.action, text::code(&item.name)));
        rows.extend(joined(title, parts.collect()));
    }
    rows.extend(lacks(&missing));
    (!rows.is_empty()).then(|| text::table(["Container", ""], &rows))
}

/// Limit of the items of a row.
const MAX_ITEMS: usize = 6;

fn row<'p>(title: &str, items: impl Iterator<Item = &'p PolicyItem>) -> Option<[String; 2]> {
    joined(title, items.map(|item| text::code(&item.name)).collect())
}

fn joined(title: &str, mut items: Vec<String>) -> Option<[String; 2]> {
    let more = items.len().saturating_sub(MAX_ITEMS);
    items.truncate(MAX_ITEMS);
    if items.is_empty() {
        return None;
    }
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some([title.to_owned(), format!("{}{more}", items.join(", "))])
}

fn lacks(missing: &Missing) -> Option<[String; 2]> {
    let items = missing.items.iter();
    let items = items.map(|item| format!("{} {}", item.action, text::code(&item.name)));
    let [title, items] = joined("Lacks", items.collect())?;
    let peers = text::few(&text::in_order(&missing.peers));
    Some([title, format!("{items}: each of {peers} has it")])
}
