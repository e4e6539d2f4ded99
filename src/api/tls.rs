//! TLS for the HTTP client: our own configuration, so that the crypto provider and the roots are our choice.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::error::Error;

/// A client configuration that trusts the platform's roots and the certificates of `ca_cert_file`. `named`: `SSL_CERT_FILE` or
/// `SSL_CERT_DIR` stand in for the platform's.
///
/// # Errors
/// `Kind::Setup`, naming `ca_cert_file`, when it cannot be read or has no usable PEM certificate.
pub(super) fn config(named: bool, ca_cert_file: Option<&Path>) -> Result<ClientConfig, Error> {
    let mut extra = RootCertStore::empty();
    if let Some(file) = ca_cert_file {
        add_file(&mut extra, file)?;
    }
    // aws-lc-rs by name: a process-wide default could be set by somebody else, or not at all.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let roots = Roots { provider: Arc::clone(&provider), named, extra, verifier: OnceLock::new() };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::setup(format!("TLS cannot be set up: {error}")))?;
    // "Dangerous" is what a verifier of one's own could leave out: this one hands every question on.
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(roots)).with_no_client_auth())
}

/// rustls's own verifier, made at the first certificate. Reading the platform's roots takes milliseconds, and most starts of
/// the provider make no connection at all.
#[derive(Debug)]
struct Roots {
    provider: Arc<CryptoProvider>,
    named: bool,
    extra: RootCertStore,
    verifier: OnceLock<Result<Arc<WebPkiServerVerifier>, rustls::Error>>,
}

impl Roots {
    fn verifier(&self) -> Result<&WebPkiServerVerifier, rustls::Error> {
        let made = self.verifier.get_or_init(|| {
            let mut store = if self.named { named() } else { platform() };
            store.extend(self.extra.roots.iter().cloned());
            if store.is_empty() {
                let why = "SSL_CERT_FILE and SSL_CERT_DIR give no root certificate";
                return Err(rustls::Error::General(why.to_owned()));
            }
            WebPkiServerVerifier::builder_with_provider(store.into(), Arc::clone(&self.provider))
                .build()
                .map_err(|error| rustls::Error::General(error.to_string()))
        });
        made.as_deref().map_err(Clone::clone)
    }
}

impl ServerCertVerifier for Roots {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.verifier()?.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let supported = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, supported)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let supported = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, supported)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The roots of `SSL_CERT_FILE` and `SSL_CERT_DIR`, or else all that the platform has.
fn named() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::debug!(%error, "some of the root certificates cannot be read");
    }
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(found.certs);
    store
}

/// The platform's roots; built-in ones where it has none.
fn platform() -> RootCertStore {
    let mut store = bundle();
    if store.is_empty() {
        store = named();
    }
    if store.is_empty() {
        tracing::debug!("the platform has no root certificates, the built-in ones are used");
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    store
}

/// The one file that holds all roots, where the platform has such. rustls-native-certs would read the directory beside it too:
/// the same certificates once more, in hundreds of files.
fn bundle() -> RootCertStore {
    let mut store = RootCertStore::empty();
    #[cfg(all(unix, not(target_os = "macos")))]
    if let Some(file) = openssl_probe::probe().cert_file {
        let found = rustls_native_certs::load_certs_from_paths(Some(&file), None);
        store.add_parsable_certificates(found.certs);
    }
    store
}

fn add_file(store: &mut RootCertStore, file: &Path) -> Result<(), Error> {
    let shown = file.display();
    let wrong = |why: String| Error::setup(format!("ca_cert_file: {why}"));
    let pem =
        std::fs::read(file).map_err(|error| wrong(format!("`{shown}` cannot be read: {error}")))?;
    let pem = match pem.as_slice() {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            return Err(wrong(format!("`{shown}` is UTF-16; save it as UTF-8 or ASCII")));
        }
        // A byte order mark hides the first line, and with it the first certificate.
        [0xef, 0xbb, 0xbf, pem @ ..] => pem,
        pem => pem,
    };
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate =
            certificate.map_err(|error| wrong(format!("`{shown}` is not valid PEM: {error}")))?;
        store.add(certificate).map_err(|error| {
            wrong(format!("a certificate in `{shown}` cannot be used: {error}"))
        })?;
        count += 1;
    }
    match count {
        0 => Err(wrong(format!("`{shown}` has no PEM certificate in it"))),
        _ => Ok(()),
    }
}
