//! Refresh: the state after a look at the status endpoint, and what counts as gone.

use tf_provider::Diagnostics;
use tf_provider::value::Value;

use super::import::origin;
use super::model::{Model, Operation, Private, known};
use super::{look_up, messages, plan};
use crate::api::{Client, Configuration, Error, Kind, Limits};
use crate::key_identifier::KeyIdentifier;
use crate::provider::connection::{Connection, Session, unconfigured};
use crate::provider::diagnostics::push_api;

/// Asks Adobe about the object. `None` without an error means that it is gone.
pub async fn refresh(
    diags: &mut Diagnostics,
    session: &Session,
    state: Model,
    private: Option<Private>,
) -> Option<(Model, Option<Private>)> {
    let private = private.unwrap_or_default().without_plan();
    session.same_organisation(diags, &state, &private)?;
    let name = state.known_name().unwrap_or_default();
    let client = match &session.connection {
        Connection::Ready(client) => client,
        Connection::Deferred(deferred) => {
            if !session.defer_if_unknown() {
                diags.warnings.push(messages::not_refreshed(name, &deferred.unknown));
            }
            session.run.saw(name, plan::guard(&state));
            return Some((state, Some(private)));
        }
        Connection::Unconfigured => return unconfigured(diags),
    };
    let limits = look_up::limits(&state, Operation::Read);
    match client.status(name, &limits).await {
        Ok(configuration) => {
            let stored = refreshed(diags, client, state, &private, &configuration)?;
            let name = stored.0.known_name().unwrap_or_default();
            session.run.saw(name, plan::guard(&stored.0));
            Some(stored)
        }
        Err(error) if is_gone(client, &state, &error, &limits).await => {
            let configured = client.endpoint().as_str();
            match private.endpoint.as_deref() {
                Some(made_at) if made_at != configured => {
                    diags.errors.push(messages::other_endpoint(name, made_at, configured))
                }
                _ => tracing::warn!(configuration = name, "the configuration is gone at Adobe"),
            }
            None
        }
        Err(error) => {
            push_api(diags, &error, &format!("reading the status of the configuration {name:?}"));
            None
        }
    }
}

/// The state after a successful read.
fn refreshed(
    diags: &mut Diagnostics,
    client: &Client,
    mut state: Model,
    private: &Private,
    configuration: &Configuration,
) -> Option<(Model, Option<Private>)> {
    let name = state.known_name().unwrap_or_default();
    let endpoint = client.endpoint().as_str();
    if let (Some(made_at), Some(id)) = (private.endpoint.as_deref(), known(&state.computed.id))
        && made_at != endpoint
        && *id != configuration.id
    {
        diags.errors.push(messages::other_endpoint(name, made_at, endpoint));
        return None;
    }
    let Ok(answered) = KeyIdentifier::parse(&configuration.key_identifier) else {
        diags.errors.push(messages::unreadable_key(name, &configuration.key_identifier));
        return None;
    };
    // The spelling of the configuration stays as long as it means the key that Adobe uses.
    if state.known_key().is_none_or(|stored| !stored.same_key(&answered)) {
        state.key_vault_key_identifier = Value::Value(configuration.key_identifier.clone());
    }
    let org_id =
        known(&state.computed.ims_org_id).cloned().unwrap_or_else(|| client.org_id().to_owned());
    let mut state = state.with_answer(configuration, &org_id);
    // It is part of the identity, which never changes.
    state.computed.ims_org_id = Value::Value(org_id);
    Some((state, Some(origin(client))))
}

/// Whether the answer to a read means that the object is gone. For an object whose submission was never confirmed, whatever
/// a look-up takes for a free name means that Adobe did not take it; a doubtful 404 does not.
async fn is_gone(client: &Client, state: &Model, error: &Error, limits: &Limits) -> bool {
    match error.kind() {
        Kind::NoSuchConfiguration => true,
        Kind::BadRequest | Kind::Malformed if state.computed.id.is_null() => {
            let name = state.known_name().unwrap_or_default();
            matches!(client.look_up(name, limits).await, Ok(None))
        }
        _ => false,
    }
}
