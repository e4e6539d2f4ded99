//! What people see: the real CLI, the built plugin, a real HTTP server.

mod authentication;
mod proxy;
mod wire;
