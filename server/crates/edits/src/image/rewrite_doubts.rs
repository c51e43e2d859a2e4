//! What a script that was made into that of another release has of the older one, or has by reading
//! alone: only upstream can confirm it.

use smol_str::SmolStr;

use super::build_variable::address_variables;
use super::commands;
use super::compared;
use super::difference::ReleaseDifference;
use super::leftovers::{left_doubts, title_doubts};
use super::mentions;
use super::moving;
use super::packages;
use super::peers;
use super::predecessor::relative;
use super::rewrite::{CONFIG, helper_name, is_defined};
use super::script::{
    self, Assigned, assignments, build_numbers, calls, is_address, literal, slice, words,
};
use super::security_suite;
use super::workarounds;
use model::view::View;
use syntax::TextRange;
use syntax::bash::ScriptFacts;

/// Returns the ranges of a rewritten script that only upstream can confirm, and why.
pub(crate) fn doubts(
    view: &View<'_>,
    file: &str,
    text: &str,
    difference: &ReleaseDifference<'_>,
) -> Vec<(TextRange, String)> {
    let facts = script::read(text);
    let all = assignments(&facts);
    let mut found = title_doubts(text, difference);
    if file == CONFIG {
        found.extend(field_doubts(&all, difference));
    }
    found.extend(compared::doubts(view, text, &all, difference));
    match &difference.foreign {
        Some(foreign) => found.extend(foreign.doubts(view, text)),
        None => {
            found.extend(value_doubts(view, text, &all, difference));
            found.extend(call_doubts(view, &facts, difference));
            found.extend(compared::word_doubts(view, text, &all, difference));
            found.extend(left_doubts(text, &all, difference));
            found.extend(commands::doubts(text, &facts, &all, difference));
            found.extend(security_suite::doubts(text, &facts, difference));
            found.extend(packages::doubts(text, &all, difference));
            found.extend(peers::doubts(view, text, &facts, difference));
            found.extend(workarounds::doubts(text, difference));
            found.extend(moving::doubts(text, &facts, &all, difference));
        }
    }
    // What has a doubt of its own is not listed twice.
    let mentions = mentions::doubts(view, text, &facts, difference).into_iter();
    let is_new = |range: &TextRange| !found.iter().any(|(known, _)| known == range);
    let mentions: Vec<_> = mentions.filter(|(range, _)| is_new(range)).collect();
    found.extend(mentions);
    found.sort_by_key(|(range, _)| (range.start(), range.end()));
    found
}

/// Returns the values of `config.sh` that only reading the name gave it.
fn field_doubts(
    assigned: &[Assigned],
    difference: &ReleaseDifference<'_>,
) -> Vec<(TextRange, String)> {
    let doubts = assigned.iter().filter_map(|assigned| {
        let why = difference.now.doubt(&assigned.name, &difference.was)?;
        Some((assigned.value, why.to_owned()))
    });
    doubts.collect()
}

/// Returns the values that only upstream can confirm.
fn value_doubts(
    view: &View<'_>,
    text: &str,
    assigned: &[Assigned],
    difference: &ReleaseDifference<'_>,
) -> Vec<(TextRange, String)> {
    let point = assigned
        .iter()
        .find(|a| a.name == "POINTVER")
        .and_then(|a| literal(slice(text, a.value)));
    let versions: Vec<&str> = point
        .into_iter()
        .chain(difference.number.map(|number| number.new))
        .collect();
    let mut found: Vec<(TextRange, String)> = Vec::new();
    for assigned in assigned {
        let value = slice(text, assigned.value);
        let why = match assigned.name.as_str() {
            "BUILDER" => {
                let why = builder_doubt(view, value, difference);
                found.extend(why.map(|why| (assigned.value, why)));
                continue;
            }
            "POINTVER" => Some("the point release: only upstream knows the current one".to_owned()),
            "RELNAME" => codename_doubt(value, difference),
            _ => None,
        };
        found.extend(why.map(|why| (assigned.value, why)));
        for range in build_numbers(value, &versions) {
            found.push((
                range + assigned.value.start(),
                "a package's build number: only upstream knows the current one".to_owned(),
            ));
        }
        let has_release = value.contains('$') || value.contains(|c: char| c.is_ascii_digit());
        if is_address(value) && has_release {
            found.push((
                assigned.value,
                "an address: check that upstream serves the release there".to_owned(),
            ));
        }
    }
    found.extend(address_variables(text, assigned));
    found
}

