//! What people see: the real CLI, the built plugin, a real HTTP server.

mod adoption;
mod aliases;
mod answer_lost;
mod authentication;
mod connection;
mod data_sources;
mod drift;
mod failed;
mod faults;
mod functions;
mod guard;
mod import;
mod in_place;
mod kept;
mod lifecycle;
mod no_diff;
mod proxy;
mod rivals;
mod stop;
mod submission;
mod tainted;
mod unknown_provider;
mod unprotected;
mod validate;
mod waiting;
mod wire;
