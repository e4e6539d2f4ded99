//! How a proxy responds instead of opening a tunnel. The HTTP client keeps that to itself, so it is
//! asked for once more, with the same request: `CONNECT` changes nothing, and what comes back tells
//! a policy from a host that the proxy cannot reach.

use std::fmt;
use std::sync::Arc;

use reqwest::header::HeaderValue;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};
use zeroize::Zeroizing;

use super::proxy::Proxy;

/// Longer than any status line that is one.
const MOST: usize = 4096;

/// A proxy's response to `CONNECT` that is no tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// An HTTP status.
    Status(u16),
    /// Something else than HTTP.
    NotHttp,
}

impl Refusal {
    /// Whether the same would come again: a policy does not change its mind, a host may come back.
    pub fn is_final(self) -> bool {
        match self {
            Self::Status(status) => (300..=499).contains(&status) && ![408, 429].contains(&status),
            Self::NotHttp => true,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "its response to CONNECT was HTTP {status}"),
            Self::NotHttp => f.write_str("its response to CONNECT was not HTTP"),
        }
    }
}

/// Asks `proxy` for a tunnel to `target`. `None` if it gives one now, or nothing that can be told.
pub(super) async fn ask(
    proxy: &Proxy,
    target: &Url,
    user_agent: Option<&HeaderValue>,
    tls: &ClientConfig,
) -> Option<Refusal> {
    let url = proxy.url();
    let host = match url.host()? {
        Host::Domain(name) => name.to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    };
    let stream = TcpStream::connect((host.as_str(), url.port_or_known_default()?)).await.ok()?;
    let target = format!("{}:{}", target.host_str()?, target.port_or_known_default()?);
    let head = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    let mut request = Zeroizing::new(head.into_bytes());
    for (name, value) in [
        ("Proxy-Authorization", proxy.authorization().map(|secret| secret.expose().as_bytes())),
        ("User-Agent", user_agent.map(HeaderValue::as_bytes)),
    ] {
        if let Some(value) = value {
            request.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
    }
    request.extend(b"\r\n");
    if proxy.scheme() == "https" {
        let name = ServerName::try_from(host).ok()?;
        let stream = TlsConnector::from(Arc::new(tls.clone())).connect(name, stream).await.ok()?;
        respond(stream, &request).await
    } else {
        respond(stream, &request).await
    }
}

async fn respond(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    request: &[u8],
) -> Option<Refusal> {
    stream.write_all(request).await.ok()?;
    let mut line = Vec::new();
    while !line.contains(&b'\n') && line.len() < MOST && may_be_http(&line) {
        if stream.read_buf(&mut line).await.ok()? == 0 {
            break;
        }
    }
    read(&line)
}

fn may_be_http(line: &[u8]) -> bool {
    line.iter().zip(b"HTTP/").all(|(a, b)| a == b)
}

/// A status line, understood. An empty one says nothing.
fn read(line: &[u8]) -> Option<Refusal> {
    let status = || {
        let line = std::str::from_utf8(line.split(|byte| *byte == b'\n').next()?).ok()?;
        let mut words = line.strip_prefix("HTTP/")?.split_ascii_whitespace();
        let status = words.nth(1).filter(|status| status.len() == 3)?;
        status.parse().ok()
    };
    match status() {
        Some(200..=299) => None,
        Some(status) => Some(Refusal::Status(status)),
        None => (!line.is_empty()).then_some(Refusal::NotHttp),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncWriteExt, duplex};
    use tokio::time::timeout;

    use super::{Refusal, read, respond};

    #[tokio::test(start_paused = true)]
    async fn what_is_not_http_need_not_end_its_line() {
        let (ours, mut proxy) = duplex(64);
        // A SOCKS server: no acceptable method.
        proxy.write_all(b"\x05\xff").await.unwrap();
        let refusal = timeout(Duration::from_secs(5), respond(ours, b"CONNECT")).await;
        assert_eq!(refusal, Ok(Some(Refusal::NotHttp)));
    }

    #[test]
    fn a_status_line_is_understood() {
        for (line, expected) in [
            ("", None),
            ("HTTP/1.1 200 Connection established\r\n", None),
            ("HTTP/1.1 403 Forbidden\r\nX: y\r\n", Some(Refusal::Status(403))),
            ("HTTP/1.0 503\r\n", Some(Refusal::Status(503))),
            ("HTTP/1.1 2000 OK\r\n", Some(Refusal::NotHttp)),
            ("HTTP/1.1\r\n", Some(Refusal::NotHttp)),
            ("\u{15}\u{3}\u{3}", Some(Refusal::NotHttp)),
            ("SSH-2.0-OpenSSH_9.9\r\n", Some(Refusal::NotHttp)),
        ] {
            assert_eq!(read(line.as_bytes()), expected, "{line:?}");
        }
    }

    #[test]
    fn a_policy_is_final_and_trouble_is_not() {
        for (status, is_final) in
            [(302, true), (403, true), (408, false), (429, false), (502, false), (503, false)]
        {
            assert_eq!(Refusal::Status(status).is_final(), is_final, "{status}");
        }
    }
}
