//! Chains of tags such as `stable`, `oldstable`, `oldoldstable`: all of them move by one when the
//! first one does.

use smol_str::SmolStr;

use super::doubts::{Doubt, DoubtedValue, Remarks};
use super::tag_rules::{is_old_tag, next_old_tag};
use super::tags::{EntryTag, shares_tags};
use crate::Refusal;
use crate::draft::Draft;
use crate::repository::{self, EntryKey};
use model::registration::{Registration, Registrations};
use model::track::{Track, Version};

/// A tag of an entry that becomes another one of its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Link {
    from: EntryTag,
    /// The tag that it becomes; `None` where the chain ends.
    to: Option<SmolStr>,
}

/// Tags that move because the first of their chain did.
#[derive(Debug, Default)]
pub(super) struct OldTags {
    links: Vec<Link>,
    /// The first tags of the chains.
    first: Vec<SmolStr>,
    notes: Vec<String>,
}

/// The registrations that a tag can be on only one of, as far as a chain goes.
struct Holders<'r> {
    all: &'r [Registration<'r>],
    track: &'r Track,
}

impl Holders<'_> {
    /// Returns whether some entry of the distribution has a tag.
    fn exists(&self, tag: &str) -> bool {
        let of_distribution = |r: &&Registration<'_>| {
            r.entry.distribution.value == self.track.distribution
                || r.image.is_some_and(|i| {
                    i.identity.distname.fixed() == Some(self.track.distribution.as_str())
                })
        };
        let mut all = self.all.iter().filter(of_distribution);
        all.any(|r| r.entry.tags.items.iter().any(|t| t.value == tag))
    }

    /// Returns the entries that have a tag, the newest release first.
    fn of(&self, tag: &str) -> Vec<EntryKey> {
        let has_tag = |r: &&Registration<'_>| r.entry.tags.items.iter().any(|t| t.value == tag);
        let all = self.all.iter().filter(|r| shares_tags(r, self.track));
        let mut found: Vec<(Version, EntryKey)> = all
            .filter(has_tag)
            .filter_map(|r| {
                let (_, version) = r.image?.track.as_ref()?;
                Some((version.clone(), EntryKey::of(r.entry)))
            })
            .collect();
        found.sort_by(|(a, _), (b, _)| b.cmp(a));
        found.into_iter().map(|(_, key)| key).collect()
    }
}

impl OldTags {
    /// Finds the tags that follow those which a new release of a track takes.
    pub(super) fn after(
        registrations: &Registrations<'_>,
        track: &Track,
        taken: &[EntryTag],
    ) -> OldTags {
        let holders = Holders {
            all: &registrations.published,
            track,
        };
        let mut old = OldTags::default();
        for EntryTag { tag, .. } in taken {
            let is_chain = !is_old_tag(tag) && holders.exists(&next_old_tag(tag));
            if is_chain && !old.first.contains(tag) {
                old.first.push(tag.clone());
                old.follow(&holders, tag);
            }
        }
        old
    }

    /// Moves every link of a chain by one.
    fn follow(&mut self, holders: &Holders<'_>, first: &SmolStr) {
        let mut tag = first.clone();
        loop {
            let next = next_old_tag(&tag);
            let mut found = holders.of(&tag).into_iter();
            let Some(newest) = found.next() else { return };
            if tag != *first {
                self.drop_others(&tag, &newest, found);
            }
            // It may have both, by mistake.
            let has_next = holders.of(&next).contains(&newest);
            let goes_on = holders.exists(&next) && !has_next;
            if !goes_on && tag != *first {
                self.notes.push(format!(
                    "{newest} lost `{tag}` with the move of `{first}`: no release of the \
                     distribution has `{next}`, which would follow"
                ));
            }
            self.links.push(Link {
                from: EntryTag {
                    entry: newest,
                    tag: tag.clone(),
                },
                to: goes_on.then(|| next.clone()),
            });
            if !goes_on {
                return;
            }
            tag = next;
        }
    }

    /// Takes a tag from all but the newest of the releases that have it.
    fn drop_others(
        &mut self,
        tag: &SmolStr,
        newest: &EntryKey,
        others: impl Iterator<Item = EntryKey>,
    ) {
        for entry in others {
            self.notes.push(format!(
                "`{tag}` stood on {newest} and on {entry}: only the newer one took the next tag \
                 of the chain, the other lost it"
            ));
            let tag = tag.clone();
            self.links.push(Link {
                from: EntryTag { entry, tag },
                to: None,
            });
        }
    }

