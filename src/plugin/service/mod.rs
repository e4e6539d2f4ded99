//! The provider service: finds the adapter, runs it, answers.

mod answer;
mod rpcs;
mod schemas;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use tf_provider::Diagnostic;
use tokio::runtime::Handle;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::{Response, Status};
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
        Self { ending: ending.clone(), generation: Arc::new(Mutex::new(ending.child_token())) }
    }

    /// The token of what begins now.
    pub(super) fn token(&self) -> CancellationToken {
        self.generation.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells everything in flight to come to an end.
    fn stop(&self) {
        let mut generation = self.generation.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *generation, self.ending.child_token()).cancel();
    }
}

/// The provider service.
pub(super) struct ProviderService {
    offer: Offer,
    stop: Stop,
    running: TaskTracker,
    methods: Handle,
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
#[derive(Clone)]
struct Call {
    rpc: &'static str,
    kind: Kind,
    type_name: String,
    deferral_allowed: bool,
}

impl Call {
    fn new(rpc: &'static str, kind: Kind, type_name: &str, deferral_allowed: bool) -> Self {
        Self { rpc, kind, type_name: type_name.to_owned(), deferral_allowed }
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
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

impl ProviderService {
    /// `methods` runs the provider's methods.
    pub(super) fn new(offer: Offer, stop: Stop, running: TaskTracker, methods: Handle) -> Self {
        Self { offer, stop, running, methods, schemas: OnceLock::new() }
    }

    /// Runs one request as a task of its own. When the client goes away the handler is dropped; the task is not, so an
    /// apply comes to its end or to the shutdown's. A panic in it becomes an answer.
    async fn run<A: Answer>(
        &self,
        call: Call,
        work: impl Future<Output = A> + Send + 'static,
    ) -> Result<Response<A>, Status> {
        self.run_or(call, work, A::error).await
    }

    /// The same for work whose panic is more than an error.
    async fn run_or<A: Answer>(
        &self,
        call: Call,
        work: impl Future<Output = A> + Send + 'static,
        crash: impl FnOnce(Diagnostic) -> A + Send + 'static,
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
        let described = call.clone();
        let served = async move {
            let start = Instant::now();
            tracing::trace!(target: RPC, "Received request");
            let answer = answer::catch(work).await.unwrap_or_else(|_| crash(crashed(&call)));
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
        let task = self.running.spawn_on(ctx.scope(served).instrument(span), &self.methods);
        joined(&described, task.await)
    }
}

/// What became of a request's task. Panics of the work were caught inside, so what is lost here is an aborted runtime's
/// or a panic of the host itself.
fn joined<A: Answer>(call: &Call, task: Result<A, JoinError>) -> Result<Response<A>, Status> {
    match task {
        Ok(answer) => Ok(Response::new(answer)),
        Err(error) if error.is_panic() => Ok(Response::new(A::error(crashed(call)))),
        Err(_) => Err(Status::unavailable("the provider is shutting down")),
    }
}

/// What a caller is told about the panic that was just caught. Not its message, which may quote a value.
fn crashed(call: &Call) -> Diagnostic {
    let what = match call.type_name.is_empty() {
        true => call.rpc.to_owned(),
        false => format!("{} of {}", call.rpc, call.type_name),
    };
    diagnostic(
        "The provider crashed",
        format!(
            "{what} panicked at {}. This is a bug in the provider; the log has the rest.",
            crash::place()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::{Call, Kind, joined};
    use crate::proto::tfplugin6 as pb;

    type Answer = pb::read_resource::Response;

    #[tokio::test]
    async fn a_lost_panic_is_a_crash_and_an_aborted_task_is_not() {
        let call = Call::new("ReadResource", Kind::Resource, "toy_thing", false);
        let panicked = tokio::spawn(async { panic!("lost") }).await;
        let answer = joined::<Answer>(&call, panicked).unwrap().into_inner();
        assert_eq!(answer.diagnostics[0].summary, "The provider crashed");

        let aborted = tokio::spawn(std::future::pending());
        aborted.abort();
        let status = joined::<Answer>(&call, aborted.await).unwrap_err();
        assert_eq!(status.code(), tonic::Code::Unavailable);
    }
}
