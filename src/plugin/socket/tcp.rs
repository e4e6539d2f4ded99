//! TCP on the loopback interface, for platforms without unix sockets.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpStream};

use crate::plugin::error::Error;

/// A TCP socket in the range the client gave.
#[derive(Debug)]
pub(crate) struct Endpoint {
    listener: TcpListener,
    address: SocketAddr,
}

impl Endpoint {
    /// Opens the first free port of the range. `secure` must be true: every local user can connect.
    pub(crate) fn open(
        variable: impl Fn(&str) -> Option<String>,
        secure: bool,
    ) -> Result<Self, Error> {
        if !secure {
            return Err(Error::PlaintextTcp);
        }
        let port = |name| variable(name).and_then(|value| value.parse::<u16>().ok());
        // 0 lets the system choose.
        let (min, max) = (
            port("PLUGIN_MIN_PORT").unwrap_or(0),
            port("PLUGIN_MAX_PORT").unwrap_or(0),
        );
        for port in min..=max {
            if let Ok(listener) = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
                listener.set_nonblocking(true).map_err(Error::Start)?;
                let address = listener.local_addr().map_err(Error::Start)?;
                let listener = TcpListener::from_std(listener).map_err(Error::Start)?;
                return Ok(Self { listener, address });
            }
        }
        Err(Error::Ports(min, max))
    }

    /// Network and address for the handshake.
    pub(crate) fn address(&self) -> (&'static str, String) {
        ("tcp", self.address.to_string())
    }

    /// Waits for a client.
    pub(crate) async fn accept(&self, _secure: bool) -> io::Result<TcpStream> {
        let (stream, _) = self.listener.accept().await?;
        // Small answers would otherwise wait for the acknowledgement of the one before, some 40 ms.
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}
