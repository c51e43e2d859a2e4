//! Measures the reader on a generated log: `cargo run --release --example measure [MEGABYTES]` prints the
//! time and the most memory that was in use.

use std::time::Instant;

use triage::Reader;

/// A few thousand lines as a build prints them, most of them of no interest.
fn block() -> String {
    let mut text = String::new();
    for number in 0..2000 {
        text += &match number % 8 {
            0 => format!(
                "+++ echo 'step {number} of the build' /build/installdir.0a1b2c3d/etc/step\n"
            ),
            1 => format!(
                "Get:{number} https://mirror.example.org/debian trixie/main amd64 package-{number} amd64 1.{number}-1 [12.3 kB]\n"
            ),
            2 => format!("Unpacking package-{number} (1.{number}-1) ...\n"),
            3 => "\u{1b}[0;32m  OK  \u{1b}[0m Started something.service - Something or other.\n"
                .to_owned(),
            4 => format!(
                "  Installing       : package-{number}-1.{number}.el9.x86_64                              {number}/2000\n"
            ),
            5 => format!(
                "2026-08-17T21:18:03.1234567Z Setting up package-{number} (1.{number}-1) ...\n"
            ),
            6 => format!("W: warning {number}: no such option, going on: error in line {number}\n"),
            _ => format!(
                "  adding: usr/share/doc/package-{number}/changelog.gz (deflated {number}%)\r\n"
            ),
        };
    }
    text
}

fn main() {
    let megabytes = std::env::args()
        .nth(1)
        .and_then(|word| word.parse().ok())
        .unwrap_or(500_usize);
    let block = block();
    let start = Instant::now();
    let mut reader = Reader::new();
    reader.feed(b"+ . /build/basedir.0a1b2c3d/images/debian-13/build.sh\n+ bootstrap\n");
    let mut length = 0;
    while length < megabytes << 20 {
        for piece in block.as_bytes().chunks(64 << 10) {
            reader.feed(piece);
        }
        length += block.len();
    }
    reader.feed(b"E: Unable to locate package x\nerror: build of debian-13 on debian failed with exit status 1\n");
    let found = reader.finish().unwrap_or_default();
    let codes: Vec<_> = found
        .iter()
        .flat_map(|t| &t.causes)
        .map(|c| &c.entry.code)
        .collect();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let memory = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or("VmHWM: unknown");
    println!(
        "{megabytes} MiB in {:.2?}, {memory}, {codes:?}",
        start.elapsed()
    );
}
