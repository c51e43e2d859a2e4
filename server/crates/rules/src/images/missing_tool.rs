//! `missing-tool`.

use memchr::memmem;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use crate::{Context, FileRange, Finding};
use edits::install_tool;
use model::{Builder, FileSpan, Image};
use syntax::bash::ScriptFacts;

rule! {
    /// A script asks for a tool with `require_cmd` that other builders install in their `setup.sh`,
    /// and the builder of the image does not.
    ///
    /// ## Why
    /// The build ends where the tool is asked for, unless the image that the builder starts from
    /// brings it.
    ///
    /// ## When it is silent
    /// For tools that no builder installs, such as `dnf`, and for builders that install nothing.
    ///
    /// ## How to fix it
    /// Install the tool in the builder's `setup.sh`.
    ///
    /// ## Example
    /// ```bash
    /// # images/devuan-6/build.sh, when builders/devuan/setup.sh does not install wget
    /// require_cmd wget
    /// ```
    code: "missing-tool",
    severity: Information,
    confidence: Likely,
    group: Images,
    checks: [Images(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let builders = cx.model.builders.values();
    let setups = builders.filter_map(|builder| Some((&**builder, setup_of(cx, builder)?)));
    let setups: FxHashMap<&str, Setup<'_>> = setups
        .map(|(builder, setup)| (builder.name.as_str(), setup))
        .collect();
    let mut seen: FxHashSet<(FileSpan, &str)> = FxHashSet::default();
    for image in cx.model.images.values() {
        let Some(builder) = image.identity.builder.fixed() else {
            continue;
        };
        let Some((builder, setup)) = setups.get_key_value(builder) else {
            continue;
        };
        for file in &image.summary.reach {
            let facts = cx.tree.script(*file).filter(|facts| !facts.is_stale);
            for tool in facts.into_iter().flat_map(|facts| &facts.effects.required) {
                let span = tool.span;
                let at = FileSpan { file: *file, span };
                if !setup.names(&tool.name) && seen.insert((at, builder)) {
                    let finding = finding(cx, image, &tool.name, at, (builder, &setups));
                    out.extend(finding);
                }
            }
        }
    }
}

/// What is known of a builder's `setup.sh`.
struct Setup<'a> {
    at: model::FileId,
    facts: &'a ScriptFacts,
    text: &'a str,
}

impl Setup<'_> {
    /// Returns whether a name is in the script, whatever that does with it.
    fn names(&self, name: &str) -> bool {
        memmem::find(self.text.as_bytes(), name.as_bytes()).is_some()
    }
}

/// Returns the `setup.sh` of a builder, if it installs something and is understood.
fn setup_of<'a>(cx: &Context<'a>, builder: &Builder) -> Option<Setup<'a>> {
    let at = builder.setup?;
    let facts = cx.whole_script(at)?;
    (!facts.effects.installed.is_empty()).then_some(Setup {
        at,
        facts,
        text: &cx.tree.file(at)?.text,
    })
}

fn finding(
    cx: &Context<'_>,
    image: &Image,
    tool: &SmolStr,
    at: FileSpan,
    (builder, setups): (&str, &FxHashMap<&str, Setup<'_>>),
) -> Option<Finding> {
    let installs = |setup: &Setup<'_>| {
        let mut installed = setup.facts.effects.installed.iter();
        installed.any(|package| package.name == *tool)
    };
    let mut others: Vec<String> = setups
        .iter()
        .filter(|(_, setup)| installs(setup))
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if others.is_empty() {
        return None;
    }
    others.sort_unstable();
    let message = format!(
        "`{}` is built in `{builder}`, which does not install `{tool}`, as {} {}: add it to `setup.sh`",
        image.name,
        others.join(", "),
        if others.len() == 1 { "does" } else { "do" },
    );
    let own = setups.get(builder)?;
    let last = own.facts.effects.installed.last()?;
    let last = own.facts.range(last.span);
    let fix = install_tool(cx, cx.model.builders.get(builder)?, tool)?;
    let finding = Finding::new(&RULE, at.file_range(cx.tree), message);
    let finding = finding.related(FileRange::new(own.at, last), "the packages");
    Some(finding.image(&image.name).fixes(Some(fix)))
}
