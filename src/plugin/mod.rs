//! The plugin host.
pub mod ctx;
mod ext;

pub use ext::{Identity, IdentityAttribute, IdentitySchema, ResourceExt};
