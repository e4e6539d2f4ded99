//! The noun `aep_cmk_app`: Adobe's application in Azure, what it is called and where consent to it
//! is given.

pub mod consent_url;
mod data_source;

pub use data_source::CmkApp;
