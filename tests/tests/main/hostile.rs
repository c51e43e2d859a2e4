//! A checkout whose names and contents attack those who look at it: terminals, logs of CI, programs
//! that read our output, and editors. Whatever is printed or sent of it stays text.

use std::path::Path;
use std::process::Command;

use image_scripts_ls_tests::checkout::{Checkout, Folder};
use image_scripts_ls_tests::client::{Client, Setup};
use image_scripts_ls_tests::command::{Output, git, output_of};
use image_scripts_ls_tests::project::{files, read};
use image_scripts_ls_tests::{program, start};
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::{Value, json};

/// Texts that do something where they are taken for more than text.
const TEXTS: [&str; 26] = [
    // Terminals: colours, links, the clipboard, lines that are overwritten or forged.
    "\x1b[31mred",
    "\x1b]8;;http://evil.example/\x07link\x1b]8;;\x07",
    "\x1b]52;c;ZWNobyBoaQ==\x07",
    "\u{9b}31mred\u{85}",
    "a\rforged",
    "a\nforged: error",
    "a\tb\u{7f}\u{8}",
    "\u{202e}forged\u{2066}",
    "\u{200b}hidden\u{2028}\u{2029}",
    // Logs of CI.
    "::error::forged",
    "a\n::error::forged",
    "a%0A::error::forged",
    "\u{feff}\u{a0}::add-mask::a",
    "a,line=1::forged",
    "##[add-mask]a",
    "a ##vso[task.complete]",
    // Markdown.
    "<img src=http://evil.example/x>",
    "![x](http://evil.example/x)",
    "[x](command:workbench.action.quit)",
    "<command:workbench.action.quit>",
    "a`[x](command:y)",
    "```\n[x](command:y)\n```",
    // Editors and shells.
    "$(zap)",
    "%{system('touch forged')}",
    "--flag",
    "a'b\"c\\d",
];

/// A text as a file's name.
fn name(text: &str) -> String {
    text.replace('/', "_")
}

