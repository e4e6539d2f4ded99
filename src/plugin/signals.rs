//! Signals. Ctrl-C in a terminal reaches the whole process group: the CLI ends its plugins itself,
//! once they have responded, so the plugin itself ignores it.

#[cfg(not(unix))]
pub(super) use other::Signals;
#[cfg(unix)]
pub(super) use unix::Signals;

#[cfg(unix)]
mod unix {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    /// The signals that would otherwise kill the process.
    pub(crate) struct Signals {
        interrupt: Signal,
        terminate: Signal,
        /// A closed terminal: as Ctrl-C. Terraform dies of it, which the process notices by
        /// itself.
        hangup: Signal,
    }

    impl Signals {
        pub(crate) fn install() -> std::io::Result<Self> {
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hangup: signal(SignalKind::hangup())?,
            })
        }

        /// Returns when a signal asks the process to end. In debug mode a person does that with
        /// Ctrl-C.
        pub(crate) async fn asked_to_end(&mut self, debug: bool) {
            loop {
                tokio::select! {
                    _ = self.terminate.recv() => return,
                    _ = self.interrupt.recv() => {
                        if debug {
                            return;
                        }
                        tracing::trace!("Ignored an interrupt: the client says when to end");
                    }
                    _ = self.hangup.recv() => {
                        if debug {
                            return;
                        }
                        tracing::trace!("Ignored a hangup: the client says when to end");
                    }
                }
            }
        }
    }
}

#[cfg(not(unix))]
mod other {
    /// Ctrl-C, where there are no signals.
    pub(crate) struct Signals;

    impl Signals {
        pub(crate) fn install() -> std::io::Result<Self> {
            Ok(Self)
        }

        /// Returns when a person asks the process to end, which counts in debug mode only.
        pub(crate) async fn asked_to_end(&mut self, debug: bool) {
            loop {
                let interrupted = tokio::signal::ctrl_c().await;
                if debug || interrupted.is_err() {
                    return;
                }
            }
        }
    }
}
