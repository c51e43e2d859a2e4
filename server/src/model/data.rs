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
    /// Whether it may be judged by; else it is only shown.
    pub certain: bool,
    /// Where it is from.
    #[serde(default)]
    pub remark: Option<SmolStr>,
}

/// The codename of a release.
#[derive(Debug, Clone, Deserialize)]
pub struct Codename {
    /// The distribution.
    pub distribution: SmolStr,
    /// `RELVER`.
    pub release: SmolStr,
    /// What scripts call it.
    pub codename: SmolStr,
    /// Whether it is a long-term release (Ubuntu).
    #[serde(default)]
    pub lts: Option<bool>,
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
    codenames: Vec<Codename>,
}

// A test holds that both files parse.
static SYSTEMD: LazyLock<Vec<SystemdVersion>> = LazyLock::new(|| {
    let file: Option<SystemdFile> =
        serde_json::from_str(include_str!("../../data/systemd-versions.json")).ok();
    file.map(|f| f.versions).unwrap_or_default()
});

static CODENAMES: LazyLock<Vec<Codename>> = LazyLock::new(|| {
    let file: Option<CodenameFile> =
        serde_json::from_str(include_str!("../../data/codenames.json")).ok();
    file.map(|f| f.codenames).unwrap_or_default()
});

/// The systemd versions that ship with the program.
pub fn systemd_versions() -> &'static [SystemdVersion] {
    &SYSTEMD
}

/// The codenames that ship with the program.
pub fn codenames() -> &'static [Codename] {
    &CODENAMES
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

/// What a line of a file of `/usr/share/distro-info` says of a release's support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Support {
    /// The distribution.
    pub distribution: SmolStr,
    /// `RELVER`.
    pub release: SmolStr,
    /// The last day of standard support, `YYYY-MM-DD`.
    pub eol: SmolStr,
}

/// Reads a CSV file of `distro-info` (columns `version`, `eol`, found by their titles).
pub fn distro_info(distribution: &str, csv: &str) -> Vec<Support> {
    let mut lines = csv.lines();
    let titles: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let column = |title: &str| titles.iter().position(|t| *t == title);
    let (Some(version), Some(eol)) = (column("version"), column("eol")) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let (Some(version), Some(eol)) = (cells.get(version), cells.get(eol)) else {
            continue;
        };
        let release = version.trim_end_matches(" LTS");
        if !release.is_empty() && eol.len() == "2026-01-01".len() {
            found.push(Support {
                distribution: SmolStr::new(distribution),
                release: SmolStr::new(release),
                eol: SmolStr::new(eol),
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
        assert!(super::codenames().len() > 40);
    }
}
