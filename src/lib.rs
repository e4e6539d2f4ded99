//! Terraform provider for customer-managed keys in Adobe Experience Platform.
//!
//! # Map
//! - [`provider`]: the nouns. The provider block, `aep_cmk_config`, `aep_cmk_app`, the functions,
//!   the doctor, and every word a person reads.
//! - [`key_identifier`]: the URL of a wrap key: parse, compare, explain what is wrong. Pure.
//! - [`api`]: Adobe's API over HTTP: one method per endpoint, tokens, retries, one error type.
//! - `src/plugin`, the crate [`tf_provider_host`]: handshake, mutual TLS, gRPC service, values, log
//!   lines, the stop signal.
//! - `src/simulator`, the crate `aep_simulator`: a real local server that behaves as Adobe's
//!   documentation says. A dependency of the tests and the demo only, so the shipped binary cannot
//!   hold it.
//!
//! # Dataflow
//! Terraform starts the binary and reads the handshake line → `plugin` decodes msgpack and calls a
//! trait → `provider` finds the noun → `provider::cmk_config` calls one method of `api::Client`,
//! keeps what was accepted, waits, turns the outcome into state → `api` adds the token, retries,
//! decodes → HTTP. Errors are `api::Error` until `provider::diagnostics` gives them words.
//!
//! # Invariants, as absences
//! - `api` and `key_identifier` import nothing of ours. `plugin` and `simulator` are crates of
//!   their own: the host knows nothing of Adobe, client and simulator share no type and cannot be
//!   wrong together, and gRPC stays in the host.
//! - A POST is sent again only if it never left or the gateway refused it. Whatever else happened
//!   to it, the name is looked up: for an object that was there once only the API's own 404, for
//!   the whole settling time, means that it is gone.
//! - Once Adobe accepts a submission it always reaches the state: every end of an operation carries
//!   what was accepted.
//! - A read never drops an object. What may be in effect is let go by the guard of
//!   `cmk_config::plan` alone, and what cannot be known counts as in effect.
//! - No secret is in an error, a log line, a state or a plan: [`api::Secret`] redacts itself.
//! - `reqwest` only in `api`; `std::env` only in `provider::config`, `plugin` and the mains. A test
//!   holds this.

pub mod api;
pub mod key_identifier;
pub mod provider;
#[cfg(test)]
#[path = "../tests/fuzz/checks/seeds.rs"]
mod seeds;
