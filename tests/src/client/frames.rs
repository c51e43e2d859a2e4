//! Messages as bytes.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::Sender;

use serde_json::Value;

/// Item that the reading thread sends.
pub(super) enum Received {
    Message(Value),
    /// Bytes that are not a message.
    Garbage(String),
    End,
}

/// Adds its header to a message.
pub fn frame(body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Reads until the end. Only messages with exactly one header are accepted.
pub(super) fn read_all(mut stdout: BufReader<impl Read>, received: &Sender<Received>) {
    loop {
        let mut header = String::new();
        let next = match stdout.read_line(&mut header) {
            Ok(0) => Received::End,
            Ok(_) => {
                read_body(&mut stdout, &header).map_or_else(Received::Garbage, Received::Message)
            }
            Err(error) => Received::Garbage(error.to_string()),
        };
        let last = !matches!(next, Received::Message(_));
        // The receiver is gone when the test has failed.
        if received.send(next).is_err() || last {
            return;
        }
    }
}

fn read_body(stdout: &mut impl BufRead, header: &str) -> Result<Value, String> {
    let length = header
        .strip_prefix("Content-Length: ")
        .and_then(|l| l.strip_suffix("\r\n"));
    let length: usize = length
        .and_then(|l| l.parse().ok())
        .ok_or_else(|| format!("header {header:?}"))?;
    let mut blank = String::new();
    stdout.read_line(&mut blank).map_err(|e| e.to_string())?;
    if blank != "\r\n" {
        return Err(format!("{blank:?} after the header"));
    }
    let mut body = vec![0; length];
    stdout
        .read_exact(&mut body)
        .map_err(|e| format!("a body that ends too early: {e}"))?;
    serde_json::from_slice(&body).map_err(|e| format!("{e}: {}", String::from_utf8_lossy(&body)))
}
