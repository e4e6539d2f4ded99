//! TCP on the loopback interface, for platforms without unix sockets.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::bail;
use tokio::net::{TcpListener, TcpStream};

use super::Access;

/// Ports below belong to the system.
const LOWEST: u16 = 1024;

/// A TCP socket in the range the client gave.
#[derive(Debug)]
pub(crate) struct Endpoint {
    listener: TcpListener,
    address: SocketAddr,
}

impl Endpoint {
    /// Opens the first free port of the range. Only with TLS: every local user can connect.
    pub(crate) fn open(
        variable: impl Fn(&str) -> Option<String>,
        access: Access,
    ) -> anyhow::Result<Self> {
        match access {
            Access::Tls => {}
            Access::Plaintext => bail!(
                "PLUGIN_CLIENT_CERT is missing, and without it a TCP port would be open to every \
                 local user"
            ),
            Access::Debug => bail!(
                "--debug needs unix sockets, which this platform does not have: a TCP port would \
                 be open to every local user"
            ),
        }
        let port = |name| variable(name).and_then(|value| value.parse::<u16>().ok());
        let (min, max) = range(port("PLUGIN_MIN_PORT"), port("PLUGIN_MAX_PORT"));
        for port in min..=max {
            if let Ok(listener) = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
                listener.set_nonblocking(true)?;
                let address = listener.local_addr()?;
                let listener = TcpListener::from_std(listener)?;
                return Ok(Self { listener, address });
            }
        }
        bail!("no port between PLUGIN_MIN_PORT {min} and PLUGIN_MAX_PORT {max} is free")
    }

    /// Network and address for the handshake.
    pub(crate) fn address(&self) -> (&'static str, String) {
        ("tcp", self.address.to_string())
    }

    /// Waits for a client.
    pub(crate) async fn accept(&self, _secure: bool) -> io::Result<TcpStream> {
        let (stream, _) = self.listener.accept().await?;
        // Small responses would otherwise wait for the acknowledgement of the one before, some 40
        // ms.
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// The ports to try. Half a range goes on to the end; without one the system chooses, for which 0
/// stands.
fn range(min: Option<u16>, max: Option<u16>) -> (u16, u16) {
    match (min, max) {
        (None, None) => (0, 0),
        (min, max) => (min.unwrap_or(LOWEST), max.unwrap_or(u16::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, Endpoint, range};

    #[test]
    fn half_a_range_is_completed() {
        assert_eq!(range(None, None), (0, 0));
        assert_eq!(range(Some(10_000), None), (10_000, u16::MAX));
        assert_eq!(range(None, Some(25_000)), (1024, 25_000));
        assert_eq!(range(Some(3), Some(2)), (3, 2));
    }

    #[tokio::test]
    async fn a_port_of_the_range_is_opened_on_this_machine_alone() {
        let min = |name: &str| (name == "PLUGIN_MIN_PORT").then(|| "20000".to_owned());
        let endpoint = Endpoint::open(min, Access::Tls).unwrap();
        let (network, address) = endpoint.address();
        assert_eq!(network, "tcp");
        let port = address.strip_prefix("127.0.0.1:").unwrap();
        assert!(port.parse::<u16>().unwrap() >= 20_000);
        let client = tokio::net::TcpStream::connect(&address);
        let (client, accepted) = tokio::join!(client, endpoint.accept(true));
        assert!(client.is_ok() && accepted.unwrap().nodelay().unwrap());
        let reversed = |name: &str| {
            let port = if name == "PLUGIN_MIN_PORT" { "3" } else { "2" };
            Some(port.to_owned())
        };
        let refused = Endpoint::open(reversed, Access::Tls).unwrap_err();
        assert!(refused.to_string().contains("PLUGIN_MIN_PORT 3 and PLUGIN_MAX_PORT 2"));
    }

    #[test]
    fn without_certificates_no_port_is_opened() {
        for (access, word) in
            [(Access::Plaintext, "PLUGIN_CLIENT_CERT"), (Access::Debug, "--debug")]
        {
            let text = Endpoint::open(|_| None, access).unwrap_err().to_string();
            assert!(text.contains(word), "{text}");
        }
    }
}
