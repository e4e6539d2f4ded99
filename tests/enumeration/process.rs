//! One process of the provider, without being one: a runtime of its own, on whose paused clock the
//! provider, its HTTP client and the simulator run. An hour of waiting takes milliseconds, and
//! dropping the runtime is `kill -9`.

use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::net::UdpSocket;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aep_simulator::{Control, Place};
use serde_json::Value as Json;
use terraform_provider_aep::provider;
use tf_provider_host::proto::tfplugin6 as pb;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tonic::Request;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{Layer, Registry};

use super::front::{self, Handshake};
use crate::client::value;

/// The provider's RPCs.
pub(super) type Service = Arc<dyn pb::provider_server::Provider>;

/// Adobe, and how the provider block names it.
pub(super) struct Adobe {
    pub(super) control: Control,
    pub(super) place: Rc<Place>,
    /// Where TLS is in front of it, and how a handshake breaks.
    pub(super) front: Option<(Rc<Place>, Cell<Handshake>)>,
    pub(super) block: RefCell<Json>,
    /// What is to happen once so many requests were held or, in a pause, hit.
    pub(super) interrupt: Cell<Option<(Interrupt, u64)>>,
    /// It has happened to this process, or to the command that the process is of.
    pub(super) stopped: Cell<bool>,
    /// All that the CLI could show or store: diagnostics, states, private states, log lines.
    pub(super) shown: Rc<RefCell<String>>,
}

/// What befalls the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interrupt {
    /// `kill -9`
    Kill,
    /// Ctrl-C: the CLI sends StopProvider and waits.
    Stop,
    /// Ctrl-C, and the response arrives a second later.
    StopThenRelease,
    /// Ctrl-C in the next pause, while no request is under way.
    StopInPause,
    /// SIGTERM: the host stops what runs, and ends 10 s later.
    Term,
}

/// How the process came to its end.
pub(super) enum Ended<T> {
    /// It did what was asked.
    Done(T),
    /// It was stopped, and what ran came to its end.
    Stopped(T),
    /// It is gone.
    Killed,
    /// It hangs.
    Hangs,
}

/// Longer than anything may take: the longest timeout of the steps, and the settling time after it.
const TOO_LONG: Duration = Duration::from_secs(15 * 60);
/// A submission may finish for 3 s, and a look-up has 1 s after that.
const STOPS_IN: Duration = Duration::from_secs(6);
/// Out of a pause: there is nothing to wait for.
const AT_ONCE: Duration = Duration::from_millis(100);
/// How far the clock moves at once after a request, and at most.
const FIRST_STEP: Duration = Duration::from_millis(5);
const LONGEST_STEP: Duration = Duration::from_secs(1);
/// How long after the interrupt the held response arrives.
const RELEASED_IN: Duration = Duration::from_secs(1);
/// What the host leaves work in flight after SIGTERM.
const GRACE: Duration = Duration::from_secs(10);

/// Starts the provider, configures it and talks to it.
pub(super) fn run<T>(adobe: &Adobe, talk: impl AsyncFnOnce(Service) -> T) -> Ended<T> {
    let clock = Arc::new(Clock::default());
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let held = Arc::clone(&clock);
    builder.enable_all().start_paused(true).on_thread_park(move || held.is_about_to_move());
    let runtime = builder.build().unwrap();
    let log = Registry::default().with(Lines(Arc::default()));
    let lines = Arc::clone(&log.downcast_ref::<Lines>().unwrap().0);
    let (ended, took) = tracing::subscriber::with_default(log, || {
        runtime.block_on(async {
            let began = Instant::now();
            let (control, place) = (adobe.control.clone(), adobe.place.address);
            tokio::spawn(async move { control.serve(place, || ()).await });
            if let Some((entrance, breaks)) = &adobe.front {
                tokio::spawn(front::serve(entrance.address, place, breaks.get()));
            }
            let service: Service = Arc::new(provider::plugin().service());
            adobe.stopped.set(false);
            let work = async {
                // Adobe is there first, unless a fault has it away.
                tokio::task::yield_now().await;
                let block = adobe.block.borrow().clone();
                configure(&service, &block).await;
                talk(Arc::clone(&service)).await
            };
            let ended = tokio::select! {
                biased;
                done = work => if adobe.stopped.get() { Ended::Stopped(done) } else { Ended::Done(done) },
                ended = pace(adobe, &service, &clock) => ended,
            };
            (ended, began.elapsed())
        })
    });
    drop(runtime);
    adobe.control.step(took);
    adobe.shown.borrow_mut().push_str(&lines.lock().unwrap());
    ended
}

