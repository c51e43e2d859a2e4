//! Has a builder install a tool.

use crate::Fix;
use model::Builder;
use model::view::View;
use syntax::TextRange;

/// Returns the fix that adds a tool to the packages that a builder installs; `None` where it is not
/// seen to install any, or installs this one.
pub fn install_tool(view: &View<'_>, builder: &Builder, tool: &str) -> Option<Fix> {
    let setup = builder.setup?;
    let facts = view.tree.script(setup).filter(|facts| !facts.is_stale)?;
    let installed = &facts.effects.installed;
    if installed.iter().any(|package| package.name == tool) {
        return None;
    }
    let last = facts.range(installed.last()?.span);
    Some(Fix::replace(
        format!("Install `{tool}` in `{}`", builder.name),
        setup,
        TextRange::empty(last.end()),
        format!(" {tool}"),
    ))
}
