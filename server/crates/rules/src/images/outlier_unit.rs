//! `outlier-unit`.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use crate::values::distribution_of;
use crate::{Context, FileRange, Finding};
use edits::bare_unit;
use model::FileId;
use syntax::bash::UnitVerb;

rule! {
    /// One family masks or disables a unit that all others, three or more, enable, or the other way
    /// round; or it names a unit that nobody else does, and that is the end of the name of a unit
    /// that all others mean, two or more.
    ///
    /// A family is an include, or the scripts of a distribution's images.
    ///
    /// ## Why
    /// systemd takes any name: a unit that does not exist is masked without a word, and the one that
    /// was meant is started. Units keep containers from booting in one family as in another.
    ///
    /// ## When it is silent
    /// For the units that set up the network, of which families choose different ones, and where a
    /// family names the longer one, too.
    ///
    /// ## How to fix it
    /// Do as the others, or name the unit that the others name.
    ///
    /// ## Example
    /// ```bash
    /// # when two other families have systemd-journald-audit.socket
    /// systemctl mask journald-audit.socket
    /// ```
    code: "outlier-unit",
    severity: Information,
    confidence: Likely,
    group: Images,
    checks: [Images(check)],
    fix: no,
}

/// The number of families that do the opposite.
const OPPOSITE: usize = 3;

/// The number of families that name the longer unit.
const LONGER: usize = 2;

/// Beginnings of units of which each family chooses some.
const CHOSEN: [&str; 7] = [
    "NetworkManager",
    "connman",
    "network",
    "resolvconf",
    "systemd-network",
    "systemd-resolve",
    "wicked",
];

/// An include, or the scripts of a distribution's images.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    Include(FileId),
    Images(SmolStr),
}

/// Something done to a unit.
struct Action {
    off: Option<bool>,
    at: FileRange,
}

/// What families do to a unit.
type Families<'a> = BTreeMap<&'a Family, Vec<Action>>;

/// Units that several families name, by the ends of their names.
type Longer<'a> = BTreeMap<&'a str, Vec<(&'a str, &'a Families<'a>)>>;

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let includes = cx.model.includes.iter();
    let mut scripts: Vec<(Family, FileId)> =
        includes.map(|id| (Family::Include(*id), *id)).collect();
    for directory in cx.model.directories.values() {
        let mut own = directory
            .scripts()
            .filter(|id| has_units(cx, *id))
            .peekable();
        if own.peek().is_none() {
            continue;
        }
        let Some(distribution) = distribution_of(cx, directory) else {
            continue;
        };
        scripts.extend(own.map(|id| (Family::Images(distribution.clone()), id)));
    }
    let mut units: BTreeMap<&str, Families<'_>> = BTreeMap::new();
    for (family, id) in &scripts {
        let Some(facts) = cx.tree.script(*id).filter(|facts| !facts.is_stale) else {
            continue;
        };
        for (_, unit) in facts.units() {
            let off = match unit.verb {
                UnitVerb::Mask | UnitVerb::Disable => Some(true),
                UnitVerb::Enable => Some(false),
                UnitVerb::DropIn => None,
            };
            let families = units.entry(bare_unit(&unit.unit)).or_default();
            let at = FileRange::new(*id, unit.range);
            families.entry(family).or_default().push(Action { off, at });
        }
    }
    let mut longer = Longer::new();
    for (unit, families) in units.iter().filter(|(_, f)| f.len() >= LONGER) {
        for (at, dash) in unit.match_indices('-') {
            let end = unit.get(at + dash.len()..).unwrap_or_default();
            longer.entry(end).or_default().push((unit, families));
        }
    }
    for (unit, families) in &units {
        if !CHOSEN.iter().any(|chosen| unit.starts_with(chosen)) {
            opposite(unit, families, out);
        }
        shortened(cx, unit, families, &longer, out);
    }
}

fn has_units(cx: &Context<'_>, id: FileId) -> bool {
    let facts = cx.tree.script(id);
    facts.is_some_and(|facts| facts.units().next().is_some())
}

/// Looks for the one family that switches a unit on where all others switch it off, or the other way
/// round.
fn opposite(unit: &str, families: &Families<'_>, out: &mut Vec<Finding>) {
    let does = |actions: &Vec<Action>, off: bool| actions.iter().any(|a| a.off == Some(off));
    for off in [true, false] {
        let (own, others): (Vec<_>, Vec<_>) = families
            .iter()
            .filter(|(_, actions)| actions.iter().any(|action| action.off.is_some()))
            .partition(|(_, actions)| does(actions, off));
        let ([(_, actions)], true) = (own.as_slice(), others.len() >= OPPOSITE) else {
            continue;
        };
        // It does both, somewhere.
        if does(actions, !off) {
            continue;
        }
        let (does, others_do) = if off {
            ("masked or disabled", "enable")
        } else {
            ("enabled", "mask or disable")
        };
        for action in actions.iter().filter(|action| action.off == Some(off)) {
            let message = format!(
                "`{unit}` is {does} here, and all other families that name it {others_do} it: do as they do"
            );
            let mut finding = Finding::new(&RULE, action.at, message);
            for (_, actions) in &others {
                if let Some(first) = actions.first() {
                    finding = finding.related(first.at, format!("they {others_do} it"));
                }
            }
            out.push(finding);
        }
    }
}

/// Looks for a unit that one family names, and whose name is the end of one that others mean.
fn shortened(
    cx: &Context<'_>,
    unit: &str,
    families: &Families<'_>,
    longer: &Longer<'_>,
    out: &mut Vec<Finding>,
) {
    let (1, Some([(long, users)])) = (families.len(), longer.get(unit).map(Vec::as_slice)) else {
        return;
    };
    if families.keys().any(|family| users.contains_key(*family)) {
        return;
    }
    let long_files: BTreeSet<FileId> = users.values().flatten().map(|a| a.at.file).collect();
    for action in families.values().flatten() {
        // An image that has both means what it says.
        let mut images = cx.model.images.values();
        let has_both = images.any(|image| {
            let reach = &image.summary.reach;
            reach.contains(&action.at.file) && reach.iter().any(|id| long_files.contains(id))
        });
        if has_both {
            continue;
        }
        let message = format!(
            "no other family names a unit `{unit}`, and others name `{long}`: if that is meant, write its whole name"
        );
        let mut finding = Finding::new(&RULE, action.at, message);
        for first in users.values().filter_map(|actions| actions.first()) {
            finding = finding.related(first.at, "the longer name");
        }
        out.push(finding);
    }
}
