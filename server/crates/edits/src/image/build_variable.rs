//! Build numbers of packages that a variable has, which file names then use:
//! `RAWHIDE_RELVER=42-0.6` and `fedora-release-$RAWHIDE_RELVER.noarch.rpm`.

use super::script::{Assigned, literal, range_at, slice};
use syntax::TextRange;

/// Returns the ranges of the build numbers in variables of a script that file names of packages use.
/// `all` are the assignments of the text.
pub(super) fn build_numbers(text: &str, all: &[Assigned]) -> Vec<TextRange> {
    let found = all.iter().filter_map(|assigned| {
        let written = slice(text, assigned.value);
        let value = literal(written)?;
        let (version, build) = value.rsplit_once('-')?;
        if !is_number(version) || !is_number(build) {
            return None;
        }
        let uses = |other: &Assigned| names_package(slice(text, other.value), &assigned.name);
        let start = usize::from(assigned.value.start()) + written.rfind(build)?;
        let range = range_at(start, build.len());
        all.iter().any(uses).then_some(range)
    });
    found.collect()
}

/// Returns whether a text is a number, or several with dots between them.
fn is_number(text: &str) -> bool {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.split('.').all(is_digits)
}

/// Returns whether a value has a path whose file name ends in a variable and the suffix of a package:
/// `.../fedora-release-$VARIABLE.noarch.rpm`.
fn names_package(value: &str, variable: &str) -> bool {
    let uses = [format!("-${variable}."), format!("-${{{variable}}}.")];
    let mut words = value.split_whitespace();
    words.any(|word| {
        let file = word.rsplit_once('/').map(|(_, file)| file);
        file.is_some_and(|file| uses.iter().any(|text| file.contains(text.as_str())))
    })
}

#[cfg(test)]
mod tests {
    use super::super::script::{assignments, read};
    use super::*;

    #[test]
    fn numbers_are_found_where_packages_are_named_by_them() {
        let found = |text: &'static str| -> Vec<&'static str> {
            let ranges = build_numbers(text, &assignments(&read(text)));
            ranges.into_iter().map(|range| slice(text, range)).collect()
        };
        let release = "RELEASE=\"$BASEURL/f/fedora-release-$RAW.noarch.rpm\"\n";
        let both = |line: &str| -> &'static str { format!("{line}\n{release}").leak() };
        assert_eq!(found(both("RAW=42-0.6")), ["0.6"]);
        assert_eq!(found(both("RAW=\"44-1\"")), ["1"]);
        assert_eq!(found(both("RAW=rawhide-1")), [""; 0]);
        assert_eq!(found(both("RAW=42")), [""; 0]);
        assert_eq!(found(both("RAW2=42-0.6")), [""; 0]);
        assert_eq!(
            found("RAW=42-0.6\nURL=https://a.example.org/$RAW/os\n"),
            [""; 0]
        );
    }
}
