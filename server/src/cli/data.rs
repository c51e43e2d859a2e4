//! `data`: what is known of releases from elsewhere than the checkout, and from where.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{CheckoutArgs, CommandStatus, Page, print};
use analysis::Snapshot;
use model::track::{Version, split};
use model::tree::{Layout, SETTINGS, Tree};
use model::view::{DISTRO_INFO, View};

#[derive(Args)]
pub(super) struct DataArgs {
    /// A distribution, or a release of one: DISTRIBUTION[-RELEASE].
    name: Option<String>,
    /// The checkout whose settings count, or a path in it; without one, none do.
    #[arg(short = 'C', long = "checkout", value_name = "PATH")]
    path: Option<PathBuf>,
    /// The output format.
    #[arg(long, value_enum, default_value_t = DataFormat::Text)]
    format: DataFormat,
    /// Use the data that ship with the program alone, as of that day (YYYY-MM-DD).
    #[arg(long, hide = true)]
    today: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum DataFormat {
    /// A table, or everything about one release.
    Text,
    /// One JSON report.
    Json,
}

/// Facts of a release.
#[derive(Serialize)]
struct ReleaseData {
    distribution: String,
    /// `RELVER` without date stamp, or the name of a track that moves.
    release: String,
    facts: Vec<Fact>,
}

/// Fact with its source.
#[derive(Serialize)]
struct Fact {
    name: &'static str,
    value: String,
    /// Set when rules go by it; else it is only shown.
    certain: bool,
    source: String,
}

const CODENAME: &str = "codename";
const RELEASED: &str = "released";
const SUPPORT: &str = "standard support";
const SYSTEMD: &str = "systemd";

/// The source of what comes without one of its own.
const SHIPPED: &str = "the data that ships with image-scripts-ls";

pub(super) fn data(options: &DataArgs) -> Result<CommandStatus, String> {
    let snapshot = snapshot(options)?;
    let mut releases = releases(&snapshot.view());
    let mut details = false;
    if let Some(name) = &options.name {
        let is_release = |r: &ReleaseData| *name == format!("{}-{}", r.distribution, r.release);
        details = releases.iter().any(is_release);
        releases.retain(|release| is_release(release) || release.distribution == *name);
        if releases.is_empty() {
            return Err(format!(
                "nothing is known of `{name}`: `image-scripts-ls data` lists what is"
            ));
        }
    }
    match options.format {
        DataFormat::Json => {
            let report = serde_json::json!({ "version": 1, "releases": releases });
            print(&Page::json(&report)?)
        }
        DataFormat::Text if details => print(&everything(&releases)),
        DataFormat::Text => print(&table(&releases)),
    }
}

/// Returns the checkout that is named, or the one that is here, or an empty one.
fn snapshot(options: &DataArgs) -> Result<Snapshot, String> {
    let checkout = CheckoutArgs {
        path: options.path.clone().unwrap_or_else(|| ".".into()),
        today: options.today.clone(),
    };
    if options.path.is_some() || checkout::find(Path::new(".")).len() == 1 {
        return Ok(checkout.read(&checkout.root()?));
    }
    let tree = Tree::new(Layout::Whole);
    let root = PathBuf::new();
    Ok(Snapshot::new(root, tree, Vec::new(), checkout.inputs()))
}

/// Returns everything that is known, by distribution, the oldest release first.
fn releases(view: &View<'_>) -> Vec<ReleaseData> {
    let mut keys: BTreeMap<(&str, String, Version), &str> = BTreeMap::new();
    let mut add = |distribution, release| {
        let (track, version) = split(release);
        keys.insert((distribution, track, version), release);
    };
    for row in model::data::lifecycles() {
        add(&row.distribution, &row.release);
    }
    for row in view.releases.iter().chain(model::data::releases()) {
        add(&row.distribution, &row.release);
    }
    for row in view
        .settings
        .systemd
        .iter()
        .chain(model::data::systemd_versions())
    {
        let release = row.release.as_ref().or(row.track.as_ref());
        add(&row.distribution, release.map_or("", |release| release));
    }
    let declared = view.settings.codenames.keys();
    for (distribution, release) in declared.chain(view.settings.end_of_life.keys()) {
        add(distribution, release);
    }
    let keys = keys.into_iter();
    keys.map(|((distribution, ..), release)| ReleaseData {
        distribution: distribution.to_owned(),
        release: release.to_owned(),
        facts: facts(view, distribution, release),
    })
    .collect()
}

fn facts(view: &View<'_>, distribution: &str, release: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(codename) = view.codename(distribution, release) {
        let of_machine = view.releases.iter();
        let mut of_machine =
            of_machine.filter(|r| r.distribution == distribution && r.release == release);
        let key = (distribution.into(), release.into());
        let source = match view.settings.codenames.contains_key(&key) {
            true => SETTINGS,
            false if of_machine.any(|r| !r.codename.is_empty()) => DISTRO_INFO,
            false => SHIPPED,
        };
        facts.push(Fact {
            name: CODENAME,
            value: codename.to_owned(),
            certain: true,
            source: source.to_owned(),
        });
    }
    let lifecycle = view.lifecycle(distribution, release);
    let day = |row: &'static model::data::Lifecycle| {
        let planned = row.out == Some(false);
        let value = row.released.as_ref()?.to_string();
        Some(Fact {
            name: RELEASED,
            value,
            certain: !planned,
            source: row.source.to_string(),
        })
    };
    facts.extend(lifecycle.and_then(day));
    if let Some(support) = view.support(distribution, release) {
        facts.push(Fact {
            name: SUPPORT,
            value: support.end.to_owned(),
            certain: support.certain,
            source: support.source.to_owned(),
        });
    }
    let systemd = view.systemd_version(distribution, release).or_else(|| {
        let mut rows = model::data::systemd_versions().iter();
        rows.find(|row| row.distribution == distribution && row.track.as_deref() == Some(release))
    });
    if let Some(row) = systemd {
        let source = row.remark.as_deref().unwrap_or(SHIPPED);
        facts.push(Fact {
            name: SYSTEMD,
            value: row.systemd.to_string(),
            certain: row.certain,
            source: source.to_owned(),
        });
    }
    facts
}

