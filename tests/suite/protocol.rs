//! Conformance of the plugin host. A client starts the toy provider exactly as the CLI does and speaks to it over the
//! socket; a few tests let the real `terraform` do it.

// A test's helpers fail the test, as the test itself does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
pub(crate) mod client;
mod consistency;
mod functions;
mod identity;
mod life;
mod logs;
mod panics;
mod product;
mod resources;
mod robust;
mod schema;
mod start;
mod terraform;
mod upgrade;
mod values;
