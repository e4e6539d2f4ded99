//! Why a TLS session failed, out of what the HTTP client and rustls say of it.

use std::io;
use std::time::{Duration, SystemTime};

use rustls::{AlertDescription as Alert, CertificateError as Certificate, Error, InvalidMessage};
use rustls_pki_types::UnixTime;

/// The end of the year 9999, where HTTP's dates end.
const LAST_DATE: Duration = Duration::from_secs(253_402_300_799);

/// Why a TLS session failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TlsFault {
    /// The certificate's issuer is not trusted: the only one that another root certificate helps
    /// against.
    UnknownIssuer,
    /// The server's certificate is a CA's own.
    AuthorityAsServer,
    /// The certificate is for other names, or the server knows no such name.
    WrongName,
    /// The certificate's time is over.
    Expired,
    /// The certificate's time has not begun.
    NotYetValid,
    /// No TLS version or cipher in common.
    NothingInCommon,
    /// The server demands a certificate of the client.
    ClientCertificate,
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` give no root to trust.
    NoRoots,
    /// The other side speaks something else than TLS.
    NotTls,
    /// Anything else.
    Other,
}

impl TlsFault {
    pub(super) fn of(error: &Error) -> Self {
        match error {
            Error::InvalidCertificate(certificate) => Self::of_certificate(certificate),
            Error::PeerIncompatible(_)
            | Error::AlertReceived(
                Alert::HandshakeFailure | Alert::ProtocolVersion | Alert::InsufficientSecurity,
            ) => Self::NothingInCommon,
            Error::AlertReceived(Alert::CertificateRequired) => Self::ClientCertificate,
            Error::AlertReceived(Alert::UnrecognisedName) => Self::WrongName,
            Error::InvalidMessage(InvalidMessage::InvalidContentType) => Self::NotTls,
            // The verifier's own.
            Error::General(_) => Self::NoRoots,
            _ => Self::Other,
        }
    }

    fn of_certificate(error: &Certificate) -> Self {
        match error {
            // A root of the issuer's name with another key is another root.
            Certificate::UnknownIssuer | Certificate::BadSignature => Self::UnknownIssuer,
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                Self::WrongName
            }
            Certificate::Expired | Certificate::ExpiredContext { .. } => Self::Expired,
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => Self::NotYetValid,
            Certificate::Other(other)
                if other.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity) =>
            {
                Self::AuthorityAsServer
            }
            _ => Self::Other,
        }
    }
}

/// The error of rustls in an error of the HTTP client.
pub(super) fn cause(error: &reqwest::Error) -> Option<&Error> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // An io::Error's source is its inner error's source: the inner one has to be asked for.
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// What rustls shows as numbers or as its own names.
pub(super) fn message(error: &Error) -> Option<String> {
    let date = |time: &UnixTime| {
        let since = Duration::from_secs(time.as_secs()).min(LAST_DATE);
        httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since)
    };
    let what = match error {
        Error::General(why) => return Some(why.clone()),
        Error::InvalidCertificate(Certificate::ExpiredContext { not_after, .. }) => {
            format!("it was valid until {}", date(not_after))
        }
        Error::InvalidCertificate(Certificate::NotValidYetContext { not_before, .. }) => {
            format!("it is valid from {}", date(not_before))
        }
        Error::InvalidCertificate(Certificate::Other(other)) => other.0.to_string(),
        _ => return None,
    };
    Some(format!("invalid peer certificate: {what}"))
}
