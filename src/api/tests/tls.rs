use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use rustls::crypto::aws_lc_rs;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use url::Url;

use super::server::raw;
use super::{Client, KEY, Kind, RUNNING, RootSources, Route, Settings, client_of, limits};
use crate::api::{Delivery, Proxy, Refusal, TlsFault};

/// An HTTPS server with a certificate of its own making; gives its address and the certificate as
/// PEM.
async fn https() -> (Url, String) {
    https_with(localhost()).await
}

/// The same, with a certificate made so.
async fn https_with(params: CertificateParams) -> (Url, String) {
    let (config, pem) = config(params);
    (serve_this(config, raw(200, "", RUNNING)).await, pem)
}

fn config(params: CertificateParams) -> (ServerConfig, String) {
    let (certificate, key, pem) = certificate(params);
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap();
    (builder.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap(), pem)
}

fn certificate(
    params: CertificateParams,
) -> (CertificateDer<'static>, PrivateKeyDer<'static>, String) {
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let der = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    (certificate.der().clone(), der, certificate.pem())
}

async fn serve_this(config: ServerConfig, response: String) -> Url {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, response) = (acceptor.clone(), response.clone());
            tokio::spawn(async move {
                let mut stream = match acceptor.accept(stream).into_fallible().await {
                    Ok(stream) => stream,
                    Err((_, stream)) => return drain(stream).await,
                };
                let mut request = [0; 4096];
                _ = stream.read(&mut request).await;
                _ = stream.write_all(response.as_bytes()).await;
                _ = stream.shutdown().await;
            });
        }
    });
    Url::parse(&format!("https://localhost:{port}")).unwrap()
}

/// Reads on after an alert: a connection that is closed over unread bytes is reset, and the alert
/// may be lost with it.
async fn drain(mut stream: TcpStream) {
    _ = stream.shutdown().await;
    while stream.read(&mut [0; 4096]).await.is_ok_and(|count| count > 0) {}
}

/// A server that says this, whatever it is asked.
async fn saying(bytes: Vec<u8>) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            _ = stream.read(&mut [0; 4096]).await;
            _ = stream.write_all(&bytes).await;
            drain(stream).await;
        }
    });
    Url::parse(&format!("https://localhost:{port}")).unwrap()
}

fn settings(endpoint: Url, ca_cert_file: Option<PathBuf>) -> Settings {
    Settings { ca_cert_file, ..super::settings(endpoint) }
}

/// A submission to a server that is trusted if its certificate is given: it fails so, at once, and
/// was never sent.
#[track_caller]
fn fails(fault: TlsFault, endpoint: Url, pem: Option<&str>) -> impl Future<Output = String> {
    let caller = std::panic::Location::caller();
    let dir = tempfile::tempdir().unwrap();
    let file = pem.map(|pem| {
        let file = dir.path().join("ca.pem");
        std::fs::write(&file, pem).unwrap();
        file
    });
    let client = client_of(settings(endpoint, file));
    async move {
        let error = client.submit("a", KEY, &limits()).await.unwrap_err();
        assert_eq!(
            (error.kind, error.delivery, error.attempts),
            (Kind::Tls(fault), Delivery::NeverSent, 1),
            "{caller}: {error}"
        );
        assert!(!error.is_transient());
        error.to_string()
    }
}

fn localhost() -> CertificateParams {
    CertificateParams::new(["localhost".to_owned()]).unwrap()
}

