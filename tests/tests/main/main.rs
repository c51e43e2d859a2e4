//! Black-box tests: over stdio, on the command line, against Bash and Nix, and of the project's own
//! files. Each file says in its first lines what it holds to what.

mod actions;
mod answers;
mod bash;
mod changes;
mod ci;
mod cli;
mod commands;
mod docs;
mod documents;
mod files;
mod findings;
mod fixing;
mod flake;
mod layers;
mod lifecycle;
mod modules;
mod navigation;
mod nixfmt;
mod oracle_bash;
mod oracle_calls;
mod oracle_nix;
mod order;
mod outline;
mod overview;
mod packaging;
mod protocol_types;
mod refactorings;
mod refusals;
mod robustness;
mod snippets;
mod verify;
mod versions;
mod watching;
mod words;
mod workflows;
