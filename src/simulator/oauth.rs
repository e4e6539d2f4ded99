//! The token endpoint of Adobe's identity service: `POST /ims/token/v3`, client credentials only.
//! Adobe Developer Console, "Server-to-server authentication"; JWT credentials are at their end of life and not simulated.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use serde_json::json;
use url::form_urlencoded;

use super::answers::Answer;
use super::gateway::has_type;
use super::world::{Shared, World};

/// The path, on the same port as the API.
pub(super) const PATH: &str = "/ims/token/v3";

/// Mints a token, or says what is wrong with the request.
pub(super) async fn token(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let mut world = shared.world();
    match check(&world, query.as_deref(), &headers, &body) {
        Ok(()) => {
            let token = world.mint();
            let seconds = world.options.token_lifetime.as_secs();
            Answer::json(
                200,
                &json!({"access_token": token, "token_type": "bearer", "expires_in": seconds}),
            )
        }
        Err(refusal) => refusal,
    }
}

fn check(
    world: &World,
    query: Option<&str>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), Answer> {
    let invalid = |description: &str| Answer::ims(400, "invalid_request", description);
    // Adobe's page asks for the body, because a query may be logged on the way. The real service may be laxer.
    let secret = ["client_id", "client_secret", "grant_type", "scope"];
    if form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .any(|(key, _)| secret.contains(&key.as_ref()))
    {
        return Err(invalid("credentials belong into the body, not the query"));
    }
    if !has_type(headers, "application/x-www-form-urlencoded") {
        return Err(invalid(&format!(
            "{} has to be application/x-www-form-urlencoded",
            header::CONTENT_TYPE
        )));
    }
    let field = |name: &str| {
        form_urlencoded::parse(body)
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    match field("grant_type").as_str() {
        "client_credentials" => {}
        "" => return Err(invalid("missing grant_type parameter")),
        _ => {
            return Err(Answer::ims(
                400,
                "unsupported_grant_type",
                "only client_credentials is supported",
            ));
        }
    }
    let (id, given) = (field("client_id"), field("client_secret"));
    match world.options.clients.iter().find(|(client, _)| *client == id) {
        None => {
            return Err(Answer::ims(400, "invalid_client", "invalid client_id parameter"));
        }
        Some((_, secret)) if *secret != given => {
            return Err(Answer::ims(400, "invalid_client", "invalid client_secret parameter"));
        }
        Some(_) => {}
    }
    if field("scope").split(',').all(|scope| scope.trim().is_empty()) {
        return Err(Answer::ims(400, "invalid_scope", "missing scope parameter"));
    }
    Ok(())
}
