//! The files of a generated checkout.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::distributions::{Distribution, Family, Release, mix, word};

macro_rules! parts {
    ($directory:literal: $($name:literal)+) => {
        [$(($name, include_str!(concat!("../parts/", $directory, "/", $name, ".sh")))),+]
    };
}

pub(super) static INCLUDES: [(&str, &str); 11] = parts!(
    "include": "apk" "common" "deb" "pacstrap" "rpm" "runit" "stage" "systemd" "sysv" "tarball" "zypp"
);
pub(super) static TESTS: [(&str, &str); 4] = parts!("tests": "hostname" "network" "start" "stop");
pub(super) static SCRIPTS: [(&str, &str); 9] =
    parts!("images": "apk" "deb" "pacstrap" "rpm" "runit" "stage" "sysv" "tarball" "zypp");
pub(super) static BLOCKS: [(&str, &str); 6] =
    parts!("blocks": "certificates" "cron" "limits" "motd" "sysctl" "users");
pub(super) static SETUPS: [(&str, &str); 3] = parts!("builders": "apt" "dnf" "zypper");

pub(super) const PACKAGES: [&str; 16] = [
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

pub(super) struct Writer<'r> {
    pub(super) root: &'r Path,
}

impl Writer<'_> {
    pub(super) fn file(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Includes, builders and tests.
    pub(super) fn shared(&self, distributions: &[Distribution]) {
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
            include_str!("../parts/nix/all-tests.nix"),
        );
        self.file(
            "tests/suite/dist-config/start-stop.nix",
            include_str!("../parts/nix/start-stop.nix"),
        );
        self.file(
            "tests/suite/docker/base.nix",
            include_str!("../../../fixtures/clean-2026/tests/suite/docker/base.nix"),
        );
        for distribution in distributions
            .iter()
            .filter(|d| d.family == Family::Rpm)
            .take(5)
        {
            let text = include_str!("../parts/nix/docker.nix")
                .replace("@DISTRIBUTION@", &distribution.name);
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
    pub(super) fn configs(&self, distribution: &Distribution, builder: &str) {
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

    pub(super) fn distribution(&self, distribution: &Distribution) {
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

pub(super) fn symlink_image(root: &Path, image: &str, directory: &str) {
    let link = root.join("image-scripts/images").join(image);
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    symlink(directory, link).unwrap();
}

/// The text of a `build.sh`.
pub(super) fn build(distribution: &Distribution, release: &Release) -> String {
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
