//! Facts that no checkout contains and that ship with the program: when releases came out and when
//! their support ends, codenames, systemd versions, and well-known commands. They are in `data/`,
//! each with its source.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use smol_str::SmolStr;

#[cfg(test)]
mod tests;

/// systemd as a release ships it.
#[derive(Debug, Clone, Deserialize)]
pub struct SystemdVersion {
    /// The distribution.
    pub distribution: SmolStr,
    /// `RELVER` without date stamp, of a release that does not move.
    pub release: Option<SmolStr>,
    /// The name of a track that moves.
    pub track: Option<SmolStr>,
    /// systemd's major version.
    pub systemd: u32,
    /// Set when rules may go by it; else it is only shown.
    pub certain: bool,
    /// Source of the fact.
    #[serde(default)]
    pub remark: Option<SmolStr>,
}

/// Codename of a release, and the end of its support where `distro-info` of this machine knows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Release {
    /// The distribution.
    pub distribution: SmolStr,
    /// `RELVER`.
    pub release: SmolStr,
    /// Codename of the release, as scripts write it.
    pub codename: SmolStr,
    /// The last day of its standard support, `YYYY-MM-DD`.
    #[serde(default)]
    pub eol: Option<SmolStr>,
}

/// Dates of a release, as its makers announce them.
#[derive(Debug, Clone, Deserialize)]
pub struct Lifecycle {
    /// The distribution.
    pub distribution: SmolStr,
    /// `RELVER` without date stamp.
    pub release: SmolStr,
    /// The day it came out, or is planned to.
    pub released: Option<SmolStr>,
    /// Set when it is out, or is not, on the day of the data; `None` if that is not known.
    pub out: Option<bool>,
    /// The last day of its standard support, `YYYY-MM-DD`.
    pub end_of_support: Option<SmolStr>,
    /// Set when rules may go by the end of support; else it is only shown.
    pub certain: bool,
    /// Source of the dates.
    pub source: SmolStr,
}

/// What a unit is for.
#[derive(Debug, Clone, Deserialize)]
pub struct UnitPurpose {
    /// The unit; of a template, without an instance.
    pub unit: SmolStr,
    /// `systemd` or `openrc`.
    pub init: SmolStr,
    /// What it does, in one line.
    pub text: SmolStr,
    /// Set when a container, or a test of its image, does not do without it.
    #[serde(default)]
    pub needed: bool,
    /// Descriptions by which a systemd before 250 names it.
    #[serde(default)]
    pub titles: Vec<SmolStr>,
}

#[derive(Deserialize)]
struct UnitFile {
    units: Vec<UnitPurpose>,
}

#[derive(Deserialize)]
struct SystemdFile {
    versions: Vec<SystemdVersion>,
}

#[derive(Deserialize)]
struct CodenameFile {
    codenames: Vec<Release>,
}

#[derive(Deserialize)]
struct LifecycleFile {
    releases: Vec<Lifecycle>,
}

#[derive(Deserialize)]
struct CommandFile {
    commands: Vec<SmolStr>,
}

// A test holds that all files parse.
fn read<T: DeserializeOwned>(json: &str) -> Option<T> {
    serde_json::from_str(json).ok()
}

static SYSTEMD: LazyLock<Vec<SystemdVersion>> = LazyLock::new(|| {
    let file: Option<SystemdFile> = read(include_str!("../../../data/systemd-versions.json"));
    file.map(|f| f.versions).unwrap_or_default()
});

static RELEASES: LazyLock<Vec<Release>> = LazyLock::new(|| {
    let file: Option<CodenameFile> = read(include_str!("../../../data/codenames.json"));
    file.map(|f| f.codenames).unwrap_or_default()
});

static LIFECYCLES: LazyLock<Vec<Lifecycle>> = LazyLock::new(|| {
    let file: Option<LifecycleFile> = read(include_str!("../../../data/end-of-life.json"));
    file.map(|f| f.releases).unwrap_or_default()
});

static COMMANDS: LazyLock<Vec<SmolStr>> = LazyLock::new(|| {
    let file: Option<CommandFile> = read(include_str!("../../../data/dashed-commands.json"));
    file.map(|f| f.commands).unwrap_or_default()
});

static UNITS: LazyLock<Vec<UnitPurpose>> = LazyLock::new(|| {
    let file: Option<UnitFile> = read(include_str!("../../../data/units.json"));
    file.map(|f| f.units).unwrap_or_default()
});

/// The purposes of units that ship with the program, in the order of their bytes.
pub fn unit_purposes() -> &'static [UnitPurpose] {
    &UNITS
}

