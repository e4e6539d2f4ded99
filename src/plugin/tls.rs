//! Mutual TLS with exactly one client: the process that started this one and put its certificate
//! into the environment.

use std::sync::Arc;

use anyhow::Context;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};
use tokio_rustls::TlsAcceptor;

/// The server's side of the connection.
pub(super) struct Tls {
    pub(super) acceptor: TlsAcceptor,
    /// What the handshake line tells the client to expect.
    pub(super) certificate: CertificateDer<'static>,
}

impl Tls {
    /// Trusts the client with this certificate (`PLUGIN_CLIENT_CERT`) and nobody else.
    pub(super) fn new(client_pem: &str) -> anyhow::Result<Self> {
        let client = CertificateDer::from_pem_slice(client_pem.as_bytes())
            .context("PLUGIN_CLIENT_CERT is not a PEM certificate")?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = OneClient { certificate: client, provider: Arc::clone(&provider) };
        let made = own_certificate().context("the server certificate cannot be made")?;
        let (certificate, key) = made;
        // The provider is named here because another crate of the binary may have enabled a second
        // one, and then rustls has no default.
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_client_cert_verifier(Arc::new(verifier))
            .with_single_cert(vec![certificate.clone()], key.into())?;
        // gRPC in Go refuses a server that does not choose h2.
        config.alpn_protocols = vec![b"h2".to_vec()];
        // One connection a process: nothing to resume, and no second way past the verifier.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), certificate })
    }
}

/// A certificate for this run. P-256, because clients on BoringSSL do not verify P-521.
fn own_certificate() -> Result<(CertificateDer<'static>, PrivatePkcs8KeyDer<'static>), rcgen::Error>
{
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
    // The name the client asks for, on every machine.
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = params.self_signed(&key)?;
    Ok((certificate.der().clone(), PrivatePkcs8KeyDer::from(key.serialize_der())))
}

/// Accepts one certificate, byte for byte. A chain check would refuse it: go-plugin's client shows
/// a certificate authority's certificate as its own. The signatures prove that the client has the
/// key.
#[derive(Debug)]
struct OneClient {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for OneClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // A Go client that does not find its certificate's issuer among the hints sends no
        // certificate at all.
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        match *end_entity == self.certificate {
            true => Ok(ClientCertVerified::assertion()),
            false => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        // P-521 is among them, which is what go-plugin's certificates are made with.
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
