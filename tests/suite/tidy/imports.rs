//! Which room of the house may know of which, and which crates are for one room only.

use super::source::{PathUse, paths};

/// What of `plugin` a provider may use: the extensions of tf-provider's traits, and what starts it.
const PLUGIN_EXTENSIONS: [&str; 4] = ["ResourceExt", "ctx", "Plugin", "About"];

/// Crates (and a module of std) that belong to one room, and why.
const CONFINED: [(&[&str], &[&str], &str); 7] = [
    (&["reqwest"], &["src/api/"], "HTTP is the business of src/api: give its client a method"),
    (&["tonic"], &["src/plugin/"], "gRPC is the business of src/plugin"),
    (&["prost"], &["src/plugin/"], "protobuf is the business of src/plugin"),
    (&["tonic_prost"], &["src/plugin/"], "gRPC is the business of src/plugin"),
    (&["axum"], &["src/simulator/"], "only the simulator is an HTTP server"),
    (
        &["std", "env"],
        &["src/provider/config.rs", "src/plugin/", "src/main.rs", "src/bin/"],
        "the environment is read in src/provider/config.rs, src/plugin and the mains: pass the value on",
    ),
    (
        &["anyhow"],
        &["src/main.rs", "src/bin/"],
        "anyhow is for the mains: a layer has its own error type",
    ),
];

/// What the imports of one file of src do against the rules. A line each, with the fix.
pub(super) fn check(file: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for path in paths(file, text) {
        let shown = path.segments.join("::");
        if let Some(fix) = wrong_room(file, &path) {
            findings.push(format!("{file}:{}: {shown}: {fix}", path.line));
        }
        for (root, rooms, fix) in CONFINED {
            let is_it = path.segments.iter().zip(root).all(|(a, b)| a == b)
                && path.segments.len() >= root.len();
            if is_it && !rooms.iter().any(|room| file.starts_with(room)) {
                findings.push(format!("{file}:{}: {shown}: {fix}", path.line));
            }
        }
    }
    findings
}

/// The fix, if `file` may not know of the room the path leads to.
fn wrong_room(file: &str, path: &PathUse) -> Option<&'static str> {
    let segments: Vec<&str> = path.segments.iter().map(String::as_str).collect();
    let ["crate", to, ..] = segments.as_slice() else {
        return None;
    };
    let from = room_of(file);
    if from == *to {
        return None;
    }
    match from {
        // The list of modules.
        "lib" => None,
        "main" => (!matches!(*to, "provider" | "plugin"))
            .then_some("main only wires: it may know of provider and plugin"),
        "bin" => (*to != "simulator").then_some("the simulator's main may know of simulator only"),
        "provider" => match segments.as_slice() {
            ["crate", "api" | "key_identifier", ..] => None,
            ["crate", "plugin", name, ..]
                if PLUGIN_EXTENSIONS.contains(name) || name.starts_with("Identity") =>
            {
                None
            }
            ["crate", "plugin", ..] => Some(
                "of plugin, a provider may use ResourceExt, ctx, Identity*, Plugin and About only",
            ),
            _ => Some("provider may know of api, key_identifier and plugin's extensions only"),
        },
        "api" => Some("api knows nothing of ours, least of all of Terraform: pass values in"),
        "plugin" => Some("plugin knows nothing of ours: it serves any provider"),
        "simulator" => Some(
            "simulator knows nothing of ours, so that it and the client cannot be wrong together: write the shape out again",
        ),
        "key_identifier" => Some("key_identifier is pure and knows nothing of ours"),
        _ => Some("this room has no rule yet: give it one in tests/suite/tidy/imports.rs"),
    }
}

/// `src/api/retry.rs` → `api`.
fn room_of(file: &str) -> &str {
    let inside = file.strip_prefix("src/").unwrap_or(file);
    let room = inside.split('/').next().unwrap_or_default();
    room.strip_suffix(".rs").unwrap_or(room)
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_is_wrong_goes_red() {
        for (file, text) in [
            ("src/main.rs", "use terraform_provider_aep::api::Client;"),
            ("src/bin/aep-simulator.rs", "use terraform_provider_aep::provider;"),
            ("src/provider/mod.rs", "use crate::simulator::Simulator;"),
            ("src/provider/mod.rs", "use crate::plugin::wire::Frame;"),
            ("src/provider/mod.rs", "use crate::plugin;"),
            ("src/provider/a/b.rs", "use super::super::super::plugin::{ctx, wire};"),
            ("src/api/mod.rs", "use crate::key_identifier::KeyIdentifier;"),
            ("src/api/retry.rs", "fn f() { crate::provider::g() }"),
            ("src/api/retry.rs", "use super::super::plugin::ctx;"),
            ("src/plugin/mod.rs", "use super::provider;"),
            ("src/simulator/routes.rs", "use crate::api::types::Config;"),
            ("src/key_identifier/mod.rs", "use crate::{api, provider};"),
            ("src/attic.rs", "use crate::api;"),
            ("src/provider/mod.rs", "use reqwest::Client;"),
            ("src/provider/mod.rs", "fn f(_: tonic::Status) {}"),
            ("src/simulator/mod.rs", "use prost::Message;"),
            ("src/simulator/mod.rs", "use tonic_prost::X;"),
            ("src/api/mod.rs", "use axum::Router;"),
            ("src/api/mod.rs", "use std::{env, fs};"),
            ("src/provider/mod.rs", "fn f() { std::env::var(X); }"),
            ("src/plugin/mod.rs", "use anyhow::Context;"),
        ] {
            assert!(!check(file, text).is_empty(), "{file}: {text}");
        }
    }

    #[test]
    fn what_is_allowed_stays_green() {
        for (file, text) in [
            (
                "src/main.rs",
                "use terraform_provider_aep::{plugin, provider}; use anyhow::Context; use std::env;",
            ),
            (
                "src/bin/aep-simulator.rs",
                "use terraform_provider_aep::simulator::Simulator; mod tests { use super::*; }",
            ),
            ("src/provider/config.rs", "use std::env; use crate::api::Client;"),
            (
                "src/provider/a/b.rs",
                "use crate::plugin::{IdentitySchema, ResourceExt, ctx::{self, Ctx}}; use super::super::c::D; use crate::key_identifier::KeyIdentifier;",
            ),
            ("src/api/mod.rs", "use reqwest::Client; pub use error::Error; use super::api::X;"),
            ("src/plugin/mod.rs", "use tonic::Status; use std::env;"),
            ("src/simulator/mod.rs", "use axum::Router; // as crate::api does"),
            ("src/key_identifier/mod.rs", "mod tests { use super::KeyIdentifier; }"),
        ] {
            assert_eq!(check(file, text), Vec::<String>::new(), "{file}: {text}");
        }
    }
}
