//! Open documents and the files that they are: what is published, for which URL, at which version.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use image_scripts_ls_tests::checkout::{Checkout, url};
use image_scripts_ls_tests::client::{
    Client, FileChange, PublishedDiagnostics, REGISTER, Setup, everywhere, on_line, range,
};
use image_scripts_ls_tests::{program, start};
use serde_json::{Value, json};

const CONFIG: &str = "image-scripts/images/debian-13/config.sh";
const BUILD: &str = "image-scripts/images/debian-13/build.sh";
const SPELT_WRONG: &str = "image-scripts/images/ubuntu-26.10/config.sh";
const ALIAS: &str = "image-scripts/images/alpine-3.24/config.sh";
const OTHER_ALIAS: &str = "image-scripts/images/alpine-3.23/config.sh";
const BEHIND_ALIAS: &str = "image-scripts/images/alpine/config.sh";

fn session(checkout: &Checkout) -> Client {
    let mut client = start!(Setup::at(checkout).quiet());
    client.take_published();
    client
}

/// What was published, once everything that was sent has had its effect.
fn published(client: &mut Client) -> Vec<PublishedDiagnostics> {
    client.barrier();
    client.take_published()
}

/// The one publication for a document.
fn only<'p>(all_published: &'p [PublishedDiagnostics], url: &str) -> &'p PublishedDiagnostics {
    let found: Vec<&PublishedDiagnostics> = all_published.iter().filter(|p| p.url == url).collect();
    assert_eq!(found.len(), 1, "{all_published:#?}");
    found[0]
}

#[test]
fn published_only_when_changed_and_with_the_version() {
    let checkout = Checkout::of("clean-2026");
    let mut client = session(&checkout);
    let url = client.open_file(&checkout, CONFIG, 1);
    assert_eq!(published(&mut client), []);
    client.replace(&url, 5, "BUILDER=fedorra\n");
    let first = published(&mut client);
    assert_eq!(only(&first, &url).version, Some(5));
    assert!(only(&first, &url).codes().contains(&"unknown-builder"));
    // What does not move it does not publish it.
    client.change(
        &url,
        6,
        json!([{ "range": range((1, 0), (1, 0)), "text": "# more\n" }]),
    );
    assert_eq!(published(&mut client), []);
    // What moves it does.
    client.change(
        &url,
        8,
        json!([{ "range": range((0, 0), (0, 0)), "text": "# before\n" }]),
    );
    let moved = published(&mut client);
    assert_eq!(only(&moved, &url).version, Some(8));
    assert_eq!(
        only(&moved, &url).diagnostics[0]["range"],
        on_line(1, 8, 15)
    );
    client.replace(&url, 9, &checkout.read(CONFIG));
    let fixed = published(&mut client);
    assert_eq!(
        (
            only(&fixed, &url).version,
            only(&fixed, &url).diagnostics.len()
        ),
        (Some(9), 0)
    );
    client.replace(&url, 10, "BUILDER=fedorra\n");
    assert_eq!(only(&published(&mut client), &url).version, Some(10));
    // Closed without saving: the file is as good as it was.
    client.close(&url);
    let closed = published(&mut client);
    assert_eq!(
        (
            only(&closed, &url).version,
            only(&closed, &url).diagnostics.len()
        ),
        (None, 0)
    );
    client.finish();
}

#[test]
fn several_edits_at_once_publish_no_state_in_between() {
    let checkout = Checkout::of("clean-2026");
    let mut client = session(&checkout);
    let url = client.open_file(&checkout, CONFIG, 1);
    let (from, to) = (
        json!({ "text": "BUILDER=fedorra\n" }),
        json!({ "text": checkout.read(CONFIG) }),
    );
    client.change(&url, 2, json!([from, to]));
    assert_eq!(published(&mut client), []);
    client.finish();
}

