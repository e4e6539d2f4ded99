//! What people see: the real CLI, the built plugin, a real HTTP server.

mod adoption;
mod drift;
mod guard;
mod kept;
mod lifecycle;
mod no_diff;
mod rivals;
mod tainted;
mod unprotected;
mod validate;