/// Returns all facts of some releases with their sources.
fn everything(releases: &[ReleaseData]) -> Page {
    let mut out = Page::default();
    for release in releases {
        out.line(format_args!("{} {}", release.distribution, release.release));
        if release.facts.is_empty() {
            out.line(format_args!("  nothing but that it exists"));
        }
        for fact in &release.facts {
            let value = match (fact.name, fact.certain) {
                (SUPPORT, true) => format!("until {}", fact.value),
                (SUPPORT, false) => format!("until {}, most likely", fact.value),
                (_, true) => fact.value.clone(),
                (_, false) => format!("{}, most likely", fact.value),
            };
            out.line(format_args!("  {:16}  {value}", fact.name));
            out.line(format_args!("      {}", fact.source));
        }
    }
    out
}

fn table(releases: &[ReleaseData]) -> Page {
    let mut rows = vec![
        [
            "RELEASE",
            "CODENAME",
            "RELEASED",
            "SUPPORTED UNTIL",
            "SYSTEMD",
        ]
        .map(str::to_owned),
    ];
    for release in releases {
        let cell = |name: &str| {
            let fact = release.facts.iter().find(|fact| fact.name == name);
            match fact {
                Some(fact) if fact.certain => fact.value.clone(),
                Some(fact) => format!("{}?", fact.value),
                None => "-".to_owned(),
            }
        };
        let name = format!("{} {}", release.distribution, release.release);
        rows.push([
            name,
            cell(CODENAME),
            cell(RELEASED),
            cell(SUPPORT),
            cell(SYSTEMD),
        ]);
    }
    let mut out = Page::default();
    super::status::push_table(&mut out, rows);
    out.line(format_args!(""));
    out.line(format_args!(
        "`?` is what is most likely. `image-scripts-ls data DISTRIBUTION-RELEASE` says where each is from."
    ));
    out
}
