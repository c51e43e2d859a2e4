//! The figures that are promised, measured: how long it takes from the start to all findings,
//! how long from an edit to published findings, how much memory is used. Each is printed beside
//! its limit and, where there is one, beside a floor (see `floor.rs`) measured in the same run.
//!
//!     cargo bench                          everything
//!     cargo bench --bench figures -- 50    only the checkout with 50 images; several may be named
//!     cargo bench --bench figures -- start only that part: `start`, `edits` or `requests`
//!
//! A figure above its limit is printed as FAIL; with `BENCH_STRICT=1` it also fails the run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]
#![allow(missing_docs)]

mod client;
mod floor;
mod generate;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use analysis::Snapshot;
use checkout::Root;
use checkout::disk::Overlay;
use client::Client;
use generate::{Checkout, Toggle};
use model::Layout;

const SIZES: [usize; 3] = [50, 1_000, 10_000];
const REPETITIONS: usize = 11;
/// Rounds that are not counted.
const WARM_UP: usize = 2;
const PROGRAM: &str = env!("CARGO_BIN_EXE_image-scripts-ls");

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    if let [flag, root] = arguments.as_slice()
        && flag == "--floor"
    {
        floor::read_and_parse(Path::new(root));
        return ExitCode::SUCCESS;
    }
    let numbers: Vec<usize> = arguments.iter().filter_map(|a| a.parse().ok()).collect();
    let words: Vec<&String> = arguments
        .iter()
        .filter(|a| a.parse::<usize>().is_err())
        .collect();
    let wanted = |part: &str| words.is_empty() || words.iter().any(|word| *word == part);
    let mut report = Report::default();
    println!(
        "{} threads, medians of {REPETITIONS} runs, times in ms\n",
        rayon::current_num_threads()
    );
    let sizes = SIZES
        .into_iter()
        .filter(|size| numbers.is_empty() || numbers.contains(size));
    let checkouts: Vec<Checkout> = sizes.map(generated).collect();
    if wanted("start") {
        println!("Start to all findings                floor      ours     ratio     limit");
        checkouts
            .iter()
            .for_each(|checkout| start(checkout, &mut report));
    }
    if wanted("edits") {
        println!("\nEdit to published findings      round trip     parse      edit     limit");
        let peaks: Vec<(usize, f64)> = checkouts
            .iter()
            .map(|checkout| edits(checkout, &mut report))
            .collect();
        println!("\nPeak memory, MiB                                         ours     limit");
        peaks
            .into_iter()
            .for_each(|(images, peak)| memory(images, peak, &mut report));
    }
    if wanted("requests") {
        println!("\nAnswers                                    round trip    answer     limit");
        checkouts
            .iter()
            .for_each(|checkout| requests(checkout, &mut report));
    }
    println!(
        "\n{}",
        if report.failed == 0 {
            "all within their limits"
        } else {
            "some are above their limits"
        }
    );
    let strict = std::env::var_os("BENCH_STRICT").is_some_and(|v| v == "1");
    if strict && report.failed > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Counts what is above its limit.
#[derive(Default)]
struct Report {
    failed: usize,
}

impl Report {
    fn verdict(&mut self, within: bool) -> &'static str {
        self.failed += usize::from(!within);
        if within { "PASS" } else { "FAIL" }
    }
}

/// Writes a fresh checkout.
fn generated(images: usize) -> Checkout {
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("generated-{images}"));
    if root.exists() {
        std::fs::remove_dir_all(&root).unwrap();
    }
    let checkout = generate::write(&root, images);
    let snapshot = read(&checkout.root);
    let findings: Vec<String> = snapshot
        .findings()
        .iter()
        .flat_map(|(file, _, findings)| {
            findings
                .iter()
                .map(|f| format!("{}: {}: {}", file.path, f.rule.code, f.message))
        })
        .collect();
    assert!(
        findings.is_empty(),
        "the checkout of {images} images is not clean:\n{}",
        findings.join("\n")
    );
    assert_eq!(snapshot.model.images.len(), images);
    checkout
}

fn read(root: &Path) -> Snapshot {
    let root = Root {
        path: root.to_owned(),
        layout: Layout::Whole,
    };
    checkout::read(
        &root,
        &Overlay::default(),
        checkout::inputs_of_this_machine(),
    )
}

// From the start