/// A text as a string of Nix.
fn nix(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", escaped.replace("${", "\\${"))
}

/// A text as a string of TOML.
fn toml(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A text on one line.
fn line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// A checkout with all texts, wherever it takes a text.
fn checkout() -> Checkout {
    let checkout = Checkout::of("contribution");
    let scripts = "image-scripts";
    for image in std::fs::read_dir(checkout.path("image-scripts/images")).unwrap() {
        let name = image.unwrap().file_name().into_string().unwrap();
        if name != "debian-13" {
            checkout.remove(&format!("{scripts}/images/{name}"));
        }
    }
    let mut entries = String::new();
    let mut rows = String::new();
    let mut settings = "[rules]\n".to_owned();
    for (number, text) in TEXTS.iter().enumerate() {
        let (name, line) = (name(text), line(text));
        let image = format!("{scripts}/images/{name}");
        let value = line.replace(['\\', '"', '`', '$'], "");
        checkout.write(
            &format!("{image}/config.sh"),
            format!("DISTNAME=hostile{number}\nRELVER=\"{value}\"\nBUILDER=\"{value}\"\n"),
        );
        checkout.write(
            &format!("{image}/build.sh"),
            format!(
                ". $IMAGEDIR/config.sh\n\
                 # {line}\n\
                 # image-scripts: ignore[{line}]\n\
                 . \"$INCLUDE/{value}.sh\"\n\
                 VALUE{number}=\"{value}\"\n\
                 MANY{number}=\"{value}\n::error::{value}\"\n\
                 # {line}\n\
                 #\n\
                 # # {line}\n\
                 # - {line} `{line}`\n\
                 function helper-{number} {{\n\techo \"$1\" \"$VALUE{number}\" \"$MANY{number}\"\n}}\n\
                 helper-{number} \"$VALUE{number}\"\n\
                 no-helper-{number}\n\
                 configure-nothing <<EOF\n{line} $UNSET\nEOF\n"
            ),
        );
        checkout.write(&format!("{scripts}/tests/{name}.sh"), "no-helper\n");
        let include = format!("# {line}\nfunction in-include-{number} {{\n\techo \"$1\"\n}}\n");
        checkout.write(&format!("{scripts}/include/{name}.sh"), include);
        let builder = format!("DISTNAME=debian\nRELVER=\"{value}\"\n");
        checkout.write(&format!("{scripts}/builders/b{name}/config.sh"), builder);
        let tags = format!("{} {}", nix(text), nix(text));
        entries += &format!(
            "hostile{number}.{} = {{ tags = [ {tags} ]; }};\n",
            nix(text)
        );
        rows += &format!(
            "{} = {{ distribution = \"hostile{number}\"; version = {}; }};\n",
            nix(text),
            nix(text)
        );
        settings += &format!("{} = \"off\"\n", toml(text));
    }
    checkout.write(REPOSITORY, REPOSITORY_TEXT.replace("ENTRIES", &entries));
    checkout.write(TABLE, TABLE_TEXT.replace("ROWS", &rows));
    checkout.write(".image-scripts.toml", settings);
    checkout
}

const REPOSITORY: &str = "os/configs/image-repository.nix";
const REPOSITORY_TEXT: &str = r#"{ ... }:
{
  services.osctl.image-repository.vpsadminos = {
    defaultVendor = "vpsadminos";
    vendors.vpsadminos.defaultVariant = "minimal";
    images = {
ENTRIES
      debian."13" = { };
    };
  };
}
"#;
const TABLE: &str = "tests/distributions.nix";
const TABLE_TEXT: &str = r#"{ lib }:
let
  table = {
ROWS
    debian_13 = {
      distribution = "debian";
      version = "13";
    };
  };
in
{
  cgroupAll = with table; [ debian_13 ];
  systemd = with table; [ debian_13 ];
  all = lib.mapAttrsToList (key: row: row) table;
}
"#;

fn cli(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program!());
    command.current_dir(folder).args(arguments);
    output_of(&mut command, "", "cargo build")
}

/// Tells whether a character is obeyed, or hides or reorders others.
fn is_hidden(c: char) -> bool {
    let format = ['\u{200b}', '\u{2028}', '\u{2029}', '\u{feff}'];
    c.is_control()
        || format.contains(&c)
        || ('\u{202a}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
}

/// Holds a text to being text: lines are ours, and no line is a command of a log.
fn assert_text(text: &str, from: &str) {
    for line in text.lines() {
        assert!(!line.contains(is_hidden), "{from}: {line:?}");
        // The renderer writes `::: PATH` over a second file: that has the name of no command.
        let trimmed = line.trim_start();
        let is_command = trimmed.starts_with("::") && !trimmed.starts_with("::: ");
        assert!(!is_command, "{from}: {line:?}");
        for command in ["##[", "##vso["] {
            assert!(!line.contains(command), "{from}: {line:?}");
        }
        assert!(!line.starts_with("forged"), "{from}: {line:?}");
    }
}

fn assert_output(output: &Output, from: &str) {
    assert_text(&output.stdout, from);
    assert_text(&output.stderr, from);
    assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
}

fn check(checkout: &Checkout, format: &str) -> Output {
    let arguments = ["check", "--no-bash", "--today", "2026-11-01", "--format"];
    cli(checkout.root(), &[&arguments[..], &[format]].concat())
}

fn findings(checkout: &Checkout) -> Vec<Value> {
    let output = check(checkout, "json");
    assert_output(&output, "json");
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    report["findings"].as_array().unwrap().clone()
}

#[test]
fn every_format_shows_text() {
    let checkout = checkout();
    let findings = findings(&checkout);
    let paths: Vec<&str> = findings.iter().filter_map(|f| f["path"].as_str()).collect();
    for text in TEXTS {
        // The attacks arrive: their true names are in the JSON.
        let name = name(text);
        let found = paths.iter().any(|path| path.contains(&name));
        assert!(found, "{name:?} has a finding");
    }
    for format in ["full", "concise"] {
        let output = check(&checkout, format);
        assert_eq!(output.status, 1, "{}", output.stderr);
        assert_output(&output, format);
    }
    let concise = check(&checkout, "concise").stdout;
    assert_eq!(concise.lines().count(), findings.len());
    let sarif = check(&checkout, "sarif");
    assert_output(&sarif, "sarif");
    let sarif: Value = serde_json::from_str(&sarif.stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), findings.len());
    for result in results {
        let location = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        let uri = location["uri"].as_str().unwrap();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%@+=,".contains(&byte);
        assert!(uri.bytes().all(plain), "{uri}");
        let message = result["message"]["text"].as_str().unwrap();
        assert!(!message.replace("\\]", "").contains("]("), "{message}");
    }
}

#[test]
fn annotations_are_ours_alone() {
    let checkout = checkout();
    let findings = findings(&checkout);
    let output = check(&checkout, "github");
    assert_text(&output.stderr, "github");
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(lines.len(), findings.len());
    for (line, finding) in lines.iter().zip(&findings) {
        assert!(!line.contains(is_hidden), "{line:?}");
        assert!(!line.contains("##["), "{line:?}");
        // As GitHub reads it: properties up to `::`, split at commas and `=`.
        let (properties, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (level, properties) = properties.split_once(' ').unwrap();
        assert!(["error", "warning", "notice"].contains(&level), "{line}");
        let properties: Vec<(&str, &str)> = properties
            .split(',')
            .map(|property| property.split_once('=').unwrap())
            .collect();
        let names: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["file", "line", "col", "title"], "{line}");
        assert_eq!(properties[3].1, finding["code"].as_str().unwrap());
        let start = finding["range"]["start"]["line"].as_u64().unwrap() + 1;
        assert_eq!(properties[1].1, start.to_string());
        assert!(
            !message.contains("%0A") && !message.contains("%0D"),
            "{line}"
        );
        if !finding["path"]
            .as_str()
            .unwrap()
            .contains(|c| c != '\n' && is_hidden(c))
        {
            let file = properties[0].1.replace("%0A", "\n").replace("%3A", ":");
            let file = file.replace("%2C", ",").replace("%25", "%");
            let defused = file.replace("\\u{23}", "#");
            assert_eq!(defused, finding["path"].as_str().unwrap());
        }
    }
}

#[test]
fn tables_and_reports_show_text() {
    let checkout = checkout();
    let root = checkout.root();
    let status = cli(root, &["status"]);
    assert_output(&status, "status");
    let json = cli(root, &["status", "--format", "json"]);
    assert_output(&json, "status");
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    let images = report["images"].as_array().unwrap();
    assert_eq!(status.stdout.lines().count(), images.len() + 1);
    for text in TEXTS {
        let name = name(text);
        assert!(
            images.iter().any(|image| image["image"] == name),
            "{name:?}"
        );
    }
    for arguments in [
        &["fix"][..],
        &[
            "new",
            "debian-14",
            "--dry-run",
            "--tag",
            "\x1b[31m\n::error::x",
        ],
        &[
            "bump",
            "debian-13",
            "--dry-run",
            "--set",
            "VALUE=\x1b[31m\n::error::x",
        ],
    ] {
        assert_output(&cli(root, arguments), arguments[0]);
    }
    for (number, text) in TEXTS.iter().enumerate() {
        // JSON has one way for all of them.
        let format = if number % 6 == 0 { "json" } else { "text" };
        let arguments = ["retire", "--dry-run", "--format", format, "--", &name(text)];
        assert_output(&cli(root, &arguments), &format!("{arguments:?}"));
    }
}

#[test]
fn errors_repeat_arguments_as_text() {
    let folder = Folder::new();
    let checkout = Checkout::of("clean-2024");
    checkout.write("::error::\x1b[31m\nforged.json", "\x1b[31m");
    for text in TEXTS {
        for arguments in [
            &[text][..],
            &["explain", text],
            &["check", text],
            &["check", "--format", text],
            &["check", "--baseline", "nothing", text],
            &["fix", "--rule", text],
            &["retire", "-C", text, text],
            &["bump", "x", "--set", text],
        ] {
            let output = cli(folder.path(), arguments);
            assert_eq!(output.status, 2, "{arguments:?}");
            assert_output(&output, &format!("{arguments:?}"));
        }
    }
    for arguments in [
        &["check", "--baseline", "::error::\x1b[31m\nforged.json"][..],
        &["check", "--since", "::error::\x1b[31m\nforged"],
        &["new", "x\x1b[31m\n::error::forged-1"],
        &["rename", "debian-13", "\x1b[31m\n::error::forged"],
        &["retire", "##[add-mask]"],
    ] {
        assert_output(&cli(checkout.root(), arguments), &format!("{arguments:?}"));
    }
}

/// A path begins with the names of folders between the current one and the checkout.
#[test]
fn a_line_that_begins_with_a_path_is_no_command() {
    let checkout = Checkout::below(Folder::new(), "::error::forged", "contribution");
    let folder = checkout.root().parent().unwrap();
    for format in ["concise", "full", "github"] {
        let arguments = ["check", "--no-bash", "--format", format];
        let output = cli(folder, &arguments).stdout;
        assert!(output.contains("forged"), "{output}");
        let forged = |line: &str| line.trim_start().starts_with("::error::");
        assert!(!output.lines().any(forged), "{output}");
    }
}

#[test]
fn what_cannot_be_read_is_named_as_text() {
    let checkout = Checkout::of("clean-2024");
    for (number, text) in TEXTS.iter().enumerate() {
        let image = format!("image-scripts/images/{}", name(text));
        checkout.link(&image, &format!("{}{number}", name(text)));
        checkout.write(&format!("image-scripts/tests/{}.sh", name(text)), b"\xff");
    }
    let output = check(&checkout, "concise");
    assert_eq!(output.status, 2);
    assert_output(&output, "stderr");
    assert!(output.stderr.lines().count() >= TEXTS.len());
    for line in output.stderr.lines() {
        assert!(line.starts_with("image-scripts-ls: "), "{line}");
    }
}

/// `full` marks the same text as in the file.
#[test]
fn excerpts_are_marked_at_the_right_text() {
    let checkout = Checkout::of("clean-2026");
    let config = "image-scripts/images/debian-13/config.sh";
    checkout.write(config, "V='\x1b[31m\u{202e}' BUILDER=debain # \x1b[0m\n");
    let mut command = Command::new(program!());
    command
        .current_dir(checkout.root())
        .args(["check", "--no-bash"]);
    let output = output_of(&mut command, "", "cargo build").stdout;
    let lines: Vec<&str> = output.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.contains("BUILDER=debain"));
    let at = at.unwrap_or_else(|| panic!("{output}"));
    assert!(lines[at].contains(r"V='\u{1b}[31m\u{202e}' "), "{output}");
    let marks = lines[at + 1];
    assert_eq!(marks.find('^'), lines[at].find("debain"), "{output}");
    assert_eq!(marks.matches('^').count(), "debain".len(), "{output}");
}

/// A patch of hostile names and contents is one that git applies.
#[test]
fn patches_apply() {
    let names = [
        "a\tme",
        "a\nme",
        "\x1b[31m",
        "a\"b\\c",
        "\u{202e}x",
        "a b",
        "ž",
    ];
    let contents = "\x1b[31m\r\n::error::x\rtwo\u{c}\nno end\r";
    let checkout = Checkout::of("clean-2024");
    let root = checkout.root();
    for name in names {
        let image = format!("image-scripts/images/{name}");
        checkout.write(&format!("{image}/build.sh"), contents);
        checkout.write(&format!("{image}/config.sh"), "BUILDER=debian\n");
    }
    git(root, &["init", "-q"]);
    git(root, &["add", "-A"]);
    git(root, &["commit", "-qm", "Begin"]);
    for name in names {
        let patch = cli(root, &["retire", "--diff", "--", name]);
        assert_eq!(patch.status, 0, "{}", patch.stderr);
        let headers = patch
            .stdout
            .lines()
            .filter(|line| line.starts_with("diff --git"));
        assert!(headers.clone().count() >= 2, "{}", patch.stdout);
        for header in headers {
            assert!(!header.contains(is_hidden), "{header:?}");
        }
        for line in contents.split_inclusive('\n') {
            assert!(patch.stdout.contains(&format!("-{line}")), "{line:?}");
        }
        apply(root, &patch.stdout);
        assert!(
            !checkout
                .path(&format!("image-scripts/images/{name}"))
                .exists()
        );
        git(root, &["checkout", "-q", "."]);
    }
}

fn apply(root: &Path, patch: &str) {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(root)
        .args(["apply", "--whitespace=nowarn", "-"]);
    output_of(&mut command, patch, "apt-get install git").ok();
}

fn client(checkout: &Checkout) -> Client {
    let formats = json!(["markdown", "plaintext"]);
    let capabilities = json!({ "textDocument": {
        "hover": { "contentFormat": formats },
        "signatureHelp": { "signatureInformation": { "documentationFormat": formats } },
        "completion": { "completionItem": { "documentationFormat": formats } },
    } });
    start!(Setup::at(checkout).quiet().with(&capabilities))
}

/// Texts of Markdown somewhere in a response, and those that a client shows as they are.
fn assert_shown(value: &Value, from: &str) {
    match value {
        Value::Object(map) if map.get("kind") == Some(&json!("markdown")) => {
            assert_markdown(map["value"].as_str().unwrap(), from);
        }
        Value::Object(map) => {
            for (key, value) in map {
                let shown = ["message", "title", "label", "detail", "description"];
                match value.as_str().filter(|_| shown.contains(&key.as_str())) {
                    Some(text) => assert!(!text.contains(is_hidden), "{from}: {text:?}"),
                    None => assert_shown(value, from),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| assert_shown(value, from)),
        _ => {}
    }
}

fn assert_markdown(markdown: &str, from: &str) {
    let hidden = |c: char| is_hidden(c) && !"\n\t".contains(c);
    assert!(!markdown.contains(hidden), "{from}: {markdown:?}");
    let options = Options::all() - Options::ENABLE_WIKILINKS;
    for event in Parser::new_ext(markdown, options) {
        let active = matches!(
            event,
            Event::Html(_)
                | Event::InlineHtml(_)
                | Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::HtmlBlock)
        );
        assert!(!active, "{from}: {event:?} in {markdown}");
    }
}

/// Positions at which a word begins.
fn words(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (number, line) in text.split('\n').enumerate() {
        let mut before = ' ';
        let mut column = 0;
        for c in line.chars() {
            if c.is_alphanumeric() && !before.is_alphanumeric() {
                found.push((number, column));
            }
            before = c;
            column += c.len_utf16();
        }
    }
    found
}

#[test]
fn editors_get_text() {
    let checkout = checkout();
    let mut client = client(&checkout);
    let mut hovers = 0;
    for text in TEXTS {
        let image = format!("image-scripts/images/{}", name(text));
        let include = format!("image-scripts/include/{}.sh", name(text));
        for path in [
            format!("{image}/build.sh"),
            format!("{image}/config.sh"),
            include,
        ] {
            let url = client.open_file(&checkout, &path, 1);
            let document = json!({ "uri": url });
            for (line, character) in words(&checkout.read(&path)) {
                let position = json!({ "line": line, "character": character });
                let at = json!({ "textDocument": document, "position": position });
                let hover = client.call("textDocument/hover", at);
                hovers += usize::from(hover != Value::Null);
                assert_shown(&hover, &path);
            }
            let lenses = client.call("textDocument/codeLens", json!({ "textDocument": document }));
            for lens in lenses.as_array().into_iter().flatten() {
                let lens = client.call("codeLens/resolve", lens.clone());
                assert_shown(&lens, &path);
                let title = lens["command"]["title"].as_str().unwrap();
                assert!(!title.replace("\\$(", "").contains("$("), "{title}");
            }
            let everything = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
            let actions = json!({ "textDocument": document, "range": everything, "context": { "diagnostics": [] } });
            let actions = client.call("textDocument/codeAction", actions);
            assert_shown(&actions, &path);
            for (line, character) in [(10, 0), (13, 9)] {
                let position = json!({ "line": line, "character": character });
                let at = json!({ "textDocument": document, "position": position });
                assert_shown(
                    &client.call("textDocument/signatureHelp", at.clone()),
                    &path,
                );
                let completion = client.call("textDocument/completion", at);
                assert_shown(&completion, &path);
                let items = completion["items"].as_array().into_iter().flatten();
                for item in items.filter(|item| item["label"].as_str().unwrap().contains("helper"))
                {
                    let item = client.call("completionItem/resolve", item.clone());
                    assert_shown(&item, &path);
                }
            }
        }
    }
    assert!(hovers > TEXTS.len() * 5, "{hovers}");
    for text in TEXTS {
        let arguments = json!({ "root": checkout.root(), "name": name(text), "dryRun": true });
        let params = json!({ "command": "imageScripts.retireImage", "arguments": [arguments] });
        client.call("workspace/executeCommand", params);
    }
    client.finish();
}

#[test]
fn hovers_in_nix_are_text() {
    let checkout = checkout();
    let mut client = client(&checkout);
    let mut hovers = 0;
    for path in [REPOSITORY, TABLE] {
        let url = client.open_file(&checkout, path, 1);
        let text = checkout.read(path);
        let hostile = text
            .lines()
            .position(|line| line.contains("debian"))
            .unwrap();
        for (line, character) in words(&text).into_iter().filter(|(line, _)| *line < hostile) {
            let position = json!({ "line": line, "character": character });
            let at = json!({ "textDocument": { "uri": url }, "position": position });
            let hover = client.call("textDocument/hover", at);
            hovers += usize::from(hover != Value::Null);
            assert_shown(&hover, path);
        }
    }
    assert!(hovers > TEXTS.len(), "{hovers}");
    client.finish();
}

/// VS Code makes links in notifications: one module of the extension shows them.
#[test]
fn notifications_have_one_way() {
    let show = [
        "showInformationMessage",
        "showWarningMessage",
        "showErrorMessage",
    ];
    for path in files() {
        if path.starts_with("editors/vscode/src/") && !path.ends_with("/notifications.ts") {
            let text = read(&path);
            assert!(!show.iter().any(|show| text.contains(show)), "{path}");
        }
    }
}