#[tokio::test]
async fn a_certificate_that_cannot_be_accepted_says_why_at_once() {
    let (endpoint, _) = https().await;
    let message = fails(TlsFault::UnknownIssuer, endpoint, None).await;
    assert!(message.contains("invalid peer certificate: UnknownIssuer"), "{message}");

    // A root of its name with another key vouches for nothing.
    let ((endpoint, _), (_, other)) = (https().await, https().await);
    fails(TlsFault::UnknownIssuer, endpoint, Some(&other)).await;

    let mut own_ca = localhost();
    own_ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let (endpoint, pem) = https_with(own_ca).await;
    fails(TlsFault::AuthorityAsServer, endpoint.clone(), Some(&pem)).await;
    fails(TlsFault::AuthorityAsServer, endpoint, None).await;

    let other = CertificateParams::new(["other.example.com".to_owned()]).unwrap();
    let (endpoint, pem) = https_with(other).await;
    let message = fails(TlsFault::WrongName, endpoint, Some(&pem)).await;
    assert!(message.contains("other.example.com"), "{message}");

    let mut expired = localhost();
    (expired.not_before, expired.not_after) =
        (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    let (endpoint, pem) = https_with(expired).await;
    fails(TlsFault::Expired, endpoint, Some(&pem)).await;

    let mut early = localhost();
    (early.not_before, early.not_after) = (date_time_ymd(4000, 1, 1), date_time_ymd(4001, 1, 1));
    let (endpoint, pem) = https_with(early).await;
    fails(TlsFault::NotYetValid, endpoint, Some(&pem)).await;
}

#[tokio::test]
async fn a_session_that_the_server_refuses_says_why_at_once() {
    for (alert, fault) in [
        (40, TlsFault::NothingInCommon),
        (70, TlsFault::NothingInCommon),
        (71, TlsFault::NothingInCommon),
        (112, TlsFault::WrongName),
        (116, TlsFault::ClientCertificate),
        (80, TlsFault::Other),
    ] {
        fails(fault, saying(vec![0x15, 3, 3, 0, 2, 2, alert]).await, None).await;
    }
}

#[tokio::test]
async fn a_server_that_demands_a_client_certificate() {
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let (certificate, key, pem) = certificate(localhost());
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider));
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_client_cert_verifier(verifier.build().unwrap())
            .with_single_cert(vec![certificate], key)
            .unwrap();
        fails(
            TlsFault::ClientCertificate,
            serve_this(config, raw(200, "", RUNNING)).await,
            Some(&pem),
        )
        .await;
    }
}

#[tokio::test]
async fn ca_cert_file_vouches_for_it() {
    let (endpoint, pem) = https().await;
    let (_, other) = https().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    for text in [
        format!("# a comment\n{other}\n{pem}\n{pem}"),
        // An editor's byte order mark hides no certificate, be it the only one or the first of
        // two.
        format!("\u{feff}{pem}"),
        format!("\u{feff}{pem}\n{other}"),
    ] {
        std::fs::write(&file, text).unwrap();
        let settings = settings(endpoint.clone(), Some(file.clone()));
        let client = client_of(settings);
        assert_eq!(client.status("a", &limits()).await.unwrap().id, "1");
    }
}

#[tokio::test]
async fn so_do_the_files_that_stand_in_for_the_platforms() {
    let (endpoint, pem) = https().await;
    let (_, other) = https().await;
    let dir = tempfile::tempdir().unwrap();
    let (file, folder) = (dir.path().join("roots.pem"), dir.path().join("roots"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("README"), "not a certificate").unwrap();
    let renewed = dir.path().join("other.pem");
    std::fs::write(&renewed, &other).unwrap();
    for text in [
        format!("{other}\n{pem}"),
        format!("\u{feff}{pem}"),
        format!("\u{feff}{pem}\n{other}"),
        // One that cannot be used spoils nothing.
        format!("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{pem}"),
    ] {
        std::fs::write(&file, &text).unwrap();
        std::fs::write(folder.join("ca.pem"), &text).unwrap();
        for root_sources in [
            RootSources { file: Some(file.clone()), folders: Vec::new() },
            RootSources { file: None, folders: vec![folder.clone()] },
            RootSources { file: Some("absent.pem".into()), folders: vec![folder.clone()] },
            // Of the same name, with another key.
            RootSources { file: Some(renewed.clone()), folders: vec![folder.clone()] },
        ] {
            let settings = Settings { root_sources, ..settings(endpoint.clone(), None) };
            let client = client_of(settings);
            assert_eq!(client.status("a", &limits()).await.unwrap().id, "1", "{text}");
        }
    }
}

#[tokio::test]
async fn a_source_without_a_root_is_named() {
    let (endpoint, _) = https().await;
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("roots");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("README"), "not a certificate").unwrap();
    let file = dir.path().join("utf16.pem");
    std::fs::write(&file, b"\xff\xfe-\0-\0").unwrap();
    let root_sources =
        RootSources { file: Some(file), folders: vec![folder, dir.path().join("nowhere")] };
    let settings = Settings { root_sources, ..settings(endpoint, None) };
    let client = client_of(settings);
    let error = client.status("a", &limits()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Tls(TlsFault::NoRoots), "{error}");
    for named in [
        "give no root certificate: `",
        "utf16.pem` is UTF-16; save it as UTF-8 or ASCII; `",
        "README` has no PEM certificate in it; `",
        "nowhere` cannot be read: No such file",
    ] {
        assert!(error.to_string().contains(named), "{named}: {error}");
    }
}

