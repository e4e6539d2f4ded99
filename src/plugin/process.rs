//! The life of the process: start, handshake, serving, end.

use std::ffi::OsString;
use std::future::pending;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::command_line::{self, Command};
use super::connections;
use super::dispatch::Dispatch;
use super::go_plugin::GoPluginServices;
use super::service::{ProviderService, Registry, Stop};
use super::signals::Signals;
use super::socket::{Access, Endpoint};
use super::tls::Tls;
use super::{About, crash, ctx, log, stderr};

/// The client kills the process 2 s after its Shutdown; work that is still running has this long to
/// return.
const GRACE_OF_SHUTDOWN: Duration = Duration::from_millis(1500);
/// After a signal, and without a parent, nobody kills the process: what was sent may get its
/// response, and what exists then is worth a place in the state.
const GRACE: Duration = Duration::from_secs(10);
/// The client gives up on a plugin after a minute, too.
const FIRST_CLIENT: Duration = Duration::from_secs(60);
/// As much as a main thread has: values are read level by level, and a value of any type can be
/// nested deeply.
const STACK: usize = 8 * 1024 * 1024;
/// One for a method that blocks, one for everything else.
const WORKERS: usize = 2;
/// How often it is made sure that somebody looks after sockets and timers.
const PULSE: Duration = Duration::from_millis(50);
/// The most that HTTP/2 allows. Once requests have filled a third of it, h2 wakes the connection's
/// task in the middle of one, to announce more; it waits behind that request's method, on the same
/// thread, and no Stop is read for as long as that blocks. No command sends so much: 700 MB.
const WINDOW: u32 = (1 << 31) - 1;
/// What everything else that can fail at the start has in common.
const NO_START: &str = "the plugin cannot be started";
/// How often to look whether the parent still lives.
const PARENT_POLL: Duration = Duration::from_secs(1);

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The certificate of the client; none where TLS is turned off (TF_DISABLE_PLUGIN_TLS). One that
/// cannot be read is not none.
fn client_certificate() -> anyhow::Result<Option<String>> {
    match std::env::var_os("PLUGIN_CLIENT_CERT").filter(|pem| !pem.is_empty()) {
        None => Ok(None),
        Some(pem) => pem
            .into_string()
            .map(Some)
            .map_err(|_| anyhow!("PLUGIN_CLIENT_CERT is not a PEM certificate: it is not UTF-8")),
    }
}

/// Does what the arguments ask for, and serves until the end.
pub(super) fn run(
    about: &About,
    registry: Registry,
    problems: Vec<String>,
    arguments: impl Iterator<Item = OsString>,
) -> ExitCode {
    match obey(about, registry, problems, arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            stderr::write(format!("{error:#}\n").as_bytes());
            ExitCode::FAILURE
        }
    }
}

pub(super) fn obey(
    about: &About,
    registry: Registry,
    problems: Vec<String>,
    arguments: impl Iterator<Item = OsString>,
) -> anyhow::Result<()> {
    match Command::parse(arguments)? {
        Command::Version => print(&command_line::version(about)),
        Command::Help => print(&command_line::help(about)),
        Command::Serve if !command_line::has_cookie(variable) => {
            bail!(command_line::not_by_hand(about))
        }
        _ if !problems.is_empty() => bail!(problems.join("\n")),
        Command::Serve => serve(about, registry, false),
        Command::Debug => serve(about, registry, true),
    }
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .context("standard output cannot be written")
}

fn serve(about: &About, registry: Registry, debug: bool) -> anyhow::Result<()> {
    crash::install_hook();
    log::start(log::level(about.kind(), variable), registry.crate_name);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_stack_size(STACK)
        .enable_all()
        .build()
        .context(NO_START)?;
    let (sender, ended) = std::sync::mpsc::channel();
    let about = *about;
    runtime.spawn(async move {
        // The receiver waits for nothing else.
        _ = sender.send(serve_until_the_end(&about, registry, debug).await);
    });
    let result = loop {
        match ended.recv_timeout(PULSE) {
            Ok(result) => break result,
            // A thread that a method blocks has left sockets and timers to nobody. This wakes the
            // other one, which takes them over.
            Err(RecvTimeoutError::Timeout) => drop(runtime.spawn(std::future::ready(()))),
            Err(RecvTimeoutError::Disconnected) => break Err(anyhow!("the gRPC server panicked")),
        }
    };
    // What did not end in time is not waited for again.
    runtime.shutdown_background();
    result
}

/// Why the process ends.
enum End {
    /// The client's Shutdown.
    Shutdown,
    /// A signal, or the death of the process that started it.
    Alone,
    Failed(anyhow::Error),
}