#[test]
fn closed_files_are_judged_too() {
    let checkout = Checkout::of("clean-2026");
    let mut client = session(&checkout);
    let closed = checkout.url("image-scripts/images/debian-13/config.sh");
    let repository = client.open_file(&checkout, "os/configs/image-repository.nix", 1);
    let text = checkout.read("os/configs/image-repository.nix");
    client.replace(
        &repository,
        2,
        &text.replacen("\"13\" = {", "\"13x\" = {", 1),
    );
    let all_published = published(&mut client);
    let publication = only(&all_published, &closed);
    assert_eq!(publication.version, None);
    assert!(
        publication.codes().contains(&"missing-repository-entry"),
        "{publication:?}"
    );
    client.replace(&repository, 3, &text);
    let all_published = published(&mut client);
    assert_eq!(
        (
            only(&all_published, &closed).version,
            only(&all_published, &closed).diagnostics.len()
        ),
        (None, 0)
    );
    client.finish();
}

/// Moves all helpers for systemd to an include that nobody reads.
fn move_helpers(client: &mut Client, checkout: &Checkout) -> (String, String) {
    let (from, to) = (
        "image-scripts/include/systemd.sh",
        "image-scripts/include/void.sh",
    );
    let (text, other) = (checkout.read(from), checkout.read(to));
    let (from, to) = (
        client.open_file(checkout, from, 1),
        client.open_file(checkout, to, 1),
    );
    client.replace(&to, 2, &format!("{other}\n{text}"));
    client.replace(&from, 2, "");
    (from, text)
}

#[test]
fn an_include_concerns_those_that_read_it() {
    let checkout = Checkout::of("clean-2026");
    let mut client = session(&checkout);
    let (include, text) = move_helpers(&mut client, &checkout);
    let all_published = published(&mut client);
    assert!(
        all_published.len() > 3
            && all_published
                .iter()
                .all(|p| p.codes().contains(&"undefined-helper"))
    );
    client.replace(&include, 3, &text);
    assert!(
        published(&mut client)
            .iter()
            .all(|p| p.diagnostics.is_empty())
    );
    client.finish();
}

#[test]
fn an_alias_has_findings_under_both_names() {
    let checkout = Checkout::of("clean-2026");
    let mut client = session(&checkout);
    let (alias, real) = (checkout.url(ALIAS), checkout.url(BEHIND_ALIAS));
    client.open_file(&checkout, ALIAS, 3);
    assert_eq!(published(&mut client), []);
    client.replace(&alias, 4, "BUILDER=fedorra\n");
    let broken = published(&mut client);
    assert_eq!(
        (only(&broken, &alias).version, only(&broken, &real).version),
        (Some(4), None)
    );
    assert_eq!(
        only(&broken, &alias).diagnostics,
        only(&broken, &real).diagnostics
    );
    assert!(only(&broken, &alias).codes().contains(&"unknown-builder"));
    // An edit is one of the document that is open.
    let actions = client.actions(&alias, &everywhere());
    let edit = actions
        .iter()
        .find(|action| action["title"] == "Change to `fedora`")
        .unwrap();
    assert_eq!(
        edit["edit"]["documentChanges"][0]["textDocument"],
        json!({ "uri": alias, "version": 4 })
    );
    client.close(&alias);
    let closed = published(&mut client);
    assert!(
        only(&closed, &alias).diagnostics.is_empty() && only(&closed, &real).diagnostics.is_empty()
    );
    client.finish();
}

#[test]
fn closing_an_alias_leaves_the_findings_of_the_file() {
    let checkout = Checkout::of("clean-2026");
    checkout.write(BEHIND_ALIAS, "BUILDER=fedorra\n");
    let mut client = session(&checkout);
    let (alias, real) = (checkout.url(ALIAS), checkout.url(BEHIND_ALIAS));
    client.open_file(&checkout, ALIAS, 1);
    assert_eq!(
        only(&published(&mut client), &alias).codes(),
        client.codes(&real)
    );
    client.close(&alias);
    let closed = published(&mut client);
    assert_eq!(
        (closed.len(), only(&closed, &alias).diagnostics.len()),
        (1, 0)
    );
    assert!(client.codes(&real).contains(&"unknown-builder"));
    client.finish();
}

