//! What happens on the disk: notified by clients that watch files, seen by the server where they do not.

use image_scripts_ls_tests::checkout::{Checkout, Folder, url};
use image_scripts_ls_tests::client::{
    Client, FileChange, PUBLISH_DIAGNOSTICS, REGISTER, Setup, UNREGISTER, everywhere,
};
use image_scripts_ls_tests::command::git;
use image_scripts_ls_tests::report::{checked, published};
use image_scripts_ls_tests::{program, start};
use serde_json::{Value, json};

const SPELT_WRONG: &str = "image-scripts/images/ubuntu-26.10/config.sh";

/// A client that watches files.
fn watching(setup: Setup, relative: bool) -> Setup {
    setup.quiet().watching(relative)
}

/// What the server wants to have watched.
#[derive(Debug)]
struct Watched {
    id: String,
    /// The base of each pattern, if it has one, and the pattern.
    patterns: Vec<(Option<String>, String)>,
}

impl Watched {
    /// Waits for the next registration.
    fn register(client: &mut Client) -> Watched {
        let request = client.server_request(REGISTER);
        client.respond(&request, Value::Null);
        let registrations = request.params["registrations"].as_array().unwrap();
        assert_eq!(registrations.len(), 1);
        let registration = &registrations[0];
        assert_eq!(registration["method"], "workspace/didChangeWatchedFiles");
        let watchers = registration["registerOptions"]["watchers"]
            .as_array()
            .unwrap()
            .iter();
        let patterns = watchers.map(|watcher| match &watcher["globPattern"] {
            Value::String(pattern) => (None, pattern.clone()),
            relative => {
                let text = |key: &str| relative[key].as_str().unwrap().to_owned();
                (Some(text("baseUri")), text("pattern"))
            }
        });
        Watched {
            id: registration["id"].as_str().unwrap().to_owned(),
            patterns: patterns.collect(),
        }
    }

    /// Whether a client tells of that file.
    fn covers(&self, url: &str) -> bool {
        self.patterns.iter().any(|(base, pattern)| match base {
            Some(base) => url
                .strip_prefix(&format!("{base}/"))
                .is_some_and(|path| matches(pattern, path)),
            None => matches(pattern, url.strip_prefix("file:///").unwrap()),
        })
    }
}

/// Globs of the protocol, as far as they are used: `{a,b}`, `*`, `**`.
fn matches(pattern: &str, path: &str) -> bool {
    if let Some((before, rest)) = pattern.split_once('{') {
        let (choices, after) = rest.split_once('}').unwrap();
        return choices
            .split(',')
            .any(|choice| matches(&format!("{before}{choice}{after}"), path));
    }
    let (pattern, path): (Vec<&str>, Vec<&str>) =
        (pattern.split('/').collect(), path.split('/').collect());
    matches_parts(&pattern, &path)
}

fn matches_parts(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**"], _) => true,
        (["**", rest @ ..], _) => {
            (0..=path.len()).any(|skipped| matches_parts(rest, &path[skipped..]))
        }
        ([part, rest @ ..], [name, names @ ..]) => {
            (part == name || *part == "*") && matches_parts(rest, names)
        }
        _ => false,
    }
}

/// Who tells of changes.
enum Teller {
    Client(Watched),
    Server,
}

/// A session, a checkout, and who tells the one of the other.
struct Scene {
    client: Client,
    // Dropped after the client, which would see that it is gone.
    checkout: Checkout,
    teller: Teller,
}

impl Scene {
    fn new(checkout: Checkout, client_watches: bool) -> Scene {
        let setup = Setup::at(&checkout);
        let mut client = start!(if client_watches {
            watching(setup, true)
        } else {
            setup.quiet()
        });
        let teller = if client_watches {
            Teller::Client(Watched::register(&mut client))
        } else {
            Teller::Server
        };
        Scene {
            checkout,
            client,
            teller,
        }
    }

