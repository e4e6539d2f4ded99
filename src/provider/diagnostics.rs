//! The only place where errors become diagnostics: `api::Error` and what is wrong with the
//! provider's configuration.
//!
//! A summary is one static sentence; the detail says what to do and carries the API's own message.
//! Diagnostics are struct literals: tf-provider's constructors paste a backtrace into the detail.

use std::borrow::Cow;

use tf_provider::{AttributePath, AttributePathStep, Diagnostic, Diagnostics};

use crate::api::{self, Kind, Refusal, TlsFault};
use crate::provider::arguments::{Argument, KNOWN_REGIONS};
use crate::provider::duration::humanize;

/// The value; an error goes to the diagnostics of the request.
pub fn report<T>(diags: &mut Diagnostics, result: Result<T, Diagnostic>) -> Option<T> {
    result.map_err(|error| diags.errors.push(error)).ok()
}

/// A diagnostic for the whole object.
pub fn general(summary: &'static str, detail: impl Into<Cow<'static, str>>) -> Diagnostic {
    at_path(&[], summary, detail)
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

/// The diagnostic with another paragraph.
pub fn and(mut diagnostic: Diagnostic, paragraph: &str) -> Diagnostic {
    diagnostic.detail = format!("{}\n\n{paragraph}", diagnostic.detail).into();
    diagnostic
}

/// An error of a plan that is not the guard's: it also stops a destroy, which plans first.
pub fn at_plan(diagnostic: Diagnostic) -> Diagnostic {
    and(diagnostic, "If this stops a `terraform destroy`, add `-refresh=false` to it.")
}

/// The path of an attribute, by the names on the way to it.
pub fn attribute_path(names: &[&'static str]) -> AttributePath {
    AttributePath {
        steps: names.iter().map(|name| AttributePathStep::Attribute((*name).into())).collect(),
    }
}

/// Something wrong with the provider's configuration.
#[derive(Clone, Debug)]
pub struct ConfigError {
    /// Nothing was given where something is required; the environment may still bring it.
    pub missing: bool,
    /// What a person reads.
    pub diagnostic: Diagnostic,
}

impl ConfigError {
    /// A value that cannot be used. `why` never repeats a secret.
    pub fn wrong(argument: &Argument, from_variable: bool, why: &str) -> Self {
        let &Argument { name, variable, .. } = argument;
        let source = match from_variable {
            true => format!("environment variable {variable} (provider argument `{name}`)"),
            false => format!("provider argument `{name}` (environment variable {variable})"),
        };
        // The CLI shows the line of the attribute that a diagnostic points at, so none points at a
        // secret.
        let is_shown = !from_variable && !argument.is_secret();
        let path: &[_] = if is_shown { &[name] } else { &[] };
        let detail = format!("The {source} cannot be used: {why}.");
        let diagnostic = at_path(path, "A provider argument cannot be used", detail);
        Self { missing: false, diagnostic }
    }

    /// Required arguments that came from nowhere.
    pub fn missing(arguments: &[&Argument], why: &str) -> Self {
        let spellings: Vec<_> =
            arguments.iter().map(|it| format!("`{}` or {}", it.name, it.variable)).collect();
        let (path, what): (&[_], _) = match arguments {
            [argument] => (&[argument.name], "it"),
            _ => (&[], "what you use"),
        };
        let detail = format!(
            "{why} Set {what} in the provider block or in the environment: {}.",
            spellings.join("; ")
        );
        let diagnostic = at_path(path, "A provider argument is missing", detail);
        Self { missing: true, diagnostic }
    }

    /// A proxy of the environment that cannot be used. `why` never repeats it: it may hold a
    /// password.
    pub fn proxy(variable: &str, why: &str) -> Self {
        let detail = format!("The environment variable {variable} cannot be used: {why}.");
        let diagnostic = general("The proxy of the environment cannot be used", detail);
        Self { missing: false, diagnostic }
    }

    /// A token and a client at once, in one source. The lines of all three arguments may have a
    /// secret in them, which the CLI would show.
    pub fn exclusive(in_environment: bool) -> Self {
        let detail = match in_environment {
            true => {
                "The environment has AEP_ACCESS_TOKEN and also AEP_CLIENT_ID or AEP_CLIENT_SECRET \
                 (`access_token`, `client_id`, `client_secret`): unset one of the two ways to \
                 authenticate."
            }
            false => {
                "The provider block has `access_token` and also `client_id` or `client_secret` \
                 (AEP_ACCESS_TOKEN, AEP_CLIENT_ID, AEP_CLIENT_SECRET): keep one of the two ways to \
                 authenticate."
            }
        };
        let diagnostic = general("Two ways to authenticate are configured", detail);
        Self { missing: false, diagnostic }
    }
}

impl From<ConfigError> for Diagnostic {
    fn from(error: ConfigError) -> Self {
        error.diagnostic
    }
}

/// A data source or an import cannot wait for a value.
pub fn unknown_arguments(doing: &str, unknown: &[&'static str]) -> Diagnostic {
    let detail = format!(
        "While {doing}: the provider {} not known before apply. Give a value that is known at \
         plan, or apply what it comes from first (`-target`).",
        are(unknown)
    );
    general("The provider is not fully configured yet", detail)
}

/// `argument `a` is`, `arguments `a`, `b` are`
pub fn are(names: &[&'static str]) -> String {
    match names {
        [name] => format!("argument `{name}` is"),
        _ => format!("arguments `{}` are", names.join("`, `")),
    }
}

/// An API error as a diagnostic: what failed, what to do, and the API's own message.
pub fn from_api(error: &api::Error, doing: &str) -> Diagnostic {
    let (summary, advice) = explain(error);
    general(summary, format!("While {doing}: {error}\n\n{advice}"))
}

/// What an API error means for a person: a static summary and what to do, whatever the operation
/// was.
pub fn explain(error: &api::Error) -> (&'static str, String) {
    match error.kind {
        Kind::Interrupted => {
            ("Terraform was interrupted", "Run the command again to go on.".to_owned())
        }
        Kind::Deadline => (
            "The operation's timeout was reached",
            "Run the command again to go on. The `timeouts` block of a resource gives it more time."
                .to_owned(),
        ),
        kind if error.at_ims => (
            "No access token from Adobe IMS",
            connection(error, IMS_ADDRESS).unwrap_or_else(|| token(kind).to_owned()),
        ),
        Kind::Unresolved | Kind::Connect | Kind::ProxyCredentials => {
            ("Adobe's API cannot be reached", connection(error, API_ADDRESS).unwrap_or_default())
        }
        Kind::Tls(_) => {
            (
                "The TLS connection to Adobe's API failed",
                connection(error, API_ADDRESS).unwrap_or_default(),
            )
        }
        _ => response(error),
    }
}

/// What gives the address of Adobe's API.
pub const API_ADDRESS: &str = "`region` or `endpoint` (AEP_REGION, AEP_ENDPOINT)";
/// What gives the address of its identity service.
pub const IMS_ADDRESS: &str = "`ims_endpoint` (AEP_IMS_ENDPOINT)";

/// What to do about a connection that did not come about, to a host whose `address` comes from
/// there.
pub fn connection(error: &api::Error, address: &str) -> Option<String> {
    Some(match (error.kind, error.proxy.as_deref()) {
        (Kind::Unresolved, Some(proxy)) => {
            format!("Check the name of the proxy, {proxy}, and the name resolution.")
        }
        (Kind::Unresolved, None) => match error.url.as_deref().and_then(unknown_region) {
            Some(region) => format!(
                "Check `region` (AEP_REGION): {region:?} is not one of the codes that Adobe's \
                 pages name, which are {}. If it is right, check the name resolution, and {}.",
                KNOWN_REGIONS.join(", "),
                way_out(error)
            ),
            None => format!("Check {address} and the name resolution, and {}.", way_out(error)),
        },
        (Kind::Connect, Some(proxy)) => match error.refusal {
            Some(Refusal::NotHttp) => format!(
                "What listens there is not an HTTP proxy: check the address, the port and the \
                 scheme of the proxy, {proxy}."
            ),
            Some(refusal) if refusal.is_final() => format!(
                "Ask whoever runs the proxy, {proxy}, to allow this host. If the host should be \
                 reached directly, add it to NO_PROXY."
            ),
            Some(Refusal::Status(_)) => format!(
                "The proxy, {proxy}, runs and has no connection to this host: check {address}, and \
                 with whoever runs the proxy whether it reaches the host. If the host should be \
                 reached directly, add it to NO_PROXY."
            ),
            None => format!(
                "Check that the proxy, {proxy}, runs and lets requests to this host through. If \
                 the host should be reached directly, add it to NO_PROXY."
            ),
        },
        (Kind::Connect, None) => {
            format!("Check the network and {address}, and {}.", way_out(error))
        }
        (Kind::ProxyCredentials, _) => {
            "Put the user name and the password into the variable that names the proxy, \
             percent-encoded: \"http://user:password@proxy.example.com:3128\". Other methods than \
             Basic are not supported."
                .to_owned()
        }
        (Kind::Tls(fault), _) => tls(fault, address),
        _ => return None,
    })
}

/// Which variable to check where a host was asked directly.
fn way_out(error: &api::Error) -> String {
    match error.excepted {
        None => "HTTPS_PROXY if only a proxy leads out of this network".to_owned(),
        Some(variable) => format!(
            "{variable}, which exempts this host from the proxy: remove it there if only the proxy \
             leads out of this network"
        ),
    }
}

/// The region of a URL that is made of one, if Adobe's pages do not name it.
fn unknown_region(url: &str) -> Option<&str> {
    let (region, _) = url.strip_prefix("https://platform-")?.split_once(".adobe.io/")?;
    (!KNOWN_REGIONS.contains(&region)).then_some(region)
}

fn tls(fault: TlsFault, address: &str) -> String {
    match fault {
        TlsFault::UnknownIssuer => {
            "The issuer of the server's certificate is not trusted. If a corporate proxy inspects \
             TLS, give its root certificate in `ca_cert_file` (AEP_CA_CERT_FILE) or in \
             SSL_CERT_FILE."
                .to_owned()
        }
        TlsFault::AuthorityAsServer => {
            "The server shows the certificate of a certificate authority as its own, which is \
             refused even if the authority is trusted. The server, or the proxy that inspects TLS, \
             needs a certificate of its own, issued by that authority."
                .to_owned()
        }
        TlsFault::WrongName => format!(
            "The certificate is for another host: check {address}, the name resolution, and any \
             proxy that responds in its place."
        ),
        TlsFault::Expired => {
            "The server's certificate has expired: whoever runs the server has to renew it. Check \
             this machine's clock, too."
                .to_owned()
        }
        TlsFault::NotYetValid => {
            "The server's certificate is not valid yet: check this machine's clock.".to_owned()
        }
        TlsFault::NothingInCommon => format!(
            "The server and the provider have no TLS version or cipher in common, or the server \
             demands a client certificate. The provider speaks TLS 1.2 and 1.3: check {address} \
             and any proxy in between."
        ),
        TlsFault::ClientCertificate => format!(
            "The server demands a client certificate, and the provider has none to give: check \
             {address} and any proxy in between."
        ),
        TlsFault::NoRoots => "Name a file or a folder with root certificates in PEM format in \
             SSL_CERT_FILE or SSL_CERT_DIR, or unset both: then those of the system count."
            .to_owned(),
        TlsFault::NotTls => format!(
            "Something that does not speak TLS listens there: check {address}, its port and \
             scheme, and the scheme of the proxy."
        ),
        TlsFault::Other => {
            format!("Check {address} and any proxy in between; the message above says what failed.")
        }
    }
}

/// What to do about a response of the identity service that is no token.
fn token(kind: Kind) -> &'static str {
    match kind {
        Kind::Token => {
            "Check `client_id` and `client_secret` (AEP_CLIENT_ID, AEP_CLIENT_SECRET), that the \
             OAuth server-to-server credential still exists in the Adobe Developer Console and has \
             the scopes asked for (`scopes`)."
        }
        _ => {
            "Adobe's identity service gave no usable response. Check `ims_endpoint` \
             (AEP_IMS_ENDPOINT), the network and the proxy, and run the command again later."
        }
    }
}

const NOTHING_THERE: &str = "Adobe has nothing at this address";

/// What to do about a response of the API, or about one that did not arrive whole.
fn response(error: &api::Error) -> (&'static str, String) {
    let (summary, advice) = match (error.kind, error.error_code.as_deref()) {
        (Kind::Unauthorized, _) if error.fetched_token => (
            "Adobe does not accept the access token",
            "The token was made with `client_id` and `client_secret` (AEP_CLIENT_ID, \
             AEP_CLIENT_SECRET), and so was a new one: check that `ims_endpoint` \
             (AEP_IMS_ENDPOINT) belongs to the same environment as the API, and that the \
             credential has the Experience Platform API and its scopes (`scopes`).",
        ),
        (Kind::Unauthorized, _) => (
            "Adobe does not accept the access token",
            "Create a new one (`access_token`, AEP_ACCESS_TOKEN), or give `client_id` and \
             `client_secret` instead, so that the provider renews it by itself.",
        ),
        (Kind::Forbidden, Some("403000" | "403003")) => (
            "Adobe does not accept the API key",
            "Leave `api_key` (AEP_API_KEY) out: the customer-managed key API takes the static key \
             \"acp_provisioning\", not the credential's client id.",
        ),
        (Kind::Forbidden, Some("403010")) => (
            "The access token did not reach Adobe",
            "Something between this machine and Adobe dropped the Authorization header: check the \
             proxy, and `endpoint` (AEP_ENDPOINT).",
        ),
        (Kind::Forbidden, Some("403025")) => (
            "The credential is not entitled for this organisation",
            "Check that `org_id` (AEP_ORG_ID) is the organisation in which the credential was \
             made, and that the credential has an Experience Platform product profile there.",
        ),
        (Kind::Forbidden, Some("403027")) => (
            "Adobe finds no region for this organisation",
            "Either `org_id` (AEP_ORG_ID) is wrong, or the credential has no Experience Platform \
             product profile in that organisation: add one in the Adobe Admin Console.",
        ),
        (Kind::Forbidden, _) => (
            "The credential may not manage customer-managed keys",
            "Add the API credential to a role with the permission \"Manage Customer Managed Key\" \
             (Experience Platform: Permissions, Roles), and check that the organisation is \
             licensed for it (Healthcare Shield, or Privacy and Security Shield).",
        ),
        (Kind::NotFound, _) if error.is_of_configuration() => (
            NOTHING_THERE,
            "Check `region` or `endpoint` (AEP_REGION, AEP_ENDPOINT), and any proxy in between: \
             this is not the response of the customer-managed key API for a configuration that \
             does not exist.",
        ),
        (Kind::NotFound, _) => (
            NOTHING_THERE,
            "Check `region` or `endpoint` (AEP_REGION, AEP_ENDPOINT), and any proxy in between. If \
             they are right, give the x-request-id to Adobe support.",
        ),
        (Kind::Conflict, _) => (
            "Adobe says that the name is in use",
            "A name remains reserved at Adobe, even by a configuration that failed: choose another \
             `name`. Nothing was changed.",
        ),
        (Kind::BadRequest, _) if !error.has_message() => (
            "Adobe refused the request",
            "Adobe gave no readable reason; what is known stands above. Nothing was changed. Give \
             the x-request-id, or the time where there is none, to Adobe support.",
        ),
        (Kind::BadRequest, _) => (
            "Adobe refused the request",
            "Adobe's message above says what it rejected. Nothing was changed. Fix it and run the \
             command again.",
        ),
        (Kind::Throttled, _) => {
            let pause = match error.retry_after.filter(|pause| !pause.is_zero()) {
                Some(pause) => format!(
                    "Adobe asks clients to wait {}. Run the command again after that",
                    humanize(pause)
                ),
                None => "Wait some minutes and run the command again".to_owned(),
            };
            return (
                "Adobe is throttling requests",
                format!(
                    "{pause}; nothing is lost. `max_retries` (AEP_MAX_RETRIES) says how often the \
                     provider itself tries again."
                ),
            );
        }
        (Kind::Unavailable, _) => (
            "Adobe's API is not available",
            "Run the command again later. If this persists, give the x-request-id to Adobe \
             support.",
        ),
        (Kind::Timeout, _) => (
            "Adobe did not respond in time",
            "Check the network and the proxy, or raise `request_timeout` (AEP_REQUEST_TIMEOUT); \
             then run the command again.",
        ),
        (Kind::ConnectionLost, _) => (
            "The response of Adobe's API was cut off",
            "Check the network and the proxy, then run the command again.",
        ),
        (Kind::Redirect, _) => (
            "Adobe's API responded with a redirect",
            "Redirects are not followed, as the credentials would go with them: check `endpoint` \
             (AEP_ENDPOINT) and any proxy that asks people to log in.",
        ),
        (Kind::Malformed, _) => (
            "Unexpected response from Adobe's API",
            "Something other than Adobe's API may have responded, or changed the response on its \
             way: check `endpoint` (AEP_ENDPOINT) and the proxy.",
        ),
        (Kind::Setup, _) => (
            "The HTTP client cannot be set up",
            "Give `ca_cert_file` (AEP_CA_CERT_FILE) a file with root certificates in PEM format; a \
             relative path is resolved from the folder that Terraform runs in.",
        ),
        _ if !error.has_message() => (
            "Adobe's API responded with an error",
            "Adobe gave no readable reason; what is known stands above. Give the x-request-id, or \
             the time where there is none, to Adobe support.",
        ),
        _ => (
            "Adobe's API responded with an error",
            "Adobe's message above says what is wrong. If it does not help, give the x-request-id \
             to Adobe support.",
        ),
    };
    (summary, advice.to_owned())
}

#[cfg(test)]
mod tests {
    use super::unknown_region;

    #[test]
    fn a_mistyped_region_is_seen_in_the_host() {
        for (url, expected) in [
            ("https://platform-nld.adobe.io/data/x", Some("nld")),
            ("https://platform-nld2.adobe.io/data/x", None),
            ("https://platform.adobe.io/data/x", None),
            ("https://platform-nld.example.com/data/x", None),
        ] {
            assert_eq!(unknown_region(url), expected, "{url}");
        }
    }
}
