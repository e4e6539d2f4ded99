//! The checks of the settings, the network, Adobe and the key, with the provider's own client and
//! messages.

use std::path::Path;

use tf_provider::Diagnostic;
use url::Url;

use super::command_line::Options;
use super::report::{Check, Outcome};
use crate::api::{self, AppRegistration, Client, Credentials, Kind, Route, Settings};
use crate::key_identifier::KeyIdentifier;
use crate::provider::arguments::Environment;
use crate::provider::cmk_app::consent_url::check_tenant_id;
use crate::provider::cmk_config::{
    Claim, Moment, STATUSES, Seen, Why, check_name, messages, verdict,
};
use crate::provider::config::{self, Resolved};
use crate::provider::connection::limits;
use crate::provider::diagnostics::{API_ADDRESS, IMS_ADDRESS, connection, explain};
use crate::provider::duration::{READ_TIMEOUT, humanize};
use crate::provider::proxy::Proxies;

/// What the settings come to.
pub struct Setup {
    /// The provider's settings.
    pub settings: Settings,
    /// The provider's client.
    pub client: Client,
    /// The proxies of the environment.
    pub proxies: Proxies,
}

/// Whether the settings are complete and valid.
pub fn settings(options: &Options, environment: Environment<'_>) -> Result<(Check, Setup), Check> {
    const ID: &str = "settings";
    const NEXT: &str = "Options and the environment count here, not the provider block: `org_id` \
        is `--org-id`. Secrets come from the environment only.";
    let user_agent = config::user_agent("doctor", environment);
    let mut errors = Vec::new();
    let settings = match config::resolve(&options.provider, environment, user_agent) {
        Ok(Resolved::Ready(settings)) => Some(*settings),
        // Options are known.
        Ok(Resolved::Deferred(deferred)) => {
            errors.extend(deferred.unknown.into_iter().map(str::to_owned));
            None
        }
        Err(found) => {
            errors.extend(found.into_iter().map(|error| error.diagnostic.detail.into_owned()));
            None
        }
    };
    if let Some(Err(error)) = options.tenant.as_deref().map(check_tenant_id) {
        errors.push(format!("`--tenant` cannot be used: {error}"));
    }
    let (Some(settings), true, Ok(proxies)) =
        (settings, errors.is_empty(), Proxies::read(environment))
    else {
        return Err(Check::new(ID, Outcome::Wrong, errors.join("\n"), NEXT));
    };
    let client = Client::new(settings.clone()).map_err(|error| {
        let (summary, advice) = explain(&error);
        Check::new(ID, Outcome::Wrong, format!("{summary}: {error}"), advice)
    })?;
    let credentials = match &settings.credentials {
        Credentials::Token(_) => "a given access token".to_owned(),
        Credentials::ClientSecret { client_id, .. } => format!("client {client_id}"),
    };
    let message =
        format!("Organisation {}, endpoint {}, {credentials}.", settings.org_id, settings.endpoint);
    Ok((Check::ok(ID, message), Setup { settings, client, proxies }))
}

/// Whether Adobe's two hosts respond.
pub async fn network(setup: &Setup) -> Check {
    let Setup { settings, .. } = setup;
    let mut hosts = vec![(&settings.endpoint, &settings.route, API_ADDRESS)];
    if let Credentials::ClientSecret { ims_endpoint, .. } = &settings.credentials {
        hosts.push((ims_endpoint, &settings.ims_route, IMS_ADDRESS));
    }
    let mut reached = Vec::new();
    let mut failed = Vec::new();
    let mut next = None;
    for (url, route, address) in hosts {
        match api::reach(url, route, settings, &limits(READ_TIMEOUT)).await {
            Ok(_) => reached.push(way(url, route)),
            Err(error) => {
                next = next.or_else(|| connection(&error, address)).or(Some(explain(&error).1));
                failed.push(error.to_string());
            }
        }
    }
    let roots = roots(settings);
    match next {
        None => Check::ok("network", format!("Reached {}. {roots}", reached.join(" and "))),
        Some(next) => {
            let message = format!("{}\n{roots}", failed.join("\n"));
            Check::new("network", Outcome::Wrong, message, next)
        }
    }
}

/// A host, and how it is asked.
fn way(url: &Url, route: &Route) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    match route {
        Route::Proxy(proxy) => format!("{host}{port} (through the proxy {proxy})"),
        Route::Excepted(variable) => format!("{host}{port} (no proxy, by {variable})"),
        Route::Direct => format!("{host}{port} (no proxy)"),
    }
}

fn roots(settings: &Settings) -> String {
    let sources = &settings.root_sources;
    let roots = match (sources.are_named(), sources.are_built_in()) {
        (true, _) => "SSL_CERT_FILE and SSL_CERT_DIR",
        (false, true) => "built-in ones, as the platform has none",
        (false, false) => "the platform's",
    };
    match settings.ca_cert_file.as_deref().map(Path::display) {
        Some(file) => format!("Trusted roots: {roots}; {file}."),
        None => format!("Trusted roots: {roots}."),
    }
}

