//! The distributions of a generated checkout, and their releases.

/// The family that the images of a distribution are built by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
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

/// The distributions, one after the other. A third of the images are Debs: they have
/// many releases, and others have a few flavours.
pub(super) const FAMILIES: [Family; 12] = [
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

pub(super) const FLAVOURS: [&str; 8] = [
    "openrc",
    "systemd",
    "musl-openrc",
    "hardened-openrc",
    "desktop-systemd",
    "llvm-openrc",
    "nomultilib-openrc",
    "hardened-systemd",
];

pub(super) struct Distribution {
    pub(super) name: String,
    pub(super) family: Family,
    /// In the order of the repository: numbered ones ascending, then the others.
    pub(super) releases: Vec<Release>,
    pub(super) number: usize,
}

pub(super) struct Release {
    /// The image.
    pub(super) image: String,
    /// The version, without date stamp: `13`, `leap-15.6`, `testing`, or nothing.
    pub(super) version: String,
    /// It moves: its version ends in the date of the build.
    pub(super) dated: bool,
    pub(super) tags: Vec<String>,
    /// The version or tag by which the test table names it.
    pub(super) row: Option<String>,
    /// The position among the numbered ones, and their number.
    pub(super) age: (usize, usize),
}

impl Family {
    /// The number of images of such a distribution that are not numbered releases.
    pub(super) fn fixed(self, images: usize) -> usize {
        match self {
            Family::Deb | Family::Runit => 2,
            Family::Zypp | Family::Tarball | Family::Rolling => 1,
            Family::Stage => flavours(images).len(),
            Family::Rpm | Family::Apk | Family::Sysv => 0,
        }
    }

    pub(super) fn is_numbered(self) -> bool {
        !matches!(self, Family::Rolling | Family::Stage | Family::Runit)
    }
}

pub(super) fn flavours(images: usize) -> &'static [&'static str] {
    if images < 500 {
        &FLAVOURS[..3]
    } else {
        &FLAVOURS
    }
}

/// Decides which distributions there are, and which releases they have.
pub(super) fn distributions(images: usize) -> Vec<Distribution> {
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

pub(super) fn releases(
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
            let age = share - 1 - at;
            let tags: &[&str] = match (family, age) {
                (_, 0) => &["latest", "stable"],
                (Family::Deb | Family::Rpm | Family::Sysv, 1) => &["oldstable"],
                (Family::Deb | Family::Rpm, 2) => &["oldoldstable"],
                _ => &[],
            };
            let version = version(at);
            let row = match (family, age) {
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
    pub(super) fn runs_systemd(&self, release: &Release) -> bool {
        match self.family {
            Family::Deb | Family::Rpm | Family::Zypp | Family::Rolling => true,
            Family::Stage => release.version.ends_with("systemd"),
            Family::Apk | Family::Sysv | Family::Runit | Family::Tarball => false,
        }
    }

    pub(super) fn builder(&self, distributions: &[Distribution]) -> String {
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
pub(super) fn word(number: usize) -> String {
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
pub(super) fn mix(a: usize, b: usize) -> usize {
    let mut x = (a as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (b as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (x >> 33) as usize
}

// The scripts
