//! Parsing of a scanned text, and what becomes of the parts that the grammar does not take.
//!
//! Each is shown to the grammar again as `:____`, a command without a meaning; to the reader it is
//! opaque. The smallest command is tried first: the commands of a text parse alone, so the one that
//! does not, though all commands in it do, is the one.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tree_sitter::{Node, ParseOptions, Parser, Point, Range, Tree};

use super::scan::{Extent, Scan};

/// No script is larger. What nests as deep as it can within this size takes less than a second.
const SCRIPT_SIZE: usize = 32 << 10;
/// Of a text with errors, so many times its length is parsed again to find them, within these
/// limits. A command that does not parse after that is opaque as a whole.
const TIMES_AGAIN: usize = 64;
const BYTES_AGAIN: (usize, usize) = (64 << 10, 4 << 20);
/// In a text with more commands, all is opaque from the first error on.
const MAX_COMMANDS: usize = 20_000;
/// Fewer blanks are not worth a gap in what is parsed.
const BLANKS: usize = 32;
/// More errors that no command has alone are not looked for.
const MAX_EFFECTS: usize = 6;

/// Parses a scanned text. Returns the tree and the opaque parts, in order.
///
/// `misread` are offsets of commands that were no commands when the text was parsed before, without
/// an error. With all tests shown as words, nearly all are; else the command around one is opaque.
pub(super) fn parse(
    parser: &mut Parser,
    scan: &mut Scan,
    misread: &[usize],
) -> Option<(Tree, Vec<Extent>)> {
    let mut opaque = Vec::new();
    if let [_, others @ ..] = misread {
        for (start, _) in &scan.commands {
            if let Some([first @ b'[', b' ' | b'\t', ..]) = scan.shown.get_mut(*start..) {
                *first = b'_';
            }
        }
        for offset in others {
            let around = outermost(scan)
                .into_iter()
                .find(|command| *offset < command.1);
            replace(scan, around?, &mut opaque);
        }
    }
    if let Some(start) = scan.unfinished {
        let end = scan.shown.len();
        replace(scan, (start, end), &mut opaque);
    }
    let tree = parse_shown(parser, scan)?;
    if !tree.root_node().has_error() {
        return Some((tree, opaque));
    }
    if scan.commands.len() > MAX_COMMANDS {
        let end = scan.shown.len();
        let from = first_error(tree.root_node()).map_or(0, |error| error.0);
        let command = outermost(scan).into_iter().find(|command| from < command.1);
        let from = command.map_or(0, |command| command.0.min(from));
        replace(scan, (from, end), &mut opaque);
    }
    let again = TIMES_AGAIN.saturating_mul(scan.shown.len());
    let mut again = again.clamp(BYTES_AGAIN.0, BYTES_AGAIN.1);
    let commands = 0..scan.commands.len();
    repair(parser, scan, commands, &mut again, &mut opaque)?;
    let mut tree = parse_shown(parser, scan)?;
    // What is left is between commands, or the effect of one on another.
    for attempt in 0..=MAX_EFFECTS {
        let Some(error) = first_error(tree.root_node()) else {
            break;
        };
        let end = scan.shown.len();
        let extent = match between_commands(scan, error) {
            _ if attempt == MAX_EFFECTS => (0, end),
            Some(extent) => extent,
            None => first_with_error(parser, scan)?.unwrap_or((0, end)),
        };
        replace(scan, extent, &mut opaque);
        tree = parse_shown(parser, scan)?;
    }
    opaque.sort_unstable();
    Some((tree, opaque))
}

/// Returns an error's range, if it is outside of all commands.
fn between_commands(scan: &Scan, error: Extent) -> Option<Extent> {
    let overlaps = |command: &Extent| command.0 < error.1 && error.0 < command.1;
    (error.0 < error.1 && !scan.commands.iter().any(overlaps)).then_some(error)
}

/// The commands that are in no other.
fn outermost(scan: &Scan) -> Vec<Extent> {
    let mut outermost: Vec<Extent> = Vec::new();
    for command in &scan.commands {
        if outermost.last().is_none_or(|last| last.1 <= command.0) {
            outermost.push(*command);
        }
    }
    outermost
}

