//! Writes a checkout with as many images as are asked for: distributions, releases and people are
//! invented, the proportions are those of real trees. It is clean: `check` finds nothing in it.
//!
//! Everything follows from the number of images alone, so that two runs measure the same.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// The helper that every image calls.
pub const MOST_USED: &str = "run-configure";

/// A generated checkout.
pub struct Checkout {
    /// Where it is.
    pub root: PathBuf,
    /// How many images it has.
    pub images: usize,
    /// An edit of some image's `build.sh`.
    pub build_script: Toggle,
    /// An edit of an include that a third of the images read.
    pub include: Toggle,
    /// An edit of the repository.
    pub repository: Toggle,
    /// An edit of the test table.
    pub table: Toggle,
    /// An edit of the same include that breaks all who read it: a helper takes another name.
    pub helper: Toggle,
    /// The scripts that call it.
    pub callers: Vec<String>,
}

/// An edit that breaks something, and back.
#[derive(Debug, Clone)]
pub struct Toggle {
    /// The file, from the root of the checkout.
    pub path: String,
    /// Where the edit is: bytes from the start of the file.
    pub at: usize,
    /// What stands there.
    pub clean: &'static str,
    /// What brings a finding into the file, in its place.
    pub broken: &'static str,
}

/// Writes a checkout with `images` images into `root`, which must not exist yet.
pub fn write(root: &Path, images: usize) -> Checkout {
    assert!(images >= 50, "{images} images are too few for every family");
    let distributions = plan(images);
    let writer = Writer { root };
    writer.shared(&distributions);
    for distribution in &distributions {
        writer.distribution(distribution);
    }
    let repository = repository(&distributions);
    let table = table(&distributions);
    writer.file("os/configs/image-repository.nix", &repository);
    writer.file("tests/distributions.nix", &table);
    checkout(root, images, &distributions, &repository, &table)
}

/// Finds the places of the edits: in the middle of what there is.
fn checkout(
    root: &Path,
    images: usize,
    distributions: &[Distribution],
    repository: &str,
    table: &str,
) -> Checkout {
    let middle = distributions.len() / 2;
    let is_deb = |d: &&Distribution| d.family == Family::Deb;
    let chosen = distributions
        .iter()
        .skip(middle)
        .chain(distributions)
        .find(is_deb)
        .unwrap();
    let newest = chosen.releases.iter().rfind(|r| !r.dated).unwrap();
    let toggle =
        |path: &str, text: &str, after: &[&str], clean: &'static str, broken: &'static str| {
            let at = after
                .iter()
                .fold(0, |at, needle| at + text[at..].find(needle).unwrap());
            let at = at + text[at..].find(clean).unwrap();
            Toggle {
                path: path.to_owned(),
                at,
                clean,
                broken,
            }
        };
    let build_script = |image: &str| format!("image-scripts/images/{image}/build.sh");
    let build = build_script(&newest.image);
    let build_text = fs::read_to_string(root.join(&build)).unwrap();
    let deb = INCLUDES.iter().find(|(name, _)| *name == "deb").unwrap().1;
    let include = "image-scripts/include/deb.sh";
    let debs = distributions
        .iter()
        .filter(is_deb)
        .flat_map(|d| &d.releases);
    let set = format!("\n      {} = {{", chosen.name);
    let row = format!("distribution = \"{}\";", chosen.name);
    Checkout {
        root: root.to_owned(),
        images,
        build_script: toggle(&build, &build_text, &[], "\\$pkg", "$pkg"),
        include: toggle(include, deb, &[], "\\$package", "$package"),
        repository: toggle(
            "os/configs/image-repository.nix",
            repository,
            &[&set],
            "\"oldstable\"",
            "\"stable\"",
        ),
        table: toggle(
            "tests/distributions.nix",
            table,
            &[&row],
            "version = \"",
            "version = \"x",
        ),
        // Other includes have one of that name, too.
        helper: toggle(
            include,
            deb,
            &[],
            "function bootstrap {",
            "function bootstraps {",
        ),
        callers: debs.map(|release| build_script(&release.image)).collect(),
    }
}

// What there is

/// How the images of a distribution are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Deb,
    Rpm,
    Apk,
    Sysv,
    Zypp,
    Rolling,
    Stage,
    Runit,
    Tarball,
}

