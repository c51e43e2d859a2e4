//! Numbers that a variable has and addresses then use, among them build numbers of packages:
//! `RAWHIDE_RELVER=42-0.6` and `fedora-release-$RAWHIDE_RELVER.noarch.rpm`.

use super::script::{Assigned, is_address, literal, range_at, slice};
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

/// Variables that an address may use and that are in doubt by themselves, or follow from the name.
const KNOWN: [&str; 5] = ["BUILDER", "POINTVER", "RELNAME", "RELVER", "SPINVER"];

/// Returns the numbers in variables of a script that an address uses, and why they are in doubt. `all`
/// are the assignments of the text.
pub(super) fn address_variables(text: &str, all: &[Assigned]) -> Vec<(TextRange, String)> {
    let value = |assigned: &Assigned| slice(text, assigned.value);
    let bases = || all.iter().filter(|a| is_address(value(a)));
    // `$BASEURL/x` is an address, too.
    let is_used_in = |name: &str, other: &Assigned| {
        let written = value(other);
        let is_part = is_address(written) || bases().any(|base| expands(written, &base.name));
        is_part && expands(written, name)
    };
    let has_number = |text: &str| text.contains(|c: char| c.is_ascii_digit());
    let numbers = all.iter().filter(|assigned| {
        let is_number = literal(value(assigned)).is_some_and(has_number);
        is_number && !is_address(value(assigned)) && !KNOWN.contains(&assigned.name.as_str())
    });
    numbers
        .filter_map(|assigned| {
            let name = &assigned.name;
            let user = all.iter().find(|other| is_used_in(name, other))?;
            let why = format!(
                "the address in {} uses it: only upstream knows it",
                user.name
            );
            Some((assigned.value, why))
        })
        .collect()
}

/// Returns whether a value has a variable in it.
fn expands(value: &str, name: &str) -> bool {
    let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    value.contains(&format!("${{{name}}}"))
        || value
            .split('$')
            .skip(1)
            .any(|rest| rest.strip_prefix(name).is_some_and(is_end))
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
