//! The one integration binary. Each module tests at a boundary that a user or a reviewer sees:
//!
//! - `support`: a real CLI in a folder of its own, against a simulator of its own;
//! - `contract`: what the provider promises, one scene a promise;
//! - `product`: the built provider on the wire;
//! - `diagnostics`: the words of every diagnostic, as the CLI shows them;
//! - `doctor`: what the doctor shows for each thing that can be wrong;
//! - `docs`: `docs/` says what the schemas and the examples say;
//! - `examples`: every example is applied and given up again;
//! - `release`: what a user downloads is installed and applied;
//! - `supply`: licences and sources of the crates that are shipped;
//! - `tidy`: the house rules: formatting, lints, imports, sizes.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the whole crate is tests; .clippy.toml covers the test functions only, not what they call"
)]

/// As go-plugin speaks to a plugin: the host's own tests do too.
#[allow(dead_code, reason = "they use more of it")]
#[path = "../../src/plugin/tests/wire/client.rs"]
mod client;
mod contract;
mod diagnostics;
mod docs;
mod doctor;
mod examples;
mod product;
mod release;
mod supply;
mod support;
mod tidy;
