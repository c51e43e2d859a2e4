//! Tags of a new image as a user asks for them.

use smol_str::SmolStr;

use crate::Refusal;

/// Tags that a new image gets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TagChoice {
    /// Those of the release before it, which loses them.
    #[default]
    Inherited,
    /// None.
    None,
    /// These; others that have them lose them.
    Given(Vec<SmolStr>),
}

impl TagChoice {
    /// Refuses tags that cannot be those of an image.
    ///
    /// # Errors
    /// When one is empty or has characters that no version has, or is given twice.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let TagChoice::Given(tags) = self else {
            return Ok(());
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
        for (index, tag) in tags.iter().enumerate() {
            if tag.is_empty() || !tag.chars().all(fits) {
                return Err(Refusal::new(format!(
                    "`{tag}` is not a tag: use letters, digits, `.`, `_`, `+` and `-`"
                )));
            }
            if tags.iter().take(index).any(|other| other == tag) {
                return Err(Refusal::new(format!("the tag `{tag}` is given twice")));
            }
        }
        Ok(())
    }
}
