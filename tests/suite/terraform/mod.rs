//! What people see: the real CLI, the built plugin, a real HTTP server.

mod adoption;
mod answer_lost;
mod authentication;
mod connection;
mod data_sources;
mod failed;
mod faults;
mod guard;
mod import;
mod lifecycle;
mod no_diff;
mod proxy;
mod stop;
mod submission;
mod unprotected;
mod validate;
mod waiting;
mod wire;