    /// Returns whether a tag that was taken becomes another one in its list.
    pub(super) fn keeps(&self, taken: &EntryTag) -> bool {
        let mut links = self.links.iter();
        links.any(|link| link.from == *taken && link.to.is_some())
    }

    /// Moves the tags.
    ///
    /// # Errors
    /// When a list of tags is written in a way that cannot be changed.
    pub(super) fn apply(self, draft: &mut Draft<'_>) -> Result<Remarks, Refusal> {
        let mut remarks = Remarks {
            doubts: Vec::new(),
            notes: self.notes,
        };
        for Link { from, to } in self.links {
            let EntryTag { entry, tag } = &from;
            // What others took is theirs to remove.
            if to.is_none() && self.first.contains(tag) {
                continue;
            }
            let file = draft.repository_mut()?.of_entry_mut(entry)?;
            let moved = match &to {
                Some(next) => repository::retag(file, entry, tag, next),
                None => repository::remove_tag(file, entry, tag),
            };
            moved.map_err(|why| why.by_hand(&format!("take the tag `{tag}` from {entry}")))?;
            if let Some(next) = to {
                remarks.doubts.push(Doubt {
                    about: DoubtedValue::Tag {
                        entry: entry.clone(),
                        tag: next,
                    },
                    why: format!(
                        "was `{tag}`, and moved on with its chain: confirm that upstream has moved on, too"
                    ),
                });
            }
        }
        Ok(remarks)
    }
}

/// Moves the tags of a chain back by one, where a release got the first one again and has the next
/// one still.
///
/// # Errors
/// When a list of tags is written in a way that cannot be changed.
pub(super) fn move_back(
    draft: &mut Draft<'_>,
    track: &Track,
    again: &EntryTag,
) -> Result<Remarks, Refusal> {
    let mut remarks = Remarks::default();
    let mut tag = next_old_tag(&again.tag);
    let mut entry = again.entry.clone();
    loop {
        let next = next_old_tag(&tag);
        let (still, followers) = draft.with_joined(|registrations, _| {
            let all = registrations.map(|r| r.published.as_slice());
            let holders = Holders {
                all: all.unwrap_or_default(),
                track,
            };
            (holders.of(&tag), holders.of(&next))
        });
        // It stood on two of them: one has it still.
        if !still.is_empty() {
            return Ok(remarks);
        }
        let Some(follower) = followers.into_iter().next() else {
            remarks.notes.extend(end_note(draft, track, &entry, &tag));
            return Ok(remarks);
        };
        if follower == entry {
            return Ok(remarks);
        }
        let file = draft.repository_mut()?.of_entry_mut(&follower)?;
        repository::retag(file, &follower, &next, &tag)
            .map_err(|why| why.by_hand(&format!("give the tag `{tag}` to {follower}")))?;
        remarks.doubts.push(Doubt {
            about: DoubtedValue::Tag {
                entry: follower.clone(),
                tag: tag.clone(),
            },
            why: format!(
                "was `{next}`, and moved back with its chain: confirm that this is what is wanted"
            ),
        });
        (entry, tag) = (follower, next);
    }
}

/// Returns what is said of the end of a chain that was moved back: the release that lost the tag when the
/// chain moved on is not known any more. `entry` is the one that had it since.
fn end_note(draft: &Draft<'_>, track: &Track, entry: &EntryKey, tag: &str) -> Option<String> {
    draft.with_joined(|registrations, _| {
        let all = || registrations.iter().flat_map(|r| r.published.iter());
        let of_track = || {
            let known = all().filter_map(|r| Some((r, r.image?.track.as_ref()?)));
            known.filter(|(_, (of, _))| of == track)
        };
        let (_, (_, version)) = of_track().find(|(r, _)| EntryKey::of(r.entry) == *entry)?;
        let older = of_track().filter(|(_, (_, other))| other < version);
        let (older, _) = older.max_by_key(|(_, (_, version))| version)?;
        Some(format!(
            "no release has `{tag}` now: if {} had it before the chain moved on, give it back",
            EntryKey::of(older.entry)
        ))
    })
}
