//! Choice of the first cause among the lines that may be one.

use crate::catalogue::Role;
use crate::phase::Phase;
use crate::state::{Candidate, Failure};

/// Returns the candidate that caused a failure.
///
/// Within the phase that failed the first cause counts. What may follow from something, and
/// summaries, give way to a cause of the build: a command that fails in the middle of a build does not
/// always end it, and shows in a later phase or in a test.
pub(crate) fn cause_of<'c>(
    candidates: &'c [Candidate],
    failure: &Failure,
) -> Option<&'c Candidate> {
    let is_here = |c: &&Candidate| c.phase == failure.phase && c.image_test == failure.image_test;
    let here = |role: Role| first_of(candidates.iter().filter(is_here), role);
    let before = |role: Role| of_build(candidates, failure.phase, role);
    let found = here(Role::Cause)
        .or_else(|| before(Role::Cause))
        .or_else(|| here(Role::Symptom))
        .or_else(|| here(Role::Summary))
        .or_else(|| before(Role::Symptom))
        .or_else(|| before(Role::Summary))?;
    // The lines are in the order of the log.
    let explains = |c: &&Candidate| c.found.entry.explains.contains(&found.found.entry.code);
    let mut earlier = candidates.iter().take_while(|c| !std::ptr::eq(*c, found));
    Some(earlier.find(explains).unwrap_or(found))
}

/// Returns the first candidate of a role; of summaries, one that says more before others.
fn first_of<'c>(
    candidates: impl Iterator<Item = &'c Candidate>,
    role: Role,
) -> Option<&'c Candidate> {
    let mut of_role = candidates.filter(|c| c.found.entry.role == role);
    match role {
        Role::Summary => of_role.min_by_key(|c| -i16::from(c.found.entry.weight)),
        _ => of_role.next(),
    }
}

/// Returns the first candidate of a role in the last phase of the build, before another one, that has
/// any.
fn of_build(candidates: &[Candidate], phase: Phase, role: Role) -> Option<&Candidate> {
    let before = |c: &&Candidate| {
        let is_build = c.phase.is_build() || c.phase == Phase::Unknown;
        c.phase < phase && is_build && c.found.entry.role == role
    };
    let last = candidates.iter().filter(before).map(|c| c.phase).max()?;
    first_of(
        candidates.iter().filter(before).filter(|c| c.phase == last),
        role,
    )
}
