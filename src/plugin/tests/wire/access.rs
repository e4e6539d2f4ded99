//! Who gets in: the process that started the plugin, and nobody else.

use std::sync::Arc;

use rustls::version::{TLS12, TLS13};

use super::client::{Identity, Launch, client_config, responds, with_h2, without_certificate};

#[tokio::test]
async fn strangers_are_refused_and_the_client_that_started_it_gets_in() {
    let plugin = Launch::toy().start().await;
    let own = plugin.identity.as_ref().unwrap();
    let showing = |identity: &Identity, version| {
        let chain = vec![identity.certificate.clone()];
        let tls = client_config(plugin.certificate(), &[version]);
        with_h2(tls.with_client_auth_cert(chain, identity.key.clone_key()).unwrap())
    };
    // rustls itself would notice that certificate and key do not belong together; a liar's client
    // does not.
    let liar = || {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let key = Identity::go_plugin().key;
        let key = provider.key_provider.load_private_key(key).unwrap();
        let certified = rustls::sign::CertifiedKey::new(vec![own.certificate.clone()], key);
        let resolver = Arc::new(rustls::sign::SingleCertAndKey::from(certified));
        let tls = client_config(plugin.certificate(), &[&TLS13]);
        with_h2(tls.with_client_cert_resolver(resolver))
    };
    let speaking = |protocols: &[&[u8]]| {
        let mut tls = plugin.tls();
        tls.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Some(tls)
    };
    let p256 = Identity::with_key(&rcgen::PKCS_ECDSA_P256_SHA256);
    for (stranger, tls) in [
        ("plaintext", None),
        ("no certificate", without_certificate(&plugin)),
        ("another of the same subject", showing(&Identity::go_plugin(), &TLS13)),
        ("another kind of certificate", showing(&p256, &TLS13)),
        ("the right certificate without its key", liar()),
        ("an old TLS", showing(own, &TLS12)),
        ("another application protocol", speaking(&[b"http/1.1"])),
        ("no application protocol", speaking(&[])),
    ] {
        assert!(!responds(&plugin, tls).await, "{stranger}");
        assert!(responds(&plugin, Some(plugin.tls())).await, "after {stranger}");
    }
}

#[tokio::test]
async fn clients_that_say_nothing_do_not_keep_the_right_one_out() {
    let plugin = Launch::toy().start().await;
    let mut silent = Vec::new();
    // More than the handshakes that the host has at a time.
    for _ in 0..100 {
        silent.push(tokio::net::UnixStream::connect(plugin.socket()).await.unwrap());
    }
    assert!(responds(&plugin, Some(plugin.tls())).await);
}
