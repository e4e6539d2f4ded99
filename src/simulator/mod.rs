//! A local stand-in for Adobe's API for customer-managed keys: a real HTTP server, with faults to script.
//!
//! Nobody can try a provider against Adobe's own: what it does cannot be undone. This one answers in the shapes of Adobe's
//! documentation and refuses what the documentation says is refused. It shares no type with the client under test, so that the two
//! cannot be wrong together. Where the documentation is silent there is a choice in [`Options`].
//!
//! ```text
//! request → connection (can be cut) → recorder (log, counters, faults) → gateway, routes, oauth → lifecycle (jobs over time)
//! test or /_control → control → world (all of the state, one lock)
//! ```
//!
//! It listens on loopback addresses only, speaks HTTP without TLS, and keeps nothing.
//!
//! ```
//! use terraform_provider_aep::simulator::{Action, Fault, Options, Route, Simulator};
//!
//! let simulator = Simulator::start(Options::default())?;
//! simulator.control().fault(Fault::on(Route::Submit, Action::ProcessThenReset));
//! println!("AEP_ENDPOINT={0} AEP_IMS_ENDPOINT={0}", simulator.url());
//! assert_eq!(simulator.control().counters().submissions_accepted, 0);
//! # Ok::<(), std::io::Error>(())
//! ```

mod answers;
mod connection;
mod control;
mod control_routes;
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

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

pub use answers::Answer;
pub use control::Control;
pub use faults::{Action, Fault, Route};
pub use lifecycle::Configuration;
pub use options::{
    Clock, Options, Outcome, Resubmit, ResubmitFailed, Stages, Terminal, UnknownName, Versionless,
};
pub use world::{Counters, LoggedRequest};

use connection::{Line, Switchboard};
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
    let listener = Switchboard(tokio::net::TcpListener::from_std(listener)?);
    let router = routes::router(&shared).merge(control_routes::router(Control(shared)));
    let service = router.into_make_service_with_connect_info::<Line>();
    tokio::select! {
        served = axum::serve(listener, service) => served,
        _ = stopped => Ok(()),
    }
}
