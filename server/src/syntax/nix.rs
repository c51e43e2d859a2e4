//! Facts of the checkout's Nix files (to be filled in).
