//! `verify IMAGE` against servers of the test's own: what becomes of each thing that a server may say, what is
//! written, and that nobody else is contacted. How vendors' listings are read is tested in the crate.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;
use image_scripts_ls_tests::checkout::{Checkout, Folder};
use image_scripts_ls_tests::command::{Output, commit_all, output_of};
use image_scripts_ls_tests::program;
use image_scripts_ls_tests::system_calls::traced;
use image_scripts_ls_tests::upstream::{
    ROCKY_METADATA, ROCKY_PACKAGE, Request, Response, Server, listing, repository_metadata, rocky,
    rpm,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection};
use serde_json::{Value, json};

const BUILD: &str = "image-scripts/images/rocky-9/build.sh";

/// A checkout, a server that its images ask, and a cache that nobody else has.
struct Scene {
    checkout: Checkout,
    server: Server,
    cache: Folder,
}

impl Scene {
    fn new(respond: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Scene {
        let checkout = Checkout::of("clean-2026");
        let server = Server::new(respond);
        server.serves(&checkout);
        Scene {
            checkout,
            server,
            cache: Folder::new(),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program!());
        command
            .current_dir(self.checkout.root())
            .arg("verify")
            .args(arguments)
            .args(["--today", "2026-11-01"])
            .env("NO_COLOR", "1")
            .env("XDG_CACHE_HOME", self.cache.path());
        for proxy in [
            "http_proxy",
            "https_proxy",
            "all_proxy",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
        ] {
            command.env_remove(proxy);
        }
        command
    }

    fn verify(&self, arguments: &[&str]) -> Output {
        output_of(&mut self.command(arguments), "", "cargo build")
    }

    /// Asks about one image.
    fn ask(&self, arguments: &[&str]) -> Output {
        self.verify(&[&["rocky-9", "--allow-private"], arguments].concat())
    }

    /// Returns the line of the image in the table, with the server left out.
    fn line(&self) -> String {
        self.line_of(&self.ask(&[]))
    }

    fn line_of(&self, output: &Output) -> String {
        let text = output.stdout.replace(&self.server.address(""), "");
        let line = text.lines().find(|line| line.starts_with("rocky-9  "));
        let line = line.unwrap_or_else(|| panic!("{output:?}"));
        line.split("  ")
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(": ")
    }
}

/// Returns a server of Rocky that says something else of one path.
fn but(
    path: &'static str,
    respond: impl Fn(&Request) -> Response + Send + Sync + 'static,
) -> Scene {
    Scene::new(move |request| match request.path == path {
        true => respond(request),
        false => rocky(&request.path),
    })
}

/// Asserts what becomes of an image if its server says something of its package.
fn check(response: impl Fn(&Request) -> Response + Send + Sync + 'static, expected: &str) {
    assert_eq!(but(ROCKY_PACKAGE, response).line(), expected);
}

#[test]
fn what_is_there() {
    check(|_| rpm(), "rocky-9: up to date");
    // Its first bytes tell what it is, not what the server calls it.
    check(
        |_| rpm().header("Content-Type", "text/html"),
        "rocky-9: up to date",
    );
    check(
        |_| Response::endless(&b"\xed\xab\xee\xdb"[..]),
        "rocky-9: up to date",
    );
    check(
        |request| match request.headers.contains("range: bytes=0-511") {
            true => rpm().with_status(206),
            false => Response::status(200),
        },
        "rocky-9: up to date",
    );
    // Some servers have no head of what they have.
    check(
        |request| match request.method.as_str() {
            "HEAD" => Response::status(405),
            _ => rpm(),
        },
        "rocky-9: up to date",
    );
}

#[test]
fn what_is_not_there() {
    check(|_| Response::status(404), "rocky-9: gone");
    check(|_| Response::status(410), "rocky-9: gone");
    let page = "<!DOCTYPE html>\n<html><head><title>Not Found</title></head></html>\n";
    check(move |_| Response::page(page), "rocky-9: gone");
    check(|_| Response::page(""), "rocky-9: gone");
    let page = but(ROCKY_PACKAGE, move |_| Response::page(page)).ask(&["--format", "concise"]);
    assert_eq!(page.status, 1);
    let found = page.stdout.lines().next().unwrap();
    assert!(
        found.starts_with(&format!("{BUILD}:7:9: warning[dead-url] http://127.0.0.1:")),
        "{found}"
    );
    assert!(found.ends_with(".noarch.rpm is no RPM package"), "{found}");
}

#[test]
fn what_tells_nothing() {
    check(
        |_| Response::status(403),
        &format!("rocky-9: unknown: {ROCKY_PACKAGE}: status 403"),
    );
    check(
        |_| Response::status(429).header("Retry-After", "3600"),
        &format!("rocky-9: unknown: {ROCKY_PACKAGE}: status 429"),
    );
    check(
        |request| Response::moved(&request.path),
        &format!("rocky-9: unknown: {ROCKY_PACKAGE}: too many redirects"),
    );
    for response in [Response::silence(), Response::slowly([b' '; 600])] {
        let scene = but(ROCKY_PACKAGE, move |_| response.clone());
        let line = scene.line_of(&scene.ask(&["--timeout", "1"]));
        assert!(
            line.starts_with("rocky-9: unknown: ") && line.contains("timeout"),
            "{line}"
        );
    }
    let scene = but(ROCKY_PACKAGE, |_| Response::status(403));
    assert_eq!(
        scene.ask(&["--fail-on", "hint"]).status,
        0,
        "what is unknown is no finding"
    );
}

#[test]
fn what_is_there_in_the_end() {
    let scene = Scene::new(|request| match request.path.as_str() {
        ROCKY_PACKAGE => Response::moved("/a/package"),
        "/a/package" => Response::moved("../b/package").with_status(302),
        "/a/../b/package" | "/b/package" => rpm(),
        path => rocky(path),
    });
    assert_eq!(scene.line(), "rocky-9: up to date");
    let again = |status: u16| {
        move |request: &Request| match request.before {
            0 => Response::status(status).header("Retry-After", "0"),
            _ => rpm(),
        }
    };
    for status in [429, 500, 503] {
        check(again(status), "rocky-9: up to date");
    }
    // It says when, by its own clock.
    check(
        |request| match request.before {
            0 => Response::status(503)
                .header("Date", "Sun, 06 Nov 1994 08:49:37 GMT")
                .header("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"),
            _ => rpm(),
        },
        "rocky-9: up to date",
    );
}

#[test]
fn pages_are_bounded() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![b' '; 64 << 20]).unwrap();
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 1 << 20);
    let bomb = Response::page(bomb).header("Content-Encoding", "gzip");
    for response in [Response::endless("<repomd>"), bomb] {
        let scene = but(ROCKY_METADATA, move |_| response.clone());
        assert_eq!(
            scene.line(),
            format!("rocky-9: unknown: {ROCKY_METADATA}: the page is too long")
        );
    }
}

