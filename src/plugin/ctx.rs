//! What a call knows of its request beyond tf-provider's arguments: the stop token, what the client
//! can do, deferral.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio_util::sync::CancellationToken;

use super::service::Stop;

/// Why a response is deferred (`Deferred.Reason` of the protocol).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeferredReason {
    /// The resource's own configuration is not known yet.
    ResourceConfigUnknown,
    /// The provider block is not known yet.
    ProviderConfigUnknown,
    /// Something it depends on is itself deferred.
    AbsentPrereq,
}

/// The request a trait method is running for.
#[derive(Clone, Debug, Default)]
pub struct Ctx {
    stop: CancellationToken,
    deferral_allowed: bool,
    deferred: Arc<Mutex<Option<DeferredReason>>>,
}

tokio::task_local! {
    static CURRENT: Ctx;
}

/// Where what runs beside the requests hears of the end: there is one server a process.
static SERVED: OnceLock<Stop> = OnceLock::new();

/// From now on, what runs outside a request's own task is stopped like a request.
pub(super) fn serve(stop: Stop) {
    // The first server's is the one: there is no second.
    _ = SERVED.set(stop);
}

/// The current request's context. In a task that a method spawned, which has none, one that stops
/// as the requests do that are running now, and that allows no deferral. Where nothing is served
/// (unit tests) it never stops.
pub fn current() -> Ctx {
    CURRENT
        .try_with(Ctx::clone)
        .unwrap_or_else(|_| Ctx::new(SERVED.get().map(Stop::token).unwrap_or_default(), false))
}

impl Ctx {
    /// A context for one request.
    pub fn new(stop: CancellationToken, deferral_allowed: bool) -> Self {
        Self { stop, deferral_allowed, deferred: Arc::default() }
    }

    /// Runs `future` with this context as [`current`].
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// Cancelled when Terraform is interrupted (`StopProvider`) or the plugin shuts down.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// The client said it understands deferred responses.
    pub fn deferral_allowed(&self) -> bool {
        self.deferral_allowed
    }

    /// Marks the response as deferred; the method then returns `None`. Where the client does not
    /// allow deferral ([`Ctx::deferral_allowed`]), `None` becomes an error: nothing is lost,
    /// but nothing is done either.
    pub fn defer(&self, reason: DeferredReason) {
        *self.deferred.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    }

    /// The reason given to [`Ctx::defer`], if any.
    pub fn deferred(&self) -> Option<DeferredReason> {
        *self.deferred.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{current, serve};
    use crate::service::Stop;
    use tokio_util::sync::CancellationToken;

    #[tokio::test]
    async fn what_a_method_spawns_stops_with_the_process() {
        let ending = CancellationToken::new();
        serve(Stop::new(&ending));
        let spawned = tokio::spawn(async { current().stop().clone() }).await.unwrap();
        assert!(!spawned.is_cancelled());
        ending.cancel();
        assert!(spawned.is_cancelled());
    }
}
