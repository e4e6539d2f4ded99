//! Where the client connects: a unix socket in a directory of our own, TCP where there are no unix sockets.

#[cfg(not(unix))]
mod tcp;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use tcp::Endpoint;
#[cfg(unix)]
pub(super) use unix::Endpoint;