/// What the distributions are, one after the other. A third of the images are Debs: they have
/// many releases, and others have a few flavours.
const FAMILIES: [Family; 12] = [
    Family::Deb,
    Family::Rpm,
    Family::Apk,
    Family::Sysv,
    Family::Deb,
    Family::Rolling,
    Family::Zypp,
    Family::Stage,
    Family::Deb,
    Family::Rpm,
    Family::Runit,
    Family::Tarball,
];

const FLAVOURS: [&str; 8] = [
    "openrc",
    "systemd",
    "musl-openrc",
    "hardened-openrc",
    "desktop-systemd",
    "llvm-openrc",
    "nomultilib-openrc",
    "hardened-systemd",
];

struct Distribution {
    name: String,
    family: Family,
    /// In the order of the repository: numbered ones ascending, then the others.
    releases: Vec<Release>,
    number: usize,
}

struct Release {
    /// The image.
    image: String,
    /// The version, without date stamp: `13`, `leap-15.6`, `testing`, or nothing.
    version: String,
    /// It moves: its version ends in the date of the build.
    dated: bool,
    tags: Vec<String>,
    /// The version or tag by which the test table names it.
    row: Option<String>,
    /// Its position among the numbered ones, and how many there are.
    age: (usize, usize),
}

impl Family {
    /// How many images of such a distribution do not come from numbered releases.
    fn fixed(self, images: usize) -> usize {
        match self {
            Family::Deb | Family::Runit => 2,
            Family::Zypp | Family::Tarball | Family::Rolling => 1,
            Family::Stage => flavours(images).len(),
            Family::Rpm | Family::Apk | Family::Sysv => 0,
        }
    }

    fn is_numbered(self) -> bool {
        !matches!(self, Family::Rolling | Family::Stage | Family::Runit)
    }
}

fn flavours(images: usize) -> &'static [&'static str] {
    if images < 500 {
        &FLAVOURS[..3]
    } else {
        &FLAVOURS
    }
}

/// Decides which distributions there are, and which releases they have.
fn plan(images: usize) -> Vec<Distribution> {
    let count = (images.isqrt() * 3 / 2).max(FAMILIES.len());
    let family = |number: usize| FAMILIES[number % FAMILIES.len()];
    let fixed: usize = (0..count).map(|n| family(n).fixed(images)).sum();
    let numbered = (0..count).filter(|n| family(*n).is_numbered()).count();
    let rest = images - fixed;
    let mut seen = 0;
    let mut distributions: Vec<Distribution> = (0..count)
        .map(|number| {
            let family = family(number);
            let mut share = 0;
            if family.is_numbered() {
                share = rest / numbered + usize::from(seen < rest % numbered);
                seen += 1;
            }
            let name = word(number * 31 + 5);
            let releases = releases(&name, family, number, share, images);
            Distribution {
                name,
                family,
                releases,
                number,
            }
        })
        .collect();
    distributions.sort_by(|a, b| a.name.cmp(&b.name));
    distributions
}

