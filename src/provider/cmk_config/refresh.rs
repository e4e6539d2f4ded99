//! What the status endpoint says of an object in the state, or of one to be imported. It never drops an object: Adobe has
//! no call to delete, so absence is a fact to show.

use tf_provider::value::Value;
use tf_provider::{Diagnostic, Diagnostics};

use super::apply::{self, Errors, limits};
use super::existing::Seen;
use super::model::{Model, NOT_FOUND, Object, Private, Timeout, known};
use super::schema::{IMS_ORG_ID, NAME};
use super::{messages, validate};
use crate::api::{Client, Configuration, Error, Kind, Limits};
use crate::provider::connection::{Connection, Session, unconfigured};
use crate::provider::diagnostics::general;
use tf_provider_host::Identity;

/// Asks Adobe about the object. Without news the private state is the stored one: CLIs compare it.
pub async fn refresh(
    diags: &mut Diagnostics,
    session: &Session,
    state: Model,
    private: Option<Private>,
) -> Option<(Model, Option<Private>)> {
    let stored = private.clone().unwrap_or_default();
    session.same_organisation(diags, &state, &stored)?;
    let name = state.known_name().unwrap_or_default().to_owned();
    let refreshed = match &session.connection {
        Connection::Ready(client) => ask(diags, client, &name, &state, &stored).await?,
        Connection::Deferred(deferred) => {
            if !session.defer_if_unknown() {
                diags.warnings.push(messages::not_refreshed(&name, &deferred.unknown));
            }
            (state.clone(), stored.clone())
        }
        Connection::Unconfigured => return unconfigured(diags),
    };
    session.memory.saw(&name, refreshed.clone());
    let (refreshed, news) = refreshed;
    let private = if news == stored { private } else { Some(news) };
    Some((refreshed, private))
}

/// The object after a look at the status endpoint.
async fn ask(
    diags: &mut Diagnostics,
    client: &Client,
    name: &str,
    state: &Model,
    private: &Private,
) -> Option<Object> {
    let limits = limits(state, Timeout::Read);
    let moved_from = apply::moved_from(private.endpoint.as_deref(), client);
    let elsewhere = |made_at, error| {
        let endpoint = client.endpoint().as_str();
        messages::at_plan(messages::other_endpoint(name, made_at, endpoint, error))
    };
    match status(client, name, state, private, &limits).await {
        Ok(configuration) => {
            if let (Some(made_at), Some(id)) = (moved_from, known(&state.computed.id))
                && *id != configuration.id
            {
                diags.errors.push(elsewhere(made_at, None));
                return None;
            }
            match readable(name, configuration) {
                Ok(seen) => Some(refreshed(client, state, private, &seen)),
                Err(unreadable) => {
                    diags.errors.push(messages::at_plan(unreadable));
                    None
                }
            }
        }
        Err(error) if error.kind() == Kind::NoSuchConfiguration => {
            if let Some(made_at) = moved_from {
                diags.errors.push(elsewhere(made_at, Some(&error)));
                return None;
            }
            diags.warnings.push(messages::not_found(
                name,
                known(&state.computed.id).is_some(),
                &error,
            ));
            let mut state = state.clone();
            state.computed.status = Value::Value(NOT_FOUND.to_owned());
            Some((state, private.clone()))
        }
        Err(error) => {
            let doing = format!("reading the status of the configuration {name:?}");
            diags.errors.push(messages::at_plan(messages::from_api(&error, &doing)));
            None
        }
    }
}

/// One look; where the object was accepted and never seen since, as many as the settling time takes.
async fn status(
    client: &Client,
    name: &str,
    state: &Model,
    private: &Private,
    limits: &Limits,
) -> Result<Configuration, Error> {
    let first = client.status(name, limits).await;
    let is_absent = matches!(&first, Err(error) if error.kind() == Kind::NoSuchConfiguration);
    if !is_absent || private.confirmed != Some(false) || state.is_not_found() {
        return first;
    }
    let look = |limits| apply::strictly(client, name, limits);
    match apply::find(Errors::End, limits, look, |_| true).await? {
        Some(found) => Ok(found),
        None => first,
    }
}

