//! The client against servers of the tests' own, which answer each request with bytes that are written here.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use ureq::Proxy;

use super::{Client, Limits};
use crate::{Reply, Upstream};

/// A server on a free port of this machine. Its thread ends with the tests.
struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// A server that writes what `respond` makes of the number of a request, from 0, and of its path.
    fn new(respond: impl Fn(usize, &str, &mut TcpStream) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, respond) = (requests.clone(), Arc::new(respond));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, respond) = (seen.clone(), respond.clone());
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let request = head(&mut stream);
                    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                    let mut requests = seen.lock().unwrap();
                    let number = requests.len();
                    requests.push(request);
                    drop(requests);
                    respond(number, &path, &mut stream);
                });
            }
        });
        Server { port, requests }
    }

    /// A server with a text for each request.
    fn with(texts: &'static [&'static str]) -> Server {
        Server::new(|number, _, stream| {
            let text = texts
                .get(number)
                .unwrap_or(&"HTTP/1.1 599 Too Many\r\n\r\n");
            let _ = stream.write_all(text.as_bytes());
        })
    }

    fn address(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Returns what a client with short limits gets at `/`.
    fn reply(&self) -> Reply {
        client(limits()).get(&self.address("/"))
    }

    /// The same, for what tells nothing.
    fn reason(&self) -> String {
        match self.reply() {
            Reply::Unknown(reason) => {
                let own = self.address("/");
                assert!(reason.starts_with(&own), "{reason}");
                reason.replace(&own, "")
            }
            reply => panic!("{reply:?}"),
        }
    }
}

/// Reads a request up to the empty line.
fn head(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        text.extend(byte);
    }
    String::from_utf8(text).unwrap()
}

fn limits() -> Limits {
    Limits {
        allow_private: true,
        attempt: Duration::from_secs(20),
        page: 64 << 10,
        pause: Duration::ZERO,
        ..Limits::default()
    }
}

/// For servers that nothing comes from.
fn short_limits() -> Limits {
    Limits {
        attempt: Duration::from_millis(300),
        ..limits()
    }
}

fn client(limits: Limits) -> Client {
    Client::with_proxy("image-scripts-ls/test", limits, None)
}

fn page(text: &str) -> Reply {
    Reply::Text(text.to_owned())
}

/// The end of a response without a page, after which the server closes the connection.
const NOTHING: &str = "Content-Length: 0\r\nConnection: close\r\n\r\n";

const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\npage";

#[test]
fn a_page_is_asked_for_once() {
    let server = Server::with(&[PAGE]);
    let client = client(limits());
    let address = format!("http://me:secret@127.0.0.1:{}/a/b", server.port);
    for _ in 0..3 {
        assert_eq!(client.get(&address), page("page"));
    }
    let requests = server.requests();
    let [request] = requests.as_slice() else {
        panic!("{requests:?}");
    };
    assert!(request.starts_with("GET /a/b HTTP/1.1\r\n"), "{request}");
    let request = request.to_ascii_lowercase();
    assert!(
        request.contains("\r\nuser-agent: image-scripts-ls/test\r\n"),
        "{request}"
    );
    for private in ["authorization", "secret", "cookie", "referer"] {
        assert!(!request.contains(private), "{request}");
    }
}

#[test]
fn what_is_not_there() {
    for status in ["404 Not Found", "410 Gone"] {
        let text = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").leak();
        let texts: &'static [&'static str] = Box::leak(Box::new([&*text]));
        assert_eq!(Server::with(texts).reply(), Reply::Gone);
    }
}

#[test]
fn other_statuses_tell_nothing() {
    for status in ["204", "206", "304", "401", "403", "407", "451"] {
        let text = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n").leak();
        let texts: &'static [&'static str] = Box::leak(Box::new([&*text]));
        let server = Server::with(texts);
        assert_eq!(server.reason(), format!(": status {status}"));
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn redirects_are_followed_for_a_while() {
    let chain = Server::new(|number, _, stream| {
        let text = match number {
            3 => PAGE.to_owned(),
            _ => format!("HTTP/1.1 301 Moved\r\nLocation: /{number}\r\n{NOTHING}"),
        };
        let _ = stream.write_all(text.as_bytes());
    });
    assert_eq!(chain.reply(), page("page"));
    let loop_ = Server::new(|_, _, stream| {
        let _ =
            stream.write_all(format!("HTTP/1.1 302 Found\r\nLocation: /\r\n{NOTHING}").as_bytes());
    });
    assert_eq!(loop_.reason(), ": too many redirects");
    assert_eq!(loop_.requests().len(), 6);
    let elsewhere =
        "HTTP/1.1 301 Moved\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(
        Server::with(Box::leak(Box::new([elsewhere]))).reason(),
        ": status 301"
    );
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    const BUSY: &str =
        "HTTP/1.1 429 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const FAILS: &str = "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const LATER: &str = "HTTP/1.1 503 No\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(Server::with(&[BUSY, PAGE]).reply(), page("page"));
    assert_eq!(Server::with(&[FAILS, BUSY, PAGE]).reply(), page("page"));
    let failing = Server::with(&[FAILS, FAILS, FAILS, PAGE]);
    assert_eq!(failing.reason(), ": status 500");
    assert_eq!(failing.requests().len(), 3);
    // Nobody waits for an hour.
    let later = Server::with(&[LATER, PAGE]);
    assert_eq!(later.reason(), ": status 503");
    assert_eq!(later.requests().len(), 1);
}

