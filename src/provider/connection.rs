//! The provider's connection, shared by its resources and data sources: one client, made once by configure.

use std::sync::{Arc, Mutex, PoisonError};

use crate::api::Client;
use crate::provider::cmk_config::Run;
use crate::provider::config::Deferred;

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

/// The connection and the memory of the run, as each call finds them.
#[derive(Clone, Default)]
pub struct Session {
    /// The connection.
    pub connection: Connection,
    /// The memory of this run.
    pub run: Arc<Run>,
}

/// Where the session is kept between configure and the calls.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<Session>>);

impl Shared {
    /// The session now. A call keeps the one it began with.
    pub fn session(&self) -> Session {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// A new session, with an empty memory.
    pub fn configure(&self, connection: Connection) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Session {
            connection,
            run: Arc::default(),
        };
    }
}
