//! The only place where errors become diagnostics: `api::Error` and configuration mistakes.
//!
//! A summary is one static sentence; the detail says what to do and carries the API's own words. Diagnostics are
//! struct literals: tf-provider's constructors paste a backtrace into the detail.

use std::borrow::Cow;

use tf_provider::{AttributePath, AttributePathStep, Diagnostic, Diagnostics};

use crate::api::{self, Kind};
use crate::provider::arguments::{ACCESS_TOKEN, Argument, CLIENT_SECRET};
use crate::provider::duration::humanize;

/// A diagnostic for the whole object.
pub fn general(summary: &'static str, detail: impl Into<Cow<'static, str>>) -> Diagnostic {
    Diagnostic {
        summary: summary.into(),
        detail: detail.into(),
        attribute: AttributePath { steps: Vec::new() },
    }
}

/// A diagnostic that points at a root attribute.
pub fn at(
    attribute: &'static str,
    summary: &'static str,
    detail: impl Into<Cow<'static, str>>,
) -> Diagnostic {
    at_path(&[attribute], summary, detail)
}

/// A diagnostic that points at an attribute, given by the names on the way to it.
pub fn at_path(
    path: &[&'static str],
    summary: &'static str,
    detail: impl Into<Cow<'static, str>>,
) -> Diagnostic {
    Diagnostic { summary: summary.into(), detail: detail.into(), attribute: attribute_path(path) }
}

/// The path of an attribute, by the names on the way to it.
pub fn attribute_path(names: &[&'static str]) -> AttributePath {
    AttributePath {
        steps: names.iter().map(|name| AttributePathStep::Attribute((*name).into())).collect(),
    }
}

/// Something wrong with the provider's configuration.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// Nothing was given where something is required; the environment may still bring it.
    pub missing: bool,
    summary: &'static str,
    detail: String,
    attribute: Option<&'static str>,
}

impl Mistake {
    /// A value that cannot be used. `why` never repeats a secret.
    pub fn wrong(argument: Argument, from_variable: bool, why: String) -> Self {
        let Argument { name, variable } = argument;
        let detail = if from_variable {
            format!(
                "The environment variable {variable} (provider argument `{name}`) cannot be used: {why}."
            )
        } else {
            format!(
                "The provider argument `{name}` (environment variable {variable}) cannot be used: {why}."
            )
        };
        Self {
            missing: false,
            summary: "A provider argument cannot be used",
            detail,
            // The CLI shows the line of the attribute that a diagnostic points at, so none points at a secret.
            attribute: (!from_variable && ![ACCESS_TOKEN, CLIENT_SECRET].contains(&argument))
                .then_some(name),
        }
    }

    /// Required arguments that came from nowhere.
    pub fn missing(arguments: &[Argument], why: &str) -> Self {
        let spellings: Vec<String> = arguments
            .iter()
            .map(|Argument { name, variable }| format!("`{name}` or {variable}"))
            .collect();
        Self {
            missing: true,
            summary: "A provider argument is missing",
            detail: format!(
                "{why} Set {} in the provider block or in the environment: {}.",
                if spellings.len() == 1 { "it" } else { "what you use" },
                spellings.join("; ")
            ),
            attribute: match arguments {
                [argument] => Some(argument.name),
                _ => None,
            },
        }
    }

    /// A token and a client at once, in one source.
    pub fn exclusive(in_environment: bool) -> Self {
        let detail = if in_environment {
            "The environment has AEP_ACCESS_TOKEN and also AEP_CLIENT_ID or AEP_CLIENT_SECRET (`access_token`, \
             `client_id`, `client_secret`): unset one of the two ways to authenticate."
        } else {
            "The provider block has `access_token` and also `client_id` or `client_secret` (AEP_ACCESS_TOKEN, \
             AEP_CLIENT_ID, AEP_CLIENT_SECRET): keep one of the two ways to authenticate."
        };
        Self {
            missing: false,
            summary: "Two ways to authenticate are configured",
            detail: detail.to_owned(),
            // The lines of all three may have a secret in them, which the CLI would show.
            attribute: None,
        }
    }
}

impl From<Mistake> for Diagnostic {
    fn from(mistake: Mistake) -> Self {
        match mistake.attribute {
            Some(name) => at(name, mistake.summary, mistake.detail),
            None => general(mistake.summary, mistake.detail),
        }
    }
}

/// The permission in Adobe's access control that the API credential's role needs.
pub const PERMISSION: &str = "Manage Customer Managed Key";

/// An API error as a diagnostic: what failed, what to do, and the API's own words.
pub fn from_api(error: &api::Error, doing: &str) -> Diagnostic {
    let (summary, advice) = explain(error);
    general(summary, format!("While {doing}: {error}\n\n{advice}"))
}

/// Adds [`from_api`] to the errors of a call.
pub fn push_api(diags: &mut Diagnostics, error: &api::Error, doing: &str) {
    diags.errors.push(from_api(error, doing));
}

/// The identity service understood the request and does not like it.
fn is_refusal(status: u16) -> bool {
    (400..500).contains(&status)
}

/// What an API error means for a person: a static summary and what to do.
fn explain(error: &api::Error) -> (&'static str, String) {
    let words = |text: &str| text.to_owned();
    if error.is_token() && !matches!(error.kind(), Kind::Interrupted | Kind::Deadline) {
        let advice = if error.kind() == Kind::Token && error.http_status().is_some_and(is_refusal) {
            words(
                "Check `client_id` and `client_secret` (AEP_CLIENT_ID, AEP_CLIENT_SECRET), that the OAuth \
                 server-to-server credential still exists in the Adobe Developer Console and has the scopes asked \
                 for (`scopes`).",
            )
        } else {
            words(
                "Adobe's identity service gave no usable answer. Check `ims_endpoint` (AEP_IMS_ENDPOINT), the network and \
                 the proxy, and run the command again later.",
            )
        };
        return ("No access token from Adobe IMS", advice);
    }
    match (error.kind(), error.error_code()) {
        (Kind::Unauthorized, _) => (
            "Adobe does not accept the access token",
            words(
                "Mint a new one (`access_token`, AEP_ACCESS_TOKEN), or give `client_id` and `client_secret` so that \
                 the provider renews it by itself.",
            ),
        ),
        (Kind::Forbidden, Some("403000" | "403003")) => (
            "Adobe does not accept the API key",
            words(
                "Leave `api_key` (AEP_API_KEY) out: the customer-managed key API takes the static key \
                 \"acp_provisioning\", not the credential's client id.",
            ),
        ),
        (Kind::Forbidden, Some("403010")) => (
            "The access token did not reach Adobe",
            words(
                "Something between this machine and Adobe dropped the Authorization header: check the proxy, and \
                 `endpoint` (AEP_ENDPOINT).",
            ),
        ),
        (Kind::Forbidden, Some("403025")) => (
            "The credential is not entitled for this organisation",
            words(
                "Check that `org_id` (AEP_ORG_ID) is the organisation in which the credential was made, and that \
                 the credential has an Experience Platform product profile there.",
            ),
        ),
        (Kind::Forbidden, Some("403027")) => (
            "Adobe finds no region for this organisation",
            words(
                "Either `org_id` (AEP_ORG_ID) is wrong, or the credential has no Experience Platform product profile \
                 in that organisation: add one in the Adobe Admin Console.",
            ),
        ),
        (Kind::Forbidden, _) => (
            "The credential may not manage customer-managed keys",
            format!(
                "Add the API credential to a role with the permission \"{PERMISSION}\" (Experience Platform: \
                 Permissions, Roles), and check that the organisation is licensed for it (Healthcare Shield, or \
                 Privacy and Security Shield).",
            ),
        ),
        (Kind::NoSuchConfiguration | Kind::NotFound, _) => (
            "Adobe answered that there is nothing at this address",
            words(
                "Check `region` or `endpoint` (AEP_REGION, AEP_ENDPOINT), and any proxy in between: this is not the \
                 answer of the customer-managed key API for a configuration that does not exist.",
            ),
        ),
        (Kind::Conflict, _) => (
            "Adobe answered that the name is in use",
            words(
                "A name stays taken at Adobe for ever, also by a configuration that failed: choose another `name`. Nothing \
                 was changed.",
            ),
        ),
        (Kind::BadRequest, _) => (
            "Adobe refused the request",
            words(
                "Adobe's words above say what it did not accept. Nothing was changed: mend it and apply again.",
            ),
        ),
        (Kind::Throttled, _) => (
            "Adobe is throttling requests",
            format!(
                "{} and run the command again; nothing is lost. `max_retries` (AEP_MAX_RETRIES) and the `timeouts` block \
                 say how long the provider itself waits.",
                error.retry_after().map_or_else(
                    || "Wait some minutes".to_owned(),
                    |pause| format!(
                        "Adobe asks for a pause of {}: wait for so long",
                        humanize(pause)
                    )
                )
            ),
        ),
        (Kind::Unavailable, _) => (
            "Adobe's API is not available",
            words(
                "Run the command again later; give the x-request-id to Adobe support if it stays so.",
            ),
        ),
        (Kind::Timeout, _) => (
            "Adobe did not answer in time",
            words(
                "Check the network and the proxy, or raise `request_timeout` (AEP_REQUEST_TIMEOUT); then run the \
                 command again.",
            ),
        ),
        (Kind::Connect, _) => (
            "Adobe's API cannot be reached",
            words(
                "Check the network, the name resolution, HTTPS_PROXY and NO_PROXY, and `region` or `endpoint` \
                 (AEP_REGION, AEP_ENDPOINT).",
            ),
        ),
        (Kind::Tls, _) => (
            "The TLS connection to Adobe's API failed",
            words(
                "If a corporate proxy inspects TLS, give its root certificate in `ca_cert_file` (AEP_CA_CERT_FILE) or \
                 in SSL_CERT_FILE.",
            ),
        ),
        (Kind::ConnectionLost, _) => (
            "The answer of Adobe's API was cut off",
            words("Check the network and the proxy, then run the command again."),
        ),
        (Kind::Redirect, _) => (
            "Adobe's API answered with a redirect",
            words(
                "Redirects are not followed, as the credentials would go with them: check `endpoint` (AEP_ENDPOINT) \
                 and any proxy that asks people to log in.",
            ),
        ),
        (Kind::Malformed, _) => (
            "The answer makes no sense for this API",
            words(
                "Something else than Adobe's API may have answered: check `endpoint` (AEP_ENDPOINT) and the proxy. \
                 The state was not changed.",
            ),
        ),
        (Kind::Interrupted, _) => {
            ("Terraform was interrupted", words("Run the command again to go on."))
        }
        (Kind::Deadline, _) => (
            "The operation's timeout was reached",
            words("Raise the timeout in the `timeouts` block, or run the command again to go on."),
        ),
        (Kind::Setup, _) => (
            "The HTTP client cannot be set up",
            words(
                "Give `ca_cert_file` (AEP_CA_CERT_FILE) a file with root certificates in PEM format; a relative path \
                 begins in the folder that Terraform runs in. If it is right, check HTTPS_PROXY.",
            ),
        ),
        (Kind::Token | Kind::Other, _) => (
            "Adobe's API answered with an error",
            words("Adobe's words above say what is wrong; give the x-request-id to Adobe support."),
        ),
    }
}
