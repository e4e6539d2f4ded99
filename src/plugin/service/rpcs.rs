//! The RPCs of the provider service: one table.

use std::sync::Arc;

use tf_provider::{Diagnostic, Diagnostics};
use tonic::{Request, Response, Status};

use super::{Call, ProviderService};
use crate::adapter::to_protocol;
use crate::log::RPC;
use crate::proto::tfplugin6 as pb;

/// A response that can be an error.
pub(super) trait CanFail: Send + 'static {
    /// The response that says just this.
    fn error(diagnostic: Diagnostic) -> Self;

    /// The numbers of errors and warnings.
    fn counts(&self) -> (usize, usize);
}

/// A function's response has a place for one error.
impl CanFail for pb::call_function::Response {
    fn error(diagnostic: Diagnostic) -> Self {
        let text = format!("{}: {}", diagnostic.summary, diagnostic.detail);
        Self { result: None, error: Some(pb::FunctionError { text, function_argument: None }) }
    }

    fn counts(&self) -> (usize, usize) {
        (usize::from(self.error.is_some()), 0)
    }
}

/// From the table: each RPC finds what it is about by the name in the request's field, and calls a
/// method of that. Where the request says what the client is capable of, it may be deferred.
macro_rules! rpcs {
    ($($rpc:ident $name:literal: $find:ident($($field:ident)?)$(.$method:ident)+, $deferrable:ident;)+) => {
        $(rpcs!(@fails $rpc);)+

        #[tonic::async_trait]
        impl pb::provider_server::Provider for Arc<ProviderService> {
            $(async fn $rpc(
                &self,
                request: Request<pb::$rpc::Request>,
            ) -> Result<Response<pb::$rpc::Response>, Status> {
                let request = request.into_inner();
                let name = rpcs!(@name request $($field)?).to_owned();
                let deferral_allowed = rpcs!(@$deferrable request);
                let found = self.registry.$find(&name);
                let call = Call { rpc: $name, about: stringify!($find), name, deferral_allowed };
                self.run(call, async move {
                    match found {
                        Ok(found) => found$(.$method)+(request).await,
                        Err(unknown) => CanFail::error(unknown),
                    }
                })
                .await
            })+

            /// Not a request like the others: it is for those that run.
            async fn stop_provider(
                &self,
                _: Request<pb::stop_provider::Request>,
            ) -> Result<Response<pb::stop_provider::Response>, Status> {
                tracing::debug!(target: RPC, tf_rpc = "StopProvider", "Received request");
                self.stop.stop();
                Ok(Response::new(pb::stop_provider::Response::default()))
            }
        }
    };
    (@fails call_function) => {};
    (@fails $rpc:ident) => {
        impl CanFail for pb::$rpc::Response {
            // Some responses have nothing but diagnostics.
            #[allow(clippy::needless_update)]
            fn error(diagnostic: Diagnostic) -> Self {
                let errors = vec![diagnostic];
                let diagnostics = to_protocol(Diagnostics { errors, warnings: Vec::new() });
                Self { diagnostics, ..Default::default() }
            }

            fn counts(&self) -> (usize, usize) {
                let is_error = |one: &&pb::Diagnostic| {
                    one.severity() == pb::diagnostic::Severity::Error
                };
                let errors = self.diagnostics.iter().filter(is_error).count();
                (errors, self.diagnostics.len() - errors)
            }
        }
    };
    (@name $request:ident) => { "" };
    (@name $request:ident $field:ident) => { $request.$field };
    (@never $request:ident) => { false };
    (@deferrable $request:ident) => {
        $request.client_capabilities.as_ref().is_some_and(|client| client.deferral_allowed)
    };
}

rpcs! {
    get_metadata "GetMetadata": itself().metadata, never;
    get_provider_schema "GetProviderSchema": itself().provider_schema, never;
    get_resource_identity_schemas "GetResourceIdentitySchemas": itself().identities, never;
    get_functions "GetFunctions": itself().signatures, never;
    validate_provider_config "ValidateProviderConfig": provider().validate, never;
    configure_provider "ConfigureProvider": provider().configure, deferrable;
    validate_resource_config "ValidateResourceConfig": resource(type_name).validate, deferrable;
    upgrade_resource_state "UpgradeResourceState": resource(type_name).upgrade, never;
    upgrade_resource_identity "UpgradeResourceIdentity": resource(type_name).upgrade_identity, never;
    read_resource "ReadResource": resource(type_name).read, deferrable;
    plan_resource_change "PlanResourceChange": resource(type_name).plan, deferrable;
    apply_resource_change "ApplyResourceChange": resource(type_name).apply, never;
    import_resource_state "ImportResourceState": resource(type_name).import, deferrable;
    move_resource_state "MoveResourceState": resource(target_type_name).take_over, never;
    validate_data_resource_config "ValidateDataResourceConfig": data_source(type_name).validate, never;
    read_data_source "ReadDataSource": data_source(type_name).read, deferrable;
    call_function "CallFunction": function(name).call, never;
}