#[test]
fn of_two_documents_for_one_file_the_last_one_changed_counts() {
    let checkout = Checkout::of("clean-2026");
    let mut client = session(&checkout);
    let (one, two) = (checkout.url(ALIAS), checkout.url(OTHER_ALIAS));
    client.open(&one, 1, "BUILDER=fedorra\n");
    client.open(&two, 11, "BUILDER=ubunutu\n");
    client.barrier();
    let about = |client: &Client, url: &str, name: &str| {
        client.diagnostics(url).iter().any(|d| {
            d["message"]
                .as_str()
                .unwrap()
                .contains(&format!("`{name}`"))
        })
    };
    assert!(about(&client, &one, "ubunutu") && about(&client, &two, "ubunutu"));
    client.take_published();
    client.replace(&one, 2, "BUILDER=devuaan\n");
    let all_published = published(&mut client);
    assert_eq!(
        (
            only(&all_published, &one).version,
            only(&all_published, &two).version
        ),
        (Some(2), Some(11))
    );
    assert!(about(&client, &one, "devuaan") && about(&client, &two, "devuaan"));
    client.close(&one);
    client.barrier();
    assert!(client.diagnostics(&one).is_empty());
    assert!(
        about(&client, &two, "ubunutu") && about(&client, &checkout.url(BEHIND_ALIAS), "ubunutu")
    );
    client.close(&two);
    client.barrier();
    assert_eq!(client.text(&two), None);
    for url in [&one, &two, &checkout.url(BEHIND_ALIAS)] {
        assert!(client.diagnostics(url).is_empty(), "{url}");
    }
    client.finish();
}

#[test]
fn other_spellings_of_a_url() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(Setup::at(&checkout).quiet());
    let own = checkout.url(SPELT_WRONG);
    let findings = client.diagnostics(&own).to_vec();
    assert!(!findings.is_empty());
    client.take_published();
    // As VS Code spells the `:` of `c:`.
    let other = own.replace("ubuntu-26.10", "ubuntu%2D26%2E10");
    client.open(&other, 1, &checkout.read(SPELT_WRONG));
    // For a client to which both are one, the last word has to be the findings.
    let opened = published(&mut client);
    assert_eq!(
        opened
            .iter()
            .map(|p| (&p.url, p.diagnostics.len()))
            .collect::<Vec<_>>(),
        [(&own, 0), (&other, findings.len())]
    );
    client.replace(&other, 2, "BUILDER=fedorra\n");
    assert_eq!(
        published(&mut client)
            .iter()
            .map(|p| &p.url)
            .collect::<Vec<_>>(),
        [&other]
    );
    assert_eq!(client.text(&other).as_deref(), Some("BUILDER=fedorra\n"));
    client.close(&other);
    let closed = published(&mut client);
    assert_eq!(
        (
            &closed.first().unwrap().url,
            closed.first().unwrap().diagnostics.len()
        ),
        (&other, 0)
    );
    assert_eq!(
        (
            &closed.last().unwrap().url,
            &closed.last().unwrap().diagnostics
        ),
        (&own, &findings)
    );
    client.finish();
}

