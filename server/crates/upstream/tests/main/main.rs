//! Images compared with their vendors: checkouts and what servers have, each with what comes of it.

#![cfg(test)]
#![allow(clippy::string_slice, reason = "clippy.toml cannot allow it in tests")]

mod addresses;
mod vendors;

use fixture::Suite;

fn main() {
    Suite::new(env!("CARGO_MANIFEST_DIR"))
        .files("addresses", addresses::check)
        .files("vendors", vendors::check)
        .execute()
}
