//! What the provider promises its users, one scene a promise: the real CLI, the built plugin, a real HTTP server.

mod data_sources;
mod functions;
mod import;
mod plan;
mod provider_block;
mod read;