fn releases(
    name: &str,
    family: Family,
    number: usize,
    share: usize,
    images: usize,
) -> Vec<Release> {
    let version = |at: usize| match family {
        Family::Deb if number.is_multiple_of(8) => {
            format!("{:02}.{:02}", 4 + at / 2, 4 + at % 2 * 6)
        }
        Family::Apk => format!("3.{}", at + 1),
        Family::Zypp => format!("leap-{}.{}", 12 + at / 7, at % 7),
        Family::Tarball => format!("{}.0", at + 8),
        _ => (at + 5).to_string(),
    };
    let mut releases: Vec<Release> = (0..share)
        .map(|at| {
            let behind = share - 1 - at;
            let tags: &[&str] = match (family, behind) {
                (_, 0) => &["latest", "stable"],
                (Family::Deb | Family::Rpm | Family::Sysv, 1) => &["oldstable"],
                (Family::Deb | Family::Rpm, 2) => &["oldoldstable"],
                _ => &[],
            };
            let version = version(at);
            let row = match (family, behind) {
                (Family::Deb | Family::Rpm, 0..3) => Some(version.clone()),
                (_, 0) => Some("latest".to_owned()),
                _ => None,
            };
            let tags = tags.iter().map(|t| (*t).to_owned()).collect();
            Release {
                image: format!("{name}-{version}"),
                version,
                dated: false,
                tags,
                row,
                age: (at, share),
            }
        })
        .collect();
    let mut moving = |version: &str, tags: &[String]| {
        let image = if version.is_empty() {
            name.to_owned()
        } else {
            format!("{name}-{version}")
        };
        let row = tags.last().cloned();
        let (version, tags) = (version.to_owned(), tags.to_vec());
        releases.push(Release {
            image,
            version,
            dated: true,
            tags,
            row,
            age: (share, share),
        });
    };
    let flavoured = |flavour: &str, first: bool| {
        let mut tags: Vec<String> = Vec::new();
        if first {
            tags.extend(["latest".to_owned(), "stable".to_owned()]);
        }
        tags.extend([format!("stable-{flavour}"), format!("latest-{flavour}")]);
        tags
    };
    match family {
        Family::Deb => ["testing", "unstable"]
            .iter()
            .for_each(|track| moving(track, &[(*track).to_owned()])),
        Family::Zypp | Family::Tarball => moving("current", &["latest-current".to_owned()]),
        Family::Rolling => moving("", &["stable".to_owned(), "latest".to_owned()]),
        Family::Stage => {
            for (at, flavour) in flavours(images).iter().enumerate() {
                moving(flavour, &flavoured(flavour, at == 0));
            }
        }
        Family::Runit => ["glibc", "musl"]
            .iter()
            .for_each(|libc| moving(libc, &flavoured(libc, *libc == "glibc"))),
        Family::Rpm | Family::Apk | Family::Sysv => {}
    }
    releases
}

impl Distribution {
    fn runs_systemd(&self, release: &Release) -> bool {
        match self.family {
            Family::Deb | Family::Rpm | Family::Zypp | Family::Rolling => true,
            Family::Stage => release.version.ends_with("systemd"),
            Family::Apk | Family::Sysv | Family::Runit | Family::Tarball => false,
        }
    }

    fn builder(&self, distributions: &[Distribution]) -> String {
        match self.family {
            Family::Rpm => format!("{}-builder", self.name),
            Family::Deb | Family::Sysv => "apt".to_owned(),
            Family::Zypp => "zypper".to_owned(),
            _ => {
                let first = distributions.iter().find(|d| d.family == Family::Rpm);
                first.map(|d| format!("{}-builder", d.name)).unwrap()
            }
        }
    }
}

/// An invented word. All are equally long, so that none is a part of another one: patterns of the
/// garbage collection are not anchored.
fn word(number: usize) -> String {
    const SYLLABLES: [&str; 16] = [
        "ba", "do", "ke", "li", "mu", "na", "po", "ri", "su", "ta", "ve", "zo", "ga", "hi", "jo",
        "ku",
    ];
    // The factor is odd: different numbers below 4,096 are different words.
    let mixed = number * 2_741 % 4_096;
    [mixed >> 8, mixed >> 4 & 15, mixed & 15]
        .map(|at| SYLLABLES[at])
        .concat()
}