/// Nobody is asked whose address is a private one: not here, and not elsewhere.
#[test]
fn private_addresses() {
    let scene = Scene::new(|request| rocky(&request.path));
    let output = scene.verify(&["rocky-9"]);
    assert_eq!(output.status, 0, "{output:?}");
    let reason = "not asked, because it is an address of a private network";
    assert!(output.stdout.contains(reason), "{output:?}");
    assert_eq!(scene.server.requests().len(), 0);
    // Nor where a public server leads. A proxy plays that one.
    let scene = Scene::new(|request| match request.path.as_str() {
        ROCKY_PACKAGE => Response::moved("http://10.0.0.1/secret"),
        path => rocky(path),
    });
    let text = scene.checkout.read(BUILD);
    scene.checkout.write(
        BUILD,
        text.replace(&scene.server.address(""), "http://mirror.example.org"),
    );
    let mut command = scene.command(&["rocky-9"]);
    command.env("http_proxy", scene.server.address(""));
    let output = output_of(&mut command, "", "cargo build");
    assert!(
        output
            .stdout
            .contains(&format!("http://10.0.0.1/secret: {reason}")),
        "{output:?}"
    );
    let requests = scene.server.requests();
    assert!(
        requests
            .iter()
            .all(|request| !request.path.contains("10.0.0.1")),
        "{requests:?}"
    );
}

