//! Adobe's application in Azure: what it is called and where consent to it is given.

pub mod consent_url;
