//! The three calls of the customer-managed keys API, in the shapes of Adobe's samples, traps
//! included. Adobe Experience League, "Set up and configure Customer Managed Keys for Azure using
//! the API" ("the API page" below).

use hyper::HeaderMap;
use hyper::http::request::Parts;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::faults::{Route, Target};
use super::gateway::{admit, has_type};
use super::lifecycle::{Configuration, Submission};
use super::oauth;
use super::options::{Echo, Options, UnknownName};
use super::replies::Reply;
use super::world::World;

const APP: &str = "/data/infrastructure/manager/byok/app-registration";
const CONFIG: &str = "/data/infrastructure/manager/customer/config";

/// The API page's sample. The name in the responses is derived from it there: its first eight
/// digits are in the middle.
const SUBSCRIPTION_ID: &str = "cf978863-7325-47b1-8fd9-554b9fdb6c36";
const APPLICATION_NAME: &str = "acpcf978863Aaepcmkmultitenantapp";

/// What the simulated API and token endpoint respond with. `target` is [`target`] of the same
/// request.
pub(super) fn reply(world: &mut World, target: &Target, parts: &Parts, body: &[u8]) -> Reply {
    let (headers, query) = (&parts.headers, parts.uri.query().unwrap_or_default());
    let is_escaped = parts.uri.path().to_ascii_lowercase().contains("%2f");
    if is_escaped && !world.options.takes_slashes {
        return Reply::html(400);
    }
    let reply = match target.route {
        Some(Route::App) => app_registration(world, headers),
        Some(Route::Submit) => submit(world, headers, body),
        Some(Route::Status) => {
            status(world, headers, target.name.as_deref().unwrap_or_default(), query)
        }
        Some(Route::Token) => oauth::token(world, query, headers, body),
        Some(Route::Any) | None if world.options.wrong_path_of_service => Err(Reply::not_found()),
        Some(Route::Any) | None => Err(Reply::no_such_path()),
    };
    reply.unwrap_or_else(|refusal| refusal)
}

/// What a request is aimed at, for faults and counters.
pub(super) fn target(method: &str, path: &str, body: &[u8]) -> Target {
    let of = |route, name| Target { route: Some(route), name };
    let segment = path.strip_prefix(CONFIG).and_then(|rest| rest.strip_prefix('/'));
    match (method, path, segment) {
        ("GET", APP, _) => of(Route::App, None),
        ("POST", CONFIG, _) => {
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            of(Route::Submit, body.get("name").and_then(Value::as_str).map(Into::into))
        }
        ("GET", _, Some(name)) if !name.is_empty() && !name.contains('/') => {
            of(Route::Status, decoded(name))
        }
        ("POST", oauth::PATH, _) => of(Route::Token, None),
        _ => Target { route: None, name: None },
    }
}

/// One path segment, unescaped once. A form's rules would do, were it not for `+`, which is itself
/// in a path.
fn decoded(segment: &str) -> Option<String> {
    let form = format!("n={}", segment.replace('+', "%2B").replace('&', "%26"));
    form_urlencoded::parse(form.as_bytes()).next().map(|(_, value)| value.into_owned())
}

fn app_registration(world: &World, headers: &HeaderMap) -> Result<Reply, Reply> {
    admit(world, headers)?;
    let body = json!({
        "id": "byok",
        "name": "acpebae9422Caepcmkmultitenantapp",
        "applicationUri": "https://adobe.com/acpebae9422Caepcmkmultitenantapp",
        "applicationId": "e463a445-c6ac-4ca2-b36a-b5146fcf6a52",
        "applicationRedirectUrl": "https://login.microsoftonline.com/common/oauth2/authorize?response_type=code\
            &client_id=e463a445-c6ac-4ca2-b36a-b5146fcf6a52\
            &redirect_uri=https://adobe.com/acpebae9422Caepcmkmultitenantapp&scope=user.read",
    });
    Ok(Reply::json(200, &body))
}

fn submit(world: &mut World, headers: &HeaderMap, body: &[u8]) -> Result<Reply, Reply> {
    let org = admit(world, headers)?;
    let (name, key) = read_submission(headers, body, &org)?;
    let now = world.now();
    let World { options, register, counters, .. } = world;
    let (configuration, outer, status) = match register.submit(options, now, &name, &key)? {
        Submission::Accepted(configuration) => {
            counters.submissions_accepted += 1;
            // The API page, sample of the POST's response: CREATED outside, NEW inside.
            (configuration, "CREATED".to_owned(), options.accepted_status)
        }
        Submission::Existing(configuration) => {
            let status = configuration.status.clone();
            (configuration, status, 200)
        }
    };
    let config = json!({
        "configData": config_data(&configuration, options),
        "name": APPLICATION_NAME,
        "type": "BYOK_CONFIG",
        "imsOrgId": options.echoed_org_id.as_ref().unwrap_or(&org),
        "status": configuration.status,
    });
    Ok(Reply::json(status, &json!({"id": configuration.id, "config": config, "status": outer})))
}