#[test]
fn a_folder_reached_through_a_link() {
    let checkout = Checkout::of("contribution");
    let link = checkout.root().with_file_name("link");
    std::os::unix::fs::symlink("checkout", &link).unwrap();
    let watched = json!({ "dynamicRegistration": true, "relativePatternSupport": true });
    let capabilities = json!({ "workspace": { "didChangeWatchedFiles": watched } });
    let mut client = Client::spawn(program!());
    client.respond_always(REGISTER, Value::Null);
    client.start(&Setup::folder(&link).quiet().with(&capabilities));
    let through = url(&link.join(SPELT_WRONG));
    let real = checkout.url(SPELT_WRONG);
    assert!(client.codes(&real).contains(&"unknown-builder"));
    client.open(&through, 1, &checkout.read(SPELT_WRONG));
    client.barrier();
    // Once for each name that is open: the client takes the two for two files.
    assert!(client.codes(&through).contains(&"unknown-builder"));
    assert!(client.codes(&real).is_empty());
    client.open_file(&checkout, SPELT_WRONG, 1);
    client.barrier();
    assert_eq!(client.diagnostics(&through), client.diagnostics(&real));
    client.close(&real);
    client.barrier();
    assert!(client.codes(&real).is_empty() && !client.codes(&through).is_empty());
    // Also of what is not there yet.
    let new = url(&link.join("image-scripts/images/new-1/config.sh"));
    client.open(&new, 1, "BUILDER=fedorra\n");
    client.barrier();
    assert!(
        client.codes(&new).contains(&"unknown-builder"),
        "{:?}",
        client.codes(&new)
    );
    // And what the client tells of, by its own names.
    client.close(&through);
    client.barrier();
    assert!(client.codes(&real).contains(&"unknown-builder"));
    assert!(client.codes(&through).is_empty());
    checkout.edit(SPELT_WRONG, "ubunutu", "ubuntu");
    client.files_changed(&[(&through, FileChange::Changed)]);
    client.barrier();
    assert!(!client.codes(&real).contains(&"unknown-builder"));
    let directory = link.join("image-scripts/images/ubuntu-26.10");
    checkout.remove("image-scripts/images/ubuntu-26.10");
    client.files_changed(&[(&url(&directory.join("config.sh")), FileChange::Deleted)]);
    client.barrier();
    assert!(client.codes(&real).is_empty());
    client.finish();
}

#[test]
fn a_document_that_is_not_on_the_disk_yet() {
    let checkout = Checkout::of("clean-2026");
    let mut client = session(&checkout);
    let (config, build) = (
        "image-scripts/images/debian-14/config.sh",
        "image-scripts/images/debian-14/build.sh",
    );
    let config = checkout.url(config);
    client.open(&config, 1, "BUILDER=fedorra\n");
    client.barrier();
    for code in [
        "unknown-builder",
        "missing-build-script",
        "missing-repository-entry",
    ] {
        assert!(
            client.codes(&config).contains(&code),
            "{code}: {:?}",
            client.codes(&config)
        );
    }
    let build = checkout.url(build);
    client.open(&build, 1, ". \"$IMAGEDIR/config.sh\"\n");
    client.barrier();
    assert!(!client.codes(&config).contains(&"missing-build-script"));
    client.close(&build);
    client.barrier();
    assert!(client.codes(&config).contains(&"missing-build-script"));
    client.close(&config);
    client.barrier();
    assert_eq!(
        (client.codes(&config), client.codes(&build)),
        (vec![], vec![])
    );
    client.finish();
}

#[test]
fn a_new_document_leaves_what_is_unsaved_beside_it() {
    let checkout = Checkout::of("clean-2026");
    let mut client = session(&checkout);
    let config = client.open_file(&checkout, CONFIG, 1);
    client.replace(&config, 2, "BUILDER=fedorra\n");
    client.barrier();
    let before = client.diagnostics(&config).to_vec();
    assert!(!before.is_empty());
    client.open(
        &checkout.url("image-scripts/images/debian-13/extra.sh"),
        1,
        "true\n",
    );
    client.barrier();
    assert_eq!(client.diagnostics(&config), before);
    // Includes are one unit.
    move_helpers(&mut client, &checkout);
    client.barrier();
    let broken = client.with_findings().len();
    assert!(broken > 3);
    client.open(&checkout.url("image-scripts/include/new.sh"), 1, "true\n");
    client.barrier();
    assert_eq!(client.with_findings().len(), broken);
    client.finish();
}

