//! The token endpoint of Adobe's identity service: `POST /ims/token/v3`, client credentials only.
//! Adobe Developer Console, "Server-to-server authentication"; JWT credentials are at their end of
//! life and not simulated.

use hyper::HeaderMap;
use serde_json::json;
use url::form_urlencoded;

use super::gateway::has_type;
use super::replies::Reply;
use super::world::World;

/// The path, on the same port as the API.
pub(super) const PATH: &str = "/ims/token/v3";

/// Mints a token, or says what is wrong with the request.
pub(super) fn token(
    world: &mut World,
    query: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Reply, Reply> {
    let refusal = |error, description| Err(Reply::ims(400, error, description));
    // Adobe's page asks for the body, because a query may be logged on the way. The real service
    // may be laxer.
    let secret = ["client_id", "client_secret", "grant_type", "scope"];
    if form_urlencoded::parse(query.as_bytes()).any(|(key, _)| secret.contains(&key.as_ref())) {
        return refusal("invalid_request", "credentials belong into the body, not the query");
    }
    if !has_type(headers, "application/x-www-form-urlencoded") {
        let mistake = "content-type has to be application/x-www-form-urlencoded";
        return refusal("invalid_request", mistake);
    }
    let field = |name: &str| {
        form_urlencoded::parse(body)
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    match field("grant_type").as_str() {
        "client_credentials" => {}
        "" => return refusal("invalid_request", "missing grant_type parameter"),
        _ => return refusal("unsupported_grant_type", "only client_credentials is supported"),
    }
    let (id, given) = (field("client_id"), field("client_secret"));
    match world.options.clients.iter().find(|(client, _)| *client == id) {
        None => return refusal("invalid_client", "invalid client_id parameter"),
        Some((_, secret)) if *secret != given => {
            return refusal("invalid_client", "invalid client_secret parameter");
        }
        Some(_) => {}
    }
    if field("scope").split(',').all(|scope| scope.trim().is_empty()) {
        return refusal("invalid_scope", "missing scope parameter");
    }
    let token = world.mint();
    let seconds = world.options.token_lifetime.as_secs();
    let body = json!({"access_token": token, "token_type": "bearer", "expires_in": seconds});
    Ok(Reply::json(200, &body))
}
