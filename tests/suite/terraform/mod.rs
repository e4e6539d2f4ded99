//! What people see: the real CLI, the built plugin, a real HTTP server.

mod guard;
mod lifecycle;
mod unprotected;
