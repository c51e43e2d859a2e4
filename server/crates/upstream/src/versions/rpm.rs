//! The order of `rpm`: a tilde or a caret changes what a suffix means.

use std::cmp::Ordering;

use super::{number_order, run_of};

/// Compares two versions, or two releases, of a package as `rpm` does.
///
/// Runs of digits and of letters are compared one after the other, and what is between them only
/// separates. `1.0~rc1` comes before `1.0`, and `1.0^1` between `1.0` and `1.0.1`.
pub fn rpm_order(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left, right);
    loop {
        left = left.trim_start_matches(is_separator);
        right = right.trim_start_matches(is_separator);
        match (left.strip_prefix('~'), right.strip_prefix('~')) {
            (Some(a), Some(b)) => {
                (left, right) = (a, b);
                continue;
            }
            (Some(_), None) => return Ordering::Less,
            (None, Some(_)) => return Ordering::Greater,
            (None, None) => {}
        }
        match (left.strip_prefix('^'), right.strip_prefix('^')) {
            (Some(a), Some(b)) => {
                (left, right) = (a, b);
                continue;
            }
            (Some(_), None) if right.is_empty() => return Ordering::Greater,
            (None, Some(_)) if left.is_empty() => return Ordering::Less,
            (Some(_), None) => return Ordering::Less,
            (None, Some(_)) => return Ordering::Greater,
            (None, None) => {}
        }
        if left.is_empty() || right.is_empty() {
            return left.len().cmp(&right.len());
        }
        let is_number = left.starts_with(|c: char| c.is_ascii_digit());
        let is_part = |c: char| match is_number {
            true => c.is_ascii_digit(),
            false => c.is_ascii_alphabetic(),
        };
        let (a, after_left) = run_of(left, is_part);
        let (b, after_right) = run_of(right, is_part);
        if b.is_empty() {
            // A number is newer than letters.
            return match is_number {
                true => Ordering::Greater,
                false => Ordering::Less,
            };
        }
        let order = match is_number {
            true => number_order(a, b),
            false => a.cmp(b),
        };
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (after_left, after_right);
    }
}

fn is_separator(c: char) -> bool {
    !c.is_ascii_alphanumeric() && c != '~' && c != '^'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rpm_has_this_order() {
        let table = [
            "1.0 = 1.0",
            "1.0 < 2.0",
            "2.0.1 = 2.0.1",
            "2.0 < 2.0.1",
            "2.0.1 < 2.0.1a",
            "5.5p1 < 5.5p2",
            "5.5p1 < 5.5p10",
            "10xyz < 10.1xyz",
            "xyz10 < xyz10.1",
            "xyz.4 < 8",
            "xyz.4 < 2",
            "5.5p2 < 5.6p1",
            "5.6p1 < 6.5p1",
            "6.0 < 6.0.rc1",
            "10a2 < 10b2",
            "1.0a < 1.0aa",
            "10.0001 = 10.1",
            "10.0001 < 10.0039",
            "4.999.9 < 5.0",
            "20101121 < 20101122",
            "2_0 = 2.0",
            "2_0 = 2_0_",
            "a = a",
            "a+ = a_",
            "+a = _a",
            "1.0~rc1 = 1.0~rc1",
            "1.0~rc1 < 1.0",
            "1.0~rc1 < 1.0~rc2",
            "1.0~rc1~git123 < 1.0~rc1",
            "1.0 < 1.0^",
            "1.0^git1 < 1.0^git2",
            "1.0 < 1.0^git1",
            "1.0^git1 < 1.01",
            "1.0^git1 < 1.0.1",
            "1.0^20160101 < 1.0.1",
            "1.0^20160101^git1 = 1.0^20160101^git1",
            "1.0^20160101 < 1.0^20160101^git1",
            "1.0~rc1 < 1.0~rc1^git1",
            "1.0^git1~pre < 1.0^git1",
            "1.2.el9 < 1.10.el9",
            "9.9 < 9.10",
            "0.9 < 1",
            "99999999999999999999998 < 99999999999999999999999",
        ];
        super::super::tests::check(rpm_order, &table);
    }
}