/// Returns the calls of helpers that have no counterpart for the new release.
fn call_doubts(
    view: &View<'_>,
    facts: &ScriptFacts,
    difference: &ReleaseDifference<'_>,
) -> Vec<(TextRange, String)> {
    let undefined = |name: &str| {
        let wanted = helper_name(name, difference)?;
        (!is_defined(view, &wanted, difference)).then_some(wanted)
    };
    let doubt = |(name, range): (SmolStr, TextRange)| {
        let why = match undefined(&name) {
            Some(wanted) => {
                format!("no include that is read here defines `{wanted}`: the call was left")
            }
            None => older_helper(view, &name, difference)
                .or_else(|| other_flavour(view, &name, difference))?,
        };
        Some((range, why))
    };
    calls(facts).into_iter().filter_map(doubt).collect()
}

/// Returns what is said of a helper that is one of several which have releases in their names, and
/// was of an older one already.
fn older_helper(view: &View<'_>, name: &str, difference: &ReleaseDifference<'_>) -> Option<String> {
    let number = difference.number?;
    let (stem, of) = name.rsplit_once('-')?;
    let (of, before): (u64, u64) = (of.parse().ok()?, number.old.parse().ok()?);
    let is_like = |helper: &SmolStr| {
        let other = helper
            .strip_prefix(stem)
            .and_then(|rest| rest.strip_prefix('-'));
        let other = other.and_then(|other| other.parse::<u64>().ok());
        other.is_some_and(|other| other != of) && is_defined(view, helper, difference)
    };
    let is_family = of < before && view.model.helpers.keys().any(is_like);
    is_family.then(|| {
        format!(
            "the helper of release {of}: check that it fits {}",
            number.new
        )
    })
}

/// Returns what is said of a helper that is named after a word of the older name which the new one has not.
fn other_flavour(
    view: &View<'_>,
    name: &str,
    difference: &ReleaseDifference<'_>,
) -> Option<String> {
    let replaced = difference.replaced_words();
    let mut old = replaced.old.iter();
    let old = old.find(|word| !words(name, word).is_empty())?;
    let renamed = |new: &&str| name.replace(old, new);
    let mut counterparts = replaced.new.iter().map(renamed);
    let counterpart = counterparts.find(|other| is_defined(view, other, difference));
    let counterpart = counterpart.map(|other| format!("; there is `{other}`"));
    Some(format!(
        "a helper named after `{old}`, as in `{}`: check that `{}` needs it{}",
        difference.like().name,
        difference.now.name(),
        counterpart.unwrap_or_default()
    ))
}

fn builder_doubt(
    view: &View<'_>,
    written: &str,
    difference: &ReleaseDifference<'_>,
) -> Option<String> {
    let value = literal(written).filter(|_| difference.builder.is_none())?;
    let like = &difference.like.name;
    if let Some((name, _)) = difference.number.and_then(|number| number.in_text(value)) {
        return Some(format!(
            "there is no builder `{name}`: the one of `{like}` was left"
        ));
    }
    // One that is named after the other track: `opensuse-tumbleweed`.
    let track = difference.rest()?.old;
    let is_named = !words(value, track).is_empty();
    is_named.then(|| {
        let name = difference.now.name();
        let nearest = relative(view, name).filter(|other| other.name != *like);
        let other = nearest.and_then(|other| {
            let builder = other.identity.builder.fixed().filter(|b| *b != value)?;
            Some(format!("; `{}` is built in `{builder}`", other.name))
        });
        format!(
            "the builder of `{like}`, named after `{track}`: check that it fits{}",
            other.unwrap_or_default()
        )
    })
}

fn codename_doubt(written: &str, difference: &ReleaseDifference<'_>) -> Option<String> {
    match &difference.new_codename {
        Some(new) if literal(written) == Some(new) => None,
        Some(new) => Some(format!("the codename: it should be `{new}`")),
        None => Some("the codename of the release is not known: it was left as it is".to_owned()),
    }
}