    /// Both ways.
    fn both(fixture: &str) -> [Scene; 2] {
        [true, false].map(|client_watches| Scene::new(Checkout::of(fixture), client_watches))
    }

    /// These paths were changed, came or went: waits until the editor knows what `check` knows.
    fn changed(&mut self, changes: &[(&str, FileChange)]) {
        if let Teller::Client(watched) = &self.teller {
            let urls: Vec<String> = changes
                .iter()
                .map(|(path, _)| self.checkout.url(path))
                .collect();
            let changes: Vec<(&str, FileChange)> = urls
                .iter()
                .zip(changes)
                .map(|(url, (_, change))| (url.as_str(), *change))
                .collect();
            assert!(
                changes.iter().all(|(url, _)| watched.covers(url)),
                "{watched:?} {changes:?}"
            );
            self.client.files_changed(&changes);
        }
        let expected = checked(program!(), &self.checkout);
        self.client.wait_until("what `check` says now", |client| {
            published(client) == expected
        });
    }
}

#[test]
fn the_patterns_cover_the_known_places_and_no_more() {
    for (fixture, scripts) in [("contribution", "image-scripts/"), ("pre-2023", "")] {
        let mut scene = Scene::new(Checkout::of(fixture), true);
        let Teller::Client(watched) = &scene.teller else {
            panic!()
        };
        assert!(
            watched
                .patterns
                .iter()
                .all(|(base, _)| *base == Some(url(scene.checkout.root())))
        );
        let known = [
            "images/x",
            "images/x/abstract",
            "images/x/build.sh",
            "include/x.sh",
            "builders/x/setup.sh",
            "tests/x.sh",
        ];
        for path in known.map(|path| format!("{scripts}{path}")) {
            assert!(watched.covers(&scene.checkout.url(&path)), "{path}");
        }
        assert!(watched.covers(&scene.checkout.url(".image-scripts.toml")));
        for path in [
            ".git/index",
            "result/bin",
            "osctl/lib/x.rb",
            "image-scripts",
            "README.md",
        ] {
            assert!(!watched.covers(&scene.checkout.url(path)), "{path}");
        }
        if fixture == "contribution" {
            for path in [
                "os/configs/image-repository.nix",
                "tests/distributions.nix",
                "tests/all-tests.nix",
                "tests/suite/x/y.nix",
            ] {
                assert!(watched.covers(&scene.checkout.url(path)), "{path}");
            }
        }
        scene.client.barrier();
    }
}

#[test]
fn a_file_that_is_edited_outside() {
    for mut scene in Scene::both("contribution") {
        scene.checkout.edit(SPELT_WRONG, "ubunutu", "ubuntu");
        scene.changed(&[(SPELT_WRONG, FileChange::Changed)]);
        scene.checkout.edit(SPELT_WRONG, "ubuntu", "ubunutu");
        scene.changed(&[(SPELT_WRONG, FileChange::Changed)]);
        for path in ["os/configs/image-repository.nix", "tests/distributions.nix"] {
            scene.checkout.edit(path, "fedora", "fedorra");
            scene.changed(&[(path, FileChange::Changed)]);
        }
        // As many editors save: a new file takes the old one's place.
        scene.checkout.write(
            "image-scripts/images/debian-13/.config.sh.tmp",
            "BUILDER=fedorra\n",
        );
        let (new, old) = (
            "image-scripts/images/debian-13/.config.sh.tmp",
            "image-scripts/images/debian-13/config.sh",
        );
        std::fs::rename(scene.checkout.path(new), scene.checkout.path(old)).unwrap();
        scene.changed(&[(new, FileChange::Deleted), (old, FileChange::Changed)]);
        assert!(
            scene
                .client
                .codes(&scene.checkout.url(old))
                .contains(&"unknown-builder")
        );
        scene.client.finish();
    }
}

