//! Order of versions, as the vendors' own tools have it: numbers in a version are no decimals, and a
//! tilde or a caret changes what a suffix means.

use std::cmp::Ordering;

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
        let (a, after_left) = run_of(left, is_number);
        let (b, after_right) = run_of(right, is_number);
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

/// Splits the run of digits, or of letters, off the start of a version.
fn run_of(text: &str, digits: bool) -> (&str, &str) {
    let is_part = |c: char| match digits {
        true => c.is_ascii_digit(),
        false => c.is_ascii_alphabetic(),
    };
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Compares two runs of digits, of any length, as numbers.
fn number_order(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
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
        for line in table {
            let [left, sign, right] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            let expected = match sign {
                "<" => Ordering::Less,
                _ => Ordering::Equal,
            };
            assert_eq!(rpm_order(left, right), expected, "{line}");
            assert_eq!(
                rpm_order(right, left),
                expected.reverse(),
                "{line}, reversed"
            );
        }
    }
}