#[test]
fn a_file_that_is_deleted_while_it_is_open() {
    let checkout = Checkout::of("clean-2026");
    let mut client = session(&checkout);
    let (config, build) = (client.open_file(&checkout, CONFIG, 1), checkout.url(BUILD));
    checkout.remove(CONFIG);
    client.files_changed(&[(&config, FileChange::Deleted)]);
    assert_eq!(published(&mut client), []);
    client.replace(&config, 2, "BUILDER=fedorra\n");
    client.barrier();
    assert!(client.codes(&config).contains(&"unknown-builder"));
    client.close(&config);
    client.barrier();
    assert!(client.codes(&config).is_empty());
    assert!(
        client.codes(&build).contains(&"missing-config"),
        "{:?}",
        client.codes(&build)
    );
    client.finish();
}

#[test]
fn a_directory_that_is_deleted_while_a_file_of_it_is_open() {
    let checkout = Checkout::of("clean-2026");
    let mut client = session(&checkout);
    let config = client.open_file(&checkout, CONFIG, 1);
    checkout.remove("image-scripts/images/debian-13");
    client.files_changed(&[(
        &checkout.url("image-scripts/images/debian-13"),
        FileChange::Deleted,
    )]);
    client.barrier();
    assert!(
        client.codes(&config).contains(&"missing-build-script"),
        "{:?}",
        client.codes(&config)
    );
    client.close(&config);
    client.barrier();
    assert!(client.codes(&config).is_empty());
    let repository = checkout.url("os/configs/image-repository.nix");
    assert!(client.codes(&repository).contains(&"entry-without-image"));
    client.finish();
}

#[test]
fn opened_again_without_being_closed() {
    let checkout = Checkout::of("clean-2026");
    let mut client = session(&checkout);
    let url = client.open_file(&checkout, CONFIG, 1);
    client.open(&url, 1, "BUILDER=fedorra\n");
    client.barrier();
    assert!(client.codes(&url).contains(&"unknown-builder"));
    assert_eq!(client.text(&url).as_deref(), Some("BUILDER=fedorra\n"));
    client.finish();
}

/// A file of a checkout with findings elsewhere cannot be read: that is told, and what does not
/// depend on it stays as it was.
fn unread(checkout: &Checkout, path: &str, message: &str) {
    let scripts = [
        "ubuntu-26.10/config.sh",
        "ubuntu-26.10/build.sh",
        "gentoo-musl-systemd/build.sh",
    ];
    let urls = scripts.map(|script| checkout.url(&format!("image-scripts/images/{script}")));
    let of_scripts = ["unknown-builder", "heredoc-expansion", "undefined-helper"];
    let rest = |client: &Client| -> Vec<(String, String)> {
        let codes = |url: &String| {
            client
                .codes(url)
                .into_iter()
                .map(|c| (url.clone(), c.to_owned()))
                .collect::<Vec<_>>()
        };
        urls.iter()
            .flat_map(codes)
            .filter(|(_, code)| of_scripts.contains(&&**code))
            .collect()
    };
    let all = |client: &Client| -> Vec<(String, usize)> {
        client
            .with_findings()
            .into_iter()
            .map(|url| (url.to_owned(), client.diagnostics(url).len()))
            .collect()
    };
    let good = checkout.read(path);
    let client = start!(Setup::at(checkout).quiet());
    let (before, everything) = (rest(&client), all(&client));
    assert_eq!(before.len(), 4);
    client.finish();
    match message {
        "UTF-8" => checkout.write(path, b"BUILDER=\xe9\n"),
        "MiB" => checkout.write(path, format!("{good}# {}\n", "x".repeat(20 << 20))),
        "leads to nothing" => {
            checkout.remove(path);
            checkout.link(path, "nowhere");
        }
        "circle" => {
            checkout.remove(path);
            checkout.link(path, path.rsplit('/').next().unwrap());
        }
        other => panic!("{other}"),
    }
    let mut client = start!(Setup::at(checkout).quiet());
    client.warning(&[path, message]);
    assert_eq!(rest(&client), before);
    let links = ["leads to nothing", "circle"].contains(&message);
    // While the server runs, too: fixed, and broken again.
    let url = checkout.url(path);
    let broken = if links {
        None
    } else {
        Some(fs::read(checkout.path(path)).unwrap())
    };
    checkout.remove(path);
    checkout.write(path, &good);
    client.files_changed(&[(&url, FileChange::Changed)]);
    client.barrier();
    assert_eq!(all(&client), everything);
    if let Some(broken) = broken {
        checkout.write(path, broken);
        client.files_changed(&[(&url, FileChange::Changed)]);
        client.warning(&[path, message]);
        client.barrier();
        assert_eq!(rest(&client), before);
        // A document for it counts, as any other.
        client.open(&url, 1, &good);
        client.barrier();
        assert_eq!(all(&client), everything);
        client.close(&url);
        client.barrier();
        assert_eq!(rest(&client), before);
    }
    checkout.remove(path);
    checkout.write(path, &good);
    client.files_changed(&[(&url, FileChange::Changed)]);
    client.finish();
}