/// Returns the first outermost command up to whose end the text does not parse.
fn first_with_error(parser: &mut Parser, scan: &Scan) -> Option<Option<Extent>> {
    let outermost = outermost(scan);
    let (mut from, mut to) = (0, outermost.len());
    while from < to {
        let middle = usize::midpoint(from, to);
        let end = outermost.get(middle)?.1;
        if parses(parser, scan, (0, end))? {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    Some(outermost.get(from).copied())
}

/// Replaces the commands in a part of the list that do not parse. `again` counts down the bytes that
/// may be parsed for it.
fn repair(
    parser: &mut Parser,
    scan: &mut Scan,
    commands: std::ops::Range<usize>,
    again: &mut usize,
    opaque: &mut Vec<Extent>,
) -> Option<()> {
    let mut at = commands.start;
    while at < commands.end {
        let command = *scan.commands.get(at)?;
        let within = scan.commands.get(at + 1..commands.end)?;
        let count = within
            .iter()
            .take_while(|inner| inner.0 < command.1)
            .count();
        let inner = at + 1..at + 1 + count;
        at += 1 + count;
        if parses(parser, scan, command)? {
            continue;
        }
        if shown_as_words(parser, scan, command)? {
            continue;
        }
        *again = again.saturating_sub(2 * (command.1 - command.0));
        if *again > 0 && !inner.is_empty() {
            repair(parser, scan, inner, again, opaque)?;
            if parses(parser, scan, command)? {
                continue;
            }
        }
        replace(scan, command, opaque);
    }
    Some(())
}

/// Shows a `[ ... ]` or a declaration that does not parse as a command of that many words. Returns
/// whether that helps.
fn shown_as_words(parser: &mut Parser, scan: &mut Scan, command: Extent) -> Option<bool> {
    let Some(shown) = scan.shown.get_mut(command.0..command.1) else {
        return Some(false);
    };
    let word = shown.split(|byte| b" \t\n".contains(byte)).next();
    match word.unwrap_or_default() {
        b"[" | b"declare" | b"typeset" | b"local" | b"export" | b"readonly" | b"unset" => {}
        _ => return Some(false),
    }
    if let Some(first) = shown.first_mut() {
        *first = b'_';
    }
    parses(parser, scan, command)
}

fn parses(parser: &mut Parser, scan: &Scan, (start, end): Extent) -> Option<bool> {
    let bytes = scan.shown.get(start..end)?;
    Some(!parse_bytes(parser, bytes)?.root_node().has_error())
}

/// Shows a part as one command without a meaning.
fn replace(scan: &mut Scan, (start, end): Extent, opaque: &mut Vec<Extent>) {
    let Some([first, rest @ ..]) = scan.shown.get_mut(start..end) else {
        return;
    };
    *first = b':';
    rest.fill(b'_');
    opaque.retain(|inner| inner.1 <= start || end <= inner.0);
    opaque.push((start, end));
}

/// Returns the range of the first error in a tree that is no longer inside another.
fn first_error(root: Node<'_>) -> Option<Extent> {
    let mut node = root;
    let mut found = None;
    while node.has_error() {
        if node.is_error() || node.is_missing() {
            found = Some((node.start_byte(), node.end_byte()));
        }
        let mut cursor = node.walk();
        let inner = node
            .children(&mut cursor)
            .find(|child| child.has_error() || child.is_missing());
        match inner {
            Some(inner) => node = inner,
            None => break,
        }
    }
    found.or_else(|| {
        root.has_error()
            .then(|| (root.start_byte(), root.end_byte()))
    })
}

/// Parses a piece of a text that is `start` bytes from its beginning.
pub(super) fn parse_piece(parser: &mut Parser, bytes: &[u8], start: usize) -> Option<Tree> {
    let range = range_at(start, start + bytes.len());
    parser.set_included_ranges(&[range]).ok()?;
    let tree = parse_within_limit(parser, bytes.len(), &mut |at| {
        bytes.get(at.checked_sub(start)?..)
    });
    parser.set_included_ranges(&[]).ok()?;
    tree
}

/// Parses what is shown of a text. The bodies of here-documents are left out: they are blanks, through
/// which the grammar would go byte by byte.
fn parse_shown(parser: &mut Parser, scan: &Scan) -> Option<Tree> {
    let is_blank = |(start, end): &&Extent| {
        let shown = scan.shown.get(*start..*end).unwrap_or_default();
        shown.len() >= BLANKS && shown.iter().all(|byte| *byte == b' ')
    };
    let mut ranges = Vec::new();
    let mut from = 0;
    for (start, end) in scan.blanks.iter().filter(is_blank) {
        if *start < from {
            continue;
        }
        ranges.push(range_at(from, *start));
        from = *end;
    }
    if from == 0 {
        return parse_bytes(parser, &scan.shown);
    }
    ranges.push(range_at(from, scan.shown.len()));
    parser.set_included_ranges(&ranges).ok()?;
    let tree = parse_bytes(parser, &scan.shown);
    parser.set_included_ranges(&[]).ok()?;
    tree
}

/// Returns a range for the parser. Nobody asks for its lines.
fn range_at(start_byte: usize, end_byte: usize) -> Range {
    let point = |column| Point { row: 0, column };
    Range {
        start_byte,
        end_byte,
        start_point: point(start_byte),
        end_point: point(end_byte),
    }
}

/// Parses a text as it is.
pub(super) fn parse_bytes(parser: &mut Parser, bytes: &[u8]) -> Option<Tree> {
    parse_within_limit(parser, bytes.len(), &mut |at| bytes.get(at..))
}

/// Parses within a limit: what nests without end (`a | a | ...`, 100,000 times) takes time and
/// memory with the square of its length. A text of the length that scripts have meets no limit,
/// whatever it holds and however busy the machine is: the same text is always read alike.
fn parse_within_limit<'b>(
    parser: &mut Parser,
    length: usize,
    text: &mut dyn FnMut(usize) -> Option<&'b [u8]>,
) -> Option<Tree> {
    let limit = if length <= SCRIPT_SIZE {
        Duration::from_secs(30)
    } else {
        Duration::from_millis(500)
            + Duration::from_micros(2).saturating_mul(u32::try_from(length).ok()?)
    };
    let started = Instant::now();
    let mut progress = |_: &tree_sitter::ParseState| {
        if started.elapsed() > limit {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let tree = parser.parse_with_options(
        &mut |at, _| text(at).unwrap_or_default(),
        None,
        Some(ParseOptions::new().progress_callback(&mut progress)),
    );
    if tree.is_none() {
        parser.reset();
    }
    tree
}
