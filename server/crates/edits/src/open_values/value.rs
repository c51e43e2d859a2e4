//! Names of values, and exactly what they are.

use smol_str::SmolStr;

use crate::Verify;
use crate::image::expansion::Expander;
use crate::image::script::{Assigned, assignments, is_address, slice};
use model::File;
use model::view::View;
use syntax::TextRange;

/// Name of a value, and exactly what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedValue {
    /// The variable that it is assigned to, or the name of its file.
    pub name: SmolStr,
    /// Set where the name is that of a variable.
    pub is_variable: bool,
    /// Set where its file gives that variable a value more than once.
    pub is_repeated: bool,
    /// The whole value that is confirmed: expanded, where reading tells.
    pub exact: String,
    /// The value with its variables expanded, where that says more than the text.
    pub resolved: Option<String>,
}

impl NamedValue {
    /// Returns the address that the value has in it, to be opened in a browser.
    pub fn address(&self) -> Option<&str> {
        let words = self.exact.split_whitespace();
        let mut web =
            words.filter(|word| word.starts_with("http://") || word.starts_with("https://"));
        web.find(|word| !word.contains('$'))
    }
}

/// Returns the name of a value of an image, and exactly what it is.
pub fn named_value(view: &View<'_>, image: &str, verify: &Verify) -> NamedValue {
    let found = view.tree.id(&verify.path);
    let found = found.and_then(|id| Some((id, view.tree.file(id)?)));
    let owner = view.model.images.get(image);
    let assigned = found.and_then(|(_, file)| assigned_at(file, verify.range));
    if let (Some((id, file)), Some(assigned)) = (found, &assigned) {
        let written = slice(&file.text, assigned.value);
        let plain = unquoted(written);
        let expander = owner.map(|image| Expander::new(view, image));
        let expanded = expander.and_then(|expander| {
            let value = expander.assigned(id, &assigned.name, assigned.value);
            value.or_else(|| expander.text(id, plain, assigned.value.start()))
        });
        // The quotes need not be in the range.
        let is_whole = unquoted(slice(&file.text, verify.range)) == plain;
        return NamedValue {
            name: assigned.name.clone(),
            is_variable: true,
            is_repeated: is_repeated(file, &assigned.name),
            resolved: expanded.clone().filter(|value| value != plain && is_whole),
            exact: expanded.unwrap_or_else(|| plain.to_owned()),
        };
    }
    let file_name = verify.path.rsplit('/').next().unwrap_or_default();
    let expanded = found.zip(owner).and_then(|((id, _), image)| {
        let expanded = Expander::new(view, image).text(id, &verify.text, verify.range.start())?;
        (is_address(&expanded) && expanded != verify.text).then_some(expanded)
    });
    NamedValue {
        name: SmolStr::new(file_name),
        is_variable: false,
        is_repeated: false,
        exact: expanded.clone().unwrap_or_else(|| verify.text.clone()),
        resolved: expanded,
    }
}

/// Returns the name of the package whose file name has a value, as its version or build number.
pub fn package_with_value(file: &File, value: TextRange) -> Option<String> {
    let before = file.text.get(..usize::from(value.start()))?;
    let line = before.rsplit('\n').next()?;
    let is_part = |c: char| c.is_alphanumeric() || "_.+-${}".contains(c);
    let name = line.strip_suffix('-')?.rsplit(|c| !is_part(c)).next()?;
    let is_version = |part: &str| part.starts_with(|c: char| c == '$' || c.is_ascii_digit());
    let name = match name.rsplit_once('-') {
        Some((name, version)) if is_version(version) => name,
        _ => name,
    };
    (!name.is_empty() && !name.contains('$')).then(|| name.to_owned())
}

/// Returns the assignment whose value a range is, or is in, if there is exactly one.
fn assigned_at(file: &File, range: TextRange) -> Option<Assigned> {
    let facts = file.script()?;
    let mut here = assignments(facts)
        .into_iter()
        .filter(|a| a.value.contains_range(range) || range.contains_range(a.value));
    let first = here.next()?;
    here.all(|other| other.name == first.name).then_some(first)
}

fn is_repeated(file: &File, variable: &str) -> bool {
    let all = file.script().map(assignments).unwrap_or_default();
    all.iter().filter(|a| a.name == variable).count() > 1
}

fn unquoted(written: &str) -> &str {
    let inner = ["\"", "'"]
        .into_iter()
        .find_map(|quote| written.strip_prefix(quote)?.strip_suffix(quote));
    inner.unwrap_or(written)
}
