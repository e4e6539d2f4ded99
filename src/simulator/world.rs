//! All that the simulator knows, behind one lock: routes, recorder and control share it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::watch;

use super::faults::{self, Action, Fault, Route, Target};
use super::lifecycle::Register;
use super::options::{Clock, Options};

/// What arrived and what it did. Requests that a fault hit are counted as arrivals too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Requests of any kind, wrong paths included.
    pub requests: u64,
    /// POSTs of a configuration that arrived.
    pub submissions: u64,
    /// Those that started a job, whatever became of their answer.
    pub submissions_accepted: u64,
    /// Those that the gateway or the service refused, faults aside.
    pub submissions_refused: u64,
    /// Those that were answered with what was there already.
    pub submissions_existing: u64,
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
}

/// A request as it arrived and what became of it. Nothing is redacted: this is a test's evidence, secrets are looked for in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    /// The status of the answer; none while there is no answer yet, and for ever if the connection was cut instead.
    pub status: Option<u16>,
    /// The `x-request-id` of the answer.
    pub request_id: String,
    /// When it arrived, in real time since the simulator's start.
    pub at: Duration,
}

impl LoggedRequest {
    /// The first header of this name, which is given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What the recorder needs to know of a request it has reported.
#[derive(Debug)]
pub(super) struct Arrival {
    /// Its place in the log, counted over everything that was ever in it.
    pub(super) number: usize,
    /// Goes into the answer.
    pub(super) request_id: String,
    /// What is to happen to it, if anything but the usual.
    pub(super) action: Option<Action>,
}

/// The simulator's time.
#[derive(Clone, Copy, Debug)]
struct Time {
    started: Instant,
    stepped: Duration,
}

/// What is behind the lock.
#[derive(Debug)]
pub(super) struct World {
    pub(super) options: Options,
    pub(super) register: Register,
    pub(super) counters: Counters,
    pub(super) faults: Vec<Fault>,
    pub(super) log: Vec<LoggedRequest>,
    /// Log entries that were cleared, so that a request still under way finds its own.
    cleared: usize,
    /// Minted tokens, and when they expire.
    minted: Vec<(String, Duration)>,
    time: Time,
}

impl World {
    /// The moment on the simulator's clock.
    pub(super) fn now(&self) -> Duration {
        match self.options.clock {
            Clock::Automatic => self.time.stepped + self.time.started.elapsed(),
            Clock::Stepped => self.time.stepped,
        }
    }

    /// Moves the clock.
    pub(super) fn step(&mut self, by: Duration) {
        self.time.stepped += by;
    }

    /// Real time since the start.
    fn elapsed(&self) -> Duration {
        self.time.started.elapsed()
    }

    /// A token that is good from now on.
    pub(super) fn mint(&mut self) -> String {
        self.counters.tokens_minted += 1;
        let token = format!("sim-minted-{}", self.counters.tokens_minted);
        self.minted.push((token.clone(), self.now() + self.options.token_lifetime));
        token
    }

    /// No minted token is good any more; given ones stay.
    pub(super) fn expire_tokens(&mut self) {
        self.minted.clear();
    }

    /// Whether a bearer token is good.
    pub(super) fn knows_token(&self, token: &str) -> bool {
        let now = self.now();
        self.options.tokens.iter().any(|given| given == token)
            || self.minted.iter().any(|(minted, expires)| minted == token && now < *expires)
    }

    /// Counts and logs a request, and says what is to happen to it.
    pub(super) fn arrive(&mut self, target: &Target, mut request: LoggedRequest) -> Arrival {
        let counters = &mut self.counters;
        counters.requests += 1;
        match target.route {
            Some(Route::App) => counters.app_reads += 1,
            Some(Route::Submit) => counters.submissions += 1,
            Some(Route::Status) => counters.status_reads += 1,
            Some(Route::Token) => counters.token_requests += 1,
            Some(Route::Any) | None => {}
        }
        let action = faults::take(&mut self.faults, target);
        self.counters.faults += u64::from(action.is_some());
        request.request_id = format!("sim-{:06}", self.counters.requests);
        request.at = self.elapsed();
        let arrival = Arrival {
            number: self.cleared + self.log.len(),
            request_id: request.request_id.clone(),
            action,
        };
        self.log.push(request);
        arrival
    }

    /// Writes down the status that a request is answered with, if it was not cleared away meanwhile.
    pub(super) fn answered(&mut self, number: usize, status: u16) {
        let index = number.checked_sub(self.cleared);
        if let Some(entry) = index.and_then(|index| self.log.get_mut(index)) {
            entry.status = Some(status);
        }
    }

    /// Forgets the log; counters stay.
    pub(super) fn clear_log(&mut self) {
        self.cleared += self.log.len();
        self.log.clear();
    }
}

/// The world, and the two ways to wait for it.
#[derive(Debug)]
pub(super) struct Shared {
    world: Mutex<World>,
    /// Something arrived or was answered.
    changed: Condvar,
    /// The number of releases so far.
    releases: watch::Sender<u64>,
}

impl Shared {
    pub(super) fn new(options: Options) -> Self {
        let world = World {
            options,
            register: Register::default(),
            counters: Counters::default(),
            faults: Vec::new(),
            log: Vec::new(),
            cleared: 0,
            minted: Vec::new(),
            time: Time { started: Instant::now(), stepped: Duration::ZERO },
        };
        Self { world: Mutex::new(world), changed: Condvar::new(), releases: watch::Sender::new(0) }
    }

    /// A panic elsewhere leaves numbers and lists, which are as good as before.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those who wait that the world has changed.
    pub(super) fn announce(&self) {
        self.changed.notify_all();
    }

    /// Waits until the world is as wished, or the time is up; whether it is.
    pub(super) fn wait_until(&self, limit: Duration, wished: impl Fn(&World) -> bool) -> bool {
        let (world, _) = self
            .changed
            .wait_timeout_while(self.world(), limit, |world| !wished(world))
            .unwrap_or_else(PoisonError::into_inner);
        wished(&world)
    }

    /// Lets every held request go on.
    pub(super) fn release(&self) {
        self.releases.send_modify(|count| *count += 1);
    }

    /// Sees the releases from now on.
    pub(super) fn releases(&self) -> watch::Receiver<u64> {
        self.releases.subscribe()
    }
}
