//! TLS for the HTTP client: our own configuration, so that the crypto provider and the roots are
//! our choice.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::body::BYTE_ORDER_MARK;
use super::error::Error;

/// Where roots come from, beside `ca_cert_file`.
#[derive(Clone, Debug, Default)]
pub struct RootSources {
    /// `SSL_CERT_FILE`.
    pub file: Option<PathBuf>,
    /// `SSL_CERT_DIR`.
    pub folders: Vec<PathBuf>,
}

/// A client configuration that trusts the platform's roots, or those that stand in for them, and
/// the certificates of `ca_cert_file`.
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
    // "Dangerous" is what a verifier of one's own could leave out: this one hands every question
    // on.
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(roots)).with_no_client_auth())
}

type Verifier = Result<Arc<WebPkiServerVerifier>, rustls::Error>;

/// rustls's own verifier, made when the first certificate has to be verified: most starts of the
/// provider make no connection at all. First with the roots of one file, where there is one; with
/// all there are only for who does not verify with these (a root may have been renewed under its
/// name), since they may be in hundreds of files.
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

    fn verifier(&self, Found { mut store, useless }: Found) -> Verifier {
        store.extend(self.extra.roots.iter().cloned());
        if store.is_empty() {
            let mut why = "SSL_CERT_FILE and SSL_CERT_DIR give no root certificate".to_owned();
            if !useless.is_empty() {
                why = format!("{why}: {}", useless.join("; "));
            }
            return Err(rustls::Error::General(why));
        }
        WebPkiServerVerifier::builder_with_provider(store.into(), Arc::clone(&self.provider))
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))
    }
}

/// Roots, and what gave none: a file or a folder, and why.
struct Found {
    store: RootCertStore,
    useless: Vec<String>,
}

impl Found {
    fn of(store: RootCertStore) -> Self {
        Self { store, useless: Vec::new() }
    }

    /// The roots of a file. Others than `ca_cert_file` are collections: what cannot be used of them
    /// is passed over.
    fn add(&mut self, file: &Path) {
        let why = match pem(file) {
            Err(why) => why,
            Ok(pem) => {
                let certificates = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok);
                match self.store.add_parsable_certificates(certificates) {
                    (0, 0) => nothing_in(file),
                    (0, _) => format!("no certificate in `{}` can be used", file.display()),
                    _ => return,
                }
            }
        };
        tracing::debug!(why, "a file of root certificates gives none");
        self.useless.push(why);
    }

    fn add_folder(&mut self, folder: &Path) {
        match std::fs::read_dir(folder) {
            Ok(entries) => {
                let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
                // In a folder of `openssl rehash` each file has a link beside it.
                let files: BTreeSet<_> =
                    paths.filter_map(|path| path.canonicalize().ok()).collect();
                files.iter().filter(|file| file.is_file()).for_each(|file| self.add(file));
            }
            Err(error) => {
                self.useless.push(format!("`{}` cannot be read: {error}", folder.display()))
            }
        }
    }
}

impl RootSources {
    /// The roots of the one file that is named or, where nothing is, of the platform's bundle.
    fn bundle(&self) -> Found {
        let mut found = Found::of(RootCertStore::empty());
        let file = if self.are_named() { self.file.clone() } else { platform_bundle() };
        if let Some(file) = file {
            found.add(&file);
        }
        found
    }

    /// All roots of `SSL_CERT_FILE` and `SSL_CERT_DIR` or, where neither is set, of the platform;
    /// built-in ones where it has none.
    fn all(&self) -> Found {
        if self.are_named() {
            let mut found = self.bundle();
            self.folders.iter().for_each(|folder| found.add_folder(folder));
            return found;
        }
        Found::of(or_built_in(native()))
    }

    /// Whether `SSL_CERT_FILE` or `SSL_CERT_DIR` stand in for the platform's.
    pub fn are_named(&self) -> bool {
        self.file.is_some() || !self.folders.is_empty()
    }

    /// Whether the built-in ones have to do, as the platform has none.
    pub fn are_built_in(&self) -> bool {
        !self.are_named() && self.bundle().store.is_empty() && native().is_empty()
    }
}

/// The platform's roots or, where it has none, the built-in ones.
fn or_built_in(mut platform: RootCertStore) -> RootCertStore {
    if platform.is_empty() {
        tracing::debug!("the platform has no root certificates, the built-in ones are used");
        platform.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    platform
}

/// What rustls-native-certs finds of the platform.
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
        let verify = |verifier: &WebPkiServerVerifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        self.bundled().and_then(verify).or_else(|_| self.all().and_then(verify))
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
    let pem = pem(file).map_err(wrong)?;
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate =
            certificate.map_err(|error| wrong(format!("`{shown}` is not valid PEM: {error}")))?;
        store.add(certificate).map_err(|error| {
            wrong(format!("a certificate in `{shown}` cannot be used: {error}"))
        })?;
        count += 1;
    }
    match count {
        0 => Err(wrong(nothing_in(file))),
        _ => Ok(()),
    }
}

fn nothing_in(file: &Path) -> String {
    format!("`{}` has no PEM certificate in it", file.display())
}

/// The text of a file of PEM certificates, or why there is none.
fn pem(file: &Path) -> Result<Vec<u8>, String> {
    let shown = file.display();
    let mut pem =
        std::fs::read(file).map_err(|error| format!("`{shown}` cannot be read: {error}"))?;
    if pem.starts_with(b"\xff\xfe") || pem.starts_with(b"\xfe\xff") {
        return Err(format!("`{shown}` is UTF-16; save it as UTF-8 or ASCII"));
    }
    // It hides the first line, and with it the first certificate.
    if pem.starts_with(BYTE_ORDER_MARK) {
        pem.drain(..BYTE_ORDER_MARK.len());
    }
    Ok(pem)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::RootCertStore;
    use rustls::client::danger::ServerCertVerifier;
    use rustls::crypto::aws_lc_rs;

    use super::{RootSources, Roots, or_built_in};

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
    fn the_platforms_roots_count_and_the_built_in_ones_only_where_it_has_none() {
        let built_in = or_built_in(RootCertStore::empty());
        assert_eq!(built_in.roots, webpki_roots::TLS_SERVER_ROOTS);
        let one = RootCertStore { roots: built_in.roots[..1].to_vec() };
        assert_eq!(or_built_in(one).len(), 1);
        let mut platform = RootCertStore::empty();
        platform.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let found = RootSources::default().all().store;
        let expected = if platform.is_empty() { built_in } else { platform };
        assert_eq!(found.roots, expected.roots);
    }

    #[test]
    fn named_folders_have_no_bundle() {
        let named = RootSources { file: None, folders: vec!["/".into()] };
        assert!(named.bundle().store.is_empty());
    }
}