/// A proxy that says this instead of opening a tunnel to who gives its user and password,
/// `user:sentinel@word`.
async fn tunnelless(response: &'static str) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = [0; 4096];
            let count = stream.read(&mut bytes).await.unwrap_or_default();
            let request = String::from_utf8_lossy(&bytes[..count]).to_lowercase();
            let basic = "proxy-authorization: Basic dXNlcjpzZW50aW5lbEB3b3Jk\r\n".to_lowercase();
            let response =
                if request.contains(&basic) { response } else { "HTTP/1.1 599 Who?\r\n\r\n" };
            _ = stream.write_all(response.as_bytes()).await;
            drain(stream).await;
        }
    });
    Url::parse(&format!("http://{address}")).unwrap()
}

#[tokio::test]
async fn a_proxy_that_opens_no_tunnel_says_why() {
    let (config, pem) = config(localhost());
    let behind_tls = serve_this(config, raw(403, "", "")).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    std::fs::write(&file, pem).unwrap();
    let status = |status| Some(Refusal::Status(status));
    for (mut proxy, kind, refusal, attempts) in [
        (behind_tls, Kind::Connect, status(403), 1),
        (tunnelless("HTTP/1.1 403 Forbidden\r\n\r\n").await, Kind::Connect, status(403), 1),
        (tunnelless("HTTP/1.1 502 Bad Gateway\r\n\r\n").await, Kind::Connect, status(502), 2),
        (tunnelless("\0\u{1}\u{2}not a proxy").await, Kind::Connect, Some(Refusal::NotHttp), 1),
        (tunnelless("").await, Kind::Connect, None, 2),
        // Repeating a wrong password locks accounts.
        (tunnelless("HTTP/1.1 407 Who are you\r\n\r\n").await, Kind::ProxyCredentials, None, 1),
    ] {
        proxy.set_username("user").unwrap();
        proxy.set_password(Some("sentinel%40word")).unwrap();
        let route = Route::Proxy(Proxy::new(proxy, "HTTPS_PROXY"));
        let endpoint = Url::parse("https://aep.invalid").unwrap();
        let settings = settings(endpoint, Some(file.clone()));
        let client = client_of(Settings { route, max_retries: 1, ..settings });
        let error = client.submit("a", KEY, &limits()).await.unwrap_err();
        assert_eq!(
            (error.kind, error.refusal, error.delivery, error.attempts),
            (kind, refusal, Delivery::NeverSent, attempts),
            "{error}"
        );
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("(HTTPS_PROXY)") && !shown.contains("sentinel"), "{shown}");
    }
}

#[tokio::test]
async fn plain_http_behind_https() {
    let endpoint = saying(raw(400, "", "The plain HTTP request was sent").into_bytes()).await;
    fails(TlsFault::NotTls, endpoint, None).await;
}

#[test]
fn a_ca_cert_file_that_cannot_be_used_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let write_bytes = |name: &str, bytes: &[u8]| {
        let file = dir.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        file
    };
    let write = |name: &str, text: &str| write_bytes(name, text.as_bytes());
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for (file, expected) in [
        (dir.path().join("absent.pem"), "absent.pem` cannot be read: No such file or directory"),
        (write("empty.pem", ""), "empty.pem` has no PEM certificate in it"),
        (write("der.pem", "0\u{82}not PEM"), "der.pem` has no PEM certificate in it"),
        (write_bytes("utf16.pem", b"\xff\xfe-\0-\0"), "utf16.pem` is UTF-16; save it as UTF-8"),
        (write_bytes("utf16be.pem", b"\xfe\xff\0-\0-"), "utf16be.pem` is UTF-16"),
        (write("key.pem", key), "key.pem` has no PEM certificate in it"),
        (write("cut.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n"), "cut.pem` is not valid PEM: "),
        (
            write("bad.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "bad.pem` cannot be used: ",
        ),
    ] {
        // Checked for plain http too: a wrong path should not wait for the day it is needed.
        let endpoint = Url::parse("http://127.0.0.1:9").unwrap();
        let error = Client::new(settings(endpoint, Some(file))).unwrap_err();
        assert_eq!(error.kind, Kind::Setup);
        let message = error.to_string();
        assert!(message.starts_with("ca_cert_file: ") && message.contains(expected), "{message}");
    }
}
