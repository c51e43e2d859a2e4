//! Logs that nobody wrote: no text makes the reader fail, and no pieces make a difference.

use fixture::Suite;
use proptest::prelude::*;
use triage::{Reader, catalogue};

fn read(pieces: &[&[u8]]) -> String {
    let mut reader = Reader::new();
    for piece in pieces {
        reader.feed(piece);
    }
    format!("{:#?}", reader.finish())
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

/// Adds these tests.
pub(crate) fn add_to(suite: Suite) -> Suite {
    suite
        .test("robustness::any_text", any_text)
        .test("robustness::any_pieces", any_pieces)
        .test("robustness::memory_is_bounded", memory_is_bounded)
}

fn any_log() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![prop::collection::vec(any::<u8>(), 0..400), log()]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    fn any_text(log in any_log()) {
        read(&[&log]);
    }

    fn any_pieces(log in log(), index in any::<prop::sample::Index>(), size in 1_usize..9) {
        let whole = read(&[&log]);
        let (start, end) = log.split_at(index.index(log.len() + 1));
        prop_assert_eq!(&read(&[start, end]), &whole);
        let small: Vec<&[u8]> = log.chunks(size).collect();
        prop_assert_eq!(&read(&small), &whole);
    }
}

/// However many tests and failures a log has, what is kept of it is bounded.
fn memory_is_bounded() {
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
