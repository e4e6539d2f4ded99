//! What the provider promises its users, one module a part of it and one scene a promise: the real
//! CLI, the built plugin, a real HTTP server. What is decided without the CLI is in the tables
//! beside the code; a scene holds what only the CLI decides.

mod blocks;
mod create;
mod data_sources;
mod destroy;
mod functions;
mod import;
mod plan;
mod provider_block;
mod read;
mod resubmission;
mod wait;
