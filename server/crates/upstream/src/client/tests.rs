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

use super::{Client, Limits, PageStore};
use crate::{Beginning, Probe, Reply, Upstream};

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
    // A date, on the server's own clock.
    const AT: &str = "HTTP/1.1 503 No\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
        Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    assert_eq!(Server::with(&[AT, PAGE]).reply(), page("page"));
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

/// A server with a file, that says what it is asked for.
fn with_file(file: &'static [u8], head: &'static str, ranges: bool) -> Server {
    Server::new(move |number, _, stream| {
        let is_head = number == 0;
        let text = match (is_head, ranges) {
            (true, _) => format!("{head}\r\nContent-Length: {}\r\n", file.len()),
            (false, true) => format!("HTTP/1.1 206 Partial\r\nContent-Length: {}\r\n", file.len()),
            (false, false) => "HTTP/1.1 200 OK\r\n".to_owned(),
        };
        let _ = stream.write_all(format!("{text}Connection: close\r\n\r\n").as_bytes());
        if is_head {
            return;
        }
        let _ = stream.write_all(file);
        // One that knows no ranges sends all of it.
        while !ranges && stream.write_all(b"and so on ").is_ok() {}
    })
}

#[test]
fn the_beginning_is_asked_for_after_the_head() {
    const FOUND: &str = "HTTP/1.1 200 OK";
    for (head, ranges) in [
        (FOUND, true),
        (FOUND, false),
        // Some have no head of what they have.
        ("HTTP/1.1 405 No", true),
        ("HTTP/1.1 404 No", true),
    ] {
        let server = with_file(b"\xed\xab\xee\xdb\x03", head, ranges);
        let client = client(limits());
        let address = server.address("/x.rpm");
        let Probe::Present(beginning) = client.probe(&address) else {
            panic!("{head}, {ranges}: {:?}", client.probe(&address));
        };
        assert!(beginning.bytes().starts_with(b"\xed\xab\xee\xdb\x03"));
        let requests = server.requests();
        let [first, second] = requests.as_slice() else {
            panic!("{requests:?}");
        };
        assert!(first.starts_with("HEAD /x.rpm "), "{first}");
        assert!(second.starts_with("GET /x.rpm "), "{second}");
        let second = second.to_ascii_lowercase();
        assert!(second.contains("\r\nrange: bytes=0-511\r\n"), "{second}");
        assert!(
            second.contains("\r\naccept-encoding: identity\r\n"),
            "{second}"
        );
    }
}

#[test]
fn what_has_no_beginning() {
    let probe =
        |texts: &'static [&'static str]| client(limits()).probe(&Server::with(texts).address("/"));
    const GONE: &str = "HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const EMPTY: &str = "HTTP/1.1 416 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    assert_eq!(probe(&[GONE, GONE]), Probe::Gone);
    assert_eq!(probe(&[GONE, EMPTY]), Probe::Present(Beginning::default()));
    const FORBIDDEN: &str = "HTTP/1.1 403 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    assert!(matches!(probe(&[FORBIDDEN, FORBIDDEN]), Probe::Unknown(_)));
}

/// What a test keeps.
#[derive(Default, Clone)]
struct Kept(Arc<Mutex<Vec<(String, String)>>>);

impl PageStore for Kept {
    fn load(&self, address: &str) -> Option<String> {
        let all = self.0.lock().unwrap();
        let found = all.iter().find(|(known, _)| known == address);
        found.map(|(_, text)| text.clone())
    }

    fn keep(&self, address: &str, text: &str) {
        let mut all = self.0.lock().unwrap();
        all.retain(|(known, _)| known != address);
        all.push((address.to_owned(), text.to_owned()));
    }
}

