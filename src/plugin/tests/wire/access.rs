//! Who gets in: the process that started the plugin, and nobody else.

use rustls::ClientConfig;
use rustls::version::{TLS12, TLS13};

use super::client::{
    Identity, Launch, Plugin, answered, client_config, with_h2, without_certificate,
};

fn showing(plugin: &Plugin, identity: &Identity) -> Option<ClientConfig> {
    with_h2(
        client_config(plugin.certificate(), &[&TLS13])
            .with_client_auth_cert(vec![identity.certificate.clone()], identity.key.clone_key())
            .unwrap(),
    )
}

#[tokio::test]
async fn the_client_that_started_it_gets_in() {
    let plugin = Launch::toy().start().await;
    assert!(answered(&plugin, Some(plugin.tls())).await);
    assert!(answered(&plugin, Some(plugin.tls())).await, "and again");
}

#[tokio::test]
async fn no_certificate_is_refused() {
    let plugin = Launch::toy().start().await;
    assert!(!answered(&plugin, without_certificate(&plugin)).await);
    assert!(answered(&plugin, Some(plugin.tls())).await);
}

#[tokio::test]
async fn another_certificate_of_the_same_subject_is_refused() {
    let plugin = Launch::toy().start().await;
    assert!(!answered(&plugin, showing(&plugin, &Identity::go_plugin())).await);
    assert!(answered(&plugin, Some(plugin.tls())).await);
}

#[tokio::test]
async fn another_kind_of_certificate_is_refused() {
    let plugin = Launch::toy().start().await;
    let other = Identity::with_key(&rcgen::PKCS_ECDSA_P256_SHA256);
    assert!(!answered(&plugin, showing(&plugin, &other)).await);
    assert!(answered(&plugin, Some(plugin.tls())).await);
}

#[tokio::test]
async fn the_right_certificate_without_its_key_is_refused() {
    let plugin = Launch::toy().start().await;
    let stolen = Identity {
        certificate: plugin.identity.as_ref().unwrap().certificate.clone(),
        ..Identity::go_plugin()
    };
    // rustls itself would notice that the two do not belong together; a liar's client does not.
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let key = provider.key_provider.load_private_key(stolen.key.clone_key()).unwrap();
    let certified = rustls::sign::CertifiedKey::new(vec![stolen.certificate.clone()], key);
    let resolver = std::sync::Arc::new(rustls::sign::SingleCertAndKey::from(certified));
    let tls = client_config(plugin.certificate(), &[&TLS13]).with_client_cert_resolver(resolver);
    assert!(!answered(&plugin, with_h2(tls)).await);
    assert!(answered(&plugin, Some(plugin.tls())).await);
}

#[tokio::test]
async fn plaintext_is_refused() {
    let plugin = Launch::toy().start().await;
    assert!(!answered(&plugin, None).await);
    assert!(answered(&plugin, Some(plugin.tls())).await);
}

#[tokio::test]
async fn old_tls_is_refused() {
    let plugin = Launch::toy().start().await;
    let identity = plugin.identity.as_ref().unwrap();
    let tls = client_config(plugin.certificate(), &[&TLS12])
        .with_client_auth_cert(vec![identity.certificate.clone()], identity.key.clone_key())
        .unwrap();
    assert!(!answered(&plugin, with_h2(tls)).await);
    assert!(answered(&plugin, Some(plugin.tls())).await);
}

#[tokio::test]
async fn another_application_protocol_is_refused() {
    let plugin = Launch::toy().start().await;
    for protocols in [vec![b"http/1.1".to_vec()], Vec::new()] {
        let mut tls = plugin.tls();
        tls.alpn_protocols = protocols;
        assert!(!answered(&plugin, Some(tls)).await);
    }
    assert!(answered(&plugin, Some(plugin.tls())).await);
}

#[tokio::test]
async fn clients_that_say_nothing_do_not_keep_the_right_one_out() {
    let plugin = Launch::toy().start().await;
    let mut silent = Vec::new();
    // More than the handshakes that the host has at a time.
    for _ in 0..100 {
        silent.push(tokio::net::UnixStream::connect(plugin.socket()).await.unwrap());
    }
    assert!(answered(&plugin, Some(plugin.tls())).await);
}

#[tokio::test]
async fn without_tls_the_socket_is_still_this_user_s_alone() {
    use std::os::unix::fs::PermissionsExt;
    let plugin = Launch::toy().plaintext().start().await;
    assert_eq!(plugin.fields()[5], "");
    let directory = plugin.socket().parent().unwrap().to_owned();
    assert_eq!(std::fs::metadata(directory).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(answered(&plugin, None).await);
}
