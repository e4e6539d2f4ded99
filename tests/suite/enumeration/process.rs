//! One process of the provider, without being one: a runtime of its own, on whose paused clock the provider, its HTTP client
//! and the simulator run. An hour of waiting takes milliseconds, and dropping the runtime is `kill -9`.

use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use aep_simulator::{Control, Place};
use serde_json::Value as Json;
use terraform_provider_aep::provider;
use tf_provider_host::proto::tfplugin6 as pb;
use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep};
use tonic::Request;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{Layer, Registry};

use crate::protocol::client::value;

/// The provider's RPCs.
pub(super) type Service = Arc<dyn pb::provider_server::Provider>;

/// Adobe, and how the provider block names it.
pub(super) struct Adobe {
    pub(super) control: Control,
    pub(super) place: Place,
    pub(super) block: RefCell<Json>,
    /// What is to happen once so many requests were held.
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
/// A submission may finish for 3 s, a look-up has 1 s after that, and the clock's steps are coarse.
const STOPS_IN: Duration = Duration::from_secs(6);
/// What the host leaves work in flight after SIGTERM.
const GRACE: Duration = Duration::from_secs(10);

/// Starts the provider, configures it and talks to it.
pub(super) fn run<T>(adobe: &Adobe, talk: impl AsyncFnOnce(Service) -> T) -> Ended<T> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build().unwrap();
    let log = Registry::default().with(Lines(Arc::default()));
    let lines = Arc::clone(&log.downcast_ref::<Lines>().unwrap().0);
    let (ended, took) = tracing::subscriber::with_default(log, || {
        runtime.block_on(async {
            let began = Instant::now();
            let (control, place) = (adobe.control.clone(), adobe.place.address);
            tokio::spawn(async move { control.serve(place, || ()).await });
            let service: Service = Arc::new(provider::plugin().service());
            adobe.stopped.set(false);
            let work = async {
                let block = adobe.block.borrow().clone();
                configure(&service, &block).await;
                talk(Arc::clone(&service)).await
            };
            let ended = tokio::select! {
                biased;
                done = work => if adobe.stopped.get() { Ended::Stopped(done) } else { Ended::Done(done) },
                ended = pace(adobe, &service) => ended,
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

/// Moves the clock while nothing is ready, once what was sent has arrived: the runtime itself would jump to the next timer over
/// what is on its way. Ends with the process.
async fn pace<T>(adobe: &Adobe, service: &Service) -> Ended<T> {
    let began = Instant::now();
    let echo = Echo::new().await;
    let mut requests = 0;
    let mut step = Duration::ZERO;
    let mut ends = None;
    loop {
        // A request passes a socket each way, and a new connection before that.
        for _ in 0..4 {
            echo.waits().await;
        }
        let counters = adobe.control.counters();
        let is_news = std::mem::replace(&mut requests, counters.requests) != counters.requests;
        step = match is_news {
            true => Duration::from_millis(5),
            false => (step * 2).clamp(Duration::from_millis(5), Duration::from_millis(100)),
        };
        if let Some((interrupt, holds)) = adobe.interrupt.get()
            && counters.held >= holds
        {
            adobe.interrupt.set(None);
            if interrupt == Interrupt::Kill {
                return Ended::Killed;
            }
            adobe.stopped.set(true);
            service.stop_provider(Request::new(pb::stop_provider::Request {})).await.unwrap();
            if interrupt == Interrupt::StopThenRelease {
                sleep(Duration::from_secs(1)).await;
                adobe.control.release();
            }
            let now = Instant::now();
            ends = Some(match interrupt {
                Interrupt::Term => (now + GRACE, Ended::Killed),
                _ => (now + STOPS_IN, Ended::Hangs),
            });
        }
        if let Some((_, ended)) = ends.take_if(|(at, _)| *at <= Instant::now()) {
            return ended;
        }
        if began.elapsed() > TOO_LONG {
            return Ended::Hangs;
        }
        sleep(step).await;
    }
}

/// Keeps this thread on one core. Each core has a queue of its own for the loopback interface, and a busy kernel empties one of
/// them much later than another.
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

/// A datagram to itself. It queues behind all that this thread sent over the loopback interface from this core before, so on a
/// busy machine, too, nothing is on its way any more once it is there.
struct Echo(UdpSocket);

impl Echo {
    async fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(socket.local_addr().unwrap()).await.unwrap();
        Self(socket)
    }

    /// Never parks the thread, as the clock would move.
    async fn waits(&self) {
        while self.0.try_send(&[0]).is_err() {
            tokio::task::yield_now().await;
        }
        while self.0.try_recv(&mut [0]).is_err() {
            tokio::task::yield_now().await;
        }
        tokio::task::yield_now().await;
    }
}

/// The log as text: it is looked through for secrets.
struct Lines(Arc<std::sync::Mutex<String>>);

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
