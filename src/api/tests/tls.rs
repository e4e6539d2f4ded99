use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls_pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use url::Url;

use super::super::{Client, Credentials, Delivery, Kind, Secret, Settings};
use super::server::raw;
use super::{PACE, RUNNING, limits};

/// An HTTPS server with a certificate of its own making; gives its address and the certificate as PEM.
async fn https() -> (Url, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut request = [0; 4096];
                _ = stream.read(&mut request).await;
                _ = stream.write_all(raw(200, "", RUNNING).as_bytes()).await;
                _ = stream.shutdown().await;
            });
        }
    });
    (Url::parse(&format!("https://localhost:{port}")).unwrap(), cert.pem())
}

fn settings(endpoint: Url, ca_cert_file: Option<PathBuf>) -> Settings {
    Settings {
        org_id: "ORG@AdobeOrg".to_owned(),
        endpoint,
        api_key: "acp_provisioning".to_owned(),
        credentials: Credentials::Token(Secret::new("t")),
        request_timeout: std::time::Duration::from_secs(30),
        max_retries: 5,
        ca_cert_file,
        user_agent: "test".to_owned(),
    }
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_is_an_error_at_once() {
    let (endpoint, _) = https().await;
    let client = Client::with_pace(settings(endpoint, None), PACE).unwrap();
    let error = client.submit("a", super::KEY, &limits()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.delivery(), error.attempts()),
        (Kind::Tls, Delivery::NeverSent, 1)
    );
    let words = error.words().unwrap();
    assert!(words.contains("invalid peer certificate: UnknownIssuer"), "{words}");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn ca_cert_file_vouches_for_it() {
    let (endpoint, pem) = https().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    std::fs::write(&file, format!("# a comment\n{pem}\n{pem}")).unwrap();
    let client = Client::with_pace(settings(endpoint, Some(file)), PACE).unwrap();
    assert_eq!(client.status("a", &limits()).await.unwrap().id, "1");
}

#[tokio::test]
async fn plain_http_behind_https() {
    let server = super::Server::new([]).await;
    let mut endpoint = server.url("/");
    endpoint.set_scheme("https").unwrap();
    let client = Client::with_pace(settings(endpoint, None), PACE).unwrap();
    let error = client.status("a", &limits()).await.unwrap_err();
    assert_eq!(error.delivery(), Delivery::NeverSent, "{error}");
}

#[test]
fn a_ca_cert_file_that_cannot_be_used_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = dir.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for (file, expected) in [
        (dir.path().join("absent.pem"), "absent.pem` cannot be read: No such file or directory"),
        (write("empty.pem", ""), "empty.pem` has no PEM certificate in it"),
        (write("der.pem", "0\u{82}not PEM"), "der.pem` has no PEM certificate in it"),
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
        assert_eq!(error.kind(), Kind::Setup);
        let message = error.to_string();
        assert!(message.starts_with("ca_cert_file: ") && message.contains(expected), "{message}");
    }
}
