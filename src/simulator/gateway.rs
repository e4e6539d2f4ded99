//! What stands in front of every service: keys, tokens, organisations, and their error codes.
//! Adobe Experience League, "Experience Platform troubleshooting", has the codes; the order of the
//! checks is a guess.

use hyper::HeaderMap;

use super::replies::Reply;
use super::world::World;

/// The only `x-api-key` there is: the API page has it as a constant, it is not the client id.
const API_KEY: &str = "acp_provisioning";

/// What the gateway checks before a service sees the request. Gives the organisation.
pub(super) fn admit(world: &World, headers: &HeaderMap) -> Result<String, Reply> {
    let text = |name: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).filter(|value| !value.is_empty())
    };
    let authorization = text("authorization").ok_or_else(Reply::token_missing)?;
    match text("x-api-key") {
        None => return Err(Reply::api_key_missing()),
        Some(key) if key != API_KEY => return Err(Reply::api_key_invalid()),
        Some(_) => {}
    }
    let token =
        authorization.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    if !token.is_some_and(|(_, token)| world.knows_token(token)) {
        return Err(Reply::token_invalid());
    }
    let org = text("x-gw-ims-org-id").ok_or_else(Reply::org_missing)?;
    if org != world.options.org_id {
        return Err(Reply::not_entitled());
    }
    Ok(org.into())
}

/// Whether the body calls itself this media type, parameters aside.
pub(super) fn has_type(headers: &HeaderMap, media_type: &str) -> bool {
    let given =
        headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media_type)
}