#[test]
fn files_that_cannot_be_read() {
    let checkout = Checkout::of("contribution");
    for path in [CONFIG, "image-scripts/include/void.sh"] {
        for message in ["UTF-8", "MiB"] {
            unread(&checkout, path, message);
        }
    }
}

#[test]
fn links_that_lead_nowhere() {
    let checkout = Checkout::of("contribution");
    for message in ["leads to nothing", "circle"] {
        unread(&checkout, CONFIG, message);
    }
}

#[test]
fn files_without_permission() {
    let checkout = Checkout::of("contribution");
    fs::set_permissions(checkout.path(CONFIG), fs::Permissions::from_mode(0o0)).unwrap();
    let may = fs::read(checkout.path(CONFIG)).is_ok();
    let mut client = start!(Setup::at(&checkout).quiet());
    // Root may read everything.
    if !may {
        client.warning(&[CONFIG, "permissions"]);
    }
    assert!(
        client
            .codes(&checkout.url(SPELT_WRONG))
            .contains(&"unknown-builder")
    );
    client.finish();
}

#[test]
fn image_links_that_lead_nowhere() {
    let checkout = Checkout::of("contribution");
    let before = start!(Setup::at(&checkout).quiet()).with_findings().len();
    checkout.link("image-scripts/images/dangling", "nothing");
    checkout.link("image-scripts/images/one", "two");
    checkout.link("image-scripts/images/two", "one");
    checkout.link("image-scripts/images/self", "self");
    checkout.link("image-scripts/images/outside", "../../..");
    let mut client = start!(Setup::at(&checkout).quiet());
    for name in ["one", "two", "self"] {
        client.warning(&[&format!("images/{name}:"), "circle"]);
    }
    client.warning(&["images/dangling:", "nothing"]);
    client.warning(&["images/outside:", "leads out of the checkout"]);
    assert_eq!(client.with_findings().len(), before);
    client.finish();
}

#[test]
fn many_documents() {
    let checkout = Checkout::of("clean-2024");
    let mut client = session(&checkout);
    let files: Vec<String> = checkout
        .files()
        .into_iter()
        .filter(|path| path.ends_with(".sh"))
        .collect();
    for path in &files {
        client.open_file(&checkout, path, 1);
    }
    assert_eq!(published(&mut client), []);
    for path in &files {
        client.close(&checkout.url(path));
    }
    assert_eq!(published(&mut client), []);
    client.finish();
}

