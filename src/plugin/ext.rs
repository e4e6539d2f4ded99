//! What tf-provider's `Resource` trait cannot express: state upgrade, the private state at the
//! planning of a create, resource identity, optional single blocks.

use std::collections::BTreeMap;

use async_trait::async_trait;
use tf_provider::value::Value;
use tf_provider::{AttributePath, Diagnostic, Diagnostics, Resource};

/// The identity of an object: attribute name to value. As long as one of them is unknown, the host
/// sends none.
pub type Identity = BTreeMap<String, Value<String>>;

/// One attribute of a resource's identity. Identity attributes are strings here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityAttribute {
    /// Attribute name.
    pub name: &'static str,
    /// Published text.
    pub description: &'static str,
    /// Must be given in an import by identity; optional otherwise.
    pub required_for_import: bool,
}

/// The identity schema of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentitySchema {
    /// Version of this schema.
    pub version: i64,
    /// The attributes, all strings.
    pub attributes: Vec<IdentityAttribute>,
}

/// Extension of [`Resource`]. Every method has a default, so `impl ResourceExt for MyResource {}`
/// is enough.
///
/// - After a panic in `create` the object may exist: the host keeps the planned state with an
///   error, and null where the plan was unknown. So `read` and `destroy` have to do with a null id,
///   by finding the object in another way, or by saying what a person has to look for.
/// - A method that blocks its thread, where it should await, holds up other requests, never the end
///   of the process: use [`tokio::task::spawn_blocking`].
/// - A task that a method spawns has no context of its own: hand it
///   [`ctx::current`](crate::ctx::current).
#[async_trait]
pub trait ResourceExt: Resource {
    /// Names of root blocks declared as `NestedBlock::Single` that may be left out (then null in
    /// state).
    fn optional_blocks(&self) -> &'static [&'static str] {
        &[]
    }

    /// Plans a create with the prior private state: in a replacement it is what the plan of the old
    /// object's change returned as planned private state; in a plain create it is null.
    ///
    /// Terraform plans a create once more at apply time, when everything is known, and before 1.16
    /// leaves the private state out of that second plan: both plans must come to the same
    /// state.
    async fn plan_create_with<'a>(
        &self,
        diags: &mut Diagnostics,
        proposed_state: Self::State<'a>,
        config_state: Self::State<'a>,
        prior_private_state: Self::PrivateState<'a>,
        provider_meta_state: Self::ProviderMetaState<'a>,
    ) -> Option<(Self::State<'a>, Self::PrivateState<'a>)> {
        _ = prior_private_state;
        self.plan_create(diags, proposed_state, config_state, provider_meta_state).await
    }

    /// Turns a state stored with an older schema version into one of the current version. It is
    /// called in the place of [`Resource::upgrade`], which never is: that one sees no JSON as
    /// the state file has it.
    ///
    /// Numbers are what serde_json makes of them: whole ones of up to 64 bits are exact, any other
    /// one is an `f64`, which keeps 15 digits: `0.1` stays `0.1`, and longer fractions and
    /// greater numbers lose what is beyond. A state of the current version does not come here,
    /// and its numbers keep all their digits.
    fn upgrade_json(
        &self,
        diags: &mut Diagnostics,
        version: i64,
        state: serde_json::Value,
    ) -> Option<serde_json::Value> {
        _ = state;
        diags.errors.push(Diagnostic {
            summary: "This state cannot be upgraded".into(),
            detail: format!(
                "The provider knows no upgrade from schema version {version} \
                 (ResourceExt::upgrade_json)."
            )
            .into(),
            attribute: AttributePath { steps: Vec::new() },
        });
        None
    }

    /// The identity schema, if the resource has one.
    fn identity_schema(&self) -> Option<IdentitySchema> {
        None
    }

    /// The identity of the object in `state`.
    fn identity(&self, state: &Self::State<'_>) -> Option<Identity> {
        _ = state;
        None
    }

    /// Imports by identity (`import { identity = {…} }`).
    async fn import_identity<'a>(
        &self,
        diags: &mut Diagnostics,
        identity: Identity,
    ) -> Option<(Self::State<'a>, Self::PrivateState<'a>)> {
        _ = identity;
        diags.errors.push(Diagnostic {
            summary: "Import by identity is not supported".into(),
            detail: "Import this resource by its id.".into(),
            attribute: AttributePath { steps: Vec::new() },
        });
        None
    }
}
