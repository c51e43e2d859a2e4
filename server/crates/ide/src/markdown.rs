//! Markdown with texts of the checkout in it. What somebody wrote there is shown as it is written:
//! it makes no link, no image and no HTML, and does not get out of its code span. Editors follow
//! links and fetch images, and a link's text can say something else than its address.
//!
//! Parsers of Markdown differ, so escapes are few and at characters without which there is no link:
//! `](`, `][`, `]:`, `<` before a name, `|`, and backquotes that close nothing. Text that cannot be
//! misread stays as it is, to the byte.

use std::borrow::Cow;
use std::fmt::Write;

use syntax::escape::{escape_control, escape_control_in_lines};

/// Returns a code span with a text, fenced by more backquotes than the text has in a row.
pub(crate) fn code(text: &str) -> String {
    let text = escape_control(text);
    let fence = "`".repeat(longest(&text, '`') + 1);
    // Blanks keep backquotes of the text from those of the fence, and are not shown.
    let is_blank_at_both_ends = text.starts_with(' ') && text.ends_with(' ');
    let is_blank = text.trim_matches(' ').is_empty();
    let pad = match text.starts_with('`') || text.ends_with('`') || is_blank_at_both_ends {
        true if !is_blank => " ",
        _ if text.is_empty() => " ",
        _ => "",
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Returns a block of one line of Bash.
pub(crate) fn block(text: &str) -> String {
    let text = escape_control(text);
    let fence = "`".repeat((longest(&text, '`') + 1).max(3));
    format!("{fence}bash\n{text}\n{fence}")
}

/// Returns a text that is not marked up, as a part of a line.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::new();
    outside_of_code(&escape_control(text), Emphasis::Escape, &mut out);
    out
}

/// Returns a table, whose columns line up where it is shown as text. A cell with a bar in it would be
/// two for some parsers: then it is a list.
pub(crate) fn table<const N: usize>(titles: [&str; N], rows: &[[String; N]]) -> String {
    if rows.iter().flatten().any(|cell| cell.contains('|')) {
        let lines = rows.iter().map(|row| {
            let cells: Vec<&str> = row.iter().map(String::as_str).collect();
            let cells: Vec<&str> = cells.into_iter().filter(|cell| !cell.is_empty()).collect();
            format!("- {}", cells.join(", "))
        });
        return lines.collect::<Vec<_>>().join("\n");
    }
    let titles = titles.map(str::to_owned);
    let width = |column: usize| {
        let cells = [&titles]
            .into_iter()
            .chain(rows)
            .filter_map(|row| row.get(column));
        cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
            .max(3)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        format!("| {} |", cells.join(" | "))
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let lines = [line(&titles), format!("| {} |", rule.join(" | "))];
    let lines = lines.into_iter().chain(rows.iter().map(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns a comment, in which headings, lists, emphasis and code spans are rendered.
pub(crate) fn comment(text: &str) -> String {
    let may_have_math = text.contains('$');
    let lines = text.split('\n').map(|line| {
        let line = escape_control_in_lines(line);
        let mut out = String::new();
        comment_line(&line, may_have_math, &mut out);
        out
    });
    let lines: Vec<String> = lines.collect();
    lines.join("\n")
}

/// Longest row of a character.
fn longest(text: &str, wanted: char) -> usize {
    let rows = text.split(|c| c != wanted).map(str::len);
    rows.max().unwrap_or(0)
}

/// Copies a line with its code spans. A span ends in its line: whatever block the line is taken for,
/// all parsers see the same spans, save those that know formulas: `$` may begin one, which ends
/// within a span. Then a span with something that could be a link outside of it is none.
fn comment_line(line: &str, may_have_math: bool, out: &mut String) {
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let (before, from_fence) = rest.split_at_checked(start).unwrap_or_default();
        let after_fence = from_fence.trim_start_matches('`');
        let fence = from_fence.strip_suffix(after_fence).unwrap_or(from_fence);
        outside_of_code(before, Emphasis::Keep, out);
        // A backslash of the author is escaped, so it does not escape the fence.
        let is_kept = |inner: &str| !(may_have_math && could_be_link(inner));
        match closing(after_fence, fence.len()) {
            Some((inner, after)) if is_kept(inner) => {
                let _ = write!(out, "{fence}{inner}{fence}");
                rest = after;
            }
            _ => {
                fence.chars().for_each(|_| out.push_str("\\`"));
                rest = after_fence;
            }
        }
    }
    outside_of_code(rest, Emphasis::Keep, out);
}

fn could_be_link(text: &str) -> bool {
    let mut tags = text.match_indices('<');
    ["](", "][", "]:"].iter().any(|link| text.contains(link))
        || tags.any(|(at, _)| {
            text.get(at + 1..)
                .is_some_and(|rest| rest.starts_with(is_name))
        })
}

/// Tells whether a character after `<` can begin a tag or an address.
fn is_name(c: char) -> bool {
    c.is_alphanumeric() || "/!?".contains(c)
}

/// Splits a text at the first row of exactly so many backquotes.
fn closing(text: &str, length: usize) -> Option<(&str, &str)> {
    let mut at = 0;
    loop {
        let start = at + text.get(at..)?.find('`')?;
        let row = text.get(start..)?;
        let row = row.len() - row.trim_start_matches('`').len();
        if row == length {
            return Some((text.get(..start)?, text.get(start + row..)?));
        }
        at = start + row;
    }
}

/// Treatment of the characters of emphasis.
#[derive(Clone, Copy, PartialEq)]
enum Emphasis {
    Keep,
    Escape,
}

/// Copies text that is in no code span.
fn outside_of_code(text: &str, emphasis: Emphasis, out: &mut String) {
    // The second line of a table has no words, and tells where its cells end.
    let is_table = |text: &str| text.contains(':') && !text.contains(char::is_alphanumeric);
    let is_table = is_table(text);
    let mut before = None;
    for (at, c) in text.char_indices() {
        let rest = text.get(at + c.len_utf8()..).unwrap_or_default();
        let after = rest.chars().next();
        match c {
            '<' if after.is_some_and(is_name) => out.push_str("&lt;"),
            '&' if is_entity(rest) => out.push_str("&amp;"),
            '\\' if after.is_none_or(|c| c.is_ascii_punctuation()) => out.push_str("\\\\"),
            '(' | '[' if before == Some(']') => out.extend(['\\', c]),
            ':' if before == Some(']') || is_table => out.extend(['\\', c]),
            '|' | '`' => out.extend(['\\', c]),
            '~' if before != Some('~') && after == Some('~') => out.push_str("\\~"),
            '*' | '[' | ']' if emphasis == Emphasis::Escape => out.extend(['\\', c]),
            _ => out.push(c),
        }
        before = Some(c);
    }
}

/// Tells whether `&` and a text are a character.
fn is_entity(text: &str) -> bool {
    let name = text.strip_prefix('#').unwrap_or(text);
    let after = name.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    after.len() < name.len() && after.starts_with(';')
}

/// Returns the text that Markdown shows, for clients that cannot.
pub fn shown(markdown: &str) -> String {
    let mut fence: Option<&str> = None;
    let mut lines = Vec::new();
    for line in markdown.lines() {
        let row = line.len() - line.trim_start_matches('`').len();
        match fence {
            Some(open) if line == open => fence = None,
            Some(_) => lines.push(line.to_owned()),
            None if row >= 3 => fence = line.get(..row),
            None if is_rule(line) => {}
            None => {
                let line = unbarred(line);
                let title = line.trim_start_matches('#');
                let is_title = title.len() < line.len();
                lines.push(shown_line(if is_title {
                    title.trim_start()
                } else {
                    &line
                }));
            }
        }
    }
    lines.join("\n")
}

/// Tells whether a line is the one below the titles of a table, or that of titles that are empty.
fn is_rule(line: &str) -> bool {
    line.starts_with("| ") && line.chars().all(|c| "|- ".contains(c))
}

/// Returns a line of a table without the bars between its cells.
fn unbarred(line: &str) -> Cow<'_, str> {
    match line
        .strip_prefix("| ")
        .and_then(|line| line.strip_suffix(" |"))
    {
        Some(cells) => Cow::Owned(cells.replace(" | ", "  ").trim_end().to_owned()),
        None => Cow::Borrowed(line),
    }
}

fn shown_line(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let (_, after) = rest.split_at_checked(c.len_utf8()).unwrap_or_default();
        let escaped = after.chars().next().filter(char::is_ascii_punctuation);
        if let ('\\', Some(escaped)) = (c, escaped) {
            out.push(escaped);
            rest = after.get(1..).unwrap_or_default();
        } else if let Some(after) = rest.strip_prefix("**") {
            rest = after;
        } else if let Some(after) = rest.strip_prefix("&lt;") {
            out.push('<');
            rest = after;
        } else if let Some(after) = rest.strip_prefix("&amp;") {
            out.push('&');
            rest = after;
        } else if c == '`' {
            let after_fence = rest.trim_start_matches('`');
            match closing(after_fence, rest.len() - after_fence.len()) {
                Some((inner, after)) => {
                    out.push_str(&unpadded(inner));
                    rest = after;
                }
                None => rest = after_fence,
            }
        } else {
            out.push(c);
            rest = after;
        }
    }
    out
}

/// Text of a code span without the blanks that keep its fence off.
fn unpadded(inner: &str) -> Cow<'_, str> {
    let stripped = inner.strip_prefix(' ').and_then(|s| s.strip_suffix(' '));
    match stripped.filter(|s| !s.trim_matches(' ').is_empty()) {
        Some(stripped) => Cow::Borrowed(stripped),
        None => Cow::Borrowed(inner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    #[test]
    fn spans_hold_what_they_hold() {
        for (text, span) in [
            ("debian-13", "`debian-13`"),
            ("a`b", "``a`b``"),
            ("`a``b", "``` `a``b ```"),
            ("[x](command:y)", "`[x](command:y)`"),
            ("a\n\u{1b}[31m", "`a\\n\\u{1b}[31m`"),
            (" a ", "`  a  `"),
            ("", "`  `"),
        ] {
            assert_eq!(code(text), span);
        }
        assert_eq!(block("x ```"), "````bash\nx ```\n````");
    }

    #[test]
    fn text_is_text() {
        for (text, markdown) in [
            (
                "debian 13 x86_64 a < b && c &d",
                "debian 13 x86_64 a < b && c &d",
            ),
            ("![x](http://y)", r"!\[x\]\(http://y)"),
            ("<img src=http://y>", "&lt;img src=http://y>"),
            ("&#91;", "&amp;#91;"),
            ("`a` *b* c|d", r"\`a\` \*b\* c\|d"),
            (r"\[", r"\\\["),
        ] {
            assert_eq!(plain(text), markdown);
        }
    }

    #[test]
    fn comments_keep_their_marks_and_lose_their_links() {
        for same in [
            "# Title\n\n- *one* **two** `$x`\n1. [optional] ${1:-x} a && b\n> c",
            "see https://example.org and \\n",
            "``a`b`` and `](x)`",
        ] {
            assert_eq!(comment(same), same);
        }
        for (text, markdown) in [
            ("[x](command:y)", r"[x]\(command:y)"),
            ("[`x`](y) ![](z)", r"[`x`]\(y) ![]\(z)"),
            (
                "[x]: http://y\n[x][] [a][x]",
                "[x]\\: http://y\n[x]\\[] [a]\\[x]",
            ),
            (
                "<http://y> </a> <!-- --> <b>",
                "&lt;http://y> &lt;/a> &lt;!-- --> &lt;b>",
            ),
            ("a ` b [x](y)", r"a \` b [x]\(y)"),
            (r"\`[x](y)`", r"\\`[x](y)`"),
            ("```bash\n~~~\n", "\\`\\`\\`bash\n\\~~~\n"),
            ("`a | [x](y)`\n:-:", "`a | [x](y)`\n\\:-\\:"),
            ("`a\n[x](y)`", "\\`a\n[x]\\(y)\\`"),
            ("$`$[x](y)`", r"$\`$[x]\(y)\`"),
            ("\u{202e}x\tz", "\\u{202e}x\tz"),
        ] {
            assert_eq!(comment(text), markdown);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        /// A client without Markdown shows what the author wrote.
        #[test]
        fn what_is_shown_is_what_was_written(text in "[a `\\\\<>&;!\\[\\](:|~-]{0,20}") {
            let text = text.trim_start_matches('#');
            prop_assert_eq!(shown_line(&plain(text)), text);
            if !text.is_empty() && !text.trim().is_empty() {
                prop_assert_eq!(shown_line(&code(text)), text);
            }
        }

        /// A parser finds no link, image or HTML, whatever block a text is in.
        #[test]
        fn no_link_is_left(text in "[a `\\\\<>&;!\\[\\](:|~\n/*#>-]{0,40}", before in "(- |> |  |a\n|`` )?") {
            for markdown in [comment(&text), plain(&text), code(&text)] {
                let markdown = format!("{before}{markdown}");
                let found = active(&markdown);
                prop_assert!(found.is_none(), "{found:?} in {markdown:?}");
            }
        }
    }

    /// The parts that attacks are made of.
    fn attacks() -> impl Strategy<Value = String> {
        let parts = vec![
            "[x](http://y)",
            "![x](http://y)",
            "[x]: http://y",
            "[x]",
            "<http://y>",
            "<img src=x>",
            "<!--",
            "`",
            "``",
            "```",
            "~~~",
            "\\",
            "|",
            ":-:",
            "\n",
            "\n\n",
            "    ",
            "\t",
            "- ",
            "> ",
            "&lt;",
            "&#91;",
            "**",
            "a",
            "$$",
            "{",
            "[^x]: ",
            "[[x]]",
            "::: ",
        ];
        let parts = proptest::sample::select(parts);
        proptest::collection::vec(parts, 0..12).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2048))]

        #[test]
        fn attacks_are_text(text in attacks()) {
            for markdown in [comment(&text), plain(&text), code(&text)] {
                let markdown = format!("`a` b\n\n{markdown}\n\n- {markdown}, `c`");
                let found = active(&markdown);
                prop_assert!(found.is_none(), "{found:?} in {markdown:?}");
            }
            let markdown = format!("{}\n\n- a", block(&text));
            let found = active(&markdown);
            prop_assert!(found.is_none(), "{found:?} in {markdown:?}");
        }
    }

    /// Returns what a parser finds that could do something. No editor knows wiki links, which tests
    /// of Bash look like.
    fn active(markdown: &str) -> Option<Event<'_>> {
        let options = Options::all() - Options::ENABLE_WIKILINKS;
        Parser::new_ext(markdown, options).find(|event| {
            matches!(
                event,
                Event::Html(_)
                    | Event::InlineHtml(_)
                    | Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::HtmlBlock)
            )
        })
    }
}
