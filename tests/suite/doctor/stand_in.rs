//! A proxy that leads every name to itself, and speaks for it with a certificate of a test CA: the
//! vault, or Adobe. To whoever asks it directly it is that host.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::{ServerConfig, ServerConnection, Stream};
use rustls_pki_types::PrivateKeyDer;

/// The names in the certificate.
const NAMES: [&str; 7] = [
    "*.vault.azure.net",
    "*.managedhsm.azure.net",
    "*.vault.azure.cn",
    "platform.adobe.io",
    "platform-aus5.adobe.io",
    "ims-na1.adobelogin.com",
    "0.0.0.0",
];

/// What becomes of a connection.
#[derive(Clone)]
pub(crate) enum Behaviour {
    /// TLS, and this response.
    Says(String),
    /// No tunnel: the proxy's own response.
    Refuses(&'static str),
    /// A tunnel to something that does not speak TLS.
    Mumbles,
    /// TLS, and behind it the HTTP server at this address.
    LeadsTo(String),
}

pub(crate) struct StandIn {
    pub(crate) port: u16,
    /// The CA's certificate.
    pub(crate) pem: String,
    behaviour: Arc<Mutex<Behaviour>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl StandIn {
    pub(crate) fn start() -> Self {
        let (config, pem) = certified();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let port = listener.local_addr().expect("an address").port();
        let behaviour = Arc::new(Mutex::new(Behaviour::Mumbles));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (now, log) = (Arc::clone(&behaviour), Arc::clone(&requests));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                let behaviour = now.lock().expect("no panic").clone();
                let (config, log) = (Arc::clone(&config), Arc::clone(&log));
                // A connection that is kept keeps nobody else waiting.
                thread::spawn(move || serve(stream, &config, &behaviour, &log));
            }
        });
        Self { port, pem, behaviour, requests }
    }

    pub(crate) fn behaves(&self, behaviour: Behaviour) {
        *self.behaviour.lock().expect("no panic") = behaviour;
    }

    /// What a vault was sent: not what came for Adobe.
    pub(crate) fn requests(&self) -> Vec<String> {
        let mut requests = self.requests.lock().expect("no panic").clone();
        requests.retain(|request| request.contains(".azure."));
        requests
    }
}

/// A certificate for the names, issued by a CA, and the CA's.
fn certified() -> (Arc<ServerConfig>, String) {
    let mut params = CertificateParams::new([]).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let pem = params.self_signed(&key).expect("a CA").pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(NAMES.map(str::to_owned))
        .and_then(|params| params.signed_by(&key, &issuer))
        .expect("a certificate");
    let der = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], der)
        .expect("a configuration");
    (Arc::new(config), pem)
}

/// One connection; a request is in the log before it has a response. Whoever knocks may leave at
/// any time.
fn serve(
    mut stream: TcpStream,
    config: &Arc<ServerConfig>,
    behaviour: &Behaviour,
    log: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut first = [0];
    stream.peek(&mut first).ok()?;
    // A TLS handshake is a record of type 22.
    if first != [22] {
        head(&mut stream)?;
        let status = if let Behaviour::Refuses(status) = behaviour { status } else { "200 OK" };
        write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").ok()?;
    }
    let mut connection = ServerConnection::new(Arc::clone(config)).ok()?;
    match behaviour {
        Behaviour::Refuses(_) => {}
        Behaviour::Mumbles => {
            _ = stream.read(&mut [0; 4096]);
            _ = stream.write_all(b"220 mail.example.com ESMTP\r\n");
            _ = stream.read(&mut [0; 4096]);
        }
        Behaviour::Says(response) => {
            let mut tls = Stream::new(&mut connection, &mut stream);
            log.lock().expect("no panic").push(head(&mut tls)?);
            _ = tls.write_all(response.as_bytes());
            connection.send_close_notify();
            _ = connection.complete_io(&mut stream);
        }
        Behaviour::LeadsTo(address) => {
            lead(&mut Stream::new(&mut connection, &mut stream), address)?;
        }
    }
    Some(())
}

/// Carries requests and responses to and fro, until either side hangs up.
fn lead(tls: &mut (impl Read + Write), address: &str) -> Option<()> {
    let mut server = TcpStream::connect(address).ok()?;
    loop {
        let request = message(tls)?;
        server.write_all(&request).ok()?;
        let response = message(&mut server)?;
        tls.write_all(&response).ok()?;
    }
}

/// A head, and the body that it announces.
fn message(stream: &mut impl Read) -> Option<Vec<u8>> {
    let mut head = head(stream)?;
    let lines = head.lines().map(str::to_ascii_lowercase).collect::<Vec<_>>();
    let length = lines.iter().find_map(|line| line.strip_prefix("content-length:"));
    let mut body = vec![0; length.map_or(0, |length| length.trim().parse().expect("a number"))];
    stream.read_exact(&mut body).ok()?;
    head.push_str(&String::from_utf8(body).expect("JSON or a form"));
    Some(head.into_bytes())
}

/// Everything up to the empty line.
fn head(stream: &mut impl Read) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        bytes.extend(byte);
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
