//! What can be wrong with a value. What ends the process is `anyhow`'s, at the process edge.

use tf_provider::{AttributePath, AttributePathStep, Diagnostic};

/// A value is not what its schema or its type says. The text never quotes the value: it may be a
/// secret.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Error {
    /// Where, from the root of the object.
    pub(crate) path: Vec<AttributePathStep>,
    /// What is wrong, as one sentence.
    pub(crate) message: String,
}

impl Error {
    /// An error at the place the caller is at; [`Error::within`] adds the way there.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { path: Vec::new(), message: message.into() }
    }

    /// Puts `step` before the path.
    pub(crate) fn within(mut self, step: AttributePathStep) -> Self {
        self.path.insert(0, step);
        self
    }

    /// For what has no address.
    pub(crate) fn without_path(self) -> Self {
        Self::new(self.message)
    }

    /// As a diagnostic with the value's path.
    pub(crate) fn into_diagnostic(self, summary: &'static str) -> Diagnostic {
        Diagnostic {
            summary: summary.into(),
            detail: self.message.into(),
            attribute: AttributePath { steps: self.path },
        }
    }
}