/// A server whose certificate nobody vouches for is none.
#[test]
fn wrong_certificates() {
    let scene = Scene::new(|request| rocky(&request.path));
    let port = tls_server();
    let text = scene.checkout.read(BUILD);
    let secure = format!("https://127.0.0.1:{port}");
    scene
        .checkout
        .write(BUILD, text.replace(&scene.server.address(""), &secure));
    let output = scene.ask(&[]);
    assert_eq!(output.status, 0, "{output:?}");
    assert!(
        output.stdout.contains("invalid peer certificate"),
        "{output:?}"
    );
    assert!(output.stdout.contains("\n1 unknown\n"), "{output:?}");
}

/// A server with a certificate that it has made itself. Returns its port.
fn tls_server() -> u16 {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut connection = ServerConnection::new(config.clone()).unwrap();
            let _ = connection.complete_io(&mut stream.unwrap());
        }
    });
    port
}

/// The servers of the images, and nobody else: no name is looked up, and without asking nobody at all.
#[test]
fn nobody_else_is_contacted() {
    let scene = Scene::new(|request| rocky(&request.path));
    commit_all(scene.checkout.root(), "base");
    let folder = Folder::new();
    let kept = folder.path().to_str().unwrap();
    let port = format!("htons({})", scene.server.port());
    let connections = |arguments: &[&str]| {
        let log = folder.path().join("log");
        let options = ["-e", "trace=connect,sendto,sendmsg,sendmmsg"];
        let mut strace = traced(&scene.command(arguments), &options, &log);
        let output = output_of(&mut strace, "", "apt-get install strace");
        assert!(output.status < 2, "{output:?}");
        let log = fs::read_to_string(log).unwrap();
        // The kernel says which kinds of addresses there are; sockets that are connected send.
        let is_own = |line: &&str| line.contains("AF_NETLINK") || line.contains("NULL, 0)");
        let lines = log
            .lines()
            .filter(|line| line.contains('(') && !is_own(line));
        lines
            .filter(|line| !line.contains("resumed>"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let asked = connections(&["rocky-9", "--allow-private", "--record", kept]);
    assert!(!asked.is_empty());
    for line in asked {
        assert!(
            line.contains("connect(") && line.contains("AF_INET") && line.contains(&port),
            "{line}"
        );
    }
    for arguments in [
        &["--list"][..],
        &["rocky-9", "--list"],
        &["rocky-9", "--offline", kept],
        // Private ones are not even tried.
        &["rocky-9"],
    ] {
        assert_eq!(
            connections(arguments),
            <[&str; 0]>::default(),
            "{arguments:?}"
        );
    }
}

/// Nothing is written into a checkout but by `--write`.
#[test]
fn what_servers_say_is_not_kept_in_the_checkout() {
    let scene = Scene::new(|request| rocky(&request.path));
    for folder in [".", "kept/deep", "image-scripts/../kept"] {
        let output = scene.ask(&["--record", folder]);
        assert_eq!(output.status, 2, "{output:?}");
        assert!(
            output.stderr.contains("outside of the checkout"),
            "{output:?}"
        );
        assert!(!scene.checkout.root().join("kept").exists());
    }
    assert_eq!(scene.server.requests().len(), 0);
}

#[test]
fn what_was_kept_is_said_again() {
    let scene = Scene::new(|request| match request.path.as_str() {
        "/rocky/9.9/BaseOS/x86_64/os/Packages/r/" => {
            listing(&["rocky-release-9.9-1.2.el9.noarch.rpm"])
        }
        "/rocky/9.9/BaseOS/x86_64/os/repodata/repomd.xml"
        | "/rocky/9.9/AppStream/x86_64/os/repodata/repomd.xml" => repository_metadata(),
        path => rocky(path),
    });
    let folder = Folder::new();
    let kept = folder.path().join("deep/kept");
    let kept = kept.to_str().unwrap();
    let record = scene.ask(&["--record", kept, "--format", "json"]);
    let asked = scene.server.requests().len();
    let offline = ["rocky-9", "--offline", kept, "--format", "json"];
    let again = scene.verify(&offline);
    assert_eq!(
        (again.status, &again.stdout),
        (record.status, &record.stdout)
    );
    assert_eq!(scene.server.requests().len(), asked);
    let report: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(report["findings"][0]["code"], "newer-release");
    assert_eq!(report["images"][0]["state"], "update");
    // Another image was not asked about, and is added.
    let other = ["rocky-8", "--offline", kept];
    assert!(scene.verify(&other).stdout.contains("not in the archive"));
    let both = ["rocky-8", "--allow-private", "--record", kept];
    scene.verify(&both);
    assert_eq!(scene.verify(&offline).stdout, record.stdout);
    assert!(!scene.verify(&other).stdout.contains("not in the archive"));
    // What is none is neither read nor replaced.
    let file = Path::new(kept).join("replies.json");
    fs::write(&file, "{}").unwrap();
    for arguments in [&offline[..], &both] {
        let output = scene.verify(arguments);
        assert_eq!(output.status, 2, "{output:?}");
        assert!(output.stderr.contains("replies.json"), "{output:?}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "{}");
}

#[test]
fn pages_are_asked_for_again_only_if_they_have_changed() {
    let scene = Scene::new(|request| {
        let is_known = request.headers.contains("if-none-match: \"one\"");
        match (is_known, rocky(&request.path)) {
            (true, _) => Response::status(304),
            (false, found) => found.header("ETag", "\"one\""),
        }
    });
    let count = || {
        scene
            .server
            .requests()
            .iter()
            .filter(|r| r.headers.contains("if-none-match"))
            .count()
    };
    assert_eq!(scene.line(), "rocky-9: up to date");
    assert_eq!(count(), 0);
    assert_eq!(scene.line(), "rocky-9: up to date");
    assert!(count() >= 4, "{:?}", scene.server.requests());
    // Another text is as good as none.
    let before = count();
    let cache = scene.cache.path().join("image-scripts-ls/upstream");
    for entry in fs::read_dir(cache).unwrap() {
        fs::write(entry.unwrap().path(), "something else").unwrap();
    }
    assert_eq!(scene.line(), "rocky-9: up to date");
    assert_eq!(count(), before);
}

#[test]
fn what_is_newer_is_written() {
    let scene = Scene::new(|request| rocky(&request.path));
    let older = scene
        .checkout
        .read(BUILD)
        .replace("9.8", "9.7")
        .replace("1.5.el9", "1.3.el9");
    scene.checkout.write(BUILD, &older);
    commit_all(scene.checkout.root(), "base");
    let asked = scene.ask(&["--fail-on", "information"]);
    assert_eq!(asked.status, 1, "{asked:?}");
    assert_eq!(scene.checkout.read(BUILD), older);
    let output = scene.ask(&["--fail-on", "information", "--write"]);
    assert_eq!(output.status, 0, "{output:?}");
    let newer = older.replace("9.7", "9.8").replace("1.3.el9", "1.5.el9");
    assert_eq!(scene.checkout.read(BUILD), newer);
    assert!(
        output
            .stdout
            .contains("\n  Commit as\n      image-scripts: update rocky-9 to 9.8\n\n      "),
        "{output:?}"
    );
    // What upstream has is confirmed, and the date said.
    let settings = scene.checkout.read(".image-scripts.toml");
    let expected = format!(
        "[verified.\"rocky-9\"]\n\
         RELEASE = \"{}\" # asked upstream on 2026-11-01\n\
         MIRROR = \"{}\" # asked upstream on 2026-11-01\n",
        scene.server.address(ROCKY_PACKAGE),
        scene.server.address("/rocky/9.8"),
    );
    assert_eq!(settings, expected);
    assert!(
        output
            .stdout
            .contains("rocky-9/MIRROR is right: upstream has it\n"),
        "{output:?}"
    );
    assert_eq!(scene.line(), "rocky-9: up to date");
}

#[test]
fn comments_and_settings_silence() {
    let scene = but(ROCKY_PACKAGE, |_| Response::status(404));
    assert_eq!(scene.ask(&[]).status, 1);
    let text = scene.checkout.read(BUILD);
    let comment = "# image-scripts: ignore[dead-url] it comes back\nRELEASE=";
    scene
        .checkout
        .write(BUILD, text.replace("RELEASE=", comment));
    assert_eq!(scene.ask(&["--format", "concise"]).stdout, "");
    let mut check = Command::new(program!());
    check
        .current_dir(scene.checkout.root())
        .args(["check", "--no-bash", "--today", "2026-11-01"]);
    output_of(&mut check, "", "cargo build").ok();
    scene.checkout.write(BUILD, &text);
    scene
        .checkout
        .write(".image-scripts.toml", "[rules]\ndead-url = \"hint\"\n");
    let output = scene.ask(&["--format", "concise"]);
    assert_eq!(output.status, 0);
    assert!(output.stdout.contains(": hint[dead-url] "), "{output:?}");
}

#[test]
fn what_cannot_be_asked_about() {
    let scene = Scene::new(|request| rocky(&request.path));
    for (arguments, message) in [
        (&["rocky-99"][..], "there is no image `rocky-99`"),
        (&["debian"], "`debian` is a builder"),
        (
            &["--allow-private"],
            "name images, or pass `--all` or `--new`",
        ),
        (
            &["--write", "--list"],
            "name images, or pass `--all` or `--new`",
        ),
        (
            &["rocky-9", "--offline", "nowhere"],
            "nowhere/replies.json: ",
        ),
        (&["--list", "--format", "sarif"], "as text or JSON"),
    ] {
        let output = scene.verify(arguments);
        assert_eq!(output.status, 2, "{arguments:?}: {output:?}");
        assert!(output.stderr.contains(message), "{arguments:?}: {output:?}");
    }
}

#[test]
fn what_is_out_and_has_no_image() {
    let scene = Scene::new(|request| match request.path.as_str() {
        "/fedora/releases/" => listing(&["43/", "44/", "45/", "46/"]),
        path if path.starts_with("/fedora/releases/45/") => match path.ends_with("repomd.xml") {
            true => repository_metadata(),
            false => listing(&[
                "fedora-release-45-7.noarch.rpm",
                "fedora-release-common-45-7.noarch.rpm",
                "fedora-release-identity-basic-45-7.noarch.rpm",
            ]),
        },
        path => rocky(path),
    });
    let ask = |arguments: &[&str]| {
        let mut command = scene.command(&[&["--new", "--allow-private"], arguments].concat());
        // Vendors say elsewhere what is out: nobody is asked there.
        command.env("http_proxy", scene.server.address(""));
        let output = output_of(&mut command, "", "cargo build");
        assert!(output.status < 2, "{output:?}");
        output.stdout.replace(&scene.server.address(""), "")
    };
    let text = ask(&[]);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("fedora "))
        .collect();
    let half = "/fedora/releases/46/Everything/x86_64/os/repodata/repomd.xml";
    let expected = [
        &format!("fedora 46 is out, says /fedora/releases/, and not all of it is there: {half}"),
        "fedora 45 is out, says /fedora/releases/: `image-scripts-ls new fedora-45`",
    ];
    assert_eq!(lines, expected, "{text}");
    let report: Value = serde_json::from_str(&ask(&["--format", "json"])).unwrap();
    let of_fedora = |release: &&Value| release["distribution"] == "fedora";
    let all = report["new"].as_array().unwrap();
    let found: Vec<(&Value, &Value)> = all
        .iter()
        .filter(of_fedora)
        .map(|new| (&new["command"], &new["like"]))
        .collect();
    let like = Value::from("fedora-44");
    let command = json!(["new", "fedora-45"]);
    assert_eq!(found, [(&Value::Null, &like), (&command, &like)]);
}