/// The token, and the app registration, which is the first that a token is shown to: what it says
/// of the token counts there.
pub async fn adobe(setup: &Setup) -> (Check, Check, Option<AppRegistration>) {
    let facts = match setup.client.token(&limits(READ_TIMEOUT)).await {
        Ok(facts) => facts,
        Err(error) => return (failed("token", &error), Check::after("application", "token"), None),
    };
    let left = facts.left.map(humanize);
    let token = match (facts.minted, left) {
        (true, Some(left)) => format!("Minted, and used for another {left}."),
        (true, None) => "Minted.".to_owned(),
        (false, _) if facts.left.is_some_and(|left| left.is_zero()) => {
            "Given; by the clock of this machine its time is over.".to_owned()
        }
        (false, Some(left)) => format!("Given, and good for another {left}."),
        (false, None) => "Given; it does not show when it ends.".to_owned(),
    };
    match setup.client.app_registration(&limits(READ_TIMEOUT)).await {
        Ok(app) => {
            let message = format!("Adobe's app is {} ({}).", app.name, app.application_id);
            (Check::ok("token", token), Check::ok("application", message), Some(app))
        }
        Err(error) if is_of_token(&error) => {
            let mut check = failed("token", &error);
            check.adds(&token);
            (check, Check::after("application", "token"), None)
        }
        Err(error) => {
            let check = match facts.minted || !error.is_transient() {
                true => Check::ok("token", token),
                false => Check::new(
                    "token",
                    Outcome::Unknown,
                    format!("{token} Adobe did not say whether it accepts it."),
                    "Run this again.",
                ),
            };
            (check, failed("application", &error), None)
        }
    }
}

/// Whether a response is about the token, and not about what was requested. 403010 is what the
/// gateway says where none arrived (Adobe's "Troubleshooting").
fn is_of_token(error: &api::Error) -> bool {
    error.is_token()
        || error.kind() == Kind::Unauthorized
        || error.kind() == Kind::Forbidden && error.error_code() == Some("403010")
}

/// A request that failed: what may pass does not say what is wrong.
fn failed(id: &'static str, error: &api::Error) -> Check {
    let (summary, advice) = explain(error);
    let result = if error.is_transient() { Outcome::Unknown } else { Outcome::Wrong };
    Check::new(id, result, format!("{summary}: {error}"), advice)
}

/// Whether the key identifier is one.
pub fn key(text: Option<&str>) -> (Check, Option<KeyIdentifier>) {
    let Some(text) = text else {
        return (Check::not_asked("key", "--key KEY_IDENTIFIER"), None);
    };
    match KeyIdentifier::parse(text) {
        Ok(key) => {
            let vault = if key.is_managed_hsm() { "Managed HSM" } else { "key vault" };
            let version = match key.key_version() {
                Some(_) => {
                    " Its version does not count: according to Adobe's pages only vault and key \
                     name are stored."
                }
                None => "",
            };
            let message =
                format!("The key {} in the {vault} {}.{version}", key.key_name(), key.vault_name());
            (Check::ok("key", message), Some(key))
        }
        Err(error) => {
            let next =
                "Give `--key` the URL of the key, https://<vault>.vault.azure.net/keys/<key>.";
            (Check::new("key", Outcome::Wrong, error.to_string(), next), None)
        }
    }
}

/// Whether the name is free, and what it means if it is not; the status with it.
pub async fn configuration(
    setup: &Setup,
    options: &Options,
    key: Option<&KeyIdentifier>,
) -> (Check, Option<String>) {
    const ID: &str = "configuration";
    let name = options.name.as_deref().unwrap_or_default();
    if let Err(diagnostic) = check_name(name) {
        let next = "Give `--name` the name of the configuration.";
        return (Check::new(ID, Outcome::Wrong, diagnostic.detail, next), None);
    }
    let found = match setup.client.look_up(name, &limits(READ_TIMEOUT)).await {
        Ok(found) => found.map(Seen::read),
        Err(error) => return (failed(ID, &error), None),
    };
    let Some(seen) = found else {
        let message =
            format!("The name {name:?} is free in the organisation {}.", setup.client.org_id());
        return (Check::ok(ID, message), None);
    };
    let status = seen.status.to_string();
    let about = format!(
        "{name:?} (id {}) has the key {} and the status {}.",
        seen.id,
        seen.details.as_ref().map_or("that its response does not tell", |it| &it.key_text),
        meaning(&status),
    );
    let claim = Claim::Create { adopts: true, may_rekey: false };
    // Without a key to compare with, one takes it for one's own.
    let check = match (verdict(Some(&seen), key, claim, Moment::Before), key) {
        (Err(obstacle), Some(_)) => {
            let result = match obstacle.why {
                Why::KeyUnknown => Outcome::Unknown,
                Why::Taken | Why::KeyChanged | Why::NotAdopted => Outcome::Wrong,
            };
            let wanted = options.key.as_deref().unwrap_or_default();
            let Diagnostic { summary, detail, .. } = messages::obstacle(&obstacle, name, wanted);
            Check::new(ID, result, format!("{summary}."), detail)
        }
        (_, Some(_)) if seen.status.is_failed() => {
            let next = "Adobe gives no reason. Go through the list of `azure` below and fix what \
                differs, then run `terraform apply`: it submits the configuration again.";
            Check::new(ID, Outcome::Wrong, about, next)
        }
        (_, None) if seen.status.is_failed() => {
            let details = seen.details.as_ref();
            let next = format!(
                "Adobe gives no reason. Run this again with `--key {}` for the list of what to \
                 check.",
                details.map_or("KEY_IDENTIFIER".to_owned(), |it| it.key.versionless())
            );
            Check::new(ID, Outcome::Wrong, about, next)
        }
        (_, None) => {
            Check::ok(ID, format!("{about} Give the right `--key` to have the key compared."))
        }
        (Ok(_), Some(_)) => {
            Check::ok(ID, format!("{about} It is the key of `--key`: Terraform adopts it."))
        }
    };
    (check, Some(status))
}

/// The status with what it means, where that is known.
fn meaning(status: &str) -> String {
    match STATUSES.iter().find(|(known, _)| known.eq_ignore_ascii_case(status)) {
        Some((_, meaning)) => format!("{status} ({meaning})"),
        None => status.to_owned(),
    }
}