fn start(checkout: &Checkout, report: &mut Report) {
    let images = checkout.images;
    let inside = alternate(
        || floor::read_and_parse(&checkout.root),
        || read(&checkout.root),
    );
    line(
        &format!("{images:>6} images, in one process"),
        images,
        inside,
        report,
    );
    let own = std::env::current_exe().unwrap();
    let run = |program: &Path, arguments: &[&str]| {
        let status = Command::new(program)
            .args(arguments)
            .arg(&checkout.root)
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
    };
    let whole = alternate(
        || run(&own, &["--floor"]),
        || {
            run(
                Path::new(PROGRAM),
                &["check", "--no-bash", "--format", "concise"],
            )
        },
    );
    line(
        &format!("{images:>6} images, whole process"),
        images,
        whole,
        report,
    );
}

fn line(what: &str, images: usize, (floor, ours): (f64, f64), report: &mut Report) {
    let limit = 2.0 * floor + if images == 50 { 15.0 } else { 0.0 };
    let verdict = report.verdict(ours <= limit);
    println!(
        "{what:<32} {floor:>9.2} {ours:>9.2} {:>9.2} {limit:>9.2}  {verdict}",
        ours / floor
    );
}

/// The medians of two things done in turns.
fn alternate<A, B>(mut one: impl FnMut() -> A, mut other: impl FnMut() -> B) -> (f64, f64) {
    let (mut ones, mut others) = (Vec::new(), Vec::new());
    for _ in 0..REPETITIONS + WARM_UP {
        ones.push(timed(&mut one).0);
        others.push(timed(&mut other).0);
    }
    (median(ones), median(others))
}

/// Measures how long something takes; the caller drops what it returns.
fn timed<T>(body: impl FnOnce() -> T) -> (Duration, T) {
    let started = Instant::now();
    let result = body();
    (started.elapsed(), result)
}

/// The median of the rounds after the warm-up, in milliseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.drain(..WARM_UP.min(times.len()));
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

// Edits