#[test]
fn a_script_that_is_broken_outside() {
    let directory = "image-scripts/images/ubuntu-26.10";
    for mut scene in Scene::both("contribution") {
        let good = scene.checkout.read(SPELT_WRONG);
        // Told of the file, and of the directory alone.
        for path in [SPELT_WRONG, directory] {
            scene
                .checkout
                .write(SPELT_WRONG, "if true ; then (\nBUILDER=devuan\n");
            scene.changed(&[(path, FileChange::Changed)]);
            scene.checkout.write(SPELT_WRONG, &good);
            scene.changed(&[(path, FileChange::Changed)]);
        }
        // Typed, and thrown away.
        let url = scene.client.open_file(&scene.checkout, SPELT_WRONG, 1);
        scene
            .checkout
            .write(SPELT_WRONG, "if true ; then (\nBUILDER=devuan\n");
        scene.client.replace(&url, 2, "if (\n");
        scene.client.close(&url);
        scene.changed(&[]);
        scene.client.finish();
    }
}

#[test]
fn a_script_that_is_being_typed() {
    let mut scene = Scene::new(Checkout::of("contribution"), true);
    let url = scene.client.open_file(&scene.checkout, SPELT_WRONG, 1);
    scene.client.replace(&url, 2, "BUILDER=ubunutu\nif (");
    scene.client.barrier();
    let typed = scene.client.diagnostics(&url).to_vec();
    assert!(scene.client.codes(&url).contains(&"unknown-builder"));
    // Whatever happens elsewhere, the facts are those of the last text that did parse.
    let other = "image-scripts/images/debian-13/extra.sh";
    scene.checkout.write(other, "true\n");
    let other = scene.checkout.url(other);
    scene
        .client
        .files_changed(&[(&other, FileChange::Created), (&url, FileChange::Changed)]);
    scene.client.barrier();
    assert_eq!(scene.client.diagnostics(&url), typed);
    scene.client.finish();
}

#[test]
fn a_marker_that_comes_and_goes() {
    let stray = "image-scripts/images/gentoo-musl-systemd/abstract";
    for mut scene in Scene::both("contribution") {
        assert_eq!(
            scene.client.codes(&scene.checkout.url(stray)),
            ["stray-abstract"]
        );
        scene.checkout.remove(stray);
        scene.changed(&[(stray, FileChange::Deleted)]);
        assert!(scene.client.codes(&scene.checkout.url(stray)).is_empty());
        scene.checkout.write(stray, "");
        scene.changed(&[(stray, FileChange::Created)]);
        assert_eq!(
            scene.client.codes(&scene.checkout.url(stray)),
            ["stray-abstract"]
        );
        scene.client.finish();
    }
}

#[test]
fn image_directories_that_come_and_go() {
    let directory = "image-scripts/images/debian-14";
    let config = "image-scripts/images/debian-14/config.sh";
    for mut scene in Scene::both("clean-2026") {
        scene.checkout.write(config, "BUILDER=fedorra\n");
        // Some tell of the directory alone.
        scene.changed(&[(directory, FileChange::Created)]);
        assert!(
            scene
                .client
                .codes(&scene.checkout.url(config))
                .contains(&"unknown-builder")
        );
        scene.checkout.write(
            "image-scripts/images/debian-14/build.sh",
            ". \"$IMAGEDIR/config.sh\"\n",
        );
        scene.changed(&[(
            "image-scripts/images/debian-14/build.sh",
            FileChange::Created,
        )]);
        scene.checkout.remove(directory);
        scene.changed(&[(directory, FileChange::Deleted)]);
        assert!(scene.client.codes(&scene.checkout.url(config)).is_empty());
        // And some of the files alone.
        scene.checkout.remove("image-scripts/images/debian-13");
        let files = [
            "image-scripts/images/debian-13/config.sh",
            "image-scripts/images/debian-13/build.sh",
        ];
        scene.changed(&files.map(|file| (file, FileChange::Deleted)));
        scene.client.finish();
    }
}

