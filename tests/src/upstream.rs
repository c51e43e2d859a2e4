//! A vendor's server on this machine, with pages that a test writes, and a checkout whose images ask it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::checkout::Checkout;

/// What a server is asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET` or `HEAD`, or `CONNECT` of a proxy.
    pub method: String,
    /// The path, or the host that a proxy is asked for.
    pub path: String,
    /// The headers, in small letters.
    pub headers: String,
    /// How often the same has been asked before.
    pub before: usize,
}

/// What a server says.
#[derive(Debug, Clone)]
pub struct Response {
    status: u16,
    headers: String,
    body: Body,
}

#[derive(Debug, Clone)]
enum Body {
    Bytes(Vec<u8>),
    /// Nothing comes, not even a head.
    Silence,
    /// Byte by byte, with time between them.
    Trickle(Vec<u8>),
    /// The bytes, and something after them for as long as somebody reads.
    Endless(Vec<u8>),
}

impl Response {
    /// A page, or a file.
    pub fn page(body: impl Into<Vec<u8>>) -> Response {
        Response {
            status: 200,
            headers: String::new(),
            body: Body::Bytes(body.into()),
        }
    }

    /// Nothing but a status.
    pub fn status(status: u16) -> Response {
        Response::page("").with_status(status)
    }

    /// It is elsewhere.
    pub fn moved(to: &str) -> Response {
        Response::status(301).header("Location", to)
    }

    /// Nothing, for as long as somebody waits.
    pub fn silence() -> Response {
        Response {
            body: Body::Silence,
            ..Response::page("")
        }
    }

    /// One that comes slowly.
    pub fn slowly(body: impl Into<Vec<u8>>) -> Response {
        Response {
            body: Body::Trickle(body.into()),
            ..Response::page("")
        }
    }

    /// One that has no end.
    pub fn endless(body: impl Into<Vec<u8>>) -> Response {
        Response {
            body: Body::Endless(body.into()),
            ..Response::page("")
        }
    }

    /// Gives it another status.
    #[must_use]
    pub fn with_status(self, status: u16) -> Response {
        Response { status, ..self }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Response {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    fn write(&self, request: &Request, stream: &mut TcpStream) -> std::io::Result<()> {
        let Response {
            status,
            headers,
            body,
        } = self;
        let mut head = format!("HTTP/1.1 {status} Said\r\nConnection: close\r\n{headers}");
        if let Body::Bytes(bytes) = body {
            head.push_str(&format!("Content-Length: {}\r\n", bytes.len()));
        }
        head.push_str("\r\n");
        if let Body::Silence = body {
            // Until the other side goes away.
            return stream.read(&mut [0]).map(drop);
        }
        stream.write_all(head.as_bytes())?;
        match body {
            _ if request.method == "HEAD" => Ok(()),
            Body::Silence => Ok(()),
            Body::Bytes(bytes) => stream.write_all(bytes),
            Body::Trickle(bytes) => {
                // A timeout that serves as a clock: nothing comes from the other side.
                stream.set_read_timeout(Some(Duration::from_millis(50)))?;
                bytes.iter().try_for_each(|byte| {
                    stream.write_all(&[*byte])?;
                    match stream.read(&mut [0]) {
                        Ok(0) => Err(std::io::ErrorKind::BrokenPipe.into()),
                        _ => Ok(()),
                    }
                })
            }
            Body::Endless(bytes) => {
                stream.write_all(bytes)?;
                let more = [b' '; 4096];
                loop {
                    stream.write_all(&more)?;
                }
            }
        }
    }
}

/// A server on a free port of this machine. Its thread ends with the tests.
pub struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// A server that says what `respond` makes of each request.
    pub fn new(respond: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let (all, respond) = (requests.clone(), Arc::new(respond));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (all, respond) = (all.clone(), respond.clone());
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    while let Some(request) = next_request(&mut stream, &all) {
                        // A proxy passes on what comes next, where it can read that.
                        if request.method == "CONNECT" && request.path.ends_with(":443") {
                            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n");
                            break;
                        }
                        if request.method == "CONNECT" {
                            let _ = stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n");
                            continue;
                        }
                        let _ = respond(&request).write(&request, &mut stream);
                        break;
                    }
                });
            }
        });
        Server { port, requests }
    }

    /// Returns the address of a path.
    pub fn address(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns what was asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// Returns how often a method was used on a path.
    pub fn count(&self, method: &str, path: &str) -> usize {
        let is_same = |request: &&Request| request.method == method && request.path == path;
        self.requests().iter().filter(is_same).count()
    }

    /// Has the images of a checkout ask this server, in place of the mirror of the fixtures.
    pub fn serves(&self, checkout: &Checkout) {
        for path in checkout.files() {
            let is_script = path.starts_with("image-scripts/") && path.ends_with(".sh");
            if !is_script {
                continue;
            }
            let text = checkout.read(&path);
            let mirror = "https://mirror.example.org";
            if text.contains(mirror) {
                checkout.write(&path, text.replace(mirror, &self.address("")));
            }
        }
    }
}