/// What Adobe shows, with a key that can be read: nothing else may be stored as the key that guards the data.
fn readable(name: &str, configuration: Configuration) -> Result<Seen, Diagnostic> {
    let key_text = configuration.key_identifier.clone();
    let seen = Seen::read(configuration);
    let is_pending = !seen.status.is_completed() && !seen.status.is_failed();
    match seen.details.is_none() && !(key_text.is_none() && is_pending) {
        true => Err(messages::unreadable_key(name, key_text.as_deref())),
        false => Ok(seen),
    }
}

/// The object with what Adobe shows. Its private state changes only together with an attribute.
fn refreshed(client: &Client, state: &Model, private: &Private, seen: &Seen) -> Object {
    // Version 0.1.0 stored Adobe's spelling of the organisation.
    let is_ours = private.org_id.as_deref() == Some(client.org_id());
    let org_id = match state.org_id() {
        Some(org_id) if !is_ours => org_id.to_owned(),
        _ => client.org_id().to_owned(),
    };
    let after = state.with_seen(seen, &org_id);
    if after == *state {
        return (after, private.clone());
    }
    let was_in_effect = private.was_in_effect() || seen.status.is_completed();
    let news = Private {
        in_effect: Some(was_in_effect),
        confirmed: Some(true),
        ..Private::origin(client)
    };
    (after, news)
}

/// Imports the configuration `name`, with the defaults of every argument.
pub async fn import_by_name(
    diags: &mut Diagnostics,
    session: &Session,
    name: String,
) -> Option<(Model, Option<Private>)> {
    if let Some(error) = validate::name_error(&name) {
        diags.errors.push(error);
        return None;
    }
    let doing = format!("importing the configuration {name:?}");
    let client = session.ready(diags, &doing)?;
    let seen = existing(diags, client, &name, &doing).await?;
    let mut state = Model::default().with_defaults().with_seen(&seen, client.org_id());
    state.name = Value::Value(name);
    // What it was before is unknown.
    let private =
        Private { in_effect: Some(true), confirmed: Some(true), ..Private::origin(client) };
    Some((state, Some(private)))
}

/// Imports by identity: the organisation has to be the provider's.
pub async fn import_by_identity(
    diags: &mut Diagnostics,
    session: &Session,
    identity: &Identity,
) -> Option<(Model, Option<Private>)> {
    let part = |name: &str| identity.get(name).and_then(known).cloned();
    let (Some(name), Some(org_id)) = (part(NAME), part(IMS_ORG_ID)) else {
        diags.errors.push(general(
            "The identity is not complete",
            "An import by identity needs both `name` and `ims_org_id`.",
        ));
        return None;
    };
    let client = session.ready(diags, &format!("importing the configuration {name:?}"))?;
    if client.org_id() != org_id {
        diags.errors.push(messages::other_organisation(&name, &org_id, client.org_id()));
        return None;
    }
    import_by_name(diags, session, name).await
}

/// A configuration that has to be there.
pub async fn existing(
    diags: &mut Diagnostics,
    client: &Client,
    name: &str,
    doing: &str,
) -> Option<Seen> {
    match client.status(name, &limits(&Model::default(), Timeout::Read)).await {
        Ok(configuration) => {
            let seen = readable(name, configuration).and_then(|seen| match seen.details {
                Some(_) => Ok(seen),
                None => Err(messages::unreadable_key(name, None)),
            });
            seen.map_err(|unreadable| diags.errors.push(unreadable)).ok()
        }
        Err(error) => {
            diags.errors.push(match error.kind() {
                Kind::NoSuchConfiguration => messages::absent(name, client.org_id(), &error),
                _ => messages::from_api(&error, doing),
            });
            None
        }
    }
}
