//! Patterns by which the test runner takes tests.

use crate::Affected;

/// Returns patterns that select what a change reaches: first the images, then the rows, test by test, then
/// other tests.
pub fn patterns(affected: &Affected) -> Vec<String> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    let images = affected
        .images
        .iter()
        .filter_map(|image| image.test.as_ref());
    let rows = affected.rows.iter().flat_map(|row| &row.tests);
    for test in images.chain(rows) {
        let at = test.find(['@', '#']).map_or(test.len(), |at| at + 1);
        let (group, name) = test.split_at(at);
        let names = match groups.iter_mut().find(|(known, _)| known == group) {
            Some((_, names)) => names,
            None => {
                groups.push((group.to_owned(), Vec::new()));
                match groups.last_mut() {
                    Some((_, names)) => names,
                    None => continue,
                }
            }
        };
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    let joined = groups.into_iter().map(|(group, names)| {
        let names: Vec<String> = names.iter().map(|name| escaped(name)).collect();
        match names.as_slice() {
            [only] => format!("{group}{only}"),
            names => format!("{group}{{{}}}", names.join(",")),
        }
    });
    // A test is its scripts, where it has several.
    let others = affected.tests.iter();
    let others = others.map(|test| format!("{}{{,#*,@*}}", escaped(&test.test)));
    joined.chain(others).collect()
}

/// Returns a name as a pattern that means nothing else.
fn escaped(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if "*?[]{},\\".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
