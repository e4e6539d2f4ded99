//! Resource identity.

use tf_provider::Diagnostics;
use tf_provider::value::Value;

use super::{Family, decode, diagnostic, encode, encode_value, reported};
use crate::ext::{Identity, IdentitySchema};
use crate::proto::tfplugin6 as pb;
use crate::value::{self, Ty};

/// The type of an identity: every attribute is a string.
fn identity_type(schema: &IdentitySchema) -> Ty {
    Ty::Object(
        schema.attributes.iter().map(|attribute| (attribute.name.to_owned(), Ty::String)).collect(),
    )
}

/// Writes an identity, wholly known or not at all: the newer tools can neither show nor store a
/// plan with an unknown in an identity, although the protocol allows it in the plan of a create.
pub(super) fn write(
    diags: &mut Diagnostics,
    schema: &IdentitySchema,
    identity: &Identity,
) -> Option<pb::ResourceIdentityData> {
    if identity.values().any(Value::is_unknown) {
        return None;
    }
    let identity_data = encode(diags, identity, &identity_type(schema), None)?;
    Some(pb::ResourceIdentityData { identity_data: Some(identity_data) })
}

/// Reads an identity; `None` if there is none.
pub(super) fn read(
    diags: &mut Diagnostics,
    schema: &IdentitySchema,
    data: Option<&pb::ResourceIdentityData>,
) -> Option<Identity> {
    let value = data?.identity_data.as_ref();
    let sent = decode::<Strings>(diags, value, &identity_type(schema))?;
    if sent.is_null() { None } else { sent.read() }
}

/// The type of an identity's values.
struct Strings;

impl Family for Strings {
    type Of<'a> = Identity;
}

/// Brings a stored identity to the current version. There is one version so far, so it only passes
/// through.
pub(super) fn upgrade(
    diags: &mut Diagnostics,
    schema: Option<&IdentitySchema>,
    request: &pb::upgrade_resource_identity::Request,
) -> Option<pb::ResourceIdentityData> {
    let Some(schema) = schema else {
        diags.errors.push(diagnostic(
            "This resource has no identity",
            format!("The provider declares no identity for {}.", request.type_name),
        ));
        return None;
    };
    let ty = identity_type(schema);
    let json = request.raw_identity.as_ref().map_or(&[][..], |raw| &raw.json);
    let written = |identity_data| pb::ResourceIdentityData { identity_data: Some(identity_data) };
    // Of an object that was stored before there were identities, with which the tools come here as
    // with version 0.
    if matches!(json, b"" | b"null") {
        return encode_value(diags, Ok(rmpv::Value::Nil)).map(written);
    }
    if request.version != schema.version {
        diags.errors.push(diagnostic(
            "This identity cannot be upgraded",
            format!(
                "It was stored with version {} of the identity schema, and the provider has version {}.",
                request.version, schema.version
            ),
        ));
        return None;
    }
    let stored = reported(diags, value::stored(json, &ty), "The stored identity cannot be read")?;
    encode_value(diags, Ok(stored)).map(written)
}