/// A lone `\r` ends no line: not for Bash, Nix, git and Neovim. VS Code has none in what it sends.
#[test]
fn only_a_line_feed_ends_a_line() {
    let checkout = Checkout::of("clean-2026");
    // It comes before what would be said of the values.
    checkout.write(
        ".image-scripts.toml",
        "[rules]\nwrong-line-ending = \"off\"\n",
    );
    let mut client = session(&checkout);
    let url = checkout.url(CONFIG);
    client.open(&url, 1, "A=1\rB=2\r\nBUILDER=fedorra\n# \r x\nD=4\n");
    client.barrier();
    let found = client.diagnostics(&url).iter();
    let found: Vec<&Value> = found.filter(|d| d["code"] == "unknown-builder").collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["range"], on_line(1, 8, 15));
    let edits = [
        // In a line with a lone `\r`, after it.
        (range((0, 4), (0, 5)), "C"),
        // An editor that took each `\r` for a character says where it is.
        (range((0, 7), (0, 8)), ""),
        (range((2, 3), (2, 3)), "y"),
        // After the end of the line is its end.
        (range((3, 99), (3, 99)), "!"),
    ];
    for (version, (range, text)) in (2..).zip(edits) {
        client.change(&url, version, json!([{ "range": range, "text": text }]));
    }
    client.barrier();
    let expected = "A=1\rC=2\nBUILDER=fedorra\n# \ry x\nD=4!\n";
    assert_eq!(client.text(&url).as_deref(), Some(expected));
    client.replace(&url, 9, "A=1\r\nB=2\r\n");
    // Before the line's end, which is two characters.
    client.change(
        &url,
        10,
        json!([{ "range": range((0, 9), (0, 9)), "text": "0" }]),
    );
    client.barrier();
    assert_eq!(client.text(&url).as_deref(), Some("A=10\r\nB=2\r\n"));
    client.finish();
}

/// No range of an answer ends between the `\r` and the `\n` of a line's end.
#[test]
fn answers_leave_the_ends_of_lines_out() {
    let checkout = Checkout::of("contribution");
    let files: Vec<String> = checkout.files();
    let is_read = |path: &&String| path.ends_with(".sh") || path.ends_with(".nix");
    let files: Vec<&String> = files.iter().filter(is_read).collect();
    for path in &files {
        checkout.write(path, checkout.read(path).replace('\n', "\r\n"));
    }
    let mut client = session(&checkout);
    for path in files {
        let text = checkout.read(path);
        let lines: Vec<&str> = text.lines().collect();
        let url = client.open_file(&checkout, path, 1);
        client.barrier();
        for request in ["documentSymbol", "documentLink"] {
            let params = json!({ "textDocument": { "uri": url } });
            let answer = client.call(&format!("textDocument/{request}"), params);
            assert_no_line_ends(&answer, &lines, path);
        }
        let diagnostics = client.diagnostics(&url).to_vec();
        assert_no_line_ends(&Value::Array(diagnostics), &lines, path);
        for (line, content) in lines.iter().enumerate() {
            let at = json!({
                "textDocument": { "uri": url },
                "position": { "line": line, "character": content.trim_end().len() },
            });
            for request in ["hover", "documentHighlight"] {
                let answer = client.call(&format!("textDocument/{request}"), at.clone());
                assert_no_line_ends(&answer, &lines, path);
            }
        }
        client.close(&url);
    }
    client.finish();
}

fn assert_no_line_ends(answer: &Value, lines: &[&str], path: &str) {
    match answer {
        // A range in another file.
        Value::Object(fields) if fields.contains_key("uri") => {}
        Value::Object(fields) => {
            if let (Some(line), Some(character)) = (fields.get("line"), fields.get("character")) {
                let line = usize::try_from(line.as_u64().unwrap()).unwrap();
                let length = lines.get(line).map_or(0, |line| line.len());
                let character = usize::try_from(character.as_u64().unwrap()).unwrap();
                assert!(
                    character <= length,
                    "{path}: {line}:{character} of {length}"
                );
            }
            for value in fields.values() {
                assert_no_line_ends(value, lines, path);
            }
        }
        Value::Array(values) => {
            for value in values {
                assert_no_line_ends(value, lines, path);
            }
        }
        Value::String(text) => assert!(!text.contains('\r'), "{path}: {text:?}"),
        _ => {}
    }
}
