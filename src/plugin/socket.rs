//! Where the client connects: a unix socket in a directory of our own, TCP where there are no unix
//! sockets.

// Its tests run on every platform.
#[cfg(any(not(unix), test))]
mod tcp;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use tcp::Endpoint;
#[cfg(unix)]
pub(super) use unix::Endpoint;

/// What will keep others than the client out, besides the socket's own permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Certificates.
    Tls,
    /// Nothing: the client asked for no TLS.
    Plaintext,
    /// Nothing: debug mode has no client yet.
    Debug,
}
