//! The provider's connection, shared by its resources and data sources: one client, made once by
//! configure.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tf_provider::Diagnostic;
use tf_provider_host::ctx::{self, DeferredReason};
use tokio::time::Instant;

use crate::api::{Client, Limits};
use crate::provider::cmk_config::Memory;
use crate::provider::config::Deferred;
use crate::provider::diagnostics::{general, unknown_arguments};

/// What configure made of the provider block.
#[derive(Clone, Default)]
pub enum Connection {
    /// Configure was not called.
    #[default]
    Unconfigured,
    /// Some argument is not known before apply.
    Deferred(Arc<Deferred>),
    /// Ready to send.
    Ready(Client),
}

/// The connection and the memory of the run, as each request finds them.
#[derive(Clone, Default)]
pub struct Session {
    /// The connection.
    pub connection: Connection,
    /// The memory of this run.
    pub memory: Arc<Memory>,
}

/// Where the session is kept between configure and the requests.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<Session>>);

impl Shared {
    /// The session now. A request keeps the one it began with.
    pub fn session(&self) -> Session {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A new session, with an empty memory.
    pub fn configure(&self, connection: Connection) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Session { connection, memory: Arc::default() };
    }
}

impl Session {
    /// The client, for what cannot go on without it; an error names the unknown arguments.
    pub fn ready(&self, doing: &str) -> Result<&Client, Diagnostic> {
        match &self.connection {
            Connection::Ready(client) => Ok(client),
            Connection::Deferred(deferred) => Err(unknown_arguments(doing, &deferred.unknown)),
            Connection::Unconfigured => Err(unconfigured()),
        }
    }

    /// Defers the response where the provider block is unknown and the CLI allows it. Returns
    /// whether it did.
    pub fn defer_if_unknown(&self) -> bool {
        let ctx = ctx::current();
        let defers = matches!(self.connection, Connection::Deferred(_)) && ctx.deferral_allowed();
        if defers {
            ctx.defer(DeferredReason::ProviderConfigUnknown);
        }
        defers
    }

    /// The provider's organisation, where it is known.
    pub fn org_id(&self) -> Option<&str> {
        match &self.connection {
            Connection::Ready(client) => Some(client.org_id()),
            Connection::Deferred(deferred) => deferred.org_id.as_deref(),
            Connection::Unconfigured => None,
        }
    }
}

/// The end of what begins now, and the stop signal of the request; outside a request nothing stops
/// it.
pub fn limits(timeout: Duration) -> Limits {
    Limits { deadline: Instant::now() + timeout, stop: ctx::current().stop().clone() }
}

/// Called out of order: configure comes first.
pub fn unconfigured() -> Diagnostic {
    general(
        "The provider is not configured",
        "Terraform called the provider without configuring it first; this is a defect of the CLI \
         or of this provider.",
    )
}
