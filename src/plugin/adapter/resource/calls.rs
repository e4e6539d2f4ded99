//! From a request's values to the trait's method and back.

use tf_provider::{AttributePath, Diagnostics};

use super::{AnyResource, ResourceAdapter};
use crate::adapter::{
    Given, decode, deferred, encode, encode_data, identity, meta, private,
    require_deferral_or_error, require_error, typed, write_private,
};
use crate::ctx;
use crate::ext::ResourceExt;
use crate::proto::tfplugin6 as pb;
use crate::value::{self, Data, Ty, from_data};

/// What a method returned, as it goes into the response.
pub(super) struct Written {
    pub(super) state: Option<pb::DynamicValue>,
    pub(super) private: Vec<u8>,
    pub(super) identity: Option<pb::ResourceIdentityData>,
    pub(super) requires_replace: Vec<AttributePath>,
}

impl Written {
    pub(super) fn nothing() -> Self {
        Self { state: None, private: Vec::new(), identity: None, requires_replace: Vec::new() }
    }
}

fn fits<R: ResourceExt>(data: &Data) -> bool {
    from_data::<R::State<'_>>(data).is_ok()
}

fn state<'a, R: ResourceExt>(
    diags: &mut Diagnostics,
    data: &'a Data,
    ty: &Ty,
) -> Option<R::State<'a>> {
    typed(diags, data, ty, &fits::<R>)
}

/// Whether a read returned the private state that it was given. Its bytes may differ all the same, where another version
/// wrote it; CLIs compare the bytes, so a refresh without news returns what came.
fn is_same_private<R: ResourceExt>(given: &[u8], returned: &[u8]) -> bool {
    let mut ignored = Diagnostics::default();
    private::<R::PrivateState<'_>>(&mut ignored, given)
        .and_then(|given| write_private(&mut ignored, &given))
        .is_some_and(|again| again == returned)
}

impl<R: ResourceExt> ResourceAdapter<R> {
    fn write(
        &self,
        diags: &mut Diagnostics,
        ty: &Ty,
        state: &R::State<'_>,
        private: &R::PrivateState<'_>,
        given: Option<&Given<'_>>,
    ) -> Option<Written> {
        let identity = self
            .identity_schema()
            .and_then(|schema| identity::write(diags, schema, &self.resource.identity(state)?));
        // A private state that cannot be written is an error, and still no reason to lose the state.
        let private = write_private(diags, private).unwrap_or_default();
        Some(Written {
            state: Some(encode(diags, state, ty, given)?),
            private,
            identity,
            requires_replace: Vec::new(),
        })
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
        let ty = &self.declared.ty;
        let data = decode(diags, config, ty)?;
        let data = value::admit(&data, ty, &fits::<R>);
        let config = state::<R>(diags, &data, ty)?;
        let answer = self.resource.validate(diags, config).await;
        if answer.is_none() {
            require_error(diags, "no result of the validation");
        }
        answer
    }

    pub(super) async fn try_read(
        &self,
        diags: &mut Diagnostics,
        request: &pb::read_resource::Request,
    ) -> Option<Written> {
        let ty = &self.declared.ty;
        let current = decode(diags, request.current_state.as_ref(), ty)?;
        let private = private(diags, &request.private)?;
        let meta = meta(diags)?;
        let typed_state = state::<R>(diags, &current, ty)?;
        match self.resource.read(diags, typed_state, private, meta).await {
            Some((state, private)) => {
                let mut written = self.write(diags, ty, &state, &private, None)?;
                written.identity = written
                    .identity
                    .or_else(|| self.known_identity(request.current_identity.as_ref()));
                if is_same_private::<R>(&request.private, &written.private) {
                    written.private.clone_from(&request.private);
                }
                Some(written)
            }
            None if deferred().is_some() => Some(Written {
                state: encode_data(diags, &current, ty),
                private: request.private.clone(),
                identity: self.known_identity(request.current_identity.as_ref()),
                requires_replace: Vec::new(),
            }),
            // Without an error the object is gone, which a deferral does not say; with one, the errors keep it in the state.
            None => {
                if ctx::current().deferred().is_some() {
                    require_deferral_or_error(diags, "no state");
                }
                Some(Written::nothing())
            }
        }
    }

