//! TLS for the HTTP client: our own configuration, so that the crypto provider and the roots are our choice.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::error::Error;

/// Which roots are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Roots {
    /// The platform's (`SSL_CERT_FILE` and `SSL_CERT_DIR` honoured); built-in ones where it has none.
    Platform,
    /// None but those of the file: for a client that only speaks plain http, where loading costs milliseconds for nothing.
    None,
}

/// A client configuration that trusts `roots` and the certificates of `ca_cert_file`.
///
/// # Errors
/// `Kind::Setup`, naming `ca_cert_file`, when it cannot be read or has no usable PEM certificate.
pub(super) fn config(roots: Roots, ca_cert_file: Option<&Path>) -> Result<ClientConfig, Error> {
    let mut store = RootCertStore::empty();
    if roots == Roots::Platform {
        add_platform(&mut store);
    }
    if let Some(file) = ca_cert_file {
        add_file(&mut store, file)?;
    }
    // aws-lc-rs by name: a process-wide default could be set by somebody else, or not at all.
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::setup(format!("TLS cannot be set up: {error}")))?;
    Ok(builder.with_root_certificates(store).with_no_client_auth())
}

fn add_platform(store: &mut RootCertStore) {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::debug!(%error, "some of the platform's root certificates cannot be read");
    }
    store.add_parsable_certificates(found.certs);
    if store.is_empty() {
        tracing::debug!("the platform has no root certificates, the built-in ones are used");
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
}

fn add_file(store: &mut RootCertStore, file: &Path) -> Result<(), Error> {
    let shown = file.display();
    let pem = std::fs::read(file).map_err(|error| {
        Error::setup(format!("ca_cert_file: `{shown}` cannot be read: {error}"))
    })?;
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| {
            Error::setup(format!("ca_cert_file: `{shown}` is not valid PEM: {error}"))
        })?;
        store.add(certificate).map_err(|error| {
            Error::setup(format!(
                "ca_cert_file: a certificate in `{shown}` cannot be used: {error}"
            ))
        })?;
        count += 1;
    }
    if count == 0 {
        return Err(Error::setup(format!("ca_cert_file: `{shown}` has no PEM certificate in it")));
    }
    Ok(())
}