#[test]
fn a_connection_that_was_cut_is_made_again() {
    let server = Server::with(&["", "", PAGE]);
    assert_eq!(server.reply(), page("page"));
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn time_is_bounded() {
    let hang = Server::new(|_, _, stream| {
        // Until the client goes away.
        let _ = stream.read(&mut [0]);
    });
    let trickle = Server::new(|_, _, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");
        // A timeout that serves as a clock: the client sends nothing.
        let _ = stream.set_read_timeout(Some(Duration::from_millis(20)));
        while stream.write_all(b"x").is_ok() && !matches!(stream.read(&mut [0]), Ok(0)) {}
    });
    for server in [hang, trickle] {
        let reply = client(short_limits()).get(&server.address("/"));
        assert!(
            matches!(&reply, Reply::Unknown(reason) if reason.contains("timeout")),
            "{reply:?}"
        );
    }
}

#[test]
fn size_is_bounded() {
    let endless = Server::new(|_, _, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while stream.write_all(b"8\r\nendless \r\n").is_ok() {}
    });
    assert_eq!(endless.reason(), ": the page is too long");
    let bomb = Server::new(|_, _, stream| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&vec![0; 16 << 20]).unwrap();
        let body = encoder.finish().unwrap();
        assert!(body.len() < 64 << 10);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let _ = stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(&body));
    });
    assert_eq!(bomb.reason(), ": the page is too long");
    let headers = Server::new(|_, _, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"X-Endless: header\r\n").is_ok() {}
    });
    assert!(matches!(headers.reply(), Reply::Unknown(_)));
}

#[test]
fn other_protocols_tell_nothing() {
    for text in [
        "",
        "SSH-2.0-OpenSSH\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut",
    ] {
        let texts: &'static [&'static str] = Box::leak(Box::new([text]));
        let reply = Server::with(texts).reply();
        assert!(matches!(reply, Reply::Unknown(_)), "{text}: {reply:?}");
    }
    // TLS, asked of a server that has none.
    let server = Server::with(&[PAGE]);
    let address = format!("https://127.0.0.1:{}/", server.port);
    let reply = client(short_limits()).get(&address);
    assert!(matches!(reply, Reply::Unknown(_)));
}

#[test]
fn private_addresses_are_not_asked() {
    let server = Server::with(&[PAGE]);
    let public = || Limits {
        allow_private: false,
        ..limits()
    };
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "2130706433",
    ] {
        let address = format!("http://{host}:{}/", server.port);
        let reply = client(public()).get(&address);
        let expected =
            format!("{address}: not asked, because it is an address of a private network");
        assert_eq!(reply, Reply::Unknown(expected));
    }
    assert_eq!(server.requests(), [""; 0]);
}

/// The proxy plays all other servers.
#[test]
fn no_redirect_leads_to_a_private_address() {
    let proxy = Server::new(|_, _, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n");
        head(stream);
        let _ = stream.write_all(
            b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/secret\r\nContent-Length: 0\r\n\r\n",
        );
    });
    let through = Proxy::new(&proxy.address("")).unwrap();
    let limits = Limits {
        allow_private: false,
        ..limits()
    };
    let client = Client::with_proxy("image-scripts-ls/test", limits, Some(through));
    let reply = client.get("http://mirror.example.org/");
    let expected =
        "http://10.0.0.1/secret: not asked, because it is an address of a private network";
    assert_eq!(reply, Reply::Unknown(expected.to_owned()));
    assert_eq!(proxy.requests().len(), 1);
}

#[test]
fn a_host_gets_few_requests_at_a_time() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count, highest) = (now.clone(), most.clone());
    let server = Server::new(move |_, _, stream| {
        highest.fetch_max(count.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        // Others may come meanwhile.
        thread::yield_now();
        count.fetch_sub(1, Ordering::SeqCst);
        let _ = stream.write_all(PAGE.as_bytes());
    });
    let client = client(limits());
    thread::scope(|scope| {
        for number in 0..40 {
            let address = server.address(&format!("/{number}"));
            let client = &client;
            scope.spawn(move || assert_eq!(client.get(&address), page("page")));
        }
    });
    assert_eq!(server.requests().len(), 40);
    assert!((1..=4).contains(&most.load(Ordering::SeqCst)));
}