fn status(world: &World, headers: &HeaderMap, name: &str, query: &str) -> Result<Reply, Reply> {
    let org = admit(world, headers)?;
    let config_type = form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == "configType")
        .map(|(_, value)| value);
    match config_type.as_deref() {
        Some("BYOK_CONFIG") => {}
        Some(_) => return Err(Reply::bad_request("configType has to be BYOK_CONFIG.")),
        None => {
            return Err(Reply::bad_request(
                "Required request parameter 'configType' is not present.",
            ));
        }
    }
    let Some(configuration) = world.register.get(&world.options, world.now(), name) else {
        return Err(unknown_name(world.options.unknown_name));
    };
    let body = json!({
        "name": APPLICATION_NAME,
        "type": "BYOK_CONFIG",
        "status": configuration.status,
        "configData": config_data(&configuration, &world.options),
        "imsOrgId": world.options.echoed_org_id.as_ref().unwrap_or(&org),
        "subscriptionId": SUBSCRIPTION_ID,
        "id": configuration.id,
        "rowType": "BYOK_KEY",
    });
    Ok(Reply::json(200, &body))
}

/// The POST's body, as (name, key identifier).
fn read_submission(headers: &HeaderMap, body: &[u8], org: &str) -> Result<(String, String), Reply> {
    if !has_type(headers, "application/json") {
        return Err(Reply::bad_request("Content-Type has to be application/json."));
    }
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |pointer| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (name, key) = (text("/name"), text("/configData/keyVaultKeyIdentifier"));
    let mistake = if name.is_empty() {
        "name is missing."
    } else if text("/type") != "BYOK_CONFIG" {
        "type has to be BYOK_CONFIG."
    } else if text("/imsOrgId") != org {
        "imsOrgId differs from the header x-gw-ims-org-id."
    } else if text("/configData/providerType") != "AZURE_KEYVAULT" {
        "providerType has to be AZURE_KEYVAULT."
    } else if split(key).is_none() {
        "keyVaultKeyIdentifier is not the URL of a key."
    } else {
        return Ok((name.to_owned(), key.to_owned()));
    };
    Err(Reply::bad_request(mistake))
}

/// The responses' `configData`. `keyName` is the configuration's name, as in the API page's
/// samples, and the version comes back although the page says that it is not stored.
fn config_data(configuration: &Configuration, options: &Options) -> Value {
    let identifier = echoed(&configuration.key_identifier, options.echo);
    let (vault, version) = split(&identifier).unwrap_or_default();
    let mut data = json!({
        "keyVaultUri": vault,
        "keyVaultKeyIdentifier": identifier,
        "keyName": configuration.name,
        "providerType": "AZURE_KEYVAULT",
    });
    let version = version.or(options.empty_version.then_some(""));
    if let (Some(version), Some(data)) = (version, data.as_object_mut()) {
        data.insert("keyVersion".into(), version.into());
    }
    data
}

fn echoed(identifier: &str, echo: Echo) -> String {
    let whole = identifier.to_owned();
    match (echo, split(identifier)) {
        (Echo::Versionless, Some((_, Some(version)))) => {
            whole.trim_end_matches('/').trim_end_matches(version).trim_end_matches('/').to_owned()
        }
        (Echo::Normalized, Some((vault, _))) => {
            whole.replacen(vault, &format!("{vault}:443"), 1).to_lowercase()
        }
        _ => whole,
    }
}

/// A key's URL as (vault, version): `https://<host>/keys/<name>[/<version>]`. How strict Adobe is beyond that is not documented.
fn split(identifier: &str) -> Option<(&str, Option<&str>)> {
    let (host, path) = identifier.strip_prefix("https://")?.split_once('/')?;
    let path = path.strip_prefix("keys/")?.trim_end_matches('/');
    let (name, version) =
        path.split_once('/').map_or((path, None), |(name, version)| (name, Some(version)));
    let whole = !host.is_empty()
        && !name.is_empty()
        && !version.is_some_and(|version| version.contains('/'));
    whole.then_some((identifier.get(.."https://".len() + host.len())?, version))
}

fn unknown_name(policy: UnknownName) -> Reply {
    match policy {
        UnknownName::NotFound => Reply::not_found(),
        UnknownName::GatewayNotFound => Reply::no_such_path(),
        UnknownName::NoContent => Reply::empty(204),
        UnknownName::Empty => Reply::empty(200),
        UnknownName::Null => Reply::json(200, &Value::Null),
        UnknownName::BadRequest => Reply::bad_request("The customer configuration does not exist."),
    }
}
