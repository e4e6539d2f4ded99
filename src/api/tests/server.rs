//! A server that reads HTTP/1.1 requests off a socket and responds as scripted, to the byte.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use url::Url;

const TOKEN_PATH: &str = "/ims/token/v3";

/// What the server does with one request.
pub(super) enum Reply {
    /// Writes these bytes and keeps the connection.
    Raw(Vec<u8>),
    /// The same, when the gate opens.
    When(Arc<Notify>, String),
    /// Writes these bytes and closes.
    Cut(String),
    /// Resets the connection.
    Reset,
    /// Never responds.
    Hang,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) line: String,
    /// In the order they came, names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Vec<&str> {
        let matching = self.headers.iter().filter(|(found, _)| found == name);
        matching.map(|(_, value)| value.as_str()).collect()
    }
}

#[derive(Default)]
struct Script {
    api: VecDeque<Reply>,
    ims: VecDeque<Reply>,
    seen: Vec<Seen>,
    connections: usize,
}

pub(super) struct Server {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
    count: watch::Receiver<usize>,
}

/// A response with this status and body.
pub(super) fn reply(status: u16, body: &str) -> Reply {
    reply_with(status, "", body)
}

/// The same, with header lines (each ending in CRLF).
pub(super) fn reply_with(status: u16, headers: &str, body: &str) -> Reply {
    coded(status, headers, body.as_bytes())
}

/// The same, with a body that need not be text.
pub(super) fn coded(status: u16, headers: &str, body: &[u8]) -> Reply {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Scripted\r\n{headers}content-length: {length}\r\n\r\n");
    Reply::Raw([head.as_bytes(), body].concat())
}

pub(super) fn raw(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} Scripted\r\n{headers}content-length: {length}\r\n\r\n{body}")
}

/// A success that announces more than it sends.
pub(super) fn cut(status: u16) -> Reply {
    Reply::Cut(format!("HTTP/1.1 {status} Scripted\r\ncontent-length: 500\r\n\r\n{{\"id\":"))
}

/// IMS's response with this token.
pub(super) fn token(token: &str, expires_in: u64) -> Reply {
    reply(
        200,
        &format!(r#"{{"access_token":"{token}","token_type":"bearer","expires_in":{expires_in}}}"#),
    )
}

impl Server {
    /// Responds to requests in this order.
    pub(super) async fn new(api: impl IntoIterator<Item = Reply>) -> Self {
        Self::with_ims(api, []).await
    }

    /// Responds to token requests with replies of their own.
    pub(super) async fn with_ims(
        api: impl IntoIterator<Item = Reply>,
        ims: impl IntoIterator<Item = Reply>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = Arc::new(Mutex::new(Script {
            api: api.into_iter().collect(),
            ims: ims.into_iter().collect(),
            ..Script::default()
        }));
        let (counter, count) = watch::channel(0);
        let shared = Arc::clone(&script);
        tokio::spawn(async move {
            let counter = Arc::new(counter);
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                tokio::spawn(serve(stream, Arc::clone(&shared), Arc::clone(&counter)));
            }
        });
        Self { address, script, count }
    }

    pub(super) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    /// All requests so far, token requests included.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.script.lock().unwrap().seen.clone()
    }

    /// The requests to the API so far.
    pub(super) fn calls(&self) -> Vec<Seen> {
        let mut seen = self.seen();
        seen.retain(|seen| !seen.line.contains(TOKEN_PATH));
        seen
    }

    /// The token requests so far.
    pub(super) fn token_requests(&self) -> Vec<Seen> {
        let mut seen = self.seen();
        seen.retain(|seen| seen.line.contains(TOKEN_PATH));
        seen
    }

    /// How many connections were made so far.
    pub(super) fn connections(&self) -> usize {
        self.script.lock().unwrap().connections
    }

    /// Waits until that many requests, token requests included, have arrived whole.
    pub(super) async fn arrived(&self, number: usize) {
        let mut count = self.count.clone();
        count.wait_for(|count| *count >= number).await.unwrap();
    }
}

async fn serve(stream: TcpStream, script: Arc<Mutex<Script>>, counter: Arc<watch::Sender<usize>>) {
    let mut stream = BufReader::new(stream);
    while let Some(seen) = read(&mut stream).await {
        let reply = {
            let mut script = script.lock().unwrap();
            let queue = match seen.line.contains(TOKEN_PATH) {
                true => &mut script.ims,
                false => &mut script.api,
            };
            let unscripted = || reply(418, "unscripted");
            let reply = queue.pop_front().unwrap_or_else(unscripted);
            script.seen.push(seen);
            reply
        };
        counter.send_modify(|count| *count += 1);
        let bytes = match reply {
            Reply::Raw(bytes) => bytes,
            Reply::When(gate, bytes) => {
                gate.notified().await;
                bytes.into_bytes()
            }
            Reply::Cut(bytes) => {
                _ = stream.write_all(bytes.as_bytes()).await;
                _ = stream.shutdown().await;
                return;
            }
            Reply::Reset => {
                _ = stream.get_ref().set_zero_linger();
                return;
            }
            Reply::Hang => std::future::pending().await,
        };
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        if stream.read_line(&mut header).await.ok()? == 0 {
            return None;
        }
        let Some((name, value)) = header.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Seen { line: line.trim_end().to_owned(), headers, body: String::from_utf8(body).unwrap() })
}
