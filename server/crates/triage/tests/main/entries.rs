//! The catalogue, entry by entry.

use std::collections::BTreeSet;
use std::fs;

use model::data::{UnitPurpose, unit_purposes};
use triage::{Entry, Reader, Role, TestRun, all_pages, catalogue, entry, matches_of};

/// The numbers of the list that the catalogue was begun with.
const NUMBERS: u16 = 113;
/// The entries of that list that are never a cause.
const NOISE: [u16; 5] = [30, 33, 41, 50, 80];
/// Those that sum up lines above them.
const SUMMARIES: [u16; 6] = [13, 21, 55, 63, 97, 98];

pub(crate) fn read(log: &str) -> Vec<TestRun> {
    let mut reader = Reader::new();
    reader.feed(log.as_bytes());
    reader.finish().unwrap_or_default()
}

pub(crate) fn examples_are_found() {
    for entry in catalogue() {
        let found = matches_of(&entry.example).map(|found| found.code.as_str());
        assert_eq!(found, Some(entry.code.as_str()), "{}", entry.example);
    }
}

pub(crate) fn near_misses_are_not() {
    for entry in catalogue() {
        let found = matches_of(&entry.near_miss).map(|found| found.code.as_str());
        assert_ne!(found, Some(entry.code.as_str()), "{}", entry.near_miss);
    }
}

pub(crate) fn the_list_is_whole() {
    let mut numbers: Vec<u16> = catalogue()
        .iter()
        .filter_map(|entry| entry.number)
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=NUMBERS).collect::<Vec<_>>());
    let codes: BTreeSet<&str> = catalogue()
        .iter()
        .map(|entry| entry.code.as_str())
        .collect();
    assert_eq!(codes.len(), catalogue().len(), "a code is there twice");
    let of_role = |role: Role| -> Vec<u16> {
        let entries = catalogue().iter().filter(|entry| entry.role == role);
        let mut numbers: Vec<u16> = entries.filter_map(|entry| entry.number).collect();
        numbers.sort_unstable();
        numbers
    };
    assert_eq!(of_role(Role::Noise), NOISE);
    let summaries = of_role(Role::Summary);
    assert!(
        SUMMARIES.iter().all(|number| summaries.contains(number)),
        "{summaries:?}"
    );
}

pub(crate) fn texts_are_well_formed() {
    for entry in catalogue() {
        let code = &entry.code;
        let is_slug = code
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        assert!(is_slug, "{code}");
        for text in [&entry.message, &entry.meaning, &entry.advice, &entry.source] {
            assert!(!text.is_empty() && !text.ends_with('.'), "{code}: {text}");
        }
    }
}

/// A log in which a build prints a text and fails.
fn failed_build(text: &str) -> String {
    format!(
        "A, [2026-08-17T21:18:03.123456 #77]   ANY -- : [build rocky-9@almalinux-9] zfs create -p tank/work\n\
         + . /build/basedir.1f2e3d4c/images/rocky-9/build.sh\n\
         + bootstrap\n\
         Downloading\n\
         {text}\n\
         error: build of rocky-9 on almalinux-9 failed with exit status 1\n"
    )
}

/// A log in which a test of an image prints a text and fails.
fn failed_test(text: &str) -> String {
    format!(
        "I, [2026-08-17T21:18:03.123456 #77]  INFO -- : [build rocky-9@almalinux-9] Using builder almalinux-9\n\
         I, [2026-08-17T21:18:03.123456 #77]  INFO -- : [#<OsCtl::Image::Operations::Test::Run:0x01>] Created container 'test-0a1b2c3d' for test 'systemctl'\n\
         A, [2026-08-17T21:18:03.123456 #77]   ANY -- : [#<OsCtl::Image::Operations::Test::Run:0x01>] nix-shell --run /tmp/nix-shell-run x\n\
         W, [2026-08-17T21:18:03.123456 #77]  WARN -- : [#<OsCtl::Image::Operations::Test::Run:0x01>] Test 'systemctl' failed with status 1: \n\
         {text}\n\
         15 tests run, 14 succeeded, 1 failed\n"
    )
}

fn first_code(test_runs: &[TestRun]) -> Option<&str> {
    let causes = test_runs.iter().flat_map(|test_run| &test_run.causes);
    causes.map(|cause| cause.entry.code.as_str()).next()
}

fn logs_with(entry: &Entry) -> [String; 2] {
    [failed_build(&entry.example), failed_test(&entry.example)]
}

pub(crate) fn causes_are_found_in_logs() {
    for entry in catalogue().iter().filter(|entry| entry.role == Role::Cause) {
        for log in logs_with(entry) {
            let found = read(&log);
            assert_eq!(first_code(&found), Some(entry.code.as_str()), "{log}");
            assert_eq!(
                found.first().unwrap().image.as_deref(),
                Some("rocky-9"),
                "{log}"
            );
        }
    }
}

pub(crate) fn noise_is_never_reported() {
    for entry in catalogue().iter().filter(|entry| entry.role == Role::Noise) {
        for log in logs_with(entry) {
            let found = read(&log);
            let codes = found.iter().flat_map(|t| &t.causes).map(|c| &c.entry.code);
            assert!(codes.clone().all(|code| *code != entry.code), "{log}");
        }
    }
}

pub(crate) fn summaries_lead_upwards() {
    let cause = entry("curl-not-found").unwrap();
    for entry in catalogue()
        .iter()
        .filter(|entry| entry.role == Role::Summary)
    {
        let text = format!("{}\n{}", cause.example, entry.example);
        assert_eq!(
            first_code(&read(&failed_build(&text))),
            Some("curl-not-found"),
            "{text}"
        );
    }
}

/// Whatever is said of a unit that a container or a test of its image needs, it is not that it be masked.
pub(crate) fn needed_units_are_never_to_be_masked() {
    const LINES: [&str; 6] = [
        "[FAILED] Failed to start UNIT - Something.",
        "[FAILED] Failed to listen on UNIT - Something.",
        "● UNIT loaded failed failed Something",
        "UNIT: Failed to set up mount namespacing: /run: Permission denied",
        "UNIT: Failed at step SECCOMP spawning /bin/x: Invalid argument",
        "UNIT: Failed to set up credentials: Protocol error",
    ];
    let named = |known: &'static UnitPurpose| {
        let titles = known.titles.iter().map(|title| (title.as_str(), true));
        std::iter::once((known.unit.as_str(), false)).chain(titles)
    };
    let needed = unit_purposes().iter().filter(|known| known.needed);
    for (unit, is_title) in needed.flat_map(named) {
        for line in LINES {
            let line = match is_title {
                true => format!("[FAILED] Failed to start {unit}."),
                false => line.replace("UNIT", unit),
            };
            for cause in read(&failed_test(&line)).iter().flat_map(|t| &t.causes) {
                let advice = cause.advice();
                assert!(!advice.contains("mask"), "{line}: {advice}");
            }
        }
    }
}

pub(crate) fn the_page_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/CATALOGUE.md");
    let page = all_pages();
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        fs::write(path, &page).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == page,
        "UPDATE_FIXTURES=1 cargo test -p image-scripts-ls-triage rewrites {path}"
    );
}
