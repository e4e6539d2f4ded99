//! States of earlier schema versions.

use serde_json::Value as Json;
use tf_provider::Diagnostics;

use super::{Declared, diagnostic, encode_value, reported, required};
use crate::proto::tfplugin6 as pb;
use crate::value;

/// Brings a stored state to the current schema. At the same version only attributes come and go;
/// `upgrade` is asked for anything older.
pub(super) fn upgrade(
    diags: &mut Diagnostics,
    declared: &Declared,
    request: &pb::upgrade_resource_state::Request,
    upgrade: impl FnOnce(&mut Diagnostics, i64, Json) -> Option<Json>,
) -> Option<pb::DynamicValue> {
    let raw = request.raw_state.as_ref();
    let json = raw.map(|raw| raw.json.as_slice()).unwrap_or_default();
    let current = declared.schema.version;
    if request.version > current {
        diags.errors.push(diagnostic(
            "This state is from a newer version of the provider",
            format!(
                "It was stored with version {} of the schema of {}, and this provider has version \
                 {current}. Use the provider version that stored it, or a later one.",
                request.version, request.type_name
            ),
        ));
        return None;
    }
    if json.is_empty() && raw.is_some_and(|raw| !raw.flatmap.is_empty()) {
        diags.errors.push(diagnostic(
            "This state is from Terraform 0.11 or earlier",
            "The provider has never stored a state in that format, so it cannot read one.",
        ));
        return None;
    }
    let upgraded = match request.version == current {
        true => None,
        false => {
            let state = read(diags, json)?;
            let upgraded = upgrade(diags, request.version, state);
            Some(required(diags, upgraded, "no upgraded state")?.to_string().into_bytes())
        }
    };
    let stored = value::stored(upgraded.as_deref().unwrap_or(json), &declared.ty);
    let stored = reported(diags, stored, "The stored state cannot be read")?;
    encode_value(diags, Ok(stored))
}

fn read(diags: &mut Diagnostics, json: &[u8]) -> Option<Json> {
    serde_json::from_slice(json)
        .map_err(|_| {
            diags.errors.push(diagnostic("The stored state cannot be read", "It is not JSON."));
        })
        .ok()
}