/// Gives the server's peak of memory, too.
fn edits(checkout: &Checkout, report: &mut Report) -> (usize, f64) {
    let images = checkout.images;
    // Something has to be published for the client to see that all has been read.
    let settings = checkout.root.join(".image-scripts.toml");
    std::fs::write(&settings, "[unheard-of]\n").unwrap();
    let mut client = Client::start(PROGRAM, &checkout.root);
    client.published(&[".image-scripts.toml".to_owned()], |count| count > 0);
    let bash = |text: &str| drop(floor::parse_bash(text));
    let nix = |text: &str| drop(rnix::Root::parse(text));
    let script_margin = if images > 1_000 { 3.0 } else { 0.5 };
    let nix_margin = if images > 1_000 { 10.0 } else { 1.0 };
    type Parse<'p> = &'p dyn Fn(&str);
    let cases: [(&str, &Toggle, Parse<'_>, f64); 4] = [
        ("build.sh", &checkout.build_script, &bash, script_margin),
        ("an include", &checkout.include, &bash, script_margin),
        (
            "image-repository.nix",
            &checkout.repository,
            &nix,
            nix_margin,
        ),
        ("distributions.nix", &checkout.table, &nix, nix_margin),
    ];
    for (what, toggle, parse, margin) in cases {
        let (round_trip, parse, edit) = edit(
            &mut client,
            toggle,
            parse,
            std::slice::from_ref(&toggle.path),
        );
        let limit = round_trip + 3.0 * parse + margin;
        let verdict = report.verdict(edit <= limit);
        println!(
            "{images:>6} images, {what:<20} {round_trip:>9.2} {parse:>9.2} {edit:>9.2} {limit:>9.2}  {verdict}"
        );
    }
    // Not promised, only to be known: what a third of the images call has another name, and back.
    // The findings are in all of their scripts.
    let (round_trip, parse, edit) = edit(&mut client, &checkout.helper, &bash, &checkout.callers);
    let what = format!("{} callers", checkout.callers.len());
    println!("{images:>6} images, {what:<20} {round_trip:>9.2} {parse:>9.2} {edit:>9.2}         -");
    let peak = client.peak_memory();
    client.stop();
    std::fs::remove_file(settings).unwrap();
    (images, peak)
}

// Answers

/// The requests of a client about the helper that most images call.
fn requests(checkout: &Checkout, report: &mut Report) {
    let images = checkout.images;
    let settings = checkout.root.join(".image-scripts.toml");
    std::fs::write(&settings, "[unheard-of]\n").unwrap();
    let mut client = Client::start(PROGRAM, &checkout.root);
    client.published(&[".image-scripts.toml".to_owned()], |count| count > 0);
    let path = &checkout.callers[0];
    let text = std::fs::read_to_string(checkout.root.join(path)).unwrap();
    let image = Path::new(path).parent().and_then(Path::file_name).unwrap();
    let image = image.to_str().unwrap();
    let name = generate::MOST_USED;
    let (line, column) = text
        .lines()
        .enumerate()
        .find_map(|(line, text)| Some((line, text.find(name)?)))
        .expect("the first caller calls it");
    let place = serde_json::json!({
        "textDocument": { "uri": client.uri(path) },
        "position": { "line": line, "character": column + 4 },
    });
    let with = |key: &str, value: serde_json::Value| {
        let mut parameters = place.clone();
        parameters[key] = value;
        parameters
    };
    let asked = [
        ("hover", "textDocument/hover", place.clone(), 1.0),
        ("definition", "textDocument/definition", place.clone(), 1.0),
        ("completion", "textDocument/completion", place.clone(), 1.0),
        (
            "references",
            "textDocument/references",
            with("context", serde_json::json!({ "includeDeclaration": true })),
            5.0,
        ),
        (
            "rename",
            "textDocument/rename",
            with("newName", "another-name".into()),
            5.0,
        ),
        (
            "semantic tokens",
            "textDocument/semanticTokens/full",
            place.clone(),
            5.0,
        ),
        (
            "render",
            "imageScripts/render",
            serde_json::json!({ "image": image }),
            5.0,
        ),
    ];
    for (what, method, parameters, limit) in asked {
        let (mut trips, mut times) = (Vec::new(), Vec::new());
        for _ in 0..REPETITIONS + WARM_UP {
            trips.push(client.round_trip());
            times.push(client.request(method, &parameters));
        }
        let (trip, answer) = (median(trips), median(times));
        // What is promised is promised for a thousand images.
        let promised = images == 1_000;
        let verdict = if promised {
            report.verdict(answer <= limit)
        } else {
            ""
        };
        let limit = if promised {
            format!("{limit:.2}")
        } else {
            "-".to_owned()
        };
        println!("{images:>6} images, {what:<24} {trip:>9.2} {answer:>9.2} {limit:>9}  {verdict}");
    }
    client.stop();
    std::fs::remove_file(settings).unwrap();
}

/// Breaks and repairs a file in turns with requests that do nothing, and with parses of its text:
/// (round trip, parse, edit). The findings are waited for in the `watched` files.
fn edit(
    client: &mut Client,
    toggle: &Toggle,
    parse: &dyn Fn(&str),
    watched: &[String],
) -> (f64, f64, f64) {
    let text = client.open(&toggle.path);
    let mut broken = text.clone();
    broken.replace_range(toggle.at..toggle.at + toggle.clean.len(), toggle.broken);
    let (mut trips, mut parses, mut edits) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..REPETITIONS + WARM_UP {
        trips.push(client.round_trip());
        let breaks = round % 2 == 0;
        let (from, to) = if breaks {
            (toggle.clean, toggle.broken)
        } else {
            (toggle.broken, toggle.clean)
        };
        let sent = client.change(&toggle.path, &text, toggle.at, from.len(), to);
        edits.push(
            client
                .published(watched, |count| (count > 0) == breaks)
                .duration_since(sent),
        );
        parses.push(timed(|| parse(if breaks { &broken } else { &text })).0);
    }
    // An odd number of rounds leaves it broken.
    if (REPETITIONS + WARM_UP) % 2 == 1 {
        client.change(
            &toggle.path,
            &text,
            toggle.at,
            toggle.broken.len(),
            toggle.clean,
        );
        client.published(watched, |count| count == 0);
    }
    client.close(&toggle.path);
    (median(trips), median(parses), median(edits))
}

fn memory(images: usize, peak: f64, report: &mut Report) {
    let (limit, verdict) = match images {
        50 => ("20.00", report.verdict(peak < 20.0)),
        10_000 => ("150.00", report.verdict(peak < 150.0)),
        _ => ("-", ""),
    };
    println!("{images:>6} images {:>48.2} {limit:>9}  {verdict}", peak);
}