#[test]
fn links_that_come_and_go() {
    let link = "image-scripts/images/alpine-3.25";
    for mut scene in Scene::both("clean-2026") {
        let config = scene.checkout.url("image-scripts/images/alpine/config.sh");
        scene.checkout.link(link, "alpine");
        scene.changed(&[(link, FileChange::Created)]);
        assert!(
            scene
                .client
                .codes(&config)
                .contains(&"missing-repository-entry")
        );
        // It leads elsewhere.
        scene.checkout.remove(link);
        scene.checkout.link(link, "debian-13");
        scene.changed(&[(link, FileChange::Changed)]);
        scene.checkout.remove(link);
        scene.changed(&[(link, FileChange::Deleted)]);
        assert!(scene.client.codes(&config).is_empty());
        // A directory becomes a link, and one again.
        let directory = "image-scripts/images/debian-12";
        std::fs::rename(scene.checkout.path(directory), scene.checkout.path("aside")).unwrap();
        scene.checkout.link(directory, "debian-13");
        scene.changed(&[(directory, FileChange::Changed)]);
        scene.checkout.remove(directory);
        std::fs::rename(scene.checkout.path("aside"), scene.checkout.path(directory)).unwrap();
        scene.changed(&[(directory, FileChange::Changed)]);
        scene.client.finish();
    }
}

#[test]
fn another_branch() {
    for client_watches in [true, false] {
        let checkout = Checkout::of("clean-2024");
        let root = checkout.root().to_owned();
        git(&root, &["init", "-q"]);
        git(&root, &["add", "-A"]);
        git(&root, &["commit", "-qm", "2024"]);
        git(&root, &["checkout", "-qb", "newer"]);
        for path in ["image-scripts", "os", "tests"] {
            checkout.remove(path);
        }
        image_scripts_ls_tests::checkout::copy(
            &image_scripts_ls_tests::checkout::fixture("contribution"),
            &root,
        );
        git(&root, &["add", "-A"]);
        git(&root, &["commit", "-qm", "2026"]);
        git(&root, &["checkout", "-q", "--orphan", "nothing"]);
        git(&root, &["rm", "-rfq", "."]);
        checkout.write("image-scripts/images/x/config.sh", "BUILDER=x\n");
        checkout.write("image-scripts/include/common.sh", "");
        git(&root, &["add", "-A"]);
        git(&root, &["commit", "-qm", "nearly nothing"]);
        git(&root, &["checkout", "-q", "main"]);
        let mut scene = Scene::new(checkout, client_watches);
        // While git goes from one to the other, there may be no checkout for a moment.
        for request in ["client/unregisterCapability", "client/registerCapability"] {
            scene.client.respond_always(request, Value::Null);
        }
        let mut before = "main";
        for branch in ["newer", "main", "nothing", "newer", "nothing", "main"] {
            let names = git(
                &root,
                &["diff", "--name-only", "--no-renames", "-z", before, branch],
            );
            git(&root, &["checkout", "-q", branch]);
            let Teller::Client(watched) = &scene.teller else {
                scene.changed(&[]);
                continue;
            };
            // Clients tell of what is not watched, too, and do not know what became of a path.
            let names = names
                .split_terminator('\0')
                .filter(|path| watched.covers(&scene.checkout.url(path)));
            let changes: Vec<(&str, FileChange)> =
                names.map(|path| (path, FileChange::Changed)).collect();
            scene.changed(&changes);
            before = branch;
        }
        scene.client.finish();
    }
}

