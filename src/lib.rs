//! Terraform provider for customer-managed keys in Adobe Experience Platform.
#![allow(missing_docs)]

pub mod api;
pub mod key_identifier;
pub mod plugin;
pub mod provider;
#[cfg(feature = "simulator")]
pub mod simulator;
