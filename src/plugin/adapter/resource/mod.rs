//! Managed resources.

mod calls;

use async_trait::async_trait;
use tf_provider::Diagnostics;
use tf_provider::schema::NestedBlock;

use super::{Declared, deferred, diagnostic, identity, path, to_protocol, upgrade};
use crate::crash;
use crate::ext::{IdentitySchema, ResourceExt};
use crate::proto::tfplugin6 as pb;

/// A [`ResourceExt`] without its types.
#[async_trait]
pub(crate) trait AnyResource: Send + Sync {
    fn declared(&self) -> &Declared;
    fn optional_blocks(&self) -> &'static [&'static str];
    fn identity_schema(&self) -> Option<&IdentitySchema>;
    async fn validate(
        &self,
        request: pb::validate_resource_config::Request,
    ) -> pb::validate_resource_config::Response;
    async fn upgrade(
        &self,
        request: pb::upgrade_resource_state::Request,
    ) -> pb::upgrade_resource_state::Response;
    async fn upgrade_identity(
        &self,
        request: pb::upgrade_resource_identity::Request,
    ) -> pb::upgrade_resource_identity::Response;
    async fn read(&self, request: pb::read_resource::Request) -> pb::read_resource::Response;
    async fn plan(
        &self,
        request: pb::plan_resource_change::Request,
    ) -> pb::plan_resource_change::Response;
    async fn apply(
        &self,
        request: pb::apply_resource_change::Request,
    ) -> pb::apply_resource_change::Response;
    async fn import(
        &self,
        request: pb::import_resource_state::Request,
    ) -> pb::import_resource_state::Response;
    /// The capability says no already; a tool that asks all the same gets a response that a user
    /// can act on.
    async fn take_over(
        &self,
        request: pb::move_resource_state::Request,
    ) -> pb::move_resource_state::Response {
        let detail = format!(
            "The provider takes over no state of {} as {}. Import the object instead, and remove the old address from the \
             state with a removed block.",
            request.source_type_name, request.target_type_name
        );
        let errors = vec![diagnostic("This resource cannot be moved here", detail)];
        let diagnostics = to_protocol(Diagnostics { errors, warnings: Vec::new() });
        pb::move_resource_state::Response { diagnostics, ..Default::default() }
    }
}

pub(crate) struct ResourceAdapter<R> {
    resource: R,
    declared: Declared,
    identity_schema: Option<IdentitySchema>,
}

impl<R: ResourceExt> ResourceAdapter<R> {
    pub(crate) fn new(resource: R, problems: &mut Diagnostics) -> Self {
        let declared = Declared::by(problems, |diags| resource.schema(diags));
        for name in resource.optional_blocks() {
            if !matches!(declared.schema.block.blocks.get(*name), Some(NestedBlock::Single(_))) {
                let detail = format!("{name:?} is no single block of the schema's root.");
                problems.errors.push(diagnostic("ResourceExt::optional_blocks is wrong", detail));
            }
        }
        let identity_schema = resource.identity_schema();
        Self { resource, declared, identity_schema }
    }
}

#[async_trait]
impl<R: ResourceExt> AnyResource for ResourceAdapter<R> {
    fn declared(&self) -> &Declared {
        &self.declared
    }

    fn optional_blocks(&self) -> &'static [&'static str] {
        self.resource.optional_blocks()
    }

    fn identity_schema(&self) -> Option<&IdentitySchema> {
        self.identity_schema.as_ref()
    }

    async fn validate(
        &self,
        request: pb::validate_resource_config::Request,
    ) -> pb::validate_resource_config::Response {
        let mut diags = Diagnostics::default();
        _ = self.try_validate(&mut diags, request.config.as_ref()).await;
        pb::validate_resource_config::Response { diagnostics: to_protocol(diags) }
    }

    async fn upgrade(
        &self,
        request: pb::upgrade_resource_state::Request,
    ) -> pb::upgrade_resource_state::Response {
        let mut diags = Diagnostics::default();
        let upgraded_state =
            upgrade::upgrade(&mut diags, &self.declared, &request, |diags, version, state| {
                self.resource.upgrade_json(diags, version, state)
            });
        pb::upgrade_resource_state::Response { upgraded_state, diagnostics: to_protocol(diags) }
    }

    async fn upgrade_identity(
        &self,
        request: pb::upgrade_resource_identity::Request,
    ) -> pb::upgrade_resource_identity::Response {
        let mut diags = Diagnostics::default();
        let upgraded_identity = identity::upgrade(&mut diags, self.identity_schema(), &request);
        pb::upgrade_resource_identity::Response {
            upgraded_identity,
            diagnostics: to_protocol(diags),
        }
    }

    async fn read(&self, request: pb::read_resource::Request) -> pb::read_resource::Response {
        let mut diags = Diagnostics::default();
        let written = self.try_read(&mut diags, &request).await;
        let written = written.unwrap_or_default();
        pb::read_resource::Response {
            new_state: written.state,
            private: written.private,
            new_identity: written.identity,
            deferred: deferred(),
            diagnostics: to_protocol(diags),
        }
    }

    async fn plan(
        &self,
        request: pb::plan_resource_change::Request,
    ) -> pb::plan_resource_change::Response {
        let mut diags = Diagnostics::default();
        let written = self.try_plan(&mut diags, &request).await;
        let written = written.unwrap_or_default();
        pb::plan_resource_change::Response {
            planned_state: written.state,
            requires_replace: written.requires_replace.into_iter().map(path).collect(),
            planned_private: written.private,
            planned_identity: written.identity,
            deferred: deferred(),
            diagnostics: to_protocol(diags),
        }
    }

    async fn apply(
        &self,
        request: pb::apply_resource_change::Request,
    ) -> pb::apply_resource_change::Response {
        let mut diags = Diagnostics::default();
        let written = match crash::catch(self.try_apply(&mut diags, &request)).await {
            Ok(written) => written,
            Err(_) => {
                let what = format!("ApplyResourceChange of {}", request.type_name);
                diags.errors.push(crash::diagnostic(&what));
                self.perhaps_created(&request)
            }
        };
        let written = written.unwrap_or_default();
        pb::apply_resource_change::Response {
            new_state: written.state,
            private: written.private,
            new_identity: written.identity,
            diagnostics: to_protocol(diags),
        }
    }

    async fn import(
        &self,
        request: pb::import_resource_state::Request,
    ) -> pb::import_resource_state::Response {
        let mut diags = Diagnostics::default();
        if self.identity_schema().is_none() && request.id.is_empty() && request.identity.is_some() {
            diags.errors.push(diagnostic(
                "This resource has no identity",
                format!("Import {} by its id.", request.type_name),
            ));
            return pb::import_resource_state::Response {
                diagnostics: to_protocol(diags),
                ..Default::default()
            };
        }
        let imported = self.try_import(&mut diags, request).await;
        pb::import_resource_state::Response {
            imported_resources: imported.into_iter().collect(),
            deferred: deferred(),
            diagnostics: to_protocol(diags),
        }
    }
}