#[test]
fn whole_folders_that_go_and_come_back() {
    let mut scene = Scene::new(Checkout::of("contribution"), false);
    // Looked at before what the links lead to has come.
    scene.client.allow_warning("the link leads to nothing");
    let aside = Folder::new();
    for folder in [
        "os",
        "tests",
        "os/configs",
        "tests/suite",
        "image-scripts/include",
        "image-scripts/builders",
        "image-scripts/images",
    ] {
        let place = scene.checkout.path(folder);
        let kept = aside.path().join(folder.replace('/', "-"));
        image_scripts_ls_tests::checkout::copy(&place, &kept);
        scene.checkout.remove(folder);
        // Without images it is no checkout, for `check`.
        if folder != "image-scripts/images" {
            scene.changed(&[]);
        }
        image_scripts_ls_tests::checkout::copy(&kept, &place);
        scene.changed(&[]);
        // And what is in it is watched again.
        scene.checkout.edit(SPELT_WRONG, "ubunutu", "ubunutuu");
        scene
            .checkout
            .edit("os/configs/image-repository.nix", "\"26.04\"", "\"26.04x\"");
        scene.changed(&[]);
        scene.checkout.edit(SPELT_WRONG, "ubunutuu", "ubunutu");
        scene
            .checkout
            .edit("os/configs/image-repository.nix", "\"26.04x\"", "\"26.04\"");
        scene.changed(&[]);
    }
    scene.client.finish();
}

#[test]
fn folders_that_were_not_there() {
    let checkout = Checkout::of("contribution");
    checkout.remove("tests");
    checkout.remove("image-scripts/builders");
    let mut scene = Scene::new(checkout, false);
    let fixture = image_scripts_ls_tests::checkout::fixture("contribution");
    for folder in ["image-scripts/builders", "tests"] {
        image_scripts_ls_tests::checkout::copy(&fixture.join(folder), &scene.checkout.path(folder));
        scene.changed(&[]);
    }
    scene
        .checkout
        .edit("tests/distributions.nix", "fedora", "fedorra");
    scene.changed(&[]);
    scene.client.finish();
}

#[test]
fn settings_outside() {
    for mut scene in Scene::both("contribution") {
        scene.checkout.write(
            ".image-scripts.toml",
            "[rules]\nunknown-builder = \"off\"\n",
        );
        scene.changed(&[(".image-scripts.toml", FileChange::Created)]);
        assert!(
            !scene
                .client
                .codes(&scene.checkout.url(SPELT_WRONG))
                .contains(&"unknown-builder")
        );
        scene.checkout.remove(".image-scripts.toml");
        scene.changed(&[(".image-scripts.toml", FileChange::Deleted)]);
        scene.client.finish();
    }
}

#[test]
fn an_open_document_counts_more_than_its_file() {
    for mut scene in Scene::both("clean-2026") {
        let path = "image-scripts/images/debian-13/config.sh";
        let url = scene.client.open_file(&scene.checkout, path, 1);
        scene.client.barrier();
        let before = scene.client.take_published().len();
        scene.checkout.write(path, "BUILDER=fedorra\n");
        // Another file tells when the news have come.
        scene.checkout.write(
            "image-scripts/images/debian-12/config.sh",
            "BUILDER=fedorra\n",
        );
        if let Teller::Client(_) = scene.teller {
            let other = scene
                .checkout
                .url("image-scripts/images/debian-12/config.sh");
            scene
                .client
                .files_changed(&[(&url, FileChange::Changed), (&other, FileChange::Changed)]);
        }
        let other = scene
            .checkout
            .url("image-scripts/images/debian-12/config.sh");
        scene
            .client
            .wait_until("the other file's findings", |client| {
                client.codes(&other).contains(&"unknown-builder")
            });
        assert!(scene.client.codes(&url).is_empty() && before > 0);
        scene.client.close(&url);
        scene.client.barrier();
        assert!(scene.client.codes(&url).contains(&"unknown-builder"));
        scene.client.finish();
    }
}

#[test]
fn news_of_anything_else() {
    let mut scene = Scene::new(Checkout::of("contribution"), true);
    let urls = [
        "",
        "image-scripts/images",
        "image-scripts",
        ".git/index",
        "../elsewhere",
        "image-scripts/images/debian-13",
    ];
    scene.client.take_published();
    for path in urls {
        for change in [
            FileChange::Created,
            FileChange::Changed,
            FileChange::Deleted,
        ] {
            scene
                .client
                .files_changed(&[(&scene.checkout.url(path), change)]);
        }
    }
    scene.client.files_changed(&[
        ("untitled:x", FileChange::Changed),
        ("file:///", FileChange::Deleted),
    ]);
    scene.client.files_changed(&[]);
    scene.client.barrier();
    assert_eq!(scene.client.take_published(), []);
    scene.client.finish();
}

