//! The order of `dpkg`, as Debian's policy has it: `[EPOCH:]UPSTREAM[-REVISION]`.

use std::cmp::Ordering;

use super::{number_order, run_of};

/// Compares two versions of a package as `dpkg` does.
///
/// What is no digit comes before digits: a tilde before everything, also before the end; letters before all
/// other characters. `1.0~rc1` comes before `1.0`, and that before `1.0+b1`.
pub fn dpkg_order(left: &str, right: &str) -> Ordering {
    let (left, right) = (
        DebianVersion::of(left.trim()),
        DebianVersion::of(right.trim()),
    );
    number_order(left.epoch, right.epoch)
        .then_with(|| part_order(left.upstream, right.upstream))
        .then_with(|| part_order(left.revision, right.revision))
}

struct DebianVersion<'v> {
    epoch: &'v str,
    upstream: &'v str,
    revision: &'v str,
}

impl DebianVersion<'_> {
    fn of(version: &str) -> DebianVersion<'_> {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let split = version
            .split_once(':')
            .filter(|(epoch, _)| is_number(epoch));
        let (epoch, rest) = split.unwrap_or(("", version));
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
        DebianVersion {
            epoch,
            upstream,
            revision,
        }
    }
}

fn part_order(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left, right);
    while !left.is_empty() || !right.is_empty() {
        let (a, after_left) = run_of(left, |c| !c.is_ascii_digit());
        let (b, after_right) = run_of(right, |c| !c.is_ascii_digit());
        let order = text_order(a, b);
        if order.is_ne() {
            return order;
        }
        let (a, after_left) = run_of(after_left, |c| c.is_ascii_digit());
        let (b, after_right) = run_of(after_right, |c| c.is_ascii_digit());
        let order = number_order(a, b);
        if order.is_ne() {
            return order;
        }
        (left, right) = (after_left, after_right);
    }
    Ordering::Equal
}

/// Compares two runs without digits; what comes after them is a digit, or the end.
fn text_order(left: &str, right: &str) -> Ordering {
    let weight = |c: Option<char>| match c {
        Some('~') => (0, '~'),
        None => (1, ' '),
        Some(c) if c.is_ascii_alphabetic() => (2, c),
        Some(c) => (3, c),
    };
    let (mut left, mut right) = (left.chars(), right.chars());
    loop {
        let (a, b) = (left.next(), right.next());
        let order = weight(a).cmp(&weight(b));
        if order.is_ne() || (a.is_none() && b.is_none()) {
            return order;
        }
    }
}
