//! Writes a checkout with as many images as are asked for: distributions, releases and people are
//! invented, the proportions are those of real trees. It is clean: `check` finds nothing in it.
//!
//! Everything follows from the number of images alone, so that two runs measure the same.
//!
//! - `distributions`: which there are, with their releases;
//! - `files`: the scripts, and everything on the disk; `nix`: the repository and the test table.

mod distributions;
mod files;
mod nix;

use std::fs;
use std::path::{Path, PathBuf};

use distributions::{Distribution, Family, distributions};
use files::{INCLUDES, Writer};
use nix::{repository, table};

/// The helper that every image calls.
pub(crate) const MOST_USED: &str = "run-configure";

/// A generated checkout.
pub(crate) struct Checkout {
    /// The folder that it is in.
    pub root: PathBuf,
    /// The number of its images.
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
pub(crate) struct Toggle {
    /// The file, from the root of the checkout.
    pub path: String,
    /// The byte offset of the edit.
    pub at: usize,
    /// The text that is there.
    pub clean: &'static str,
    /// The text that brings a finding into the file, instead.
    pub broken: &'static str,
}

/// Writes a checkout with `images` images into `root`, which must not exist yet.
pub(crate) fn write(root: &Path, images: usize) -> Checkout {
    assert!(images >= 50, "{images} images are too few for every family");
    let distributions = distributions(images);
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
