//! What the program prints of the checkouts in `fixtures/`, and what other files say of it.

#![cfg(test)]

mod checkouts;
mod readme;
mod settings;
