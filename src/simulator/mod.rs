//! A local stand-in for Adobe's API for customer-managed keys: a real HTTP server, with faults to script.
//!
//! Nobody can try a provider against Adobe's own: what it does cannot be undone. This one answers in the shapes of Adobe's
//! documentation and refuses what the documentation says is refused. It shares no type with the client under test, so that the two
//! cannot be wrong together. Where the documentation is silent there is a choice in [`Options`].
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

mod answers;
mod control;
mod faults;
mod gateway;
mod lifecycle;
mod oauth;
mod options;
mod recorder;
mod routes;
mod world;

#[cfg(test)]
mod tests;

use std::error::Error;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

pub use answers::Answer;
pub use control::Control;
pub use faults::{Action, Fault, Route};
pub use lifecycle::Configuration;
pub use options::{
    Clock, Options, Outcome, Resubmit, ResubmitFailed, Stages, Terminal, UnknownName, Versionless,
};
pub use world::{Counters, LoggedRequest};

use world::Shared;

/// A running simulator, on a thread of its own. Dropping it closes the listener and every connection.
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
        let listener = TcpListener::bind(options.bind)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let shared = Arc::new(Shared::new(options));
        let control = Control(Arc::clone(&shared));
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("simulator".into()).spawn(move || {
            // The connections are tasks of the runtime: they end when it is dropped, at the end of this thread.
            runtime.block_on(serve(listener, shared, stopped))
        })?;
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

async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    stopped: oneshot::Receiver<()>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let accept = async {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(connection(stream, Arc::clone(&shared)))),
                // Out of file descriptors, or a client that left again: the pause keeps the loop from spinning.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    };
    tokio::select! {
        () = accept => Ok(()),
        _ = stopped => Ok(()),
    }
}

/// One connection. It ends with a RST if the recorder says so.
async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    // Without it a small answer may wait for the client's delayed ACK. It works just as well if it is refused.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| recorder::record(Arc::clone(&shared), request));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let ended = (&mut connection).await;
    let cause = ended.as_ref().err().and_then(|error| error.source()?.downcast_ref::<io::Error>());
    if cause.is_some_and(|cause| cause.kind() == io::ErrorKind::ConnectionReset) {
        // Closed so, it sends RST instead of FIN. If it was the client that reset it, nothing more is sent.
        let _ = connection.into_parts().io.into_inner().set_zero_linger();
    }
}
