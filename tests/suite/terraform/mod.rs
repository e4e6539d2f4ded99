//! What people see: the real CLI, the built plugin, a real HTTP server.

mod data_sources;
mod import;
mod lifecycle;
mod waiting;
mod wire;