#[test]
fn a_folder_below_the_root() {
    for folder in [
        "image-scripts",
        "image-scripts/images",
        "image-scripts/images/debian-13",
        "os/configs",
        "tests",
    ] {
        let checkout = Checkout::of("contribution");
        // With relative patterns the client can watch above its folder; without, the server does.
        for relative in [true, false] {
            let setup = watching(Setup::folder(&checkout.path(folder)), relative);
            let mut client = start!(setup);
            assert_eq!(
                published(&client),
                checked(program!(), &checkout),
                "{folder}"
            );
            if relative {
                let watched = Watched::register(&mut client);
                assert!(watched.covers(&checkout.url("os/configs/image-repository.nix")));
            } else {
                checkout.edit(SPELT_WRONG, "ubunutu", "ubuntu");
                let expected = checked(program!(), &checkout);
                client.wait_until("what was edited outside", |client| {
                    published(client) == expected
                });
            }
            client.finish();
        }
    }
}

#[test]
fn a_client_that_watches_without_relative_patterns() {
    let checkout = Checkout::of("contribution");
    let mut client = start!(watching(Setup::at(&checkout), false));
    let watched = Watched::register(&mut client);
    assert!(
        watched.patterns.iter().all(|(base, _)| base.is_none()),
        "{watched:?}"
    );
    for path in [
        SPELT_WRONG,
        "os/configs/image-repository.nix",
        "tests/distributions.nix",
        ".image-scripts.toml",
    ] {
        assert!(watched.covers(&checkout.url(path)), "{path}");
    }
    client.finish();
}

/// Two checkouts in one folder.
fn two_checkouts() -> (Checkout, Checkout) {
    let one = Checkout::below(Folder::new(), "one", "contribution");
    let two = Checkout::beside(&one, "two", "contribution");
    (one, two)
}

#[test]
fn a_folder_above_two_checkouts() {
    let (one, two) = two_checkouts();
    let above = one.root().parent().unwrap();
    let mut client = start!(Setup::folder(above).quiet());
    for checkout in [&one, &two] {
        assert!(
            client
                .codes(&checkout.url(SPELT_WRONG))
                .contains(&"unknown-builder")
        );
    }
    let both = published(&client).len();
    assert_eq!(both, 2 * checked(program!(), &one).len());
    // One of them is edited, in the editor and outside.
    let url = client.open_file(&one, SPELT_WRONG, 1);
    client.replace(&url, 2, "BUILDER=ubuntu\n");
    client.barrier();
    assert!(!client.codes(&url).contains(&"unknown-builder"));
    assert!(
        client
            .codes(&two.url(SPELT_WRONG))
            .contains(&"unknown-builder")
    );
    two.edit(SPELT_WRONG, "ubunutu", "ubuntu");
    let other = two.url(SPELT_WRONG);
    client.wait_until("what was edited outside", |client| {
        !client.codes(&other).contains(&"unknown-builder")
    });
    client.finish();
}

#[test]
fn several_folders() {
    let (one, two) = two_checkouts();
    // One of them twice, and one by a place in it.
    let urls = [
        url(one.root()),
        url(one.root()),
        one.url("image-scripts/images"),
        two.url("tests"),
    ];
    let client = start!(Setup::folders(urls.iter().map(String::as_str)).quiet());
    let images = client
        .infos()
        .iter()
        .filter(|line| line.contains("images"))
        .count();
    assert_eq!(
        (images, published(&client).len()),
        (2, 2 * checked(program!(), &one).len())
    );
    client.finish();
}

fn folders_changed(client: &mut Client, added: &[&str], removed: &[&str]) {
    let folders = |urls: &[&str]| -> Vec<Value> {
        urls.iter()
            .map(|url| json!({ "uri": url, "name": "x" }))
            .collect()
    };
    let event = json!({ "added": folders(added), "removed": folders(removed) });
    client.notify(
        "workspace/didChangeWorkspaceFolders",
        json!({ "event": event }),
    );
    client.barrier();
}

