//! A local stand-in for Adobe's API for customer-managed keys: a real HTTP server, with faults to
//! script.
//!
//! Nobody can try a provider against Adobe's own: what it does cannot be undone. This one responds
//! in the shapes of Adobe's documentation and refuses what the documentation says is refused. It
//! shares no type with the client under test, so that the two cannot be wrong together. Where the
//! documentation is silent there is a choice in [`Options`].
//!
//! ```text
//! request → recorder (log, counters, faults) → routes → gateway, oauth, lifecycle (jobs over time)
//! test → control → world (all of the state, one lock)
//! ```
//!
//! It listens on loopback addresses only, speaks HTTP without TLS, and keeps nothing.
//!
//! ```
//! use aep_simulator::{Action, Fault, Options, Route, Simulator};
//!
//! let simulator = Simulator::start(Options::default())?;
//! simulator.control().fault(Fault::on(Route::Submit, Action::ProcessThenReset));
//! println!("AEP_ENDPOINT={0} AEP_IMS_ENDPOINT={0}", simulator.url());
//! assert_eq!(simulator.control().counters().submissions_accepted, 0);
//! # Ok::<(), std::io::Error>(())
//! ```

mod control;
mod faults;
mod gateway;
mod lifecycle;
mod oauth;
mod options;
mod recorder;
mod replies;
mod routes;
mod world;

#[cfg(test)]
mod tests;

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

pub use control::Control;
pub use faults::{Action, Fault, Route};
pub use lifecycle::Configuration;
pub use options::{Clock, Echo, Options, Resubmit, ResubmitFailed, UnknownName, stages};
pub use replies::Reply;
pub use world::{Counters, LoggedRequest};

use world::Shared;

/// A running simulator, on a thread of its own. Dropping it closes the listener and every
/// connection.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    control: Control,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Simulator {
    /// Binds and serves. Fails if the address is not a loopback address, or cannot be bound.
    pub fn start(options: Options) -> io::Result<Self> {
        if !options.bind.ip().is_loopback() {
            let why = format!(
                "{} is not a loopback address: the simulator guards nothing and stays on this machine",
                options.bind.ip()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let place = Place::bind(options.bind)?;
        let address = place.address;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let control = Control::new(options);
        let served = control.clone();
        let (stop, stopped) = oneshot::channel();
        let (listening, listens) = mpsc::channel();
        let thread = thread::Builder::new().name("simulator".into()).spawn(move || {
            // The connections are tasks of the runtime: they end when it is dropped, at the end of
            // this thread.
            runtime.block_on(async {
                tokio::select! {
                    // Whoever asks for the news is there: it waits below.
                    ended = served.serve(place.address, || _ = listening.send(())) => ended,
                    _ = stopped => Ok(()),
                }
            })
        })?;
        if listens.recv().is_err() {
            let ended = thread.join().unwrap_or(Ok(()));
            return Err(ended.err().unwrap_or_else(|| io::ErrorKind::BrokenPipe.into()));
        }
        Ok(Self { address, control, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:<port>`: the base URL of the API and of the token endpoint alike.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What scripts it and looks into it.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.control
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // Either may be gone already, if the thread has ended: then there is nothing left to stop.
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A port that stays this process's own while nothing listens on it.
#[derive(Debug)]
pub struct Place {
    /// The address.
    pub address: SocketAddr,
    /// Bound, and never listening.
    _holder: TcpSocket,
}

impl Place {
    /// Takes a port of a loopback address.
    ///
    /// # Errors
    /// If it cannot be bound.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let holder = socket(address)?;
        Ok(Self { address: holder.local_addr()?, _holder: holder })
    }
}

fn socket(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    #[cfg(unix)]
    socket.set_reuseport(true)?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

impl Control {
    /// A world without a server: see [`Control::serve`].
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self(Arc::new(Shared::new(options)))
    }

    /// Serves on the runtime that it is called on, whose clock is the simulator's, until it is
    /// dropped. `place` is a [`Place`]'s. `listening` is called
    /// once it can be asked.
    ///
    /// # Errors
    /// If nothing can listen there.
    pub async fn serve(&self, place: SocketAddr, listening: impl FnOnce()) -> io::Result<()> {
        let mut listening = Some(listening);
        let mut door = self.0.door.subscribe();
        self.0.begin();
        let mut connections = JoinSet::new();
        loop {
            let closed = *door.borrow_and_update();
            if let Some(until) = closed {
                tokio::time::sleep_until(until).await;
            }
            let listener = socket(place)?.listen(1024)?;
            if let Some(listening) = listening.take() {
                listening();
            }
            loop {
                tokio::select! {
                    biased;
                    _ = door.changed() => break,
                    accepted = listener.accept() => match accepted {
                        Ok((stream, _)) => drop(connections.spawn(connection(stream, Arc::clone(&self.0)))),
                        // Out of file descriptors, or a client that left again: the pause keeps the loop from spinning.
                        Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                    },
                    Some(_) = connections.join_next() => {}
                }
            }
        }
    }
}

/// One connection. It ends with a RST if the recorder says so.
async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    // Without it a small response may wait for the client's delayed ACK. It works just as well if
    // it is refused.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| recorder::record(Arc::clone(&shared), request));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let ended = (&mut connection).await;
    let cause = ended.as_ref().err().and_then(|error| error.source()?.downcast_ref::<io::Error>());
    if cause.is_some_and(|cause| cause.kind() == io::ErrorKind::ConnectionReset) {
        // Closed so, it sends RST instead of FIN. If it was the client that reset it, nothing more
        // is sent.
        let _ = connection.into_parts().io.into_inner().set_zero_linger();
    }
}