/// Returns whether a container, or a test of its image, needs a unit, which is given by its name or by
/// its description.
pub fn is_needed_unit(named: &str) -> bool {
    let has_title = |known: &&UnitPurpose| known.titles.iter().any(|title| title == named);
    let known = unit_purpose(named).or_else(|| unit_purposes().iter().find(has_title));
    known.is_some_and(|known| known.needed)
}

/// Returns what a unit is for, by its name with or without its kind.
pub fn unit_purpose(unit: &str) -> Option<&'static UnitPurpose> {
    let find = |name: &str| unit_purposes().iter().find(|known| known.unit == name);
    let instance = || {
        let (template, instance) = unit.split_once('@')?;
        let kind = instance
            .rsplit_once('.')
            .map_or("service", |(_, kind)| kind);
        find(&format!("{template}@.{kind}"))
    };
    find(unit)
        .or_else(|| find(&format!("{unit}.service")))
        .or_else(instance)
}

/// The systemd versions that ship with the program.
pub fn systemd_versions() -> &'static [SystemdVersion] {
    &SYSTEMD
}

/// The codenames that ship with the program.
pub fn releases() -> &'static [Release] {
    &RELEASES
}

/// The dates of releases that ship with the program.
pub fn lifecycles() -> &'static [Lifecycle] {
    &LIFECYCLES
}

/// Rows of a table by distribution and release, each list in the order of the table.
type Rows<T> = FxHashMap<&'static str, FxHashMap<&'static str, Vec<&'static T>>>;

fn by_release<T>(
    table: &'static [T],
    release_of: fn(&'static T) -> (&'static SmolStr, &'static SmolStr),
) -> Rows<T> {
    let mut rows: Rows<T> = Rows::default();
    for row in table {
        let (distribution, release) = release_of(row);
        let of_distribution = rows.entry(distribution.as_str()).or_default();
        of_distribution
            .entry(release.as_str())
            .or_default()
            .push(row);
    }
    rows
}

/// Returns the codenames of a release that ship with the program.
pub fn releases_of(distribution: &str, release: &str) -> &'static [&'static Release] {
    static ROWS: LazyLock<Rows<Release>> =
        LazyLock::new(|| by_release(releases(), |row| (&row.distribution, &row.release)));
    let rows = ROWS.get(distribution).and_then(|rows| rows.get(release));
    rows.map(Vec::as_slice).unwrap_or_default()
}

/// Returns the dates of a release that ship with the program.
pub fn lifecycle(distribution: &str, release: &str) -> Option<&'static Lifecycle> {
    static ROWS: LazyLock<Rows<Lifecycle>> =
        LazyLock::new(|| by_release(lifecycles(), |row| (&row.distribution, &row.release)));
    ROWS.get(distribution)?.get(release)?.first().copied()
}

/// The names of commands with a dash that distributions ship, in the order of their bytes.
pub fn dashed_commands() -> &'static [SmolStr] {
    &COMMANDS
}

/// Returns whether a text is a day: `YYYY-MM-DD`.
pub fn is_day(text: &str) -> bool {
    let mut numbers = text.split('-').map(|part| (part.len(), part));
    let mut number = |length: usize, most: u32| {
        let (found, part) = numbers.next()?;
        let digits = found == length && part.bytes().all(|b| b.is_ascii_digit());
        let number = part.parse().ok().filter(|_| digits)?;
        (1..=most).contains(&number).then_some(number)
    };
    let (Some(year), Some(month), Some(day)) = (number(4, 9999), number(2, 12), number(2, 31))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    day <= days && numbers.next().is_none()
}

/// Tracks that move and whose systemd has passed 258: newer than any number.
pub fn is_moving(distribution: &str, release: &str) -> bool {
    matches!(
        (distribution, release),
        ("arch", "")
            | ("debian", "testing" | "unstable")
            | ("fedora", "rawhide")
            | ("opensuse", "tumbleweed")
            | ("nixos", "unstable")
    )
}

/// Reads a CSV file of `distro-info` (columns `version`, `series` and `eol`, found by their
/// titles).
pub fn distro_info(distribution: &str, csv: &str) -> Vec<Release> {
    let mut lines = csv.lines();
    let titles: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let column = |title: &str| titles.iter().position(|t| *t == title);
    let (Some(version), Some(series), Some(eol)) =
        (column("version"), column("series"), column("eol"))
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let (Some(version), Some(series)) = (cells.get(version), cells.get(series)) else {
            continue;
        };
        let release = version.trim_end_matches(" LTS");
        let is_date = |eol: &&&str| is_day(eol);
        if !release.is_empty() {
            found.push(Release {
                distribution: SmolStr::new(distribution),
                release: SmolStr::new(release),
                codename: SmolStr::new(series),
                eol: cells.get(eol).filter(is_date).map(SmolStr::new),
            });
        }
    }
    found
}