/// A number that looks like chance and is not.
fn mix(a: usize, b: usize) -> usize {
    let mut x = (a as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (b as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (x >> 33) as usize
}

// The scripts

macro_rules! parts {
    ($directory:literal: $($name:literal)+) => {
        [$(($name, include_str!(concat!("parts/", $directory, "/", $name, ".sh")))),+]
    };
}

static INCLUDES: [(&str, &str); 11] = parts!(
    "include": "apk" "common" "deb" "pacstrap" "rpm" "runit" "stage" "systemd" "sysv" "tarball" "zypp"
);
static TESTS: [(&str, &str); 4] = parts!("tests": "hostname" "network" "start" "stop");
static SCRIPTS: [(&str, &str); 9] =
    parts!("images": "apk" "deb" "pacstrap" "rpm" "runit" "stage" "sysv" "tarball" "zypp");
static BLOCKS: [(&str, &str); 6] =
    parts!("blocks": "certificates" "cron" "limits" "motd" "sysctl" "users");
static SETUPS: [(&str, &str); 3] = parts!("builders": "apt" "dnf" "zypper");

const PACKAGES: [&str; 16] = [
    "bash-completion",
    "bc",
    "curl",
    "dialog",
    "file",
    "htop",
    "iputils",
    "jq",
    "lsof",
    "mtr",
    "nano",
    "ncdu",
    "rsync",
    "screen",
    "strace",
    "tmux",
];

struct Writer<'r> {
    root: &'r Path,
}

impl Writer<'_> {
    fn file(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Includes, builders and tests.
    fn shared(&self, distributions: &[Distribution]) {
        for (name, text) in INCLUDES {
            self.file(&format!("image-scripts/include/{name}.sh"), text);
        }
        for (name, text) in TESTS {
            self.file(&format!("image-scripts/tests/{name}.sh"), text);
        }
        let setup = |name: &str| SETUPS.iter().find(|(n, _)| *n == name).unwrap().1;
        let builder = |name: &str, base: &Distribution, release: &str, tool: &str| {
            let config = format!("DISTNAME={}\nRELVER={release}\n", base.name);
            self.file(&format!("image-scripts/builders/{name}/config.sh"), &config);
            self.file(
                &format!("image-scripts/builders/{name}/setup.sh"),
                setup(tool),
            );
        };
        let first = |family: Family| distributions.iter().find(|d| d.family == family).unwrap();
        builder("apt", first(Family::Deb), "stable", "apt");
        builder("zypper", first(Family::Zypp), "latest-current", "zypper");
        for distribution in distributions.iter().filter(|d| d.family == Family::Rpm) {
            let newest = &distribution.releases.last().unwrap().version;
            builder(
                &format!("{}-builder", distribution.name),
                distribution,
                newest,
                "dnf",
            );
        }
        self.file(
            "tests/all-tests.nix",
            include_str!("parts/nix/all-tests.nix"),
        );
        self.file(
            "tests/suite/dist-config/start-stop.nix",
            include_str!("parts/nix/start-stop.nix"),
        );
        for distribution in distributions
            .iter()
            .filter(|d| d.family == Family::Rpm)
            .take(5)
        {
            let text =
                include_str!("parts/nix/docker.nix").replace("@DISTRIBUTION@", &distribution.name);
            self.file(
                &format!("tests/suite/docker/{}-latest.nix", distribution.name),
                &text,
            );
        }
        for distribution in distributions {
            self.configs(distribution, &distribution.builder(distributions));
        }
    }

    /// The `config.sh` of every image.
    fn configs(&self, distribution: &Distribution, builder: &str) {
        for release in &distribution.releases {
            if distribution.family == Family::Apk {
                symlink_image(self.root, &release.image, &distribution.name);
                continue;
            }
            let mut config = format!("BUILDER={builder}\n");
            let name = &distribution.name;
            match (distribution.family, release.version.as_str()) {
                (Family::Zypp, version) => {
                    let (spin, number) = version.split_once('-').unwrap_or((version, version));
                    write!(config, "SPIN={spin}\nSPINVER={number}\n").unwrap();
                    let number = if release.dated {
                        "$(date +%Y%m%d)"
                    } else {
                        "$SPINVER"
                    };
                    write!(config, "RELVER=$SPIN-{number}\nARCH=x86_64\n").unwrap();
                }
                (Family::Rolling, _) => config.push_str("RELVER=$(date +%Y%m%d)\n"),
                (_, version) if release.dated => {
                    // In the name, the second part of `musl-openrc` stands where the architecture does.
                    let arch = if version.contains('-') {
                        "ARCH=x86_64\n"
                    } else {
                        ""
                    };
                    write!(
                        config,
                        "DISTNAME={name}\nRELVER={version}-$(date +%Y%m%d)\n{arch}"
                    )
                    .unwrap();
                }
                _ => {}
            }
            self.file(
                &format!("image-scripts/images/{}/config.sh", release.image),
                &config,
            );
        }
    }

    fn distribution(&self, distribution: &Distribution) {
        let name = &distribution.name;
        let mode = "#!/bin/sh\n# Mounts what the init system expects.\nmount -t cgroup2 none /sys/fs/cgroup\n";
        if distribution.family == Family::Apk {
            let rolling = distribution.releases.last().unwrap();
            let directory = format!("image-scripts/images/{name}");
            let builder = fs::read_dir(self.root.join("image-scripts/builders")).unwrap();
            let mut builders: Vec<_> = builder
                .map(|e| e.unwrap().file_name().into_string().unwrap())
                .collect();
            builders.sort();
            let builder = builders.iter().find(|b| b.ends_with("-builder")).unwrap();
            self.file(&format!("{directory}/abstract"), "");
            self.file(
                &format!("{directory}/config.sh"),
                &format!("BUILDER={builder}\n"),
            );
            self.file(&format!("{directory}/cgroups-mount.initd"), mode);
            self.file(
                &format!("{directory}/build.sh"),
                &build(distribution, rolling),
            );
            return;
        }
        for release in &distribution.releases {
            let directory = format!("image-scripts/images/{}", release.image);
            self.file(
                &format!("{directory}/build.sh"),
                &build(distribution, release),
            );
            if distribution.family == Family::Sysv {
                self.file(&format!("{directory}/cgroups-mount.initscript"), mode);
            }
            if distribution.family == Family::Tarball {
                self.file(&format!("{directory}/rc.cgroups"), mode);
            }
        }
    }
}

fn symlink_image(root: &Path, image: &str, directory: &str) {
    let link = root.join("image-scripts/images").join(image);
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    symlink(directory, link).unwrap();
}

/// The text of a `build.sh`.
fn build(distribution: &Distribution, release: &Release) -> String {
    let (at, of) = release.age;
    let chance = |salt: usize| {
        mix(
            distribution.number * 1_009 + salt,
            at * 31 + release.version.len(),
        )
    };
    let template = match distribution.family {
        Family::Rolling => "pacstrap",
        Family::Deb => "deb",
        Family::Rpm => "rpm",
        Family::Apk => "apk",
        Family::Sysv => "sysv",
        Family::Zypp => "zypp",
        Family::Stage => "stage",
        Family::Runit => "runit",
        Family::Tarball => "tarball",
    };
    let text = SCRIPTS
        .iter()
        .find(|(name, _)| *name == template)
        .unwrap()
        .1;
    let codename = match distribution.family {
        Family::Deb if release.dated => release.version.clone(),
        Family::Deb | Family::Sysv => word(distribution.number * 97 + at),
        Family::Stage | Family::Runit => release.version.clone(),
        Family::Tarball if release.dated => "current".to_owned(),
        _ => "$RELVER".to_owned(),
    };
    let age = match (distribution.family, at * 3 / of.max(1)) {
        (Family::Deb, 0) => "configure-deb-network-wait",
        (Family::Deb, _) => "configure-deb-resolver",
        (Family::Rpm, 0) => "configure-rpm-old",
        (Family::Rpm, 1) => "configure-rpm-middle",
        (Family::Rpm, _) => "configure-rpm-new",
        (Family::Stage, _) if distribution.runs_systemd(release) => "configure-stage-systemd",
        (Family::Stage, _) => "configure-stage-openrc",
        _ => "",
    };
    let mut blocks = String::new();
    for (number, (_, block)) in BLOCKS.iter().enumerate() {
        if chance(number).is_multiple_of(4) {
            blocks.push_str(block);
        }
    }
    if !blocks.is_empty() {
        blocks.push('\n');
    }
    let packages: Vec<&str> = (0..3 + chance(90) % 4)
        .map(|n| PACKAGES[(chance(91) + n * 5) % PACKAGES.len()])
        .collect();
    text.replace("@BLOCKS@\n", &blocks)
        .replace("@AGE@", age)
        .replace("@CODENAME@", &codename)
        .replace("@DISTRIBUTION@", &distribution.name)
        .replace("@RELEASE@", &release.version)
        .replace("@POINT@", &(chance(92) % 10).to_string())
        .replace("@BUILD@", &(at * 7 + 1_024).to_string())
        .replace("@PACKAGES@", &packages.join(" "))
        .replace("@IMAGE@", &release.image)
}

// The Nix files, as nixfmt writes them

fn repository(distributions: &[Distribution]) -> String {
    let mut out = String::from(
        "# What repository.example.org serves.\n{\n  config,\n  pkgs,\n  lib,\n  ...\n}:\n{\n  \
         services.osctl.image-repository.vpsadminos = {\n    rebuildAll = false;\n    \
         buildInterval = \"0 3 * * sat\";\n\n    defaultVendor = \"vpsadminos\";\n    vendors.vpsadminos = {\n      \
         defaultVariant = \"minimal\";\n    };\n\n    images = {\n",
    );
    for (at, distribution) in distributions.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        if distribution.family == Family::Rolling {
            entry(
                &mut out,
                3,
                &format!("{}.rolling", distribution.name),
                Some(&distribution.name),
                &distribution.releases[0],
            );
            continue;
        }
        writeln!(out, "      {} = {{", distribution.name).unwrap();
        let mut moves = false;
        for release in &distribution.releases {
            if release.dated && !moves && distribution.family.is_numbered() {
                out.push('\n');
            }
            moves |= release.dated;
            let bare = matches!(distribution.family, Family::Stage | Family::Runit)
                && !release.version.contains('-');
            let key = if bare {
                release.version.clone()
            } else {
                format!("\"{}\"", release.version)
            };
            entry(&mut out, 4, &key, None, release);
        }
        out.push_str("      };\n");
    }
    out.push_str("    };\n\n    # Images that move pile up, everything else is replaced in place.\n    garbageCollection = [\n");
    for distribution in distributions {
        for release in distribution.releases.iter().filter(|r| r.dated) {
            let dash = if release.version.is_empty() { "" } else { "-" };
            writeln!(
                out,
                "      {{\n        distribution = \"{}\";",
                distribution.name
            )
            .unwrap();
            writeln!(
                out,
                "        version = \"^{}{dash}\\\\d+$\";\n        keep = 6;\n      }}",
                release.version
            )
            .unwrap();
        }
    }
    out.push_str("    ];\n  };\n}\n");
    out
}

