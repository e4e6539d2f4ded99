//! The integration suite.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the whole crate is tests; .clippy.toml covers the test functions only, not what they call"
)]

mod docs;
mod tidy;