    pub(super) async fn try_plan(
        &self,
        diags: &mut Diagnostics,
        request: &pb::plan_resource_change::Request,
    ) -> Option<Written> {
        let ty = &self.declared.ty;
        let prior = decode(diags, request.prior_state.as_ref(), ty)?;
        let proposed = decode(diags, request.proposed_new_state.as_ref(), ty)?;
        let config = decode(diags, request.config.as_ref(), ty)?;
        let admitted = value::admit(&proposed, ty, &fits::<R>);
        let config = value::admit(&config, ty, &fits::<R>);
        let prior_private = private(diags, &request.prior_private)?;
        let meta = meta(diags)?;

        if proposed == Data::Null {
            let prior = state::<R>(diags, &prior, ty)?;
            let Some(private) = self.resource.plan_destroy(diags, prior, prior_private, meta).await
            else {
                require_error(diags, "no plan to destroy");
                return None;
            };
            return Some(Written {
                private: write_private(diags, &private)?,
                ..Written::nothing()
            });
        }
        let given;
        let planned = if prior == Data::Null {
            let typed = state::<R>(diags, &admitted, ty)?;
            given = Given::of(&proposed, &typed);
            let config = state::<R>(diags, &config, ty)?;
            self.resource
                .plan_create_with(diags, typed, config, prior_private, meta)
                .await
                .map(|(state, private)| (state, private, Vec::new()))
        } else {
            let prior = state::<R>(diags, &prior, ty)?;
            let typed = state::<R>(diags, &admitted, ty)?;
            given = Given::of(&proposed, &typed);
            let config = state::<R>(diags, &config, ty)?;
            self.resource.plan_update(diags, prior, typed, config, prior_private, meta).await
        };
        match planned {
            Some((state, private, requires_replace)) => {
                let mut written = self.write(diags, ty, &state, &private, given.as_ref())?;
                // What is changed in place stays what it is, even where its name is not known yet.
                if prior != Data::Null && requires_replace.is_empty() {
                    written.identity = written
                        .identity
                        .or_else(|| self.known_identity(request.prior_identity.as_ref()));
                }
                Some(Written { requires_replace, ..written })
            }
            None if deferred().is_some() => Some(Written {
                state: encode_data(diags, &proposed, ty),
                private: request.prior_private.clone(),
                identity: self.known_identity(request.prior_identity.as_ref()),
                requires_replace: Vec::new(),
            }),
            None => {
                require_deferral_or_error(diags, "no plan");
                None
            }
        }
    }

    pub(super) async fn try_apply(
        &self,
        diags: &mut Diagnostics,
        request: &pb::apply_resource_change::Request,
    ) -> Option<Written> {
        let ty = &self.declared.ty;
        let prior = decode(diags, request.prior_state.as_ref(), ty)?;
        let planned = decode(diags, request.planned_state.as_ref(), ty)?;
        let config = decode(diags, request.config.as_ref(), ty)?;
        let planned_private = private(diags, &request.planned_private)?;
        let meta = meta(diags)?;

        if planned == Data::Null {
            let prior = state::<R>(diags, &prior, ty)?;
            if self.resource.destroy(diags, prior, planned_private, meta).await.is_none() {
                require_error(diags, "no result of the destruction");
            }
            return Some(Written::nothing());
        }
        let applied = if prior == Data::Null {
            let planned = state::<R>(diags, &planned, ty)?;
            let config = state::<R>(diags, &config, ty)?;
            self.resource.create(diags, planned, config, planned_private, meta).await
        } else {
            let prior = state::<R>(diags, &prior, ty)?;
            let planned = state::<R>(diags, &planned, ty)?;
            let config = state::<R>(diags, &config, ty)?;
            self.resource.update(diags, prior, planned, config, planned_private, meta).await
        };
        match applied {
            // With errors, too: this is what exists now.
            Some((state, private)) => {
                let Some(mut written) = self.write(diags, ty, &state, &private, None) else {
                    return self.perhaps_created(request);
                };
                written.identity = written
                    .identity
                    .or_else(|| self.known_identity(request.planned_identity.as_ref()));
                Some(written)
            }
            None => {
                require_error(diags, "no state");
                None
            }
        }
    }

    /// What is left of a create that did not come to its answer: the plan, as far as it was known. The object may exist,
    /// and beside an error the tools keep this as tainted, where nothing would be forgotten. After anything but a
    /// create they keep what they had.
    pub(super) fn perhaps_created(
        &self,
        request: &pb::apply_resource_change::Request,
    ) -> Option<Written> {
        let mut ignored = Diagnostics::default();
        let ty = &self.declared.ty;
        let prior = decode(&mut ignored, request.prior_state.as_ref(), ty)?;
        let mut planned = decode(&mut ignored, request.planned_state.as_ref(), ty)?;
        if prior != Data::Null || planned == Data::Null {
            return None;
        }
        planned.forget_unknown();
        Some(Written {
            state: Some(encode_data(&mut ignored, &planned, ty)?),
            private: request.planned_private.clone(),
            identity: self.known_identity(request.planned_identity.as_ref()),
            requires_replace: Vec::new(),
        })
    }

    pub(super) async fn try_import(
        &self,
        diags: &mut Diagnostics,
        request: pb::import_resource_state::Request,
    ) -> Option<pb::import_resource_state::ImportedResource> {
        let ty = &self.declared.ty;
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
        let Some((state, private)) = imported else {
            require_deferral_or_error(diags, "no imported object");
            return None;
        };
        let written = self.write(diags, ty, &state, &private, None)?;
        Some(pb::import_resource_state::ImportedResource {
            type_name: request.type_name,
            state: written.state,
            private: written.private,
            identity: written.identity.or_else(|| self.known_identity(request.identity.as_ref())),
        })
    }
}
