//! The host on the wire. A client starts the toy provider exactly as the CLI does and speaks to it over the socket; what only a
//! CLI decides, the real ones do.

// A test's helpers fail the test, as the test itself does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
#[allow(dead_code, reason = "the tests of the provider use more of it")]
mod client;
#[allow(dead_code, reason = "the tests of the provider use more of it")]
#[path = "../../../../tests/suite/support/clis.rs"]
mod clis;
mod functions;
mod identity;
mod life;
mod logs;
mod panics;
mod resources;
mod robust;
mod schema;
mod start;
mod terraform;
mod upgrade;
mod values;

use std::path::Path;

/// The toy provider. A program of this package, so that no old one is ever tested.
fn toy() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_terraform-provider-toy"))
}

impl client::Launch {
    /// The toy provider as the CLI starts it.
    fn toy() -> Self {
        Self::of(toy())
    }
}
