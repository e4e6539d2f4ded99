//! What people see: the real CLI, the built plugin, a real HTTP server.

mod adoption;
mod guard;
mod lifecycle;
mod no_diff;
mod unprotected;
mod validate;
