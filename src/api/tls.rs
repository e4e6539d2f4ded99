//! TLS for the HTTP client: our own configuration, so that the crypto provider and the roots are our choice.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::error::Error;

/// Where roots come from, beside `ca_cert_file`.
#[derive(Clone, Debug, Default)]
pub struct RootSources {
    /// `SSL_CERT_FILE`.
    pub file: Option<PathBuf>,
    /// Whether `SSL_CERT_DIR` names folders.
    pub folders: bool,
}

/// A client configuration that trusts the platform's roots, or those that stand in for them, and the certificates of
/// `ca_cert_file`.
///
/// # Errors
/// `Kind::Setup`, naming `ca_cert_file`, when it cannot be read or has no usable PEM certificate.
pub(super) fn config(
    sources: RootSources,
    ca_cert_file: Option<&Path>,
) -> Result<ClientConfig, Error> {
    let mut extra = RootCertStore::empty();
    if let Some(file) = ca_cert_file {
        add_file(&mut extra, file)?;
    }
    // aws-lc-rs by name: a process-wide default could be set by somebody else, or not at all.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let roots = Roots::new(Arc::clone(&provider), sources, extra);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::setup(format!("TLS cannot be set up: {error}")))?;
    // "Dangerous" is what a verifier of one's own could leave out: this one hands every question on.
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(roots)).with_no_client_auth())
}

type Verifier = Result<Arc<WebPkiServerVerifier>, rustls::Error>;

/// rustls's own verifier, made when the first certificate has to be verified: most starts of the provider make no connection
/// at all. First with the roots of one file, where there is one; with all there are only for an issuer that is not among them,
/// since they may be in hundreds of files.
#[derive(Debug)]
struct Roots {
    provider: Arc<CryptoProvider>,
    sources: RootSources,
    extra: RootCertStore,
    bundled: OnceLock<Verifier>,
    all: OnceLock<Verifier>,
}

impl Roots {
    fn new(provider: Arc<CryptoProvider>, sources: RootSources, extra: RootCertStore) -> Self {
        Self { provider, sources, extra, bundled: OnceLock::new(), all: OnceLock::new() }
    }

    fn bundled(&self) -> Result<&WebPkiServerVerifier, rustls::Error> {
        let made = self.bundled.get_or_init(|| self.verifier(self.sources.bundle()));
        made.as_deref().map_err(Clone::clone)
    }

    fn all(&self) -> Result<&WebPkiServerVerifier, rustls::Error> {
        let made = self.all.get_or_init(|| self.verifier(self.sources.all()));
        made.as_deref().map_err(Clone::clone)
    }

    fn verifier(&self, mut store: RootCertStore) -> Verifier {
        store.extend(self.extra.roots.iter().cloned());
        if store.is_empty() {
            let why = "SSL_CERT_FILE and SSL_CERT_DIR give no root certificate";
            return Err(rustls::Error::General(why.to_owned()));
        }
        WebPkiServerVerifier::builder_with_provider(store.into(), Arc::clone(&self.provider))
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))
    }
}

impl RootSources {
    /// The roots of the one file that is named or, where nothing is, of the platform's bundle.
    fn bundle(&self) -> RootCertStore {
        let file = match &self.file {
            None if self.folders => None,
            None => platform_bundle(),
            named => named.clone(),
        };
        let mut store = RootCertStore::empty();
        if let Some(file) = file {
            let found = rustls_native_certs::load_certs_from_paths(Some(&file), None);
            store.add_parsable_certificates(found.certs);
        }
        store
    }

    /// All roots of `SSL_CERT_FILE` and `SSL_CERT_DIR` or, where neither is set, of the platform; built-in ones where it has
    /// none.
    fn all(&self) -> RootCertStore {
        let mut store = native();
        if store.is_empty() && !self.are_named() {
            tracing::debug!("the platform has no root certificates, the built-in ones are used");
            store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        store
    }

    /// Whether `SSL_CERT_FILE` or `SSL_CERT_DIR` stand in for the platform's.
    pub fn are_named(&self) -> bool {
        self.file.is_some() || self.folders
    }

    /// Whether the built-in ones have to do, as the platform has none.
    pub fn are_built_in(&self) -> bool {
        !self.are_named() && self.bundle().is_empty() && native().is_empty()
    }
}

/// What rustls-native-certs finds: of the variables or, where neither is set, of the platform.
fn native() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::debug!(%error, "some of the root certificates cannot be read");
    }
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(found.certs);
    store
}

#[cfg(all(unix, not(target_os = "macos")))]
fn platform_bundle() -> Option<PathBuf> {
    openssl_probe::probe().cert_file
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn platform_bundle() -> Option<PathBuf> {
    None
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
        use rustls::{CertificateError::UnknownIssuer, Error::InvalidCertificate};
        let verify = |verifier: &WebPkiServerVerifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        match self.bundled().and_then(verify) {
            Err(InvalidCertificate(UnknownIssuer) | rustls::Error::General(_)) => {
                self.all().and_then(verify)
            }
            verified => verified,
        }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::RootCertStore;
    use rustls::client::danger::ServerCertVerifier;
    use rustls::crypto::aws_lc_rs;

    use super::{RootSources, Roots};

    #[test]
    fn roots_are_read_once_and_not_before_they_are_needed() {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let roots = Roots::new(provider, RootSources::default(), RootCertStore::empty());
        assert!(!roots.supported_verify_schemes().is_empty());
        assert!(roots.bundled.get().is_none() && roots.all.get().is_none());
        let first: *const _ = roots.all().unwrap();
        assert!(std::ptr::eq(first, roots.all().unwrap()));
    }

    #[test]
    fn named_folders_have_no_bundle() {
        assert!(RootSources { file: None, folders: true }.bundle().is_empty());
    }
}
