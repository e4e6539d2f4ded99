//! The RPCs of the provider service, one by one.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::answer::Answer;
use super::{Call, Kind, ProviderService, schemas};
use crate::adapter::{AnyDataSource, AnyResource, diagnostic};
use crate::log::RPC;
use crate::proto::tfplugin6 as pb;

impl ProviderService {
    fn resource<A: Answer>(&self, name: &str) -> Result<Arc<dyn AnyResource>, Box<A>> {
        self.offer
            .resources
            .get(name)
            .cloned()
            .ok_or_else(|| Box::new(unknown_type("Unknown resource type", name)))
    }

    fn data_source<A: Answer>(&self, name: &str) -> Result<Arc<dyn AnyDataSource>, Box<A>> {
        self.offer
            .data_sources
            .get(name)
            .cloned()
            .ok_or_else(|| Box::new(unknown_type("Unknown data source type", name)))
    }
}

fn unknown_type<A: Answer>(summary: &'static str, name: &str) -> A {
    A::error(diagnostic(summary, format!("The provider has nothing of the name {name:?}.")))
}

/// A request about a resource or a data source: the handlers are the same but for names.
macro_rules! typed_rpc {
    ($self:ident, $request:ident, $rpc:literal, $kind:expr, $find:ident, $method:ident, $deferrable:expr) => {{
        let request = $request.into_inner();
        let call = Call::new($rpc, $kind, &request.type_name, $deferrable(&request));
        let found = $self.$find(&request.type_name);
        $self
            .run(call, async move {
                match found {
                    Ok(found) => found.$method(request).await,
                    Err(answer) => *answer,
                }
            })
            .await
    }};
}

/// For requests that do not say what the client is capable of.
fn never<T>(_: &T) -> bool {
    false
}

fn deferrable(capabilities: Option<&pb::ClientCapabilities>) -> bool {
    capabilities.is_some_and(|capabilities| capabilities.deferral_allowed)
}

#[tonic::async_trait]
impl pb::provider_server::Provider for Arc<ProviderService> {
    async fn get_metadata(
        &self,
        _: Request<pb::get_metadata::Request>,
    ) -> Result<Response<pb::get_metadata::Response>, Status> {
        let service = Arc::clone(self);
        self.run(Call::new("GetMetadata", Kind::Provider, "", false), async move {
            schemas::metadata(&service.offer)
        })
        .await
    }

    async fn get_provider_schema(
        &self,
        _: Request<pb::get_provider_schema::Request>,
    ) -> Result<Response<pb::get_provider_schema::Response>, Status> {
        let service = Arc::clone(self);
        self.run(Call::new("GetProviderSchema", Kind::Provider, "", false), async move {
            service.schemas.get_or_init(|| schemas::provider_schema(&service.offer)).clone()
        })
        .await
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<pb::get_resource_identity_schemas::Request>,
    ) -> Result<Response<pb::get_resource_identity_schemas::Response>, Status> {
        let service = Arc::clone(self);
        self.run(Call::new("GetResourceIdentitySchemas", Kind::Provider, "", false), async move {
            schemas::identities(&service.offer)
        })
        .await
    }

    async fn get_functions(
        &self,
        _: Request<pb::get_functions::Request>,
    ) -> Result<Response<pb::get_functions::Response>, Status> {
        let service = Arc::clone(self);
        self.run(Call::new("GetFunctions", Kind::Provider, "", false), async move {
            schemas::functions(&service.offer)
        })
        .await
    }

    async fn validate_provider_config(
        &self,
        request: Request<pb::validate_provider_config::Request>,
    ) -> Result<Response<pb::validate_provider_config::Response>, Status> {
        let provider = Arc::clone(&self.offer.provider);
        self.run(Call::new("ValidateProviderConfig", Kind::Provider, "", false), async move {
            provider.validate(request.into_inner()).await
        })
        .await
    }

    async fn configure_provider(
        &self,
        request: Request<pb::configure_provider::Request>,
    ) -> Result<Response<pb::configure_provider::Response>, Status> {
        let request = request.into_inner();
        let provider = Arc::clone(&self.offer.provider);
        let call = Call::new(
            "ConfigureProvider",
            Kind::Provider,
            "",
            deferrable(request.client_capabilities.as_ref()),
        );
        self.run(call, async move { provider.configure(request).await }).await
    }

    async fn stop_provider(
        &self,
        _: Request<pb::stop_provider::Request>,
    ) -> Result<Response<pb::stop_provider::Response>, Status> {
        tracing::debug!(target: RPC, tf_rpc = "StopProvider", "Received request");
        self.stop.stop();
        Ok(Response::new(pb::stop_provider::Response::default()))
    }

