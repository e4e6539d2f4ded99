//! From accepted sockets to connections that may speak gRPC.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{mpsc, oneshot};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::Connected;

use super::socket::Endpoint;

/// A TLS handshake takes a millisecond; this is for a busy machine.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Handshakes at a time. There is one client; this bounds what others can make us do. One more ends
/// the oldest: the client's own takes a millisecond, and whoever says nothing must not keep it out.
const PENDING_HANDSHAKES: usize = 64;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection whose client has been let in.
pub(super) struct Connection(Box<dyn Stream>);

impl Connected for Connection {
    type ConnectInfo = ();
    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }
    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}

/// The handshakes that go on, oldest first.
#[derive(Default)]
struct Handshakes(VecDeque<oneshot::Sender<()>>);

impl Handshakes {
    /// Begins another, which ends the oldest if they are too many. What is returned resolves once
    /// this one is to end, and says by its drop that it has.
    fn begin(&mut self) -> oneshot::Receiver<()> {
        self.0.retain(|handshake| !handshake.is_closed());
        if self.0.len() >= PENDING_HANDSHAKES {
            self.0.pop_front();
        }
        let (handshake, evicted) = oneshot::channel();
        self.0.push_back(handshake);
        evicted
    }
}

/// Accepts clients for as long as the program runs and hands over those that are let in.
/// `connected` is cancelled by the first of them.
pub(super) async fn accept(
    endpoint: Arc<Endpoint>,
    acceptor: Option<TlsAcceptor>,
    connections: mpsc::Sender<io::Result<Connection>>,
    connected: CancellationToken,
) {
    let mut handshakes = Handshakes::default();
    loop {
        let stream = match endpoint.accept(acceptor.is_some()).await {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "Refused a connection");
                // Out of file descriptors, for one, lasts longer than this loop takes.
                tokio::time::sleep(Duration::from_millis(5)).await;
                continue;
            }
        };
        let evicted = handshakes.begin();
        let (acceptor, connections, connected) =
            (acceptor.clone(), connections.clone(), connected.clone());
        tokio::spawn(async move {
            let connection = match acceptor {
                None => Connection(Box::new(stream)),
                Some(acceptor) => {
                    let accepted = tokio::select! {
                        accepted = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)) => accepted,
                        _ = evicted => {
                            tracing::warn!("Refused the oldest of too many clients that do not say who they are");
                            return;
                        }
                    };
                    match accepted {
                        Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
                            Connection(Box::new(stream))
                        }
                        Ok(Ok(_)) => {
                            tracing::warn!("Refused a client that does not speak HTTP/2");
                            return;
                        }
                        Ok(Err(error)) => {
                            tracing::warn!(%error, "Refused a client");
                            return;
                        }
                        Err(_) => {
                            tracing::warn!("Refused a client that took too long to say who it is");
                            return;
                        }
                    }
                }
            };
            connected.cancel();
            // Nobody takes connections any more once the server is closing.
            _ = connections.send(Ok(connection)).await;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::Handshakes;
    use tokio::sync::oneshot::error::TryRecvError;

    #[test]
    fn one_more_handshake_than_64_ends_the_oldest_that_goes_on() {
        let mut handshakes = Handshakes::default();
        let mut going_on: Vec<_> = (0..64).map(|_| handshakes.begin()).collect();
        drop(going_on.remove(10));
        going_on.push(handshakes.begin());
        assert_eq!(going_on[0].try_recv(), Err(TryRecvError::Empty));
        going_on.push(handshakes.begin());
        assert_eq!(going_on[0].try_recv(), Err(TryRecvError::Closed));
        assert_eq!(going_on[1].try_recv(), Err(TryRecvError::Empty));
    }
}
