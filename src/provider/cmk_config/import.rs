//! Import by name and by identity.

use tf_provider::Diagnostics;
use tf_provider::value::Value;

use super::model::{Model, Operation, Private, known};
use super::schema::{IMS_ORG_ID, NAME};
use super::{look_up, messages, validate};
use crate::api::Client;
use crate::plugin::Identity;
use crate::provider::connection::Session;
use crate::provider::diagnostics::{general, push_api};

/// Where an object is made, or found: stored beside it, so that it is never looked for elsewhere unawares.
pub fn origin(client: &Client) -> Private {
    Private {
        org_id: Some(client.org_id().to_owned()),
        endpoint: Some(client.endpoint().as_str().to_owned()),
        ..Private::default()
    }
}

/// Imports the configuration `name`, with the defaults of every argument.
pub async fn by_name(
    diags: &mut Diagnostics,
    session: &Session,
    name: String,
) -> Option<(Model, Option<Private>)> {
    if let Some(mistake) = validate::name_mistake(&name) {
        diags.errors.push(mistake);
        return None;
    }
    let client = session.ready(diags, &format!("importing the configuration {name:?}"))?;
    let state = Model::default().with_defaults();
    let limits = look_up::limits(&state, Operation::Read);
    match client.look_up(&name, &limits).await {
        Ok(Some(configuration)) => {
            let mut state = state.with_answer(&configuration, client.org_id());
            state.name = Value::Value(name);
            state.key_vault_key_identifier = Value::Value(configuration.key_identifier);
            Some((state, Some(origin(client))))
        }
        Ok(None) => {
            diags.errors.push(messages::absent(&name, client.org_id()));
            None
        }
        Err(error) => {
            push_api(diags, &error, &format!("importing the configuration {name:?}"));
            None
        }
    }
}

/// Imports by identity: the organisation has to be the provider's.
pub async fn by_identity(
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
    by_name(diags, session, name).await
}
