//! Snippets of Nix, and what is read from them.
//!
//! What is expected is drawn with the snippet's own text at the ranges found, so that a wrong range
//! shows: `"3.20"` with quotes is a key, `latest` without is the inside of a string. `?` is
//! unknown, `...` is "and more that could not be read".

mod duplicates;
mod listed;
mod names;
mod repository;
mod robust;
mod style;
mod suite;
mod syntax;
mod table;

use std::fmt::Write as _;

use smol_str::SmolStr;

use super::super::{Spanned, TextRange};
use super::*;

/// The text at a range, its lines joined.
fn at(text: &str, range: TextRange) -> String {
    let piece = text.get(usize::from(range.start())..usize::from(range.end()));
    let words = piece.unwrap_or("OUT OF RANGE").split_whitespace();
    words.collect::<Vec<_>>().join(" ")
}

/// The first and the last word of it, which is enough to see where it is.
fn ends(text: &str, range: TextRange) -> String {
    let all = at(text, range);
    match (all.split(' ').next(), all.rsplit(' ').next()) {
        (Some(first), Some(last)) if first != all => format!("{first} .. {last}"),
        _ => all,
    }
}

fn ranges(text: &str, label: &str, range: Option<TextRange>) -> String {
    range.map_or(String::new(), |range| {
        format!(" {label}<{}>", ends(text, range))
    })
}

fn field(text: &str, label: &str, field: &NixField<SmolStr>) -> String {
    match field {
        NixField::Absent => String::new(),
        NixField::Unknown => format!(" {label}=?"),
        NixField::Known(known) if known.value == at(text, known.range) => {
            format!(" {label}={}", known.value)
        }
        NixField::Known(known) => {
            format!(" {label}={} written {}", known.value, at(text, known.range))
        }
    }
}

fn problems<T>(text: &str, parsed: &Parsed<T>) -> String {
    let mut out = String::new();
    for error in &parsed.errors {
        let _ = writeln!(
            out,
            "error at <{}>: {}",
            ends(text, error.range),
            error.value
        );
    }
    for Duplicate {
        path,
        first,
        second,
    } in &parsed.duplicates
    {
        let (line, again) = (line_of(text, *first), line_of(text, *second));
        let _ = writeln!(
            out,
            "{path} twice: <{}> in line {line}, <{}> in line {again}",
            at(text, *first),
            at(text, *second)
        );
    }
    out
}

fn line_of(text: &str, range: TextRange) -> usize {
    let before = text.get(..usize::from(range.start())).unwrap_or_default();
    before.matches('\n').count() + 1
}

fn more(complete: bool) -> &'static str {
    if complete { "" } else { " ..." }
}

/// A repository file as a picture.
fn draw_repository(text: &str) -> String {
    let parsed = super::repository(text);
    let mut out = problems(text, &parsed);
    let Some(facts) = parsed.facts else {
        return out + "no facts\n";
    };
    for repository in &facts.repositories {
        let _ = write!(
            out,
            "{}{}",
            at(text, repository.name.range),
            ranges(text, "images", repository.images_set)
        );
        if let Some(vendor) = &repository.default_vendor {
            let _ = write!(out, " vendor {vendor}");
        }
        for (vendor, variant) in &repository.default_variants {
            let _ = write!(out, " {vendor}:{variant}");
        }
        if !repository.defaults_complete {
            out += " defaults?";
        }
        let _ = writeln!(out, "{}", more(repository.entries_complete));
        for set in &repository.distributions {
            let incomplete = repository
                .incomplete_distributions
                .contains(&set.name.value);
            let shown = ranges(text, "set", set.set);
            let also = set
                .more_bindings
                .iter()
                .map(|range| format!(" also<{}>", ends(text, *range)));
            let also = also.collect::<String>();
            let _ = writeln!(
                out,
                "  {}{shown}{also}{}",
                at(text, set.name.range),
                more(!incomplete)
            );
            for entry in repository
                .entries
                .iter()
                .filter(|entry| entry.distribution == set.name)
            {
                let _ = writeln!(out, "    {}", draw_entry(text, entry));
            }
        }
        for entry in &repository.collections {
            let _ = writeln!(out, "  gc{}", draw_collection(text, entry));
        }
        if !repository.collections_complete {
            let _ = writeln!(out, "  gc ...");
        }
        if let Some(list) = repository.collections_list {
            let _ = writeln!(out, "  gc list<{}>", ends(text, list));
        }
    }
    for path in &facts.imports {
        let _ = writeln!(out, "imports {}", at(text, path.range));
    }
    if !facts.imports_complete {
        out += "imports ...\n";
    }
    out + more(facts.complete)
}

fn draw_entry(text: &str, entry: &Entry) -> String {
    let mut out = at(text, entry.version.range);
    out += &field(text, "name", &entry.name);
    if !entry.tags.items.is_empty() || !entry.tags.complete {
        let tags = entry
            .tags
            .items
            .iter()
            .map(|tag| at(text, tag.range))
            .collect::<Vec<_>>();
        let _ = write!(out, " [{}{}]", tags.join(" "), more(entry.tags.complete));
    }
    if entry.tags.list.is_none() && !entry.tags.items.is_empty() {
        out += " tags elsewhere";
    }
    if entry.set.is_none() {
        let _ = write!(out, " no set, value<{}>", ends(text, entry.value));
    }
    out
}

fn draw_collection(text: &str, entry: &GcEntry) -> String {
    if entry.unknown {
        return format!(" ? <{}>", at(text, entry.range));
    }
    let mut out = String::new();
    for (label, value) in [
        ("distribution", &entry.distribution),
        ("version", &entry.version),
        ("variant", &entry.variant),
        ("arch", &entry.arch),
        ("vendor", &entry.vendor),
    ] {
        out += &field(text, label, value);
    }
    out + if entry.keep { " keep" } else { "" }
}

/// A test table as a picture.
fn draw_table(text: &str) -> String {
    let parsed = super::test_table(text);
    let mut out = problems(text, &parsed);
    let Some(facts) = parsed.facts else {
        return out + "no facts\n";
    };
    let name = facts
        .table_name
        .as_ref()
        .map_or("no table", |name| name.as_str());
    let _ = writeln!(
        out,
        "{name}{}{}",
        ranges(text, "set", facts.table_set),
        more(facts.rows_complete)
    );
    for row in &facts.rows {
        let (d, v) = (
            field(text, "distribution", &row.distribution),
            field(text, "version", &row.version),
        );
        let _ = writeln!(out, "  {}{d}{v}", at(text, row.key.range));
    }
    for group in &facts.groups {
        let members = group
            .members
            .iter()
            .map(|member| match at(text, member.element) {
                same if same == at(text, member.key.range) => same,
                longer => format!("{}<{longer}>", at(text, member.key.range)),
            });
        let members = members
            .map(|member| format!(" {member}"))
            .collect::<String>();
        let list = ranges(text, "list", group.list);
        let _ = writeln!(
            out,
            "{}:{members}{}{list}",
            at(text, group.name.range),
            more(group.complete)
        );
    }
    out + more(facts.groups_complete)
}
