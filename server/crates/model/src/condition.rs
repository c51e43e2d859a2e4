//! Conditions of scripts that are run for each image: the distribution and release that one asks for.

use super::Model;
use syntax::TextRange;
use syntax::bash::{ScriptFacts, Step, Test, Word};

/// Condition that holds for one release alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReleaseCondition<'f> {
    /// The distribution.
    pub distribution: &'f str,
    /// The release.
    pub release: &'f str,
    /// Range of the release.
    pub range: TextRange,
}

/// Returns the conditions of a script that compare `DISTNAME` and `RELVER` with literals.
pub fn release_conditions(facts: &ScriptFacts) -> Vec<ReleaseCondition<'_>> {
    let tests = facts.effects.steps().flat_map(tests);
    let conditions = tests.filter_map(|test| {
        let mut equal = Vec::new();
        equalities(test, &mut equal);
        let of = |name: &str| {
            let mut found = equal.iter().filter(|(variable, _)| *variable == name);
            found.next().map(|(_, word)| *word)
        };
        let (distribution, release) = (of("DISTNAME")?, of("RELVER")?);
        let condition = ReleaseCondition {
            distribution: distribution.literal()?,
            release: release.literal()?,
            range: facts.range(release.span),
        };
        // In `[[ ]]` it may be a pattern.
        (!condition.release.contains(['*', '?', '['])).then_some(condition)
    });
    conditions.collect()
}

/// Returns the conditions under which a step goes on: those of `if`, and that of `a && b`.
fn tests(step: &Step) -> Vec<&Test> {
    match step {
        Step::Branch(arms) => arms.iter().map(|arm| &arm.test).collect(),
        Step::List(list) if !list.or && !list.right.is_empty() => vec![&list.test],
        _ => Vec::new(),
    }
}

/// Collects the variables that a condition compares with words, all of which have to be equal.
fn equalities<'t>(test: &'t Test, out: &mut Vec<(&'t str, &'t Word)>) {
    match test {
        Test::Equal(left, right) => {
            let variable = match left.pieces.len() {
                1 => left.leading_variable(),
                _ => None,
            };
            out.extend(variable.map(|name| (name, right)));
        }
        Test::All(tests) => tests.iter().for_each(|test| equalities(test, out)),
        _ => {}
    }
}

impl ReleaseCondition<'_> {
    /// Returns whether an image may be of the distribution and release.
    pub fn may_hold(&self, model: &Model) -> bool {
        // A literal that may have a date in it is not judged against dated releases.
        let has_date = self.release.chars().filter(char::is_ascii_digit).count() >= 6;
        model.images.values().any(|image| {
            let identity = &image.identity;
            let distname = identity.distname.known();
            let relver = identity.relver.known();
            distname.is_none_or(|value| value.sample() == self.distribution)
                && relver.is_none_or(|value| value.fixed().map_or(has_date, |v| v == self.release))
        })
    }
}
