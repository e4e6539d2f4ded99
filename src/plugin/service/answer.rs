//! What all responses have in common: diagnostics.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;

use tf_provider::{Diagnostic, Diagnostics};

use crate::adapter::to_protocol;
use crate::proto::tfplugin6 as pb;

/// A response that can be an error.
pub(super) trait Answer: Sized + Send + 'static {
    /// The answer that says just this.
    fn error(diagnostic: Diagnostic) -> Self;

    /// The numbers of errors and warnings.
    fn counts(&self) -> (usize, usize);
}

/// Runs `work`, and catches its panic.
pub(super) async fn catch<A>(work: impl Future<Output = A>) -> std::thread::Result<A> {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        // The future is not polled again after a panic, and what it owned is dropped with it.
        match std::panic::catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(answer)) => Poll::Ready(Ok(answer)),
            Err(payload) => Poll::Ready(Err(payload)),
        }
    })
    .await
}

fn count(diagnostics: &[pb::Diagnostic]) -> (usize, usize) {
    let errors = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity() == pb::diagnostic::Severity::Error)
        .count();
    (errors, diagnostics.len() - errors)
}

macro_rules! answers {
    ($($module:ident),+ $(,)?) => {$(
        impl Answer for pb::$module::Response {
            // Some responses have nothing but diagnostics.
            #[allow(clippy::needless_update)]
            fn error(diagnostic: Diagnostic) -> Self {
                Self {
                    diagnostics: to_protocol(Diagnostics {
                        errors: vec![diagnostic],
                        warnings: Vec::new(),
                    }),
                    ..Default::default()
                }
            }

            fn counts(&self) -> (usize, usize) {
                count(&self.diagnostics)
            }
        }
    )+};
}

answers!(
    apply_resource_change,
    configure_provider,
    get_functions,
    get_metadata,
    get_provider_schema,
    get_resource_identity_schemas,
    import_resource_state,
    move_resource_state,
    plan_resource_change,
    read_data_source,
    read_resource,
    upgrade_resource_identity,
    upgrade_resource_state,
    validate_data_resource_config,
    validate_provider_config,
    validate_resource_config,
);

impl Answer for pb::call_function::Response {
    fn error(diagnostic: Diagnostic) -> Self {
        Self {
            result: None,
            error: Some(pb::FunctionError {
                text: format!("{}: {}", diagnostic.summary, diagnostic.detail),
                function_argument: None,
            }),
        }
    }

    fn counts(&self) -> (usize, usize) {
        (usize::from(self.error.is_some()), 0)
    }
}
