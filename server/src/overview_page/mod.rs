//! The overview of a checkout as one page of HTML, for a browser and for a view of an editor: a
//! table of all images with what each file says of them, and which includes and builders reach
//! which images.
//!
//! The page needs no other file and no network. All of its contents are there without scripts;
//! these filter the table, resolve links and draw the graph.

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::json;
use smol_str::SmolStr;

use analysis::Snapshot;
use ide::overview::{
    self, Cell, ImageLine, Source, SourceKind, SupportState, SystemdState, TestState, Tested,
};
use model::settings::Severity;
use model::{FileId, FileRange};
use syntax::escape::escape_control;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// The library that lays the graph out.
const DAGRE: &str = include_str!("dagre.min.js");

/// Settings of a page.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageOptions {
    /// What the links to files begin with; the path of the file from the root of the checkout comes
    /// after it.
    pub(crate) links: String,
    /// Nonce of styles and scripts, where a content security policy wants one.
    pub(crate) nonce: Option<String>,
    /// The last test of each image.
    pub(crate) tested: BTreeMap<SmolStr, Tested>,
}

/// Files that links of the page lead to, in the order of their numbers.
struct Links<'s> {
    snapshot: &'s Snapshot,
    files: Vec<FileId>,
}

/// Returns the page.
pub(crate) fn overview_page(snapshot: &Snapshot, mut options: PageOptions) -> String {
    let view = snapshot.view();
    let all = snapshot.findings();
    let mut lines = overview::lines(&view, all.iter().flat_map(|(_, _, findings)| *findings));
    for line in &mut lines {
        line.state.take_tested(&mut options.tested);
    }
    let sources = overview::sources(&view);
    let mut links = Links {
        snapshot,
        files: Vec::new(),
    };
    let root = snapshot.root.display().to_string();
    let name = snapshot.root.file_name();
    let name = name.map_or_else(|| root.clone(), |name| name.to_string_lossy().into_owned());
    let table = table(&lines, &mut links);
    let reach = reach(&sources, lines.len(), &mut links);
    let data = json!({
        "links": options.links,
        "files": links.paths(),
        "graph": graph(&lines, &sources),
    });
    let nonce = options.nonce.as_deref();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if let Some(nonce) = nonce {
                    meta http-equiv="Content-Security-Policy"
                        content=(format!("default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'"));
                }
                title { "Images of " (shown(&name)) }
                style nonce=[nonce] { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "Images of " (shown(&name)) }
                    p { (summary(&lines)) " " (view.today) }
                    nav role="tablist" aria-label="Views" hidden {
                        button role="tab" id="tab-images" aria-controls="images" aria-selected="true" { "Images" }
                        button role="tab" id="tab-reach" aria-controls="reach" aria-selected="false" tabindex="-1" { "What a change reaches" }
                    }
                }
                main {
                    section id="images" role="tabpanel" aria-labelledby="tab-images" {
                        (filters())
                        (table)
                        (legend())
                    }
                    section id="reach" role="tabpanel" aria-labelledby="tab-reach" {
                        (reach)
                    }
                }
                script type="application/json" id="data" nonce=[nonce] { (PreEscaped(in_script(&data.to_string()))) }
                script nonce=[nonce] { (PreEscaped(DAGRE)) }
                script nonce=[nonce] { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// Returns JSON as it may stand in a `script` element: nothing in it ends that.
fn in_script(json: &str) -> String {
    json.replace('<', "\\u003c").replace("##", "#\\u0023")
}

/// Returns a text of the checkout as HTML that is safe in the log of a CI as well, where `##vso[` begins
/// a command.
fn shown(text: &str) -> Markup {
    let text = html! { (escape_control(text)) };
    PreEscaped(text.into_string().replace("##", "#&#35;"))
}

impl Links<'_> {
    /// Returns the number of a file.
    fn number(&mut self, file: FileId) -> usize {
        let known = self.files.iter().position(|known| *known == file);
        known.unwrap_or_else(|| {
            self.files.push(file);
            self.files.len().saturating_sub(1)
        })
    }

    fn paths(&self) -> Vec<&str> {
        let path = |file: &FileId| {
            self.snapshot
                .tree
                .path(*file)
                .map_or("", |path| path.as_str())
        };
        self.files.iter().map(path).collect()
    }

    /// Returns a link to a line, counted from 1.
    fn link(&mut self, text: &str, at: FileRange) -> Markup {
        let file = self.snapshot.tree.file(at.file);
        let line = file.map_or(0, |file| file.lines().line_of(at.range.start()));
        let number = self.number(at.file);
        html! { a data-f=(number) data-l=(line.saturating_add(1)) { (shown(text)) } }
    }

    /// Returns a link to a file, or only the text where there is none.
    fn file(&mut self, text: &str, file: Option<FileId>) -> Markup {
        match file {
            Some(file) => self.link(text, FileRange::start_of(file)),
            None => shown(text),
        }
    }

    fn cells(&mut self, cells: &[Cell]) -> Markup {
        html! {
            @for (number, cell) in cells.iter().enumerate() {
                @if number > 0 { " " }
                (self.link(&cell.text, cell.at))
            }
        }
    }
}

