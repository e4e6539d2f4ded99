//! The integration suite: every module tests at one boundary.
//!
//! - `protocol`: the plugin host over its own connection, and through the real `terraform`

mod protocol;