#[test]
fn folders_that_come_and_go() {
    let (one, two) = two_checkouts();
    let (first, second) = (url(one.root()), url(two.root()));
    let mut client = start!(Setup::folder(one.root()).quiet());
    let all = checked(program!(), &one).len();
    assert_eq!(published(&client).len(), all);
    folders_changed(&mut client, &[&second], &[]);
    assert_eq!(published(&client).len(), 2 * all);
    folders_changed(&mut client, &[], &[&first]);
    assert_eq!(published(&client), checked(program!(), &two));
    // A folder that is needed by another one stays.
    folders_changed(&mut client, &[&two.url("image-scripts/images")], &[&second]);
    assert_eq!(published(&client), checked(program!(), &two));
    folders_changed(&mut client, &[], &[&two.url("image-scripts/images")]);
    assert_eq!(published(&client), []);
    // What goes on there concerns nobody any more.
    client.take_published();
    client.files_changed(&[(&two.url(SPELT_WRONG), FileChange::Changed)]);
    client.barrier();
    assert_eq!(client.take_published(), []);
    folders_changed(&mut client, &[&first], &[]);
    assert_eq!(published(&client), checked(program!(), &one));
    client.finish();
}

#[test]
fn a_folder_that_goes_with_open_documents_and_a_folder_that_is_deleted() {
    let checkout = Checkout::of("clean-2026");
    let first = url(checkout.root());
    let mut client = start!(Setup::folder(checkout.root()).quiet());
    let alias = client.open_file(&checkout, "image-scripts/images/alpine-3.24/config.sh", 1);
    client.replace(&alias, 2, "BUILDER=fedorra\n");
    client.barrier();
    assert!(!client.codes(&alias).is_empty());
    folders_changed(&mut client, &[], &[&first]);
    assert_eq!(client.with_findings(), Vec::<&str>::new());
    client.replace(&alias, 3, "BUILDER=fedorrra\n");
    assert!(client.actions(&alias, &everywhere()).is_empty());
    folders_changed(&mut client, &[&first], &[]);
    assert!(client.codes(&alias).contains(&"unknown-builder"));
    assert_eq!(client.text(&alias).as_deref(), Some("BUILDER=fedorrra\n"));
    client.close(&alias);
    // Deleted first, then taken out of the workspace.
    std::fs::remove_dir_all(checkout.root()).unwrap();
    folders_changed(&mut client, &[], &[&first]);
    assert_eq!(client.with_findings(), Vec::<&str>::new());
    client.finish();
}

#[test]
fn a_folder_that_goes_is_watched_no_more() {
    let (one, two) = two_checkouts();
    let mut client = start!(watching(Setup::folder(one.root()), true));
    let first = Watched::register(&mut client);
    folders_changed(&mut client, &[&url(two.root())], &[]);
    let second = Watched::register(&mut client);
    assert_ne!(first.id, second.id);
    folders_changed(&mut client, &[], &[&url(one.root())]);
    let request = client.server_request(UNREGISTER);
    client.respond(&request, Value::Null);
    let registration = json!({ "id": first.id, "method": "workspace/didChangeWatchedFiles" });
    // The protocol has it spelt this way.
    assert_eq!(request.params["unregisterations"], json!([registration]));
    client.finish();
}

#[test]
fn a_client_that_refuses_to_watch() {
    let checkout = Checkout::of("clean-2024");
    let mut client = start!(watching(Setup::at(&checkout), true));
    let request = client.server_request(REGISTER);
    let error = json!({ "code": -32603, "message": "not today" });
    client.send(&json!({ "jsonrpc": "2.0", "id": request.id, "error": error }));
    client.warning(&["does not watch", "not today"]);
    client.allow(PUBLISH_DIAGNOSTICS);
    client.finish();
}
