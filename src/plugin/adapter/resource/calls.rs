//! From a request's values to the trait's method and back.

use rmpv::Value;
use tf_provider::{AttributePath, Diagnostics};

use super::{AnyResource, ResourceAdapter};
use crate::adapter::{
    Family, Given, decode, encode, encode_value, identity, meta, or_deferred, private, required,
    typed, write_private,
};
use crate::ctx;
use crate::ext::ResourceExt;
use crate::proto::tfplugin6 as pb;
use crate::value::{self, Sent, Ty};

/// What a method returned, as it goes into the response.
#[derive(Default)]
pub(super) struct Written {
    pub(super) state: Option<pb::DynamicValue>,
    pub(super) private: Vec<u8>,
    pub(super) identity: Option<pb::ResourceIdentityData>,
    pub(super) requires_replace: Vec<AttributePath>,
}

/// The type of its states.
struct State<R>(std::marker::PhantomData<R>);

impl<R: ResourceExt> Family for State<R> {
    type Of<'a> = R::State<'a>;

    fn held(of: &Self::Of<'_>, ty: &Ty) -> Option<Value> {
        value::written(of, ty).ok()
    }
}

/// Whether a read returned the private state that it was given. Its bytes may differ all the same,
/// where another version wrote it; CLIs compare the bytes, so a refresh without news returns what
/// came.
fn is_same_private<R: ResourceExt>(given: &[u8], returned: &[u8]) -> bool {
    let mut ignored = Diagnostics::default();
    private::<R::PrivateState<'_>>(&mut ignored, given)
        .and_then(|given| write_private(&mut ignored, &given))
        .is_some_and(|again| again == returned)
}

impl<R: ResourceExt> ResourceAdapter<R> {
    fn sent(&self, diags: &mut Diagnostics, value: Option<&pb::DynamicValue>) -> Option<Sent> {
        decode::<State<R>>(diags, value, &self.declared.ty)
    }

