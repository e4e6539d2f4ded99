//! The provider service: finds the adapter, runs it, responds.

mod registry;
mod rpcs;
mod work;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::{Response, Status};
use tracing::Instrument;

use super::crash;
use super::ctx::Ctx;
use super::log::RPC;
pub(super) use registry::Registry;
use rpcs::CanFail;
use work::{Turn, Work};

/// The token that in-flight requests watch. Stopping is for them alone: a client may go on with new
/// requests, and in debug mode the next client will.
#[derive(Clone)]
pub(super) struct Stop {
    /// Every generation is its child: what comes after the end has begun is stopped from the
    /// start.
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
    registry: Arc<Registry>,
    stop: Stop,
    running: TaskTracker,
    turn: Arc<Turn>,
}

/// What every request brings along.
struct Call {
    rpc: &'static str,
    /// The kind of what it is about.
    about: &'static str,
    /// Its name.
    name: String,
    deferral_allowed: bool,
}

impl Call {
    /// The name of what the request is about, if it is of this kind.
    fn name_of(&self, kind: &str) -> Option<&str> {
        (self.about == kind).then_some(self.name.as_str())
    }

    /// As a crash names it.
    fn described(&self) -> String {
        match self.name.is_empty() {
            true => self.rpc.to_owned(),
            false => format!("{} of {}", self.rpc, self.name),
        }
    }
}

/// An id for the log, in the shape of a random UUID.
fn request_id() -> String {
    let bits = fastrand::u128(..) & !0xf000_c000_0000_0000_0000 | 0x4000_8000_0000_0000_0000;
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

impl ProviderService {
    pub(super) fn new(registry: Registry, stop: Stop, running: TaskTracker) -> Self {
        Self { registry: Arc::new(registry), stop, running, turn: Arc::default() }
    }

    /// Runs one request to its end or to the shutdown's, whether the client stays or not. A panic in
    /// it becomes an error.
    async fn run<R: CanFail>(
        &self,
        call: Call,
        work: impl Future<Output = R> + Send + 'static,
    ) -> Result<Response<R>, Status> {
        let span = tracing::error_span!(
            target: RPC,
            "rpc",
            tf_rpc = call.rpc,
            tf_req_id = request_id(),
            tf_resource_type = call.name_of("resource"),
            tf_data_source_type = call.name_of("data_source"),
            tf_function = call.name_of("function"),
            tf_proto_version = "6.11",
            tf_provider_addr = self.registry.address,
        );
        let ctx = Ctx::new(self.stop.token(), call.deferral_allowed);
        let described = call.described();
        let served = async move {
            let start = Instant::now();
            tracing::trace!(target: RPC, "Received request");
            let response = crash::catch(work).await;
            let response = response.unwrap_or_else(|_| R::error(crash::diagnostic(&described)));
            let (errors, warnings) = response.counts();
            tracing::debug!(
                target: RPC,
                tf_req_duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
                diagnostic_error_count = errors,
                diagnostic_warning_count = warnings,
                "Served request"
            );
            response
        };
        let work = self.running.track_future(ctx.scope(served).instrument(span));
        Ok(Response::new(Work::new(self.turn.clone(), work).await))
    }
}