async fn configure(service: &Service, block: &Json) {
    let request = pb::configure_provider::Request {
        terraform_version: "1.12.0".into(),
        config: value(block),
        ..Default::default()
    };
    let response = service.configure_provider(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(response.diagnostics, []);
}

/// The runtime's clock. When nothing is ready it would jump to the next timer, over what is on its
/// way, so it is asked for.
#[derive(Default)]
struct Clock {
    /// The moment that it may leave.
    leaves: Mutex<Option<Instant>>,
    asks: Notify,
}

impl Clock {
    /// Nothing is ready: the runtime parks, which moves the clock unless this wakes somebody.
    fn is_about_to_move(&self) {
        if *self.leaves.lock().unwrap() != Some(Instant::now()) {
            self.asks.notify_one();
        }
    }
}

/// Lets the clock move once what was sent has arrived, and interrupts the process. Ends with it.
async fn pace<T>(adobe: &Adobe, service: &Service, clock: &Clock) -> Ended<T> {
    let began = Instant::now();
    let echo = Echo::new();
    let mut step = FIRST_STEP;
    let mut release: Option<Instant> = None;
    let mut ends = None;
    loop {
        // The kernel, too, may have something to do that the echo does not see: while a request is
        // under way there are a dozen echoes before its time is up.
        let next = [release, ends.as_ref().map(|(at, _)| *at)].into_iter().flatten().min();
        let at = Instant::now() + step;
        tokio::select! {
            () = sleep_until(next.map_or(at, |next| next.min(at))) => clock.asks.notified().await,
            () = clock.asks.notified() => {}
        }
        let mut counters = adobe.control.counters();
        let mut is_news = false;
        step = LONGEST_STEP.min(step * 2);
        loop {
            // A request passes a socket each way, and a new connection before that; with TLS two
            // sockets, after a handshake.
            for _ in 0..if adobe.front.is_some() { 16 } else { 4 } {
                echo.waits().await;
            }
            let now = adobe.control.counters();
            if std::mem::replace(&mut counters, now).requests == now.requests {
                break;
            }
            (step, is_news) = (FIRST_STEP, true);
        }
        let now = Instant::now();
        if let Some((interrupt, count)) = adobe.interrupt.get()
            && match interrupt {
                Interrupt::StopInPause => !is_news && counters.faults >= count,
                _ => counters.held >= count,
            }
        {
            adobe.interrupt.set(None);
            if interrupt == Interrupt::Kill {
                return Ended::Killed;
            }
            adobe.stopped.set(true);
            service.stop_provider(Request::new(pb::stop_provider::Request {})).await.unwrap();
            release = (interrupt == Interrupt::StopThenRelease).then(|| now + RELEASED_IN);
            ends = Some(match interrupt {
                Interrupt::Term => (now + GRACE, Ended::Killed),
                Interrupt::StopInPause => (now + AT_ONCE, Ended::Hangs),
                _ => (now + STOPS_IN, Ended::Hangs),
            });
            continue;
        }
        if release.take_if(|at| *at <= now).is_some() {
            adobe.control.release();
            continue;
        }
        if let Some((_, ended)) = ends.take_if(|(at, _)| *at <= now) {
            return ended;
        }
        if began.elapsed() > TOO_LONG {
            return Ended::Hangs;
        }
        *clock.leaves.lock().unwrap() = Some(now);
    }
}

/// Keeps this thread on one core. Each core has a queue of its own for the loopback interface, and
/// a busy kernel empties one of them much later than another.
#[cfg(target_os = "linux")]
pub(super) fn stay_on_a_core(nth: usize) {
    use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
    let this = nix::unistd::Pid::from_raw(0);
    let allowed = sched_getaffinity(this).unwrap();
    let cores = (0..CpuSet::count()).filter(|core| allowed.is_set(*core).unwrap());
    let mut one = CpuSet::new();
    one.set(cores.cycle().nth(nth).unwrap()).unwrap();
    sched_setaffinity(this, &one).unwrap();
}

/// Elsewhere the kernel has one queue.
#[cfg(not(target_os = "linux"))]
pub(super) fn stay_on_a_core(_: usize) {}

/// A datagram to itself. It queues behind all that this thread sent over the loopback interface
/// from this core before, so on a busy machine, too, nothing is on its way any more once it is
/// there.
struct Echo(UdpSocket);

impl Echo {
    fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(socket.local_addr().unwrap()).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self(socket)
    }

    /// Never parks the thread, as the clock would move.
    async fn waits(&self) {
        while self.0.send(&[0]).is_err() {
            tokio::task::yield_now().await;
        }
        while self.0.recv(&mut [0]).is_err() {
            tokio::task::yield_now().await;
        }
        tokio::task::yield_now().await;
    }
}

/// The log as text: it is looked through for secrets.
struct Lines(Arc<Mutex<String>>);

impl<S: tracing::Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        struct Text<'a>(&'a mut String);
        impl Visit for Text<'_> {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                writeln!(self.0, "{field}: {value:?}").unwrap();
            }
        }
        event.record(&mut Text(&mut self.0.lock().unwrap()));
    }
}
