//! Logs that nobody wrote: no text makes the reader fail, and no pieces make a difference.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use triage::{Reader, catalogue};

fn read(pieces: &[&[u8]]) -> String {
    let mut reader = Reader::new();
    for piece in pieces {
        reader.feed(piece);
    }
    format!("{:#?}", reader.finish())
}

fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Pieces of lines that mean something.
const PIECES: [&str; 26] = [
    "\n",
    "\r",
    "\r\n",
    "\u{1b}[0;31m",
    "^[[0m",
    "    ",
    "---\n",
    "START: ",
    "OUTPUT:\n",
    "+ . /build/basedir.0a/images/arch/build.sh\n",
    "+ bootstrap\n",
    "+ run-configure\n",
    "[2026-08-17 21:18:03 +0200] [1/2] Running test 'image-scripts/test@arch' (#default)\n",
    "[2026-08-17 21:18:03 +0200] [1/2] Test 'image-scripts/test@arch' failed after 3 seconds, see /x\n",
    "[2026-08-17 21:18:03 +0200] [1/2] Retrying test 'image-scripts/test@arch' (#default) (attempt 2/2)\n",
    "I, [x]  INFO -- : [build arch@arch] Using builder arch\n",
    "I, [x]  INFO -- : [y] Created container 'a' for test 'start'\n",
    "W, [x]  WARN -- : [y] Test 'start' failed with status 1: unable to start\n",
    "I, [x]  INFO -- : [y] Test 'start' successful\n",
    "Failed tests:\n",
    "1) Test start on arch:\n",
    "1 tests run, 0 succeeded, 1 failed\n",
    "error: build of arch on arch failed with exit status 1\n",
    "==> os-test-image-scripts__test__arch-0a1b2c3d/x.log <==\n",
    "\u{fffd}é",
    "2026-08-17T21:18:03.1Z ",
];

fn log() -> impl Strategy<Value = Vec<u8>> {
    let examples: Vec<String> = catalogue()
        .iter()
        .map(|entry| format!("{}\n", entry.example))
        .collect();
    let piece = prop_oneof![
        prop::sample::select(PIECES.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        prop::sample::select(examples).prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

pub(crate) fn any_text() {
    let text = prop::collection::vec(any::<u8>(), 0..400);
    let mixed = prop_oneof![text, log()];
    let passed = runner(150).run(&mixed, |log| {
        read(&[&log]);
        Ok(())
    });
    passed.unwrap();
}

pub(crate) fn any_pieces() {
    let cut = (log(), any::<prop::sample::Index>(), 1_usize..9);
    let passed = runner(150).run(&cut, |(log, index, size)| {
        let whole = read(&[&log]);
        let (start, end) = log.split_at(index.index(log.len() + 1));
        prop_assert_eq!(&read(&[start, end]), &whole);
        let small: Vec<&[u8]> = log.chunks(size).collect();
        prop_assert_eq!(&read(&small), &whole);
        Ok(())
    });
    passed.unwrap();
}

/// However many tests and failures a log has, what is kept of it is bounded.
pub(crate) fn memory_is_bounded() {
    let mut reader = Reader::new();
    let filler = "x".repeat(400);
    for number in 0..400 {
        let image = format!("I, [x]  INFO -- : [build image-{number}@b] Using builder b\n");
        reader.feed(image.as_bytes());
        for package in 0..10 {
            reader.feed(
                format!("E: Unable to locate package p{package}{filler}\n{filler}\n").as_bytes(),
            );
        }
        reader.feed(
            format!("error: build of image-{number} on b failed with exit status 1\n").as_bytes(),
        );
    }
    let found = reader.finish().unwrap();
    assert!(found.len() <= 256, "{}", found.len());
    let size: usize = found
        .iter()
        .map(|test_run| format!("{test_run:?}").len())
        .sum();
    assert!(size < 16 << 20, "{size}");
}
