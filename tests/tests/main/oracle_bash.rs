//! Who an image is, by reading `config.sh`, is what bash says after sourcing it.

use std::process::Command;

use analysis::Inputs;
use image_scripts_ls_tests::checkout::{FIXTURES, fixture};
use model::identity::Identity;
use model::value::SAMPLE_DATE;

/// Sources the `config.sh` of every name given, as the drivers do, on a fixed day, and prints
/// the name and what came of it, a field a line.
const DRIVER: &str = r#"
SCRIPTS=$1 KIND=$2
shift 2
date() { command date -u -d "$SAMPLE" "$@" ; }
for name in "$@" ; do (
	BASEDIR=$SCRIPTS BUILDER= DATASETS= DISTNAME= RELVER= ARCH= VENDOR= VARIANT=
	if [ "$KIND" == images ] ; then
		IFS=- read -r DISTNAME RELVER ARCH VENDOR VARIANT <<< "$name"
	fi
	[ "$ARCH" == "" ] && ARCH=x86_64
	. "$BASEDIR/$KIND/$name/config.sh"
	[ "$ARCH" == "" ] && ARCH=x86_64
	[ "$VENDOR" == "" ] && VENDOR=vpsadminos
	[ "$VARIANT" == "" ] && VARIANT=minimal
	printf '%s\n' "$name" "$BUILDER" "$DISTNAME" "$RELVER" "$ARCH" "$VENDOR" "$VARIANT" "$DATASETS"
) done
"#;

/// What bash prints of some names.
fn ask_bash(scripts: &std::path::Path, kind: &str, names: &[String]) -> String {
    let output = Command::new("bash")
        .args(["--norc", "--noprofile", "-c", DRIVER, "driver"])
        .arg(scripts)
        .arg(kind)
        .args(names)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("SAMPLE", SAMPLE_DATE)
        .output()
        .expect("bash is missing: apt-get install bash");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && errors.is_empty(),
        "bash: {errors}"
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The same of what we read.
fn ours<'i>(identities: impl Iterator<Item = (&'i str, &'i Identity)>) -> String {
    let mut out = String::new();
    for (name, identity) in identities {
        out.push_str(&format!("{name}\n"));
        for (_, field) in identity.fields() {
            let value = field.known().map_or("(unknown)", |value| value.sample());
            out.push_str(&format!("{value}\n"));
        }
    }
    out
}

#[test]
fn images_and_builders_are_what_bash_says() {
    for name in FIXTURES {
        let [root] = checkout::find(&fixture(name))
            .try_into()
            .expect("one checkout");
        let scripts = root.path.join(root.layout.scripts_directory());
        let snapshot = checkout::read(&root, &Default::default(), Inputs::fixed("2026-11-01"));

        let images: Vec<String> = snapshot
            .model
            .images
            .keys()
            .map(ToString::to_string)
            .collect();
        assert!(images.len() >= 10, "{name} has images");
        let read = ours(
            snapshot
                .model
                .images
                .iter()
                .map(|(name, image)| (name.as_str(), &image.identity)),
        );
        assert_eq!(
            read,
            ask_bash(&scripts, "images", &images),
            "images of {name}"
        );

        let builders: Vec<String> = snapshot
            .model
            .builders
            .keys()
            .map(ToString::to_string)
            .collect();
        let read = ours(
            snapshot
                .model
                .builders
                .iter()
                .map(|(name, builder)| (name.as_str(), &builder.base)),
        );
        assert_eq!(
            read,
            ask_bash(&scripts, "builders", &builders),
            "builders of {name}"
        );
    }
}
