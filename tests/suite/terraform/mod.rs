//! What people see: the real CLI, the built plugin, a real HTTP server.

mod adoption;
mod answer_lost;
mod authentication;
mod connection;
mod failed;
mod faults;
mod forgotten;
mod in_place;
mod kept;
mod lifecycle;
mod limits;
mod never_fails_open;
mod odd_polls;
mod pairs;
mod proxy;
mod reads_are_not_look_ups;
mod resubmitted;
mod rivals;
mod stop;
mod submission;
mod tainted;
mod uncertain;
mod unprotected;
mod waiting;
mod wire;