    fn state<'a>(&self, diags: &mut Diagnostics, sent: &'a Sent) -> Option<R::State<'a>> {
        typed::<State<R>>(diags, sent, &self.declared.ty).map(|(state, _)| state)
    }

    fn write(
        &self,
        diags: &mut Diagnostics,
        (state, private): &(R::State<'_>, R::PrivateState<'_>),
        given: Option<&Given>,
    ) -> Option<Written> {
        let identity = self
            .identity_schema()
            .and_then(|schema| identity::write(diags, schema, &self.resource.identity(state)?));
        // A private state that cannot be written is an error, and still no reason to lose the
        // state.
        let private = write_private(diags, private).unwrap_or_default();
        let state = Some(encode(diags, state, &self.declared.ty, given)?);
        Some(Written { state, private, identity, ..Written::default() })
    }

    /// What was sent, sent back.
    fn unchanged(
        &self,
        diags: &mut Diagnostics,
        state: Result<Value, crate::error::Error>,
        private: &[u8],
        identity: Option<&pb::ResourceIdentityData>,
    ) -> Written {
        Written {
            state: encode_value(diags, state),
            private: private.to_vec(),
            identity: self.known_identity(identity),
            ..Written::default()
        }
    }

    /// An identity that the client sent, to be sent back: nothing where there is an unknown in it.
    fn known_identity(
        &self,
        sent: Option<&pb::ResourceIdentityData>,
    ) -> Option<pb::ResourceIdentityData> {
        let mut ignored = Diagnostics::default();
        let schema = self.identity_schema()?;
        let identity = identity::read(&mut ignored, schema, sent)?;
        identity::write(&mut ignored, schema, &identity)
    }

    pub(super) async fn try_validate(
        &self,
        diags: &mut Diagnostics,
        config: Option<&pb::DynamicValue>,
    ) -> Option<()> {
        let config = self.sent(diags, config)?;
        let config = self.state(diags, &config)?;
        let validated = self.resource.validate(diags, config).await;
        required(diags, validated, "no result of the validation")
    }

    pub(super) async fn try_read(
        &self,
        diags: &mut Diagnostics,
        request: &pb::read_resource::Request,
    ) -> Option<Written> {
        let current = self.sent(diags, request.current_state.as_ref())?;
        let private = private(diags, &request.private)?;
        let meta = meta(diags)?;
        let state = self.state(diags, &current)?;
        let current_identity = request.current_identity.as_ref();
        match self.resource.read(diags, state, private, meta).await {
            Some(read) => {
                let mut written = self.write(diags, &read, None)?;
                written.identity =
                    written.identity.or_else(|| self.known_identity(current_identity));
                if is_same_private::<R>(&request.private, &written.private) {
                    written.private.clone_from(&request.private);
                }
                Some(written)
            }
            // Without an error the object is gone, which a deferral does not say; with one, the
            // errors keep it in the state.
            None if ctx::current().deferred().is_none() => Some(Written::default()),
            None => or_deferred(diags, None, "no state", |diags| {
                let state = current.back(&self.declared.ty);
                Some(self.unchanged(diags, state, &request.private, current_identity))
            }),
        }
    }

    pub(super) async fn try_plan(
        &self,
        diags: &mut Diagnostics,
        request: &pb::plan_resource_change::Request,
    ) -> Option<Written> {
        let ty = &self.declared.ty;
        let prior = self.sent(diags, request.prior_state.as_ref())?;
        let proposed = self.sent(diags, request.proposed_new_state.as_ref())?;
        let config = self.sent(diags, request.config.as_ref())?;
        let prior_private = private(diags, &request.prior_private)?;
        let meta = meta(diags)?;

        if proposed.is_null() {
            let prior = self.state(diags, &prior)?;
            let planned = self.resource.plan_destroy(diags, prior, prior_private, meta).await;
            let private = required(diags, planned, "no plan to destroy")?;
            let private = write_private(diags, &private)?;
            return Some(Written { private, ..Written::default() });
        }
        let (typed, given) = typed::<State<R>>(diags, &proposed, ty)?;
        let planned = if prior.is_null() {
            let config = self.state(diags, &config)?;
            let planned = self.resource.plan_create_with(diags, typed, config, prior_private, meta);
            planned.await.map(|(state, private)| (state, private, Vec::new()))
        } else {
            let prior = self.state(diags, &prior)?;
            let config = self.state(diags, &config)?;
            self.resource.plan_update(diags, prior, typed, config, prior_private, meta).await
        };
        let prior_identity = request.prior_identity.as_ref();
        let written = match planned {
            Some((state, private, requires_replace)) => {
                let mut written = self.write(diags, &(state, private), given.as_ref())?;
                // What is changed in place stays what it is, even where its name is not known yet.
                if !prior.is_null() && requires_replace.is_empty() {
                    written.identity =
                        written.identity.or_else(|| self.known_identity(prior_identity));
                }
                Some(Written { requires_replace, ..written })
            }
            None => None,
        };
        or_deferred(diags, written, "no plan", |diags| {
            Some(self.unchanged(diags, proposed.back(ty), &request.prior_private, prior_identity))
        })
    }

    pub(super) async fn try_apply(
        &self,
        diags: &mut Diagnostics,
        request: &pb::apply_resource_change::Request,
    ) -> Option<Written> {
        let prior = self.sent(diags, request.prior_state.as_ref())?;
        let planned = self.sent(diags, request.planned_state.as_ref())?;
        let config = self.sent(diags, request.config.as_ref())?;
        let private = private(diags, &request.planned_private)?;
        let meta = meta(diags)?;

        if planned.is_null() {
            let prior = self.state(diags, &prior)?;
            let destroyed = self.resource.destroy(diags, prior, private, meta).await;
            _ = required(diags, destroyed, "no result of the destruction");
            return Some(Written::default());
        }
        let state = self.state(diags, &planned)?;
        let applied = if prior.is_null() {
            let config = self.state(diags, &config)?;
            self.resource.create(diags, state, config, private, meta).await
        } else {
            let prior = self.state(diags, &prior)?;
            let config = self.state(diags, &config)?;
            self.resource.update(diags, prior, state, config, private, meta).await
        };
        // With errors, too: this is what exists now.
        let applied = required(diags, applied, "no state")?;
        let Some(mut written) = self.write(diags, &applied, None) else {
            return self.perhaps_created(request);
        };
        let planned_identity = request.planned_identity.as_ref();
        written.identity = written.identity.or_else(|| self.known_identity(planned_identity));
        Some(written)
    }

    /// What is left of a create that did not come to its end: the plan, as far as it was known. The
    /// object may exist, and beside an error the tools keep this as tainted, where nothing
    /// would be forgotten. After anything but a create they keep what they had.
    pub(super) fn perhaps_created(
        &self,
        request: &pb::apply_resource_change::Request,
    ) -> Option<Written> {
        let mut ignored = Diagnostics::default();
        let ty = &self.declared.ty;
        let prior = self.sent(&mut ignored, request.prior_state.as_ref())?;
        let planned = self.sent(&mut ignored, request.planned_state.as_ref())?;
        if !prior.is_null() || planned.is_null() {
            return None;
        }
        let known =
            planned.back(ty).and_then(|planned| value::without_unknown(planned, ty)).ok()?;
        let identity = request.planned_identity.as_ref();
        Some(self.unchanged(&mut ignored, Ok(known), &request.planned_private, identity))
    }

    pub(super) async fn try_import(
        &self,
        diags: &mut Diagnostics,
        request: pb::import_resource_state::Request,
    ) -> Option<pb::import_resource_state::ImportedResource> {
        let identity = match self.identity_schema() {
            Some(schema) if request.id.is_empty() => {
                identity::read(diags, schema, request.identity.as_ref())
            }
            _ => None,
        };
        if !diags.errors.is_empty() {
            return None;
        }
        let imported = match identity {
            Some(identity) => self.resource.import_identity(diags, identity).await,
            None => self.resource.import(diags, request.id).await,
        };
        let imported = or_deferred(diags, imported, "no imported object", |_| None)?;
        let written = self.write(diags, &imported, None)?;
        Some(pb::import_resource_state::ImportedResource {
            type_name: request.type_name,
            state: written.state,
            private: written.private,
            identity: written.identity.or_else(|| self.known_identity(request.identity.as_ref())),
        })
    }
}