fn entry(out: &mut String, level: usize, key: &str, name: Option<&str>, release: &Release) {
    let indent = "  ".repeat(level);
    if release.tags.is_empty() && name.is_none() {
        writeln!(out, "{indent}{key} = {{ }};").unwrap();
        return;
    }
    writeln!(out, "{indent}{key} = {{").unwrap();
    if let Some(name) = name {
        writeln!(out, "{indent}  name = \"{name}\";").unwrap();
    }
    match release.tags.as_slice() {
        [] => {}
        [tag] => writeln!(out, "{indent}  tags = [ \"{tag}\" ];").unwrap(),
        tags => {
            writeln!(out, "{indent}  tags = [").unwrap();
            tags.iter()
                .for_each(|tag| writeln!(out, "{indent}    \"{tag}\"").unwrap());
            writeln!(out, "{indent}  ];").unwrap();
        }
    }
    writeln!(out, "{indent}}};").unwrap();
}

fn table(distributions: &[Distribution]) -> String {
    let mut rows = Vec::new();
    for distribution in distributions {
        for release in &distribution.releases {
            let Some(version) = &release.row else {
                continue;
            };
            let suffix = if version == "latest" {
                "stable"
            } else {
                version.trim_start_matches("latest-")
            };
            let key = format!("{}_{}", distribution.name, suffix.replace(['.', '-'], "_"));
            rows.push((key, distribution, release, version));
        }
    }
    let mut out = String::from(
        "{ lib }:\nlet\n  # One row is one container in each of the tests that go through a group.\n  table = {\n",
    );
    for (key, distribution, _, version) in &rows {
        writeln!(
            out,
            "    {key} = {{\n      distribution = \"{}\";",
            distribution.name
        )
        .unwrap();
        writeln!(out, "      version = \"{version}\";\n    }};").unwrap();
    }
    out.push_str("  };\nin\n{\n");
    let mut group =
        |comment: &str, name: &str, member: &dyn Fn(&Distribution, &Release) -> bool| {
            writeln!(out, "  # {comment}\n  {name} = with table; [").unwrap();
            for (key, ..) in rows
                .iter()
                .filter(|(_, distribution, release, _)| member(distribution, release))
            {
                writeln!(out, "    {key}").unwrap();
            }
            out.push_str("  ];\n\n");
        };
    let is_v2 = |d: &Distribution, r: &Release| {
        d.runs_systemd(r) && (r.dated || r.tags.iter().any(|t| t == "latest"))
    };
    group(
        "boot on hosts with either version of cgroups",
        "cgroupAll",
        &|d, r| !is_v2(d, r),
    );
    group("systemd 258 and later", "cgroupv2", &is_v2);
    group("init", "systemd", &|d, r| d.runs_systemd(r));
    group(
        "everything else that calls itself init",
        "non-systemd",
        &|d, r| !d.runs_systemd(r),
    );
    out.push_str("  all = lib.mapAttrsToList (key: row: row) table;\n}\n");
    out
}
