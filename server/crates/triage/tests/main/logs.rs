//! Whole logs. In the head of a fixture stands what is expected of each test: `#> IMAGE PHASE VERDICT`,
//! and the name of the image's test after it. Under a line that is to be found as a cause stands
//! `#^ CODE`; all other lines must not be. `#- NAME` begins a file. `<ESC>` and `<CR>` are these
//! characters, `<LONG>` is a megabyte.

use std::fs;
use std::path::Path;

use triage::{Reader, TestRun, Verdict};

/// A log with what is expected of it.
struct Marked {
    expected: Vec<String>,
    /// The files, each with its name.
    files: Vec<(String, String)>,
    /// Code, file and line of each cause.
    causes: Vec<String>,
}

fn parse(text: &str) -> Marked {
    let (mut expected, mut causes) = (Vec::new(), Vec::new());
    let mut files: Vec<(String, String)> = Vec::new();
    let mut is_remark = true;
    let mut number = 0;
    for line in text.lines() {
        if let Some(test) = line.strip_prefix("#> ") {
            expected.push(test.to_owned());
            is_remark = false;
        } else if let Some(name) = line.strip_prefix("#- ") {
            files.push((name.to_owned(), String::new()));
            number = 0;
        } else if let Some(code) = line.strip_prefix("#^ ") {
            let name = files
                .last()
                .map(|(name, _)| name.as_str())
                .unwrap_or_default();
            causes.push(format!("{name}:{number} {code}"));
        } else if !is_remark {
            if files.is_empty() {
                files.push((String::new(), String::new()));
            }
            let line = line.replace("<ESC>", "\u{1b}").replace("<CR>", "\r");
            let line = line.replace("<LONG>", &"x".repeat(1 << 20));
            let (_, log) = files.last_mut().unwrap();
            log.push_str(&line);
            log.push('\n');
            number += 1;
        }
    }
    Marked {
        expected,
        files,
        causes,
    }
}

fn read(marked: &Marked, size: usize) -> Vec<TestRun> {
    let mut reader = Reader::new();
    for (name, log) in &marked.files {
        if !name.is_empty() {
            reader.begin(name);
        }
        for piece in log.as_bytes().chunks(size) {
            reader.feed(piece);
        }
    }
    reader.finish().unwrap_or_default()
}

pub(crate) fn check(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let marked = parse(&text);
    let found = read(&marked, usize::MAX);
    assert_eq!(outcomes(&found), marked.expected, "{found:#?}");
    let mut causes = causes(&found);
    let mut expected = marked.causes.clone();
    causes.sort();
    expected.sort();
    assert_eq!(causes, expected, "{found:#?}");
    let is_long = text.contains("<LONG>");
    for size in if is_long { vec![4096] } else { vec![1, 7] } {
        assert_eq!(
            format!("{:?}", read(&marked, size)),
            format!("{found:?}"),
            "in pieces of {size}"
        );
    }
}

fn outcomes(found: &[TestRun]) -> Vec<String> {
    let outcome = |test_run: &TestRun| {
        let name = test_run
            .image
            .as_deref()
            .or(test_run.test.as_deref())
            .unwrap_or("?");
        let verdict = test_run.verdict();
        if verdict == Verdict::Passed {
            return format!("{name} passed");
        }
        let image_test = test_run
            .image_test
            .as_deref()
            .map(|test| format!(" {test}"));
        let image_test = image_test.unwrap_or_default();
        if verdict == Verdict::Unknown {
            assert!(!test_run.excerpt.is_empty(), "{test_run:#?}");
        }
        format!(
            "{name} {} {}{image_test}",
            test_run.phase.name(),
            verdict.name()
        )
    };
    found.iter().map(outcome).collect()
}

fn causes(found: &[TestRun]) -> Vec<String> {
    let causes = found.iter().flat_map(|test_run| &test_run.causes);
    let mut lines: Vec<String> = Vec::new();
    for cause in causes {
        assert!(
            cause.excerpt.len() <= 20 && cause.excerpt.contains(&cause.line),
            "{cause:#?}"
        );
        let name = cause.log.as_deref().unwrap_or_default();
        lines.push(format!("{name}:{} {}", cause.line.number, cause.entry.code));
    }
    lines.sort();
    lines.dedup();
    lines
}

pub(crate) fn there_are_enough() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/logs");
    let count = fixture::files(&folder).len();
    assert!(count >= 40, "{count}");
}