async fn serve_until_the_end(about: &About, registry: Registry, debug: bool) -> anyhow::Result<()> {
    // Before the handshake, because the client may be interrupted right after it.
    let mut signals = Signals::install().context(NO_START)?;
    let parent = Parent::now();
    let tls = match debug {
        // Plaintext, on a socket that is this user's alone.
        true => None,
        false => client_certificate()?.map(|pem| Tls::new(&pem)).transpose()?,
    };
    let access = match (&tls, debug) {
        (Some(_), _) => Access::Tls,
        (None, false) => Access::Plaintext,
        (None, true) => Access::Debug,
    };
    let endpoint = Arc::new(Endpoint::open(variable, access)?);
    let address = endpoint.address();

    // First what runs is told to stop, and the connections close once it has: until then a Shutdown
    // can come in.
    let stopping = CancellationToken::new();
    let closing = CancellationToken::new();
    let shutdown = CancellationToken::new();
    let connected = CancellationToken::new();
    let stop = Stop::new(&stopping);
    ctx::serve(stop.clone());
    let running = TaskTracker::new();
    let go_plugin =
        GoPluginServices { shutdown: (!debug).then(|| shutdown.clone()), closing: closing.clone() };
    let service = ProviderService::new(registry, stop, running.clone());
    let dispatch = Dispatch::new(service, go_plugin).await;
    let (sender, receiver) = mpsc::channel(16);
    let certificate = tls.as_ref().map(|tls| tls.certificate.to_vec());
    let accepting = tokio::spawn(connections::accept(
        endpoint,
        tls.map(|tls| tls.acceptor),
        sender,
        connected.clone(),
    ));
    let server = tonic::transport::Server::builder()
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW);
    let mut serving = tokio::spawn(server.serve_with_incoming_shutdown(
        dispatch,
        ReceiverStream::new(receiver),
        closing.clone().cancelled_owned(),
    ));

    print(&match debug {
        true => command_line::reattach(about, &address),
        false => {
            let multiplexing =
                variable("PLUGIN_MULTIPLEX_GRPC").is_some_and(|value| !value.is_empty());
            command_line::handshake(&address, certificate.as_deref(), multiplexing)
        }
    })?;
    tracing::debug!(version = about.version, "Serving");

    let end = tokio::select! {
        result = &mut serving => match result {
            Ok(Ok(())) => End::Failed(anyhow!("the gRPC server ended")),
            Ok(Err(error)) => End::Failed(anyhow::Error::new(error).context("the gRPC server failed")),
            Err(panicked) => End::Failed(panicked.into()),
        },
        () = shutdown.cancelled() => End::Shutdown,
        () = signals.asked_to_end(debug) => End::Alone,
        () = parent.gone(), if !debug => End::Alone,
        error = no_client(&connected), if !debug => End::Failed(error),
    };

    stopping.cancel();
    running.close();
    let drained = async {
        running.wait().await;
        closing.cancel();
        // The last responses, Shutdown's among them, are on their way until the connections are
        // closed.
        _ = (&mut serving).await;
    };
    let result = match end {
        End::Failed(error) => Err(error),
        End::Shutdown | End::Alone => {
            if !in_time(drained, &shutdown).await {
                tracing::warn!(requests = running.len(), "Ending with requests still running");
            }
            Ok(())
        }
    };
    // The socket's directory goes with its last owner.
    accepting.abort();
    _ = accepting.await;
    result
}

/// Whether `work` ends before its time is up, which a Shutdown shortens, whenever it comes.
async fn in_time(work: impl Future<Output = ()>, shutdown: &CancellationToken) -> bool {
    let hurried = async {
        shutdown.cancelled().await;
        tokio::time::sleep(GRACE_OF_SHUTDOWN).await;
    };
    tokio::select! {
        () = work => true,
        () = hurried => false,
        () = tokio::time::sleep(GRACE) => false,
    }
}

/// Ends when no client has come for too long.
async fn no_client(connected: &CancellationToken) -> anyhow::Error {
    if timeout(FIRST_CLIENT, connected.cancelled()).await.is_ok() {
        pending::<()>().await;
    }
    anyhow!("no client has connected within {} seconds", FIRST_CLIENT.as_secs())
}

/// The process that started this one. Linux could signal its death, but does so when the thread
/// that forked ends, and Go's threads do end.
struct Parent(u32);

impl Parent {
    fn now() -> Self {
        Self(parent_id())
    }

    async fn gone(&self) {
        let mut ticks = tokio::time::interval(PARENT_POLL);
        loop {
            ticks.tick().await;
            if parent_id() != self.0 {
                return;
            }
        }
    }
}

#[cfg(unix)]
fn parent_id() -> u32 {
    std::os::unix::process::parent_id()
}

/// Other platforms do not hand orphans over.
#[cfg(not(unix))]
fn parent_id() -> u32 {
    0
}

#[cfg(test)]
mod tests {
    use super::{in_time, no_client};
    use std::future::pending;
    use std::time::Duration;
    use tokio::time::{Instant, timeout};
    use tokio_util::sync::CancellationToken;

    #[tokio::test(start_paused = true)]
    async fn without_a_client_the_process_ends_after_a_minute() {
        let start = Instant::now();
        no_client(&CancellationToken::new()).await;
        assert_eq!(start.elapsed(), Duration::from_secs(60));
    }

    #[tokio::test(start_paused = true)]
    async fn work_has_its_time_and_a_shutdown_shortens_it() {
        let start = Instant::now();
        let shutdown = CancellationToken::new();
        assert!(!in_time(pending(), &shutdown).await);
        assert_eq!(start.elapsed(), Duration::from_secs(10));

        let start = Instant::now();
        let later = Duration::from_secs(3);
        let told = async {
            tokio::time::sleep(later).await;
            shutdown.cancel();
        };
        let (in_time, ()) = tokio::join!(in_time(pending(), &shutdown), told);
        assert!(!in_time);
        // Before the client kills the process, which it does after 2 s.
        assert_eq!(start.elapsed(), later + Duration::from_millis(1500));
    }

    #[tokio::test(start_paused = true)]
    async fn with_a_client_it_does_not() {
        let connected = CancellationToken::new();
        connected.cancel();
        assert!(timeout(Duration::from_secs(3600), no_client(&connected)).await.is_err());
    }
}
