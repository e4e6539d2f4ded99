//! The provider service: finds the adapter, runs it, answers.

mod answer;
mod schemas;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::{Request, Response, Status};
use tracing::Instrument;

use super::adapter::{AnyDataSource, AnyFunction, AnyProvider, AnyResource, diagnostic};
use super::crash;
use super::ctx::Ctx;
use super::log::RPC;
use super::proto::tfplugin6 as pb;
use answer::Answer;

/// Everything a provider offers.
pub(super) struct Offer {
    pub(super) address: &'static str,
    /// The crate the provider is written in: its log is written, too.
    pub(super) crate_name: &'static str,
    pub(super) provider: Arc<dyn AnyProvider>,
    pub(super) resources: BTreeMap<&'static str, Arc<dyn AnyResource>>,
    pub(super) data_sources: BTreeMap<&'static str, Arc<dyn AnyDataSource>>,
    pub(super) functions: BTreeMap<&'static str, Arc<dyn AnyFunction>>,
}

/// The token that in-flight requests watch. Stopping is for them alone: a client may go on with new requests, and in
/// debug mode the next client will.
#[derive(Clone)]
pub(super) struct Stop {
    /// Every generation is its child: what comes after the end has begun is stopped from the start.
    ending: CancellationToken,
    generation: Arc<Mutex<CancellationToken>>,
}

impl Stop {
    pub(super) fn new(ending: &CancellationToken) -> Self {
        Self {
            ending: ending.clone(),
            generation: Arc::new(Mutex::new(ending.child_token())),
        }
    }

    fn token(&self) -> CancellationToken {
        self.generation
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Tells everything in flight to come to an end.
    fn stop(&self) {
        let mut generation = self
            .generation
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *generation, self.ending.child_token()).cancel();
    }
}

/// The provider service.
pub(super) struct ProviderService {
    offer: Offer,
    stop: Stop,
    running: TaskTracker,
    schemas: OnceLock<pb::get_provider_schema::Response>,
}

/// What a request is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Provider,
    Resource,
    DataSource,
    Function,
}

/// What every request brings along.
struct Call {
    rpc: &'static str,
    kind: Kind,
    type_name: String,
    deferral_allowed: bool,
}

impl Call {
    fn new(rpc: &'static str, kind: Kind, type_name: &str, deferral_allowed: bool) -> Self {
        Self {
            rpc,
            kind,
            type_name: type_name.to_owned(),
            deferral_allowed,
        }
    }

    /// The name of what the request is about, if it is of this kind.
    fn name_of(&self, kind: Kind) -> Option<&str> {
        (self.kind == kind).then_some(self.type_name.as_str())
    }
}

/// An id for the log, in the shape of a random UUID.
fn request_id() -> String {
    let bits = fastrand::u128(..) & !0xf000_c000_0000_0000_0000 | 0x4000_8000_0000_0000_0000;
    let hex = format!("{bits:032x}");
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

impl ProviderService {
    pub(super) fn new(offer: Offer, stop: Stop, running: TaskTracker) -> Self {
        Self {
            offer,
            stop,
            running,
            schemas: OnceLock::new(),
        }
    }

    /// Runs one request as a task of its own. When the client goes away the handler is dropped; the task is not, so an
    /// apply comes to its end or to the shutdown's. A panic in it becomes an answer.
    async fn run<A: Answer>(
        &self,
        call: Call,
        work: impl Future<Output = A> + Send + 'static,
    ) -> Result<Response<A>, Status> {
        let span = tracing::error_span!(
            target: RPC,
            "rpc",
            tf_rpc = call.rpc,
            tf_req_id = request_id(),
            tf_resource_type = call.name_of(Kind::Resource),
            tf_data_source_type = call.name_of(Kind::DataSource),
            tf_function = call.name_of(Kind::Function),
            tf_proto_version = "6.11",
            tf_provider_addr = self.offer.address,
        );
        let ctx = Ctx::new(self.stop.token(), call.deferral_allowed);
        let served = async move {
            let start = Instant::now();
            tracing::trace!(target: RPC, "Received request");
            let answer = A::catch(&call, work).await;
            let (errors, warnings) = answer.counts();
            tracing::debug!(
                target: RPC,
                tf_req_duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
                diagnostic_error_count = errors,
                diagnostic_warning_count = warnings,
                "Served request"
            );
            answer
        };
        let task = self.running.spawn(ctx.scope(served).instrument(span));
        // Panics of the work are caught inside, so only an aborted runtime ends up here.
        task.await
            .map(Response::new)
            .map_err(|_| Status::unavailable("the provider is shutting down"))
    }

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
    A::error(diagnostic(
        summary,
        format!("The provider has nothing of the name {name:?}."),
    ))
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
        self.run(
            Call::new("GetMetadata", Kind::Provider, "", false),
            async move { schemas::metadata(&service.offer) },
        )
        .await
    }

    async fn get_provider_schema(
        &self,
        _: Request<pb::get_provider_schema::Request>,
    ) -> Result<Response<pb::get_provider_schema::Response>, Status> {
        let service = Arc::clone(self);
        self.run(
            Call::new("GetProviderSchema", Kind::Provider, "", false),
            async move {
                service
                    .schemas
                    .get_or_init(|| schemas::provider_schema(&service.offer))
                    .clone()
            },
        )
        .await
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<pb::get_resource_identity_schemas::Request>,
    ) -> Result<Response<pb::get_resource_identity_schemas::Response>, Status> {
        let service = Arc::clone(self);
        self.run(
            Call::new("GetResourceIdentitySchemas", Kind::Provider, "", false),
            async move { schemas::identities(&service.offer) },
        )
        .await
    }

    async fn get_functions(
        &self,
        _: Request<pb::get_functions::Request>,
    ) -> Result<Response<pb::get_functions::Response>, Status> {
        let service = Arc::clone(self);
        self.run(
            Call::new("GetFunctions", Kind::Provider, "", false),
            async move { schemas::functions(&service.offer) },
        )
        .await
    }

    async fn validate_provider_config(
        &self,
        request: Request<pb::validate_provider_config::Request>,
    ) -> Result<Response<pb::validate_provider_config::Response>, Status> {
        let provider = Arc::clone(&self.offer.provider);
        self.run(
            Call::new("ValidateProviderConfig", Kind::Provider, "", false),
            async move { provider.validate(request.into_inner()).await },
        )
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
        self.run(call, async move { provider.configure(request).await })
            .await
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
        typed_rpc!(
            self,
            request,
            "UpgradeResourceState",
            Kind::Resource,
            resource,
            upgrade,
            never
        )
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
        typed_rpc!(
            self,
            request,
            "ApplyResourceChange",
            Kind::Resource,
            resource,
            apply,
            never
        )
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
        let call = Call::new(
            "MoveResourceState",
            Kind::Resource,
            &request.target_type_name,
            false,
        );
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

/// What a caller is told about a panic.
fn crashed(call: &Call, payload: &(dyn std::any::Any + Send)) -> tf_provider::Diagnostic {
    let what = match call.type_name.is_empty() {
        true => call.rpc.to_owned(),
        false => format!("{} of {}", call.rpc, call.type_name),
    };
    diagnostic(
        "The provider crashed",
        format!(
            "{what} panicked: {}. This is a bug in the provider; the log has the place.",
            crash::message(payload)
        ),
    )
}