#[test]
fn a_page_that_is_the_same_is_not_sent_again() {
    const NEW: &str = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
        Content-Length: 4\r\nConnection: close\r\n\r\npage";
    const SAME: &str = "HTTP/1.1 304 Same\r\nConnection: close\r\n\r\n";
    let server = Server::with(&[NEW, SAME, PAGE, SAME, NEW]);
    let store = Kept::default();
    let ask = || {
        let client = client(limits()).keeping_pages(Box::new(store.clone()));
        client.get(&server.address("/"))
    };
    assert_eq!(ask(), page("page"));
    assert_eq!(ask(), page("page"));
    let requests = server.requests();
    let second = requests.last().unwrap().to_ascii_lowercase();
    assert!(second.contains("\r\nif-none-match: \"1\"\r\n"), "{second}");
    let date = "\r\nif-modified-since: sun, 06 nov 1994 08:49:37 gmt\r\n";
    assert!(second.contains(date), "{second}");
    // One that is sent again, without what tells it from others, is not kept; the one before is.
    assert_eq!(ask(), page("page"));
    assert_eq!(ask(), page("page"));
    // What is kept is not what it was, so all of it is asked for.
    for (_, text) in store.0.lock().unwrap().iter_mut() {
        text.truncate(40);
    }
    assert_eq!(ask(), page("page"));
    let last = server.requests().pop().unwrap().to_ascii_lowercase();
    assert!(!last.contains("if-none-match"), "{last}");
}

#[test]
fn a_host_that_does_not_answer_is_left_alone() {
    // Nobody listens there any more.
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let client = client(Limits {
        attempts: 1,
        ..limits()
    });
    let ask = |number: usize| match client.get(&format!("http://{closed}/{number}")) {
        Reply::Unknown(reason) => reason,
        reply => panic!("{reply:?}"),
    };
    for number in 0..3 {
        assert!(!ask(number).contains("not asked"));
    }
    assert!(ask(3).ends_with("/3: not asked, because 127.0.0.1 has not answered before"));
}

/// Each hop has its own failures: together they get no more attempts than one address does.
#[test]
fn attempts_are_counted_over_redirects() {
    const FAILS: &str = "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const MOVED: &str =
        "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let server = Server::with(&[FAILS, MOVED, FAILS, FAILS, PAGE]);
    assert!(matches!(server.reply(), Reply::Unknown(_)));
    assert_eq!(server.requests().len(), 4);
    let waits =
        "HTTP/1.1 429 Busy\r\nRetry-After: 20\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let server = Server::with(Box::leak(Box::new([waits, PAGE])));
    let limits = Limits {
        longest_pause: Duration::from_secs(19),
        ..limits()
    };
    let reply = client(limits).get(&server.address("/"));
    assert!(matches!(reply, Reply::Unknown(_)));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn time_is_bounded_for_an_address_and_for_a_host() {
    let moved = || {
        Server::new(|number, _, stream| {
            let text = format!("HTTP/1.1 302 Found\r\nLocation: /{number}\r\n{NOTHING}");
            let _ = stream.write_all(text.as_bytes());
        })
    };
    let server = moved();
    let none = Limits {
        address: Duration::ZERO,
        ..limits()
    };
    let reply = client(none).get(&server.address("/"));
    assert!(
        matches!(&reply, Reply::Unknown(reason) if reason.ends_with(": it takes too much time"))
    );
    assert_eq!(server.requests().len(), 0);
    const FAILS: &str = "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let server = Server::with(&[FAILS, PAGE]);
    let client = client(Limits {
        attempts: 1,
        host: Duration::ZERO,
        ..limits()
    });
    assert!(matches!(
        client.get(&server.address("/a")),
        Reply::Unknown(_)
    ));
    let reply = client.get(&server.address("/b"));
    assert!(
        matches!(&reply, Reply::Unknown(reason) if reason.ends_with("127.0.0.1 has taken too much time")),
        "{reply:?}"
    );
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn what_is_kept_in_memory_is_bounded() {
    let server = Server::with(&[PAGE, PAGE, PAGE, PAGE]);
    let client = client(Limits {
        pages: 4,
        ..limits()
    });
    for path in ["/a", "/a", "/b", "/b", "/a"] {
        assert_eq!(client.get(&server.address(path)), page("page"));
    }
    // The first one is kept, and the second is asked for again.
    assert_eq!(server.requests().len(), 3);
    let bytes = Server::new(|_, _, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        let _ = stream.write_all(&[0xff; 40 << 10]);
    });
    assert_eq!(bytes.reason(), ": the page is too long");
}
