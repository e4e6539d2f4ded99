//! Functions: pure, without a client, usable in any configuration of Terraform 1.8 or later.

mod consent_url;
mod parse_key_identifier;

use std::fmt::Display;

use tf_provider::schema::{Description, Parameter, Type};
use tf_provider::{AttributePath, AttributePathStep, Diagnostic};

pub use consent_url::ConsentUrl;
pub use parse_key_identifier::ParseKeyIdentifier;

/// Blames one argument. The message is all the CLI shows of a function's error, so it goes into the
/// summary as a whole.
///
/// A literal, because tf-provider's own constructors append a backtrace when one is asked for.
fn argument_error(index: i64, message: &impl Display) -> Diagnostic {
    Diagnostic {
        // The CLI sets the last full stop itself.
        summary: message.to_string().trim_end_matches('.').to_owned().into(),
        detail: "".into(),
        attribute: AttributePath { steps: vec![AttributePathStep::Index(index)] },
    }
}

/// A parameter that is a string, neither null nor unknown: the CLI sees to both.
fn string_parameter(name: &str, description: &str) -> Parameter {
    Parameter {
        name: name.to_owned(),
        param_type: Type::String,
        allow_null: false,
        allow_unknown: false,
        description: Description::markdown(description),
    }
}
