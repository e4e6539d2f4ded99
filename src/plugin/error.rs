//! Everything that can go wrong in the host.

use serde::{de, ser};
use std::fmt::Display;

use tf_provider::{AttributePath, AttributePathStep, Diagnostic};

/// The host's error. What concerns a value becomes a diagnostic, the rest ends the process with a message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A value is not what its schema or its type says. The text never quotes the value: it may be a secret.
    #[error("{message}")]
    Value {
        /// Where, from the root of the object.
        path: Vec<AttributePathStep>,
        /// What is wrong, as one sentence.
        message: String,
    },
    #[error(
        "This binary is a Terraform plugin. It is not meant to be run by hand: terraform and tofu start it themselves.\n\
         By hand it can be asked for:\n\n{0}  --debug    serve until interrupted\n  --help     say more"
    )]
    Cookie(String),
    /// What the provider registered cannot be served, a sentence a line.
    #[error("{0}")]
    Registration(String),
    #[error("unknown argument {0:?}: see --help")]
    Argument(String),
    #[error("PLUGIN_CLIENT_CERT is not a PEM certificate: {0}")]
    ClientCertificate(String),
    #[error("the connection cannot be secured: {0}")]
    Tls(#[from] rustls::Error),
    #[error("the server certificate cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
    #[cfg(unix)]
    #[error("the socket cannot be opened in {directory}: {source}")]
    Socket {
        /// Where it should have been.
        directory: std::path::PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    #[cfg(unix)]
    #[error(
        "PLUGIN_UNIX_SOCKET_DIR names a folder in which no socket can be: {0} is too long, or has one of | ' \" \\ in it. \
         Name a shorter one"
    )]
    SocketDirectory(std::path::PathBuf),
    #[cfg(unix)]
    #[error("PLUGIN_UNIX_SOCKET_GROUP names no group of this machine: {0}")]
    Group(String),
    #[cfg(any(not(unix), test))]
    #[error(
        "PLUGIN_CLIENT_CERT is missing, and without it a TCP port would be open to every local user"
    )]
    PlaintextTcp,
    #[cfg(any(not(unix), test))]
    #[error(
        "--debug needs unix sockets, which this platform does not have: a TCP port would be open to every local user"
    )]
    DebugTcp,
    #[cfg(any(not(unix), test))]
    #[error("no port between PLUGIN_MIN_PORT {0} and PLUGIN_MAX_PORT {1} is free")]
    Ports(u16, u16),
    #[error("the plugin cannot be started: {0}")]
    Start(std::io::Error),
    #[error("the handshake cannot be written to standard output: {0}")]
    Handshake(std::io::Error),
    #[error("the gRPC server failed: {0}")]
    Serve(#[from] tonic::transport::Error),
    #[error("no client has connected within {0} seconds")]
    NoClient(u64),
}

impl Error {
    /// A value error at the place the caller is at; [`Error::within`] adds the way there.
    pub(crate) fn value(message: impl Into<String>) -> Self {
        Self::Value { path: Vec::new(), message: message.into() }
    }

    /// Puts `step` before the path of a value error.
    pub(crate) fn within(mut self, step: AttributePathStep) -> Self {
        if let Self::Value { path, .. } = &mut self {
            path.insert(0, step);
        }
        self
    }

    /// As a diagnostic with the value's path.
    pub(crate) fn into_diagnostic(self, summary: &'static str) -> Diagnostic {
        let detail = self.to_string().into();
        let steps = match self {
            Self::Value { path, .. } => path,
            _ => Vec::new(),
        };
        Diagnostic { summary: summary.into(), detail, attribute: AttributePath { steps } }
    }
}

impl de::Error for Error {
    fn custom<T: Display>(message: T) -> Self {
        Self::value(message.to_string())
    }

    // The three below are overridden because serde's own texts quote the value.
    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::value(format!("Expected {expected}, found {}.", kind(&found)))
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::value(format!("Expected {expected}, found another {}.", kind(&found)))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::value(format!("Expected one of: {}.", expected.join(", ")))
    }
}

impl ser::Error for Error {
    fn custom<T: Display>(message: T) -> Self {
        Self::value(message.to_string())
    }
}

/// What was found, without its content.
fn kind(found: &de::Unexpected<'_>) -> &'static str {
    match found {
        de::Unexpected::Bool(_) => "boolean",
        de::Unexpected::Unsigned(_) | de::Unexpected::Signed(_) => "whole number",
        de::Unexpected::Float(_) => "number with a fraction",
        de::Unexpected::Char(_) | de::Unexpected::Str(_) => "string",
        de::Unexpected::Unit | de::Unexpected::Option => "null",
        de::Unexpected::Seq => "list",
        de::Unexpected::Map => "map or object",
        de::Unexpected::NewtypeStruct => "value that is not known yet",
        _ => "value of another kind",
    }
}
