//! The checks of the settings, the network, Adobe and the key, with the provider's own client and
//! messages.

use std::path::Path;

use tf_provider::Diagnostic;
use url::Url;

use super::command_line::Options;
use super::report::{Finding, Outcome};
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

/// The option that the checks of key and vault wait for.
pub const KEY: &str = "--key KEY_IDENTIFIER";

/// The provider's settings, and its client.
#[allow(missing_docs)]
pub struct Setup {
    pub settings: Settings,
    client: Client,
}

/// Whether the settings are complete and valid.
pub fn settings(options: &Options, environment: Environment<'_>) -> (Finding, Option<Setup>) {
    const NEXT: &str = "Options and the environment count here, not the provider block: `org_id` \
        is `--org-id`. Secrets come from the environment only.";
    let user_agent = config::user_agent("doctor", environment);
    let (settings, mut wrong) = match config::resolve(&options.provider, environment, user_agent) {
        Ok(Resolved::Ready(settings)) => (Some(settings), Vec::new()),
        // Options are known.
        Ok(Resolved::Deferred(deferred)) => (None, vec![deferred.unknown.join(", ")]),
        Err(found) => (None, found.into_iter().map(|it| detail(it.diagnostic)).collect()),
    };
    if let Some(Err(error)) = options.tenant.as_deref().map(check_tenant_id) {
        wrong.push(format!("`--tenant` cannot be used: {error}"));
    }
    let Some(settings) = settings.filter(|_| wrong.is_empty()).map(|settings| *settings) else {
        return (Finding::new(Outcome::Wrong, wrong.join("\n"), NEXT), None);
    };
    let client = match Client::new(settings.clone()) {
        Ok(client) => client,
        Err(error) => return (failed(&error), None),
    };
    let credentials = match &settings.credentials {
        Credentials::Token(_) => "a given access token".to_owned(),
        Credentials::ClientSecret { client_id, .. } => format!("client {client_id}"),
    };
    let message =
        format!("Organisation {}, endpoint {}, {credentials}.", settings.org_id, settings.endpoint);
    (Finding::ok(message), Some(Setup { settings, client }))
}

/// What a diagnostic says under its summary.
pub fn detail(diagnostic: Diagnostic) -> String {
    diagnostic.detail.into_owned()
}

/// Whether Adobe's two hosts respond.
pub async fn network(Setup { settings, .. }: &Setup) -> Finding {
    let mut hosts = vec![(&settings.endpoint, &settings.route, API_ADDRESS)];
    if let Credentials::ClientSecret { ims_endpoint, .. } = &settings.credentials {
        hosts.push((ims_endpoint, &settings.ims_route, IMS_ADDRESS));
    }
    let (mut reached, mut failed, mut next) = (Vec::new(), Vec::new(), None);
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
        None => Finding::ok(format!("Reached {}. {roots}", reached.join(" and "))),
        Some(next) => Finding::new(Outcome::Wrong, format!("{}\n{roots}", failed.join("\n")), next),
    }
}

/// A host, and how it is asked.
fn way(url: &Url, route: &Route) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    match route {
        Route::Proxy(proxy) => format!("{host}{port} (through the proxy {proxy})"),
        Route::Excepted(variable) => format!("{host}{port} (no proxy, because of {variable})"),
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
    let file = settings.ca_cert_file.as_deref().map(Path::display);
    let file = file.map(|file| format!("; {file}")).unwrap_or_default();
    format!("Trusted roots: {roots}{file}.")
}

/// The token, and the app registration, which is the first that a token is shown to: what it says
/// of the token counts there.
pub async fn adobe(Setup { client, .. }: &Setup) -> (Finding, Finding, Option<AppRegistration>) {
    let facts = match client.token(&limits(READ_TIMEOUT)).await {
        Ok(facts) => facts,
        Err(error) => return (failed(&error), Finding::after("token"), None),
    };
    let token = match (facts.fetched, facts.left) {
        (true, None) => "Fetched.".to_owned(),
        (true, Some(left)) => format!("Fetched; it is used for another {}.", humanize(left)),
        (false, None) => "Given; it does not show when it expires.".to_owned(),
        (false, Some(left)) if left.is_zero() => {
            "Given; by the clock of this machine it has expired.".to_owned()
        }
        (false, Some(left)) => format!("Given; it is valid for another {}.", humanize(left)),
    };
    let error = match client.app_registration(&limits(READ_TIMEOUT)).await {
        Err(error) => error,
        Ok(app) => {
            let message = format!("Adobe's app is {} ({}).", app.name, app.application_id);
            return (Finding::ok(token), Finding::ok(message), Some(app));
        }
    };
    let mut finding = failed(&error);
    if is_of_token(&error) {
        finding.message = format!("{}\n{token}", finding.message);
        return (finding, Finding::after("token"), None);
    }
    let token = match facts.fetched || !error.is_transient() {
        true => Finding::ok(token),
        false => {
            let message = format!("{token} Adobe did not say whether it accepts it.");
            Finding::new(Outcome::Unknown, message, "Run this again.")
        }
    };
    (token, finding, None)
}

