//! What people see: the real CLI, the built plugin, a real HTTP server.

mod answer_lost;
mod authentication;
mod connection;
mod data_sources;
mod failed;
mod faults;
mod import;
mod lifecycle;
mod proxy;
mod stop;
mod submission;
mod waiting;
mod wire;