/// Returns how many images there are and how many of them want something.
fn summary(lines: &[ImageLine<'_>]) -> String {
    let count = |is: &dyn Fn(&ImageLine<'_>) -> bool| lines.iter().filter(|line| is(line)).count();
    let unpublished = count(&|line| line.state.published == Some(false));
    let untested = count(&is_untested);
    let with_findings = count(&|line| line.state.findings > 0);
    format!(
        "{} images; {unpublished} not published, {untested} published without a test row, \
         {with_findings} with findings.",
        lines.len()
    )
}

fn is_untested(line: &ImageLine<'_>) -> bool {
    line.state.published == Some(true) && line.rows.is_empty()
}

fn filters() -> Markup {
    html! {
        form id="filters" role="search" hidden {
            label { "Filter " input type="search" id="text" placeholder="name, tag, builder…"; }
            @for (flag, label) in FLAGS {
                label { input type="checkbox" value=(flag); " " (label) }
            }
            output id="count" aria-live="polite" {}
        }
    }
}

/// What the table can be narrowed to: marks of its lines, and their labels.
const FLAGS: [(&str, &str); 4] = [
    ("f", "with findings"),
    ("u", "not published"),
    ("t", "without a test row"),
    ("s", "support is over"),
];

/// Returns the marks of a line.
fn flags(line: &ImageLine<'_>) -> String {
    let is_over = line
        .state
        .support
        .as_ref()
        .is_some_and(|support| support.over);
    let flags = [
        ("f", line.state.findings > 0),
        ("u", line.state.published == Some(false)),
        ("t", is_untested(line)),
        ("s", is_over),
    ];
    flags
        .iter()
        .filter(|(_, is)| *is)
        .map(|(flag, _)| *flag)
        .collect()
}

const COLUMNS: [&str; 11] = [
    "Image",
    "Published",
    "Tags",
    "Test row",
    "Cgroups",
    "Init",
    "Builder",
    "systemd",
    "Support ends",
    "Last test",
    "Findings",
];

fn table(lines: &[ImageLine<'_>], links: &mut Links<'_>) -> Markup {
    let mut lines = lines;
    let mut bodies = Vec::new();
    while let Some(first) = lines.first() {
        let distribution = &first.state.distribution;
        let length = lines
            .iter()
            .take_while(|line| line.state.distribution == *distribution)
            .count();
        let (of_distribution, rest) = lines.split_at_checked(length).unwrap_or((lines, &[]));
        bodies.push(body(distribution.as_deref(), of_distribution, links));
        lines = rest;
    }
    html! {
        div .scroll tabindex="0" role="region" aria-label="Images" {
            table {
                caption { "Every image, and what the files of the checkout say of it" }
                thead { tr { @for column in COLUMNS { th scope="col" { (column) } } } }
                @for body in bodies { (body) }
            }
        }
    }
}

/// Returns the images of one distribution.
fn body(distribution: Option<&str>, lines: &[ImageLine<'_>], links: &mut Links<'_>) -> Markup {
    let name = distribution.unwrap_or("distribution not known");
    html! {
        tbody {
            tr .group { th scope="rowgroup" colspan=(COLUMNS.len()) { (shown(name)) } }
            @for line in lines { (row(line, links)) }
        }
    }
}

fn row(line: &ImageLine<'_>, links: &mut Links<'_>) -> Markup {
    let state = &line.state;
    let flags = flags(line);
    html! {
        tr data-x=[(!flags.is_empty()).then_some(&flags)] {
            th scope="row" {
                (links.file(&state.image, line.main_file))
                @if state.directory != state.image { " " span .soft { "→ " (shown(&state.directory)) } }
            }
            td { (published(line, links)) }
            td { (links.cells(&line.tags)) }
            @if is_untested(line) { td .bad { "none" } } @else { td { (links.cells(&line.rows)) } }
            td { (links.cells(&line.cgroups)) }
            td { (links.cells(&line.inits)) }
            td { (links.file(state.builder.as_deref().unwrap_or("?"), line.builder_file)) }
            td .number { @if let Some(systemd) = &state.systemd { (systemd_text(systemd)) } }
            (support(state.support.as_ref()))
            (tested(state.tested.as_ref()))
            td { (findings(line, links)) }
        }
    }
}

fn published(line: &ImageLine<'_>, links: &mut Links<'_>) -> Markup {
    match (line.state.published, line.entries.first()) {
        (Some(true), Some(entry)) => links.link("yes", entry.at),
        (Some(true), None) => html! { "yes" },
        (Some(false), _) => match line.state.declared {
            Some(overview::Declared::Retired) => html! { "retired" },
            Some(overview::Declared::Unpublished) => html! { "not meant to be" },
            None => html! { span .bad { "no" } },
        },
        (None, _) => html! { "?" },
    }
}

fn systemd_text(systemd: &SystemdState) -> String {
    let newer = if systemd.or_newer { "+" } else { "" };
    let doubt = if systemd.certain { "" } else { "?" };
    format!("{}{newer}{doubt}", systemd.version)
}

fn support(support: Option<&SupportState>) -> Markup {
    let Some(SupportState { end, over, certain }) = support else {
        return html! { td {} };
    };
    let doubt = if *certain { "" } else { "?" };
    html! { td .number .over[*over] { (end) (doubt) @if *over { " over" } } }
}

fn tested(tested: Option<&Tested>) -> Markup {
    let Some(tested) = tested else {
        return html! { td {} };
    };
    let day = tested.ended.as_deref().and_then(|ended| ended.get(..10));
    let is_bad = tested.state == TestState::Failed;
    html! { td .bad[is_bad] { (tested.label()) @if let Some(day) = day { " " span .soft { (day) } } } }
}

fn findings(line: &ImageLine<'_>, links: &mut Links<'_>) -> Markup {
    let Some(worst) = line.state.worst else {
        return html! {};
    };
    html! {
        details {
            summary class=(severity(worst)) { (line.findings.len()) " " (severity(worst)) }
            ul {
                @for finding in &line.findings {
                    li { (links.link(finding.rule.code, finding.at)) " " (severity(finding.severity)) ": " (shown(&finding.shown_message())) }
                }
            }
        }
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information => "info",
        Severity::Hint => "hint",
    }
}

fn legend() -> Markup {
    html! {
        footer {
            dl {
                dt { "no, none" } dd { "an entry or a test row is missing" }
                dt { "258+" } dd { "that version of systemd or a newer one" }
                dt { "257?, 2027-04-30?" } dd { "likely, but not certain" }
                dt { "over" } dd { "the standard support of the release has ended" }
                dt { "passed, failed" } dd { "the last VM test of the image, with what the image reads now" }
                dt { "older (passed)" } dd { "something that the image reads was changed since that test" }
                dt { "→ alpine" } dd { "an alias, built from that directory" }
                dt { "empty" } dd { "nothing is there, or nothing is known" }
            }
        }
    }
}

fn reach(sources: &[Source], all: usize, links: &mut Links<'_>) -> Markup {
    html! {
        p { "An include reaches the images that read it, a builder those that are built in it. A change of one is tested with them." }
        figure id="graph" aria-label="Includes and builders with the images that they reach" hidden {}
        p id="chosen" role="status" {}
        div .scroll tabindex="0" role="region" aria-label="Includes and builders" {
            table {
                caption { "Every include and builder, and the images that it reaches" }
                thead { tr { th scope="col" { "Name" } th scope="col" { "Kind" } th scope="col" { "Images" } th scope="col" { "Reaches" } } }
                tbody { @for source in sources { (source_row(source, all, links)) } }
            }
        }
    }
}

fn source_row(source: &Source, all: usize, links: &mut Links<'_>) -> Markup {
    let kind = match source.kind {
        SourceKind::Include => "include",
        SourceKind::Builder => "builder",
    };
    html! {
        tr {
            th scope="row" { (links.file(&source.name, source.file)) }
            td { (kind) }
            td .number { (source.images.len()) }
            @if source.images.is_empty() { td .bad { "nothing" } }
            @else if source.images.len() == all { td { "every image" } }
            @else { td .names { (shown(&source.images.join(" "))) } }
        }
    }
}

/// Returns what the graph is drawn from: names of includes and builders, and of each image its
/// distribution and the positions of those that reach it.
fn graph(lines: &[ImageLine<'_>], sources: &[Source]) -> serde_json::Value {
    let sources: Vec<&Source> = sources.iter().filter(|source| !source.is_common).collect();
    let mut reached: std::collections::BTreeMap<&str, Vec<usize>> =
        std::collections::BTreeMap::new();
    for (number, source) in sources.iter().enumerate() {
        for image in &source.images {
            reached.entry(image).or_default().push(number);
        }
    }
    let sources = sources.iter().map(|source| {
        let is_builder = source.kind == SourceKind::Builder;
        json!([source.name, is_builder])
    });
    let images = lines.iter().map(|line| {
        let state = &line.state;
        json!([
            state.image,
            state.distribution,
            reached.get(state.image.as_str())
        ])
    });
    json!({ "sources": sources.collect::<Vec<_>>(), "images": images.collect::<Vec<_>>() })
}
