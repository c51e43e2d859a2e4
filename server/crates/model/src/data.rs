//! Facts that ship with the program: systemd versions and codenames of releases.

use std::sync::LazyLock;

use serde::Deserialize;
use smol_str::SmolStr;

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

/// A release of a distribution, as its makers announce it.
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

#[derive(Deserialize)]
struct SystemdFile {
    versions: Vec<SystemdVersion>,
}

#[derive(Deserialize)]
struct CodenameFile {
    codenames: Vec<Release>,
}

// A test holds that both files parse.
static SYSTEMD: LazyLock<Vec<SystemdVersion>> = LazyLock::new(|| {
    let file: Option<SystemdFile> =
        serde_json::from_str(include_str!("../../../data/systemd-versions.json")).ok();
    file.map(|f| f.versions).unwrap_or_default()
});

static RELEASES: LazyLock<Vec<Release>> = LazyLock::new(|| {
    let file: Option<CodenameFile> =
        serde_json::from_str(include_str!("../../../data/codenames.json")).ok();
    file.map(|f| f.codenames).unwrap_or_default()
});

/// The systemd versions that ship with the program.
pub fn systemd_versions() -> &'static [SystemdVersion] {
    &SYSTEMD
}

/// The releases that ship with the program.
pub fn releases() -> &'static [Release] {
    &RELEASES
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
        let is_date = |eol: &&&str| eol.len() == "2026-01-01".len();
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

#[cfg(test)]
mod tests {
    #[test]
    fn data_files_parse() {
        assert!(super::systemd_versions().len() > 20);
        assert!(super::releases().len() > 40);
    }
}