    async fn validate_resource_config(
        &self,
        request: Request<pb::validate_resource_config::Request>,
    ) -> Result<Response<pb::validate_resource_config::Response>, Status> {
        typed_rpc!(
            self,
            request,
            "ValidateResourceConfig",
            Kind::Resource,
            resource,
            validate,
            |request: &pb::validate_resource_config::Request| deferrable(
                request.client_capabilities.as_ref()
            )
        )
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<pb::upgrade_resource_state::Request>,
    ) -> Result<Response<pb::upgrade_resource_state::Response>, Status> {
        typed_rpc!(self, request, "UpgradeResourceState", Kind::Resource, resource, upgrade, never)
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<pb::upgrade_resource_identity::Request>,
    ) -> Result<Response<pb::upgrade_resource_identity::Response>, Status> {
        typed_rpc!(
            self,
            request,
            "UpgradeResourceIdentity",
            Kind::Resource,
            resource,
            upgrade_identity,
            never
        )
    }

    async fn read_resource(
        &self,
        request: Request<pb::read_resource::Request>,
    ) -> Result<Response<pb::read_resource::Response>, Status> {
        typed_rpc!(
            self,
            request,
            "ReadResource",
            Kind::Resource,
            resource,
            read,
            |request: &pb::read_resource::Request| deferrable(request.client_capabilities.as_ref())
        )
    }

    async fn plan_resource_change(
        &self,
        request: Request<pb::plan_resource_change::Request>,
    ) -> Result<Response<pb::plan_resource_change::Response>, Status> {
        typed_rpc!(
            self,
            request,
            "PlanResourceChange",
            Kind::Resource,
            resource,
            plan,
            |request: &pb::plan_resource_change::Request| deferrable(
                request.client_capabilities.as_ref()
            )
        )
    }

    async fn apply_resource_change(
        &self,
        request: Request<pb::apply_resource_change::Request>,
    ) -> Result<Response<pb::apply_resource_change::Response>, Status> {
        let request = Arc::new(request.into_inner());
        let call = Call::new("ApplyResourceChange", Kind::Resource, &request.type_name, false);
        let resource = match self.resource(&request.type_name) {
            Ok(resource) => resource,
            Err(answer) => return self.run(call, async move { *answer }).await,
        };
        let (crashed, of) = (Arc::clone(&resource), Arc::clone(&request));
        self.run_or(call, async move { resource.apply(&request).await }, move |diagnostic| {
            crashed.apply_crashed(&of, diagnostic)
        })
        .await
    }

    async fn import_resource_state(
        &self,
        request: Request<pb::import_resource_state::Request>,
    ) -> Result<Response<pb::import_resource_state::Response>, Status> {
        typed_rpc!(
            self,
            request,
            "ImportResourceState",
            Kind::Resource,
            resource,
            import,
            |request: &pb::import_resource_state::Request| deferrable(
                request.client_capabilities.as_ref()
            )
        )
    }

    async fn move_resource_state(
        &self,
        request: Request<pb::move_resource_state::Request>,
    ) -> Result<Response<pb::move_resource_state::Response>, Status> {
        let request = request.into_inner();
        let call = Call::new("MoveResourceState", Kind::Resource, &request.target_type_name, false);
        // The capability says no already; a tool that asks all the same gets an answer a user can act on.
        self.run(call, async move {
            pb::move_resource_state::Response::error(diagnostic(
                "This resource cannot be moved here",
                format!(
                    "The provider takes over no state of {} as {}. Import the object instead, and remove the old \
                     address from the state with a removed block.",
                    request.source_type_name, request.target_type_name
                ),
            ))
        })
        .await
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<pb::validate_data_resource_config::Request>,
    ) -> Result<Response<pb::validate_data_resource_config::Response>, Status> {
        typed_rpc!(
            self,
            request,
            "ValidateDataResourceConfig",
            Kind::DataSource,
            data_source,
            validate,
            never
        )
    }

    async fn read_data_source(
        &self,
        request: Request<pb::read_data_source::Request>,
    ) -> Result<Response<pb::read_data_source::Response>, Status> {
        typed_rpc!(
            self,
            request,
            "ReadDataSource",
            Kind::DataSource,
            data_source,
            read,
            |request: &pb::read_data_source::Request| deferrable(
                request.client_capabilities.as_ref()
            )
        )
    }

    async fn call_function(
        &self,
        request: Request<pb::call_function::Request>,
    ) -> Result<Response<pb::call_function::Response>, Status> {
        let request = request.into_inner();
        let function = self.offer.functions.get(request.name.as_str()).cloned();
        let call = Call::new("CallFunction", Kind::Function, &request.name, false);
        self.run(call, async move {
            match function {
                Some(function) => function.call(request.arguments).await,
                None => unknown_type("Unknown function", &request.name),
            }
        })
        .await
    }
}