/// Reads a request up to the empty line.
fn next_request(stream: &mut TcpStream, all: &Mutex<Vec<Request>>) -> Option<Request> {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") {
        if !matches!(stream.read(&mut byte), Ok(1)) {
            return None;
        }
        text.extend(byte);
    }
    let text = String::from_utf8(text).unwrap();
    let (first, headers) = text.split_once("\r\n").unwrap();
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let mut all = all.lock().unwrap();
    let same = all
        .iter()
        .filter(|r| (&r.method, &r.path) == (&method, &path));
    let request = Request {
        before: same.count(),
        method,
        path,
        headers: headers.to_ascii_lowercase(),
    };
    all.push(request.clone());
    Some(request)
}

/// Returns the listing of a directory, as nginx writes it.
pub fn listing(names: &[&str]) -> Response {
    let links = names
        .iter()
        .map(|name| format!("<a href=\"{name}\">{name}</a>  26-May-2026 10:12  -\n"));
    let links: String = links.collect();
    let title = "Index of /";
    Response::page(format!(
        "<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1><hr><pre><a href=\"../\">../</a>\n{links}</pre></body>\n</html>\n"
    ))
}

/// Returns the metadata of a repository for `dnf`.
pub fn repository_metadata() -> Response {
    Response::page(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<repomd xmlns=\"http://linux.duke.edu/metadata/repo\">\n</repomd>\n",
    )
}

/// Returns a package for `rpm`, as far as anybody looks.
pub fn rpm() -> Response {
    Response::page(&b"\xed\xab\xee\xdb\x03\x00\x00\x00rocky"[..])
}

/// Returns what the mirror of Rocky says of a path, where 9.8 is the newest release that is complete.
pub fn rocky(path: &str) -> Response {
    match path {
        "/rocky/" => listing(&["8.10/", "9.7/", "9.8/", "9.9/", "10.2/"]),
        "/rocky/9.9/BaseOS/x86_64/os/Packages/r/" => {
            listing(&["rocky-backgrounds-90-1.el9.noarch.rpm"])
        }
        "/rocky/9.8/BaseOS/x86_64/os/Packages/r/" => listing(&[
            "rocky-release-9.8-1.5.el9.noarch.rpm",
            "rocky-repos-9.8-1.5.el9.noarch.rpm",
        ]),
        ROCKY_PACKAGE => rpm(),
        ROCKY_METADATA | "/rocky/9.8/AppStream/x86_64/os/repodata/repomd.xml" => {
            repository_metadata()
        }
        _ => Response::status(404),
    }
}

/// Path of the package that `rocky-9` of the fixture starts from.
pub const ROCKY_PACKAGE: &str =
    "/rocky/9.8/BaseOS/x86_64/os/Packages/r/rocky-release-9.8-1.5.el9.noarch.rpm";

/// Path of the metadata of its first repository.
pub const ROCKY_METADATA: &str = "/rocky/9.8/BaseOS/x86_64/os/repodata/repomd.xml";
