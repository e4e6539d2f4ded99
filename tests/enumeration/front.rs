//! TLS in front of the simulator. Bytes pass through, and while the simulator cannot be reached
//! each handshake breaks.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls_pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

/// How a handshake breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handshake {
    /// Something else than TLS responds.
    Foreign,
    /// The connection ends.
    Cut,
    /// The certificate is of an issuer that nobody trusts.
    Untrusted,
}

struct Certificates {
    trusted: Arc<ServerConfig>,
    untrusted: Arc<ServerConfig>,
    folder: tempfile::TempDir,
}

impl Certificates {
    fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

fn certificates() -> &'static Certificates {
    static MADE: OnceLock<Certificates> = OnceLock::new();
    MADE.get_or_init(|| {
        let (trusted, pem) = certificate();
        let made = Certificates {
            trusted,
            untrusted: certificate().0,
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::write(made.file(), pem).unwrap();
        made
    })
}

fn certificate() -> (Arc<ServerConfig>, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (Arc::new(config), certificate.pem())
}

/// What the provider has to trust.
pub(super) fn ca_cert_file() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| certificates().file())
}

/// Listens at `place`.
pub(super) async fn serve(place: SocketAddr, simulator: SocketAddr, breaks: Handshake) {
    let socket = TcpSocket::new_v4().unwrap();
    #[cfg(unix)]
    socket.set_reuseport(true).unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(place).unwrap();
    let listener = socket.listen(1024).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(connection(stream, simulator, breaks));
    }
}

/// Who is at either end may leave at any time.
async fn connection(stream: TcpStream, simulator: SocketAddr, breaks: Handshake) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let certificates = certificates();
    match TcpStream::connect(simulator).await {
        Ok(mut simulator) => {
            simulator.set_nodelay(true).ok()?;
            let acceptor = TlsAcceptor::from(Arc::clone(&certificates.trusted));
            let mut stream = acceptor.accept(stream).await.ok()?;
            copy_bidirectional(&mut stream, &mut simulator).await.ok()?;
        }
        Err(_) => broken(stream, breaks, &certificates.untrusted).await?,
    }
    Some(())
}

async fn broken(
    mut stream: TcpStream,
    breaks: Handshake,
    untrusted: &Arc<ServerConfig>,
) -> Option<()> {
    if breaks == Handshake::Untrusted {
        let refused = TlsAcceptor::from(Arc::clone(untrusted)).accept(stream).into_fallible().await;
        stream = refused.err()?.1;
    } else if stream.read(&mut [0; 4096]).await.ok()? == 0 {
        return None;
    }
    if breaks == Handshake::Foreign {
        stream.write_all(b"220 mail.example.com ESMTP\r\n").await.ok()?;
    }
    // Closed over unread bytes it would be reset.
    stream.shutdown().await.ok()?;
    while stream.read(&mut [0; 4096]).await.ok()? > 0 {}
    Some(())
}
