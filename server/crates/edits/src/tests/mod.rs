//! Tests of the changes of the two Nix files.
//!
//! - `steps`: single steps, as pictures;
//! - `refusals`: texts that are not changed, and what is said then;
//! - `repository`, `test_table`: properties that hold for any sequence of steps.

mod refusals;
mod repository;
mod steps;
mod test_table;

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::nix::NixFile;
use crate::repository::EntryKey;

/// One of the two styles of the checkout's Nix files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Era {
    /// Short sets on one line.
    Of2024,
    /// As nixfmt has it.
    Of2025,
}

/// Returns a file of a text.
fn file(text: &str) -> NixFile {
    NixFile::new("test.nix", text.into())
}

/// Returns the key of an entry.
fn key(distribution: &str, version: &str) -> EntryKey {
    EntryKey::new(distribution, version)
}

/// Evaluates an expression with Nix itself.
fn evaluate(expression: &str) -> serde_json::Value {
    static STATE: OnceLock<PathBuf> = OnceLock::new();
    let state = STATE.get_or_init(|| {
        let folder = format!("image-scripts-ls-nix-{}", std::process::id());
        std::env::temp_dir().join(folder)
    });
    let output = Command::new("nix-instantiate")
        .args(["--eval", "--strict", "--json", "--expr", expression])
        .env("NIX_STATE_DIR", state.join("state"))
        .env("NIX_STORE_DIR", state.join("store"))
        .env("NIX_LOCALSTATE_DIR", state.join("local"))
        .env("NIX_LOG_DIR", state.join("log"))
        .env("NIX_CONF_DIR", state.join("conf"))
        .env("HOME", state)
        .output()
        .expect("nix-instantiate is needed: apt-get install nix-bin");
    assert!(
        output.status.success(),
        "nix: {}\n{expression}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("JSON of nix-instantiate")
}

/// Returns whether nixfmt would leave a text as it is.
fn is_formatted(text: &str) -> bool {
    nixfmt_rs::format(text).is_ok_and(|formatted| formatted == text)
}
