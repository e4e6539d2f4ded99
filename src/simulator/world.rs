//! All that the simulator knows, behind one lock: routes, recorder and control share it.

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::faults::{self, Action, Fault, Route};
use super::lifecycle::Register;
use super::options::{Clock, Options};
use super::recorder::Arrived;
use super::replies::Reply;

/// What arrived and what it did. Requests that a fault hit are counted as arrivals too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests of any kind, wrong paths included.
    pub requests: u64,
    /// POSTs of a configuration that arrived.
    pub submissions: u64,
    /// Those that started a job, whatever became of their response.
    pub submissions_accepted: u64,
    /// Status calls that arrived.
    pub status_reads: u64,
    /// App registration calls that arrived.
    pub app_reads: u64,
    /// Token requests that arrived.
    pub token_requests: u64,
    /// Tokens handed out.
    pub tokens_minted: u64,
    /// Requests that a fault hit.
    pub faults: u64,
    /// Those that one holds.
    pub held: u64,
}

/// A request as it arrived and what became of it. Nothing is redacted: this is a test's evidence,
/// secrets are looked for in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// The method.
    pub method: String,
    /// The path as sent, escapes and all.
    pub path: String,
    /// The query as sent, without `?`.
    pub query: Option<String>,
    /// The headers in their order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; bytes that are no UTF-8 are replaced.
    pub body: String,
    /// The status of the response; none while there is no response yet, and for ever if the
    /// connection was cut instead.
    pub status: Option<u16>,
    /// The body of the response, likewise.
    pub response: String,
    /// The `x-request-id` of the response.
    pub request_id: String,
    /// When it arrived, on the simulator's clock.
    pub at: Duration,
}

impl LoggedRequest {
    /// The first header of this name, which is given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What is behind the lock.
#[derive(Debug)]
pub(super) struct World {
    pub(super) options: Options,
    pub(super) register: Register,
    pub(super) counters: Counters,
    pub(super) faults: Vec<Fault>,
    pub(super) log: Vec<LoggedRequest>,
    /// Minted tokens, and when they expire.
    pub(super) minted: Vec<(String, Duration)>,
    /// What takes effect later, and when.
    late: Vec<(Duration, Arrived)>,
    started: Instant,
    /// How far it was moved.
    pub(super) stepped: Duration,
}

impl World {
    /// The moment on the simulator's clock.
    pub(super) fn now(&self) -> Duration {
        match self.options.clock {
            Clock::Automatic => self.stepped + self.started.elapsed(),
            Clock::Stepped => self.stepped,
        }
    }

    /// Has a request take effect later.
    pub(super) fn postpone(&mut self, by: Duration, arrived: Arrived) {
        self.late.push((self.now() + by, arrived));
    }

    /// Has what is due take effect.
    fn catch_up(&mut self) {
        let now = self.now();
        while let Some(due) = self.late.iter().position(|(due, _)| *due <= now) {
            let (_, arrived) = self.late.remove(due);
            arrived.reply(self);
        }
    }

    /// A token that is good from now on.
    pub(super) fn mint(&mut self) -> String {
        self.counters.tokens_minted += 1;
        let token = format!("sim-minted-{}", self.counters.tokens_minted);
        self.minted.push((token.clone(), self.now() + self.options.token_lifetime));
        token
    }

    /// Whether a bearer token is good.
    pub(super) fn knows_token(&self, token: &str) -> bool {
        let now = self.now();
        self.options.tokens.iter().any(|given| given == token)
            || self.minted.iter().any(|(minted, expires)| minted == token && now < *expires)
    }

    /// Counts and logs a request. Gives it an id, and says what is to happen to it, if anything but
    /// the usual.
    pub(super) fn arrive(&mut self, arrived: &Arrived) -> (String, Option<Action>) {
        let now = self.now();
        let counters = &mut self.counters;
        counters.requests += 1;
        match arrived.target.route {
            Some(Route::App) => counters.app_reads += 1,
            Some(Route::Submit) => counters.submissions += 1,
            Some(Route::Status) => counters.status_reads += 1,
            Some(Route::Token) => counters.token_requests += 1,
            Some(Route::Any) | None => {}
        }
        let request_id = format!("sim-{:06}", counters.requests);
        self.log.push(arrived.logged(request_id.clone(), now));
        let action = faults::take(&mut self.faults, &arrived.target);
        counters.faults += u64::from(action.is_some());
        counters.held += u64::from(action == Some(Action::Hold));
        (request_id, action)
    }

    /// Writes down the response to a request, if the log was not cleared meanwhile.
    pub(super) fn replied(&mut self, request_id: &str, reply: &Reply) {
        if let Some(entry) = self.log.iter_mut().find(|entry| entry.request_id == request_id) {
            entry.status = Some(reply.status);
            entry.response.clone_from(&reply.body);
        }
    }
}

/// The world, and the two ways to wait for it.
#[derive(Debug)]
pub(super) struct Shared {
    world: Mutex<World>,
    /// Something arrived or got its response.
    pub(super) changed: Condvar,
    /// The number of releases so far.
    pub(super) releases: watch::Sender<u64>,
    /// Until when nothing listens.
    pub(super) door: watch::Sender<Option<Instant>>,
}

impl Shared {
    pub(super) fn new(options: Options) -> Self {
        let world = World {
            options,
            register: Register::default(),
            counters: Counters::default(),
            faults: Vec::new(),
            log: Vec::new(),
            minted: Vec::new(),
            late: Vec::new(),
            started: Instant::now(),
            stepped: Duration::ZERO,
        };
        Self {
            world: Mutex::new(world),
            changed: Condvar::new(),
            releases: watch::Sender::new(0),
            door: watch::Sender::new(None),
        }
    }

    /// A panic elsewhere leaves numbers and lists, which are as good as before.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.catch_up();
        world
    }

    /// The clock goes on from where it was, on the clock of the runtime that serves from now on.
    pub(super) fn begin(&self) {
        self.world.lock().unwrap_or_else(PoisonError::into_inner).started = Instant::now();
        self.door.send_replace(None);
        self.close_door_if_scripted();
    }

    /// Whether nothing listens from now on, for the time that a fault says.
    pub(super) fn close_door_if_scripted(&self) -> bool {
        let mut world = self.world();
        let Some(time) = faults::unreachable(&mut world.faults) else {
            return false;
        };
        world.counters.faults += 1;
        self.door.send_replace(Some(Instant::now() + time));
        true
    }

    /// The error by which a connection is reset.
    pub(super) fn broken(&self) -> io::Error {
        self.close_door_if_scripted();
        io::ErrorKind::ConnectionReset.into()
    }
}