/// Whether a response is about the token, and not about what was requested. 403010 is what the
/// gateway says where none arrived (Adobe's "Troubleshooting").
fn is_of_token(error: &api::Error) -> bool {
    error.at_ims
        || error.kind == Kind::Unauthorized
        || error.kind == Kind::Forbidden && error.error_code.as_deref() == Some("403010")
}

/// A request that failed: what may pass does not say what is wrong.
fn failed(error: &api::Error) -> Finding {
    let (summary, advice) = explain(error);
    let result = if error.is_transient() { Outcome::Unknown } else { Outcome::Wrong };
    Finding::new(result, format!("{summary}: {error}"), advice)
}

/// Whether the key identifier is one.
pub fn key(text: Option<&str>) -> (Finding, Option<KeyIdentifier>) {
    let Some(text) = text else { return (Finding::not_asked(KEY), None) };
    let key = match KeyIdentifier::parse(text) {
        Ok(key) => key,
        Err(error) => {
            let next =
                "Give `--key` the URL of the key, https://<vault>.vault.azure.net/keys/<key>.";
            return (Finding::new(Outcome::Wrong, error.to_string(), next), None);
        }
    };
    let vault = if key.is_managed_hsm() { "Managed HSM" } else { "key vault" };
    let version = match key.key_version() {
        Some(_) => {
            " Its version does not count: according to Adobe's pages only vault and key name are \
             stored."
        }
        None => "",
    };
    let message =
        format!("The key {} in the {vault} {}.{version}", key.key_name(), key.vault_name());
    (Finding::ok(message), Some(key))
}

/// Whether the name is free, and what it means if it is not; the status with it. `wanted` is the
/// key, and as it was given.
pub async fn configuration(
    Setup { client, .. }: &Setup,
    name: &str,
    wanted: Option<(&KeyIdentifier, &str)>,
) -> (Finding, Option<String>) {
    if let Err(diagnostic) = check_name(name) {
        let next = "Give `--name` the name of the configuration.";
        return (Finding::new(Outcome::Wrong, detail(diagnostic), next), None);
    }
    let seen = match client.look_up(name, &limits(READ_TIMEOUT)).await {
        Ok(Some(found)) => Seen::read(found),
        Ok(None) => {
            let message =
                format!("The name {name:?} is free in the organisation {}.", client.org_id());
            return (Finding::ok(message), None);
        }
        Err(error) => return (failed(&error), None),
    };
    let status = seen.status.to_string();
    let details = seen.details.as_ref();
    let key = match details {
        Some(details) => format!("the key {}", details.key_text),
        None => "a key that its response does not show".to_owned(),
    };
    let about = format!("{name:?} (id {}) has {key} and the status {}.", seen.id, meaning(&status));
    let claim = Claim::Create { adopts: true, may_rekey: false };
    // Without a key to compare with, one takes it for one's own.
    let verdict = verdict(Some(&seen), wanted.map(|(key, _)| key), claim, Moment::Before);
    let finding = match (verdict, wanted) {
        (Err(obstacle), Some((_, text))) => {
            let result = match obstacle.why {
                Why::KeyUnknown => Outcome::Unknown,
                Why::Taken | Why::KeyChanged | Why::NotAdopted => Outcome::Wrong,
            };
            let Diagnostic { summary, detail, .. } = messages::obstacle(&obstacle, name, text);
            Finding::new(result, format!("{summary}."), detail)
        }
        (Ok(_), Some(_)) if seen.status.is_failed() => {
            let next = "Adobe gives no reason. Go through the list of `azure` below and fix what \
                differs, then run `terraform apply`: it submits the configuration again.";
            Finding::new(Outcome::Wrong, about, next)
        }
        (Ok(_), Some(_)) => {
            Finding::ok(format!("{about} It is the key of `--key`: Terraform adopts it."))
        }
        (_, None) if seen.status.is_failed() => {
            let next = format!(
                "Adobe gives no reason. Run this again with `--key {}` for the list of what to \
                 check.",
                details.map_or("KEY_IDENTIFIER".to_owned(), |it| it.key.versionless())
            );
            Finding::new(Outcome::Wrong, about, next)
        }
        (_, None) => Finding::ok(format!("{about} Give `--key` to have the key compared.")),
    };
    (finding, Some(status))
}

/// The status with what it means, where that is known.
fn meaning(status: &str) -> String {
    match STATUSES.iter().find(|(known, _)| known.eq_ignore_ascii_case(status)) {
        Some((_, meaning)) => format!("{status} ({meaning})"),
        None => status.to_owned(),
    }
}
