//! What people see: the real CLI, the built plugin, a real HTTP server.

mod adoption;
mod aliases;
mod drift;
mod functions;
mod guard;
mod in_place;
mod kept;
mod lifecycle;
mod no_diff;
mod rivals;
mod tainted;
mod unknown_provider;
mod unprotected;
mod validate;
