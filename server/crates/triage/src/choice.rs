//! Choice of the first cause among the lines that may be one.

use crate::catalogue::{Role, Verdict};
use crate::phase::Phase;
use crate::state::{Candidate, Failure};

/// The most lines between what fails in a part and the remark that the whole has failed.
const MAX_DISTANCE: usize = 40;

/// Returns the candidates that caused a failure: the first cause; of units that systemd lists as failed
/// each one.
pub(crate) fn causes_of<'c>(candidates: &'c [Candidate], failure: &Failure) -> Vec<&'c Candidate> {
    let mut found: Vec<&Candidate> = cause_of(candidates, failure).into_iter().collect();
    let is_of_unit = |c: &&Candidate| c.is_of(failure) && c.unit().is_some();
    if found.iter().any(is_of_unit) {
        for row in candidates.iter().filter(|c| c.is_of(failure)) {
            let is_new = found.iter().all(|known| known.unit() != row.unit());
            if row.failed_unit.is_some() && !row.is_survived && is_new {
                found.push(row);
            }
        }
    }
    found
}

/// Returns the candidate that caused a failure.
///
/// Within the phase that failed the first cause counts. What may follow from something, and
/// summaries, give way to a cause of the build: a command that fails in the middle of a build does not
/// always end it, and shows in a later phase or in a test.
fn cause_of<'c>(candidates: &'c [Candidate], failure: &Failure) -> Option<&'c Candidate> {
    let here = |role: Role| first_of(candidates.iter().filter(|c| c.is_of(failure)), role);
    let before = |role: Role| of_build(candidates, failure.phase, role);
    let found = here(Role::Cause)
        .or_else(|| before(Role::Cause))
        .or_else(|| here(Role::Symptom))
        .or_else(|| here(Role::Summary))
        .or_else(|| before(Role::Symptom))
        .or_else(|| before(Role::Summary))?;
    // The lines are in the order of the log, but for those that were collected later.
    let explains = |c: &&Candidate| c.found.entry.explains.contains(&found.found.entry.code);
    let earlier = candidates.iter().take_while(|c| !std::ptr::eq(*c, found));
    let earlier = earlier.filter(|c| !c.is_survived && !c.is_collected);
    let collected = candidates
        .iter()
        .filter(|c| c.is_collected && c.is_of(failure));
    let found = earlier.chain(collected).find(explains).unwrap_or(found);
    Some(whole_of(candidates, found).unwrap_or(found))
}

/// Returns the candidate soon after one that says what it is a part of.
fn whole_of<'c>(candidates: &'c [Candidate], part: &Candidate) -> Option<&'c Candidate> {
    candidates.iter().find(|c| {
        let distance = c.line.number.checked_sub(part.line.number);
        part.found.entry.part_of.contains(&c.found.entry.code)
            && c.phase == part.phase
            && c.image_test == part.image_test
            && c.log == part.log
            && distance.is_some_and(|lines| lines <= MAX_DISTANCE)
    })
}

/// Returns the first candidate of a role that was not got over; of summaries, one that says more before
/// others. Something that would fail the next time, too, comes before what may pass.
fn first_of<'c>(
    candidates: impl Iterator<Item = &'c Candidate>,
    role: Role,
) -> Option<&'c Candidate> {
    let mut of_role = candidates.filter(|c| c.found.entry.role == role && !c.is_survived);
    if role == Role::Summary {
        return of_role.min_by_key(|c| -i16::from(c.found.entry.weight));
    }
    let first = of_role.next()?;
    let may_pass = first.found.entry.verdict == Verdict::Transient;
    let mut others = of_role.filter(|c| may_pass && c.found.entry.independent);
    Some(others.next().unwrap_or(first))
}

/// Returns the first candidate of a role in the last phase of the build, before another one, that has
/// any.
fn of_build(candidates: &[Candidate], phase: Phase, role: Role) -> Option<&Candidate> {
    let before = |c: &&Candidate| {
        let is_build = c.phase.is_build() || c.phase == Phase::Unknown;
        c.phase < phase && is_build && c.found.entry.role == role && !c.is_survived
    };
    let last = candidates.iter().filter(before).map(|c| c.phase).max()?;
    first_of(
        candidates.iter().filter(before).filter(|c| c.phase == last),
        role,
    )
}
