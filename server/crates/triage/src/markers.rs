//! Lines by which the test runner, osctl-image and the image tests say what they are doing.

mod test_runner;

pub(crate) use self::test_runner::{image_of_path, image_of_test, row_of_test, test_of_path};
use self::test_runner::{of_test_runner, timed};
use crate::phase::Phase;

/// What a line says of the course of a test.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Marker<'l> {
    /// The test runner begins a test.
    TestBegan(&'l str),
    /// The test runner tries a test again.
    TestRetried(&'l str),
    /// A script of the test runner begins, one of a test or its only one.
    ScriptBegan(&'l str),
    /// A script of the test runner was executed to its end.
    ScriptEnded(&'l str),
    /// An exception ended a script of the test runner.
    ScriptFailed(&'l str),
    /// Something that failed is tried again: what was said last, or all of a test of the checkout.
    Retried { all: bool },
    /// A command of the virtual machine ended with a status.
    Status(i32),
    /// The output of a command of the virtual machine begins.
    OutputBegan,
    /// A test ended as it should, or not.
    TestEnded { path: &'l str, is_expected: bool },
    /// A file below the state directory of an image's test is named.
    StateDirectory(&'l str),
    /// A command or an action of the virtual machine begins.
    BlockBegan,
    /// osctl-image is executed for an image; the status if it has ended.
    Chosen { image: &'l str, status: Option<i32> },
    /// A step of osctl-image for an image.
    Builds {
        image: &'l str,
        builder: &'l str,
        phase: Option<Phase>,
    },
    /// A phase begins.
    Began(Phase),
    /// `build.sh` of an image is sourced.
    Sourced(&'l str),
    /// The build of an image failed.
    BuildFailed(&'l str),
    /// An image was built.
    BuildSucceeded(&'l str),
    /// Something failed, in a phase that the line tells or in the present one.
    Failed(Option<Phase>),
    /// A container is made for a test of the image.
    ContainerMade { container: &'l str, test: &'l str },
    /// The test runner gave up on osctl-image.
    TimedOut(&'l str),
    /// A test of the image begins.
    ImageTestBegan,
    /// A test of the image failed.
    ImageTestFailed(&'l str),
    /// A test of the image passed.
    ImageTestSucceeded(&'l str),
    /// What a test of the image used is removed or kept.
    ImageTestCleanup,
    /// The output of a failed test of an image follows.
    FailedTest { image_test: &'l str, image: &'l str },
    /// All tests of an image were executed.
    Summary { failed: bool },
    /// Another line of the logger.
    Logged,
}

/// Texts that a line with some of the markers has, wherever they stand in it.
pub(crate) const MARKER_TEXTS: [&str; 12] = [
    "failed with exit status ",
    STATE_DIRECTORY,
    "(OsVm::",
    "exited with code '",
    "osctl-image ",
    "-archive.tar",
    "-stream.tar",
    ": failed with ",
    RETRIES[0],
    RETRIES[1],
    RETRIES[2],
    RETRIES[3],
];

/// Texts by which tools say that they try again what has just failed.
const RETRIES: [&str; 4] = [
    "ill retry in ",
    "etrying",
    "rying other mirror",
    "rying next mirror",
];

/// Returns whether a line says that something is tried again.
pub(crate) fn is_retry(line: &str) -> bool {
    RETRIES.iter().any(|text| line.contains(text))
}

const STATE_DIRECTORY: &str = "os-test-image-scripts__test__";

/// Returns whether a line begins like one with a marker: a logger's, a trace's, the runner's, the
/// beginning of a block, a summary's.
pub(crate) fn may_be_marker(line: &[u8]) -> bool {
    match line {
        [b'+', ..] | [b'*', b' ', ..] => true,
        [b'[', b'2', b'0', ..] => true,
        [b'S', b'T', b'A', ..] | [b'e', b'r', b'r', b'o', b'r', ..] => true,
        b"OUTPUT:" => true,
        [b'0'..=b'9', ..] => true,
        [b'N', b'e', b't', b'w', ..] | [b'W', b'a', b'i', b't', ..] => true,
        _ => is_logged(line),
    }
}

/// Returns whether a line begins like one of the logger.
pub(crate) fn is_logged(line: &[u8]) -> bool {
    matches!(line, [b'A'..=b'Z', b',', b' ', b'[', ..])
}

/// Returns the marker of a line.
pub(crate) fn marker_of(line: &str) -> Option<Marker<'_>> {
    if let Some(command) = traced(line) {
        return of_trace(command);
    }
    if let Some((kind, text)) = logged(line) {
        return Some(of_logger(kind, text));
    }
    if let Some(text) = timed(line) {
        return of_test_runner(text);
    }
    if line.starts_with("START: ") {
        return Some(Marker::BlockBegan);
    }
    if line == "OUTPUT:" {
        return Some(Marker::OutputBegan);
    }
    if let Some(status) = line.strip_prefix("STATUS: ") {
        return status.parse().ok().map(Marker::Status);
    }
    if line.starts_with("Network online") {
        return Some(Marker::Began(Phase::BuilderSetup));
    }
    if line.starts_with("Waiting for network...") {
        return Some(Marker::Began(Phase::BuilderNetwork));
    }
    of_summary(line)
        .or_else(|| of_failure(line))
        .or_else(|| of_names(line))
        .or_else(|| is_retry(line).then_some(Marker::Retried { all: false }))
}

/// Returns the command of a line that was traced.
pub(crate) fn traced(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('+');
    (rest.len() < line.len())
        .then(|| rest.strip_prefix(' '))
        .flatten()
}

fn of_trace(command: &str) -> Option<Marker<'_>> {
    let (first, rest) = command.split_once(' ').unwrap_or((command, ""));
    if matches!(first, "." | "source") {
        let path = rest
            .split(' ')
            .next()
            .unwrap_or(rest)
            .trim_matches(['\'', '"']);
        if path.contains("/builders/") && path.ends_with("/setup.sh") {
            return Some(Marker::Began(Phase::BuilderSetup));
        }
        let (_, after) = path.split_once("/images/")?;
        return after
            .strip_suffix("/build.sh")
            .filter(|name| is_name(name))
            .map(Marker::Sourced);
    }
    let phase = match first {
        "bootstrap" | "slackware-bootstrap" | "build-nixos" | "fetch" | "extract" => {
            Phase::Bootstrap
        }
        "run-configure" => Phase::Configure,
        "chroot" | "do-chroot" if rest.contains("/configure.sh") => Phase::Configure,
        "write_image_config" => Phase::Finish,
        _ if first.starts_with("bootstrap-") => Phase::Bootstrap,
        _ => return None,
    };
    Some(Marker::Began(phase))
}

/// Returns the type and the text of a line of the logger: `I, [TIME #PID]  INFO -- : [TYPE] TEXT`.
fn logged(line: &str) -> Option<(&str, &str)> {
    let (head, text) = line.split_once(" -- : ")?;
    let (_, level) = head.split_once(", [")?;
    if !level.contains(']') || head.len() > 80 {
        return None;
    }
    let typed = text
        .strip_prefix('[')
        .and_then(|text| text.split_once("] "));
    Some(typed.unwrap_or(("", text)))
}

fn of_logger<'l>(kind: &'l str, text: &'l str) -> Marker<'l> {
    if let Some((image, builder)) = kind
        .strip_prefix("build ")
        .and_then(|kind| kind.split_once('@'))
        && is_name(image)
    {
        let phase = if text.starts_with("Using builder") {
            Some(Phase::Choose)
        } else if text.contains("zfs create -p") {
            Some(Phase::Prepare)
        } else if text.starts_with("Network online") {
            Some(Phase::BuilderSetup)
        } else if text.starts_with("Waiting for network") {
            Some(Phase::BuilderNetwork)
        } else {
            None
        };
        return Marker::Builds {
            image,
            builder,
            phase,
        };
    }
    if let Some((container, test)) = text.strip_prefix("Created container ").and_then(|rest| {
        let (container, test) = rest.split_once(" for test ")?;
        Some((quoted(container)?, quoted(test)?))
    }) {
        return Marker::ContainerMade { container, test };
    }
    if text.contains("nix-shell --run") {
        return Marker::ImageTestBegan;
    }
    if text.starts_with("Cleaning up assets of test") || text.starts_with("Preserving container") {
        return Marker::ImageTestCleanup;
    }
    if text.contains("builder-") && text.contains(" create ") {
        return Marker::Began(Phase::FetchBuilder);
    }
    if let Some(rest) = text.strip_prefix("Test ")
        && let Some(test) = quoted(rest)
    {
        let end = rest.get(test.len() + 2..).unwrap_or_default();
        if end.starts_with(" failed with status") {
            return Marker::ImageTestFailed(test);
        }
        if end.starts_with(" successful") {
            return Marker::ImageTestSucceeded(test);
        }
    }
    of_failure(text).unwrap_or(Marker::Logged)
}

/// Returns what the summary of osctl-image says: of all tests, or of one that failed.
fn of_summary(line: &str) -> Option<Marker<'_>> {
    if let Some((count, rest)) = line.split_once(" tests run, ")
        && count.bytes().all(|b| b.is_ascii_digit())
    {
        let (_, failed) = rest.split_once(" succeeded, ")?;
        let failed = failed.strip_suffix(" failed")?;
        return Some(Marker::Summary {
            failed: failed != "0",
        });
    }
    let (number, rest) = line.split_once(") Test ")?;
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (image_test, image) = rest.strip_suffix(':')?.split_once(" on ")?;
    (is_name(image_test) && is_name(image)).then_some(Marker::FailedTest { image_test, image })
}

fn of_failure(line: &str) -> Option<Marker<'_>> {
    if let Some((_, rest)) = line.split_once("build of ")
        && rest.contains(" failed with exit status ")
    {
        let image = rest.split(' ').next().filter(|name| is_name(name))?;
        return Some(Marker::BuildFailed(image));
    }
    if let Some((_, text)) = line.split_once("error occurred: ") {
        return Some(Marker::Failed(phase_of_error(text)));
    }
    if line.contains("network setup failed with exit status ") {
        return Some(Marker::Failed(Some(Phase::BuilderNetwork)));
    }
    if let Some(name) = line.strip_prefix("error: ") {
        let is_missing = (name.starts_with("image '") || name.starts_with("test '"))
            && name.ends_with("' not found");
        if is_missing {
            return Some(Marker::Failed(Some(Phase::Choose)));
        }
        if name.starts_with("command '") && name.contains("' exited with code ") {
            return Some(Marker::Failed(None));
        }
    }
    None
}

fn phase_of_error(text: &str) -> Option<Phase> {
    if text.starts_with("image not found in searched repositories") {
        Some(Phase::FetchBuilder)
    } else if text.starts_with("builder setup failed") {
        Some(Phase::BuilderSetup)
    } else if text.starts_with("network setup failed") {
        Some(Phase::BuilderNetwork)
    } else {
        None
    }
}

/// Returns what a line says by names alone: a state directory, a command, a line of the results of
/// builds.
fn of_names(line: &str) -> Option<Marker<'_>> {
    if let Some(image) = image_of_path(line) {
        return Some(Marker::StateDirectory(image));
    }
    // A command that failed has its output below, which says more; one that took too long has none.
    let is_timeout = line.contains("Timeout occur");
    if is_timeout
        && line.contains("(OsVm::")
        && let Some(Marker::Chosen { image, .. }) = of_command(line)
    {
        return Some(Marker::TimedOut(image));
    }
    if line.contains("(OsVm::") && (is_timeout || !line.contains("osctl-image ")) {
        return Some(Marker::Failed(None));
    }
    if line.contains("osctl-image ") {
        return of_command(line);
    }
    let (image, rest) = line.split_once(": ")?;
    if !is_name(image) {
        return None;
    }
    if rest.starts_with('/') && (rest.ends_with("-archive.tar") || rest.ends_with("-stream.tar")) {
        return Some(Marker::BuildSucceeded(image));
    }
    let class = rest.strip_prefix("failed with ")?;
    class
        .contains("Error")
        .then_some(Marker::BuildFailed(image))
}

/// Returns what a line says by a command of osctl-image in it.
fn of_command(line: &str) -> Option<Marker<'_>> {
    let (_, command) = line.split_once("osctl-image ")?;
    let status = status_of(command);
    let command = command
        .split(['\'', '"', ';', '|'])
        .next()
        .unwrap_or(command)
        .trim();
    let is_test = command
        .split(' ')
        .any(|word| word == "test" || word == "build");
    let image = command
        .rsplit(' ')
        .next()
        .filter(|name| is_name(name) && *name != "test")?;
    is_test.then_some(Marker::Chosen { image, status })
}

/// Returns the status that an exception names after a command: `COMMAND' failed with status N.`
fn status_of(command: &str) -> Option<i32> {
    let (_, rest) = command.split_once("' failed with status ")?;
    rest.split('.').next()?.trim().parse().ok()
}

/// Returns the text between the quotes that a text begins with.
fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?
        .split_once('\'')
        .map(|(quoted, _)| quoted)
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._-+".contains(c)
}

/// Returns whether a text may be the name of an image or a test: it is compared, shown, and nothing
/// else.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.chars().all(is_name_char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_their_markers() {
        use Marker::*;
        let stamp = "[2026-08-17 21:18:03 +0200]";
        let logger = "I, [2026-08-17T21:18:03.123456 #77]  INFO -- :";
        for (line, marker) in [
            (format!("{stamp} [1/2] Running test 'image-scripts/test@arch' (#default)"), TestBegan("image-scripts/test@arch")),
            (format!("{stamp} [1/2] Retrying test 'a@b' (#default) (attempt 2/3)"), TestRetried("a@b")),
            (format!("{stamp} [1/2] Test 'a@b' successful in 3.1 seconds"), TestEnded { path: "a@b", is_expected: true }),
            (format!("{stamp} [1/2] Test 'a@b' failed after 3.1 seconds, see /x"), TestEnded { path: "a@b", is_expected: false }),
            ("==> /x/os-test-image-scripts__test__rocky-8-631cd284/shell.log <==".into(), StateDirectory("rocky-8")),
            ("COMMAND: osctl-image test --output-dir /o rocky-9".into(), Chosen { image: "rocky-9", status: None }),
            ("a.rb:1:in 'x': Command 'osctl-image --vpsadminos-dir /v test rocky-9' failed with status 1. Output: (OsVm::CommandFailed)".into(), Chosen { image: "rocky-9", status: Some(1) }),
            (format!("{stamp} Running script debian-13"), ScriptBegan("debian-13")),
            (format!("{stamp} Script debian-13 finished in 3.1s"), ScriptEnded("debian-13")),
            (format!("{stamp} Exception occurred while running script debian-13 in 3.1s"), ScriptFailed("debian-13")),
            (format!("{stamp} Retrying x after OsVm::TimeoutError: slow; attempt 2/3 in 5s"), Retried { all: true }),
            ("Warning: Problem: timeout. Will retry in 1 seconds. 2 retries left.".into(), Retried { all: false }),
            ("START: x".into(), BlockBegan),
            ("STATUS: -1".into(), Status(-1)),
            ("OUTPUT:".into(), OutputBegan),
            (format!("{logger} [build arch@arch] Using builder arch"), Builds { image: "arch", builder: "arch", phase: Some(Phase::Choose) }),
            (format!("{logger} [#<X:0x0>] Created container 'test-1' for test 'start'"), ContainerMade { container: "test-1", test: "start" }),
            (format!("{logger} [#<X:0x0>] Test 'start' failed with status 1: x"), ImageTestFailed("start")),
            (format!("{logger} [#<X:0x0>] Test 'start' successful"), ImageTestSucceeded("start")),
            (format!("{logger} [#<X:0x0>] more"), Logged),
            ("++ . /build/basedir.0a/images/arch/build.sh".into(), Sourced("arch")),
            ("+ run-configure".into(), Began(Phase::Configure)),
            ("error: build of arch on arch failed with exit status 1".into(), BuildFailed("arch")),
            ("* error occurred: image not found in searched repositories, cleaning up".into(), Failed(Some(Phase::FetchBuilder))),
            ("15 tests run, 14 succeeded, 1 failed".into(), Summary { failed: true }),
            ("1) Test start on arch:".into(), FailedTest { image_test: "start", image: "arch" }),
            ("arch: /o/arch-archive.tar".into(), BuildSucceeded("arch")),
            ("arch: failed with OsCtl::Image::OperationError: x".into(), BuildFailed("arch")),
        ] {
            assert_eq!(marker_of(&line), Some(marker), "{line}");
            let is_read = may_be_marker(line.as_bytes()) || MARKER_TEXTS.iter().any(|text| line.contains(text));
            assert!(is_read, "{line}");
        }
    }

    #[test]
    fn other_lines_have_none() {
        for line in [
            "",
            "+",
            "+ ls",
            "1) x",
            "tests run, ",
            "osctl-image ls",
            "a: b",
            "[2026] x",
            "x tests run, 1 succeeded, 0 failed",
        ] {
            assert_eq!(marker_of(line), None, "{line}");
        }
    }
}
