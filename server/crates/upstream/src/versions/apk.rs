//! The order of `apk`, as its documentation has it:
//! `NUMBER{.NUMBER}[LETTER]{_SUFFIX[NUMBER]}[~HASH][-rREVISION]`.

use std::cmp::Ordering;

use super::{number_order, run_of};

/// Suffixes in their order. Those before the empty one come before the version without a suffix.
const SUFFIXES: [&str; 10] = [
    "alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p",
];

/// A part of a version. Where one version goes on and the other does not, a part that is further up here is
/// newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'v> {
    /// The first number.
    First(&'v str),
    /// A number after a dot.
    Number(&'v str),
    Letter(&'v str),
    /// A suffix, as its place in the order.
    Suffix(usize),
    SuffixNumber(&'v str),
    Hash(&'v str),
    Revision(&'v str),
    End,
    /// What is no version, or no part of one.
    Rest(&'v str),
}

/// Compares two versions of a package as `apk` does.
///
/// `1.0_rc1` comes before `1.0`, and that before `1.0_p1`, `1.0-r1` and `1.0.1`. A number after a dot that begins
/// with a zero is a decimal: `1.01` comes before `1.1`.
pub fn apk_order(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (Tokens::of(left), Tokens::of(right));
    loop {
        let (a, b) = (left.next(), right.next());
        if a.rank() != b.rank() {
            return match (a.is_before_release(), b.is_before_release()) {
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                _ => b.rank().cmp(&a.rank()),
            };
        }
        let order = a.order(b);
        if order.is_ne() || a == Token::End {
            return order;
        }
        if let Token::Rest(_) = a {
            return order;
        }
    }
}

impl Token<'_> {
    fn rank(self) -> u32 {
        match self {
            Token::First(_) => 0,
            Token::Number(_) => 1,
            Token::Letter(_) => 2,
            Token::Suffix(_) => 3,
            Token::SuffixNumber(_) => 4,
            Token::Hash(_) => 5,
            Token::Revision(_) => 6,
            Token::End => 7,
            Token::Rest(_) => 8,
        }
    }

    fn is_before_release(self) -> bool {
        let release = SUFFIXES.iter().position(|suffix| suffix.is_empty());
        matches!(self, Token::Suffix(place) if Some(place) < release)
    }

    /// Compares it with a part of the same rank.
    fn order(self, other: Token<'_>) -> Ordering {
        match (self, other) {
            (Token::Number(a), Token::Number(b)) if a.starts_with('0') || b.starts_with('0') => {
                a.cmp(b)
            }
            (Token::First(a), Token::First(b))
            | (Token::Number(a), Token::Number(b))
            | (Token::SuffixNumber(a), Token::SuffixNumber(b))
            | (Token::Revision(a), Token::Revision(b)) => number_order(a, b),
            (Token::Suffix(a), Token::Suffix(b)) => a.cmp(&b),
            (Token::Letter(a), Token::Letter(b))
            | (Token::Hash(a), Token::Hash(b))
            | (Token::Rest(a), Token::Rest(b)) => a.cmp(b),
            _ => Ordering::Equal,
        }
    }
}

/// The parts of a version that are left.
struct Tokens<'v> {
    rest: &'v str,
    /// Rank of the last part.
    last: Option<u32>,
}

impl<'v> Tokens<'v> {
    fn of(version: &str) -> Tokens<'_> {
        Tokens {
            rest: version.trim(),
            last: None,
        }
    }

    fn next(&mut self) -> Token<'v> {
        let (part, rest) = self.read();
        self.rest = rest;
        self.last = Some(part.rank());
        part
    }

    /// Returns the next part, and what comes after it. A part never comes after one that is further down.
    fn read(&self) -> (Token<'v>, &'v str) {
        let rest = self.rest;
        let last = self.last;
        let other = (Token::Rest(rest), "");
        let digits = |text: &'v str| {
            let (digits, after) = run_of(text, |c| c.is_ascii_digit());
            (!digits.is_empty()).then_some((digits, after))
        };
        let Some(last) = last else {
            return digits(rest).map_or(other, |(number, after)| (Token::First(number), after));
        };
        if rest.is_empty() {
            return (Token::End, "");
        }
        if let Some(revision) = rest.strip_prefix("-r") {
            let whole = digits(revision).filter(|(_, after)| after.is_empty() && last < 6);
            return whole.map_or(other, |(number, after)| (Token::Revision(number), after));
        }
        if let Some(hash) = rest.strip_prefix('~') {
            let (hash, after) = run_of(hash, |c| c.is_ascii_hexdigit());
            let is_hash = !hash.is_empty() && last < 5;
            return if is_hash {
                (Token::Hash(hash), after)
            } else {
                other
            };
        }
        if let Some(suffix) = rest.strip_prefix('_') {
            let (name, after) = run_of(suffix, |c| c.is_ascii_lowercase());
            let place = SUFFIXES
                .iter()
                .position(|known| *known == name && !name.is_empty());
            let place = place.filter(|_| last < 5);
            return place.map_or(other, |place| (Token::Suffix(place), after));
        }
        match (digits(rest), last) {
            (Some((number, after)), 3) => return (Token::SuffixNumber(number), after),
            (Some(_), _) => return other,
            (None, _) => {}
        }
        if let Some(after) = rest.strip_prefix('.') {
            let number = digits(after).filter(|_| last < 2);
            return number.map_or(other, |(number, after)| (Token::Number(number), after));
        }
        let is_letter = rest.starts_with(|c: char| c.is_ascii_lowercase()) && last < 2;
        match rest.split_at_checked(1).filter(|_| is_letter) {
            Some((letter, after)) => (Token::Letter(letter), after),
            None => other,
        }
    }
}
