//! What people see: the real CLI, the built plugin, a real HTTP server.

mod authentication;
mod connection;
mod proxy;
mod wire;
